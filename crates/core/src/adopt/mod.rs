// SPDX-License-Identifier: Apache-2.0
//! Taking over a mirror that another tool made: the newest pairs of a private and
//! a public commit that show the same tree.
//!
//! [`find`] looks for one pair a branch, by tree ids alone, and [`derive()`] finds
//! out what such a mirror shows where nobody wrote it down. Nothing is written;
//! [`Adoption::seams`] is what a manifest has to say from then on.

mod derive;
mod trees;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use repo_sync_shared::{Check, ObjectId, PrivateCommit, PublicCommit, PublicTree};

pub use derive::derive;

use crate::error::{Failure, RunError, UsageError};
use crate::git::{Address, Branch, Environment, Objects, PrivateRepo, RemoteRefs};
use crate::history::History;
use crate::manifest::Manifest;
use crate::plan::{Foreign, find_foreign};
use crate::policy::{Policy, PolicySource, StandIn};
use crate::progress::Progress;

use trees::Trees;

/// Which mirror to take over, and by which rules.
pub struct Request<'a> {
    /// The private repository.
    pub repo: &'a PrivateRepo,
    /// The reader of its objects.
    pub objects: &'a Objects<'a>,
    /// Where the mirror is.
    pub address: &'a Address,
    /// What git children may see.
    pub environment: &'a Environment,
    /// The manifest to be, still without seams.
    pub manifest: &'a StandIn,
    /// The mirror's name in it; `None` for the only one.
    pub mirror: Option<&'a str>,
}

/// Where two histories can be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The mirror's name.
    pub mirror: String,
    /// Whether the manifest says where it is.
    pub has_url: bool,
    /// A pair for each listed branch that the mirror has.
    pub pairs: Vec<Pair>,
    /// Listed branches that the mirror does not have.
    pub absent: Vec<String>,
    /// Whether the manifest has other mirrors too.
    several: bool,
}

/// A private commit and the public one that shows the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The short name of the branch.
    pub branch: String,
    /// The private commit.
    pub private: PrivateCommit,
    /// The public commit.
    pub public: PublicCommit,
    /// What both show.
    pub tree: PublicTree,
    /// What the mirror's branch has besides, newest first.
    pub foreign: Vec<PublicCommit>,
    /// How many commits the private branch has besides.
    pub after: usize,
}

impl Adoption {
    /// The seams as a manifest says them, each private commit once.
    pub fn seams(&self) -> String {
        let mut text = String::new();
        let mut said = HashSet::new();
        for Pair { branch, private, public, tree, .. } in &self.pairs {
            if !said.insert(private) {
                continue;
            }
            write!(
                text,
                "\n# Where `{branch}` goes on from what the mirror had before.\n[[seam]]\n\
                 private = \"{private}\"\npublic = \"{public}\"\npublic-tree = \"{tree}\"\n",
            )
            .expect("writing to a String cannot fail");
            if self.several {
                writeln!(text, "mirror = \"{}\"", self.mirror)
                    .expect("writing to a String cannot fail");
            }
        }
        text
    }
}

