// SPDX-License-Identifier: Apache-2.0
//! The private history that the listed branches reach: commits, parents first.
//!
//! Only the links are kept, tens of bytes a commit. Whatever else a commit says
//! is read again when it is replayed.

use std::collections::HashSet;
use std::sync::OnceLock;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};
use rustc_hash::FxHashMap;

use crate::dag::Dag;
use crate::git::{ObjectError, Objects};
use crate::ledger::Ledger;
use crate::object::{Kind, MalformedCommit, commit_links};
use crate::progress::{Phase, Progress};

/// The commits that some tips reach, numbered parents first.
pub struct History {
    ids: Vec<PrivateCommit>,
    trees: Vec<PrivateTree>,
    index: FxHashMap<PrivateCommit, u32>,
    /// The commits in the order of their ids, once somebody asks for a beginning of one.
    sorted: OnceLock<Vec<u32>>,
    /// The graph, by the same numbers.
    pub dag: Dag,
    /// Commits whose parents this clone does not hold.
    pub cut_off: Vec<u32>,
    /// The number that a commit has in the ledger it was taken from.
    remembered: Vec<Option<u32>>,
}

/// Why the history could not be walked.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A commit could not be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A commit is none that git would make.
    #[error("commit {commit} is malformed")]
    Malformed {
        /// Its id.
        commit: PrivateCommit,
        /// What is wrong with it.
        source: MalformedCommit,
    },
    /// The user stopped the run.
    #[error("interrupted")]
    Interrupted,
}

impl History {
    /// Walks from `tips`; at a commit in `shallow` the walk ends.
    ///
    /// The order is that of a depth-first walk from the tips as given, parents in
    /// their order: the same for the same tips, whatever the repository's layout.
    ///
    /// # Errors
    /// A commit is missing, corrupt or malformed.
    pub fn walk(
        objects: &Objects<'_>,
        tips: &[PrivateCommit],
        shallow: &HashSet<ObjectId>,
        progress: &dyn Progress,
    ) -> Result<Self, WalkError> {
        Self::walk_on(None, objects, tips, shallow, progress)
    }

    /// The same, without reading what is remembered.
    ///
    /// # Errors
    /// As of [`walk`](Self::walk).
    pub(crate) fn walk_on(
        ledger: Option<&Ledger>,
        objects: &Objects<'_>,
        tips: &[PrivateCommit],
        shallow: &HashSet<ObjectId>,
        progress: &dyn Progress,
    ) -> Result<Self, WalkError> {
        progress.start(Phase::Walk, None);
        let mut found = ledger.map(Found::remember).unwrap_or_default();
        found.discover(objects, tips, shallow, progress)?;
        progress.finish(Phase::Walk);
        Ok(found.parents_first(tips))
    }

    /// How many commits there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The numbers of all commits, parents first.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.ids.len()).expect("a history has fewer than 2^32 commits")
    }

    /// The id of a commit.
    pub fn id(&self, commit: u32) -> PrivateCommit {
        self.ids[commit as usize]
    }

    /// The root tree of a commit.
    pub fn tree(&self, commit: u32) -> PrivateTree {
        self.trees[commit as usize]
    }

    /// The number of a commit.
    pub fn number(&self, id: PrivateCommit) -> Option<u32> {
        self.index.get(&id).copied()
    }

    /// The number of a commit in the ledger that it was taken from, if it was.
    pub(crate) fn remembered(&self, commit: u32) -> Option<u32> {
        self.remembered[commit as usize]
    }

    /// The commits whose ids begin with these lower-case hexadecimal digits, at
    /// most 40 of them.
    pub fn with_prefix<'h>(&'h self, digits: &'h [u8]) -> impl Iterator<Item = u32> + 'h {
        let mut lowest = [b'0'; 40];
        lowest[..digits.len()].copy_from_slice(digits);
        let lowest = ObjectId::from_hex(&lowest).unwrap_or(ObjectId::NULL);
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<u32> = self.numbers().collect();
            sorted.sort_unstable_by_key(|&commit| self.id(commit));
            sorted
        });
        let start = sorted.partition_point(|&commit| self.id(commit).id() < lowest);
        sorted[start..]
            .iter()
            .copied()
            .take_while(|&commit| self.id(commit).id().to_hex().starts_with(digits))
    }
}

