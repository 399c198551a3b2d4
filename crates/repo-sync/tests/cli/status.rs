// SPDX-License-Identifier: Apache-2.0
//! `status`: each state that a mirror can be in, as one screen.

use std::fs;

use insta::assert_snapshot;
use repo_sync_testing::{BareMirror, CommitText, History, TestEnv};
use serde_json::Value;

use crate::common::{MANIFEST, env, widget};

const MESSAGE: &str = "from outside\n";

/// The widget, as the mirror shows it.
fn published() -> (TestEnv, BareMirror) {
    let env = env(widget().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    env.run(["sync", "--to", "../mirror.git", "-q"]).expect(0);
    (env, mirror)
}

fn add(env: &mut TestEnv, more: impl FnOnce(History) -> History) {
    env.repo_mut().extend(more);
}

/// Commits to the mirror by hand: the id and the bytes.
fn commit_outside(mirror: &BareMirror, branch: &str) -> (String, Vec<u8>) {
    let git = mirror.git().env("GIT_AUTHOR_DATE", "1700000100 +0000");
    let git = git.env("GIT_COMMITTER_DATE", "1700000200 +0000");
    let id = git.run(["commit-tree", "-p", "main", "-m", MESSAGE.trim(), "main^{tree}"]);
    git.run(["update-ref", branch, &id]);
    (id.clone(), git.bytes(["cat-file", "commit", &id]))
}

/// Brings a commit of the mirror in, on a branch of its own, as `import` does.
fn import(env: &mut TestEnv, branch: &str, original: &[u8]) {
    let lines = String::from_utf8_lossy(original).into_owned();
    let author = lines.lines().find_map(|line| line.strip_prefix("author "));
    let text = CommitText::raw("import", MESSAGE).author(author.expect("every commit has one"));
    let text = text.header("repo-sync-original", original);
    add(env, |history| history.branch(branch, "main").empty(text).on("main"));
}

#[test]
fn a_mirror_that_is_not_there_yet_lacks_everything() {
    assert_snapshot!("status_first", status(&env(widget().build()), &[]));
}

#[test]
fn a_mirror_that_shows_all_needs_nothing() {
    let (env, _) = published();
    assert_snapshot!("status_same", status(&env, &[]));
    // The note is of this mirror, not of another place.
    let copy = BareMirror::new(env.repo().scratch(), "copy.git");
    copy.git().run(["fetch", "--quiet", "../mirror.git", "main:main"]);
    let elsewhere = env.run(["status", "--to", "../copy.git"]).expect(0).stdout;
    assert!(elsewhere.contains("never verified from here"), "{elsewhere}");
    env.run(["verify", "--to", "../copy.git"]).expect(0);
    let elsewhere = env.run(["status", "--to", "../copy.git"]).expect(0).stdout;
    assert!(elsewhere.contains(" by verify, as it stands"), "{elsewhere}");
}

#[test]
fn a_mirror_that_lacks_something_is_behind() {
    let (mut env, _) = published();
    add(&mut env, |history| {
        let history = history.commit("one", |tree| tree.file("src/one.rs", ""));
        history.commit("key", |tree| tree.file("secrets/key", "6"))
    });
    assert_snapshot!("status_behind", status(&env, &[]));
    assert_snapshot!("status_behind_redacted", status(&env, &["--redact"]));
    env.run(["sync", "--to", "../mirror.git", "-q"]).expect(0);
    let after = status(&env, &[]);
    assert!(after.contains("is up to date"), "{after}");
}

#[test]
fn a_private_branch_that_was_moved_back_has_less() {
    let (env, _) = published();
    env.repo().git(["update-ref", "refs/heads/main", &env.repo().id("say hello").to_string()]);
    assert_snapshot!("status_ahead", status(&env, &[]));
}

#[test]
fn what_a_sync_would_refuse_is_for_plan_to_say() {
    let (mut env, _) = published();
    let narrow = MANIFEST.replace("\"src\", ", "");
    add(&mut env, |history| {
        let history = history.commit("show", |tree| tree.file("src/one.rs", ""));
        history.commit("narrow", |tree| tree.file("sync.toml", narrow))
    });
    let screen = status(&env, &[]);
    assert!(screen.contains("  next repo-sync plan --to ../mirror.git\n"), "{screen}");
}

#[test]
fn what_others_committed_is_to_be_imported_and_merged() {
    let (mut env, mirror) = published();
    let (_, original) = commit_outside(&mirror, "refs/heads/main");
    assert_snapshot!("status_foreign", status(&env, &[]));
    import(&mut env, "import/1", &original);
    assert_snapshot!("status_imported", status(&env, &[]));
    assert_snapshot!("status_imported_redacted", status(&env, &["--redact"]));
    add(&mut env, |history| history.merge("merge it", ["import/1"], |tree| tree));
    assert_snapshot!("status_merged", status(&env, &[]));
}

/// A pull request is not on a branch of the mirror yet.
#[test]
fn what_was_imported_before_it_was_public_is_to_be_merged() {
    let (mut env, mirror) = published();
    let (_, original) = commit_outside(&mirror, "refs/pull/7/head");
    import(&mut env, "import/it's 7".replace(' ', "-").as_str(), &original);
    let screen = status(&env, &[]);
    assert!(screen.contains("  next git merge 'import/it'\\''s-7'\n"), "{screen}");
    assert!(screen.contains("holds 1 commit imported and not yet merged"), "{screen}");
    // A commit that says so, of something that is not of this mirror, is none.
    let elsewhere = String::from_utf8(original).expect("it is text");
    let parent = elsewhere.lines().find(|line| line.starts_with("parent ")).expect("it has one");
    let elsewhere = elsewhere.replace(parent, &format!("parent {}", "1".repeat(40)));
    add(&mut env, |history| history.delete_branch("import/it's-7"));
    env.repo().git(["update-ref", "-d", "refs/heads/import/it's-7"]);
    import(&mut env, "other", elsewhere.as_bytes());
    let screen = status(&env, &[]);
    assert!(screen.ends_with("  nothing to do\n[exit status: 0]"), "{screen}");
}

#[test]
fn a_mirror_that_cannot_be_reached_is_an_error_after_what_is_known() {
    let (env, _) = published();
    let away = "http://127.0.0.1:1/widget.git";
    let screen = env.run(["status", "--to", away]).expect(1);
    assert_snapshot!("status_unreachable", screen.stdout);
    assert!(screen.stderr.starts_with("Error: "), "{screen}");
    assert!(screen.stderr.contains("Hint: check the address and the credentials"), "{screen}");
    let object = json(&env, &["--to", away], 1);
    assert_eq!(object["outcome"], "failed");
    assert_eq!(object["behind"], Value::Null);
    assert_eq!(object["branches"][0]["standing"], "unknown");
    assert!(object["error"].as_str().is_some_and(|text| text.contains("127.0.0.1")), "{object}");
}

#[test]
fn every_mirror_has_a_screen_of_its_own() {
    let more = "\n[mirror.docs]\nurl = \"../docs.git\"\ninclude = [\"docs\"]\n";
    let manifest = MANIFEST.replace("[mirror.public]", "[mirror.public]\nurl = \"../public.git\"");
    let manifest = format!("{manifest}{more}");
    let repo = widget().commit("two mirrors", |tree| tree.file("sync.toml", manifest)).build();
    let env = env(repo);
    env.run(["sync", "--mirror", "docs", "-q"]).expect(0);
    assert_snapshot!("status_all", masked(&env.run(["status", "--all"]).to_string()));
    let object = json(&env, &["--all"], 0);
    let names: Vec<_> = object["mirrors"].as_array().expect("a list").iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["next"], serde_json::json!(["repo-sync sync --mirror public"]));
    assert_eq!(names[1]["next"], serde_json::json!([]));
    let alone = json(&env, &["--mirror", "docs"], 0);
    assert_eq!(alone["mirror"], "docs");
}

