// SPDX-License-Identifier: Apache-2.0
//! A second implementation of the contract, slow and obvious, to judge the first.
//!
//! [`Oracle`] reads a private repository through git, replays its listed branches
//! by the rules of the public history, and says which images and refs a mirror
//! must have. It shares no code with the engine, remembers nothing between runs,
//! and expects histories that a sync publishes: it finds no refusals.

mod manifest;
mod message;
mod original;
mod pattern;
mod policy;
mod refs;
mod replay;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use repo_sync_shared::ObjectId;

use crate::census::Census;
use crate::git::{Git, Scratch};
use manifest::Settings;
pub(crate) use original::Place;
use policy::Policies;
pub(crate) use store::Store;
use store::TreeMaker;

/// What a mirror must look like.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Each commit of the listed branches, parents first, with its image.
    pub map: Vec<(ObjectId, Option<ObjectId>)>,
    /// The image of each commit, its own or the one that its children inherit.
    pub heirs: BTreeMap<ObjectId, ObjectId>,
    /// What each ref of the mirror names.
    pub refs: BTreeMap<String, ObjectId>,
    /// The tree of each public commit.
    pub trees: BTreeMap<ObjectId, ObjectId>,
    /// The parents of each public commit.
    pub parents: BTreeMap<ObjectId, Vec<ObjectId>>,
    /// Every public path of each public commit, with mode and id.
    pub files: BTreeMap<ObjectId, BTreeSet<(Vec<u8>, String, ObjectId)>>,
    /// Which cases the history held.
    pub census: Census,
}

/// A private repository, read and ready to be judged.
#[derive(Debug)]
pub struct Oracle {
    store: Store,
    settings: Settings,
    /// The branches by their short names.
    branches: BTreeMap<String, ObjectId>,
    /// All tags by their short names.
    tags: BTreeMap<String, ObjectId>,
    /// Every commit of the listed branches, parents first.
    order: Vec<ObjectId>,
    withheld: BTreeSet<ObjectId>,
    /// Proper ancestors of each commit in `order`.
    ancestors: HashMap<ObjectId, BTreeSet<ObjectId>>,
    policies: Policies,
    maker: TreeMaker,
}

impl Oracle {
    /// Reads the repository that `git` runs in, for the mirror `name`.
    pub fn read(scratch: &Arc<Scratch>, git: &Git, name: &str) -> Self {
        let git = git.clone().env("GIT_NO_REPLACE_OBJECTS", "1");
        let store = Store::read(&git);
        let (all_branches, tags) = refs::read(&git);
        let head: ObjectId = git.run(["rev-parse", "HEAD"]).parse().expect("HEAD is a commit");
        let manifest_at = |commit: ObjectId| policy::manifest(&store, commit);
        let at_head = Settings::read(&manifest_at(head).expect("HEAD has a manifest"), name);
        let tip = all_branches[&at_head.branches[0]];
        let settings =
            Settings::read(&manifest_at(tip).expect("the policy tip has a manifest"), name);
        let branches = refs::listed(&settings, &all_branches);
        let order = rev_list(&git, branches.values().map(ToString::to_string));
        let withheld = settings.withheld.iter().flat_map(|commits| {
            let range = commits.contains("..");
            let args = if range {
                vec![commits.clone()]
            } else {
                vec!["--no-walk".into(), commits.clone()]
            };
            rev_list(&git, args)
        });
        let withheld: BTreeSet<_> = withheld.collect();
        let mut ancestors: HashMap<ObjectId, BTreeSet<ObjectId>> = HashMap::new();
        for &commit in &order {
            let mut all = BTreeSet::new();
            for parent in store.commit(commit).parents {
                all.extend(&ancestors[&parent]);
                all.insert(parent);
            }
            ancestors.insert(commit, all);
        }
        let policies = Policies::read(&store, &settings, &order, &ancestors, &withheld);
        let maker = TreeMaker::start(scratch, &git);
        Self { store, settings, branches, tags, order, withheld, ancestors, policies, maker }
    }

    /// The public tree of a commit, by its own policy, whatever becomes of the
    /// commit.
    pub fn public_tree(&mut self, commit: ObjectId) -> Option<ObjectId> {
        let leaves = self.public_leaves(commit)?;
        Some(self.maker.make(&leaves))
    }

    /// What the policy of a commit keeps private of a tree, its own or another one: path,
    /// mode and id. Nothing if no policy applies to it.
    pub fn private_leaves(
        &self,
        commit: ObjectId,
        tree: ObjectId,
    ) -> Option<BTreeSet<(Vec<u8>, String, ObjectId)>> {
        let (policy, _) = self.policies.of(commit)?;
        let is_private = |path: &[u8]| policy.place(path) == manifest::Place::Private;
        let leaves = self.store.leaves(tree).into_iter();
        Some(leaves.filter(|(path, _, _)| is_private(path)).collect())
    }

    /// Git in the repository beside the private one that holds the public trees.
    pub fn git(&self) -> &Git {
        &self.maker.git
    }

    fn is_ancestor(&self, ancestor: ObjectId, of: ObjectId) -> bool {
        self.ancestors[&of].contains(&ancestor)
    }
}

fn rev_list(git: &Git, what: impl IntoIterator<Item = String>) -> Vec<ObjectId> {
    let args = ["rev-list", "--topo-order", "--reverse"].map(str::to_owned).into_iter();
    let listed = git.run(args.chain(what));
    listed.lines().map(|line| line.parse().expect("git lists full ids")).collect()
}
