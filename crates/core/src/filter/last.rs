// SPDX-License-Identifier: Apache-2.0
//! The root tree that was filtered last, entry by entry.
//!
//! One commit's root tree is nearly the next one's. Entries at the beginning and the
//! end that stand in both, byte for byte, were judged before and lie in the same order,
//! so only those between have to be read.

use std::ops::Range;

use crate::object::Names;

/// How many bytes are compared at once.
const BLOCK: usize = 256;

/// A filtered tree, and how it came about.
pub(super) struct Last {
    /// Its bytes, and what was kept of them.
    raw: Vec<u8>,
    kept: Vec<u8>,
    /// How things stood before each entry, and at the end.
    marks: Vec<Mark>,
}

/// How things stand between two entries.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    /// How many bytes came before.
    pub(super) raw: usize,
    /// How many of them were kept, some replaced.
    pub(super) kept: usize,
    /// The digest of what was not.
    pub(super) residue: u64,
    /// Whether what follows can be judged without a look at more than the last entry.
    pub(super) settled: bool,
}

/// A tree on its way through the filter: what it has in common with the last one, and
/// what was made of the rest so far.
pub(super) struct Next<'d> {
    data: &'d [u8],
    last: Last,
    /// The entries of the last tree that this one begins with.
    head: usize,
    /// The first entry of the last tree of those that this one ends with.
    tail: usize,
    kept: Vec<u8>,
    marks: Vec<Mark>,
}

impl Mark {
    const START: Self = Self { raw: 0, kept: 0, residue: 0, settled: true };
}

impl Default for Last {
    fn default() -> Self {
        Self { raw: Vec::new(), kept: Vec::new(), marks: vec![Mark::START] }
    }
}

impl Last {
    /// Holds the bytes of another tree against this one.
    pub(super) fn next(self, data: &[u8]) -> Next<'_> {
        let begin = common_start(data, &self.raw);
        let end = self.raw.len() - common_end(&data[begin..], &self.raw[begin..]);
        let head = self.marks.partition_point(|mark| mark.raw <= begin) - 1;
        let head = (0..=head).rev().find(|&at| self.marks[at].settled).unwrap_or(0);
        let tail = self.marks.partition_point(|mark| mark.raw < end);
        Next { data, head, tail, kept: Vec::new(), marks: vec![self.marks[head]], last: self }
    }
}

impl<'d> Next<'d> {
    /// Where the entries begin that have to be read.
    pub(super) fn start(&self) -> usize {
        self.last.marks[self.head].raw
    }

    /// The names that come before those, as far as they matter.
    pub(super) fn names(&self) -> Names<'d> {
        match self.head.checked_sub(1) {
            None => Names::default(),
            Some(before) => Names::after(&self.data[self.last.marks[before].raw..]),
        }
    }

    /// Keeps these bytes of the entry that was read.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
    }

    /// An entry was read and judged, up to `raw`; `residue` is the digest of what it does
    /// not show. Whether the rest is as it was.
    pub(super) fn mark(&mut self, raw: usize, residue: u64, settled: bool) -> bool {
        let before = self.marks.last().map_or(0, |mark| mark.residue);
        let kept = self.last.marks[self.head].kept + self.kept.len();
        self.marks.push(Mark { raw, kept, residue: before.wrapping_add(residue), settled });
        settled && self.rest().is_some()
    }

    /// The mark of the last tree from which on both are the same, if the way got there
    /// and an entry further: the order of that one and what is new had to be seen.
    fn rest(&self) -> Option<usize> {
        let [.., before, here] = &self.marks[..] else { return None };
        let there = |mark: &Mark| {
            let raw = self.last.raw.len().checked_sub(self.data.len() - mark.raw)?;
            self.last.marks.binary_search_by_key(&raw, |mark| mark.raw).ok()
        };
        let (before, here) = (there(before)?, there(here)?);
        let is_rest = before >= self.tail.max(self.head) && here == before + 1;
        (is_rest && self.last.marks[here].settled).then_some(here)
    }

    /// The tree whole: its bytes and what was kept of them.
    pub(super) fn finish(self) -> Last {
        let rest = self.rest().unwrap_or(self.last.marks.len() - 1);
        let Self { data, mut last, head, kept, marks, .. } = self;
        let (from, to) = (last.marks[head], last.marks[rest]);
        let now = marks[marks.len() - 1];
        let shift = |mark: &Mark| Mark {
            raw: mark.raw - to.raw + now.raw,
            kept: mark.kept - to.kept + now.kept,
            residue: mark.residue.wrapping_sub(to.residue).wrapping_add(now.residue),
            ..*mark
        };
        let moved: Vec<Mark> = last.marks[rest + 1..].iter().map(shift).collect();
        last.marks.truncate(head);
        last.marks.extend(marks);
        last.marks.extend(moved);
        splice(&mut last.kept, from.kept..to.kept, &kept);
        splice(&mut last.raw, from.raw..to.raw, &data[from.raw..now.raw]);
        last
    }
}

impl Last {
    /// What was kept.
    pub(super) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Whether that is all there was.
    pub(super) fn is_whole(&self) -> bool {
        self.kept == self.raw
    }

    /// The digest of what was not kept.
    pub(super) fn residue(&self) -> u64 {
        self.marks[self.marks.len() - 1].residue
    }
}

