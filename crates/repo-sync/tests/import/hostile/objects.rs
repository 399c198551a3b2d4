// SPDX-License-Identifier: Apache-2.0
//! Objects that are none, that are missing, or that have no end.

use repo_sync_shared::ObjectId;
use repo_sync_testing::{Kind, bomb, deep, object_id};

use super::case;
use crate::common::{Case, PULL, word};

/// Trees of which git itself says that they are none.
#[test]
fn a_malformed_tree_is_not_fetched() {
    let case = case();
    let blob = object_id(Kind::Blob, b"pub mod deep;\n// hello\n");
    let entry = |mode: &str, name: &[u8], id: ObjectId| {
        [mode.as_bytes(), b" ", name, b"\0", id.as_bytes()].concat()
    };
    let file = |name: &[u8]| entry("100644", name, blob);
    let dir = |name: &[u8]| entry("40000", name, object_id(Kind::Tree, &file(b"x")));
    let rows: [(&str, Vec<u8>, &str); 17] = [
        ("a file twice", [file(b"a"), file(b"a")].concat(), "duplicateEntries"),
        ("a file and a directory", [file(b"a"), dir(b"a")].concat(), "duplicateEntries"),
        (
            "a link and what is below",
            [entry("120000", b"deep", blob), file(b"deep.rs"), dir(b"deep")].concat(),
            "duplicateEntries",
        ),
        ("no order", [file(b"b"), file(b"a")].concat(), "treeNotSorted"),
        ("no name", file(b""), "empty filename"),
        ("a dot", file(b"."), "hasDot"),
        ("two dots", dir(b".."), "hasDotdot"),
        ("a slash", file(b"../cloud/bill.rs"), "fullPathname"),
        (".git", dir(b".git"), "hasDotgit"),
        (".GIT", file(b".GIT"), "hasDotgit"),
        (".git on another system", dir(b"git~1"), "hasDotgit"),
        (".git with nothing between", dir(b".g\xe2\x80\x8cit"), "hasDotgit"),
        (".git and a stream", file(b".git::$INDEX_ALLOCATION"), "hasDotgit"),
        ("a padded mode", entry("0100644", b"a", blob), "zeroPaddedFilemode"),
        ("no object", entry("100644", b"a", ObjectId::NULL), "unable to read 00000"),
        ("no mode", entry("", b"a", blob), "malformed mode"),
        ("no end", file(b"a")[..20].to_vec(), "too-short tree"),
    ];
    for (what, bytes, words) in rows {
        let inner = file(b"x");
        case.pull_edit(|tree| tree.raw_dir("src/fine", inner).raw_dir("src/odd", bytes));
        case.unfetched(what, words);
    }
    case.pull_edit(|tree| tree.symlink(".gitmodules", "src/lib.rs"));
    case.unfetched("a link for .gitmodules", "gitmodulesSymlink");
}

/// Commits in which two readers could see two things.
#[test]
fn a_malformed_commit_is_none() {
    let case = case();
    let git = case.mirror.git();
    let tree = git.run(["rev-parse", "main^{tree}"]);
    let main = git.run(["rev-parse", "main"]);
    let head = format!("tree {tree}\nparent {main}\n");
    let who = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n";
    let rows: [(String, i32, &str); 11] = [
        (format!("{head}{who}\nseen\0unseen\n"), 1, "nulInCommit"),
        (format!("{head}author B <b@c> 1 +0000\n{who}\ntwo authors\n"), 1, "multipleAuthors"),
        (format!("{head}committer A <a@b> 1 +0000\n\nno author\n"), 1, "missingAuthor"),
        (format!("{head}author A <a@b> 1 +0000\n\nno committer\n"), 1, "missingCommitter"),
        (format!("{head}author A\ncommitter A <a@b> 1 +0000\n\nno mail\n"), 1, "missingEmail"),
        (format!("{head}author A <a@b> 1\ncommitter A <a@b> 1 +0000\n\nno zone\n"), 1, "badDate"),
        (format!("{head}{who}encoding utf-8\nencoding utf-7\n\ntwo\n"), 3, "malformed-commit"),
        (format!("{head}{who}encoding utf-8\n more\n\nfolded\n"), 3, "malformed-commit"),
        (format!("{head}{who}gpgsig x\nauthor B <b@c> 1 +0000\n\nlate\n"), 3, "malformed-commit"),
        (format!("{head}{who}gpgsig x\nparent {main}\n\nlate\n"), 3, "malformed-commit"),
        (format!("{head}{who}gpgsig x\ntree {tree}\n\nlate\n"), 3, "malformed-commit"),
    ];
    for (bytes, status, words) in rows {
        let what = bytes.clone();
        raw_pull(&case, bytes);
        match status {
            1 => case.unfetched(&what, words),
            _ => case.refused(words, None, &[]),
        }
    }
}

/// Opens a pull request at a commit of these bytes.
fn raw_pull(case: &Case, bytes: String) {
    let mut history = case.upstream.clone();
    let commit = history.object(Kind::Commit, bytes);
    case.mirror.store(&mut history.any_ref(PULL, commit));
}

#[test]
fn what_is_missing_cannot_be_fetched() {
    let case = case();
    let gone = object_id(Kind::Blob, b"nobody has this");
    for mode in ["100644", "40000", "120000"] {
        case.pull_edit(|tree| tree.entry("src/ghost", mode, gone));
        let report = case.unchanged(mode, &[], 1);
        assert!(report["error"].is_string(), "{report}");
    }
    case.pull(|mut history| {
        let base = history.find("pull");
        let tree = history.tree_of(base).clone();
        let tip = history.add("on a ghost", &[gone], tree);
        history.any_ref("refs/heads/pull", tip)
    });
    let report = case.unchanged("a parent", &[], 1);
    assert!(report["error"].is_string(), "{report}");
    // What it names is a commit there, but none of the mirror's.
    case.pull_edit(|tree| tree.entry("src/ghost", "100644", object_id(Kind::Tree, b"")));
    let report = case.unchanged("a tree for a blob", &[], 1);
    assert!(report["error"].is_string(), "{report}");
}

/// A run that expands what it should not ends here: seconds of its own work, however
/// busy the machine is with other tests, and kilobytes.
const LIMITS: &str = "ulimit -t 120; ulimit -v 4194304";

#[test]
fn a_bomb_is_not_expanded() {
    let mut case = case();
    case.env = case.env.limited(LIMITS);
    for leaf in [("100644", "boom\n"), ("120000", "d1"), ("100755", "")] {
        case.pull_edit(|tree| bomb(tree, "src/bomb", 11, leaf));
        case.refused("tree-depth", None, &[]);
    }
    // Where nothing is public, nobody looks further.
    case.pull_edit(|tree| bomb(tree, "cloud/bomb", 11, ("100644", "boom\n")));
    let report = case.unchanged("a bomb on the floor", &[], 3);
    assert_eq!(word(&report, "outcome"), "refused");
}

#[test]
fn a_tree_without_a_bottom() {
    let mut case = case();
    case.env = case.env.limited(LIMITS);
    for place in ["src/deep/well", "cloud/well"] {
        case.pull_edit(|tree| deep(tree, place, 5_000));
        let report = case.import(&[PULL], 1);
        assert!(word(&report, "error").contains("depth"), "{report}");
        case.unchanged(place, &[], 1);
    }
}
