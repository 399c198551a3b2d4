// SPDX-License-Identifier: Apache-2.0
//! Commits on the mirror that are not ours, read without downloading it.
//!
//! Only when a branch of the mirror stands at a commit that is no image of ours:
//! its commits are fetched into a scratch repository, without trees or files.

use std::collections::{HashMap, HashSet};

use repo_sync_shared::{ObjectId, PublicCommit, PublicTree};

use crate::error::{Failure, RunError};
use crate::git::{Address, Environment, Scratch};
use crate::replay::Images;

/// What the mirror's branches hold beyond our images.
#[derive(Debug, Default)]
pub struct Foreign {
    /// Foreign commits, newest first.
    pub commits: Vec<PublicCommit>,
    parents: HashMap<PublicCommit, Vec<PublicCommit>>,
    trees: HashMap<PublicCommit, PublicTree>,
    bases: HashSet<PublicCommit>,
}

impl Foreign {
    /// The tree of a commit that was fetched.
    pub fn tree(&self, commit: PublicCommit) -> Option<PublicTree> {
        self.trees.get(&commit).copied()
    }

    /// The commits that were fetched, each with its parents.
    pub(crate) fn graph(&self) -> impl Iterator<Item = (PublicCommit, Vec<PublicCommit>)> {
        self.parents.iter().map(|(commit, parents)| (*commit, parents.clone()))
    }

    /// Whether a commit is on one of the branches that were fetched.
    pub fn reaches(&self, commit: PublicCommit) -> bool {
        self.parents.contains_key(&commit)
    }

    /// The parents of a commit that was fetched; none of another.
    pub(crate) fn parents(&self, commit: PublicCommit) -> &[PublicCommit] {
        self.parents.get(&commit).map(Vec::as_slice).unwrap_or_default()
    }

    /// These commits, and all that were fetched and lie behind them.
    pub(crate) fn behind(
        &self,
        commits: impl IntoIterator<Item = PublicCommit>,
    ) -> HashSet<PublicCommit> {
        let mut behind = HashSet::new();
        let mut open: Vec<PublicCommit> = commits.into_iter().collect();
        while let Some(commit) = open.pop() {
            if behind.insert(commit) {
                open.extend(self.parents(commit));
            }
        }
        behind
    }

    /// The images of ours that the mirror's branches hold, by number.
    pub fn reached_images<'f>(&'f self, images: &'f Images) -> impl Iterator<Item = u32> + 'f {
        self.parents.keys().filter_map(|&commit| images.number(commit))
    }

    /// The foreign commits that `base` does not reach, newest first.
    pub(crate) fn beyond(&self, base: PublicCommit) -> Vec<PublicCommit> {
        let behind = self.behind([base]);
        self.commits.iter().copied().filter(|commit| !behind.contains(commit)).collect()
    }

    /// The seams' public commits that descend from `commit`, or are it.
    pub fn bases_above(&self, commit: PublicCommit) -> impl Iterator<Item = PublicCommit> {
        self.bases.iter().copied().filter(move |&base| self.descends(base, commit))
    }

    /// Whether `from` is `ancestor`, or has it behind it.
    pub fn descends(&self, from: PublicCommit, ancestor: PublicCommit) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![from];
        while let Some(commit) = open.pop() {
            if commit == ancestor {
                return true;
            }
            if seen.insert(commit) {
                open.extend(self.parents.get(&commit).into_iter().flatten());
            }
        }
        false
    }
}

/// Reads the commits of these branches of the mirror (full names) and tells
/// which are neither an image of ours nor a seam's public commit nor behind one
/// of these.
///
/// # Errors
/// The mirror cannot be read.
pub fn find_foreign(
    address: &Address,
    environment: &Environment,
    branches: &[String],
    bases: &HashSet<PublicCommit>,
    is_ours: impl Fn(PublicCommit) -> bool,
) -> Result<Foreign, RunError> {
    let scratch = Scratch::new(environment)?;
    let git = scratch.git();
    let url = address.as_git();
    let refspecs: Vec<String> = branches
        .iter()
        .enumerate()
        .map(|(number, name)| format!("+{name}:refs/foreign/{number}"))
        .collect();
    let mut fetch = vec![
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--filter=tree:0",
        "--",
        &url,
    ];
    fetch.extend(refspecs.iter().map(String::as_str));
    git.run(&fetch, b"")
        .map_err(|source| Failure::Unreachable { address: address.to_string(), source })?;
    let list = ["rev-list", "--topo-order", "--format=%H %P %T", "--no-commit-header", "--all"];
    let listing = git.run(&list, b"")?;
    let mut foreign = read(&listing);
    foreign.bases = bases.clone();
    foreign.commits = unknown(&foreign, &listing, is_ours);
    Ok(foreign)
}

/// The graph from lines of a commit, its parents and its tree.
fn read(listing: &[u8]) -> Foreign {
    let mut foreign = Foreign::default();
    for line in ids(listing) {
        let [commit, rest @ ..] = &line[..] else { continue };
        let [parents @ .., tree] = rest else { continue };
        let commit = PublicCommit::new(*commit);
        foreign.parents.insert(commit, parents.iter().map(|&id| PublicCommit::new(id)).collect());
        foreign.trees.insert(commit, PublicTree::new(*tree));
    }
    foreign
}

/// The commits, newest first, that nothing of ours explains.
fn unknown(
    foreign: &Foreign,
    listing: &[u8],
    is_ours: impl Fn(PublicCommit) -> bool,
) -> Vec<PublicCommit> {
    // What lies behind a seam's public commit, or behind an image, is explained.
    let mut explained = HashSet::new();
    let mut open: Vec<PublicCommit> = foreign
        .parents
        .keys()
        .copied()
        .filter(|commit| foreign.bases.contains(commit) || is_ours(*commit))
        .collect();
    while let Some(commit) = open.pop() {
        if explained.insert(commit) {
            open.extend(foreign.parents.get(&commit).into_iter().flatten());
        }
    }
    ids(listing)
        .filter_map(|line| line.first().copied().map(PublicCommit::new))
        .filter(|commit| !explained.contains(commit))
        .collect()
}

/// The object ids of each line.
fn ids(listing: &[u8]) -> impl Iterator<Item = Vec<ObjectId>> {
    listing
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| line.split(|&b| b == b' ').filter_map(ObjectId::from_hex).collect())
}
