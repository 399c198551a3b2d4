// SPDX-License-Identifier: Apache-2.0
//! `symlink-private` and `symlink-escape`.

use crate::common::{MANIFEST, refused, warned};

/// What is found of a link at `src/a/link` with this target.
#[track_caller]
fn check(target: &str, expected: &[&str]) {
    let found = refused(MANIFEST, |history| {
        history.commit("link", |tree| tree.symlink("src/a/link", target))
    });
    assert_eq!(found, expected, "{target}");
}

const PRIVATE: &[&str] = &["symlink-private src/a/link"];
const ESCAPE: &[&str] = &["symlink-escape src/a/link"];

#[test]
fn a_link_to_something_private() {
    check("../../cloud/billing/src/invoice.rs", PRIVATE);
    check("../../cloud", PRIVATE);
    check("../../Cloud/nothing", PRIVATE);
    check("../../cloud/not/there", PRIVATE);
    check("../../ops/runbook", PRIVATE);
    check("../../ops/../README.md", PRIVATE);
    check("../..//./ops/", PRIVATE);
    check("../../sync.toml", PRIVATE);
    check("..\\..\\cloud\\billing", PRIVATE);
    check("../../ops\0/x", PRIVATE);
}

#[test]
fn a_link_to_something_public_or_to_nothing() {
    for target in
        ["../lib.rs", "..", "../..", "../../README.md", "link", "../nothing", "../../target/x", ""]
    {
        let endless = ["symlink-escape src/a/link"];
        check(target, if target == "link" { &endless } else { &[] });
    }
}

#[test]
fn a_link_that_leaves_the_repository() {
    for target in [
        "../../../elsewhere",
        "../../..",
        "/etc/passwd",
        "C:\\secret",
        "c:/secret",
        "\\\\host\\share",
        "a\\b",
        "a\0b",
        "../../nothing/../../elsewhere",
        &"x".repeat(5_000),
    ] {
        check(target, ESCAPE);
    }
}

#[test]
fn a_link_through_further_links() {
    let found = refused(MANIFEST, |history| {
        history.commit("links", |tree| {
            tree.symlink("src/one", "two")
                .symlink("src/two", "../docs")
                .file("docs/page.md", "")
                .symlink("src/fine", "one/page.md")
                .symlink("src/up", "one/../ops")
                .symlink("docs/out", "../ops/runbook")
                .symlink("src/far", "two/out/page.md")
        })
    });
    assert_eq!(
        found,
        ["symlink-private docs/out", "symlink-private src/far", "symlink-private src/up"]
    );
}

#[test]
fn a_chain_that_no_system_follows() {
    let chain = |length: usize| {
        refused(MANIFEST, |history| {
            history.commit("links", |tree| {
                let tree = tree.file("src/l0", "");
                (1..=length).fold(tree, |tree, at| {
                    tree.symlink(format!("src/l{at}"), format!("l{}", at - 1))
                })
            })
        })
    };
    assert_eq!(chain(40), [""; 0]);
    assert_eq!(chain(42), ["symlink-escape src/l41", "symlink-escape src/l42"]);
}

/// The link is judged in the tree of its own commit, and once more in the newest.
#[test]
fn what_a_link_leads_to_may_come_later() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("link", |tree| tree.symlink("src/link", "../later/on"))
            .commit("later", |tree| tree.file("later/on", "private"))
    });
    assert_eq!(found, ["symlink-private src/link"]);
}

/// Only what was not there then may come later: the directory that a link stands in was.
#[test]
fn what_a_link_stands_in_may_become_private() {
    let manifest = MANIFEST.replace("[mirror", "exclude = [\"src/internal\"]\n[mirror");
    let found = refused(&manifest, |history| {
        history
            .commit("link", |tree| tree.symlink("src/link", "made/by/a/build"))
            .commit("private", |tree| {
                tree.delete("src").file("src/internal/plan.rs", "private").symlink("a.b", "src")
            })
    });
    assert_eq!(found, ["symlink-private a.b"]);
}

/// A private link may lead wherever it likes.
#[test]
fn a_private_link() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("link", |tree| tree.symlink("cloud/link", "/etc").symlink("ops/l", "../cloud"))
    });
    assert_eq!(found, [""; 0]);
}

/// In the mirror the link stands in another place, so it leads to another.
#[test]
fn a_link_that_is_moved() {
    let moved = "version = 1\ninclude = [\"pub\"]\n[mirror.public]\n\
                 [[move]]\nfrom = \"pub/src\"\nto = \"\"\n";
    for (target, expected) in [
        ("lib.rs", None),
        ("../src/lib.rs", Some("symlink-escape pub/src/link")),
        ("../README.md", Some("symlink-escape pub/src/link")),
        ("ops", Some("symlink-private pub/src/link")),
        ("sub/../cloud", Some("symlink-private pub/src/link")),
        ("../../ops", Some("symlink-private pub/src/link")),
    ] {
        let found = refused(moved, |history| {
            history.commit("link", |tree| {
                tree.file("pub/src/lib.rs", "")
                    .file("pub/README.md", "")
                    .symlink("pub/src/link", target)
            })
        });
        assert_eq!(found, Vec::from_iter(expected), "{target}");
    }
}

#[test]
fn a_level_and_a_waiver_hold_for_an_escape_only() {
    let manifest = |more: &str| format!("{MANIFEST}{more}");
    let links = |history: repo_sync_testing::History| {
        history.commit("links", |tree| {
            tree.symlink("src/abs", "/etc").symlink("src/cloud", "../cloud")
        })
    };
    let private = ["symlink-private src/cloud"];
    let off = manifest("[guard]\nsymlink-escape = \"off\"\n");
    assert_eq!(refused(&off, links), private);
    let waived = manifest(
        "[[waiver]]\ncheck = \"symlink-escape\"\npath = \"src/abs\"\nreason = \"a test\"\n",
    );
    assert_eq!(refused(&waived, links), private);
    let warn = manifest("[guard]\nsymlink-escape = \"warn\"\n");
    assert_eq!(warned(&warn, links), ["symlink-escape src/abs"]);
}
