// SPDX-License-Identifier: Apache-2.0
//! A tree beside one that is nearly the same.
//!
//! One commit's tree is nearly the next one's. A run of entries that stands in both, byte
//! for byte, was found sound before and lies in the same order, so only the entries between
//! such runs are read, and only they need be looked at by whoever compares the two.

use std::cmp::Ordering;
use std::ops::Range;

use super::tree::{MalformedTree, TreeEntry, entry_order, tree_entries};
use super::tree_check::{check_tree, entry_fault};

/// How many bytes are compared at once.
const BLOCK: usize = 256;

/// The bytes of a sound tree, and where its entries begin.
pub(crate) struct Outline {
    raw: Vec<u8>,
    /// One more than there are entries: the last is the end.
    starts: Vec<usize>,
}

/// Entries that two trees have in common, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The number of the first in the one tree.
    pub(crate) here: usize,
    /// Its number in the other.
    pub(crate) there: usize,
    pub(crate) len: usize,
}

impl Outline {
    /// Finds the entries of a tree, and the runs that `near` has as well.
    ///
    /// # Errors
    /// The tree is not sound.
    pub(crate) fn read(raw: &[u8], near: Option<&Self>) -> Result<(Self, Vec<Run>), MalformedTree> {
        let aligned = near.map(|near| align(raw, near));
        let Some(Ok((starts, runs))) = aligned else {
            check_tree(raw)?;
            let ends = tree_entries(raw).flatten().scan(0, |end, entry| {
                *end += entry.raw.len();
                Some(*end)
            });
            let starts = std::iter::once(0).chain(ends).collect();
            return Ok((Self { raw: raw.to_vec(), starts }, Vec::new()));
        };
        let this = Self { raw: raw.to_vec(), starts };
        if this.is_sound_beside(&runs) {
            return Ok((this, runs));
        }
        // Which fault is told of must not hang on what came before.
        check_tree(raw)?;
        Ok((this, Vec::new()))
    }

    /// How many bytes of memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        self.raw.len() + self.starts.len() * size_of::<usize>()
    }

    /// Where an entry begins, and where it ends.
    pub(crate) fn place(&self, number: usize) -> Range<usize> {
        self.starts[number]..self.starts[number + 1]
    }

    /// Where an entry begins; the one behind the last begins at the end.
    pub(crate) fn start(&self, number: usize) -> usize {
        self.starts[number]
    }

    /// The bytes of the tree.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the tree has no entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The entry of this number; `None` behind the last.
    pub(crate) fn entry(&self, number: usize) -> Option<TreeEntry<'_>> {
        tree_entries(&self.raw[*self.starts.get(number)?..]).next()?.ok()
    }

    /// The number of the entry of this name that is a tree, or is none.
    pub(crate) fn find(&self, name: &[u8], is_tree: bool) -> Option<usize> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from.midpoint(to);
            let entry = self.entry(middle)?;
            match entry_order(entry.name, entry.kind().is_tree(), name, is_tree) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// The runs that another tree has as well.
    pub(crate) fn runs(&self, other: &Self) -> Vec<Run> {
        align(&self.raw, other).map(|(_, runs)| runs).unwrap_or_default()
    }

    /// The numbers of the entries in no run.
    pub(crate) fn between<'r>(&self, runs: &'r [Run]) -> impl Iterator<Item = usize> + use<'r> {
        let ends = std::iter::once(0).chain(runs.iter().map(|run| run.here + run.len));
        let starts = runs.iter().map(|run| run.here).chain([self.len()]);
        ends.zip(starts).flat_map(|(end, start)| end..start)
    }

    /// Whether the tree is sound, if every run is one of a tree that is.
    fn is_sound_beside(&self, runs: &[Run]) -> bool {
        let in_order = |one: usize| match (self.entry(one), self.entry(one + 1)) {
            (Some(one), Some(next)) => order(&one, &next) == Ordering::Less,
            _ => true,
        };
        let entry_is_sound = |number: usize| {
            self.entry(number).is_some_and(|entry| entry_fault(&entry).is_none())
                && (number == 0 || in_order(number - 1))
                && in_order(number)
        };
        // Only what is in order can be searched.
        self.between(runs).all(entry_is_sound)
            && self.between(runs).all(|number| {
                let twin = |entry: TreeEntry<'_>| self.find(entry.name, !entry.kind().is_tree());
                self.entry(number).and_then(twin).is_none()
            })
    }
}

