// SPDX-License-Identifier: Apache-2.0
//! The rules at a directory, as a small number.
//!
//! A state is a [`Position`] of the path rules and a node of the move sources.
//! There are few of them however large the tree, so each gets a number, and the
//! step from a state to an entry's state is remembered by name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::moves::{SourceNode, Sources};
use crate::manifest::Shape;
use crate::paths::{Position, Reach, components};

/// A state, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StateId(u32);

impl StateId {
    /// Its place among all states of its filter.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The rules at a path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct State {
    position: Position,
    source: Option<SourceNode>,
}

#[derive(Clone)]
struct Known {
    state: State,
    reach: Reach,
    public: bool,
    moved: bool,
    alias: bool,
    may_meet_floor: bool,
    children: FxHashMap<Box<[u8]>, StateId>,
}

/// All states of one shape that were met so far.
#[derive(Clone)]
pub(super) struct States {
    shape: Arc<Shape>,
    sources: Sources,
    known: Vec<Known>,
    ids: FxHashMap<State, StateId>,
}

impl States {
    /// The state of the repository's root.
    pub(super) const ROOT: StateId = StateId(0);

    pub(super) fn new(shape: Arc<Shape>) -> Self {
        let sources = Sources::new(&shape.moves);
        let root = State { position: Position::root(&shape.rules), source: Some(Sources::ROOT) };
        let mut this = Self { shape, sources, known: Vec::new(), ids: FxHashMap::default() };
        this.intern(root);
        this
    }

    pub(super) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// The rules of a state.
    pub(super) fn get(&self, state: StateId) -> &State {
        &self.known[state.index()].state
    }

    /// What can happen below, moves out of it included.
    #[inline]
    pub(super) fn reach(&self, state: StateId) -> Reach {
        self.known[state.0 as usize].reach
    }

    /// Whether the path itself is public.
    #[inline]
    pub(super) fn is_public(&self, state: StateId) -> bool {
        self.known[state.0 as usize].public
    }

    /// Whether a move takes the path away from where it is.
    #[inline]
    pub(super) fn is_moved(&self, state: StateId) -> bool {
        self.known[state.0 as usize].moved
    }

    /// Whether the path meets the floor by another spelling only.
    #[inline]
    pub(super) fn is_alias(&self, state: StateId) -> bool {
        self.known[state.0 as usize].alias
    }

    /// Whether a path below may meet the floor, in whatever spelling.
    #[inline]
    pub(super) fn may_meet_floor(&self, state: StateId) -> bool {
        self.known[state.0 as usize].may_meet_floor
    }

    /// The state of the entry `name` of a directory.
    #[inline]
    pub(super) fn child(&mut self, state: StateId, name: &[u8]) -> StateId {
        let known = &self.known[state.0 as usize];
        if let Some(&child) = known.children.get(name) {
            return child;
        }
        self.learn(state, name)
    }

    #[cold]
    fn learn(&mut self, state: StateId, name: &[u8]) -> StateId {
        let State { position, source } = &self.known[state.0 as usize].state;
        let child = State {
            position: position.descend(&self.shape.rules, name),
            source: source.and_then(|node| self.sources.child(node, name)),
        };
        let child = self.intern(child);
        self.known[state.0 as usize].children.insert(name.into(), child);
        child
    }

    /// The states met so far, by number.
    pub(super) fn into_all(self) -> Vec<State> {
        self.known.into_iter().map(|known| known.state).collect()
    }

    /// The state of a path, by way of its parents.
    pub(super) fn at(&mut self, path: &[u8]) -> StateId {
        components(path).fold(Self::ROOT, |state, name| self.child(state, name))
    }

    /// The number of a state.
    pub(super) fn intern(&mut self, state: State) -> StateId {
        if let Some(&id) = self.ids.get(&state) {
            return id;
        }
        let reach = match (state.position.reach(), state.source) {
            // A wholly public directory that a move takes a part of is split.
            (Reach::Public, Some(node)) if self.sources.has_children(node) => Reach::Mixed,
            (reach, _) => reach,
        };
        let id = StateId(u32::try_from(self.known.len()).expect("far fewer states than 2^32"));
        self.known.push(Known {
            reach,
            public: state.position.is_public(),
            alias: state.position.is_alias(),
            may_meet_floor: state.position.may_meet_floor(),
            moved: state.source.is_some_and(|node| self.sources.is_moved(node)),
            children: FxHashMap::default(),
            state: state.clone(),
        });
        self.ids.insert(state, id);
        id
    }
}
