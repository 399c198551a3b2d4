// SPDX-License-Identifier: Apache-2.0
//! Which private commits this clone published last.
//!
//! A branch that was moved back leaves the mirror at an image of commits that no
//! listed branch reaches any more. The hint says which private commit that was; it
//! is not believed but replayed, and only an equal id makes it an image of ours.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use repo_sync_shared::{PrivateCommit, PublicCommit};

use crate::git::RemoteRefs;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::session::Session;

fn file(session: &Session<'_>) -> PathBuf {
    let name = &session.policy.mirror.name;
    session.repo.kept_of(name).join("published")
}

/// Notes the branch tips that the mirror has just taken.
pub(super) fn remember(session: &Session<'_>, plan: &Plan) {
    let images = &session.replay.images;
    let lines: String = plan
        .refs
        .iter()
        .filter_map(|update| images.number(PublicCommit::new(update.new?)))
        .filter_map(|image| {
            let private = session.replay.history.id(images.source(image)?);
            Some(format!("{} {private}\n", images.id(image)))
        })
        .collect();
    // Without it the run after a rewind asks a person; nothing else depends on it.
    let _ = fs::write(file(session), lines);
}

/// Replays also what a moved-back branch has left, where the mirror's tips are
/// explained by nothing else.
pub(super) fn recognise(session: &mut Session<'_>, remote: &RemoteRefs, progress: &dyn Progress) {
    let Ok(text) = fs::read_to_string(file(session)) else { return };
    let known: HashMap<PublicCommit, PrivateCommit> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(public, private)| Some((public.parse().ok()?, private.parse().ok()?)))
        .collect();
    let replay = &session.replay;
    let left: Vec<PrivateCommit> = remote
        .iter()
        .map(|(_, tip)| PublicCommit::new(tip))
        .filter(|&tip| replay.images.number(tip).is_none())
        .filter_map(|tip| known.get(&tip).copied())
        .filter(|&private| replay.history.number(private).is_none())
        .filter(|&private| replay.objects().contains(private.id()))
        .collect();
    if left.is_empty() {
        return;
    }
    // What cannot be replayed any more explains nothing.
    if let Ok(more) = session.reopened(&left, progress) {
        *session = more;
    }
}
