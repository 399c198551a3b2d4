// SPDX-License-Identifier: Apache-2.0
//! A commit that was made on the mirror, and is in the private history by now.

use repo_sync_testing::{BareMirror, CommitText, History, Repo, TestEnv, Tree};
use serde_json::Value;

use crate::common::{env, json, map, sync};

const MANIFEST: &str = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";

const AUTHOR: &str = "Con Tributor <con@example.com> 1700000100 +0100";

fn history() -> History {
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "secret\n")
        })
        .commit("hidden", |tree| tree.file("cloud/x", "more\n"))
}

/// A commit on top of the mirror's `main`, with a file that nobody else has.
fn commit_outside(mirror: &BareMirror, edit: impl Fn(String) -> String) -> (String, Vec<u8>) {
    let git = mirror.git().env("GIT_INDEX_FILE", "index-outside");
    git.run(["read-tree", "main"]);
    let made = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let blob = made(git.input(["hash-object", "-w", "--stdin"], b"from outside\n"));
    git.run(["update-index", "--add", "--cacheinfo", &format!("100644,{blob},src/outside")]);
    let (tree, parent) = (git.run(["write-tree"]), git.run(["rev-parse", "main"]));
    let text = edit(format!(
        "tree {tree}\nparent {parent}\nauthor {AUTHOR}\n\
         committer Host <noreply@host.example> 1800000000 +0000\n\nfrom outside\n"
    ));
    let id = made(git.input(["hash-object", "-w", "-t", "commit", "--stdin"], text.as_bytes()));
    (id, text.into_bytes())
}

/// Brings it in on a branch, and merges that.
fn import(repo: &mut Repo, original: &[u8]) {
    let text = CommitText::raw("import", "from outside\n").author(AUTHOR);
    let text = text.header("repo-sync-original", original);
    repo.extend(|history| {
        let history =
            history.on("import").commit(text, |tree| tree.file("src/outside", "from outside\n"));
        let history = history.on("main").commit("go on", |tree| tree.file("src/b", "b\n"));
        history.merge("merge it", ["import"], |tree| tree)
    });
}

fn published() -> (TestEnv, BareMirror) {
    let env = env(history().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git").strict();
    sync(&env, &mirror, None);
    (env, mirror)
}

/// Public first, then private: the mirror goes on from the original. Private first: the
/// original is sent, if it is one that we would send.
#[track_caller]
fn check(sendable: bool, edit: impl Fn(String) -> String) {
    let (mut env, mirror) = published();
    let (id, original) = commit_outside(&mirror, edit);
    let git = mirror.git();
    git.run(["update-ref", "refs/heads/main", &id]);
    json(&env, "plan", None, mirror.path(), 4);
    import(env.repo_mut(), &original);
    let private = env.repo().id("import").to_string();
    assert!(map(&env).contains(&(private, id.clone())), "the image is the original");
    let report = json(&env, "plan", None, mirror.path(), 0);
    assert_eq!(report["foreign"], Value::Array(Vec::new()));
    sync(&env, &mirror, None);
    git.run(["merge-base", "--is-ancestor", &id, "main"]);
    json(&env, "verify", None, mirror.path(), 0);
    assert_eq!(sync(&env, &mirror, None)["outcome"], "up-to-date");

    let other = BareMirror::new(env.repo().scratch(), "other.git").strict();
    if sendable {
        sync(&env, &other, None);
        assert_eq!(other.refs(), mirror.refs());
        json(&env, "verify", None, other.path(), 0);
        return;
    }
    let report = json(&env, "sync", None, other.path(), 3);
    let checks: Vec<_> = report["refusals"].as_array().expect("a list").iter().collect();
    assert!(checks.iter().any(|one| one["check"] == "original-unheld"), "{report}");
    assert_eq!(other.refs().len(), 0, "nothing was published");
}

#[test]
fn an_import_comes_back_under_its_own_id() {
    let header =
        |line: &'static str| move |text: String| text.replacen("\n\n", &format!("\n{line}\n\n"), 1);
    check(true, |text| text);
    check(true, header("gpgsig -----BEGIN\n \n a\n -----END"));
    check(false, header("mergetag object 1\n type commit"));
    check(false, header("x-note of another tool"));
}

/// What only says that it is an import is an ordinary commit, and the mirror's own stays
/// foreign.
#[test]
fn a_forged_record_brings_nothing_in() {
    let (mut env, mirror) = published();
    let (id, original) = commit_outside(&mirror, |text| text);
    mirror.git().run(["update-ref", "refs/heads/main", &id]);
    let forged = String::from_utf8(original).expect("it is text");
    import(env.repo_mut(), forged.replace("from outside", "smuggled in").as_bytes());
    let report = json(&env, "plan", None, mirror.path(), 4);
    assert_eq!(report["foreign"], serde_json::json!([id]));
    let other = BareMirror::new(env.repo().scratch(), "other.git");
    sync(&env, &other, None);
    let shown = other.git().run(["log", "--format=%an %s", "main"]);
    assert!(shown.contains("Con Tributor from outside"), "{shown}");
    let objects = other.git().bytes(["cat-file", "--batch-all-objects", "--batch"]);
    let objects = String::from_utf8_lossy(&objects).into_owned();
    assert!(!objects.contains("smuggled") && !objects.contains("repo-sync-original"));
}
