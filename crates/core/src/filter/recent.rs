// SPDX-License-Identifier: Apache-2.0
//! The listings that were made last.

use std::collections::VecDeque;
use std::rc::Rc;

use repo_sync_shared::PrivateTree;

use super::list::Listing;
use super::states::StateId;

/// The listings made last: a commit's trees are the next commit's old ones.
#[derive(Default)]
pub(super) struct Recent(VecDeque<((StateId, PrivateTree), Rc<Listing>)>);

impl Recent {
    const MOST: usize = 64;

    pub(super) fn get(&self, key: (StateId, PrivateTree)) -> Option<Rc<Listing>> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, listing)| listing.clone())
    }

    pub(super) fn put(&mut self, key: (StateId, PrivateTree), listing: Rc<Listing>) {
        if self.0.len() == Self::MOST {
            self.0.pop_back();
        }
        self.0.push_front((key, listing));
    }
}
