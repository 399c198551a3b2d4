// SPDX-License-Identifier: Apache-2.0
//! The oracle on histories small enough to be judged by a reader of the contract.

use repo_sync_shared::ObjectId;

use super::{Judgement, Oracle};
use crate::{CommitText, History, Repo, TagText, Tree};

const MANIFEST: &str = "version = 1\ninclude = [\"src\", \"docs\"]\n[mirror.public]\n\
    url = \"u\"\ntags = [\"v*\"]\nbranches = [\"main\", \"release/*\"]\n";

/// A first commit with a manifest and a public file.
fn start() -> History {
    start_with(MANIFEST)
}

fn start_with(manifest: &str) -> History {
    History::new().commit("start", |tree| tree.file("sync.toml", manifest).file("src/a", "a"))
}

fn public(name: &'static str) -> impl FnOnce(Tree) -> Tree {
    move |tree| tree.file(format!("src/{name}"), name)
}

fn private(name: &'static str) -> impl FnOnce(Tree) -> Tree {
    move |tree| tree.file(format!("cloud/{name}"), name)
}

#[test]
fn commits_without_a_public_change_are_dropped() {
    let kept = "nothing\n\nPublish-Empty: yes\n";
    let history = start()
        .commit("hidden", private("x"))
        .commit("shown", public("b"))
        .empty("empty")
        .empty(CommitText::raw("kept", kept))
        .empty(CommitText::raw("no trailer", "nothing\n\nPublish-Empty: yes\n\nreally\n"));
    check(history, &["start:", "shown: start", "kept: shown"]);
}

#[test]
fn a_root_needs_a_public_change_whatever_it_says() {
    let text = "nothing\n\nPublish-Empty: yes\n";
    let history = History::new()
        .commit(CommitText::raw("root", text), |tree| {
            private("x")(tree.file("sync.toml", MANIFEST))
        })
        .commit("first", public("a"));
    check(history, &["first:"]);
}

#[test]
fn merges_keep_the_parents_that_mean_something() {
    let side = || start().on("side");
    // Both sides public, even if the merge takes only one of them.
    let both = || side().commit("b", public("b")).on("main").commit("c", public("c"));
    check(
        both().merge("join", ["side"], |tree| tree),
        &["start:", "c: start", "b: start", "join: c b"],
    );
    check(
        both().merge("ours", ["side"], |tree| tree.delete("src/b")),
        &["start:", "c: start", "b: start", "ours: c b"],
    );
    // A private side has nothing to say once the first parent knows its past.
    let hidden = || side().commit("x", private("x")).on("main").commit("c", public("c"));
    check(hidden().merge("join", ["side"], |tree| tree), &["start:", "c: start"]);
    check(hidden().merge("join", ["side"], public("d")), &["start:", "c: start", "join: c"]);
    // The first parent stays, as after `--no-ff`.
    let behind = side().commit("b", public("b")).on("main").commit("x", private("x"));
    check(behind.merge("join", ["side"], |tree| tree), &["start:", "b: start", "join: start b"]);
    let no_ff = side().commit("b", public("b")).on("main");
    check(no_ff.merge("join", ["side"], |tree| tree), &["start:", "b: start", "join: start b"]);
    // Two that inherit the same image are one.
    let same = side().commit("x", private("x")).on("main").commit("y", private("y"));
    check(same.merge("join", ["side"], |tree| tree), &["start:"]);
}

#[test]
fn a_parent_without_an_image_goes() {
    let root =
        || History::new().commit("root", |tree| private("x")(tree.file("sync.toml", MANIFEST)));
    let first = root().on("side").commit("b", public("b")).on("main").commit("y", private("y"));
    check(first.merge("join", ["side"], public("c")), &["b:", "join: b"]);
    let two = root().on("side").commit("b", public("b")).on("main").commit("c", public("c"));
    check(two.merge("join", ["side"], |tree| tree), &["b:", "c:", "join: c b"]);
}

#[test]
fn commits_before_the_manifest_are_governed_by_the_adoption() {
    let history = History::new()
        .commit("early", public("a"))
        .commit("adopt", |tree| tree.file("sync.toml", MANIFEST))
        .orphan("elsewhere")
        .commit("foreign", |tree| tree.file("docs/f", "f"))
        .on("main")
        .merge("join", ["elsewhere"], |tree| tree);
    check(history, &["early:", "join: early"]);
}

#[test]
fn a_seam_begins_again() {
    let history = start().commit("b", public("b")).commit("c", public("c"));
    let seam = format!("{MANIFEST}[[seam]]\nprivate = \"{}\"\n", history.find("b"));
    let history = history.commit("d", |tree| public("d")(tree.file("sync.toml", seam)));
    let judgement = check(history, &["b:", "c: b", "d: c"]);
    let (repo, out) = judgement;
    let tree = out.trees[&image(&out, repo.id("b"))];
    assert_eq!(out.files[&image(&out, repo.id("b"))].len(), 2);
    // The id by hand: what `git commit-tree` makes of it.
    let git = repo.git_here().env("GIT_AUTHOR_DATE", "1700000002 +0000");
    let git = git.env("GIT_COMMITTER_DATE", "1700000002 +0000");
    let src = git.run(["rev-parse", &format!("{}:src", repo.id("b"))]);
    let made = git.input(["mktree"], format!("040000 tree {src}\tsrc\n").as_bytes());
    assert_eq!(String::from_utf8_lossy(&made).trim(), tree.to_string());
    let expected = git.run(["commit-tree", &tree.to_string(), "-m", "Public snapshot"]);
    assert_eq!(image(&out, repo.id("b")).to_string(), expected);
}

