// SPDX-License-Identifier: Apache-2.0
//! What one filter found out, for another of the same shape: so that several can
//! share the trees of a history, or one can go on where another ended.

use std::sync::Arc;

use repo_sync_shared::PrivateTree;

use super::made::{Made, PublicFiles};
use super::states::{State, StateId, States};
use super::step::Step;
use super::{Filter, Memo};
use crate::git::Objects;

/// All that a filter remembers of the trees it met, free to go to another thread.
pub(crate) struct Ahead {
    states: Vec<State>,
    memo: Memo,
    made: Made,
}

/// A filter that is settled, without what only one thread can have: each may make a
/// filter of it that knows the same.
pub(crate) struct Seed {
    states: States,
    settled: Arc<Memo>,
    made: Made,
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
        let (states, settled) = (self.states.clone(), self.settled.clone());
        Filter { states, settled, made: self.made.clone(), ..filter }
    }
}

impl<'r> Filter<'r> {
    /// Reads the public files of these filters, which are of one repository.
    pub(crate) fn files(objects: &'r Objects<'r>, filters: &[Self]) -> PublicFiles<'r> {
        PublicFiles::new(objects, filters.iter().map(|filter| filter.made.clone()).collect())
    }

    /// What it found out.
    pub(crate) fn into_ahead(self) -> Ahead {
        Ahead { states: self.states.into_all(), memo: self.memo, made: self.made }
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
        let (states, settled) = (self.states.clone(), self.settled.clone());
        Seed { states, settled, made: self.made.clone() }
    }

    /// Takes over what another filter of the same shape found out.
    pub(crate) fn take_over(&mut self, ahead: Ahead) {
        let Ahead { states, memo, made } = ahead;
        // Each filter numbers the states in the order in which it meets them.
        let states: Vec<_> = states.into_iter().map(|state| self.states.intern(state)).collect();
        let here = |(state, tree): (StateId, PrivateTree)| (states[state.index()], tree);
        self.made.extend(&made);
        self.memo.roots.extend(memo.roots);
        self.memo.found.extend(memo.found);
        self.memo.files.extend(memo.files);
        self.memo.workspaces.extend(memo.workspaces);
        self.memo.skeletons.extend(memo.skeletons.into_iter().map(|(key, it)| (here(key), it)));
        self.memo.steps.extend(memo.steps);
        self.memo.done.extend(memo.done.into_iter().map(|(key, done)| (here(key), done)));
    }
}
