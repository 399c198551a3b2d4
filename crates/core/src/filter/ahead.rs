// SPDX-License-Identifier: Apache-2.0
//! What one filter found out, for another of the same shape: so that several can
//! share the trees of a history.

use repo_sync_shared::{PrivateTree, PublicTree};
use rustc_hash::FxHashMap;

use super::states::{State, StateId};
use super::{Done, Filter};

/// All that a filter remembers of the trees it met, free to go to another thread.
pub(crate) struct Ahead {
    states: Vec<State>,
    roots: FxHashMap<PrivateTree, PublicTree>,
    done: FxHashMap<(StateId, PrivateTree), Done>,
}

impl Filter<'_> {
    /// What it found out.
    pub(crate) fn into_ahead(self) -> Ahead {
        let Self { states, roots, done, .. } = self;
        Ahead { states: states.into_all(), roots, done }
    }

    /// Takes over what another filter of the same shape found out.
    pub(crate) fn take_over(&mut self, ahead: Ahead) {
        let Ahead { states, roots, done } = ahead;
        // Each filter numbers the states in the order in which it meets them.
        let states: Vec<_> = states.into_iter().map(|state| self.states.intern(state)).collect();
        let here = |(state, tree): (StateId, PrivateTree)| (states[state.index()], tree);
        self.roots.extend(roots);
        self.done.extend(done.into_iter().map(|(key, done)| (here(key), done)));
    }
}
