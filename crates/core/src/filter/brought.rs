// SPDX-License-Identifier: Apache-2.0
//! What the moves bring of a root tree: what stands where they begin.

use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree};
use rustc_hash::FxHashMap;

use super::states::StateId;
use super::{Filter, FilterError, Memo};
use crate::object::{EntryKind, tree_entries};
use crate::paths::{Reach, components};

/// What one move brings, in one commit.
#[derive(Clone)]
pub(super) struct Moved {
    pub(super) mode: Vec<u8>,
    pub(super) id: ObjectId,
    pub(super) kind: EntryKind,
    pub(super) state: StateId,
    pub(super) path: Vec<u8>,
}

/// What stands where a move begins.
#[derive(Clone, PartialEq, Eq)]
struct Found {
    mode: Arc<[u8]>,
    id: ObjectId,
    kind: EntryKind,
}

/// What the moves bring of the root trees that were met. Those of a long history differ in
/// something else mostly, and are many: one after the other, what they have in common is held
/// once, and nothing is a piece of memory of its own.
#[derive(Default)]
pub(super) struct Founds {
    /// Of some root trees what each move brings, in the manifest's order.
    runs: Vec<Option<Found>>,
    /// Where the run of a root tree begins.
    starts: FxHashMap<PrivateTree, usize>,
}

impl Founds {
    /// What `moves` moves bring of a root tree.
    fn get(&self, root: PrivateTree, moves: usize) -> Option<&[Option<Found>]> {
        let &start = self.starts.get(&root)?;
        Some(&self.runs[start..start + moves])
    }

    fn insert(&mut self, root: PrivateTree, mut run: Vec<Option<Found>>) {
        let last = self.runs.len().saturating_sub(run.len());
        if self.runs[last..] == run {
            self.starts.insert(root, last);
            return;
        }
        for (found, last) in run.iter_mut().zip(&self.runs[last..]) {
            if let (Some(found), Some(last)) = (found, last)
                && found.mode == last.mode
            {
                found.mode = last.mode.clone();
            }
        }
        self.starts.insert(root, self.runs.len());
        self.runs.append(&mut run);
    }

    /// Takes over what another filter of the same shape found.
    pub(super) fn extend(&mut self, other: Self) {
        let end = self.runs.len();
        self.runs.extend(other.runs);
        self.starts.extend(other.starts.into_iter().map(|(root, start)| (root, end + start)));
    }
}

impl Filter<'_> {
    /// What each move brings of a root tree, in the manifest's order.
    pub(super) fn moved(&mut self, root: PrivateTree) -> Result<Vec<Option<Moved>>, FilterError> {
        let from = self.targets.from().to_vec();
        let states: Vec<StateId> = from.iter().map(|path| self.states.at(path)).collect();
        let known = |memo: &Memo| memo.found.get(root, from.len()).map(<[_]>::to_vec);
        let found = match known(&self.settled).or_else(|| known(&self.memo)) {
            Some(found) => found,
            None => {
                let ways = from.iter().zip(&states);
                let found = ways.map(|(path, &state)| self.find(root, path, state));
                let found: Vec<_> = found.collect::<Result<_, _>>()?;
                self.memo.found.insert(root, found.clone());
                found
            }
        };
        let moved = found.into_iter().zip(from.into_iter().zip(states));
        let moved = moved.map(|(found, (path, state))| {
            let Found { mode, id, kind } = found?;
            Some(Moved { mode: mode.to_vec(), id, kind, state, path })
        });
        Ok(moved.collect())
    }

    /// What stands at a private path of a root tree, if anything public can in this state.
    fn find(
        &self,
        root: PrivateTree,
        path: &[u8],
        state: StateId,
    ) -> Result<Option<Found>, FilterError> {
        if self.states.reach(state) == Reach::Private {
            return Ok(None);
        }
        let mut found = Found { mode: b"40000"[..].into(), id: root.id(), kind: EntryKind::Tree };
        for name in components(path) {
            if found.kind != EntryKind::Tree {
                return Ok(None);
            }
            let tree = PrivateTree::new(found.id);
            let object = self.open(tree)?;
            let mut entries = tree_entries(object.data());
            let Some(entry) = entries.find_map(|entry| match entry {
                Ok(entry) if entry.name != name => None,
                other => Some(other),
            }) else {
                return Ok(None);
            };
            let entry = entry.map_err(|source| FilterError::Malformed { tree, source })?;
            found.mode = entry.mode.into();
            found.id = entry.id;
            found.kind = entry.kind();
        }
        Ok(Some(found))
    }
}
