// SPDX-License-Identifier: Apache-2.0
//! Publishing to real servers, as they are and as they refuse.
//!
//! The private repository is the same each time; what differs is how the mirror is
//! reached and what it takes.

use std::path::Path;

use repo_sync_testing::server::{HttpGit, Sshd};
use repo_sync_testing::{BareMirror, History, Repo, TestEnv};

use crate::common::{env, fresh_clone};

const MANIFEST: &str = r#"version = 1
include = ["src"]
[mirror.public]
url = "https://example.com/acme/widget.git"
tags = ["v*"]
"#;

#[test]
fn ssh_publishes_with_the_deploy_key() {
    let (env, mirror) = env_and_mirror();
    let sshd = Sshd::start(env.repo().scratch());
    let url = sshd.url(mirror.path());
    let env = env.var("GIT_SSH_COMMAND", sshd.command());
    check_first_sync(&env, &mirror, &url);
    check_next_sync_from_a_fresh_clone(env, &mirror, &url);
}

#[test]
fn ssh_publishes_nothing_to_a_host_that_is_not_the_pinned_one() {
    let (env, mirror) = env_and_mirror();
    let sshd = Sshd::start(env.repo().scratch());
    let url = sshd.url(mirror.path());
    let wrong_host = env.clone().var("GIT_SSH_COMMAND", sshd.command_with_wrong_host_key());
    check_failure(&wrong_host, &mirror, &url, "Host key verification failed");
    let wrong_key = env.var("GIT_SSH_COMMAND", sshd.command_with_wrong_key());
    check_failure(&wrong_key, &mirror, &url, "Permission denied");
}

#[test]
fn http_publishes_with_the_password_of_the_credential_helper() {
    let (env, mirror) = env_and_mirror();
    let server = HttpGit::start(env.repo().scratch());
    let url = server.url(mirror.path());
    check_failure(&env, &mirror, &url, "could not read Username");
    server.give_wrong_credentials();
    check_failure(&env, &mirror, &url, "Authentication failed");
    server.give_credentials();
    check_first_sync(&env, &mirror, &url);
    check_next_sync_from_a_fresh_clone(env, &mirror, &url);
}

#[test]
fn a_hook_that_rejects_is_heard_and_nothing_is_published() {
    let (env, mirror) = env_and_mirror();
    let mirror = mirror.rejecting("the mirror is closed for the night");
    let url = mirror.path().to_string_lossy().into_owned();
    check_failure(&env, &mirror, &url, "the mirror is closed for the night");
    mirror.accept();
    check_first_sync(&env, &mirror, &url);
}

/// A sync of everything, after which there is nothing more to do.
#[track_caller]
fn check_first_sync(env: &TestEnv, mirror: &BareMirror, url: &str) {
    env.run(["sync", "--to", url]).expect(0);
    let refs = mirror.refs();
    let names: Vec<_> = refs.keys().map(String::as_str).collect();
    assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
    assert_eq!(log(mirror), "say hello\nstart\n");
    mirror.git().run(["fsck", "--full", "--strict"]);

    let again = env.run(["sync", "--to", url, "--format", "json"]).expect(0);
    assert!(again.stdout.contains("\"up-to-date\""), "\n{again}");
    assert_eq!(mirror.refs(), refs);
}

/// One more commit, published from a clone that has no cache.
#[track_caller]
fn check_next_sync_from_a_fresh_clone(mut env: TestEnv, mirror: &BareMirror, url: &str) {
    let before = mirror.refs();
    env.repo_mut().extend(|history| {
        history
            .commit("say goodbye", |tree| tree.file("src/lib.rs", "// goodbye\n"))
            .commit("hide", |tree| tree.file("cloud/bill.rs", "// thrice\n"))
    });
    fresh_clone(&env, "clone").run(["sync", "--to", url]).expect(0);
    assert_eq!(log(mirror), "say goodbye\nsay hello\nstart\n");
    let parent = mirror.git().run(["rev-parse", "main~1"]);
    assert_eq!(parent, before["refs/heads/main"], "a published id never changes");
    assert_eq!(mirror.refs()["refs/tags/v1"], before["refs/tags/v1"]);
}

/// A sync that the other side does not let happen: exit status 1, the reason in
/// its own words, the mirror as it was.
#[track_caller]
fn check_failure(env: &TestEnv, mirror: &BareMirror, url: &str, reason: &str) {
    let screen = env.run(["sync", "--to", url]).expect(1);
    assert!(screen.stderr.contains(reason), "{reason} is not on the screen:\n{screen}");
    assert!(mirror.refs().is_empty());
    assert!(is_empty(&mirror.path().join("objects/pack")), "the mirror holds objects");
}

fn is_empty(dir: &Path) -> bool {
    dir.read_dir().expect("a bare repository has this directory").next().is_none()
}

fn log(mirror: &BareMirror) -> String {
    mirror.git().run(["log", "--format=%s", "main"]) + "\n"
}

fn env_and_mirror() -> (TestEnv, BareMirror) {
    let env = env(private());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git").strict();
    (env, mirror)
}

fn private() -> Repo {
    History::new()
        .commit("start", |tree| tree.file("sync.toml", MANIFEST).file("src/lib.rs", ""))
        .commit("bill twice", |tree| tree.file("cloud/bill.rs", "// twice\n"))
        .commit("say hello", |tree| tree.file("src/lib.rs", "// hello\n"))
        .annotate("v1", "main", "one")
        .build()
}
