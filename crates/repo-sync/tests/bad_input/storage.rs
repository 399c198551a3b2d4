// SPDX-License-Identifier: Apache-2.0
//! A repository on disk that lies: about what an id stands for, how large it is, who
//! its parents are, or which programs to run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use repo_sync_testing::{BareMirror, Kind, object_id};

use crate::common::{Case, MANIFEST, PRIVATE, start};
use crate::machine::noise;

/// The one file of the object directory with this extension that holds these bytes.
fn file_with(case: &Case, extension: &str, needle: &[u8]) -> PathBuf {
    let packs = case.repo().path().join(".git/objects/pack");
    let files = fs::read_dir(packs).expect("the history was stored as packs");
    let mut files = files.map(|entry| entry.expect("the scratch place is readable").path());
    let holds = |file: &PathBuf| {
        let bytes = fs::read(file).expect("the scratch place is readable");
        bytes.windows(needle.len()).any(|window| window == needle)
    };
    let found =
        files.find(|file| file.extension().is_some_and(|it| it == extension) && holds(file));
    found.expect("an object was stored there")
}

/// Git makes packs read-only.
fn overwrite(file: &PathBuf, bytes: &[u8]) {
    fs::remove_file(file).expect("the scratch place is writable");
    fs::write(file, bytes).expect("the scratch place is writable");
}

/// Where an index has the entry of an object in its last table.
fn offset_at(index: &[u8], id: &[u8]) -> usize {
    let word = |at: usize| u32::from_be_bytes(index[at..at + 4].try_into().expect("four bytes"));
    let count = word(8 + 255 * 4) as usize;
    let names = 8 + 256 * 4;
    let number = (0..count).find(|number| &index[names + number * 20..][..20] == id);
    names + count * 24 + number.expect("the object is in this pack") * 4
}

/// An index that finds private bytes under the id of a public file.
#[test]
fn a_pack_whose_index_lies() {
    let mut case = Case::published(start(MANIFEST));
    let words = "// the words of a public file\n";
    case.extend(|history| {
        history.commit("more", |tree| {
            tree.file("src/new.rs", words).file("cloud/new.rs", [PRIVATE, "and more\n"].concat())
        })
    });
    let [public, private] = [words.to_owned(), [PRIVATE, "and more\n"].concat()]
        .map(|text| object_id(Kind::Blob, text.as_bytes()));
    let file = file_with(&case, "idx", public.as_bytes());
    let mut index = fs::read(&file).expect("the scratch place is readable");
    let [from, to] = [private, public].map(|id| offset_at(&index, id.as_bytes()));
    index.copy_within(from..from + 4, to);
    overwrite(&file, &index);
    assert_eq!(case.repo().git(["show", "main:src/new.rs"]), [PRIVATE, "and more"].concat());
    case.sync_refused("object-corrupt", &[&public.to_string(), "git fsck"]);
    case.nothing_private();
}

/// A header that promises a terabyte.
#[test]
fn a_pack_that_lies_about_a_size() {
    let mut case = Case::published(start(MANIFEST));
    // Large enough that its header says its size in three bytes.
    let big = noise(60_000);
    case.extend(|history| history.commit("big", |tree| tree.file("src/big.bin", &big)));
    let id = object_id(Kind::Blob, &big);
    let file = file_with(&case, "idx", id.as_bytes());
    let index = fs::read(&file).expect("the scratch place is readable");
    let at = offset_at(&index, id.as_bytes());
    let at = u32::from_be_bytes(index[at..at + 4].try_into().expect("four bytes")) as usize;
    let pack = file.with_extension("pack");
    let sound = fs::read(&pack).expect("the scratch place is readable");
    // What follows the size is then read as more of it.
    for lie in
        [&[0xbf, 0xff, 0xff, 0xff, 0xff, 0x7f][..], &[0xbf, 0xff, 0x7f], &[0x30], &[0xf0; 24]]
    {
        let mut bytes = sound.clone();
        bytes[at..at + lie.len()].copy_from_slice(lie);
        overwrite(&pack, &bytes);
        let case = case.env.clone().limited("ulimit -t 120; ulimit -v 4194304");
        let to = ["sync", "--to", "../mirror.git"];
        let screen = case.run(to).expect(3);
        // Of a file that says it is so large nobody reads a byte.
        let says = ["object-corrupt", "unscanned-blob"];
        assert!(says.iter().any(|check| screen.stderr.contains(check)), "\n{screen}");
        assert!(screen.stderr.contains("src/big.bin"), "\n{screen}");
    }
    overwrite(&pack, &sound);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

/// Hundreds of deltas, each upon the one before.
#[test]
fn a_chain_of_deltas() {
    let big = noise(4_000);
    let history = (0..400).fold(start(MANIFEST), |history, number| {
        let text = [&big[..], format!("{number}\n").as_bytes()].concat();
        history.commit(format!("edit {number}"), |tree| tree.file("src/big.bin", text))
    });
    let case = Case::new(history);
    case.ok(&["sync", "--to", "$ROOT/plain.git"]);
    case.repo().git(["repack", "-adfq", "--depth=4095", "--window=50"]);
    let case = case.limited("ulimit -t 120; ulimit -v 4194304");
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    let plain = case.repo().scratch().git(case.env.join("plain.git")).run(["show-ref"]);
    assert_eq!(case.mirror.git().run(["show-ref"]), plain);
}

/// What only makes git faster says who the parents are, and what is reachable.
#[test]
fn indexes_that_tell_of_another_history() {
    let case = Case::new(start(MANIFEST));
    let plain = BareMirror::new(case.repo().scratch(), "plain.git");
    case.ok(&["sync", "--to", "$ROOT/plain.git"]);
    let map = case.run(&["map"]).expect(0);
    let git = case.repo().git_here();
    git.run(["repack", "-adbq"]);
    git.run(["commit-graph", "write", "--reachable"]);
    let graph = case.repo().path().join(".git/objects/info/commit-graph");
    let mut bytes = fs::read(&graph).expect("git wrote it");
    // The table of commits: a tree, two parents, a date. Nobody has a parent now, and
    // all have one tree.
    let table = bytes.windows(4).position(|window| window == b"CDAT").expect("it has that table");
    let start = u64::from_be_bytes(bytes[table + 4..table + 12].try_into().expect("eight bytes"));
    let start = usize::try_from(start).expect("it is a small file");
    for number in 0..3 {
        let tree: Vec<u8> = bytes[start..start + 20].to_vec();
        bytes[start + number * 36..][..20].copy_from_slice(&tree);
        bytes[start + number * 36 + 20..][..8].copy_from_slice(&[0x70, 0, 0, 0, 0x70, 0, 0, 0]);
    }
    overwrite(&graph, &bytes);
    let count = git.run(["rev-list", "--count", "main"]);
    assert_eq!(count, "1", "git believes it, else nothing is tested");
    let bitmap = file_with(&case, "bitmap", b"BITM");
    let mut bytes = fs::read(&bitmap).expect("git wrote it");
    bytes[40..].fill(0xff);
    overwrite(&bitmap, &bytes);

    assert_eq!(case.run(&["map"]).expect(0), map);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    assert_eq!(case.mirror.refs(), plain.refs());
    case.nothing_private();
}

/// A clone that borrows objects is as good as any; one that would have to fetch them
/// from elsewhere is asked to, and nothing is run for it.
#[test]
fn objects_that_are_elsewhere() {
    let case = Case::published(start(MANIFEST));
    let (from, to) = (case.repo().path().to_owned(), case.env.join("borrower"));
    case.repo().git_here().run([
        "clone".as_ref(),
        "-q".as_ref(),
        "--shared".as_ref(),
        from.as_os_str(),
        to.as_os_str(),
    ]);
    let info = to.join(".git/objects/info");
    fs::write(info.join("http-alternates"), "http://host.invalid/objects\n").expect("writable");
    let case = case.in_dir(&to);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "up-to-date");
    fs::remove_file(info.join("alternates")).expect("git wrote it");

    let mark = case.env.join("pwned");
    let git = case.repo().scratch().git(&to);
    let touch = format!("touch '{}'; git-upload-pack", mark.display());
    for (key, value) in [
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.partialclonefilter", "blob:none"),
        ("remote.origin.uploadpack", &*touch),
    ] {
        git.run(["config", key, value]);
    }
    case.bad(&["sync", "--to", "$MIRROR"], 3, &["object-missing"]);
    assert!(!mark.exists(), "something was run");
}

