// SPDX-License-Identifier: Apache-2.0
//! What one filter found out, for another of the same shape: so that several can
//! share the trees of a history, or one can go on where another ended.

use std::sync::Arc;

use repo_sync_shared::PrivateTree;

use super::states::{State, StateId, States};
use super::step::Step;
use super::{Filter, Memo};
use crate::git::Objects;

/// All that a filter remembers of the trees it met, free to go to another thread.
pub(crate) struct Ahead {
    states: Vec<State>,
    memo: Memo,
}

/// A filter that is settled, without what only one thread can have: each may make a
/// filter of it that knows the same.
pub(crate) struct Seed {
    states: States,
    settled: Arc<Memo>,
}

/// The steps that a filter knows.
pub(crate) struct KnownSteps(Arc<Memo>);

impl KnownSteps {
    /// The one that leads to a root tree, if it was kept.
    pub(crate) fn to(&self, tree: PrivateTree) -> Option<Step<'_>> {
        self.0.steps.to(tree)
    }
}

impl Seed {
    /// The filter.
    pub(crate) fn filter<'r>(&self, objects: &'r Objects<'r>) -> Filter<'r> {
        let filter = Filter::new(objects, self.states.shape().clone());
        Filter { states: self.states.clone(), settled: self.settled.clone(), ..filter }
    }
}

impl Filter<'_> {
    /// What it found out.
    pub(crate) fn into_ahead(self) -> Ahead {
        Ahead { states: self.states.into_all(), memo: self.memo }
    }

    /// Puts what it found out where others can see it, too: once, when most is known.
    pub(crate) fn share(&mut self) {
        self.settled = Arc::new(std::mem::take(&mut self.memo));
    }

    /// The steps that are settled.
    pub(crate) fn steps(&self) -> KnownSteps {
        KnownSteps(self.settled.clone())
    }

    /// What it takes to make a filter that knows what is settled.
    pub(crate) fn seed(&self) -> Seed {
        Seed { states: self.states.clone(), settled: self.settled.clone() }
    }

    /// Takes over what another filter of the same shape found out.
    pub(crate) fn take_over(&mut self, ahead: Ahead) {
        let Ahead { states, memo } = ahead;
        // Each filter numbers the states in the order in which it meets them.
        let states: Vec<_> = states.into_iter().map(|state| self.states.intern(state)).collect();
        let here = |(state, tree): (StateId, PrivateTree)| (states[state.index()], tree);
        self.memo.roots.extend(memo.roots);
        self.memo.steps.extend(memo.steps);
        self.memo.done.extend(memo.done.into_iter().map(|(key, done)| (here(key), done)));
    }
}
