// SPDX-License-Identifier: Apache-2.0
//! `moved-from-private`, `similar-to-private` and `mixed-commit`.

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

/// Lines that all differ.
fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|at| format!("what customer {at} pays for the service\n")).collect()
}

/// The warnings about texts like private ones, when `private` is private and then
/// `edit` is made.
#[track_caller]
fn similar(private: &str, edit: impl FnOnce(Tree) -> Tree) -> Vec<String> {
    let found = warned(MANIFEST, |history| {
        history.commit("private", |tree| tree.file("ops/plan.md", private)).commit("appears", edit)
    });
    found.into_iter().filter(|line| line.starts_with("similar-to-private")).collect()
}

#[test]
fn text_that_was_copied_with_edits() {
    let plan = lines(0..60);
    let copy = |text: String| similar(&plan, |tree| tree.file("src/plan.md", text));
    assert_eq!(copy(lines(0..60) + "the end\n"), ["similar-to-private src/plan.md:1"]);
    assert_eq!(copy(lines(90..100) + &lines(20..40)), ["similar-to-private src/plan.md:11"]);
    let indented = lines(5..30).replace("what", "    // what");
    assert_eq!(copy(indented.replace("// ", "")), ["similar-to-private src/plan.md:1"]);
    // Neither a few lines nor a small part.
    assert_eq!(copy(lines(90..100) + &lines(20..32)), [""; 0]);
    assert_eq!(copy(lines(100..200) + &lines(20..40)), [""; 0]);
    // The same bytes are told of as such.
    assert_eq!(copy(plan.clone()), [""; 0]);
}

#[test]
fn text_that_is_like_no_secret() {
    let licence = |end: &str| format!("{MIT}{}{end}\n", lines(0..20));
    assert_eq!(similar(&licence("A"), |tree| tree.file("src/LICENSE", licence("B"))), [""; 0]);
    let header: String = (0..30).map(|at| format!("// the license says, in part {at}\n")).collect();
    let file = |text: &str| format!("{header}\n{text}\n");
    assert_eq!(similar(&file("mod a;"), |tree| tree.file("src/b.rs", file("mod b;"))), [""; 0]);
    // Of a private file that is public as well.
    let plan = lines(0..60);
    let found = similar(&plan, |tree| {
        tree.file("src/plan.md", plan.as_str()).file("src/z.md", lines(0..60) + "more\n")
    });
    assert_eq!(found, [""; 0]);
}

/// A later version is told of again only if it brings more.
#[test]
fn text_that_was_there_before() {
    let found = |second: String| {
        let found = warned(MANIFEST, |history| {
            history
                .commit("private", |tree| tree.file("ops/plan.md", lines(0..60)))
                .commit("copied", |tree| tree.file("src/plan.md", lines(0..30)))
                .commit("edited", |tree| tree.file("src/plan.md", second))
        });
        found.iter().filter(|line| line.starts_with("similar-to-private")).count()
    };
    assert_eq!(found(lines(0..30) + "one more line of our own\n"), 1);
    assert_eq!(found(lines(0..45)), 2);
}

/// The texts of a long history are compared on other threads, while they are read.
#[test]
fn a_long_history_is_compared_alike() {
    let found = |commits: u32, second: String| {
        let found = warned(MANIFEST, |history| {
            let history = history
                .commit("private", |tree| tree.file("ops/plan.md", lines(0..60)))
                .commit("copied", |tree| tree.file("src/plan.md", lines(0..30)))
                .commit("edited", |tree| tree.file("src/plan.md", second))
                .commit("another", |tree| tree.file("src/z.md", lines(20..50)));
            (0..commits).fold(history, |history, number| {
                history.commit(number.to_string(), |tree| tree.file("src/a", number.to_string()))
            })
        });
        let found = found.into_iter().filter(|line| line.starts_with("similar-to-private"));
        found.collect::<Vec<_>>()
    };
    let (plan, z) = ("similar-to-private src/plan.md:1", "similar-to-private src/z.md:1");
    for (second, expected) in [
        (lines(0..30) + "one more line of our own\n", vec![plan, z]),
        (lines(0..45), vec![plan, plan, z]),
    ] {
        assert_eq!(found(0, second.clone()), expected);
        assert_eq!(found(600, second), expected);
    }
}

#[test]
fn a_likeness_that_was_reviewed() {
    let found = |more: &str| {
        let manifest = format!("{MANIFEST}{more}");
        let edit = |history: History| {
            history
                .commit("private", |tree| tree.file("ops/plan.md", lines(0..60)))
                .commit("copied", |tree| tree.file("src/plan.md", lines(0..30)))
        };
        (refused(&manifest, edit), warned(&manifest, edit))
    };
    let (like, none) = (vec!["similar-to-private src/plan.md:1".to_owned()], Vec::new());
    let strict = "[guard]\nsimilar-to-private = \"refuse\"\n";
    assert_eq!(found(""), (none.clone(), like.clone()));
    assert_eq!(found(strict), (like, none.clone()));
    assert_eq!(found("[guard]\nsimilar-to-private = \"off\"\n"), (none.clone(), none.clone()));
    let waiver = "[[waiver]]\ncheck = \"similar-to-private\"\npath = \"src/plan.md\"\n\
                  reason = \"a test\"\n";
    assert_eq!(found(&format!("{strict}{waiver}")), (none.clone(), none));
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
