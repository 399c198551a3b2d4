// SPDX-License-Identifier: Apache-2.0
//! Tags and branches that cannot be published, and those that merely are not.

use repo_sync_testing::{History, Kind, TagText};

use crate::common::{Case, manifest, start};

fn tagged() -> History {
    start(&manifest("tags = [\"v*\"]\n")).tag("v1")
}

#[test]
fn a_tag_of_something_else_than_a_commit() {
    not_taggable("a tag", |history| {
        history.annotate("inner", "main", "in").annotate("v2", "inner", "out")
    });
    not_taggable("a tree", |mut history| {
        let tree = history.object(Kind::Tree, b"");
        history.any_ref("refs/tags/v2", tree)
    });
    not_taggable("a blob", |mut history| {
        let blob = history.object(Kind::Blob, b"words");
        history.any_ref("refs/tags/v2", blob)
    });
    not_taggable("a blob", |mut history| {
        let blob = history.object(Kind::Blob, b"words");
        history.tag_object("v2", blob, &TagText::from("a key"));
        history
    });
}

#[test]
fn a_tag_object_that_is_no_tag() {
    let mut history = tagged();
    let tag = history.object(Kind::Tag, b"no tag at all\n");
    let case = Case::new(history);
    // Git itself would not point a ref at it.
    std::fs::write(case.repo().path().join(".git/refs/tags/v2"), format!("{tag}\n"))
        .expect("writable");
    case.refused("tag-target", &["tag `v2` names a malformed tag object"]);
}

#[track_caller]
fn not_taggable(what: &str, tag: impl FnOnce(History) -> History) {
    let case = Case::new(tag(tagged()));
    case.refused("tag-target", &["tag `v2` names", what, "sync a branch by name"]);
    assert_eq!(case.ok(&["sync", "main", "--to", "$MIRROR"])["outcome"], "synced");
    let names: Vec<_> = case.mirror.refs().into_keys().collect();
    assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
}

#[test]
fn a_tag_object_that_is_missing() {
    let history = tagged().any_ref("refs/tags/light", repo_sync_shared::ObjectId::EMPTY_TREE);
    let case = Case::new(history.annotate("v2", "main", "two"));
    case.loosen();
    let tag = case.repo().git(["rev-parse", "v2"]);
    case.remove(&tag);
    case.refused("object-missing", &[&tag]);
}

#[test]
fn a_tag_that_moved() {
    let mut case = Case::published(tagged());
    let before = case.mirror.refs();
    case.extend(|history| history.commit("more", |tree| tree.file("src/more.rs", "")).tag("v1"));
    case.warned("tag-kept", &["tag `v1` stays at", "a public tag never moves"]);
    assert_eq!(case.mirror.refs()["refs/tags/v1"], before["refs/tags/v1"]);
}

#[test]
fn a_tag_on_a_private_commit() {
    let case = Case::new(start(&manifest("tags = [\"v*\"]\n")).tag_at("v1", "bill twice"));
    case.warned("tag-private", &["tag `v1` stays private"]);
    assert_eq!(case.mirror.refs().into_keys().collect::<Vec<_>>(), ["refs/heads/main"]);
}

/// Names that git itself would not make, or that look like something else on a command
/// line: such a branch is published under its whole name, or not at all.
#[test]
fn refs_with_odd_names() {
    let text = manifest("branches = [\"main\", \"**\"]\ntags = [\"**\"]\n");
    let case = Case::new(start(&text));
    let id = case.repo().git(["rev-parse", "main"]);
    let odd = ["-evil", "+plus", "a+b", "--upload-pack=x", "refs/heads/main", "caf\u{e9}", "a%0ab"];
    let bad = ["../../x", "a..b", "@{u}", "a:b", "a b", "a\x1b[31m", "x.lock", "a~1", "a^", "c\\d"];
    let mut packed = "# pack-refs with: peeled fully-peeled\n".to_owned();
    for name in odd.iter().chain(&bad) {
        packed += &format!("{id} refs/heads/{name}\n{id} refs/tags/{name}\n");
    }
    std::fs::write(case.repo().path().join(".git/packed-refs"), packed).expect("writable");
    let screen = case.run(&["sync", "--to", "$MIRROR"]);
    let said = [&*screen.stdout, &screen.stderr].concat();
    assert!(!said.contains('\x1b'), "{said:?}");
    let shown = case.mirror.refs();
    for name in shown.keys() {
        let name = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
        let name = name.expect("nothing but branches and tags");
        assert!(name == "main" || odd.contains(&name), "{name}");
    }
    assert!(screen.status != 0 || shown.contains_key("refs/heads/-evil"), "\n{screen}");
    case.nothing_private();
}

#[test]
fn a_branch_that_is_listed_and_gone() {
    let text = manifest("branches = [\"main\", \"next\", \"release/*\"]\n");
    let mut case = Case::published(start(&text).on("next"));
    case.repo().git(["update-ref", "-d", "refs/heads/next"]);
    case.extend(|history| history.delete_branch("next").on("main"));
    case.warned("branch-gone", &["no private branch is called `next`", "`release/*`"]);
    assert!(case.mirror.refs().contains_key("refs/heads/next"), "a public branch stays");
}
