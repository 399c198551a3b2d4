// SPDX-License-Identifier: Apache-2.0
//! Notices that are posted: `REPO_SYNC_NOTICES` with an address.

use std::fs;

use repo_sync_testing::server::Inbox;
use repo_sync_testing::{Screen, TestEnv, Tree};
use serde_json::Value;

use crate::common::{env, widget};

/// Where it goes, with a secret, and with signs that some take for patterns.
const PATH: &str = "/hook/{a,b}[1-2]?token=hunter2";

fn at(env: TestEnv, address: impl AsRef<str>) -> TestEnv {
    env.var("REPO_SYNC_NOTICES", address.as_ref())
}

/// A commit that no sync publishes.
fn leak(env: &mut TestEnv) {
    env.repo_mut().extend(|history| {
        history.commit("leak", |tree: Tree| tree.file("src/new.rs", "// cloud/bill.rs\n"))
    });
}

fn mend(env: &TestEnv) {
    env.repo().git(["reset", "--quiet", "--soft", "main~1"]);
}

fn sync(env: &TestEnv) -> Screen {
    env.run(["sync", "--to", "../mirror.git", "--format", "json"])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// What is said of somebody who could not be told.
fn unheard(screen: &Screen) -> Vec<String> {
    let report = json(&screen.stdout);
    let warnings = report["warnings"].as_array().expect("a list").iter();
    let unheard = warnings.filter(|warning| warning["check"] == "listener-failed");
    unheard.map(|warning| warning["hint"].as_str().expect("it is text").to_owned()).collect()
}

/// The states that were posted.
fn told(inbox: &Inbox) -> Vec<String> {
    let state = |body: &str| {
        let notice = json(body);
        assert_eq!((&notice["tenant"], &notice["mirror"]), (&"default".into(), &"public".into()));
        notice["now"].as_str().expect("it is text").to_owned()
    };
    inbox.posts().iter().map(|post| state(&post.body)).collect()
}

#[test]
fn a_notice_is_posted_when_the_state_changes_and_not_again() {
    let inbox = Inbox::start("204 No Content");
    let mut env = at(env(widget().build()), inbox.url(PATH));
    // What the user has said to curl is for other purposes.
    let curlrc = "header = \"X-Mine: 1\"\nproxy = \"http://127.0.0.1:1\"\n";
    fs::write(env.join("home/.curlrc"), curlrc).expect("the scratch place is writable");
    sync(&env).expect(0);
    assert_eq!(told(&inbox), [""; 0], "all is well, as before");
    leak(&mut env);
    sync(&env).expect(3);
    assert_eq!(told(&inbox), ["refused"]);
    sync(&env).expect(3);
    assert_eq!(told(&inbox), ["refused"], "it is as it was");
    mend(&env);
    let screen = sync(&env).expect(0);
    assert_eq!(told(&inbox), ["refused", "in-order"]);
    assert_eq!(unheard(&screen), [""; 0]);
    sync(&env).expect(0);
    assert_eq!(inbox.posts().len(), 2);
    for post in inbox.posts() {
        assert_eq!(post.request, format!("POST {PATH} HTTP/1.1"));
        assert_eq!(post.headers["content-type"], "application/json");
        assert!(!post.headers.contains_key("x-mine"), "{post:?}");
    }
}

#[test]
fn who_fills_the_point_is_named_and_where_it_goes_is_not() {
    let env = at(env(widget().build()), "https://hooks.acme.example/hunter2");
    let screen = env.run(["edition"]).expect(0);
    assert!(screen.stdout.ends_with("  notices       1.0  webhook\n"), "{screen}");
    assert!(!screen.to_string().contains("hunter2"), "{screen}");
}

/// A run that publishes publishes, and the next one tries again.
#[test]
fn a_post_that_fails_is_a_warning() {
    let moved = Inbox::start("307 Temporary Redirect\r\nLocation: /elsewhere");
    let broken = Inbox::start("500 Internal Server Error");
    check(|env| at(env, moved.url(PATH)), "the answer was 307");
    check(|env| at(env, broken.url(PATH)), "the answer was 500");
    check(|env| at(env, "http://"), "the address is malformed (`curl` ended with 3)");
    // Where there is git and no curl.
    let bare = |env: TestEnv| {
        let git_only = env.repo().git(["--exec-path"]);
        at(env, broken.url(PATH)).var("PATH", git_only)
    };
    check(bare, "failed to run `curl`: is it installed and on PATH?");
    for inbox in [moved, broken] {
        assert_eq!(told(&inbox), ["in-order", "in-order"]);
        assert!(inbox.posts().iter().all(|post| post.request.contains(PATH)), "it went elsewhere");
    }

    #[track_caller]
    fn check(listening: impl Fn(TestEnv) -> TestEnv, expected: &str) {
        let plain = env(widget().build());
        let file = plain.join("notices");
        let mut noted = plain.var("REPO_SYNC_NOTICES", file);
        leak(&mut noted);
        sync(&noted).expect(3);
        mend(&noted);
        let env = listening(noted);
        let expected = format!("failed to post a notice: {expected}");
        for outcome in ["synced", "up-to-date"] {
            let screen = sync(&env).expect(0);
            assert_eq!(json(&screen.stdout)["outcome"], outcome, "{screen}");
            assert_eq!(unheard(&screen), [&*expected]);
            assert!(!screen.to_string().contains("hunter2"), "{screen}");
        }
    }
}

#[test]
fn a_proxy_stands_before_it_as_before_git() {
    let proxy = Inbox::start("200 OK");
    let env = at(env(widget().build()), "http://hooks.acme.example/sync");
    let mut env = env.var("http_proxy", proxy.url(""));
    leak(&mut env);
    sync(&env).expect(3);
    let posts = proxy.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].request, "POST http://hooks.acme.example/sync HTTP/1.1");
}
