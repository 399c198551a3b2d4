// SPDX-License-Identifier: Apache-2.0
//! The bugs of `crates/testing/bugs`, without building anything: each can still be
//! put into the engine. What becomes of it then takes half an hour to find out,
//! with `crates/testing/bugs/run`.

use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_testing::Scratch;

/// Where a manifest is read, chosen, or its patterns folded.
const MANIFEST_OR_FOLDING: [&str; 3] =
    ["crates/core/src/manifest/", "crates/core/src/policy/", "crates/core/src/paths/fold.rs"];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is there while its tests run")
}

/// The patches by name, each with its text.
fn bugs() -> Vec<(String, String)> {
    let folder = root().join("crates/testing/bugs");
    let entries = fs::read_dir(folder).expect("the folder is part of the workspace");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let patches = paths.filter(|path| path.extension().is_some_and(|end| end == "patch"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("our own patches are text"))
    };
    let mut bugs: Vec<_> = patches.map(read).collect();
    bugs.sort();
    bugs
}

/// The files that a patch changes.
fn files(patch: &str) -> impl Iterator<Item = &str> {
    patch.lines().filter_map(|line| line.strip_prefix("+++ b/"))
}

#[test]
fn every_bug_can_be_put_into_the_engine() {
    let scratch = Scratch::new();
    let root = root();
    let around = root.parent().unwrap_or(&root).to_string_lossy();
    // Without a repository of our own, git must not take another one for it.
    let git = scratch.git(&root).env("GIT_CEILING_DIRECTORIES", &around);
    for (name, patch) in bugs() {
        assert!(files(&patch).count() > 0, "{name} changes nothing");
        git.input(["apply", "--check", "-"], patch.as_bytes());
    }
}

/// The verifier is what is put to the test, so it stays as it is.
#[test]
fn the_bugs_are_in_the_engine_alone() {
    let bugs = bugs();
    assert_eq!(bugs.len(), 10);
    for (name, patch) in &bugs {
        for file in files(patch) {
            let engine = file.starts_with("crates/core/src/") && !file.contains("/verify/");
            assert!(engine, "{name} changes {file}");
        }
    }
    let concerned = |patch: &str| {
        files(patch).all(|file| MANIFEST_OR_FOLDING.iter().any(|part| file.starts_with(part)))
    };
    assert!(bugs.iter().filter(|(_, patch)| concerned(patch)).count() >= 3);
}

#[test]
fn the_documentation_lists_every_bug() {
    let page = fs::read_to_string(root().join("docs/security.md")).expect("the page is text");
    for (name, patch) in bugs() {
        let what = patch.lines().next().unwrap_or_default();
        assert!(page.contains(&format!("| {name} | {what} |")), "{name} is not in the table");
    }
}
