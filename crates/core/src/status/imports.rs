// SPDX-License-Identifier: Apache-2.0
//! Imported commits that no listed branch holds yet.

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use repo_sync_shared::{PrivateCommit, PublicCommit};
use rustc_hash::FxHashMap;

use crate::error::RunError;
use crate::object::{Kind, RawCommit};
use crate::replay::record_of;
use crate::session::Session;

/// A branch with imported commits that are not merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The short name of the branch.
    pub branch: String,
    /// Where it stands.
    pub tip: PrivateCommit,
    /// The public commits that were imported, parents first.
    pub originals: Vec<PublicCommit>,
}

/// A private commit that no listed branch holds.
struct Apart {
    parents: Vec<PrivateCommit>,
    /// The public commit that it says it was made from, with the parents of that.
    original: Option<(PublicCommit, Vec<PublicCommit>)>,
}

/// The local branches that hold imports which are not merged. What was imported from
/// another mirror stands on nothing of this one, and what has an image by now was
/// merged in another way.
pub(super) fn find(session: &Session<'_>) -> Result<Vec<Import>, RunError> {
    let mut known: FxHashMap<PrivateCommit, Apart> = FxHashMap::default();
    let mut imports = Vec::new();
    for (branch, tip) in session.repo.local_branches() {
        let line = apart(session, &mut known, tip)?;
        let images = &session.replay.images;
        let mut originals: Vec<PublicCommit> = Vec::new();
        for (original, parents) in line.iter().filter_map(|one| known[one].original.as_ref()) {
            let stands = |parent: &PublicCommit| {
                images.number(*parent).is_some() || originals.contains(parent)
            };
            if images.number(*original).is_none() && parents.iter().any(stands) {
                originals.push(*original);
            }
        }
        if !originals.is_empty() {
            imports.push(Import { branch, tip, originals });
        }
    }
    Ok(imports)
}

/// The commits of a branch that no listed branch holds, parents first.
fn apart(
    session: &Session<'_>,
    known: &mut FxHashMap<PrivateCommit, Apart>,
    tip: PrivateCommit,
) -> Result<Vec<PrivateCommit>, RunError> {
    let shallow = session.repo.shallow();
    let mut line = Vec::new();
    let mut met = HashSet::new();
    // Each is met on the way down, and written down once all its parents are.
    let mut open = vec![(tip, false)];
    while let Some((commit, is_done)) = open.pop() {
        if is_done {
            line.push(commit);
            continue;
        }
        if session.replay.history.number(commit).is_some() || !met.insert(commit) {
            continue;
        }
        let known = match known.entry(commit) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let mut read = read(session, commit)?;
                read.parents.retain(|_| !shallow.contains(&commit.id()));
                unknown.insert(read)
            }
        };
        open.push((commit, true));
        open.extend(known.parents.iter().rev().map(|&parent| (parent, false)));
    }
    Ok(line)
}

fn read(session: &Session<'_>, commit: PrivateCommit) -> Result<Apart, RunError> {
    let object = session.replay.objects().read(commit.id(), Kind::Commit)?;
    // A branch that nobody publishes may hold what a listed one may not.
    let Ok(raw) = RawCommit::parse(object.data()) else {
        return Ok(Apart { parents: Vec::new(), original: None });
    };
    let original = record_of(&raw).and_then(|(public, bytes)| {
        let parents = RawCommit::parse(&bytes).ok()?.parents;
        Some((public, parents.into_iter().map(PublicCommit::new).collect()))
    });
    Ok(Apart { parents: raw.parents.into_iter().map(PrivateCommit::new).collect(), original })
}