#[test]
fn a_script_reads_the_same() {
    let (mut env, mirror) = published();
    let (id, original) = commit_outside(&mirror, "refs/heads/main");
    import(&mut env, "import/1", &original);
    let mut object = json(&env, &["--to", "../mirror.git"], 0);
    assert_eq!(object["foreign"], serde_json::json!([id]));
    let at = object["verified"]["at"].take();
    assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{at}");
    assert_snapshot!("status_json", format!("{object:#}"));
    let redacted = json(&env, &["--to", "../mirror.git", "--redact"], 0).to_string();
    for private in ["import/1", &env.repo().id("main").to_string()] {
        assert!(!redacted.contains(private), "{redacted}");
    }
}

/// Nothing goes by the note: a wrong one is read as it stands, or not at all.
#[test]
fn a_broken_note_says_nothing() {
    let (env, _) = published();
    let note = env.repo().path().join(".git/repo-sync/public/verified");
    let text = fs::read_to_string(&note).expect("the sync left it");
    fs::write(&note, &text[..text.len() / 2]).expect("it is ours");
    let screen = status(&env, &[]);
    assert!(screen.contains("never verified from here"), "{screen}");
    fs::remove_file(&note).expect("it is there");
    assert_eq!(status(&env, &[]), screen);
}

fn status(env: &TestEnv, flags: &[&str]) -> String {
    masked(&env.run(["status", "--to", "../mirror.git"].iter().chain(flags)).to_string())
}

#[track_caller]
fn json(env: &TestEnv, flags: &[&str], status: i32) -> Value {
    let screen = env.run(["status", "--format", "json"].iter().chain(flags)).expect(status);
    serde_json::from_str(&screen.stdout).unwrap_or_else(|error| panic!("{error}\n{screen}"))
}

/// The screen without the time of day.
fn masked(screen: &str) -> String {
    let mask = |line: &str| match line.split_once("last verified ") {
        Some((before, at)) => {
            let (_, after) = at.split_once(" UTC ").expect("a time is of a zone");
            format!("{before}last verified $TIME {after}\n")
        }
        None => format!("{line}\n"),
    };
    screen.lines().map(mask).collect::<String>().trim_end().to_owned()
}
