// SPDX-License-Identifier: Apache-2.0
//! The root tree that was filtered last, entry by entry.
//!
//! One commit's root tree is nearly the next one's. A run of entries that stands in
//! both, byte for byte and behind the same name, was judged before and lies in the same
//! order, so only the entries between such runs have to be read.

use std::cmp::Ordering;

use crate::object::{MalformedTree, Names, TreeEntry, entry_order, tree_entries};

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
struct Mark {
    /// How many bytes came before.
    raw: usize,
    /// How many were kept of them, or put in their place.
    kept: usize,
    /// The digest of what was not.
    residue: u64,
    /// Whether of all names before only the last can matter for the next.
    settled: bool,
}

/// A tree on its way through the filter, held against the last one.
pub(super) struct Next<'d> {
    data: &'d [u8],
    last: Last,
    /// The first entry of the last tree that is not dealt with.
    at: usize,
    /// Whether the entries before, here and there, have one name.
    aligned: bool,
    /// What was made of the tree so far.
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
    /// Begins another tree, with these bytes.
    pub(super) fn next(self, data: &[u8]) -> Next<'_> {
        let kept = Vec::with_capacity(self.kept.len() + BLOCK);
        let mut marks = Vec::with_capacity(self.marks.len() + 1);
        marks.push(Mark::START);
        Next { data, last: self, at: 0, aligned: true, kept, marks }
    }

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

    /// An entry, which was sound when it was read.
    fn entry(&self, at: usize) -> Option<TreeEntry<'_>> {
        tree_entries(&self.raw[self.marks[at].raw..]).next()?.ok()
    }
}

impl<'d> Next<'d> {
    /// Takes over the entries that come next in both trees. `names` are those so far.
    pub(super) fn skip(&mut self, names: &mut Names<'d>) {
        let (here, there) = (self.here(), self.last.marks[self.at]);
        if !self.aligned || !names.is_settled() || !there.settled {
            return;
        }
        let same = common_start(&self.data[here.raw..], &self.last.raw[there.raw..]);
        let marks = &self.last.marks[self.at..];
        let run = &marks[..marks.partition_point(|mark| mark.raw <= there.raw + same)];
        let Some(end) = run.iter().rposition(|mark| mark.settled).filter(|&end| end > 0) else {
            return;
        };
        self.kept.extend_from_slice(&self.last.kept[there.kept..run[end].kept]);
        self.marks.extend(run[1..=end].iter().map(|mark| Mark {
            raw: mark.raw - there.raw + here.raw,
            kept: mark.kept - there.kept + here.kept,
            residue: mark.residue.wrapping_sub(there.residue).wrapping_add(here.residue),
            settled: mark.settled,
        }));
        *names = Names::after(&self.data[self.marks[self.marks.len() - 2].raw..]);
        self.at += end;
    }

    /// The entry to be read, unless the tree ends.
    pub(super) fn entry(&self) -> Option<Result<TreeEntry<'d>, MalformedTree>> {
        tree_entries(&self.data[self.here().raw..]).next()
    }

    /// Keeps these bytes of it.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
    }

    /// It was judged; `residue` is a digest of what it does not show, and `settled`
    /// whether only its name can matter for the next.
    pub(super) fn judged(&mut self, entry: &TreeEntry<'d>, residue: u64, settled: bool) {
        let here = self.here();
        self.marks.push(Mark {
            raw: here.raw + entry.raw.len(),
            kept: self.kept.len(),
            residue: here.residue.wrapping_add(residue),
            settled,
        });
        self.aligned = false;
        while let Some(other) = self.last.entry(self.at) {
            let (is_tree, other_is_tree) = (entry.kind().is_tree(), other.kind().is_tree());
            match entry_order(other.name, other_is_tree, entry.name, is_tree) {
                Ordering::Less => self.at += 1,
                Ordering::Equal => {
                    self.at += 1;
                    self.aligned = true;
                    return;
                }
                Ordering::Greater => return,
            }
        }
    }

    /// The tree whole.
    pub(super) fn finish(self) -> Last {
        let Self { data, last: Last { mut raw, .. }, kept, marks, .. } = self;
        raw.clear();
        raw.extend_from_slice(data);
        Last { raw, kept, marks }
    }

    fn here(&self) -> Mark {
        self.marks[self.marks.len() - 1]
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
    fn equal_starts_are_counted() {
        let text: Vec<u8> = (0..1_000_u32).map(|at| (at % 251) as u8).collect();
        for at in [0, 1, 255, 256, 257, 511, 512, 700, 999] {
            let mut other = text.clone();
            other[at] ^= 1;
            assert_eq!(common_start(&text, &other), at);
        }
        assert_eq!(common_start(&text, &text[..300]), 300);
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