/// Where the entries of a tree begin, and the runs that `near` has as well.
fn align(raw: &[u8], near: &Outline) -> Result<(Vec<usize>, Vec<Run>), MalformedTree> {
    let mut starts = Vec::with_capacity(near.starts.len() + 1);
    let mut runs = Vec::new();
    let (mut here, mut at) = (0, 0);
    starts.push(here);
    loop {
        let rest = &near.starts[at..];
        let same = common_start(&raw[here..], &near.raw[rest[0]..]);
        let len = rest.partition_point(|&start| start <= rest[0] + same) - 1;
        if len > 0 {
            runs.push(Run { here: starts.len() - 1, there: at, len });
            starts.extend(rest[1..=len].iter().map(|start| start - rest[0] + here));
            here += rest[len] - rest[0];
            at += len;
        }
        let Some(entry) = tree_entries(&raw[here..]).next() else { return Ok((starts, runs)) };
        let entry = entry?;
        let before = |other: &TreeEntry<'_>| order(other, &entry) == Ordering::Less;
        while near.entry(at).as_ref().is_some_and(before) {
            at += 1;
        }
        match near.entry(at) {
            // Behind what only the other tree has a run may go on.
            Some(other) if other.raw == entry.raw => continue,
            Some(other) if order(&other, &entry) == Ordering::Equal => at += 1,
            Some(_) | None => {}
        }
        here += entry.raw.len();
        starts.push(here);
    }
}

fn order(one: &TreeEntry<'_>, other: &TreeEntry<'_>) -> Ordering {
    entry_order(one.name, one.kind().is_tree(), other.name, other.kind().is_tree())
}

/// How many bytes two texts begin with in common. By blocks, which compare as fast as
/// memory can be read.
fn common_start(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let whole = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = one[whole..].iter().zip(&other[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::ObjectId;

    use super::*;
    use crate::object::append_entry;

    #[test]
    fn equal_starts_are_counted() {
        let text: Vec<u8> = (0..1_000_u32).map(|at| (at % 251) as u8).collect();
        for at in [0, 1, 255, 256, 257, 511, 512, 700, 999] {
            let mut other = text.clone();
            other[at] ^= 1;
            assert_eq!(common_start(&text, &other), at);
        }
        assert_eq!(common_start(&text, &text[..300]), 300);
    }

    /// Names of files; with a slash at the end, of directories.
    fn tree(names: &str) -> Vec<u8> {
        let mut tree = Vec::new();
        for name in names.split_whitespace() {
            let (mode, name) = match name.strip_suffix('/') {
                Some(name) => (&b"40000"[..], name),
                None => (&b"100644"[..], name),
            };
            append_entry(&mut tree, mode, name.as_bytes(), ObjectId::EMPTY_TREE);
        }
        tree
    }

    /// What a tree has in common with another: where the runs begin, and how long they are.
    #[track_caller]
    fn check(names: &str, near: &str, expected: &[(usize, usize, usize)]) {
        let (near, _) = Outline::read(&tree(near), None).expect("it is sound");
        let (outline, runs) = Outline::read(&tree(names), Some(&near)).expect("it is sound");
        let runs: Vec<_> = runs.iter().map(|run| (run.here, run.there, run.len)).collect();
        assert_eq!(runs, expected, "{names}");
        assert_eq!(outline.len(), names.split_whitespace().count());
        for (number, name) in names.split_whitespace().enumerate() {
            let name_only = name.trim_end_matches('/').as_bytes();
            assert_eq!(outline.find(name_only, name.ends_with('/')), Some(number));
            assert_eq!(outline.find(name_only, !name.ends_with('/')), None);
        }
    }

    #[test]
    fn runs_are_what_two_trees_have_in_common() {
        check("a b c", "a b c", &[(0, 0, 3)]);
        check("a b c", "", &[]);
        check("", "a b c", &[]);
        check("a b c d", "a b d", &[(0, 0, 2), (3, 2, 1)]);
        check("a c d", "a b c d", &[(0, 0, 1), (1, 2, 2)]);
        check("a b x", "a b/ x", &[(0, 0, 1), (2, 2, 1)]);
        check("b c", "a c", &[(1, 1, 1)]);
        check("a b", "c d", &[]);
    }

    /// A file and a directory of one name may stand far apart.
    #[test]
    fn a_name_that_is_there_twice_is_seen_beside_another_tree() {
        let refused = |names: &str, near: &str| {
            let (near, _) = Outline::read(&tree(near), None).expect("it is sound");
            let alone = Outline::read(&tree(names), None).map(|_| ()).expect_err("it is not");
            let beside = Outline::read(&tree(names), Some(&near)).map(|_| ());
            assert_eq!(beside, Err(alone), "{names}");
        };
        refused("a a- a. a/", "a a- a.");
        refused("a a- a. a/", "a- a. a/");
        refused("a a- a. a/ b", "a- a. a/ b");
        refused("a b a", "a b");
        refused("b a", "b");
        refused("a a", "a");
        refused("b a c", "b c");
    }
}
