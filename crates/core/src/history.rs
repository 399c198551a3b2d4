// SPDX-License-Identifier: Apache-2.0
//! The private history that the listed branches reach: commits, parents first.
//!
//! Only the links are kept, tens of bytes a commit. Whatever else a commit says
//! is read again when it is replayed.

use std::collections::HashSet;
use std::sync::OnceLock;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};

use crate::cores::in_order;
use crate::dag::Dag;
use crate::git::{ObjectError, Objects};
use crate::ledger::{self, Ledger};
use crate::numbers::Numbers;
use crate::object::{Kind, MalformedCommit, commit_links};
use crate::progress::{Phase, Progress};

/// How many commits that the walk has met it reads at once, at most. Where there are many,
/// branches that go on side by side, all cores read them, so many at a time.
const AT_ONCE: usize = 4_096;
const BLOCK: usize = 32;

/// The commits that some tips reach, numbered parents first.
pub struct History {
    ids: Vec<PrivateCommit>,
    trees: Vec<PrivateTree>,
    index: Numbers,
    /// The commits in the order of their ids, once somebody asks for a beginning of one.
    sorted: OnceLock<Vec<u32>>,
    /// The graph, by the same numbers.
    pub dag: Dag,
    /// Commits whose parents this clone does not hold.
    pub cut_off: Vec<u32>,
    /// The number that a commit has in the ledger it was taken from; empty without one.
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
        self.index.get(id.id(), |commit| self.id(commit).id())
    }

    /// The number of a commit in the ledger that it was taken from, if it was.
    pub(crate) fn remembered(&self, commit: u32) -> Option<u32> {
        self.remembered.get(commit as usize).copied().flatten()
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

/// The root tree of a commit, and its parents.
type Links = (ObjectId, Vec<ObjectId>);

/// What a commit says of others.
fn links(objects: &Objects<'_>, commit: PrivateCommit) -> Result<Links, WalkError> {
    let object = objects.read(commit.id(), Kind::Commit)?;
    commit_links(object.data()).map_err(|source| WalkError::Malformed { commit, source })
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
    index: Numbers,
    cut_off: Vec<u32>,
}

impl Found {
    /// Begins with what is remembered, whether the tips reach it or not.
    fn remember(ledger: &Ledger) -> Self {
        let remembered = ledger.len() as usize;
        let room = remembered + ledger::NEW;
        let mut this = Self {
            ids: Vec::with_capacity(room),
            trees: Vec::with_capacity(room),
            parents: Vec::with_capacity(room + room / 2),
            ends: Vec::with_capacity(room),
            remembered,
            ..Self::default()
        };
        for commit in 0..ledger.len() {
            let (id, tree, parents) = ledger.commit(commit);
            this.ids.push(id);
            this.trees.push(tree);
            this.parents.extend(parents);
            this.ends.push(this.parents.len());
        }
        this.index = Numbers::of(this.ids.iter().map(|id| id.id()));
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
        while next < self.ids.len() {
            let commits = self.ids[next..].iter().take(AT_ONCE).copied().collect::<Vec<_>>();
            let read = |commits: &[PrivateCommit]| -> Vec<_> {
                commits.iter().map(|&commit| links(objects, commit)).collect()
            };
            let mut take = |read: Vec<Result<Links, WalkError>>| {
                for links in read {
                    if (next - self.remembered).is_multiple_of(256) {
                        progress
                            .advance(Phase::Walk, if next == self.remembered { 0 } else { 256 });
                        if progress.interrupted() {
                            return Err(WalkError::Interrupted);
                        }
                    }
                    self.add(next, links?, shallow);
                    next += 1;
                }
                Ok(())
            };
            if commits.len() < 2 * BLOCK {
                take(read(&commits))?;
            } else {
                in_order(commits.len(), BLOCK, || (), |(), block| read(&commits[block]), take)?;
            }
        }
        Ok(())
    }

    /// Takes up what the commit of this number says.
    fn add(&mut self, number: usize, links: Links, shallow: &HashSet<ObjectId>) {
        let (tree, parents) = links;
        self.trees.push(PrivateTree::new(tree));
        if shallow.contains(&self.ids[number].id()) && !parents.is_empty() {
            self.cut_off.push(u32::try_from(number).expect("fewer than 2^32 commits"));
        } else {
            for parent in parents {
                let parent = self.meet(PrivateCommit::new(parent));
                self.parents.push(parent);
            }
        }
        self.ends.push(self.parents.len());
    }

    fn meet(&mut self, commit: PrivateCommit) -> u32 {
        if let Some(known) = self.number(commit) {
            return known;
        }
        let next = u32::try_from(self.ids.len()).expect("a history has fewer than 2^32 commits");
        self.index.insert(commit.id(), next, |number| self.ids[number as usize].id());
        self.ids.push(commit);
        next
    }

    fn number(&self, commit: PrivateCommit) -> Option<u32> {
        self.index.get(commit.id(), |number| self.ids[number as usize].id())
    }

    fn parents(&self, node: u32) -> &[u32] {
        let node = node as usize;
        let start = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.parents[start..self.ends[node]]
    }

    /// Numbers the commits anew, each after its parents.
    fn parents_first(self, tips: &[PrivateCommit]) -> History {
        const UNSEEN: u32 = u32::MAX;
        let mut rank = vec![UNSEEN; self.ids.len()];
        let mut order = Vec::with_capacity(self.ids.len());
        let mut dag = Dag::with_capacity(self.ids.len());
        let mut open = Vec::new();
        for &tip in tips {
            open.push((self.number(tip).expect("the walk began there"), 0));
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
        let ids: Vec<_> = order.iter().map(|&node| self.ids[node as usize]).collect();
        let trees = order.iter().map(|&node| self.trees[node as usize]).collect();
        // What is remembered may lie on branches that are not asked for.
        let index = Numbers::of(ids.iter().map(|id: &PrivateCommit| id.id()));
        let cut_off = self.cut_off.iter().map(|&node| rank[node as usize]).collect();
        let remembered = |&node: &u32| Some(node).filter(|&node| (node as usize) < self.remembered);
        let remembered = match self.remembered {
            0 => Vec::new(),
            _ => order.iter().map(remembered).collect(),
        };
        History { ids, trees, index, sorted: OnceLock::new(), dag, cut_off, remembered }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::PrivateRepo;
    use crate::object::git_judge::Git;
    use crate::progress::Silent;

    /// So many branches go on side by side that all cores read their commits.
    #[test]
    fn many_branches_are_walked_as_git_sees_them() {
        let git = Git::new();
        let mut stream =
            "commit refs/heads/base\nmark :1\ncommitter A <a@b> 1 +0000\ndata 0\n\n".to_owned();
        let mut last = 1;
        for round in 0..4 {
            for branch in 0..3 * BLOCK {
                let (mark, from) = (last + 1, if round == 0 { 1 } else { last + 1 - 3 * BLOCK });
                stream += &format!(
                    "commit refs/heads/side-{branch}\nmark :{mark}\ncommitter A <a@b> {mark} +0000\n\
                     data 0\n\nfrom :{from}\n\n"
                );
                last = mark;
            }
        }
        git.ok(&["fast-import", "--quiet"], stream.as_bytes());
        let repo = PrivateRepo::discover(git.dir()).expect("git made it");
        let tips: Vec<PrivateCommit> =
            repo.local_branches().into_iter().map(|(_, tip)| tip).collect();
        let walk = || {
            let objects = repo.objects().expect("it has objects");
            History::walk(&objects, &tips, &HashSet::new(), &Silent)
        };
        let history = walk().expect("all is there");
        let listing = git.ok(&["rev-list", "--parents", "--all"], b"");
        let listing = String::from_utf8(listing).expect("ids are ASCII");
        assert_eq!(listing.lines().count(), history.len());
        for line in listing.lines() {
            let mut ids = line.split(' ').map(|id| {
                let id = PrivateCommit::new(id.parse().expect("git prints ids"));
                history.number(id).expect("the walk met it")
            });
            let commit = ids.next().expect("a line begins with a commit");
            let parents: Vec<u32> = ids.collect();
            assert_eq!(history.dag.parents(commit), parents);
            assert!(parents.iter().all(|&parent| parent < commit));
        }
        let again = walk().expect("all is still there");
        assert!(history.numbers().all(|commit| history.id(commit) == again.id(commit)));
    }
}
