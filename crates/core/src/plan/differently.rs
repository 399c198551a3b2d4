// SPDX-License-Identifier: Apache-2.0
//! Imported commits that were merged in another way than as they are: squashed, rebased or
//! picked. They are published as new commits, and whoever does that should know before.

use std::collections::HashSet;

use repo_sync_shared::{Check, ObjectId, PrivateCommit, PublicCommit};

use crate::error::RunError;
use crate::object::{Kind, RawCommit};
use crate::replay::record_of;
use crate::report::RawFinding;
use crate::session::Session;

/// How many commits of an imported branch are looked at.
const MOST: usize = 1_000;

/// An imported commit that no listed branch holds.
struct Import {
    branch: String,
    public: PublicCommit,
    tree: ObjectId,
    author: Vec<u8>,
    message: Option<Vec<u8>>,
    /// Whether the branch ends with it, so that its tree is what all of the branch comes to.
    is_last: bool,
}

/// Notices the new images that say again what an import says which is not merged.
pub(super) fn merged_differently(
    session: &Session<'_>,
    new: &[u32],
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let mut imports = Vec::new();
    for (branch, tip) in session.repo.local_branches() {
        imports.extend(not_merged(session, &branch, tip)?);
    }
    if imports.is_empty() {
        return Ok(());
    }
    let replay = &session.replay;
    // Of a commit that still has its record the replay has told.
    let is_told = |commit: u32| {
        let mut findings = replay.findings.iter();
        findings.any(|it| it.check == Check::OriginalUnused && it.commit == Some(commit))
    };
    for &image in new {
        let (Some(commit), Some(bytes)) =
            (replay.images.source(image), replay.commit_bytes(image)?)
        else {
            continue;
        };
        let Ok(raw) = RawCommit::parse(&bytes) else { continue };
        if is_told(commit) {
            continue;
        }
        let same = |import: &&Import| {
            import.author == raw.author && import.message.as_deref() == raw.message
        };
        let whole = |import: &&Import| import.is_last && import.tree == raw.tree;
        let hint = if let Some(Import { branch, public, .. }) = imports.iter().find(same) {
            format!(
                "it is public commit {public} again, which was imported on `{branch}`; merged from there \
                 as it is, that would keep its id"
            )
        } else if let Some(Import { branch, .. }) = imports.iter().find(whole) {
            format!(
                "it brings what was imported on `{branch}` in one commit; merged as they are, those \
                 would keep their public ids"
            )
        } else {
            continue;
        };
        findings.push(RawFinding::at(Check::OriginalUnused, commit, hint));
    }
    Ok(())
}

/// The imported commits at the end of a branch that are in no history of a listed one, and
/// whose originals are no images either.
fn not_merged(
    session: &Session<'_>,
    branch: &str,
    tip: PrivateCommit,
) -> Result<Vec<Import>, RunError> {
    let replay = &session.replay;
    let mut found = Vec::new();
    let mut met = HashSet::new();
    let mut open = vec![tip];
    while let Some(commit) = open.pop() {
        if replay.history.number(commit).is_some() || !met.insert(commit) || met.len() > MOST {
            continue;
        }
        let object = replay.objects().read(commit.id(), Kind::Commit)?;
        let Ok(raw) = RawCommit::parse(object.data()) else { continue };
        let Some((public, original)) = record_of(&raw) else { continue };
        open.extend(raw.parents.iter().copied().map(PrivateCommit::new));
        let Ok(original) = RawCommit::parse(&original) else { continue };
        if replay.images.number(public).is_none() {
            found.push(Import {
                branch: branch.to_owned(),
                public,
                tree: original.tree,
                author: original.author.to_vec(),
                message: original.message.map(<[u8]>::to_vec),
                is_last: commit == tip,
            });
        }
    }
    Ok(found)
}
