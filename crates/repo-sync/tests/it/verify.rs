// SPDX-License-Identifier: Apache-2.0
//! `verify`: a mirror that we made is found to be so, and one that somebody else
//! had a hand in is not.

use repo_sync_testing::{BareMirror, History, TestEnv, Tree};
use serde_json::Value;

use crate::common::{env, for_each_seed, json, sync};

/// Whatever the history, what a sync publishes is what the verifier expects.
#[test]
fn a_mirror_that_we_made_is_agreed_upon() {
    for_each_seed(16, |case, _| {
        let mirror = case.generated.mirror("mirror.git");
        // With several seams on a line, what is published behind the last one is another
        // history than the one that it begins.
        let manifest = case.env.repo().git(["show", "main:sync.toml"]);
        if manifest.matches("[[seam]]").count() < 2 {
            let line = case.env.repo().git(["rev-list", "--first-parent", "--reverse", "main"]);
            let line: Vec<_> = line.lines().collect();
            sync(&case.env, &mirror, Some(line[line.len() / 2]));
            json(&case.env, "verify", None, mirror.path(), 0);
        }
        sync(&case.env, &mirror, None);
        let report = json(&case.env, "verify", None, mirror.path(), 0);
        assert_eq!(report["outcome"], "up-to-date");
        assert_eq!(report["audit"]["skipped"], 0);
        assert_eq!(report["audit"]["refs"], mirror.refs().len());
        let count = mirror.git().run(["rev-list", "--all", "--objects", "--count"]);
        assert_eq!(report["audit"]["objects"].to_string(), count, "{report}");
    });
}

const MANIFEST: &str = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n\
    branches = [\"main\", \"release/*\"]\ntags = [\"v*\"]\n";

fn published() -> (TestEnv, BareMirror) {
    let history = History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "secret\n")
        })
        .commit("shown", |tree| tree.file("src/b", "b\n"))
        .tag("v1")
        .commit("hidden", |tree| tree.file("cloud/y", "more\n"));
    let env = env(history.build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    sync(&env, &mirror, None);
    (env, mirror)
}

/// What `verify` says after `tamper`, and how it must exit.
#[track_caller]
fn check(status: i32, args: &[&str], tamper: impl FnOnce(&TestEnv, &BareMirror)) -> Value {
    let (env, mirror) = published();
    json(&env, "verify", None, mirror.path(), 0);
    tamper(&env, &mirror);
    let to = mirror.path().to_string_lossy();
    let fixed = ["verify", "--to", &to, "--format", "json"];
    let screen = env.run(fixed.iter().chain(args)).expect(status);
    serde_json::from_str(&screen.stdout).unwrap_or_else(|error| panic!("{error}\n{screen}"))
}

/// Commits to the mirror by hand.
fn commit(mirror: &BareMirror, branch: &str) -> String {
    let git = mirror.git();
    let id = git.run(["commit-tree", "-p", "main", "-m", "by hand", "main^{tree}"]);
    git.run(["update-ref", branch, &id]);
    id
}

/// Pushes from the private repository, past everything.
fn push_raw(env: &TestEnv, mirror: &BareMirror, refspec: &str) {
    let to = mirror.path().to_string_lossy();
    env.repo().git(["push", "--quiet", "--force", &to, refspec]);
}

#[test]
fn foreign_commits_are_listed() {
    let mut ids = Vec::new();
    let report = check(4, &[], |_, mirror| {
        ids = vec![commit(mirror, "refs/heads/main"), commit(mirror, "refs/heads/main")];
    });
    ids.sort();
    let mut listed: Vec<_> = report["foreign"].as_array().expect("a list").clone();
    listed.sort_by_key(ToString::to_string);
    assert_eq!(listed, ids);
    assert_eq!(report["refusals"], serde_json::json!([]));
}

#[test]
fn a_private_commit_on_a_listed_ref_is_a_finding() {
    for refspec in ["+main:refs/heads/main", "main:refs/tags/v2", "main:refs/heads/release/1"] {
        let report = check(3, &[], |env, mirror| push_raw(env, mirror, refspec));
        assert_eq!(report["refusals"][0]["check"], "verifier-disagrees", "{report}");
        assert!(report.to_string().contains("is the private repository's"), "{report}");
    }
}

#[test]
fn refs_that_nobody_lists_are_told_of_and_searched_only_if_asked() {
    let raw = |env: &TestEnv, mirror: &BareMirror| push_raw(env, mirror, "main:refs/x/leak");
    let report = check(0, &[], raw);
    assert_eq!(report["warnings"][0]["check"], "unknown-public-ref", "{report}");
    let report = check(3, &["--full"], raw);
    assert!(report.to_string().contains("is the private repository's"), "{report}");
    let theirs = |_: &TestEnv, mirror: &BareMirror| drop(commit(mirror, "refs/pull/1/head"));
    let report = check(0, &["--full"], theirs);
    assert_eq!(report["warnings"], serde_json::json!([]));
}

#[test]
fn an_object_that_no_image_shows_is_a_finding() {
    let report = check(3, &[], |_, mirror| {
        let blob = mirror.git().input(["hash-object", "-w", "--stdin"], b"a key");
        let blob = String::from_utf8_lossy(&blob);
        mirror.git().run(["update-ref", "refs/tags/v3", blob.trim()]);
    });
    assert!(report.to_string().contains("nothing public explains it"), "{report}");
}

#[test]
fn a_public_tag_that_is_not_ours_is_told_of() {
    let report = check(0, &[], |_, mirror| {
        mirror.git().run(["tag", "--force", "--annotate", "--message=other", "v1", "main"]);
    });
    assert_eq!(report["warnings"][0]["check"], "tag-kept", "{report}");
}

#[test]
fn an_empty_mirror_holds_nothing_wrong() {
    let (env, _) = published();
    let empty = BareMirror::new(env.repo().scratch(), "empty.git");
    let report = json(&env, "verify", None, empty.path(), 0);
    assert_eq!(report["audit"]["objects"], 0);
}
