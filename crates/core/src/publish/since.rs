// SPDX-License-Identifier: Apache-2.0
//! The end of the private history that a plan is about: all that is not behind one
//! published commit.
//!
//! Every way from what is planned down to the roots leads through that commit, so what
//! is behind it says nothing of what is new that its image does not. For the verifier, which
//! would read all commits of the history otherwise.

use std::collections::BinaryHeap;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use super::SyncRequest;
use crate::error::RunError;
use crate::plan::Plan;
use crate::session::Session;
use crate::verify::Since;

/// Of more commits than these, looking at all of the history takes not much longer.
const MOST: usize = 4_096;

/// The end of the history that holds all that is planned and every tip of the mirror that
/// moves; `None` where it would be long, or where what is behind it may matter: withheld
/// commits and tags can be anywhere.
pub(super) fn find(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    plan: &Plan,
) -> Result<Option<Since>, RunError> {
    if !session.policy.mirror.withhold.is_empty() || !session.repo.shallow().is_empty() {
        return Ok(None);
    }
    let (history, images) = (&session.replay.history, &session.replay.images);
    let mut sought: FxHashSet<ObjectId> = FxHashSet::default();
    let mut open = BinaryHeap::new();
    for update in plan.updates() {
        let Some(branch) = update.name.strip_prefix(b"refs/heads/") else { return Ok(None) };
        let tip = session.policy.branches.iter().find(|known| known.name.as_bytes() == branch);
        let Some(tip) = tip.and_then(|branch| history.number(branch.tip)) else { return Ok(None) };
        open.push(tip);
        sought.extend(update.expected);
    }
    if let Some(rev) = request.rev {
        let Some(rev) = history.number(session.repo.rev(rev)?) else { return Ok(None) };
        open.push(rev);
    }
    let mut met: FxHashSet<u32> = open.iter().copied().collect();
    let mut commits = Vec::new();
    // Parents have smaller numbers: whatever is met is met before it is taken.
    while let Some(commit) = open.pop() {
        commits.push(commit);
        if commits.len() > MOST {
            return Ok(None);
        }
        if let Some(image) = images.of(commit) {
            sought.remove(&images.id(image).id());
        }
        let own = images
            .own(commit)
            .filter(|&image| plan.public[image as usize] && images.source(image) == Some(commit));
        if let Some(image) = own
            && open.is_empty()
            && sought.is_empty()
        {
            let Some(image) = session.replay.commit_bytes(image)? else { return Ok(None) };
            commits.reverse();
            return Ok(Some(Since { commits, image }));
        }
        let parents = history.dag.parents(commit).iter().copied();
        open.extend(parents.filter(|&parent| met.insert(parent)));
    }
    Ok(None)
}
