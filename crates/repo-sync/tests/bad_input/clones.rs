// SPDX-License-Identifier: Apache-2.0
//! Clones that show less of the history than there is, or another one.

use std::fs;

use repo_sync_testing::BareMirror;

use crate::common::{Case, MANIFEST, manifest, start};

/// The case in a clone of its private repository, made with these flags.
fn cloned(case: Case, flags: &[&str]) -> Case {
    let from = format!("file://{}", case.repo().path().display());
    let clone = case.env.join("clone");
    let to = clone.to_string_lossy();
    let git = case.repo().git_here();
    git.run(["config", "uploadpack.allowFilter", "true"]);
    git.run(["clone", "--quiet"].iter().chain(flags).chain(&["--", &*from, &*to]));
    case.in_dir(clone)
}

#[test]
fn a_shallow_clone() {
    for published in [false, true] {
        let make = if published { Case::published } else { Case::new };
        let case = cloned(make(start(MANIFEST)), &["--depth=2"]);
        let fix = ["git fetch --unshallow", "fetch-depth: 0"];
        let report = case.refused("shallow-history", &fix);
        let boundary = case.repo().git(["rev-parse", "main~1"]);
        assert_eq!(report["refusals"][0]["commit"], *boundary, "{report}");
        case.bad(&["map"], 3, &fix);
    }
}

#[test]
fn a_shallow_clone_above_a_seam() {
    let mut case = Case::new(start(MANIFEST));
    let seam = case.repo().id("say hello");
    let text = manifest(&format!("[[seam]]\nprivate = \"{seam}\"\n"));
    case.extend(|history| history.commit("begin here", |tree| tree.file("sync.toml", &text)));
    case.extend(|history| history.commit("go on", |tree| tree.file("src/on.rs", "")));

    let whole = BareMirror::new(case.repo().scratch(), "whole.git");
    case.ok(&["sync", "--to", "$ROOT/whole.git"]);
    let case = cloned(case, &["--depth=3"]);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    assert_eq!(case.mirror.refs(), whole.refs(), "the same ids as with the whole history");
    let names = case.mirror.git().run(["log", "--format=%s", "main"]);
    assert_eq!(names, "go on\nPublic snapshot");
}

#[test]
fn a_shallow_clone_below_which_the_seam_lies() {
    let mut case = Case::new(start(MANIFEST));
    let seam = case.repo().id("start");
    let text = manifest(&format!("[[seam]]\nprivate = \"{seam}\"\n"));
    case.extend(|history| history.commit("begin here", |tree| tree.file("sync.toml", &text)));
    let case = cloned(case, &["--depth=2"]);
    case.refused("shallow-history", &["git fetch --unshallow"]);
}

#[test]
fn a_clone_without_files() {
    let case = cloned(Case::new(start(MANIFEST)), &["--no-checkout", "--filter=blob:none"]);
    // Only the manifest: a clone that was looked at has that much.
    case.env.repo().scratch().git(case.env.join("clone")).run(["show", "main:sync.toml"]);
    case.refused("object-missing", &["git fetch --refetch"]);
}

#[test]
fn a_grafted_clone() {
    let case = Case::published(start(MANIFEST));
    let tip = case.repo().git(["rev-parse", "main"]);
    let grafts = case.repo().path().join(".git/info/grafts");
    fs::create_dir_all(grafts.with_file_name("")).expect("the scratch place is writable");
    fs::write(&grafts, format!("{tip}\n")).expect("the scratch place is writable");
    case.refused("grafted-history", &["remove `info/grafts`"]);
    case.bad(&["map"], 3, &["grafted-history"]);
    fs::write(&grafts, "no graft\n").expect("the scratch place is writable");
    case.refused("grafted-history", &["remove `info/grafts`"]);
    fs::remove_file(&grafts).expect("it was just written");
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "up-to-date");
}

/// Replacement refs are an illusion of this clone.
#[test]
fn a_clone_with_replaced_objects() {
    let case = Case::new(start(MANIFEST).on("other").commit("other", |tree| {
        tree.file("src/lib.rs", crate::common::PRIVATE).file("sync.toml", "no manifest")
    }));
    let plain = BareMirror::new(case.repo().scratch(), "plain.git");
    case.ok(&["sync", "--to", "$ROOT/plain.git"]);
    let map = case.run(&["map"]).expect(0);

    for (one, other) in [
        ("main", "other"),
        ("main~1", "other"),
        ("main:src", "other:src"),
        ("main:src/lib.rs", "other:src/lib.rs"),
        ("main:sync.toml", "other:sync.toml"),
    ] {
        case.repo().git(["replace", "--force", one, other]);
    }
    assert_eq!(case.run(&["map"]).expect(0), map);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    assert_eq!(case.mirror.refs(), plain.refs());
    case.nothing_private();
}
