// SPDX-License-Identifier: Apache-2.0
//! The private history, read again from its objects.

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use super::claims::Claims;
use super::graph::Graph;
use super::object::Headed;
use super::original::recorded;
use super::stop::Stop;
use crate::error::RunError;
use crate::git::{Object, Objects};
use crate::object::{Kind, hash};
use crate::progress::Progress;

/// The private commits that are claimed, parents first.
pub(super) struct History<'r> {
    pub(super) objects: &'r Objects<'r>,
    pub(super) graph: Graph,
    ids: Vec<ObjectId>,
    trees: Vec<ObjectId>,
    index: FxHashMap<ObjectId, u32>,
    by_id: Vec<u32>,
    /// The ids of the originals that commits record, believed or not.
    recorded: FxHashMap<u32, ObjectId>,
    /// Whether the first commit stands for all that is behind it.
    is_narrow: bool,
}

impl<'r> History<'r> {
    /// Reads the commits of the claims. Each must come after its parents; but the first
    /// of a narrow history has none.
    pub(super) fn read(
        objects: &'r Objects<'r>,
        claims: &Claims,
        is_narrow: bool,
        progress: &dyn Progress,
    ) -> Result<Self, Stop> {
        let mut this = Self {
            objects,
            graph: Graph::default(),
            ids: Vec::with_capacity(claims.commits.len()),
            trees: Vec::with_capacity(claims.commits.len()),
            index: FxHashMap::default(),
            by_id: Vec::new(),
            recorded: FxHashMap::default(),
            is_narrow,
        };
        for (number, claim) in claims.commits.iter().enumerate() {
            if number % 256 == 0 && progress.interrupted() {
                return Err(RunError::Interrupted.into());
            }
            let id = claim.private.id();
            let object = objects.read(id, Kind::Commit)?;
            let unread = |fault: String| Stop::unsound(format!("private commit {id}: {fault}"));
            let read = Headed::read(object.data()).map_err(unread)?;
            let (tree, parents) = read.links().map_err(unread)?;
            let recorded = recorded(&read).map(|bytes| hash(Kind::Commit, &bytes));
            let is_first = this.is_narrow && number == 0;
            let is_cut_off = is_first || claims.shallow.contains(&id);
            let parents = if is_cut_off { Vec::new() } else { parents };
            let parents: Option<Vec<u32>> = parents.iter().map(|id| this.number(*id)).collect();
            let parents =
                parents.ok_or_else(|| unread("its parents are not claimed".to_owned()))?;
            let node = this.graph.add(parents);
            if this.index.insert(id, node).is_some() {
                return Err(unread("it is claimed twice".to_owned()));
            }
            this.recorded.extend(recorded.map(|original| (node, original)));
            this.ids.push(id);
            this.trees.push(tree);
        }
        this.by_id = this.numbers().collect();
        this.by_id.sort_unstable_by_key(|&commit| this.ids[commit as usize]);
        Ok(this)
    }

    /// Whether the first commit stands for all that is behind it.
    pub(super) fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.graph.len()).expect("a history has fewer than 2^32 commits")
    }

    pub(super) fn number(&self, id: ObjectId) -> Option<u32> {
        self.index.get(&id).copied()
    }

    pub(super) fn id(&self, commit: u32) -> ObjectId {
        self.ids[commit as usize]
    }

    pub(super) fn tree(&self, commit: u32) -> ObjectId {
        self.trees[commit as usize]
    }

    pub(super) fn parents(&self, commit: u32) -> &[u32] {
        self.graph.parents(commit)
    }

    /// The id of the original that a commit records, believed or not.
    pub(super) fn recorded(&self, commit: u32) -> Option<ObjectId> {
        self.recorded.get(&commit).copied()
    }

    /// The bytes of a commit.
    pub(super) fn object(&self, commit: u32) -> Result<Object<'r>, Stop> {
        Ok(self.objects.read(self.id(commit), Kind::Commit)?)
    }

    /// The commits whose ids begin with these digits.
    ///
    /// # Errors
    /// Whether there are any only the whole history knows.
    pub(super) fn beginning_with<'h>(
        &'h self,
        digits: &'h [u8],
    ) -> Result<impl Iterator<Item = u32> + 'h, Stop> {
        if self.is_narrow && self.objects.has_prefix(digits) {
            return Err(Stop::Narrow);
        }
        let before = |&commit: &u32| {
            let hex = self.id(commit).to_hex();
            hex[..digits.len()] < *digits
        };
        let start = self.by_id.partition_point(before);
        let fits = move |&commit: &u32| self.id(commit).to_hex().starts_with(digits);
        Ok(self.by_id[start..].iter().copied().take_while(fits))
    }
}