/// Finds the newest pair of each listed branch that the mirror has.
///
/// # Errors
/// The manifest cannot be used or has seams; the mirror cannot be read or has
/// none of the branches; a branch has no pair.
pub fn find(request: &Request<'_>, progress: &dyn Progress) -> Result<Adoption, RunError> {
    let Request { repo, objects, address, environment, manifest, mirror } = *request;
    let source = PolicySource { stand_in: Some(manifest.clone()), rev: None };
    let policy = Policy::load(repo, objects, &source, mirror)?;
    if let Some(seam) = policy.mirror.seams.first() {
        return Err(UsageError::HasSeams { file: manifest.name.clone(), line: seam.line }.into());
    }
    let whole = Manifest::parse(&manifest.text, &manifest.name).map_err(UsageError::Manifest)?;
    let remote = RemoteRefs::read(address, environment)
        .map_err(|source| Failure::Unreachable { address: address.to_string(), source })?;
    let (present, absent): (Vec<&Branch>, Vec<&Branch>) = policy
        .branches
        .iter()
        .partition(|branch| remote.get(full_name(branch).as_bytes()).is_some());
    if present.is_empty() {
        let branches = policy.branches.iter().map(|branch| branch.name.clone()).collect();
        return Err(UsageError::NothingToAdopt { address: address.to_string(), branches }.into());
    }
    let tips: Vec<_> = present.iter().map(|branch| branch.tip).collect();
    let history = History::walk(objects, &tips, &repo.shallow(), progress)?;
    let trees = Trees::filter(objects, &history, &policy, progress)?;
    let mut pairs: Vec<Pair> = Vec::new();
    for branch in present {
        let public =
            find_foreign(address, environment, &[full_name(branch)], &HashSet::new(), |_| false)?;
        let pair = newest_pair(&history, &trees, branch, &public)
            .ok_or_else(|| no_pair(repo, &history, address, branch))?;
        if let Some(other) = pairs.iter().find(|other| other.private == pair.private)
            && other.public != pair.public
        {
            return Err(two_images(other, &pair));
        }
        pairs.push(pair);
    }
    Ok(Adoption {
        mirror: policy.mirror.name.clone(),
        has_url: policy.mirror.url.is_some(),
        pairs,
        absent: absent.into_iter().map(|branch| branch.name.clone()).collect(),
        several: whole.mirrors.len() > 1,
    })
}

fn full_name(branch: &Branch) -> String {
    format!("refs/heads/{}", branch.name)
}

/// The newest public commit whose tree is that of a private one, and the newest of
/// these: on the mainline of the branch, if there is one.
fn newest_pair(
    history: &History,
    trees: &Trees,
    branch: &Branch,
    public: &Foreign,
) -> Option<Pair> {
    let tip = history.number(branch.tip)?;
    let on_branch = history.dag.ancestors([tip]);
    let mut newest: HashMap<PublicTree, u32> = HashMap::new();
    for commit in history.numbers().filter(|&commit| on_branch[commit as usize]) {
        newest.insert(trees.of(commit), commit);
    }
    let mut mainline = vec![tip];
    while let Some(&parent) = mainline.last().and_then(|&at| history.dag.parents(at).first()) {
        mainline.push(parent);
    }
    for &commit in mainline.iter().rev() {
        newest.insert(trees.of(commit), commit);
    }
    // Two commits that show nothing have nothing in common.
    newest.remove(&PublicTree::new(ObjectId::EMPTY_TREE));
    let (public_commit, tree, private) = public.commits.iter().find_map(|&commit| {
        let tree = public.tree(commit)?;
        Some((commit, tree, *newest.get(&tree)?))
    })?;
    let settled = history.dag.ancestors([private]);
    let after = on_branch.iter().zip(&settled).filter(|&(&on, &settled)| on && !settled).count();
    Some(Pair {
        branch: branch.name.clone(),
        private: history.id(private),
        public: public_commit,
        tree,
        foreign: public.beyond(public_commit),
        after,
    })
}

fn no_pair(repo: &PrivateRepo, history: &History, address: &Address, branch: &Branch) -> RunError {
    if let Some(&cut) = history.cut_off.first()
        && !repo.shallow().is_empty()
    {
        return RunError::shallow(history.id(cut));
    }
    let hint = format!(
        "no commit of `{}` at {address} shows what a private commit would under this manifest; change \
         `include` and the moves until one does, or write the `[[seam]]` by hand, with `accept`",
        branch.name,
    );
    RunError::refusal(Check::SeamDiffers, None, None, hint)
}

fn two_images(one: &Pair, other: &Pair) -> RunError {
    let hint = format!(
        "private {} would be {} on `{}` and {} on `{}`, and a commit has one image; take one of the \
         branches off the list",
        one.private, one.public, one.branch, other.public, other.branch,
    );
    RunError::refusal(Check::SeamDiffers, Some(one.private), None, hint)
}
