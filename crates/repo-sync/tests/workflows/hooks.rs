// SPDX-License-Identifier: Apache-2.0
//! The hooks for pre-commit: their entries, with the variables that the tool documents.
//!
//! <https://pre-commit.com/#pre-push>

use repo_sync_testing::{BareMirror, Screen, TestEnv, Tree};
use serde::Deserialize;

use crate::runner::read;
use crate::{MANIFEST, env, history, root, shell};

#[derive(Deserialize)]
struct Hook {
    id: String,
    entry: String,
    language: String,
    pass_filenames: bool,
    always_run: bool,
}

/// Runs a hook in the private repository.
fn run(env: &TestEnv, id: &str, variables: &[(&str, &str)]) -> Screen {
    let hooks: Vec<Hook> = read(&root().join(".pre-commit-hooks.yaml"));
    let hook = hooks.into_iter().find(|hook| hook.id == id).expect("there is one");
    assert!(hook.language == "system" && hook.always_run && !hook.pass_filenames, "{id}");
    let mut env = shell("sh", env.repo());
    for (name, value) in variables {
        env = env.var(*name, *value);
    }
    // The tool splits an entry as a shell does, and runs it without one.
    env.run(["-c", &format!("exec {}", hook.entry)])
}

#[test]
fn what_is_staged_is_judged() {
    let env = env(history().build());
    env.repo().checkout();
    let stage = |text: &str| {
        std::fs::write(env.repo().path().join("src/lib.rs"), text).expect("it is a work tree");
        env.repo().git(["add", "src"]);
    };
    stage("pub fn better() {}\n");
    run(&env, "repo-sync-staged", &[]).expect(0);
    stage("// see cloud/bill.rs\n");
    let screen = run(&env, "repo-sync-staged", &[]).expect(3);
    assert!(screen.stderr.contains("private-reference"), "{screen}");
}

#[test]
fn no_private_branch_goes_to_a_mirror() {
    let url = "../mirror.git";
    let manifest = MANIFEST.replace("[mirror.public]", &format!("[mirror.public]\nurl = '{url}'"));
    let named = |tree: Tree| tree.file("sync.toml", manifest).file("src/more.rs", "");
    let env = env(history().commit("name the mirror", named).build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    let tip = env.repo().id("main").to_string();
    let zeros = "0".repeat(40);
    let push = |url: &str, tip: &str| {
        let variables = [
            ("PRE_COMMIT_FROM_REF", &*zeros),
            ("PRE_COMMIT_TO_REF", tip),
            ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
            ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main"),
            ("PRE_COMMIT_REMOTE_NAME", "somewhere"),
            ("PRE_COMMIT_REMOTE_URL", url),
        ];
        run(&env, "repo-sync-push", &variables)
    };
    let screen = push(url, &tip).expect(3);
    assert!(screen.stderr.contains("raw-push"), "{screen}");
    push("../backup.git", &tip).expect(0);
    // What a sync would send may go.
    let image = env.run(["map", &tip]).expect(0).stdout;
    let image = image.trim().rsplit(' ').next().expect("a line has two ids").to_owned();
    push(url, &image).expect(0);
    assert!(mirror.refs().is_empty(), "a hook pushes nothing");
}
