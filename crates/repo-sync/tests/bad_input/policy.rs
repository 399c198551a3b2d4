// SPDX-License-Identifier: Apache-2.0
//! What the policy at the tip holds against commits that said otherwise.

use repo_sync_testing::History;

use crate::common::{Case, MANIFEST, manifest, start};

/// `secrets` was public in its own commit; the tip has other ideas.
fn loose_then_strict(tip: &str) -> Case {
    let loose = MANIFEST.replace("\"src\"", "\"src\", \"secrets\"");
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        history
            .commit("loose", |tree| tree.file("sync.toml", loose).file("secrets/key.txt", "k\n"))
            .commit("strict", |tree| tree.file("sync.toml", tip).delete("secrets"))
    });
    case
}

#[test]
fn a_path_on_the_floor_of_the_tip() {
    let tip = MANIFEST.replace("[mirror", "private = [\"secrets\"]\n[mirror");
    let case = loose_then_strict(&tip);
    let words = ["sync.toml:3", "withhold the commit"];
    case.refused_at("path-denied", Some("loose"), Some("secrets/key.txt"), &words);
}

#[test]
fn a_path_that_the_tip_does_not_publish() {
    let case = loose_then_strict(MANIFEST);
    case.refused_at("path-narrowed", Some("loose"), Some("secrets/key.txt"), &["waive it"]);
    let excluded = MANIFEST.replace("[mirror", "exclude = [\"**/*.txt\"]\n[mirror");
    loose_then_strict(&excluded).refused("path-narrowed", &["sync.toml:3", "`**/*.txt`"]);

    for scope in ["path = \"secrets/**\"", "until = \"LOOSE\"", "object = \"BLOB\""] {
        let mut case = loose_then_strict(MANIFEST);
        let scope = scope
            .replace("LOOSE", &case.repo().id("loose").to_string())
            .replace("BLOB", &case.repo().git(["rev-parse", "main~1:secrets/key.txt"]));
        let waived = waiver(&format!("check = \"path-narrowed\"\n{scope}\n"));
        case.extend(|history| history.commit("waive", |tree| tree.file("sync.toml", waived)));
        assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    }
}

fn waiver(more: &str) -> String {
    manifest(&format!("[[waiver]]\nreason = \"reviewed\"\n{more}"))
}

#[test]
fn a_waiver_that_waives_nothing() {
    let text = waiver("check = \"path-narrowed\"\npath = \"nowhere\"\n");
    let case = Case::new(start(&text));
    case.warned("waiver-unused", &["sync.toml:4", "`path-narrowed` waives nothing"]);
}

#[test]
fn a_waiver_that_has_expired() {
    let case = "check = \"path-narrowed\"\npath = \"secrets/**\"\nexpires = \"2001-02-03\"\n";
    let text = waiver(case);
    let case = loose_then_strict(&text);
    case.refused("path-narrowed", &["has expired"]);
    Case::new(start(&text)).warned("waiver-unused", &["has expired"]);
}

#[test]
fn a_new_root() {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        history
            .orphan("other")
            .commit("another beginning", |tree| {
                tree.file("sync.toml", MANIFEST).file("src/other.rs", "")
            })
            .on("main")
            .merge("join", ["other"], |tree| tree)
    });
    case.refused_at("new-root", Some("another beginning"), None, &["[[seam]]"]);
    // The first publication shows all there is.
    let fresh = |history: History| {
        history
            .orphan("other")
            .commit("b", |tree| tree.file("sync.toml", MANIFEST).file("src/other.rs", ""))
    };
    let both = fresh(start(MANIFEST)).on("main").merge("join", ["other"], |tree| tree);
    Case::new(both).warned("new-root", &["unrelated to what is published"]);
}

#[test]
fn commits_that_the_upstream_does_not_hold() {
    let mut case = Case::published(start(MANIFEST));
    let git = case.repo().git_here();
    git.run(["update-ref", "refs/remotes/origin/main", "main"]);
    git.run(["config", "remote.origin.url", "https://example.com/private.git"]);
    git.run(["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]);
    git.run(["config", "branch.main.remote", "origin"]);
    git.run(["config", "branch.main.merge", "refs/heads/main"]);
    case.extend(|history| history.commit("local only", |tree| tree.file("src/new.rs", "")));
    case.refused("unpushed", &["`main` is ahead", "`origin/main` by 1", "`--local`"]);
    assert_eq!(case.ok(&["sync", "--local", "--to", "$MIRROR"])["outcome"], "synced");
}

/// A seam's snapshot is by somebody, too.
#[test]
fn a_snapshot_by_somebody_who_is_not_for_the_public() {
    let identity = "[identity]\nmode = \"overwrite\"\noverwrite = \"Acme <open@acme.example>\"\n";
    let mut case = Case::new(start(&manifest(identity)));
    let head = case.repo().id("say hello");
    let text = manifest(&format!("{identity}[[seam]]\nprivate = \"{head}\"\n"));
    case.extend(|history| history.commit("seam", |tree| tree.file("sync.toml", text)));
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    let who = case.mirror.git().run(["log", "--format=%an %ae %cn %ce", "main"]);
    assert_eq!(who, "Acme open@acme.example Acme open@acme.example");

    let identity = "[identity]\nmode = \"allow-domains\"\ndomains = [\"acme.example\"]\n";
    let mut case = Case::new(start(&manifest(identity)));
    let head = case.repo().id("say hello");
    let text = manifest(&format!("{identity}[[seam]]\nprivate = \"{head}\"\n"));
    case.extend(|history| history.commit("seam", |tree| tree.file("sync.toml", text)));
    case.refused_at("identity", Some("say hello"), None, &["allows"]);
}
