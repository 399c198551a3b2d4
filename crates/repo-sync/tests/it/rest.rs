// SPDX-License-Identifier: Apache-2.0
//! A run that finds nothing to publish leaves a note, and the next one goes by that as long
//! as nothing has changed: and not a moment longer.

use std::fs;
use std::path::PathBuf;

use repo_sync_testing::{BareMirror, History, TestEnv};
use serde_json::Value;

use crate::common::{env, json, sync};

const MANIFEST: &str = r#"version = 1
include = ["src"]
[mirror.public]
url = "https://example.com/acme/widget.git"
tags = ["v*"]
"#;

/// A mirror that holds everything, and a note that says so.
fn at_rest() -> (TestEnv, BareMirror) {
    let history = History::new()
        .commit("one", |tree| tree.file("sync.toml", MANIFEST).file("src/one.rs", "1"))
        .commit("two", |tree| tree.file("src/two.rs", "2").file("cloud/bill.rs", "0"));
    let env = env(history.build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    sync(&env, &mirror, None);
    assert!(!note(&env).exists(), "a run that published something says nothing of the next");
    let first = sync(&env, &mirror, None);
    assert!(note(&env).exists());
    let second = sync(&env, &mirror, None);
    assert_eq!(first, second);
    assert_eq!(first["outcome"], "up-to-date");
    (env, mirror)
}

fn note(env: &TestEnv) -> PathBuf {
    env.repo().path().join(".git/repo-sync/public/rest")
}

/// How the next run ends after a change, with the note and without: alike.
#[track_caller]
fn check(change: impl Fn(&mut TestEnv, &BareMirror), status: i32, outcome: &str) {
    let run = |forget: bool| -> Value {
        let (mut env, mirror) = at_rest();
        change(&mut env, &mirror);
        if forget {
            let _ = fs::remove_file(note(&env));
        }
        json(&env, "sync", None, mirror.path(), status)
    };
    let (with, without) = (run(false), run(true));
    assert_eq!(with["outcome"], outcome, "{with:#}");
    assert_eq!(with, without);
}

#[test]
fn without_a_change_no_history_is_walked() {
    let (env, mirror) = at_rest();
    let id = env.repo().id("one").to_string();
    let object = env.repo().path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    env.repo().loosen();
    fs::remove_file(object).expect("every object was loosened");
    assert_eq!(sync(&env, &mirror, None)["outcome"], "up-to-date");
    let _ = fs::remove_dir_all(note(&env).with_file_name(""));
    assert_eq!(json(&env, "sync", None, mirror.path(), 3)["outcome"], "refused");
}

#[test]
fn a_change_on_either_side_is_seen() {
    check(|_, _| {}, 0, "up-to-date");
    let commit = |path: &'static str| {
        move |env: &mut TestEnv, _: &BareMirror| {
            env.repo_mut().extend(|it| it.commit("three", |tree| tree.file(path, "3")));
        }
    };
    check(commit("src/three.rs"), 0, "synced");
    check(commit("cloud/three.rs"), 0, "up-to-date");
    check(|env, _| env.repo_mut().extend(|it| it.tag_at("v1", "one")), 0, "synced");
    check(|env, _| env.repo_mut().extend(|it| it.tag_at("other", "one")), 0, "up-to-date");
    let gone = |_: &mut TestEnv, mirror: &BareMirror| {
        mirror.git().run(["update-ref", "-d", "refs/heads/main"]);
    };
    check(gone, 0, "synced");
    let foreign = |_: &mut TestEnv, mirror: &BareMirror| {
        let git = mirror.git();
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        let args = ["commit-tree", "-m", "theirs", "-p", "main", "main^{tree}"];
        let id = git.run(who.into_iter().chain(args));
        git.run(["update-ref", "refs/heads/main", id.trim()]);
    };
    check(foreign, 4, "diverged");
}

#[test]
fn a_broken_note_says_nothing() {
    for text in ["", "nonsense\n", "a b\n1 2 3 4 0\n"] {
        check(|env, _| fs::write(note(env), text).expect("it is there"), 0, "up-to-date");
    }
}
