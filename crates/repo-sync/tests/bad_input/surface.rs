// SPDX-License-Identifier: Apache-2.0
//! A policy that widens past its reviewed `sync.lock`.

use repo_sync_testing::History;

use crate::common::{Case, MANIFEST, has, start};

/// The text of the lock that this work tree should have.
fn lock_of(case: &Case, manifest: &str) -> String {
    let root = case.repo().path();
    std::fs::write(root.join("sync.toml"), manifest).expect("the work tree is ours");
    case.run(&["plan", "--write-lock"]).expect(0);
    let lock = std::fs::read_to_string(root.join("sync.lock")).expect("it was written");
    std::fs::remove_file(root.join("sync.lock")).expect("it is there");
    lock
}

/// A mirror whose newest commit has a lock.
fn locked() -> Case {
    let case = Case::new(start(MANIFEST));
    let lock = lock_of(&case, MANIFEST);
    let with_lock = |history: History| {
        history
            .commit("lock", |tree| tree.file("sync.lock", lock).file("src/lib.rs", "// locked\n"))
    };
    let mut case = Case::new(start(MANIFEST));
    case.extend(with_lock);
    case.ok(&["sync", "--to", "$MIRROR"]);
    case
}

/// Checks out a branch or a commit, whatever was there.
fn switch(case: &Case, to: &[&str]) {
    case.repo().git([&["switch", "--quiet", "--discard-changes"], to].concat());
}

/// Refused with these words as it is, and published once the lock says so.
#[track_caller]
fn check(manifest: &str, words: &[&str], edit: impl Fn(History) -> History) {
    let mut case = locked();
    case.extend(|history| {
        edit(history).commit("widen", |tree| {
            tree.file("sync.toml", manifest).file("src/lib.rs", "// wider\n")
        })
    });
    case.refused("policy-widened", words);
    let lock = lock_of(&case, manifest);
    case.extend(|history| history.commit("review", |tree| tree.file("sync.lock", lock)));
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

#[test]
fn a_policy_that_widens() {
    let with = |from: &str, to: &str| MANIFEST.replace(from, to);
    let same = |history| history;
    let docs = with("\"src\"", "\"src\", \"docs\"");
    check(&docs, &["new: include `docs`", "--write-lock"], same);
    check(&docs, &["`docs/`"], |history| {
        history.commit("docs", |tree| tree.file("docs/a.md", "a\n"))
    });
    let guard = with("[mirror", "[guard]\nsecret = \"warn\"\n[mirror");
    check(&guard, &["new: guard `secret`"], same);
    let branches = format!("{MANIFEST}branches = [\"main\", \"release/*\"]\n");
    check(&branches, &["new: branches `release/*`"], same);
}

#[test]
fn an_entry_that_the_lock_does_not_list() {
    check(MANIFEST, &["would show `src/deep/`"], |history| {
        history.commit("deep", |tree| tree.file("src/deep/a.rs", "a\n"))
    });
}

/// A branch that widens is told of it before it is merged, by the lock of its base.
#[test]
fn a_range_that_widens() {
    let docs = MANIFEST.replace("\"src\"", "\"src\", \"docs\"");
    let range = ["check", "--range", "main..topic"];
    let mut case = locked();
    case.extend(|history| {
        history.on("topic").commit("widen", |tree| {
            tree.file("sync.toml", &docs).file("src/deep/a.rs", "a\n").file("src/lib.rs", "//\n")
        })
    });
    let words = ["policy-widened", "new: include `docs`", "would show `src/deep/`"];
    let report = case.bad(&range, 3, &words);
    assert!(has(&report["refusals"], "policy-widened"), "{report}");
    // Whoever may widen it writes the lock, too.
    switch(&case, &["topic"]);
    let lock = lock_of(&case, &docs);
    case.extend(|history| {
        history.on("topic").commit("review", |tree| tree.file("sync.lock", lock))
    });
    let report = case.ok(&range);
    assert!(!has(&report["refusals"], "policy-widened"), "{report}");
    // What is the base's own affair is not told again.
    case.extend(|history| {
        history.branch("topic", "main").commit("small", |tree| tree.file("src/lib.rs", "// s\n"))
    });
    assert_eq!(case.ok(&range)["outcome"], "planned");
}

/// The lock is that of what is checked out, on whatever branch.
#[test]
fn the_lock_of_a_branch() {
    let mut case = locked();
    let deep = |history: History| {
        history
            .on("topic")
            .commit("deep", |tree| tree.file("src/deep/a.rs", "a\n").delete("README.md"))
    };
    case.extend(deep);
    let check = |to: &[&str], expected: &[&str]| {
        switch(&case, to);
        let lock = lock_of(&case, MANIFEST);
        let entries = lock.lines().filter_map(|line| line.trim().strip_prefix('"'));
        let entries: Vec<_> = entries.filter_map(|line| line.strip_suffix("\",")).collect();
        assert_eq!(entries, expected, "{to:?}\n{lock}");
    };
    check(&["topic"], &["src/", "src/deep/"]);
    check(&["--detach", "topic"], &["src/", "src/deep/"]);
    check(&["main"], &["README.md", "src/"]);
    check(&["--detach", "main~1"], &["README.md", "src/"]);
    // A revision that is named comes first.
    switch(&case, &["main"]);
    let screen = case.run(&["plan", "--write-lock", "--policy-rev", "topic"]).expect(0);
    let lock = std::fs::read_to_string(case.repo().path().join("sync.lock"));
    assert!(lock.expect("it was written").contains("src/deep/"), "\n{screen}");
}

#[test]
fn a_lock_that_is_gone_or_broken() {
    let mut case = locked();
    case.extend(|history| history.commit("gone", |tree| tree.delete("sync.lock")));
    case.refused("policy-widened", &["no longer speaks of this mirror"]);
    case.extend(|history| history.commit("broken", |tree| tree.file("sync.lock", "version = ")));
    case.refused("policy-widened", &["cannot be read"]);
}

#[test]
fn a_policy_that_narrows_is_welcome() {
    let mut case = locked();
    let strict = MANIFEST.replace("[mirror", "exclude = [\"src/secret.rs\"]\n[mirror");
    case.extend(|history| {
        history.commit("narrow", |tree| {
            tree.file("sync.toml", strict).file("src/lib.rs", "// less\n").file("src/b.rs", "b\n")
        })
    });
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

/// Without a lock the check is off, and a plan advises to write one.
#[test]
fn advice_where_there_is_no_lock() {
    let case = Case::new(start(MANIFEST));
    let screen = case.run(&["plan", "--to", "$MIRROR"]).expect(0);
    assert!(screen.stderr.contains("plan --write-lock"), "\n{screen}");
    let screen = locked().run(&["plan", "--to", "$MIRROR"]).expect(0);
    assert!(!screen.stderr.contains("plan --write-lock"), "\n{screen}");
}
