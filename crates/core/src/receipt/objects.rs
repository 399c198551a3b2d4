// SPDX-License-Identifier: Apache-2.0
//! What refs reach now and did not reach before: commits, trees, files and tags.
//!
//! The same as `git rev-list --objects` of the one without that of the other, found
//! out without a mirror.

use std::collections::BTreeSet;
use std::rc::Rc;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;
use sha2::{Digest as _, Sha256};

use super::{ObjectSet, hex};
use crate::error::RunError;
use crate::filter::{Entry, Listing, Place, Shown, Visitor, walk};
use crate::object::EntryKind;
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
        let mut reached = Reached::default();
        let mut commits = 0;
        for image in session.replay.images.numbers() {
            if after[image as usize] && !before[image as usize] {
                commits += 1;
                reached.ids.insert(session.replay.images.id(image).id());
                show(session, image, &mut reached)?;
            }
        }
        reached.ids.extend(&self.tags_after);
        for tag in &self.tags_before {
            reached.ids.remove(tag);
        }
        // What an older commit shows is not new, wherever it comes back.
        let mut known = Known { ids: reached.ids, seen: FxHashSet::default() };
        for image in session.replay.images.numbers() {
            if before[image as usize] && !known.ids.is_empty() {
                show(session, image, &mut known)?;
            }
        }
        let mut hash = Sha256::new();
        for id in &known.ids {
            hash.update(id.to_hex());
            hash.update(b"\n");
        }
        let count = known.ids.len() as u64;
        Ok((commits, ObjectSet { count, sha256: hex(&hash.finalize()) }))
    }
}

/// Shows what an image has and its parents have not.
fn show(session: &mut Session<'_>, image: u32, visitor: &mut dyn Visitor) -> Result<(), RunError> {
    let replay = &mut session.replay;
    let Some(shown) = replay.shown(image)? else { return Ok(()) };
    let mut parents = Vec::new();
    for parent in replay.images.dag.parents(image).to_vec() {
        parents.extend(replay.shown(parent)?);
    }
    walk(replay.filters(), &shown, &parents, visitor)
        .map_err(|err| RunError::unfiltered(&err, None))
}

/// Collects objects.
#[derive(Default)]
struct Reached {
    ids: BTreeSet<ObjectId>,
}

impl Visitor for Reached {
    fn tree(
        &mut self,
        shown: &Shown,
        _path: &[u8],
        _new: &Listing,
        _old: &[(ObjectId, Rc<Listing>)],
    ) -> bool {
        self.ids.insert(shown.tree)
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        if entry.kind != EntryKind::Gitlink {
            self.ids.insert(entry.id);
        }
    }
}

/// Takes away objects that were there before.
struct Known {
    ids: BTreeSet<ObjectId>,
    seen: FxHashSet<ObjectId>,
}

impl Visitor for Known {
    fn tree(
        &mut self,
        shown: &Shown,
        _path: &[u8],
        _new: &Listing,
        _old: &[(ObjectId, Rc<Listing>)],
    ) -> bool {
        self.ids.remove(&shown.tree);
        self.seen.insert(shown.tree)
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        self.ids.remove(&entry.id);
    }
}
