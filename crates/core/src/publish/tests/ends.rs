// SPDX-License-Identifier: Apache-2.0
//! The verifier on the end of a history, where the rest need not be looked at: and where
//! it must be all the same.

use repo_sync_shared::{ObjectId, PublicCommit};
use repo_sync_testing::{CommitText, History, Tree};

use super::{MANIFEST, Run, untagged};
use crate::verify::Since;

/// Something public to add.
fn more(tree: Tree) -> Tree {
    tree.file("src/more", "more\n")
}

/// A mirror that shows `shown` at its main branch, and more of the history to come.
fn onto(more: impl FnOnce(History) -> History, shown: &str) -> Run {
    Run::onto(more(untagged()), &[("refs/heads/main", shown)])
}

/// The end that is claimed.
fn since(run: &mut Run) -> &mut Since {
    run.claims.since.as_mut().expect("the history is narrow somewhere")
}

/// Whether the verifier is content without a look at the first commit, of which the
/// claims are wrong now.
fn is_content_with_the_end(mut run: Run) -> bool {
    assert_eq!(run.audit(), [], "nothing was wrong before");
    let first = run.claim("start");
    (first.image, first.published) = (None, false);
    run.audit().is_empty()
}

#[test]
fn the_end_of_a_history_is_enough() {
    assert!(is_content_with_the_end(onto(|it| it.commit("new", more), "join")));
    // Where the mirror is behind by a merge, a commit that both its sides have.
    assert!(is_content_with_the_end(onto(
        |it| {
            let it = it.commit("base", more).on("topic").commit("a", |tree| tree.file("src/a", ""));
            let it = it.on("main").commit("b", |tree| tree.file("src/b", "bb\n"));
            it.merge("both", ["topic"], |tree| tree)
        },
        "join",
    )));
    let dropped = |it: History| {
        let it = it.on("topic").commit("none", |tree| tree.file("cloud/n", ""));
        let it = it.on("main").commit("c", more);
        it.merge("private", ["topic"], |tree| tree).commit("d", |tree| tree.file("src/d", ""))
    };
    assert!(is_content_with_the_end(onto(dropped, "join")));
}

#[test]
fn some_questions_need_all_of_it() {
    // An id may name any commit.
    let quoting = |it: History| {
        let id = it.find("shown").to_string();
        it.commit(CommitText::from(format!("Revert {}", &id[..10])), more)
    };
    assert!(!is_content_with_the_end(onto(quoting, "join")));
    // What says nothing of the mirror is governed by where its history leads.
    let silent = "version = 1\n[mirror.other]\n";
    let unnamed = |it: History| {
        let it = it.commit("silent", |tree| more(tree).file("sync.toml", silent));
        it.commit("loud", |tree| tree.file("sync.toml", MANIFEST).file("src/loud", ""))
    };
    assert!(!is_content_with_the_end(onto(unnamed, "join")));
    let run = onto(|it| it.commit("new", more).tag_at("v2", "new"), "join");
    assert_eq!(run.claims.since, None, "a tag can be anywhere");
}

/// The first commit must be what it is claimed to be.
#[test]
fn an_end_that_begins_wrongly_is_none() {
    let run = || onto(|it| it.commit("new", more), "join");
    let mut other = run();
    let bytes = since(&mut other).image.clone();
    let text = String::from_utf8(bytes).expect("the images here are text");
    for (from, to) in [("tree ", "tree 0"), ("author A", "author B"), ("join", "joint")] {
        let mut run = run();
        since(&mut run).image = text.replacen(from, to, 1).into_bytes();
        assert!(!is_content_with_the_end(run), "{from}");
    }
    let mut short = run();
    since(&mut short).commits.clear();
    assert!(!is_content_with_the_end(short));
    let mut beyond = run();
    since(&mut beyond).commits.push(1_000);
    assert!(!is_content_with_the_end(beyond));
    // It leaves out the parents of what is new.
    let mut without = run();
    since(&mut without).commits.remove(0);
    assert!(!is_content_with_the_end(without));
}

/// What is new is judged at the end as ever.
#[test]
fn a_lie_about_what_is_new_is_found() {
    let mut run = onto(|it| it.commit("new", more), "join");
    let text = run.image_bytes("new");
    run.replace("new", text.replace("new\n", "other\n").as_bytes());
    assert_ne!(run.audit(), []);

    let run = onto(|it| it.commit("new", more), "join");
    run.write("blob", b"something else\n");
    assert_ne!(run.audit(), []);

    let mut run =
        onto(|it| it.commit("new", more).commit("newer", |it| it.file("src/n", "")), "join");
    run.claim("newer").image = Some(PublicCommit::new(ObjectId::EMPTY_TREE));
    assert_ne!(run.audit(), []);
}
