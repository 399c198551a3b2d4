// SPDX-License-Identifier: Apache-2.0
//! What comes after the first sync, with the cache of the first run and without
//! any: the mirror ends up as if everything had been published at once.

use repo_sync_testing::{BareMirror, CommitText, History, Tree};

use crate::common::{env, fresh_clone, sync};

const MANIFEST: &str = r#"version = 1
include = ["src"]
[mirror.public]
url = "https://example.com/acme/widget.git"
branches = ["main", "release/*"]
tags = ["v*"]
"#;

#[test]
fn commits_on_the_tip() {
    check(|history| history.commit("four", file("four")));
    check(|history| history.commit("hide", |tree| tree.file("cloud/bill.rs", "")));
}

#[test]
fn branches_on_commits_that_are_public_already() {
    check(|history| history.branch("release/1", "three"));
    check(|history| history.branch("release/1", "one"));
    check(|history| history.branch("release/1", "hidden"));
    check(|history| history.branch("release/1", "one").on("main").commit("four", file("four")));
}

#[test]
fn branches_that_fork_from_the_past() {
    check(|history| history.branch("release/1", "one").commit("fix", file("fix")));
    check(|history| history.branch("release/1", "hidden").commit("fix", file("fix")));
    check(|history| {
        history.branch("topic", "one").commit("fix", file("fix")).on("main").merge(
            "join",
            ["topic"],
            |tree| tree,
        )
    });
}

#[test]
fn tags_on_commits_that_are_public_already() {
    check(|history| history.tag_at("v1", "three"));
    check(|history| history.tag_at("v1", "one"));
    check(|history| history.annotate("v1", "three", "one"));
    check(|history| history.annotate("v1", "one", "one").commit("four", file("four")));
}

/// A tag may be all that shows a commit: a withheld merge keeps its first parent alone.
#[test]
fn tags_beside_the_branches() {
    check_from(beside(), |history| history.commit("four", file("four")));
    check_from(beside(), |history| history.merge("join again", ["side"], file("joined")));
}

fn beside() -> History {
    let history = start()
        .on("side")
        .commit("aside", file("aside"))
        .annotate("v1", "side", "one")
        .on("main")
        .commit("here", file("here"))
        .merge("join", ["side"], |tree| tree);
    let merge = history.find("join");
    let withhold = format!("[[withhold]]\ncommits = \"{merge}\"\nreason = \"not yet\"\n");
    history.commit("withhold", |tree| tree.file("sync.toml", format!("{MANIFEST}{withhold}")))
}

/// Git walks by commit dates, and where they run backwards it takes public commits
/// for new ones and asks for their files.
#[test]
fn dates_that_run_backwards() {
    let fork = |history: History| {
        history
            .branch("release/1", "two")
            .commit("fix", file("fix"))
            .commit(dated("late fix", LATE), file("late-fix"))
    };
    check_from(skewed(), fork);
    check_from(skewed(), |history| fork(history).commit("five", file("five")));
    check_from(skewed(), |history| history.branch("release/1", "hidden").commit("f", file("f")));
}

/// Syncs, adds `more`, syncs again in three ways, and compares with one sync.
#[track_caller]
fn check(more: impl Fn(History) -> History) {
    check_from(start(), more);
}

/// The same with a history of its own to start from.
#[track_caller]
fn check_from(start: History, more: impl Fn(History) -> History) {
    let mut env = env(start.build());
    let mirrors = ["warm.git", "cold.git", "clone.git"];
    let mirrors = mirrors.map(|name| BareMirror::new(env.repo().scratch(), name).strict());
    for mirror in &mirrors {
        sync(&env, mirror, None);
    }
    env.repo_mut().extend(more);
    sync(&env, &mirrors[0], None);
    std::fs::remove_dir_all(env.repo().path().join(".git/repo-sync")).ok();
    sync(&env, &mirrors[1], None);
    sync(&fresh_clone(&env, "clone"), &mirrors[2], None);

    let at_once = BareMirror::new(env.repo().scratch(), "at-once.git");
    sync(&env, &at_once, None);
    for (mirror, how) in mirrors.iter().zip(["with a cache", "without", "from a clone"]) {
        assert_eq!(mirror.refs(), at_once.refs(), "{how}");
        mirror.git().run(["fsck", "--full", "--strict"]);
    }
}

fn start() -> History {
    History::new()
        .commit("one", |tree| file("one")(tree.file("sync.toml", MANIFEST)))
        .commit("hidden", |tree| tree.file("cloud/bill.rs", "// twice\n"))
        .commit("two", file("two"))
        .commit("three", file("three"))
}

/// A second after the epoch, and some years from now.
const EARLY: u64 = 1;
const LATE: u64 = 1_900_000_000;

/// Late commits, and on them many early ones.
fn skewed() -> History {
    let first = start().commit(dated("late", LATE), file("late"));
    let early = |history: History, n: u64| {
        let name = format!("early {n}");
        let path = format!("src/early-{n}.rs");
        history.commit(dated(&name, EARLY + n), move |tree| tree.file(path, n.to_string()))
    };
    (0..12).fold(first, early)
}

fn dated(message: &str, seconds: u64) -> CommitText {
    let who = format!("A U Thor <author@example.com> {seconds} +0000");
    CommitText::from(message).author(who.clone()).committer(who)
}

fn file(name: &'static str) -> impl Fn(Tree) -> Tree {
    move |tree| tree.file(format!("src/{name}.rs"), name)
}
