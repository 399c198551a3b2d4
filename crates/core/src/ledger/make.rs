// SPDX-License-Identifier: Apache-2.0
//! What a run leaves for the next one.

use std::sync::Arc;

use super::{Commit, Image, Ledger, NONE, number};
use crate::atlas::Atlas;
use crate::filter::PrivateIds;
use crate::message::QuotedIds;
use crate::session::Session;

/// A run with a ledger leaves one in its place when it had to read as many commits
/// more: until then writing costs more than reading them again.
const WORTH_IT: u32 = 64;

impl Ledger {
    /// Remembers what leads up to the `public` images, by number, unless most of it is
    /// remembered already, or something must be said of it each time.
    pub(crate) fn renew(session: &Session<'_>, public: &[bool]) {
        let history = &session.replay.history;
        let behind = behind(session, public);
        let count = behind.iter().filter(|&&behind| behind).count();
        let known = history.numbers().filter(|&one| history.remembered(one).is_some()).count();
        let told_before = session.ledger.as_ref().and_then(Self::private);
        let is_worth_it = known == 0
            || number(count) >= number(known) + WORTH_IT
            || told_before.is_none() && session.private.is_some();
        if count > 0 && is_worth_it && may_be_remembered(session, &behind) {
            let private = session.private.clone().or_else(|| told_before.cloned());
            Self::of(session, &behind, private).save(session.repo, &session.policy);
        }
        Atlas::renew(session, public);
    }

    /// The commits of `behind`, by number, and their images.
    fn of(session: &Session<'_>, behind: &[bool], private: Option<Arc<PrivateIds>>) -> Self {
        let replay = &session.replay;
        let (history, images) = (&replay.history, &replay.images);
        let in_force = replay.in_force();
        let mut this = Self { private, ..Self::default() };
        // One manifest stands for all that shape alike.
        let mut shaped_by = vec![NONE; in_force.shapes().len()];
        for (place, &(manifest, shape)) in (0..).zip(in_force.manifests()) {
            this.manifests.push(manifest);
            if let Some(shape) = shape {
                shaped_by[shape as usize] = place;
            }
        }
        let kept: Vec<u32> = history.numbers().filter(|&one| behind[one as usize]).collect();
        let place = places(history.len(), &kept);
        let shown = images.dag.ancestors(kept.iter().filter_map(|&commit| images.of(commit)));
        let kept_images: Vec<u32> =
            images.numbers().filter(|&image| shown[image as usize]).collect();
        let image_place = places(images.len(), &kept_images);
        let commit_at = |commit: Option<u32>| commit.map_or(NONE, |commit| place[commit as usize]);
        for commit in kept {
            let parents = history.dag.parents(commit);
            this.parents.extend(parents.iter().map(|&parent| place[parent as usize]));
            this.commits.push(Commit {
                id: history.id(commit),
                tree: history.tree(commit),
                parents_end: number(this.parents.len()),
                manifest: in_force.manifest(commit).unwrap_or(NONE),
                shaped_by: in_force.shape(commit).map_or(NONE, |shape| shaped_by[shape as usize]),
                image: images.of(commit).map_or(NONE, |image| image_place[image as usize]),
                published: u32::from(images.own(commit).is_some()),
                dropped_headers: replay.dropped_headers_of(commit),
            });
        }
        for image in kept_images {
            let parents = images.dag.parents(image);
            this.image_parents.extend(parents.iter().map(|&parent| image_place[parent as usize]));
            this.images.push(Image {
                id: images.id(image),
                tree: images.tree(image),
                parents_end: number(this.image_parents.len()),
                source: commit_at(images.source(image)),
                shown_by: commit_at(images.shown_by(image)),
            });
        }
        this
    }
}

/// The private commits that lead up to what is public, by number.
fn behind(session: &Session<'_>, public: &[bool]) -> Vec<bool> {
    let (history, images) = (&session.replay.history, &session.replay.images);
    let shown = images.numbers().filter(|&image| public[image as usize]);
    history.dag.ancestors(shown.filter_map(|image| images.shown_by(image)))
}

/// Whether a run that takes these commits over would come to the same: nothing about
/// them is told each time, the clone has all of them, and no message of theirs depends
/// on what else the refs reach.
fn may_be_remembered(session: &Session<'_>, behind: &[bool]) -> bool {
    let replay = &session.replay;
    let is_told = |commit: u32| behind[commit as usize] && replay.images.own(commit).is_none();
    !replay.findings.iter().any(|finding| finding.commit.is_none_or(is_told))
        && session.repo.shallow().is_empty()
        && replay.in_force().shapes().iter().all(|shape| shape.quoted_ids != QuotedIds::Mask)
}

/// The new number of each that is kept.
fn places(count: usize, kept: &[u32]) -> Vec<u32> {
    let mut places = vec![NONE; count];
    for (place, &old) in (0..).zip(kept) {
        places[old as usize] = place;
    }
    places
}
