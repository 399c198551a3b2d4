// SPDX-License-Identifier: Apache-2.0
//! What the engine claims of a run, as the verifier wants to have it.

use std::collections::HashSet;

use repo_sync_shared::PublicCommit;

use super::{SyncRequest, since};
use crate::error::RunError;
use crate::git::RemoteRefs;
use crate::plan::{Plan, find_foreign};
use crate::replay::Fate;
use crate::session::Session;
use crate::verify::{Claims, CommitClaim, PolicyAt, RefClaim};

/// The claims of a session: the map, and what the private repository shows.
pub(super) fn of_session(session: &Session<'_>) -> Claims {
    let (history, images) = (&session.replay.history, &session.replay.images);
    let commits = history.numbers().map(|commit| CommitClaim {
        private: history.id(commit),
        image: images.of(commit).map(|image| images.id(image)),
        published: images.fate(commit) == Fate::Published,
    });
    Claims {
        mirror: session.policy.mirror.name.clone(),
        policy: match &session.policy.stand_in {
            Some(file) => PolicyAt::StandIn(file.text.clone()),
            None => PolicyAt::Commit(session.policy.tip),
        },
        commits: commits.collect(),
        shallow: session.repo.shallow(),
        branches: session
            .policy
            .branches
            .iter()
            .map(|branch| (branch.name.clone(), branch.tip))
            .collect(),
        tags: session.repo.tags().into_iter().map(|tag| (tag.name, tag.target)).collect(),
        ..Claims::default()
    }
}

/// The claims of a plan, against a mirror that shows these refs.
pub(super) fn of_plan(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    plan: &Plan,
    remote: &RemoteRefs,
) -> Result<Claims, RunError> {
    let mut claims = of_session(session);
    claims.seen = remote.shown().map(|(name, id)| (name.to_vec(), id)).collect();
    claims.beyond = beyond(session, request, plan)?;
    claims.since = since::find(session, request, plan)?;
    let rev = request.rev.map(|rev| session.repo.rev(rev)).transpose()?;
    for update in plan.updates() {
        let Some(new) = update.new else { continue };
        let branch = update.name.strip_prefix(b"refs/heads/");
        let source = match (branch, update.name.strip_prefix(b"refs/tags/")) {
            (Some(name), _) => {
                let tip = claims.branches.iter().find(|(known, _)| known.as_bytes() == name);
                rev.or(tip.map(|(_, tip)| *tip)).map(|commit| commit.id())
            }
            (None, Some(name)) => {
                claims.tags.iter().find(|(known, _)| known == name).map(|(_, target)| *target)
            }
            (None, None) => None,
        };
        claims.updates.push(RefClaim {
            name: update.name.clone(),
            expected: update.expected,
            new,
            // A ref that comes from nowhere is for the verifier to refuse.
            source: source.unwrap_or(repo_sync_shared::ObjectId::NULL),
        });
    }
    Ok(claims)
}

/// Commits of the mirror that are no images of ours, where a planned branch stands
/// at one: what lies behind a seam only the mirror knows.
fn beyond(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    plan: &Plan,
) -> Result<Vec<(PublicCommit, Vec<PublicCommit>)>, RunError> {
    let images = &session.replay.images;
    let shown: Vec<_> = plan
        .refs
        .iter()
        .filter(|update| update.name.starts_with(b"refs/heads/"))
        .filter_map(|update| Some((String::from_utf8(update.name.clone()).ok()?, update.expected?)))
        .collect();
    let is_ours = |id| images.number(id).is_some_and(|image| images.source(image).is_some());
    if shown.iter().all(|(_, tip)| is_ours(PublicCommit::new(*tip))) {
        return Ok(Vec::new());
    }
    let names: Vec<String> = shown.into_iter().map(|(name, _)| name).collect();
    let foreign =
        find_foreign(request.address, request.environment, &names, &HashSet::new(), |_| true)?;
    Ok(foreign.graph().collect())
}
