// SPDX-License-Identifier: Apache-2.0
//! Which objects public trees hold: all of them, or whether certain ones are there.

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use super::listing::Entry;
use super::walk::{Opened, Place, Visitor};
use crate::object::EntryKind;

/// Collects the trees and files that a walk comes by. A gitlink is no object here.
#[derive(Default)]
pub(crate) struct Holdings {
    /// The trees.
    pub(crate) trees: FxHashSet<ObjectId>,
    /// The files and the targets of links.
    pub(crate) blobs: FxHashSet<ObjectId>,
}

impl Visitor for Holdings {
    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        self.trees.insert(opened.shown.tree)
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        if entry.kind != EntryKind::Gitlink {
            self.blobs.insert(entry.id);
        }
    }
}

/// Strikes out objects that a walk comes by.
pub(crate) struct Unseen {
    /// Those that it did not come by yet.
    pub(crate) ids: FxHashSet<ObjectId>,
    trees: FxHashSet<ObjectId>,
}

impl Unseen {
    /// None of these was seen yet.
    pub(crate) fn new(ids: FxHashSet<ObjectId>) -> Self {
        Self { ids, trees: FxHashSet::default() }
    }
}

impl Visitor for Unseen {
    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        self.ids.remove(&opened.shown.tree);
        self.trees.insert(opened.shown.tree)
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        self.ids.remove(&entry.id);
    }
}