/// How many bytes two texts begin with in common. By blocks, which compare as fast as
/// memory can be read.
fn common_start(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let whole = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = one[whole..].iter().zip(&other[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// How many bytes two texts end with in common.
fn common_end(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.rchunks_exact(BLOCK).zip(other.rchunks_exact(BLOCK));
    let whole = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = one[..one.len() - whole].iter().rev().zip(other[..other.len() - whole].iter().rev());
    whole + rest.take_while(|(a, b)| a == b).count()
}

/// Puts other bytes in the place of some.
fn splice(bytes: &mut Vec<u8>, range: Range<usize>, with: &[u8]) {
    if range.len() == with.len() {
        bytes[range].copy_from_slice(with);
    } else {
        drop(bytes.splice(range, with.iter().copied()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fastrand::Rng;
    use repo_sync_shared::{ObjectId, PrivateTree};

    use super::*;
    use crate::filter::Filter;
    use crate::git::PrivateRepo;
    use crate::manifest::Manifest;
    use crate::object::{append_entry, entry_order};

    const MANIFEST: &str = "version = 1\ninclude = [\"a*\", \"docs/x\", \"z\"]\n\
        exclude = [\"*b\"]\n[mirror.public]\n";
    const NAMES: [&str; 14] = [
        "a",
        "a-",
        "a-b",
        "a.",
        "a0",
        "ab",
        "b",
        "cloud",
        "docs",
        "src",
        "sync.toml",
        "t",
        "x",
        "z",
    ];

    #[test]
    fn equal_starts_and_ends_are_counted() {
        let text: Vec<u8> = (0..1_000_u32).map(|at| (at % 251) as u8).collect();
        for at in [0, 1, 255, 256, 257, 511, 512, 700, 999] {
            let mut other = text.clone();
            other[at] ^= 1;
            assert_eq!(common_start(&text, &other), at);
            assert_eq!(common_end(&text, &other), 999 - at);
        }
        assert_eq!(common_start(&text, &text[..300]), 300);
        assert_eq!(common_end(&text, &text[1..]), 999);
    }

    /// Whatever came before, a tree is seen as if it came first: sound or not.
    #[test]
    fn a_tree_is_filtered_alike_whatever_came_before() {
        let dir = tempfile::tempdir().expect("there is room");
        let repo = git2::Repository::init_bare(dir.path()).expect("the directory is empty");
        let odb = repo.odb().expect("it was just made");
        let write = |bytes: &[u8]| {
            let id = odb.write(git2::ObjectType::Tree, bytes).expect("there is room");
            ObjectId::from_slice(id.as_bytes()).expect("it is SHA-1")
        };
        let mut rng = Rng::with_seed(11);
        let below = ["x", "y"].map(|name| {
            let mut tree = Vec::new();
            append_entry(&mut tree, b"100644", name.as_bytes(), ObjectId::EMPTY_TREE);
            write(&tree)
        });
        let mut entries: BTreeMap<&str, (bool, ObjectId)> = BTreeMap::new();
        let mut trees = Vec::new();
        for _ in 0..1_500 {
            for _ in 0..rng.usize(1..3) {
                let name = rng.choice(NAMES).expect("there are some");
                let is_tree = rng.bool();
                let id = rng.choice(below).expect("there are two");
                match rng.u8(..3) {
                    0 => drop(entries.remove(name)),
                    _ => drop(entries.insert(name, (is_tree, id))),
                }
            }
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|(a, (x, _)), (b, (y, _))| {
                entry_order(a.as_bytes(), *x, b.as_bytes(), *y)
            });
            if rng.u8(..8) == 0 && sorted.len() > 1 {
                let at = rng.usize(1..sorted.len());
                sorted.swap(at - 1, at);
            }
            let mut tree = Vec::new();
            for (name, (is_tree, id)) in sorted {
                let mode: &[u8] = if *is_tree { b"40000" } else { b"100644" };
                append_entry(&mut tree, mode, name.as_bytes(), *id);
            }
            if rng.u8(..4) == 0 && !tree.is_empty() {
                let at = rng.usize(..tree.len());
                match rng.u8(..3) {
                    0 => tree[at] = rng.choice(*b"\0 a/.4").expect("there are some"),
                    1 => drop(tree.remove(at)),
                    _ => tree.insert(at, rng.choice(*b"\0 a/.4").expect("there are some")),
                }
            }
            trees.push(write(&tree));
        }
        let private = PrivateRepo::discover(dir.path()).expect("it was just made");
        let objects = private.objects().expect("it was just made");
        let manifest = Manifest::parse(MANIFEST.as_bytes(), "sync.toml").expect("it is sound");
        let shape = manifest.mirror("public").expect("it names one").shape.clone();
        let mut busy = Filter::new(&objects, shape.clone());
        let mut sound = 0;
        for tree in trees.into_iter().map(PrivateTree::new) {
            let see = |filter: &mut Filter<'_>| {
                let public = filter.root(tree).map_err(|err| format!("{err:?}"))?;
                Ok::<_, String>((public, filter.residue(tree).expect("it was filtered")))
            };
            let alone = see(&mut Filter::new(&objects, shape.clone()));
            assert_eq!(see(&mut busy), alone, "{tree}");
            sound += usize::from(alone.is_ok());
        }
        assert!((200..1_400).contains(&sound), "{sound}");
    }
}
