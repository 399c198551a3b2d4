// SPDX-License-Identifier: Apache-2.0
//! Contributions that merge what was published since they began: the private side of that
//! comes with it.

use repo_sync_testing::{History, Tree};
use serde_json::Value;

use crate::common::{Case, PULL, text, word};

#[test]
fn what_is_merged_brings_its_private_side() {
    check(|tree| tree.file("cloud/x", "new\n").file("src/b", "b\n"), |tree| tree);
}

#[test]
fn what_is_merged_may_have_another_manifest() {
    let wider = manifest("\"src\", \"docs\"");
    check(|tree| tree.file("sync.toml", wider).file("cloud/x", "new\n"), |tree| tree);
    // There what was new in the one place belongs in the other.
    check(
        |tree| tree.file("sync.toml", manifest("\"src\"") + MOVED).file("cloud/x", "new\n"),
        |tree| tree.delete("src").file("lib/new", "new\n"),
    );
}

/// What is private by the manifest of the merge is nothing that the public could settle.
#[test]
fn what_became_private_can_be_in_conflict() {
    let begin = |tree: Tree| {
        let tree = tree.file("sync.toml", manifest("\"src\", \"docs\""));
        tree.file("src/a", "a\n").file("docs/d", "d\n")
    };
    let narrow = |tree: Tree| tree.file("sync.toml", manifest("\"src\"")).file("docs/d", "ours\n");
    let widen = |tree: Tree| tree.file("sync.toml", manifest("\"src\", \"docs\""));
    let guard = "[guard]\nmoved-from-private = \"off\"\npath-narrowed = \"off\"\n";
    let open = |tree: Tree| {
        tree.file("sync.toml", manifest("\"src\", \"docs\"") + guard).file("src/b", "b\n")
    };
    let history = History::new().commit("begin", begin).commit("narrow", narrow);
    let case = Case::new(history.commit("widen", widen).commit("open", open));
    let public = |rev: &str| case.mirror.git().run(["rev-parse", rev]);
    let (base, narrow) = (public("main~3"), public("main~2"));
    case.pull_from(&base, |history| {
        let history = history.commit(text("edit"), |tree| tree.file("docs/d", "theirs\n"));
        history.merge(text("merge"), [&*narrow], |tree| tree.delete("docs"))
    });
    let before = case.state();
    let report = case.import(&[PULL], 3);
    let refusal = &report["refusals"][0];
    assert_eq!((word(refusal, "check"), word(refusal, "path")), ("import-base", "docs/d"));
    assert!(case.state() == before);
}

const MOVED: &str = "[[move]]\nfrom = \"src\"\nto = \"lib\"\n";

fn manifest(include: &str) -> String {
    format!("version = 1\ninclude = [{include}]\n[mirror.public]\n")
}

/// Somebody begins, the private side goes on by `edit`, and somebody merges that with what
/// else it takes.
#[track_caller]
fn check(edit: impl FnOnce(Tree) -> Tree, resolve: impl FnOnce(Tree) -> Tree) {
    let begin = |tree: Tree| {
        let tree = tree.file("sync.toml", manifest("\"src\"")).file("docs/d", "d\n");
        tree.file("src/a", "a\n").file("cloud/x", "old\n")
    };
    let mut case = Case::new(History::new().commit("begin", begin));
    case.env.repo_mut().extend(|history| history.commit("go on", edit));
    case.env.repo().checkout();
    case.sync(0);
    let case = Case { upstream: case.mirror.history(), ..case };
    let base = case.mirror.git().run(["rev-parse", "main~1"]);
    let tip = case.pull_from(&base, |history| {
        let history = history.commit(text("fix"), |tree| tree.file("src/new", "new\n"));
        history.merge(text("merge main"), ["main"], resolve)
    });
    let report = case.import(&[PULL], 0);
    let commits = report["commits"].as_array().expect("a list");
    assert_eq!(commits.len(), 2, "{report}");
    assert!(commits.iter().all(|commit| commit["keeps_id"] == Value::Bool(true)), "{report}");
    case.git(["merge", "--quiet", "--ff-only", word(&report, "branch")]);
    assert_eq!(case.git(["show", "HEAD:cloud/x"]), "new");
    assert_eq!(case.git(["show", "HEAD~1:cloud/x"]), "old");
    case.sync(0);
    assert_eq!(case.mirror.refs()["refs/heads/main"], tip.to_string());
    case.run(&["verify"], 0);
}
