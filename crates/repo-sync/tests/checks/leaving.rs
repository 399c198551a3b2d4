// SPDX-License-Identifier: Apache-2.0
//! `now-private`: what leaves the public tree because it is private now.

use repo_sync_testing::{History, TestEnv, Tree};
use serde_json::Value;

use crate::common::{MANIFEST, report, start};

/// Words enough that two files do not hold them by chance.
fn words(of: &str) -> String {
    format!("how {of} works\nwhom {of} serves, and when\nwhat {of} costs, less the rebate\n")
}

/// What the mirror shows, and some private files beside it.
fn published() -> History {
    let history = start(MANIFEST).commit("more", |tree| {
        tree.file("src/export/csv.rs", words("csv"))
            .file("src/export/deep/table.rs", words("a table"))
            .file("src/plan.md", words("the plan"))
            .file("src/short.md", "short\n")
            .file("src/twin.md", words("a twin"))
    });
    history
        .commit("twin", |tree| tree.file("ops/twin.md", words("a twin")))
        .commit("newest", |tree| tree.file("src/newest.md", ""))
}

/// The notices of a report: the path, and by which rule or to where.
#[track_caller]
fn notices(report: &Value) -> Vec<String> {
    let warnings = report["warnings"].as_array().expect("a list").iter();
    let notices = warnings.filter(|warning| warning["check"] == "now-private");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = |notice: &Value| {
        let (path, rule, hint) = (&notice["path"], text(&notice["rule"]), text(&notice["hint"]));
        assert!(hint.ends_with("leaves the public tree; its past stays public"), "{hint}");
        let how = match hint.split('`').nth(1) {
            Some(to) => format!("to {to}"),
            None if rule.is_empty() => "by silence".to_owned(),
            None => format!("by {}", rule.split('`').nth(1).unwrap_or(&rule)),
        };
        format!("{} {how}", text(path))
    };
    notices.map(shown).collect()
}

/// What a plan and the check of a range tell when the published history goes on so.
#[track_caller]
fn check(more: impl FnOnce(History) -> History, expected: &[&str]) {
    let mut env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), published().build());
    let to = ["--to", "../mirror.git", "--format", "json"];
    env.run(["sync"].iter().chain(&to)).expect(0);
    let range = format!("{}..main", env.repo().git(["rev-parse", "main"]));
    env.repo_mut().extend(more);
    let plan = report(&env.run(["plan"].iter().chain(&to)));
    assert_eq!(notices(&plan), expected, "{plan:#}");
    let range = report(&env.run(["check", "--range", &range, "--format", "json"]));
    assert_eq!(notices(&range), expected, "{range:#}");
}

/// The same for one more commit.
#[track_caller]
fn check_commit(edit: impl FnOnce(Tree) -> Tree, expected: &[&str]) {
    check(|history| history.commit("edit", edit), expected);
}

#[test]
fn files_that_go_to_private_paths() {
    check_commit(|tree| tree.rename("src/plan.md", "ops/plan.md"), &["src/plan.md to ops/plan.md"]);
    check_commit(|tree| tree.rename("src/plan.md", "cloud/a/b"), &["src/plan.md to cloud/a/b"]);
    check_commit(
        |tree| tree.rename("src/plan.md", "ops/a.md").rename("src/twin.md", "ops/b.md"),
        &["src/plan.md to ops/a.md", "src/twin.md to ops/b.md"],
    );
    // Of a directory nothing stays: it is told of, and not all that was in it.
    check_commit(|tree| tree.rename("src/export", "cloud/export"), &["src/export to cloud/export"]);
    check_commit(
        |tree| tree.rename("src/export", "cloud/export").delete("cloud/export/csv.rs"),
        &["src/export to cloud/export"],
    );
    check_commit(
        |tree| tree.rename("src/export/csv.rs", "cloud/csv.rs").delete("src/export"),
        &["src/export to cloud/csv.rs"],
    );
    check_commit(
        |tree| tree.rename("src/export/deep", "cloud/export"),
        &["src/export/deep to cloud/export"],
    );
}

#[test]
fn files_that_go_in_one_of_several_commits() {
    check(
        |history| {
            history
                .commit("before", |tree| tree.file("src/a.rs", "").file("ops/a.md", ""))
                .commit("move", |tree| tree.rename("src/plan.md", "ops/plan.md"))
                .commit("edit", |tree| tree.file("ops/plan.md", words("another plan")))
        },
        &["src/plan.md to ops/plan.md"],
    );
    check(
        |history| {
            history
                .on("side")
                .commit("move", |tree| tree.rename("src/export", "cloud/export"))
                .on("main")
                .commit("here", |tree| tree.file("src/a.rs", ""))
                .merge("merge", ["side"], |tree| tree)
        },
        &["src/export to cloud/export"],
    );
    // First a copy, then what it is a copy of goes.
    check(
        |history| {
            history
                .commit("copy", |tree| tree.file("cloud/plan.md", words("the plan")))
                .commit("delete", |tree| tree.delete("src/plan.md"))
        },
        &["src/plan.md to cloud/plan.md"],
    );
    // Back again: the mirror goes on to show it.
    check(
        |history| {
            history
                .commit("there", |tree| tree.rename("src/plan.md", "ops/plan.md"))
                .commit("back", |tree| tree.rename("ops/plan.md", "src/plan.md"))
        },
        &[],
    );
}

