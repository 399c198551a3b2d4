// SPDX-License-Identifier: Apache-2.0
//! Which objects public trees hold: all of them, or whether certain ones are there.

use std::rc::Rc;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use super::list::{Entry, Listing};
use super::walk::{Place, Shown, Visitor};
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
    fn tree(
        &mut self,
        shown: &Shown,
        _path: &[u8],
        _new: &Listing,
        _old: &[(ObjectId, Rc<Listing>)],
    ) -> bool {
        self.trees.insert(shown.tree)
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
    fn tree(
        &mut self,
        shown: &Shown,
        _path: &[u8],
        _new: &Listing,
        _old: &[(ObjectId, Rc<Listing>)],
    ) -> bool {
        self.ids.remove(&shown.tree);
        self.trees.insert(shown.tree)
    }

    fn file(&mut self, entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {
        self.ids.remove(&entry.id);
    }
}
