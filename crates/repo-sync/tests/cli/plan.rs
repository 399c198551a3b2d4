// SPDX-License-Identifier: Apache-2.0
//! `plan`: what a person reads before anything becomes public.

use insta::assert_snapshot;
use repo_sync_testing::{BareMirror, CommitText, History, TestEnv};

use crate::common::{MANIFEST, env, widget};

#[test]
fn a_first_plan_shows_every_commit_with_its_reason() {
    let env = env(widget().build());
    assert_snapshot!("plan_first", plan(&env, &[]));
    assert_snapshot!("plan_redacted", plan(&env, &["--redact"]));
}

#[test]
fn a_later_plan_shows_what_is_new() {
    let mut env = env(widget().tag("v1").build());
    env.run(["sync", "--to", "../mirror.git", "-q"]).expect(0);
    env.repo_mut().extend(|history| {
        history
            .commit("say goodbye", |tree| {
                (0..7)
                    .fold(tree, |tree, n| tree.file(format!("src/bye{n}.rs"), ""))
                    .file("src/hello.rs", "// hi\n")
                    .delete("README.md")
            })
            .commit(
                CommitText::raw("bell", b"ring \x1b]0;owned\x07 \xff\n".to_vec())
                    .author("B\x1b[2J <b@example.com> 1700000000 +0000")
                    .header("gpgsig", "signed"),
                |tree| tree.file(b"src/\x1b[31m\xff", ""),
            )
            .commit("bill and key", |tree| tree.file("cloud/bill.rs", "").file("secrets/key", "6"))
            .empty("say nothing")
    });
    assert_snapshot!("plan_later", plan(&env, &[]));
    assert_snapshot!("plan_verbose", plan(&env, &["-v"]));
    let start = env.repo().id("start").to_string();
    let behind = plan(&env, &[&start]);
    assert!(behind.contains("up to date: public holds 1 public commit"), "{behind}");
}

#[test]
fn a_refused_plan_still_shows_itself() {
    let narrow = MANIFEST.replace("\"src\", ", "");
    let repo = widget().commit("narrow", |tree| tree.file("sync.toml", narrow)).build();
    assert_snapshot!("plan_refused", plan(&env(repo), &[]));
}

#[test]
fn a_plan_says_where_seams_are() {
    let history = widget();
    let feature = history.find("write a guide");
    let seam = format!("{MANIFEST}\n[[seam]]\nprivate = \"{feature}\"\n");
    let repo = history.commit("begin here", |tree| tree.file("sync.toml", seam)).build();
    assert_snapshot!("plan_seam", plan(&env(repo), &[]));
}

#[test]
fn a_past_without_a_manifest_is_pointed_out() {
    let repo = History::new()
        .commit("before", |tree| tree.file("src/old.rs", ""))
        .commit("adopt", |tree| tree.file("sync.toml", MANIFEST))
        .build();
    let screen = plan(&env(repo), &[]);
    assert!(screen.contains("commits from before `sync.toml` become public too"), "{screen}");
}

#[test]
fn a_branch_with_foreign_commits_gets_the_ways_on() {
    let mut env = env(widget().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    env.run(["sync", "--to", "../mirror.git", "-q"]).expect(0);
    let git = mirror.git();
    for message in ["one", "two", "three", "four", "five", "six"] {
        let commit = git.run(["commit-tree", "-p", "main", "-m", message, "main^{tree}"]);
        git.run(["update-ref", "refs/heads/main", &commit]);
    }
    env.repo_mut().extend(|history| history.commit("go on", |tree| tree.file("src/on.rs", "")));
    assert_snapshot!("plan_diverged", plan(&env, &[]));
    assert_snapshot!("sync_diverged_redacted", run(&env, "sync", &["--redact", "-q"]));

    // What was printed can be pasted.
    let screen = env.run(["plan", "--to", "../mirror.git"]).expect(4).stdout;
    let seam = screen.split_once("    [[seam]]").expect("it offers a seam").1;
    let seam: String = seam.lines().map(|line| format!("{}\n", line.trim())).collect();
    let manifest = format!("{MANIFEST}\n[[seam]]{seam}");
    env.repo_mut().extend(|history| {
        history.commit("go on from there", |tree| tree.file("sync.toml", manifest))
    });
    let screen = env.run(["plan", "--to", "../mirror.git"]).expect(3);
    assert!(screen.stderr.contains("seam-differs"), "{screen}");
    assert!(screen.stderr.contains("accept = "), "{screen}");
}

fn plan(env: &TestEnv, flags: &[&str]) -> String {
    run(env, "plan", flags)
}

fn run(env: &TestEnv, command: &str, flags: &[&str]) -> String {
    env.run([command, "--to", "../mirror.git"].iter().chain(flags)).to_string()
}
