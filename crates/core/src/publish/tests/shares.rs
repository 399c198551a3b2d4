// SPDX-License-Identifier: Apache-2.0
//! Histories so long that shares of them are judged apart.

use repo_sync_testing::{History, Tree};

use super::{MANIFEST, Run};

/// How many commits follow the first: more than two shares hold.
const COMMITS: usize = 24;

/// Commits with one new public file each.
fn history() -> History {
    let start = History::new().commit("start", |tree: Tree| {
        tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "secret\n")
    });
    (0..COMMITS).fold(start, |history, number| {
        let label = label(number);
        history.commit(label.clone(), |tree| tree.file(format!("src/{label}"), "new\n"))
    })
}

fn label(number: usize) -> String {
    format!("commit {number}")
}

/// Whichever share a commit is in, what is wrong with it is told, and told of it.
#[test]
fn a_forged_image_is_found_in_every_share() {
    for number in (0..COMMITS).step_by(3) {
        let mut run = Run::new(history());
        let forged = run.image_bytes(&label(number)).replace(&label(number), "something else");
        run.replace(&label(number), forged.as_bytes());
        let forged = run.repo.id(&label(number));
        let findings = run.audit();
        let told = findings.iter().filter_map(|one| one.commit).any(|one| one.id() == forged);
        assert!(told, "commit {number}: {findings:#?}");
    }
}

/// What the mirror shows already need not lie in the store, whoever judges what is new.
#[test]
fn what_is_public_is_public_for_every_share() {
    let mut run = Run::onto(history(), &[("refs/heads/main", "start")]);
    assert_eq!(run.audit(), [], "from the end of what is public on");
    run.claims.since = None;
    assert_eq!(run.audit(), [], "from the beginning");
}
