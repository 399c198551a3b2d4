// SPDX-License-Identifier: Apache-2.0
//! `moved-from-private` and `mixed-commit`.

use repo_sync_testing::{History, Tree};

use crate::common::{MANIFEST, refused, warned};

/// Words enough that two files do not hold them by chance.
const WORDS: &str = "how we bill\nwhom we bill, and when\nwhat they pay, less the rebate\n";

/// What is found of words that are private at first, and then appear as `edit` says.
#[track_caller]
fn check(words: &str, edit: impl FnOnce(Tree) -> Tree, expected: &[&str]) {
    let found = refused(MANIFEST, |history| {
        history
            .commit("private", |tree| tree.file("ops/plan.md", words))
            .commit("unrelated", |tree| tree.file("src/a.rs", "mod a;\n"))
            .commit("appears", edit)
    });
    assert_eq!(found, expected);
}

#[test]
fn bytes_that_were_private_before() {
    let moved = ["moved-from-private src/plan.md"];
    check(WORDS, |tree| tree.rename("ops/plan.md", "src/plan.md"), &moved);
    check(WORDS, |tree| tree.file("src/plan.md", WORDS), &moved);
    check(WORDS, |tree| tree.delete("ops").executable("src/plan.md", WORDS), &moved);
    // Wherever they stand, they are told of once.
    check(WORDS, |tree| tree.file("src/plan.md", WORDS).file("src/z.md", WORDS), &moved);
    let binary = format!("\0{}", "x".repeat(70));
    check(&binary, |tree| tree.rename("ops/plan.md", "src/plan.md"), &moved);
}

#[test]
fn bytes_that_say_nothing() {
    let none: &[&str] = &[];
    check(WORDS, |tree| tree.file("src/plan.md", format!("{WORDS}more\n")), none);
    check(WORDS, |tree| tree.rename("ops/plan.md", "cloud/plan.md"), none);
    for words in ["", "short\nand\nmore\n", &"one long line ".repeat(20), MIT] {
        check(words, |tree| tree.rename("ops/plan.md", "src/plan.md"), none);
    }
}

const MIT: &str = "MIT License\n\nCopyright (c) 2020 A\n\nPermission is hereby granted, free of \
                   charge, to any person obtaining a copy\nof this software, to deal in it\n";

#[test]
fn bytes_that_were_public_first() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("public", |tree| tree.file("src/plan.md", WORDS))
            .commit("taken in", |tree| tree.rename("src/plan.md", "ops/plan.md"))
            .commit("given back", |tree| tree.rename("ops/plan.md", "docs/plan.md"))
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn bytes_that_were_private_for_one_commit_only() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("private", |tree| tree.file("ops/deep/er/plan.md", WORDS))
            .commit("gone", |tree| tree.delete("ops/deep"))
            .commit("back", |tree| tree.file("src/plan.md", WORDS))
    });
    assert_eq!(found, ["moved-from-private src/plan.md"]);
    let found = refused(MANIFEST, |history| {
        history
            .on("side")
            .commit("private", |tree| tree.file("ops/plan.md", WORDS))
            .commit("gone", |tree| tree.delete("ops/plan.md"))
            .on("main")
            .merge("merge", ["side"], |tree| tree)
            .commit("back", |tree| tree.file("src/plan.md", WORDS))
    });
    assert_eq!(found, ["moved-from-private src/plan.md"]);
}

/// The manifest of each commit says what was private then.
#[test]
fn a_path_that_becomes_public() {
    let narrow = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
    let found = refused(narrow, |history| {
        history
            .commit("private", |tree| tree.file("docs/plan.md", WORDS))
            .commit("widen", |tree| tree.file("sync.toml", MANIFEST))
    });
    assert_eq!(found, ["moved-from-private docs/plan.md"]);
}

#[test]
fn a_private_file_of_a_public_directory() {
    let manifest = "version = 1\ninclude = [\"src\"]\nexclude = [\"**/*.md\"]\n[mirror.public]\n";
    let found = refused(manifest, |history| {
        history
            .commit("private", |tree| tree.file("src/a/plan.md", WORDS))
            .commit("beside", |tree| tree.file("src/a/b.rs", ""))
            .commit("moved", |tree| tree.rename("src/a/plan.md", "src/a/plan.txt"))
    });
    assert_eq!(found, ["moved-from-private src/a/plan.txt"]);
}

#[test]
fn a_move_that_was_reviewed() {
    let moved = |history: History| {
        history
            .commit("private", |tree| tree.file("ops/plan.md", WORDS))
            .commit("moved", |tree| tree.rename("ops/plan.md", "src/plan.md"))
    };
    let id = repo_sync_testing::object_id(repo_sync_testing::Kind::Blob, WORDS.as_bytes());
    for scope in ["path = \"src/plan.md\"".to_owned(), format!("object = \"{id}\"")] {
        let manifest = format!(
            "{MANIFEST}[[waiver]]\ncheck = \"moved-from-private\"\n{scope}\nreason = \"a test\"\n"
        );
        assert_eq!(refused(&manifest, moved), [""; 0], "{scope}");
    }
    let off = format!("{MANIFEST}[guard]\nmoved-from-private = \"off\"\n");
    assert_eq!(refused(&off, moved), [""; 0]);
}

/// The warnings about mixed commits.
#[track_caller]
fn mixed(edit: impl FnOnce(History) -> History) -> usize {
    warned(MANIFEST, edit).iter().filter(|line| line.starts_with("mixed-commit")).count()
}

#[test]
fn a_commit_that_touches_both_sides() {
    let one = |edit: fn(Tree) -> Tree| mixed(|history| history.commit("one", edit));
    assert_eq!(one(|tree| tree.file("src/a", "").file("ops/a", "")), 1);
    assert_eq!(one(|tree| tree.file("src/a", "").delete("cloud/billing/src")), 1);
    assert_eq!(one(|tree| tree.file("src/a", "")), 0);
    assert_eq!(one(|tree| tree.file("ops/a", "")), 0);
    assert_eq!(one(|tree| tree.file("src/a", "").file("sync.toml", format!("{MANIFEST}\n"))), 0);
}

#[test]
fn a_merge_is_not_mixed() {
    let found = mixed(|history| {
        history
            .on("side")
            .commit("private", |tree| tree.file("ops/a", ""))
            .on("main")
            .commit("public", |tree| tree.file("src/a", ""))
            .merge("merge", ["side"], |tree| tree.file("src/b", ""))
    });
    assert_eq!(found, 0);
}

/// Where all are mixed, one finding speaks for them.
#[test]
fn many_mixed_commits() {
    let many = |count: u32| {
        mixed(|history| {
            (0..count).fold(history, |history, at| {
                let both = |tree: Tree| {
                    tree.file("src/a", format!("{at}\n")).file("ops/a", format!("{at}\n"))
                };
                history.commit(format!("number {at}").as_str(), both)
            })
        })
    };
    assert_eq!(many(50), 50);
    assert_eq!(many(51), 1);
}
