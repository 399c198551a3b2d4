// SPDX-License-Identifier: Apache-2.0
//! Where there is no private repository, or not enough of one.

use std::fs;

use repo_sync_testing::History;

use crate::common::{Case, MANIFEST, start};

#[test]
fn not_a_repository() {
    let case = Case::new(start(MANIFEST));
    let dir = case.env.join("elsewhere");
    fs::create_dir(&dir).expect("the scratch place is writable");
    let case = case.in_dir(dir);
    for command in ["plan", "sync", "map"] {
        case.bad(&[command], 2, &["$ROOT/elsewhere` is not in a git repository", "-C DIR"]);
    }
    case.bad(&["plan", "-C", "$ROOT/nowhere"], 2, &["$ROOT/nowhere` is not a directory"]);
}

#[test]
fn a_git_directory_that_is_damaged() {
    let case = Case::new(start(MANIFEST));
    fs::remove_file(case.repo().path().join(".git/HEAD")).expect("every repository has one");
    case.bad(&["plan", "--to", "$MIRROR"], 2, &["$ROOT/private` is not in a git repository"]);
}

#[test]
fn an_empty_repository() {
    let case = Case::new(History::new());
    for command in ["plan", "sync", "map"] {
        let words = ["the repository has no commit yet", "commit something first"];
        case.bad(&[command, "--to", "$MIRROR"], 2, &words);
    }
}

#[test]
fn a_repository_with_sha_256() {
    let case = Case::new(start(MANIFEST));
    let git = case.repo().scratch().git(case.repo().scratch().root());
    git.run(["init", "--quiet", "--object-format=sha256", "wide"]);
    let case = case.in_dir("/");
    case.bad(
        &["plan", "-C", "$ROOT/wide"],
        2,
        &["`sha256` object ids are not supported, only `sha1`"],
    );
}

#[test]
fn no_such_branch() {
    let case = Case::new(start(&MANIFEST.replace("public]", "public]\nbranches = [\"trunk\"]")));
    for command in ["plan", "sync", "map"] {
        let words = ["there is no branch `trunk`", "the first of `branches` must exist"];
        case.bad(&[command, "--to", "$MIRROR"], 2, &words);
    }
}

#[test]
fn no_such_rev() {
    let case = Case::published(start(MANIFEST));
    let blob = case.repo().git(["rev-parse", "main:README.md"]);
    for rev in ["nowhere", "main~99", "0123456789012345678901234567890123456789", &blob] {
        for command in ["plan", "sync"] {
            let names = format!("`{rev}` names no commit of the private repository");
            case.bad(&[command, rev, "--to", "$MIRROR"], 2, &[&names]);
        }
        case.bad(&["plan", "--policy-rev", rev, "--to", "$MIRROR"], 2, &["names no commit"]);
    }
    case.bad(&["map", "nowhere"], 1, &["`nowhere` is the id of no commit here"]);
}

#[test]
fn a_rev_on_no_listed_branch() {
    let history = start(MANIFEST).on("side").commit("aside", |tree| tree.file("src/side.rs", ""));
    let case = Case::new(history);
    let words = ["`side` lies on no listed branch of mirror `public`"];
    case.bad(&["sync", "side", "--to", "$MIRROR"], 2, &words);
    case.ok(&["plan", "side", "--to", "$MIRROR"]);
}

#[test]
fn a_rev_that_looks_like_an_option() {
    let case = Case::published(start(MANIFEST));
    for rev in ["--all", "-x", "--upload-pack=touch pwned", "^main", "main..side", ":/hello x", ""]
    {
        case.bad(&["sync", "--to", "$MIRROR", "--", rev], 2, &["names no commit"]);
    }
    assert!(!case.repo().path().join("pwned").exists());
}