/// The configuration of the repository itself may name programs.
#[test]
fn a_repository_that_names_programs() {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| history.commit("more", |tree| tree.file("src/lib.rs", "// more\n")));
    case.repo().checkout();
    let mark = case.env.join("pwned");
    let program = case.env.join("program");
    fs::write(&program, format!("#!/bin/sh\ntouch '{}'\ncat\n", mark.display())).expect("writable");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("just written");
    let program = program.to_string_lossy();
    for key in [
        "core.fsmonitor",
        "core.alternateRefsCommand",
        "core.pager",
        "core.editor",
        "core.gitProxy",
        "diff.external",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "gpg.program",
        "uploadpack.packObjectsHook",
        "merge.x.driver",
        "sequence.editor",
        "trailer.x.command",
        "pager.log",
    ] {
        case.repo().git(["config", key, &program]);
    }
    let attributes = case.repo().path().join(".git/info/attributes");
    fs::create_dir_all(attributes.with_file_name("")).expect("the scratch place is writable");
    fs::write(attributes, "* filter=x diff=x merge=x\n").expect("the same");
    for args in [
        &["plan", "--to", "$MIRROR"][..],
        &["check", "--range", "main~1..main"],
        &["check", "--staged"],
        &["explain", "src/lib.rs"],
        &["sync", "--to", "$MIRROR"],
        &["verify", "--to", "$MIRROR"],
    ] {
        case.run(args).expect(0);
        assert!(!mark.exists(), "{args:?} ran something");
    }
}

/// What we cannot read we do not half read.
#[test]
fn a_repository_of_another_format() {
    let config = |case: &Case, more: &str| {
        let file = case.repo().path().join(".git/config");
        let text = format!("[core]\n\trepositoryformatversion = 1\n\tbare = false\n{more}");
        fs::write(file, text).expect("the scratch place is writable");
    };
    for (more, words) in [
        ("[extensions]\n\trefStorage = reftable\n", "refstorage"),
        ("[extensions]\n\tfrobnicate = true\n", "frobnicate"),
    ] {
        let case = Case::new(start(MANIFEST));
        config(&case, more);
        case.bad(&["plan", "--to", "$MIRROR"], 2, &[words]);
    }
}

/// A stranger's repository could name programs; the user has to list it first.
#[test]
fn a_repository_of_somebody_else() {
    let case = Case::new(start(MANIFEST));
    let dir = case.repo().path();
    let given = [dir.join(".git"), dir.to_owned()]
        .iter()
        .all(|dir| std::os::unix::fs::chown(dir, Some(54_321), None).is_ok());
    // Only root can give a directory away, and to all others it is still their own.
    if given {
        case.bad(&["plan", "--to", "$MIRROR"], 2, &["belongs to another user", "safe.directory"]);
        let git = case.repo().scratch().git(case.repo().scratch().root());
        git.run(["config", "--global", "safe.directory", "*"]);
    }
    case.ok(&["plan", "--to", "$MIRROR"]);
}
