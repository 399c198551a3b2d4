// SPDX-License-Identifier: Apache-2.0
//! What was made beside the private repository, brought into it: objects first, then
//! refs, all or none.

use std::fmt::Write as _;

use repo_sync_shared::{ObjectId, PrivateCommit};

use crate::error::RunError;
use crate::git::{Environment, Git, PrivateRepo};

/// A ref that is to be made or moved.
pub(super) struct Move {
    /// Its full name.
    pub(super) name: String,
    /// What it is to name; `None` if it is to go.
    pub(super) to: Option<PrivateCommit>,
    /// What it names now; `None` if it is not there.
    pub(super) from: Option<PrivateCommit>,
}

/// Copies what `tips` reach and `known` do not from where `made` looks into the private
/// repository.
pub(super) fn objects(
    made: &Git,
    repo: &PrivateRepo,
    environment: &Environment,
    tips: &[PrivateCommit],
    known: &[PrivateCommit],
) -> Result<(), RunError> {
    let mut revs = String::new();
    for tip in tips {
        let _ = writeln!(revs, "{tip}");
    }
    for known in known {
        let _ = writeln!(revs, "^{known}");
    }
    let pack = ["pack-objects", "--quiet", "--revs", "--stdout", "--delta-base-offset"];
    let pack = made.run(&pack, revs.as_bytes())?;
    Git::at(repo.git_dir(), environment).run(&["index-pack", "--stdin"], &pack)?;
    Ok(())
}

/// Moves refs of the private repository, if each is where it was seen.
pub(super) fn refs(
    repo: &PrivateRepo,
    environment: &Environment,
    moves: &[Move],
) -> Result<(), RunError> {
    let mut input = String::from("start\n");
    for Move { name, to, from } in moves {
        let id =
            |commit: &Option<PrivateCommit>| commit.map_or(ObjectId::NULL, |commit| commit.id());
        let _ = match to {
            Some(to) => writeln!(input, "update {name} {to} {}", id(from)),
            None => writeln!(input, "delete {name} {}", id(from)),
        };
    }
    input.push_str("prepare\ncommit\n");
    let git = Git::at(repo.git_dir(), environment);
    git.run(&["update-ref", "-m", "repo-sync import", "--stdin"], input.as_bytes())?;
    Ok(())
}
