// SPDX-License-Identifier: Apache-2.0
//! What one filter found out, for another of the same shape: so that several can
//! share the trees of a history, or one can go on where another ended, in this run or
//! in an earlier one.

use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};

use super::made::{Made, PublicFiles};
use super::states::{State, StateId, States};
use super::step::Step;
use super::{Done, Filter, Memo};
use crate::atlas::{Atlas, Key};
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
    atlas: Option<Arc<Atlas>>,
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
        let (atlas, made) = (self.atlas.clone(), self.made.clone());
        Filter { states, settled, atlas, made, ..filter }
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
        Seed { states, settled, atlas: self.atlas.clone(), made: self.made.clone() }
    }

    /// Goes by what was found out in earlier runs under the same rules. What transforms make
    /// hangs on more.
    pub(crate) fn go_by(&mut self, atlas: Option<Arc<Atlas>>) {
        self.atlas = atlas.filter(|_| !self.transforms());
    }

    /// What an earlier run made of a directory.
    pub(super) fn remembered(&self, state: StateId, tree: PrivateTree) -> Option<Done> {
        let atlas = self.atlas.as_ref()?;
        Done::read(atlas.get(&self.key(state, tree))?)
    }

    /// All that it found out about directories, for later runs.
    pub(crate) fn directories(&self) -> impl Iterator<Item = (Key, Vec<u8>)> {
        let known = self.memo.done.iter().filter(|_| !self.transforms());
        known.map(|(&(state, tree), done)| (self.key(state, tree), done.bytes()))
    }

    fn key(&self, state: StateId, tree: PrivateTree) -> Key {
        Key::new(&("filter", self.states.get(state)), tree.id())
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

/// The public tree, or the null id; the residue; and 1 for a suspect, else 0.
impl Done {
    fn bytes(&self) -> Vec<u8> {
        let public = self.public.map_or(ObjectId::NULL, PublicTree::id);
        [&public.as_bytes()[..], &self.residue.to_le_bytes(), &[u8::from(self.suspect)]].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (public, rest) = bytes.split_at_checked(20)?;
        let public = ObjectId::from_slice(public)?;
        let (residue, suspect) = rest.split_first_chunk()?;
        Some(Self {
            public: (public != ObjectId::NULL).then_some(PublicTree::new(public)),
            residue: u64::from_le_bytes(*residue),
            suspect: suspect == [1],
        })
    }
}
