// SPDX-License-Identifier: Apache-2.0
//! Private paths that meet the floor by another spelling only, such as `Cloud/` or
//! `CLOUD~1`, wherever in a tree they stand.
//!
//! Filtering opens no directory of which nothing is public, and an alias may stand in
//! one. So this is a walk of its own, for the commits that are new to the mirror: into
//! every directory where a pattern of the floor can still be met, once for each, but for
//! those where filtering saw that there is nothing.

use std::rc::Rc;

use repo_sync_shared::PrivateTree;
use rustc_hash::FxHashMap;

use super::states::{StateId, States};
use super::{Filter, FilterError};
use crate::object::tree_entries;
use crate::paths::{Reach, join};

/// How many are remembered of one tree: whoever reads of a hundred has enough to do.
const MOST: usize = 100;

/// The aliases below each directory that was looked through, by their paths from
/// there; `None` where there are none, as nearly everywhere.
pub(super) type Aliases = FxHashMap<(StateId, PrivateTree), Option<Rc<[Vec<u8>]>>>;

impl Filter<'_> {
    /// The private paths of a root tree that meet the floor by another spelling only.
    ///
    /// # Errors
    /// A tree of which something is public cannot be read, or is malformed.
    pub(crate) fn aliases(&mut self, root: PrivateTree) -> Result<Rc<[Vec<u8>]>, FilterError> {
        Ok(self.aliases_below(States::ROOT, root)?.unwrap_or_default())
    }

    fn aliases_below(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<Option<Rc<[Vec<u8>]>>, FilterError> {
        let done = self.done(state, tree);
        if !self.states.may_meet_floor(state) || done.is_some_and(|done| !done.suspect) {
            return Ok(None);
        }
        if let Some(known) = self.aliases.get(&(state, tree)) {
            return Ok(known.clone());
        }
        let found = match self.deeper(tree, |this| this.look_for_aliases(state, tree)) {
            // What is private may be missing, and nobody can be shown what it holds.
            Err(_) if self.states.reach(state) == Reach::Private => Vec::new(),
            found => found?,
        };
        let found = (!found.is_empty()).then(|| found.into());
        self.aliases.insert((state, tree), found.clone());
        Ok(found)
    }

    fn look_for_aliases(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<Vec<Vec<u8>>, FilterError> {
        let object = self.open(tree)?;
        let mut found = Vec::new();
        for entry in tree_entries(object.data()) {
            let entry = entry.map_err(|source| FilterError::Malformed { tree, source })?;
            let child = self.states.child(state, entry.name);
            if self.states.is_alias(child) {
                found.push(entry.name.to_vec());
            }
            if entry.kind().is_tree()
                && let Some(below) = self.aliases_below(child, PrivateTree::new(entry.id))?
            {
                found.extend(below.iter().map(|path| join(entry.name, path)));
            }
        }
        found.truncate(MOST);
        Ok(found)
    }
}
