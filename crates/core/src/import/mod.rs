// SPDX-License-Identifier: Apache-2.0
//! Public commits in, private commits out: contributions come back.
//!
//! [`import`] fetches commits that are not ours and lays each over the private commit whose
//! image its parent is: the files that it changes, where they belong in the private tree,
//! and nothing else. Each records its original, so its image is that very commit. All
//! of it is made beside the private repository, replayed, and judged; only then do the
//! commits get a branch of their own there. Nothing else of the private repository moves.

mod again;
mod changes;
mod deliver;
mod edit;
mod fetch;
mod guard;
mod lay;
mod merge;
mod onto;
mod place;
mod request;
mod shop;
mod signoff;
mod state;

use repo_sync_shared::{
    Check, Finding, ObjectId, Outcome, PrivateCommit, PublicCommit, escape_bytes,
};

use crate::error::RunError;
use crate::git::{Git, Objects, PrivateRepo, Scratch};
use crate::message::subject;
use crate::object::{Kind, RawCommit};
use crate::policy::Policy;
use crate::progress::Progress;
use crate::session::{Session, SessionOptions};

pub use again::{abort, go_on};
pub use request::{Conflict, ImportError, ImportRequest, Imported, ImportedCommit};

use fetch::Wanted;
use onto::Picker;
use shop::{Laid, Shop};
use state::Waiting;

/// A finding about a public commit, which a report names in words.
fn finding(check: Check, commit: PublicCommit, path: Option<&[u8]>, hint: String) -> Finding {
    let path = path.map(escape_bytes);
    let hint = format!("public commit {}: {hint}", commit.id().short());
    Finding { check, commit: None, path, line: None, rule: None, hint }
}

/// Imports what `request` asks for into the private repository.
///
/// # Errors
/// The other side cannot be read or holds nothing of that name; a commit is not one to
/// import; the branch is there; an object cannot be read or written.
pub fn import(
    repo: &PrivateRepo,
    policy: Policy,
    options: &SessionOptions,
    request: &ImportRequest<'_>,
    progress: &dyn Progress,
) -> Result<Imported, RunError> {
    let mirror = policy.mirror.name.clone();
    if let Some(waiting) = Waiting::load(repo, &mirror)? {
        return Err(ImportError::Waits(waiting.branch).into());
    }
    let scratch = Scratch::new(request.environment)?;
    let objects = repo.objects_and(&scratch.objects())?;
    let onto: Vec<PrivateCommit> = request.onto.into_iter().collect();
    let session = Session::under(policy, repo, &objects, options, &onto, progress)?;
    let wanted = Wanted::find(&session, request)?;
    let branch = branch_name(repo, request)?;
    if wanted.commits.is_empty() {
        let (commits, warnings) = (Vec::new(), Vec::new());
        let outcome = Outcome::UpToDate;
        return Ok(Imported { outcome, branch, commits, warnings, conflict: None });
    }
    wanted.fetch(request, &scratch)?;
    if request.require_signoff {
        signoff::check(&objects, &wanted.commits)?;
    }
    let made = scratch.git().clone().borrowing(&repo.git_dir().join("objects"));
    let writer = scratch.writer()?;
    let shop = Shop { repo, session, request, wanted, made, progress };
    let (laid, mut proof) = shop.lay(&objects, &writer)?;
    let subjects = laid.iter().map(|&(public, _)| Ok((public, subject_of(&objects, public.id())?)));
    let subjects = subjects.collect::<Result<_, RunError>>()?;
    let laid = Laid { commits: laid, branch, subjects };
    let warnings = shop.judge(&mut proof, &laid)?;
    match request.onto {
        None => shop.deliver(&proof, &laid, warnings),
        Some(onto) => {
            let shape = shop.session.replay.history.number(onto);
            let shape = shape.and_then(|onto| shop.session.replay.shape_in_force(onto));
            let image = shop.session.replay.image_of(onto);
            let picker = Picker {
                objects: &objects,
                writer: &writer,
                git: &shop.made,
                shape,
                at: onto,
                image,
            };
            shop.rebase(picker, &laid, warnings)
        }
    }
}

/// The branch of an import that waits until a conflict is resolved, if one does.
///
/// # Errors
/// What was left of it cannot be read.
pub fn waiting(repo: &PrivateRepo, mirror: &str) -> Result<Option<String>, RunError> {
    Ok(Waiting::load(repo, mirror)?.map(|waiting| waiting.branch))
}

/// The subject of a commit's message; nothing of one that cannot be understood.
fn subject_of(objects: &Objects<'_>, commit: ObjectId) -> Result<Vec<u8>, RunError> {
    let object = objects.read(commit, Kind::Commit)?;
    let raw = RawCommit::parse(object.data()).ok();
    Ok(raw.and_then(|raw| raw.message.map(subject)).unwrap_or_default())
}

/// The branch that is to be made.
fn branch_name(repo: &PrivateRepo, request: &ImportRequest<'_>) -> Result<String, RunError> {
    let name = match request.branch {
        Some(name) => name.to_owned(),
        None => format!("import/{}", short_name(request.rev)),
    };
    let git = Git::at(repo.git_dir(), request.environment);
    let full = format!("refs/heads/{name}");
    match git.output(&["check-ref-format", &full], b"")?.status.success() {
        true => Ok(name),
        false => Err(ImportError::BranchName(name).into()),
    }
}

/// What of a revision makes a good name: `pull-7` of `refs/pull/7/head`.
fn short_name(rev: &str) -> String {
    let end = rev.rsplit("..").next().unwrap_or(rev);
    if let Ok(commit) = end.parse::<PublicCommit>() {
        return commit.id().short();
    }
    let name = ["refs/heads/", "refs/tags/", "refs/"]
        .iter()
        .find_map(|prefix| end.strip_prefix(prefix))
        .unwrap_or(end);
    match name.strip_suffix("/head") {
        Some(request) => request.replace('/', "-"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_named_after_what_it_holds() {
        let check = |rev: &str, expected: &str| assert_eq!(short_name(rev), expected, "{rev}");
        check("main", "main");
        check("refs/heads/fix/a", "fix/a");
        check("refs/pull/7/head", "pull-7");
        check("merge-requests/7/head", "merge-requests-7");
        check("v1..main", "main");
        check(&"ab".repeat(20), "ababababab");
    }
}
