// SPDX-License-Identifier: Apache-2.0
//! `--onto`: where commits can go instead, and what becomes of a conflict.

use std::fs;

use insta::assert_snapshot;

use super::{case, file, three};
use crate::common::{Case, PULL, text, word};

/// `--onto` where nothing public happened in between: the ids are kept all the same.
#[test]
fn onto_a_branch_that_went_on_in_private() {
    let case = case();
    case.commit("cloud/more.rs", "// more\n", "hidden");
    let tip = case.pull(three).to_string();
    let report = case.import(&[PULL, "--onto", "main"], 0);
    assert!(
        report["commits"].as_array().is_some_and(|all| all.iter().all(|it| it["keeps_id"] == true))
    );
    case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
    case.goes_on();
    assert_eq!(case.mirror.refs()["refs/heads/main"], tip);
    assert_eq!(case.says("main", "cloud/more.rs"), "// more");
}

/// `--onto` where something public happened: new commits, and the screen says so.
#[test]
fn onto_a_branch_that_went_on_in_public() {
    let case = case();
    case.commit("src/ours.rs", "// ours\n", "ours");
    case.sync(0);
    case.pull(three);
    let screen = case.run(&["import", PULL, "--onto", "main"], 0);
    assert_snapshot!(screen, @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head --onto main
    public: imported 3 commits of $ROOT/private/../mirror.git as branch `import/pull-7`
      cdf2e0d898 -> 4633a715da  one  (gets a new public id)
      4211f24e0e -> d6065deead  two  (gets a new public id)
      7e4f020804 -> 77e2177fbf  three  (gets a new public id)

      they will be published as new commits:
        git merge import/pull-7
    [exit status: 0]
    ");
    case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
    case.goes_on();
    assert_eq!(case.log(), "three, two, one, ours, say hello, start");
    let authors = case.mirror.git().run(["log", "--format=%an %ad", "--date=raw", "-1", "main"]);
    assert_eq!(authors, "Pat Outside 1690000000 +0200");
    let commit = case.git(["cat-file", "commit", "main"]);
    assert!(!commit.contains("repo-sync-original"), "{commit}");
}

/// A merge has no place to be put on.
#[test]
fn onto_takes_no_merge() {
    let case = case();
    case.pull(|history| {
        history
            .on("side")
            .commit("side", file("src/side.rs", ""))
            .on("pull")
            .commit("here", file("src/here.rs", ""))
            .merge("join", ["side"], |tree| tree)
            .delete_branch("side")
    });
    case.usage(&[PULL, "--onto", "main"], "is a merge");
}

/// A pull request of which two commits meet what we did.
pub(super) fn conflicting(case: &Case) -> String {
    case.commit("src/lib.rs", "// one\n// zwei\n// three\n", "in German");
    let tip = case.pull(|history| {
        history
            .commit(text("before"), file("src/before.rs", ""))
            .commit(text("in digits"), file("src/lib.rs", "// one\n// 2\n// three\n"))
            .commit(text("between"), file("src/between.rs", ""))
            .commit(text("in Latin"), file("src/lib.rs", "// one\n// duo\n// three\n"))
            .commit(text("after"), file("src/after.rs", ""))
    });
    tip.to_string()
}

#[test]
fn a_conflict_is_resolved_and_then_another() {
    let case = case();
    conflicting(&case);
    let screen = case.run(&["import", PULL, "--onto", "main"], 1);
    assert_snapshot!(screen, @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head --onto main
    public: imported 1 commit of $ROOT/private/../mirror.git as branch `import/pull-7`
      963567304b -> f824f0aba7  before  (gets a new public id)

    conflict  public commit 34236c83a2 does not apply:
      src/lib.rs
    3 commits after it

      resolve it on the branch, and go on:
        git switch import/pull-7 && git cherry-pick 718e261749a8604a5ebd63b897dd0fa172f8107d
        repo-sync import --continue
      or give it up:
        repo-sync import --abort
    [exit status: 1]
    ");
    assert!(case.waits());
    assert_eq!(case.git(["log", "--format=%s", "main..import/pull-7"]), "before");
    case.usage(&["--continue"], "has not moved since the conflict");
    case.usage(&[PULL, "--branch", "other"], "waits for its conflict to be resolved");

    resolve(&case, &screen.stdout, "// one\n// 2 (zwei)\n// three\n");
    let screen = case.run(&["import", "--continue"], 1);
    assert_snapshot!(screen, @"
    $ repo-sync import --to ../mirror.git --continue
    public: imported 2 commits as branch `import/pull-7`
      34236c83a2 -> 206e89f585  in digits  (gets a new public id)
      dca595497c -> 8261db0392  between  (gets a new public id)

    conflict  public commit 4eae4c874f does not apply:
      src/lib.rs
    1 commit after it

      resolve it on the branch, and go on:
        git switch import/pull-7 && git cherry-pick 6e8be63b0953564fab6901ea639e348f31f825da
        repo-sync import --continue
      or give it up:
        repo-sync import --abort
    [exit status: 1]
    ");
    case.usage(&["--continue"], "has not moved since the conflict");

    resolve(&case, &screen.stdout, "// one\n// duo (zwei)\n// three\n");
    let report = case.import(&["--continue"], 0);
    assert_eq!(word(&report, "outcome"), "synced");
    assert!(!case.waits());
    assert_eq!(case.git(["for-each-ref", "refs/repo-sync"]), "");
    let subjects = "after, in Latin, between, in digits, before";
    let made = case.git(["log", "--format=%s", "main..import/pull-7"]);
    assert_eq!(made.replace('\n', ", "), subjects);
    let authors = case.git(["log", "--format=%an", "main..import/pull-7"]);
    assert!(authors.lines().all(|author| author == "Pat Outside"), "{authors}");
    // The work tree went along.
    assert_eq!(case.git(["status", "--porcelain"]), "");

    case.git(["switch", "--quiet", "main"]);
    case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
    case.goes_on();
    assert_eq!(case.log(), format!("{subjects}, in German, say hello, start"));
}

/// Does what the screen says to do.
#[track_caller]
fn resolve(case: &Case, screen: &str, text: &str) {
    let line = screen.lines().find(|line| line.contains("git cherry-pick"));
    let line = line.unwrap_or_else(|| panic!("no line to resolve with in\n{screen}")).trim();
    let (switch, pick) = line.split_once(" && ").expect("two commands");
    let git = case.repo().git_here();
    git.run(switch.split(' ').skip(1));
    assert!(!git.try_run(pick.split(' ').skip(1)).status.success(), "there is no conflict");
    let file = case.repo().path().join("src/lib.rs");
    fs::write(file, text).expect("the scratch place is writable");
    git.run(["add", "--all"]);
    git.run(["-c", "core.editor=true", "cherry-pick", "--continue"]);
}

#[test]
fn a_conflict_is_given_up() {
    let case = case();
    conflicting(&case);
    let before = (case.git(["show-ref"]), case.git(["status", "--porcelain"]));
    case.run(&["import", PULL, "--onto", "main"], 1);
    case.git(["switch", "--quiet", "import/pull-7"]);
    case.usage(&["--abort"], "`import/pull-7` is checked out");
    case.git(["switch", "--quiet", "main"]);
    assert_snapshot!(case.run(&["import", "--abort"], 0), @"
    $ repo-sync import --to ../mirror.git --abort
    Gave up the import into `import/pull-7`; the branch is gone.
    [exit status: 0]
    ");
    assert_eq!((case.git(["show-ref"]), case.git(["status", "--porcelain"])), before);
    assert!(!case.waits());
    case.usage(&["--abort"], "no import waits");
    // Without `--onto` there is no conflict: merging is git's business.
    assert_eq!(word(&case.import(&[PULL], 0), "outcome"), "synced");
}

/// A resolution goes on from where it was left, and from nowhere else.
#[test]
fn a_branch_that_went_elsewhere_is_left_alone() {
    let case = case();
    conflicting(&case);
    case.run(&["import", PULL, "--onto", "main"], 1);
    case.git(["branch", "--quiet", "--force", "import/pull-7", "main"]);
    case.usage(&["--continue"], "does not stand on the imported commits any more");
    case.git(["branch", "--quiet", "-D", "import/pull-7"]);
    case.usage(&["--continue"], "does not stand on the imported commits any more");
    case.run(&["import", "--abort"], 0);
    assert!(!case.waits());
}

/// A dry run of what would conflict says so, and leaves nothing behind.
#[test]
fn a_conflict_can_be_seen_before() {
    let case = case();
    conflicting(&case);
    let before = case.state();
    let report = case.import(&[PULL, "--onto", "main", "--dry-run"], 0);
    assert_eq!(word(&report, "outcome"), "planned");
    assert_eq!(report["conflict"]["paths"], serde_json::json!(["src/lib.rs"]));
    assert_eq!(report["conflict"]["rest"], 3);
    assert!(case.state() == before);
}
