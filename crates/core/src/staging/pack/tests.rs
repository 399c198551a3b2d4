// SPDX-License-Identifier: Apache-2.0
//! Packs, with git as the judge: it takes them, and gives back what went in.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::super::test_trees::TestTree;
use super::*;
use crate::object::git_judge::Git;
use crate::object::{append_entry, hash};

/// A pack on its way into a repository, and what should be in it.
struct Fixture {
    pack: PackWriter,
    expected: BTreeMap<ObjectId, (Kind, Vec<u8>)>,
    git: Git,
}

/// A repository with a pack, and how long the pack is.
struct Taken {
    git: Git,
    bytes: u64,
}

impl Fixture {
    fn new() -> Self {
        let git = Git::new();
        let pack = PackWriter::create(&packs(&git)).expect("the directory is there");
        Self { pack, expected: BTreeMap::new(), git }
    }

    fn write(&mut self, kind: Kind, data: &[u8]) -> ObjectId {
        let id = self.expect(kind, data);
        self.pack.write(kind, id, data).expect("the body can be written");
        id
    }

    fn write_tree(&mut self, data: &[u8], base: Option<&[u8]>) -> ObjectId {
        let id = self.expect(Kind::Tree, data);
        let base = base.map(|base| (hash(Kind::Tree, base), base));
        self.pack.write_tree(id, data, base).expect("the body can be written");
        id
    }

    fn expect(&mut self, kind: Kind, data: &[u8]) -> ObjectId {
        let id = hash(kind, data);
        self.expected.insert(id, (kind, data.to_vec()));
        id
    }

    /// Git makes the same index of the pack, and has then exactly the objects that were
    /// written.
    #[track_caller]
    fn check(self) -> Taken {
        assert_eq!(self.pack.len() as usize, self.expected.len(), "objects are counted");
        assert_eq!(self.pack.is_empty(), self.expected.is_empty());
        assert!(self.expected.keys().all(|id| self.pack.contains(*id)));
        let git = self.git;
        let bytes = self.pack.finish().expect("the pack can be written");
        let (pack, index) = (the_only(&git, "pack"), the_only(&git, "idx"));
        assert_eq!(std::fs::metadata(&pack).expect("it is there").len(), bytes);
        let theirs = git.dir().join("theirs.idx");
        let words = [&theirs, &pack].map(|path| path.to_str().expect("a temporary path is text"));
        git.ok(&["index-pack", "--fsck-objects", "-o", words[0], words[1]], b"");
        let read = |path| std::fs::read(path).expect("it is there");
        assert!(read(&index) == read(&theirs), "git makes another index");
        let found = git.ok(&["cat-file", "--batch-all-objects", "--batch"], b"");
        let mut expected = Vec::new();
        for (id, (kind, data)) in self.expected {
            expected.extend_from_slice(format!("{id} {kind} {}\n", data.len()).as_bytes());
            expected.extend_from_slice(&data);
            expected.push(b'\n');
        }
        assert!(found == expected, "git gives back something else");
        Taken { git, bytes }
    }
}

impl Taken {
    /// How many deltas lead to each object, by id.
    fn depths(&self) -> BTreeMap<String, u8> {
        let index = the_only(&self.git, "idx");
        let index = index.to_str().expect("a temporary path is text");
        let list = self.git.ok(&["verify-pack", "--verbose", index], b"");
        let list = String::from_utf8(list).expect("git prints text here");
        let objects = list.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        // id, kind, size, size in the pack, offset; and for a delta: depth, base
        objects
            .filter(|words| words[0].len() == 40)
            .map(|words| {
                let depth = words.get(5).map_or(0, |depth| depth.parse().expect("a number"));
                (words[0].to_owned(), depth)
            })
            .collect()
    }
}

fn packs(git: &Git) -> PathBuf {
    git.dir().join("objects/pack")
}

/// The file among the packs whose name ends so.
#[track_caller]
fn the_only(git: &Git, end: &str) -> PathBuf {
    let files = std::fs::read_dir(packs(git)).expect("the directory can be read");
    let files = files.map(|file| file.expect("the directory can be read").path());
    let files: Vec<PathBuf> =
        files.filter(|it| it.extension().is_some_and(|it| it == end)).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    file.clone()
}

fn commit(tree: ObjectId, parent: Option<ObjectId>, message: &[u8]) -> Vec<u8> {
    let parent = parent.map(|id| format!("parent {id}\n")).unwrap_or_default();
    let person = "Ada <ada@example.com> 1700000000 +0100";
    let head = format!("tree {tree}\n{parent}author {person}\ncommitter {person}\n\n");
    [head.as_bytes(), message].concat()
}

#[test]
fn git_gives_back_the_history_that_was_written() {
    let mut fixture = Fixture::new();
    for (seed, entries) in [(1, 0), (2, 1), (3, 40), (4, 500), (5, 5_000)] {
        let mut tree = TestTree::new(seed, entries);
        let (mut before, mut parent) = (None::<Vec<u8>>, None);
        for step in 0..25 {
            let bytes = tree.bytes();
            let id = fixture.write_tree(&bytes, before.as_deref());
            let message = format!("step {step} of {seed}\n\n{}", "word ".repeat(step * 9));
            let id = fixture.write(Kind::Commit, &commit(id, parent, message.as_bytes()));
            (before, parent) = (Some(bytes), Some(id));
            tree.evolve();
        }
        let tip = parent.expect("there are commits");
        let tag =
            format!("object {tip}\ntype commit\ntag v{seed}\ntagger A <a@b.c> 1 +0000\n\nnew\n");
        fixture.write(Kind::Tag, tag.as_bytes());
    }
    let latin1 = commit(ObjectId::EMPTY_TREE, None, b"caf\xe9, and no final newline");
    fixture.write(Kind::Commit, &latin1);
    fixture.write(Kind::Tree, b"");
    fixture.check();
}

