// SPDX-License-Identifier: Apache-2.0
//! What refs reach now and did not reach before: commits, trees, files and tags.
//!
//! The same as `git rev-list --objects` of the one without that of the other, found
//! out without a mirror.

use std::collections::BTreeSet;

use repo_sync_shared::ObjectId;
use sha2::{Digest as _, Sha256};

use super::ObjectSet;
use crate::error::RunError;
use crate::filter::{Holdings, Unseen};
use crate::hex::hex;
use crate::session::Session;

/// The images and tag objects on both sides.
#[derive(Default)]
pub(super) struct Reach {
    before: Vec<u32>,
    after: Vec<u32>,
    tags_before: Vec<ObjectId>,
    tags_after: Vec<ObjectId>,
}

impl Reach {
    /// A ref led to this image, by way of a tag object or not.
    pub(super) fn before(&mut self, image: u32, tag: Option<ObjectId>) {
        self.before.push(image);
        self.tags_before.extend(tag);
    }

    /// A ref leads to this image.
    pub(super) fn after(&mut self, image: u32, tag: Option<ObjectId>) {
        self.after.push(image);
        self.tags_after.extend(tag);
    }

    /// How many commits are new, and which objects.
    pub(super) fn count(&self, session: &mut Session<'_>) -> Result<(u64, ObjectSet), RunError> {
        let dag = &session.replay.images.dag;
        let before = dag.ancestors(self.before.iter().copied());
        let after = dag.ancestors(self.after.iter().copied());
        let replay = &mut session.replay;
        let mut reached = Holdings::default();
        let mut commits = Vec::new();
        for image in replay.images.numbers() {
            if after[image as usize] && !before[image as usize] {
                commits.push(replay.images.id(image).id());
                replay.walk_new(image, &mut reached)?;
            }
        }
        // What an older commit shows is not new, wherever it comes back.
        let mut unseen = Unseen::new(reached.trees);
        unseen.ids.extend(reached.blobs);
        for image in replay.images.numbers() {
            if before[image as usize] && !unseen.ids.is_empty() {
                replay.walk_new(image, &mut unseen)?;
            }
        }
        let tags = self.tags_after.iter().filter(|tag| !self.tags_before.contains(tag));
        let new = unseen.ids.iter().chain(&commits).chain(tags).copied();
        let new: BTreeSet<ObjectId> = new.collect();
        let mut hash = Sha256::new();
        for id in &new {
            hash.update(id.to_hex());
            hash.update(b"\n");
        }
        let (commits, count) = (commits.len() as u64, new.len() as u64);
        Ok((commits, ObjectSet { count, sha256: hex(&hash.finalize()) }))
    }
}
