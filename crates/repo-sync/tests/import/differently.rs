// SPDX-License-Identifier: Apache-2.0
//! Imports that are merged in another way than as they are: published as new commits, and
//! the plan says so before.

use repo_sync_testing::{History, Tree};
use serde_json::Value;

use crate::common::{Case, PULL, text};

const BRANCH: &str = "import/pull-7";

/// Another branch at the same commit: of one that was rebased itself nothing is left.
const COPY: &str = "copy";

#[test]
fn merged_as_they_are_they_need_no_word() {
    check(&[&["merge", "--quiet", "--no-ff", "--no-edit", BRANCH]], 0);
    check(&[&["merge", "--quiet", "--ff-only", BRANCH]], 0);
}

#[test]
fn who_merges_in_another_way_is_told_before() {
    // One commit in the place of both.
    check(&[&["merge", "--quiet", "--squash", BRANCH], &["commit", "--quiet", "-m", "both"]], 1);
    // Each again, on something else.
    check(&[PRIVATE, &["cherry-pick", "main..import/pull-7"]], 2);
    check(&[PUBLIC, &["rebase", "--quiet", "main", COPY], &["branch", "-f", "main", COPY]], 2);
    // The last with other words, on the branch itself.
    check(
        &[&["merge", "--quiet", "--ff-only", BRANCH], &["commit", "--quiet", "--amend", "-m", "x"]],
        1,
    );
}

/// A commit of which nothing is public.
const PRIVATE: &[&str] = &["commit", "--quiet", "--allow-empty", "-m", "private"];

/// One that changes what the mirror shows.
const PUBLIC: &[&str] =
    &["-c", "alias.add-one=!echo one >> src/b && git commit -qam one", "add-one"];

/// Imports two commits, brings them into `main` by these commands, and counts what the plan
/// says of that.
#[track_caller]
fn check(merged: &[&[&str]], notices: usize) {
    let start = |tree: Tree| {
        let manifest = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
        tree.file("sync.toml", manifest).file("src/a", "a\n").file("src/b", "b\n")
    };
    let case = Case::new(History::new().commit("begin", start));
    case.pull(|history| {
        let history = history.commit(text("first"), |tree| tree.file("src/a", "first\n"));
        history.commit(text("second"), |tree| tree.file("src/a", "second\n"))
    });
    case.import(&[PULL], 0);
    case.git(["branch", COPY, BRANCH]);
    for command in merged {
        case.repo().git(command.iter().copied());
    }
    case.repo().git(["checkout", "--quiet", "main"]);
    let plan = case.json(&["plan"], 0);
    let warnings = plan["warnings"].as_array().expect("a list").iter();
    let said: Vec<&Value> = warnings.filter(|it| it["check"] == "original-unused").collect();
    assert_eq!(said.len(), notices, "{merged:?}: {plan}");
    case.sync(0);
    case.run(&["verify"], 0);
    let shown = case.mirror.git().run(["show", "main:src/a"]);
    assert_eq!(shown, "second", "{merged:?}");
}
