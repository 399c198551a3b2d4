// SPDX-License-Identifier: Apache-2.0
//! Where a mirror stands beside the private repository, and what to do next.
//!
//! [`look`] asks the mirror for its refs, and says of each branch how it stands. It
//! judges no object and changes nothing: what a sync would refuse, `plan` finds out.

mod imports;
mod verified;

use repo_sync_shared::{Outcome, PrivateCommit, PublicCommit};

use crate::error::{Failure, RunError};
use crate::import::waiting;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::publish::{SyncRequest, outline};
use crate::session::Session;

pub use imports::Import;
pub use verified::{Audit, Verified, remember};

/// How one mirror stands.
#[derive(Debug)]
pub struct Status {
    /// The listed branches that exist.
    pub branches: Vec<BranchStatus>,
    /// How many public commits a sync would publish; `None` if the mirror cannot be
    /// asked.
    pub behind: Option<u64>,
    /// Commits of the mirror that are not ours, newest first.
    pub foreign: Vec<PublicCommit>,
    /// What was imported on branches that are not merged yet.
    pub imports: Vec<Import>,
    /// The branch of an import that waits until a conflict is resolved.
    pub waiting: Option<String>,
    /// When this clone last saw that the mirror is as it should be.
    pub verified: Option<Verified>,
    /// What to do, one after the other.
    pub next: Vec<Next>,
    /// Why the mirror could not be asked, if that is so.
    pub unreachable: Option<Failure>,
}

/// How one branch of the mirror stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchStatus {
    /// Its short name.
    pub name: String,
    /// Where the private branch stands.
    pub private: PrivateCommit,
    /// The image that the public branch should show.
    pub image: Option<PublicCommit>,
    /// Where the public branch stands, if there is one and it can be seen.
    pub public: Option<PublicCommit>,
    /// How the two stand to each other.
    pub standing: Standing,
}

/// How a public branch stands to the image of its private one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody could look.
    Unknown,
    /// Nothing of the private branch is public, and so is nothing of the mirror's.
    Nothing,
    /// Both are the same.
    Same,
    /// The mirror lacks so many public commits.
    Behind(u64),
    /// The private branch was moved back: the mirror shows more of ours.
    Ahead,
    /// Neither descends from the other.
    Diverged,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on with an import, once its conflict is resolved.
    Continue,
    /// Bring in what was committed on the mirror, up to this commit.
    Import(PublicCommit),
    /// Merge what was imported on this branch.
    Merge(String),
    /// See what a sync would refuse, or why it could go no further.
    Plan,
    /// Publish.
    Sync,
}

/// Looks at a mirror. One that cannot be reached is no error here: what is known
/// without it is said all the same.
///
/// # Errors
/// An object of the private repository cannot be read; the address is none for this
/// mirror; the mirror answers, and what it holds cannot be read.
pub fn look(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<Status, RunError> {
    let waiting = waiting(session.repo, &session.policy.mirror.name)?;
    let verified = Verified::recall(session, request.address);
    let plan = match outline(session, request, progress) {
        Ok(plan) => plan,
        Err(RunError::Failed(failure @ Failure::Unreachable { .. })) => {
            let branches = branches(session, |_, _| (None, Standing::Unknown));
            return Ok(Status {
                branches,
                behind: None,
                foreign: Vec::new(),
                imports: imports::find(session)?,
                waiting,
                verified,
                next: Vec::new(),
                unreachable: Some(failure),
            });
        }
        Err(err) => return Err(err),
    };
    let imports = imports::find(session)?;
    let next = match waiting {
        Some(_) => vec![Next::Continue],
        None => next(&plan, &imports),
    };
    Ok(Status {
        branches: branches(session, |session, branch| standing(session, &plan, branch)),
        behind: Some(plan.new.len() as u64),
        foreign: plan.foreign,
        imports,
        waiting,
        verified,
        next,
        unreachable: None,
    })
}

/// The listed branches, each with where its public one stands and how.
fn branches(
    session: &Session<'_>,
    standing: impl Fn(&Session<'_>, &BranchStatus) -> (Option<PublicCommit>, Standing),
) -> Vec<BranchStatus> {
    let branches = session.policy.branches.iter().map(|branch| {
        let mut status = BranchStatus {
            name: branch.name.clone(),
            private: branch.tip,
            image: session.replay.image_of(branch.tip),
            public: None,
            standing: Standing::Unknown,
        };
        (status.public, status.standing) = standing(session, &status);
        status
    });
    branches.collect()
}

fn standing(
    session: &Session<'_>,
    plan: &Plan,
    branch: &BranchStatus,
) -> (Option<PublicCommit>, Standing) {
    let full = format!("refs/heads/{}", branch.name);
    let update = plan.refs.iter().find(|update| update.name == full.as_bytes());
    let public = update.and_then(|update| update.expected).map(PublicCommit::new);
    let standing = match branch.image {
        _ if plan.divergences.iter().any(|other| other.branch == branch.name) => Standing::Diverged,
        None if public.is_none() => Standing::Nothing,
        image if image == public => Standing::Same,
        Some(image) if update.is_some_and(|update| update.new == Some(image.id())) => {
            let images = &session.replay.images;
            let behind = images.dag.ancestors(images.number(image));
            let lacks =
                behind.iter().zip(&plan.public).filter(|(behind, public)| **behind && !**public);
            Standing::Behind(lacks.count() as u64)
        }
        Some(_) | None => Standing::Ahead,
    };
    (public, standing)
}

/// What to do about a plan, and what was imported.
fn next(plan: &Plan, imports: &[Import]) -> Vec<Next> {
    let is_imported = |commit| imports.iter().any(|import| import.originals.contains(commit));
    let mut next = Vec::new();
    for divergence in &plan.divergences {
        if plan.foreign.contains(&divergence.mirror) && !is_imported(&divergence.mirror) {
            next.push(Next::Import(divergence.mirror));
        }
    }
    next.extend(imports.iter().map(|import| Next::Merge(import.branch.clone())));
    match plan.outcome() {
        Outcome::Planned => next.push(Next::Sync),
        Outcome::Refused | Outcome::Diverged if next.is_empty() => next.push(Next::Plan),
        _ => {}
    }
    next
}