#[test]
fn a_pack_of_nothing_is_a_pack() {
    let taken = Fixture::new().check();
    assert_eq!(taken.bytes, 32, "a header and a checksum");
}

#[test]
fn an_object_is_written_once() {
    let mut fixture = Fixture::new();
    let mut tree = TestTree::new(1, 20);
    let first = tree.bytes();
    tree.change();
    let second = tree.bytes();
    for _ in 0..3 {
        fixture.write_tree(&first, None);
        fixture.write_tree(&second, Some(&first));
        fixture.write_tree(&first, Some(&second));
        fixture.write(Kind::Tree, &second);
        fixture.write(Kind::Blob, b"content");
    }
    assert_eq!(fixture.check().depths().len(), 3);
}

#[test]
fn trees_that_differ_by_an_entry_take_little_space() {
    let mut fixture = Fixture::new();
    let mut tree = TestTree::new(11, 500);
    let (mut before, mut raw) = (None::<Vec<u8>>, 0);
    for _ in 0..1_000 {
        let bytes = tree.bytes();
        raw += bytes.len() as u64;
        fixture.write_tree(&bytes, before.as_deref());
        before = Some(bytes);
        tree.change();
    }
    let taken = fixture.check();
    assert!(taken.bytes < raw / 40, "{} of {raw} bytes", taken.bytes);
    let depths = taken.depths();
    assert_eq!(depths.values().max(), Some(&50), "a chain is as long as git allows");
    assert_eq!(depths.values().filter(|depth| **depth == 0).count(), 1_000_usize.div_ceil(51));
}

#[test]
fn a_tree_is_whole_where_a_delta_is_no_help() {
    let one = |id| {
        let mut tree = Vec::new();
        append_entry(&mut tree, b"100644", b"a", ObjectId::from_bytes([id; 20]));
        tree
    };
    let (small, large) = (one(1), TestTree::new(1, 50).bytes());
    check_depth("another tree altogether", &small, &large, true, 0);
    check_depth("less than a delta", &large, &small, true, 0);
    check_depth("the empty tree", &large, b"", true, 0);
    let mut other = TestTree::new(1, 50);
    other.change();
    check_depth("a base that is not there", &large, &other.bytes(), false, 0);
    check_depth("a delta", &large, &other.bytes(), true, 1);
}

#[track_caller]
fn check_depth(what: &str, base: &[u8], tree: &[u8], base_written: bool, expected: u8) {
    let mut fixture = Fixture::new();
    if base_written {
        fixture.write_tree(base, None);
    }
    let id = fixture.write_tree(tree, Some(base));
    assert_eq!(fixture.check().depths().get(&id.to_string()), Some(&expected), "{what}");
}

#[test]
fn a_base_is_found_at_any_distance() {
    let mut fixture = Fixture::new();
    let mut tree = TestTree::new(5, 30);
    let base = tree.bytes();
    fixture.write_tree(&base, None);
    // Steps that are smaller than the gaps between the lengths of the distance.
    for _ in 0..600 {
        tree.change();
        fixture.write_tree(&tree.bytes(), Some(&base));
    }
    let mut rng = fastrand::Rng::with_seed(1);
    let noise: Vec<u8> = (0..2_200_000).map(|_| rng.u8(..)).collect();
    fixture.write(Kind::Blob, &noise);
    tree.change();
    fixture.write_tree(&tree.bytes(), Some(&base));
    fixture.check();
}

#[test]
fn git_reads_the_longest_copies() {
    for len in [0xffff, 0x1_0000, 0x1_0001, 0xff_ffff, 0x100_0000] {
        let common = entries_of_length(len);
        let tree = |mode: &[u8]| {
            let mut tree = common.clone();
            append_entry(&mut tree, mode, b"other", ObjectId::from_bytes([2; 20]));
            tree
        };
        let (base, target) = (tree(b"40000"), tree(b"100644"));
        let mut fixture = Fixture::new();
        fixture.write_tree(&base, None);
        let id = fixture.write_tree(&target, Some(&base));
        assert_eq!(fixture.check().depths().get(&id.to_string()), Some(&1), "{len} bytes");
    }
}

/// Entries that take exactly so many bytes, with names that are not too long for git.
fn entries_of_length(len: usize) -> Vec<u8> {
    let mut tree = Vec::new();
    while tree.len() < len {
        // What is left after a long one must still be enough for an entry.
        let entry = if len - tree.len() > 3_000 { 2_000 } else { len - tree.len() };
        let mut name = format!("{:08}", tree.len()).into_bytes();
        name.resize(entry - b"100644 \0".len() - 20, b'a');
        append_entry(&mut tree, b"100644", &name, ObjectId::from_bytes([1; 20]));
    }
    assert_eq!(tree.len(), len);
    tree
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let dir = TempDir::new().expect("the tests can write temporary files");
    assert!(PackWriter::create(&dir.path().join("absent")).is_err());

    let mut fixture = Fixture::new();
    fixture.write(Kind::Blob, b"content");
    std::fs::remove_dir_all(packs(&fixture.git)).expect("the tests can remove what they made");
    fixture.pack.finish().expect_err("there is no place for the index");
}
