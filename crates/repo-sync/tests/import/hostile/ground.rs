// SPDX-License-Identifier: Apache-2.0
//! Commits that stand on nothing of ours, that nobody vouches for, or that hide among others.

use repo_sync_testing::{CommitText, History, Tree};

use super::case;
use crate::common::{Case, PULL, text, word};

#[test]
fn what_stands_on_nothing_of_ours_has_no_place() {
    let case = case();
    let orphan = |history: History| {
        history.orphan("pull").commit("a root", |tree| tree.file("src/own.rs", ""))
    };
    case.pull(orphan);
    case.refused("import-base", None, &[]);
    case.pull(|history| orphan(history).commit("more", |tree| tree.file("src/lib.rs", "")));
    case.refused("import-base", None, &[]);
    // Behind a merge it is no better.
    case.pull(|history| {
        let history = orphan(history).branch("merged", "main");
        let history = history.merge("bring it in", ["pull"], |tree| tree);
        let tip = history.find("merged");
        history.delete_branch("merged").any_ref("refs/heads/pull", tip)
    });
    case.refused("import-base", None, &[]);
}

/// Before a seam the public history is not ours.
#[test]
fn what_lies_behind_a_seam_is_no_ground() {
    let old = |history: History| {
        history
            .commit("by another tool", |tree| tree.file("src/lib.rs", "// old\n"))
            .commit("as it was", |tree| tree.file("src/lib.rs", "// new\n"))
    };
    let base = History::new().commit("start", |tree| {
        let manifest = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
        tree.file("sync.toml", manifest).file("src/lib.rs", "// new\n").file("cloud/bill.rs", "")
    });
    let case = Case::joined(base, old);
    // The manifest alone is nothing that is public.
    let public = |rev: &str| case.mirror.git().run(["rev-parse", rev]);
    let behind = public("main~1");
    case.pull_from(&behind, |history| {
        history.commit("contribute", |tree| tree.file("src/more.rs", ""))
    });
    case.refused("import-base", None, &[]);
    // On the commit where both meet, all is well.
    case.pull_from(&public("main"), |history| {
        history.commit("contribute", |tree| tree.file("src/more.rs", ""))
    });
    assert_eq!(word(&case.import(&[PULL], 0), "outcome"), "synced");
}

/// A commit whose author says nothing of where it comes from.
#[test]
fn a_sign_off_is_the_authors_own() {
    let case = case();
    let says = |message: &str| {
        let message = message.replace("OWN", "Signed-off-by: Pat Outside <pat@example.org>");
        let text =
            CommitText::raw("signed", message).author("Pat Outside <pat@example.org> 1 +0000");
        case.pull(|history| history.commit(text, |tree| tree.file("src/signed.rs", "")));
    };
    for message in [
        "no word\n",
        "another's\n\nSigned-off-by: Quinn <quinn@example.org>\n",
        "the same name\n\nSigned-off-by: Pat Outside <pat@example.com>\n",
        "not the last paragraph\n\nOWN\n\nor is it?\n",
        "OWN\n",
        "OWN as a subject\n\nReviewed-by: Quinn <quinn@example.org>\n",
        "quoted\n\n> OWN\n",
    ] {
        says(message);
        case.refused("import-signoff", None, &["--require-signoff"]);
    }
    // Each of them has to be.
    case.pull(|history| {
        let signed = "one\n\nSigned-off-by: Pat Outside <pat@example.org>\n";
        let signed = CommitText::raw("one", signed).author("Pat Outside <pat@example.org> 1 +0000");
        history
            .commit(text("two"), |tree| tree.file("src/two.rs", ""))
            .commit(signed, |tree| tree.file("src/one.rs", ""))
    });
    case.refused("import-signoff", None, &["--require-signoff"]);
    says("mine\n\nReviewed-by: Quinn <quinn@example.org>\nOWN\n");
    let report = case.import(&[PULL, "--require-signoff"], 0);
    assert_eq!(word(&report, "outcome"), "synced", "{report}");
}

/// The last commit of many is looked at like the first.
#[test]
fn one_bad_commit_spoils_all() {
    let case = case();
    let fine = |tree: Tree| tree.file("src/fine.rs", "");
    let bad = |tree: Tree| tree.file("cloud/bad.rs", "");
    case.pull(|history| history.commit("fine", fine).commit("bad", bad));
    case.refused("import-path", Some(b"cloud/bad.rs"), &[]);
    // What is taken back was there.
    case.pull(|history| {
        history
            .commit("bad", bad)
            .commit("never mind", |tree| tree.delete("cloud"))
            .commit("fine", fine)
    });
    case.refused("import-path", Some(b"cloud/bad.rs"), &[]);
    // Nor does it help to come by a merge.
    case.pull(|history| {
        let history = history.on("side").commit("bad", bad).on("pull").commit("fine", fine);
        history.merge("join", ["side"], |tree| tree.delete("cloud")).delete_branch("side")
    });
    case.refused("import-path", Some(b"cloud/bad.rs"), &[]);
}
