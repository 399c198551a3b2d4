// SPDX-License-Identifier: Apache-2.0
//! Private paths that meet the floor by another spelling only, such as `Cloud/` or
//! `CLOUD~1`: remembered for each filtered tree, so that each commit which has one
//! can be told of it.

use std::sync::Arc;

use repo_sync_shared::PrivateTree;
use rustc_hash::{FxHashMap, FxHashSet};

use super::states::{StateId, States};
use super::{Filter, FilterError};
use crate::object::tree_entries;
use crate::paths::join;

/// How many are remembered of one tree: whoever reads of a hundred has enough to do.
const MOST: usize = 100;

/// A directory and the rules in play there.
type Key = (StateId, PrivateTree);

/// The aliases below each directory that has some, by their paths from there.
#[derive(Default)]
pub(super) struct Aliases {
    below: FxHashMap<Key, Arc<[Vec<u8>]>>,
    /// Directories of which nothing is public that were looked through.
    looked: FxHashSet<Key>,
}

impl Aliases {
    /// Adds what is below the entry `name` to what its directory has.
    #[inline]
    pub(super) fn gather(&self, entry: Key, name: &[u8], found: &mut Vec<Vec<u8>>) {
        // Nearly always there is none in the whole history.
        if self.below.is_empty() {
            return;
        }
        let below = self.below.get(&entry).into_iter().flat_map(|below| below.iter());
        found.extend(below.map(|path| join(name, path)));
    }

    /// Takes over what another filter of the same shape saw, whose keys are `here` ours.
    pub(super) fn take_over(&mut self, other: Self, here: impl Fn(Key) -> Key) {
        self.below.extend(other.below.into_iter().map(|(key, below)| (here(key), below)));
        self.looked.extend(other.looked.into_iter().map(here));
    }

    /// Remembers what a directory has.
    pub(super) fn note(&mut self, directory: Key, mut found: Vec<Vec<u8>>) {
        if !found.is_empty() {
            found.truncate(MOST);
            self.below.insert(directory, found.into());
        }
    }
}

impl Filter<'_> {
    /// The private paths of a root tree that meet the floor by another spelling only.
    ///
    /// # Errors
    /// A tree that has to be opened cannot be read, or is malformed.
    pub(crate) fn aliases(&mut self, root: PrivateTree) -> Result<Arc<[Vec<u8>]>, FilterError> {
        // With moves the root is made of parts, and was not filtered as a whole.
        self.tree(States::ROOT, root)?;
        Ok(self.aliases.below.get(&(States::ROOT, root)).cloned().unwrap_or_default())
    }

    /// Looks through a directory of which nothing is public, because its own name
    /// spells a part of the floor in another way.
    pub(super) fn look_for_aliases(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<(), FilterError> {
        if !self.aliases.looked.insert((state, tree)) {
            return Ok(());
        }
        let object = self.open(tree)?;
        let mut found = Vec::new();
        for entry in tree_entries(object.data()) {
            let entry = entry.map_err(|source| FilterError::Malformed { tree, source })?;
            let child = self.states.child(state, entry.name);
            if self.states.is_alias(child) {
                found.push(entry.name.to_vec());
            }
            if entry.kind().is_tree() && self.states.hides_aliases(child) {
                let below = PrivateTree::new(entry.id);
                self.tree(child, below)?;
                self.aliases.gather((child, below), entry.name, &mut found);
            }
        }
        self.aliases.note((state, tree), found);
        Ok(())
    }
}
