// SPDX-License-Identifier: Apache-2.0
//! Packs that git made, read without it: git is the judge of what is in them.

use super::*;
use crate::object::git_judge::Git;

/// A repository with files that go from one to the next, packed.
fn packed(seed: u64) -> Git {
    let git = Git::new();
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut stream = String::new();
    let mut lines: Vec<String> = (0..300).map(|_| format!("line {}\n", rng.u64(..))).collect();
    for commit in 0..60 {
        let at = rng.usize(..lines.len());
        lines[at] = format!("line {commit} {}\n", rng.u64(..));
        let text = lines.concat();
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@b> {commit} +0000\ndata 2\nc\n\
             M 644 inline dir/text\ndata {}\n{text}\nM 644 inline empty{commit}\ndata 0\n\n",
            text.len(),
        );
    }
    git.ok(&["fast-import", "--quiet", "--force"], stream.as_bytes());
    git.ok(&["repack", "-adfq"], b"");
    git
}

fn ids(git: &Git) -> Vec<ObjectId> {
    let args = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
    let listing = String::from_utf8(git.ok(&args, b"")).expect("ids are ASCII");
    listing.lines().map(|id| id.parse().expect("git names ids")).collect()
}

/// Each object is what git says that it is, whatever is read before it.
#[track_caller]
fn check(git: &Git, packs: &Packs) {
    let mut reader = PackReader::new(packs.clone());
    let mut all = ids(git);
    fastrand::Rng::with_seed(5).shuffle(&mut all);
    for id in all {
        let (kind, data) = reader.read(id).expect("it is packed");
        let said = git.ok(&["cat-file", kind.name(), &id.to_string()], b"");
        assert_eq!(*data, said, "{id}");
    }
}

#[test]
fn objects_are_read_in_any_order() {
    let git = packed(1);
    let objects = git.dir().join("objects");
    check(&git, &Packs::among(std::slice::from_ref(&objects)));
    let reader = &mut PackReader::new(Packs::among(&[objects]));
    assert_eq!(reader.read(ObjectId::NULL), None);
    assert_eq!(reader.read(ids(&packed(2))[0]), None, "it is of another repository");
}

#[test]
fn what_is_borrowed_is_read_as_well() {
    let (git, other) = (Git::new(), packed(1));
    let alternates = git.dir().join("objects/info/alternates");
    let borrowed = other.dir().join("objects");
    // One that is not there, and one that borrows from itself.
    let lines = format!("/nowhere\n../objects\n{}\n", borrowed.display());
    std::fs::write(alternates, lines).expect("the test can write");
    check(&other, &Packs::among(&[git.dir().join("objects")]));
    assert!(Packs::all_of(&git.dir().join("objects")).is_none(), "it is not all its own");
}

#[test]
fn a_pack_that_is_gone_is_not_read() {
    let git = packed(1);
    let objects = git.dir().join("objects");
    let packs = Packs::among(std::slice::from_ref(&objects));
    std::fs::remove_dir_all(objects.join("pack")).expect("it is there");
    assert_eq!(PackReader::new(packs).read(ids(&packed(1))[0]), None);
    assert!(Packs::among(&[objects]).blocks(10).is_some_and(|blocks| blocks.is_empty()));
}

#[test]
fn a_delta_says_what_comes_of_it() {
    let check = |delta: &[u8], expected: Option<&[u8]>| {
        assert_eq!(applied(b"0123456789", delta).as_deref(), expected, "{delta:?}");
    };
    check(&[10, 0], Some(b""));
    check(&[10, 3, 0x90, 3], Some(b"012"));
    check(&[10, 3, 0x91, 4, 3], Some(b"456"));
    check(&[10, 5, 2, b'a', b'b', 0x91, 7, 3], Some(b"ab789"));
    // Of another base, beyond its end, too short, too long, broken off, or nothing known.
    check(&[9, 0], None);
    check(&[10, 3, 0x91, 8, 3], None);
    check(&[10, 4, 0x90, 3], None);
    check(&[10, 2, 0x90, 3], None);
    check(&[10, 3, 0x91, 4], None);
    check(&[10, 2, 2, b'a'], None);
    check(&[10, 1, 0], None);
    check(&[], None);
}
