// SPDX-License-Identifier: Apache-2.0
//! The verifier's filter, asked what of a tree the floor of the policy tip denies, and
//! whether another tree shows that too.

use std::rc::Rc;

use repo_sync_shared::ObjectId;
use repo_sync_testing::{History, Repo, Tree};

use super::filter::Filter;
use super::manifest::Rules;
use crate::git::{Objects, PrivateRepo};

fn rules(lines: &str) -> Rc<Rules> {
    let text = format!("version = 1\n{lines}[mirror.public]\n");
    let rules = Rules::read(text.as_bytes(), &["public".to_owned()]);
    Rc::new(rules.expect("the row holds a manifest").expect("it names the mirror"))
}

/// Two root trees; a file of a row holds its own path, or what follows a `=`.
fn trees(one: &[&str], other: &[&str]) -> (Repo, [ObjectId; 2]) {
    let leaf = |tree: Tree, row: &&str| match row.split_once('=') {
        Some((path, content)) => tree.file(path, content),
        None => tree.file(row, row),
    };
    let repo = History::new()
        .commit("one", |tree| one.iter().fold(tree, leaf))
        .commit("other", |tree| other.iter().fold(tree.clear(), leaf))
        .build();
    let root = |name: &str| {
        let id = repo.git(["rev-parse", &format!("{}^{{tree}}", repo.id(name))]);
        ObjectId::from_hex(id.trim().as_bytes()).expect("git prints an id")
    };
    let roots = [root("one"), root("other")];
    (repo, roots)
}

/// What is denied of the first tree under the first rules, each followed by where it
/// stands in the mirror and whether the second tree shows it under the second rules.
#[track_caller]
fn denied(floor: &str, [old, new]: [&str; 2], [one, other]: [&[&str]; 2], expected: &[&str]) {
    let (repo, roots) = trees(one, other);
    let private = PrivateRepo::discover(repo.path()).expect("it was just built");
    let objects: Objects<'_> = private.objects().expect("it has objects");
    let tip = rules(&format!("private = {floor}\n"));
    let mut first = Filter::new(&objects, rules(old), Rc::clone(&tip));
    let mut second = Filter::new(&objects, rules(new), tip);
    let found = first.denied(roots[0]).unwrap_or_else(|_| panic!("the trees are sound"));
    let any = first.root(roots[0]).unwrap_or_else(|_| panic!("the trees are sound")).denied;
    assert_eq!(any, !found.is_empty(), "the tree as a whole says so too");
    let mut lines: Vec<String> = found
        .iter()
        .map(|file| {
            let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
            let known = second.shows(roots[1], file).unwrap_or_else(|_| panic!("they are sound"));
            let known = if known { " known" } else { "" };
            format!("{} as {}{known}", text(&file.private), text(&file.public))
        })
        .collect();
    lines.sort();
    assert_eq!(lines, expected);
}

const SRC: &str = "include = [\"src\", \"docs\", \"docsy\"]\nexclude = [\"**/no\"]\n";

#[test]
fn the_floor_of_the_tip_denies_what_was_public() {
    let same = |floor: &str, tree: &[&str], expected: &[&str]| {
        denied(floor, [SRC, SRC], [tree, &[]], expected);
    };
    same("[]", &["src/a", "docs/b"], &[]);
    same("[\"docs\"]", &["src/a", "docs/b"], &["docs/b as docs/b"]);
    same("[\"DOCS\"]", &["docs/in/b", "docsy/b"], &["docs/in/b as docs/in/b"]);
    same(
        "[\"**/b\"]",
        &["src/a", "src/b", "docs/b/c"],
        &["docs/b/c as docs/b/c", "src/b as src/b"],
    );
    // What is not public needs no denial.
    same("[\"docs\", \"x\"]", &["docs/no", "x/b", "src/a"], &[]);
}

#[test]
fn what_a_parent_shows_in_the_same_place_is_known() {
    let both = |tree: [&[&str]; 2], expected: &[&str]| {
        denied("[\"docs\", \"docsy\"]", [SRC, SRC], tree, expected);
    };
    both([&["docs/a"], &["docs/a"]], &["docs/a as docs/a known"]);
    both([&["docs/a"], &["docs/a=2"]], &["docs/a as docs/a"]);
    both([&["docs/a"], &["docs/a/b"]], &["docs/a as docs/a"]);
    both([&["docs/a/b"], &["docs/a"]], &["docs/a/b as docs/a/b"]);
    both([&["docs/a"], &["src/a=docs/a"]], &["docs/a as docs/a"]);

    let rules = |old, new, expected: &[&str]| {
        let tree = &["docs/in/a", "docsy/b"][..];
        denied("[\"docs\", \"docsy\"]", [old, new], [tree, tree], expected);
    };
    let moved = &format!("{SRC}move = [{{ from = \"docs\", to = \"guide\" }}]\n");
    rules(moved, moved, &["docs/in/a as guide/in/a known", "docsy/b as docsy/b known"]);
    rules(SRC, moved, &["docs/in/a as docs/in/a", "docsy/b as docsy/b known"]);
    rules(moved, SRC, &["docs/in/a as guide/in/a", "docsy/b as docsy/b known"]);
    rules(SRC, "include = [\"docs\"]\n", &["docs/in/a as docs/in/a known", "docsy/b as docsy/b"]);
    let one = &format!("{SRC}move = [{{ from = \"docs/in/a\", to = \"a\" }}]\n");
    rules(one, SRC, &["docs/in/a as a", "docsy/b as docsy/b known"]);
    let all = &format!("{SRC}move = [{{ from = \"\", to = \"all\" }}]\n");
    rules(all, all, &["docs/in/a as all/docs/in/a known", "docsy/b as all/docsy/b known"]);
    let up = &format!("{SRC}move = [{{ from = \"docs\", to = \"\" }}]\n");
    rules(up, up, &["docs/in/a as in/a known", "docsy/b as docsy/b known"]);
}