/// Commits in the order in which the walk met them, links not yet sorted.
#[derive(Default)]
struct Found {
    /// How many of them, the first, were not met but remembered.
    remembered: usize,
    ids: Vec<PrivateCommit>,
    trees: Vec<PrivateTree>,
    parents: Vec<u32>,
    ends: Vec<usize>,
    index: FxHashMap<PrivateCommit, u32>,
    cut_off: Vec<u32>,
}

impl Found {
    /// Begins with what is remembered, whether the tips reach it or not.
    fn remember(ledger: &Ledger) -> Self {
        let mut this = Self { remembered: ledger.len() as usize, ..Self::default() };
        this.index.reserve(this.remembered);
        for commit in 0..ledger.len() {
            let (id, tree, parents) = ledger.commit(commit);
            this.index.insert(id, commit);
            this.ids.push(id);
            this.trees.push(tree);
            this.parents.extend(parents);
            this.ends.push(this.parents.len());
        }
        this
    }

    fn discover(
        &mut self,
        objects: &Objects<'_>,
        tips: &[PrivateCommit],
        shallow: &HashSet<ObjectId>,
        progress: &dyn Progress,
    ) -> Result<(), WalkError> {
        for &tip in tips {
            self.meet(tip);
        }
        let mut next = self.remembered;
        while let Some(&commit) = self.ids.get(next) {
            if (next - self.remembered).is_multiple_of(256) {
                progress.advance(Phase::Walk, if next == self.remembered { 0 } else { 256 });
                if progress.interrupted() {
                    return Err(WalkError::Interrupted);
                }
            }
            let object = objects.read(commit.id(), Kind::Commit)?;
            let (tree, parents) = commit_links(object.data())
                .map_err(|source| WalkError::Malformed { commit, source })?;
            self.trees.push(PrivateTree::new(tree));
            if shallow.contains(&commit.id()) && !parents.is_empty() {
                self.cut_off.push(u32::try_from(next).expect("fewer than 2^32 commits"));
            } else {
                for parent in parents {
                    let parent = self.meet(PrivateCommit::new(parent));
                    self.parents.push(parent);
                }
            }
            self.ends.push(self.parents.len());
            next += 1;
        }
        Ok(())
    }

    fn meet(&mut self, commit: PrivateCommit) -> u32 {
        let next = u32::try_from(self.ids.len()).expect("a history has fewer than 2^32 commits");
        *self.index.entry(commit).or_insert_with(|| {
            self.ids.push(commit);
            next
        })
    }

    fn parents(&self, node: u32) -> &[u32] {
        let node = node as usize;
        let start = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.parents[start..self.ends[node]]
    }

    /// Numbers the commits anew, each after its parents.
    fn parents_first(mut self, tips: &[PrivateCommit]) -> History {
        const UNSEEN: u32 = u32::MAX;
        let mut rank = vec![UNSEEN; self.ids.len()];
        let mut order = Vec::with_capacity(self.ids.len());
        let mut dag = Dag::default();
        let mut open = Vec::new();
        for tip in tips {
            open.push((self.index[tip], 0));
            while let Some((node, next)) = open.pop() {
                if rank[node as usize] != UNSEEN {
                    continue;
                }
                match self.parents(node).get(next) {
                    Some(&parent) => {
                        open.push((node, next + 1));
                        open.push((parent, 0));
                    }
                    None => {
                        let parents: Vec<u32> =
                            self.parents(node).iter().map(|&p| rank[p as usize]).collect();
                        rank[node as usize] = dag.push(&parents);
                        order.push(node);
                    }
                }
            }
        }
        // What is remembered may lie on branches that are not asked for.
        self.index.retain(|_, number| rank[*number as usize] != UNSEEN);
        let ids: Vec<_> = order.iter().map(|&node| self.ids[node as usize]).collect();
        let trees = order.iter().map(|&node| self.trees[node as usize]).collect();
        for number in self.index.values_mut() {
            *number = rank[*number as usize];
        }
        let cut_off = self.cut_off.iter().map(|&node| rank[node as usize]).collect();
        let remembered = |&node: &u32| Some(node).filter(|&node| (node as usize) < self.remembered);
        let remembered = order.iter().map(remembered).collect();
        History { ids, trees, index: self.index, sorted: OnceLock::new(), dag, cut_off, remembered }
    }
}
