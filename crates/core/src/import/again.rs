// SPDX-License-Identifier: Apache-2.0
//! After a conflict: on with the rest, or back to where nothing had happened.

use repo_sync_shared::{Outcome, PrivateCommit, PublicCommit};

use super::deliver::{self, Move};
use super::onto::{Picked, Picker};
use super::state::Waiting;
use super::{Conflict, ImportError, Imported, ImportedCommit, subject_of};
use crate::error::RunError;
use crate::git::{Environment, Git, PrivateRepo, Scratch};
use crate::object::{Kind, commit_links};

/// Goes on with an import whose conflict was resolved by a commit on its branch.
///
/// # Errors
/// None waits; its branch has not moved, or has gone elsewhere; git fails.
pub fn go_on(
    repo: &PrivateRepo,
    mirror: &str,
    environment: &Environment,
) -> Result<Imported, RunError> {
    let waiting = Waiting::load(repo, mirror)?.ok_or(ImportError::NoneWaits)?;
    let elsewhere = || ImportError::Elsewhere(waiting.branch.clone());
    let resolved = repo.local_branch(&waiting.branch).ok_or_else(elsewhere)?;
    if resolved == waiting.at {
        return Err(ImportError::Unresolved(waiting.branch).into());
    }
    let scratch = Scratch::new(environment)?;
    let objects = repo.objects_and(&scratch.objects())?;
    let object = objects.read(resolved.id(), Kind::Commit)?;
    let parents = commit_links(object.data()).map(|(_, parents)| parents).unwrap_or_default();
    if parents != [waiting.at.id()] {
        return Err(elsewhere().into());
    }
    let [done, rest @ ..] = &waiting.rest[..] else { return Err(elsewhere().into()) };
    let commit = |public: PublicCommit, private: PrivateCommit| {
        let subject = subject_of(&objects, private.id())?;
        Ok::<_, RunError>(ImportedCommit { public, private, keeps_id: false, subject })
    };
    let mut commits = vec![commit(done.public, resolved)?];
    let made = scratch.git().clone().borrowing(&repo.git_dir().join("objects"));
    let writer = scratch.writer()?;
    // What a person resolved is a commit of its own, and so is all that stands on it.
    let mut picker = Picker {
        objects: &objects,
        writer: &writer,
        git: &made,
        shape: None,
        at: resolved,
        image: None,
    };
    let mut conflict = None;
    for (number, one) in rest.iter().enumerate() {
        match picker.pick(one.private)? {
            Picked::As(private) => {
                commits.push(commit(one.public, private)?);
            }
            Picked::Conflict(paths) => {
                let (public, private) = (one.public, one.private);
                let left = rest.len() - number - 1;
                conflict = Some((number, Conflict { public, private, paths, rest: left }));
                break;
            }
        }
    }
    deliver::objects(&made, repo, environment, &[picker.at], &[resolved])?;
    move_branch(repo, environment, &waiting, resolved, picker.at)?;
    match &conflict {
        Some((number, _)) => {
            let rest = rest[*number..].to_vec();
            Waiting { at: picker.at, rest, ..waiting.clone() }.save(repo, mirror)?;
        }
        None => {
            let from = Some(waiting.tip);
            let moves = [Move { name: waiting.keeper(), to: None, from }];
            deliver::refs(repo, environment, &moves)?;
            Waiting::forget(repo, mirror)?;
        }
    }
    let outcome = if conflict.is_some() { Outcome::Failed } else { Outcome::Synced };
    let conflict = conflict.map(|(_, conflict)| conflict);
    Ok(Imported { outcome, branch: waiting.branch, commits, warnings: Vec::new(), conflict })
}

/// Moves the branch forward, with the work tree if it is checked out there.
fn move_branch(
    repo: &PrivateRepo,
    environment: &Environment,
    waiting: &Waiting,
    from: PrivateCommit,
    to: PrivateCommit,
) -> Result<(), RunError> {
    if from == to {
        return Ok(());
    }
    if let (Some(work_dir), Some(head)) = (repo.work_dir(), repo.head_ref())
        && head == waiting.branch_ref()
    {
        let git = Git::at(repo.worktree_git_dir(), environment);
        let args = ["merge", "--quiet", "--ff-only", &to.to_string()].map(str::to_owned);
        git.var("GIT_WORK_TREE", work_dir.as_os_str()).run(&args, b"")?;
        return Ok(());
    }
    let moves = [Move { name: waiting.branch_ref(), to: Some(to), from: Some(from) }];
    deliver::refs(repo, environment, &moves)
}

/// Gives up an import that waits: its branch goes, wherever it stands.
///
/// # Errors
/// None waits; git fails.
pub fn abort(
    repo: &PrivateRepo,
    mirror: &str,
    environment: &Environment,
) -> Result<String, RunError> {
    let waiting = Waiting::load(repo, mirror)?.ok_or(ImportError::NoneWaits)?;
    let mut moves = vec![Move { name: waiting.keeper(), to: None, from: Some(waiting.tip) }];
    if let Some(tip) = repo.local_branch(&waiting.branch) {
        if repo.head_ref() == Some(waiting.branch_ref()) {
            return Err(ImportError::CheckedOut(waiting.branch).into());
        }
        moves.push(Move { name: waiting.branch_ref(), to: None, from: Some(tip) });
    }
    deliver::refs(repo, environment, &moves)?;
    Waiting::forget(repo, mirror)?;
    Ok(waiting.branch)
}