#[test]
fn files_that_are_deleted() {
    check_commit(|tree| tree.delete("src/plan.md").delete("src/export"), &[]);
    // They go somewhere else in public.
    check_commit(|tree| tree.rename("src/plan.md", "docs/plan.md"), &[]);
    check_commit(|tree| tree.rename("src/export", "docs/export"), &[]);
    // One like it was private already.
    check_commit(|tree| tree.delete("src/twin.md"), &[]);
    check_commit(|tree| tree.delete("src/twin.md").file("ops/a.md", "a\n"), &[]);
    // Nor is a line or two like another for a reason.
    check_commit(|tree| tree.rename("src/short.md", "ops/short.md"), &[]);
    // What is private only comes and goes.
    check_commit(|tree| tree.rename("ops/twin.md", "cloud/twin.md").file("src/a.rs", ""), &[]);
    check_commit(|tree| tree.file("ops/plan.md", words("the plan")).file("src/a.rs", ""), &[]);
}

/// The manifest with another list of what it includes, and more lines.
fn with(include: &str, more: &str) -> String {
    let all = r#"["src", "docs", "*.*"]"#;
    assert!(MANIFEST.contains(all));
    MANIFEST.replace(all, &format!("{include}\n{more}"))
}

#[test]
fn a_manifest_that_narrows() {
    let check = |include: &str, more: &str, expected: &[&str]| {
        check_commit(|tree| tree.file("sync.toml", with(include, more)), expected);
    };
    let all = r#"["src", "docs", "*.*"]"#;
    check(r#"["src", "*.*"]"#, "", &["docs by silence"]);
    check(r#"["docs", "src/*.*"]"#, "", &["README.md by silence", "src/export by silence"]);
    check(all, "exclude = [\"src/export\"]", &["src/export by src/export"]);
    check(all, "exclude = [\"**/*.rs\"]", &["src/export by **/*.rs", "src/lib.rs by **/*.rs"]);
    check(all, "private = [\"src/export/deep\"]", &["src/export/deep by src/export/deep"]);
    check(all, "", &[]);
    // However few its lines are, it is the same path.
    check(all, "exclude = [\"src/short.md\"]", &["src/short.md by src/short.md"]);
}

#[test]
fn a_manifest_that_narrows_to_nothing_private() {
    // What went for good is not there to be private.
    let narrow = with(r#"["src", "*.*"]"#, "");
    check_commit(|tree| tree.file("sync.toml", &narrow).delete("docs"), &[]);
    check_commit(|tree| tree.file("sync.toml", &narrow).rename("docs/tour.md", "src/tour.md"), &[]);
    // It stands elsewhere in public.
    let moves = format!("{MANIFEST}[[move]]\nfrom = \"docs\"\nto = \"guide\"\n");
    check_commit(|tree| tree.file("sync.toml", &moves), &[]);
    // It is narrowed, and widened again before anybody saw it.
    check(
        |history| {
            history
                .commit("narrow", |tree| tree.file("sync.toml", &narrow))
                .commit("widen", |tree| tree.file("sync.toml", MANIFEST))
        },
        &[],
    );
}

/// Where a directory of the public tree stands elsewhere in private, it is told of by the path
/// that people know.
#[test]
fn files_that_moved_by_the_manifest() {
    let moves = format!("{MANIFEST}[[move]]\nfrom = \"src/export\"\nto = \"export\"\n");
    let mut env = TestEnv::new(
        env!("CARGO_BIN_EXE_repo-sync"),
        published().commit("move", |tree| tree.file("sync.toml", &moves)).build(),
    );
    let to = ["--to", "../mirror.git", "--format", "json"];
    env.run(["sync"].iter().chain(&to)).expect(0);
    env.repo_mut()
        .extend(|history| history.commit("hide", |tree| tree.rename("src/export", "cloud/export")));
    let sync = report(&env.run(["sync"].iter().chain(&to)));
    assert_eq!(notices(&sync), ["src/export to cloud/export"]);
    // It is gone, so there is nothing more to tell.
    env.repo_mut().extend(|history| history.commit("more", |tree| tree.file("src/a.rs", "")));
    assert_eq!(notices(&report(&env.run(["sync"].iter().chain(&to)))), [""; 0]);
}

#[test]
fn what_several_branches_lose_is_told_once() {
    let both = format!("{MANIFEST}branches = [\"main\", \"next\"]\n");
    let mut env = TestEnv::new(
        env!("CARGO_BIN_EXE_repo-sync"),
        published().commit("both", |tree| tree.file("sync.toml", &both)).on("next").build(),
    );
    env.repo_mut().extend(|history| history.commit("next", |tree| tree.file("src/next.rs", "")));
    let to = ["--to", "../mirror.git", "--format", "json"];
    env.run(["sync"].iter().chain(&to)).expect(0);
    env.repo_mut().extend(|history| {
        history
            .on("main")
            .commit("hide", |tree| tree.rename("src/plan.md", "ops/plan.md"))
            .on("next")
            .merge("merge", ["main"], |tree| tree.rename("src/twin.md", "cloud/twin.md"))
    });
    let plan = report(&env.run(["plan"].iter().chain(&to)));
    assert_eq!(notices(&plan), ["src/plan.md to ops/plan.md", "src/twin.md to cloud/twin.md"]);
}

/// A branch that has not seen what the base published since takes nothing away.
#[test]
fn a_base_that_went_on() {
    let narrow = with(r#"["src", "*.*"]"#, "");
    let env = TestEnv::new(
        env!("CARGO_BIN_EXE_repo-sync"),
        start(&narrow)
            .on("topic")
            .commit("topic", |tree| tree.file("src/topic.rs", ""))
            .on("main")
            .commit("widen", |tree| tree.file("sync.toml", MANIFEST).file("src/a.rs", ""))
            .build(),
    );
    let range = env.run(["check", "--range", "main..topic", "--format", "json"]);
    assert_eq!(notices(&report(&range)), [""; 0]);
}
