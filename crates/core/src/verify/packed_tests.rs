// SPDX-License-Identifier: Apache-2.0
//! Stores that git packs, read without it: git is the judge of what is in them.

use std::fs;
use std::path::PathBuf;

use super::packed::{Read, read_all};
use crate::object::Kind;
use crate::object::git_judge::Git;
use crate::progress::Silent;

/// A repository with a history of files that go from one to the next, and of one that is
/// large.
fn history() -> Git {
    let git = Git::new();
    let mut stream = String::new();
    let mut rng = fastrand::Rng::with_seed(3);
    let mut lines: Vec<String> = (0..400).map(|_| format!("line {}\n", rng.u64(..))).collect();
    for commit in 0..80 {
        let at = rng.usize(..lines.len());
        lines[at] = format!("line {commit} {}\n", rng.u64(..));
        let (text, other) = (lines.concat(), lines[..commit].concat());
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@b> {commit} +0000\ndata 2\nc\n\
             M 644 inline dir/text\ndata {}\n{text}\nM 644 inline other{}\ndata {}\n{other}\n",
            text.len(),
            commit % 3,
            other.len(),
        );
    }
    let large = "0123456789abcdef\n".repeat(200_000);
    stream += &format!("blob\nmark :1\ndata {}\n{large}\n", large.len());
    stream += "commit refs/heads/main\ncommitter A <a@b> 99 +0000\ndata 0\nM 644 :1 large\n\n";
    stream += "tag v1\nfrom refs/heads/main\ntagger A <a@b> 99 +0000\ndata 2\nt\n";
    git.ok(&["fast-import", "--quiet", "--force"], stream.as_bytes());
    git
}

/// Packs all that is there, and leaves nothing but packs.
fn repack(git: &Git, settings: &[&str], how: &str) {
    let no_bitmaps = &["-c", "repack.writeBitmaps=false"][..];
    git.ok(&[no_bitmaps, settings, &["repack", how]].concat(), b"");
}

/// What git says is there.
fn listed(git: &Git) -> Vec<Read> {
    let args = ["cat-file", "--batch-all-objects", "--batch-check"];
    let listing = String::from_utf8(git.ok(&args, b"")).expect("ids and sizes are ASCII");
    let read = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let kind = Kind::from_name(words[1].as_bytes()).expect("git names its kinds");
        (words[0].parse().expect("git names ids"), kind, words[2].parse().expect("a size"))
    };
    listing.lines().map(read).collect()
}

/// Whether we read what git does; whether we read anything at all.
#[track_caller]
fn check(git: &Git) -> bool {
    let read = read_all(git.dir(), &Silent).expect("nobody stops it");
    if let Some(read) = &read {
        assert_eq!(*read, listed(git));
    }
    read.is_some()
}

/// The one pack of a repository.
fn pack(git: &Git) -> PathBuf {
    let packs = fs::read_dir(git.dir().join("objects/pack")).expect("it has packs");
    let mut packs = packs.map(|entry| entry.expect("it can be listed").path());
    packs.find(|path| path.extension().is_some_and(|it| it == "pack")).expect("it has a pack")
}

#[test]
fn a_pack_is_read_whole() {
    let git = history();
    repack(&git, &[], "-nadq");
    assert!(check(&git));
    repack(&git, &["-c", "repack.useDeltaBaseOffset=false"], "-nadfq");
    assert!(check(&git), "bases by their ids");
    git.ok(&["hash-object", "-w", "--stdin"], b"loose");
    assert!(!check(&git), "loose objects are for git");
}

#[test]
fn an_object_of_two_packs_counts_once() {
    let git = history();
    repack(&git, &[], "-nadq");
    let some: Vec<String> =
        listed(&git).iter().step_by(3).map(|it| format!("{}\n", it.0)).collect();
    git.ok(&["pack-objects", "--quiet", "objects/pack/pack"], some.concat().as_bytes());
    assert!(check(&git));
}

#[test]
fn objects_may_lie_far_behind() {
    let git = history();
    repack(&git, &[], "-nadq");
    let pack = pack(&git);
    fs::remove_file(pack.with_extension("idx")).expect("it has an index");
    let pack = pack.to_str().expect("its path is UTF-8");
    git.ok(&["index-pack", "--index-version=2,0x100", pack], b"");
    assert!(check(&git));
}

#[test]
fn an_empty_store_has_nothing() {
    let git = Git::new();
    assert!(check(&git));
}

#[test]
fn what_is_borrowed_is_for_git() {
    let git = history();
    repack(&git, &[], "-nadq");
    let other = Git::new();
    let alternates = git.dir().join("objects/info/alternates");
    fs::write(&alternates, format!("{}\n", other.dir().join("objects").display()))
        .expect("the test can write");
    assert!(!check(&git));
}

/// Wherever a byte is another one, that does not show, or nothing is said.
#[test]
fn damage_is_never_read() {
    let git = history();
    repack(&git, &["-c", "pack.depth=20"], "-nadq");
    let expected = listed(&git);
    let pack = pack(&git);
    let mut refused = 0;
    for path in [pack.with_extension("idx"), pack] {
        let sound = fs::read(&path).expect("it can be read");
        fs::remove_file(&path).expect("it can be replaced");
        for at in (0..sound.len()).step_by(sound.len() / 150).chain(0..40) {
            let mut damaged = sound.clone();
            damaged[at] ^= 1 << (at % 8);
            fs::write(&path, damaged).expect("the test can write");
            match read_all(git.dir(), &Silent).expect("nobody stops it") {
                Some(read) => assert_eq!(read, expected, "{} at {at}", path.display()),
                None => refused += 1,
            }
        }
        for len in (0..sound.len()).step_by(sound.len() / 20) {
            fs::write(&path, &sound[..len]).expect("the test can write");
            let read = read_all(git.dir(), &Silent).expect("nobody stops it");
            assert_eq!(read, None, "{} cut off at {len}", path.display());
        }
        fs::write(&path, &sound).expect("the test can write");
    }
    assert!(refused > 150, "most bytes matter");
}
