// SPDX-License-Identifier: Apache-2.0
//! The directories that were read last.

use std::collections::VecDeque;
use std::rc::Rc;

use repo_sync_shared::PrivateTree;
use rustc_hash::FxHashMap;

use super::sheet::Sheet;
use super::states::StateId;

/// The directories read last: a commit's trees are the next commit's old ones.
#[derive(Default)]
pub(super) struct Recent {
    sheets: VecDeque<Rc<Sheet>>,
    /// How many bytes they take.
    size: usize,
    /// By the rules, the one that the next is likely to be nearly the same as: the last, if
    /// nobody knew better.
    last: FxHashMap<StateId, Rc<Sheet>>,
}

impl Recent {
    /// So many are kept at most.
    const MOST: usize = 256;

    /// So many bytes are kept at most.
    const MOST_BYTES: usize = 32 << 20;

    pub(super) fn get(&self, state: StateId, tree: PrivateTree) -> Option<Rc<Sheet>> {
        let mut known = self.sheets.iter();
        known.find(|known| known.tree == tree && known.state == state).cloned()
    }

    /// One that is likely to be nearly the same as the next under these rules.
    pub(super) fn near(&self, state: StateId) -> Option<Rc<Sheet>> {
        self.last.get(&state).cloned()
    }

    /// The next under these rules is likely to be nearly the same as this one.
    pub(super) fn expect_like(&mut self, sheet: Rc<Sheet>) {
        self.last.insert(sheet.state, sheet);
    }

    pub(super) fn put(&mut self, sheet: Rc<Sheet>) {
        self.size += sheet.size();
        self.expect_like(sheet.clone());
        self.sheets.push_front(sheet);
        while self.sheets.len() > Self::MOST || self.size > Self::MOST_BYTES {
            let Some(oldest) = self.sheets.pop_back() else { break };
            self.size -= oldest.size();
        }
    }
}