#[test]
fn what_is_withheld_arrives_with_the_next() {
    let history = start().commit("b", public("b"));
    let held = history.find("b");
    let manifest = format!("{MANIFEST}[[withhold]]\ncommits = \"{held}\"\nreason = \"r\"\n");
    let history = history.commit("c", |tree| tree.file("sync.toml", manifest));
    let (repo, out) = check(history, &["start:", "c: start"]);
    assert!(out.files[&image(&out, repo.id("c"))].iter().any(|(path, ..)| path == b"src/b"));
}

#[test]
fn refs_follow_their_images() {
    let history = start()
        .on("release/1")
        .commit("hidden", private("x"))
        .tag("v-dropped")
        .orphan("release/none")
        .commit("none", private("y"))
        .on("wip")
        .commit("wip", public("w"))
        .tag("v-off")
        .on("main")
        .tag("v-light")
        .annotate("v-signed", "start", TagText::from("one").signed())
        .tag("internal");
    let (repo, out) = check(history, &["start:"]);
    let start = image(&out, repo.id("start"));
    let tag = format!(
        "object {start}\ntype commit\ntag v-signed\n\
         tagger A U Thor <author@example.com> 1700000004 +0000\n\none\n"
    );
    let tag = crate::object_id(crate::Kind::Tag, tag.as_bytes());
    let refs: Vec<_> = out.refs.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    let expected = [
        ("refs/heads/main", start),
        ("refs/heads/release/1", start),
        ("refs/tags/v-light", start),
        ("refs/tags/v-signed", tag),
    ];
    assert_eq!(refs, expected);
}

#[test]
fn quoted_ids_are_those_of_images() {
    let history = start_with(&format!("{MANIFEST}[message]\nids = \"mask\"\n"))
        .commit("hidden", private("x"));
    let ids = ["start", "hidden"].map(|label| history.find(label).to_string());
    let message = format!("back to {}, not {} or 1234567", &ids[0][..9], &ids[1][..7]);
    let (repo, out) = judge(history.commit(CommitText::raw("quote", message), public("b")));
    let start = image(&out, repo.id("start")).to_string();
    let tree = out.trees[&image(&out, repo.id("quote"))];
    let expected = format!(
        "tree {tree}\nparent {start}\nauthor A U Thor <author@example.com> 1700000003 +0000\n\
         committer A U Thor <author@example.com> 1700000003 +0000\n\n\
         back to {}, not 0000000 or 1234567",
        &start[..9]
    );
    let expected = crate::object_id(crate::Kind::Commit, expected.as_bytes());
    assert_eq!(image(&out, repo.id("quote")), expected);
}

#[test]
fn moves_and_patterns_say_where_a_file_lands() {
    let manifest = "version = 1\ninclude = [\"src\", \"docs\"]\nexclude = [\"**/*.KEY\"]\n\
        private = [\"docs/internal\"]\n[mirror.public]\nurl = \"u\"\n\
        [[move]]\nfrom = \"docs/public\"\nto = \"docs/\"\n[[move]]\nfrom = \"src/\"\nto = \"\"\n";
    let (repo, out) = judge(start_with(manifest).commit("more", |tree| {
        tree.file("docs/public/deep/tour", "1")
            .file("docs/internal/x", "2")
            .file("src/b/c.key", "3")
            .empty_dir("src/empty")
            .file("docs/publication", "4")
    }));
    let files = &out.files[&image(&out, repo.id("more"))];
    let paths: Vec<_> = files.iter().map(|(path, ..)| String::from_utf8_lossy(path)).collect();
    assert_eq!(paths, ["a", "docs/deep/tour", "docs/publication", "empty"]);
}

/// The public history as `label: parents`, by label.
#[track_caller]
fn check(history: History, expected: &[&str]) -> (Repo, Judgement) {
    let (repo, out) = judge(history);
    let label = |image: ObjectId| {
        let private = out.map.iter().find(|(_, own)| *own == Some(image));
        let private = private.map(|(private, _)| private.to_string()).unwrap_or_default();
        repo.name_ids(&private).trim_matches(['<', '>']).to_owned()
    };
    let mut shape: Vec<_> = out
        .map
        .iter()
        .filter_map(|(_, own)| *own)
        .map(|own| {
            let parents: Vec<_> = out.parents[&own].iter().map(|&parent| label(parent)).collect();
            format!("{}: {}", label(own), parents.join(" ")).trim_end().to_owned()
        })
        .collect();
    shape.sort();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(shape, expected);
    (repo, out)
}

fn judge(history: History) -> (Repo, Judgement) {
    let repo = history.build();
    let out = Oracle::read(repo.scratch(), &repo.git_here(), "public").judge();
    (repo, out)
}

#[track_caller]
fn image(out: &Judgement, private: ObjectId) -> ObjectId {
    let found = out.map.iter().find(|(id, _)| *id == private);
    found.and_then(|(_, own)| *own).unwrap_or_else(|| panic!("{private} has no image"))
}
