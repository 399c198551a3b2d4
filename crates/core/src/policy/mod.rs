// SPDX-License-Identifier: Apache-2.0
//! Which manifest speaks: the one at the policy tip for levels, seams and refs,
//! and for each commit the one that shapes its image.
//!
//! [`Policy::load`] reads the first, [`InForce`] the second. An image
//! follows from the commit, its ancestors and what stands here: nothing else.

mod in_force;
mod read;
mod seams;

pub(crate) use in_force::Ground;
pub use in_force::InForce;
pub(crate) use read::{ManifestEntry, at as manifest_at, manifest_entry};
pub use seams::{Settled, Withheld};

use repo_sync_shared::PrivateCommit;

use crate::error::{RunError, UsageError};
use crate::git::{Branch, Objects, PrivateRepo};
use crate::manifest::{Manifest, Mirror, PastManifest};

/// The name of the manifest in the root of the private tree.
pub const MANIFEST: &str = "sync.toml";

/// A manifest that stands in for those of the history: `--manifest FILE`.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// What errors call it.
    pub name: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

/// What the policy tip says about one mirror.
#[derive(Clone)]
pub struct Policy {
    /// The mirror, as meant.
    pub mirror: Mirror,
    /// The commit whose manifest this is; with a stand-in, the first branch's tip.
    pub tip: PrivateCommit,
    /// The listed branches that exist, the first of the list first.
    pub branches: Vec<Branch>,
    /// Names and patterns of the list that no branch matches.
    pub unmatched: Vec<String>,
    /// The stand-in, if that is where the manifest comes from.
    pub stand_in: Option<StandIn>,
    /// The urls of the other mirrors.
    pub other_urls: Vec<String>,
}

/// Where to look for the policy.
#[derive(Clone, Debug, Default)]
pub struct PolicySource {
    /// Read this file instead of any committed manifest.
    pub stand_in: Option<StandIn>,
    /// Read the policy at this revision instead of the first branch's tip.
    pub rev: Option<String>,
}

impl Policy {
    /// The names of the mirrors, as the manifest at HEAD lists them.
    ///
    /// # Errors
    /// There is no manifest, or it cannot be read.
    pub fn mirror_names(
        repo: &PrivateRepo,
        objects: &Objects<'_>,
        source: &PolicySource,
    ) -> Result<Vec<String>, RunError> {
        let names = match &source.stand_in {
            Some(file) => {
                let manifest =
                    Manifest::parse(&file.text, &file.name).map_err(UsageError::Manifest)?;
                manifest.mirrors.into_iter().map(|mirror| mirror.name).collect()
            }
            None => listing(repo, objects, source)?.mirror_names().map(str::to_owned).collect(),
        };
        Ok(names)
    }

    /// The policy for the mirror `name`, or for the only one.
    ///
    /// # Errors
    /// There is no manifest, it is invalid at the policy tip, it does not name the
    /// mirror, or the first listed branch does not exist.
    pub fn load(
        repo: &PrivateRepo,
        objects: &Objects<'_>,
        source: &PolicySource,
        name: Option<&str>,
    ) -> Result<Self, RunError> {
        if repo.is_empty() {
            return Err(UsageError::EmptyRepository.into());
        }
        let (manifest, tip) = match (&source.stand_in, &source.rev) {
            (Some(file), rev) => {
                let manifest =
                    Manifest::parse(&file.text, &file.name).map_err(UsageError::Manifest)?;
                let tip = rev.as_deref().map(|rev| repo.rev(rev)).transpose()?;
                (manifest, tip)
            }
            (None, Some(rev)) => {
                let tip = repo.rev(rev)?;
                (strict(objects, tip)?, Some(tip))
            }
            (None, None) => {
                let listing = listing(repo, objects, source)?;
                let known: Vec<String> = listing.mirror_names().map(str::to_owned).collect();
                if known.is_empty() {
                    // Without a mirror it is a mistake: the strict reading says which.
                    strict(objects, repo.head()?)?;
                }
                let name = choose(name, &known)?;
                let first = listing.first_branch(&name, &[]).unwrap_or("main");
                let missing = || UsageError::NoSuchBranch(first.to_owned());
                let branch = repo.branch(first).ok_or_else(missing)?;
                (strict(objects, branch.tip)?, Some(branch.tip))
            }
        };
        let known: Vec<String> =
            manifest.mirrors.iter().map(|mirror| mirror.name.clone()).collect();
        let name = choose(name, &known)?;
        let (mine, others): (Vec<Mirror>, Vec<Mirror>) =
            manifest.mirrors.into_iter().partition(|mirror| mirror.name == name);
        let mirror = mine.into_iter().next().ok_or(UsageError::NoSuchMirror { name, known })?;
        let (branches, unmatched) = listed_branches(repo, &mirror)?;
        Ok(Self {
            tip: tip.unwrap_or(branches[0].tip),
            mirror,
            branches,
            unmatched,
            stand_in: source.stand_in.clone(),
            other_urls: others.into_iter().filter_map(|mirror| mirror.url).collect(),
        })
    }

    /// The name that the manifest's rules are shown with.
    pub fn manifest_name(&self) -> &str {
        self.stand_in.as_ref().map_or(MANIFEST, |file| &file.name)
    }
}

/// The manifest at HEAD (or at the given revision), read for its lists only.
fn listing(
    repo: &PrivateRepo,
    objects: &Objects<'_>,
    source: &PolicySource,
) -> Result<PastManifest, RunError> {
    if repo.is_empty() {
        return Err(UsageError::EmptyRepository.into());
    }
    let commit = match &source.rev {
        Some(rev) => repo.rev(rev)?,
        None => repo.head()?,
    };
    let text = read::at(objects, commit)?;
    Ok(PastManifest::parse(&text, MANIFEST).map_err(UsageError::Manifest)?)
}

fn strict(objects: &Objects<'_>, tip: PrivateCommit) -> Result<Manifest, RunError> {
    let text = read::at(objects, tip)?;
    Ok(Manifest::parse(&text, MANIFEST).map_err(UsageError::Manifest)?)
}

/// The mirror that is meant: the named one, or the only one.
fn choose(name: Option<&str>, known: &[String]) -> Result<String, UsageError> {
    match (name, known) {
        (Some(name), known) if known.iter().any(|one| one == name) => Ok(name.to_owned()),
        (Some(name), _) => {
            Err(UsageError::NoSuchMirror { name: name.to_owned(), known: known.to_vec() })
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(UsageError::SeveralMirrors(known.to_vec())),
    }
}

/// The branches that a mirror lists, and the entries of the list without one.
fn listed_branches(
    repo: &PrivateRepo,
    mirror: &Mirror,
) -> Result<(Vec<Branch>, Vec<String>), UsageError> {
    let first = &mirror.branches.first;
    let first = repo.branch(first).ok_or_else(|| UsageError::NoSuchBranch(first.clone()))?;
    let mut branches = vec![first];
    let mut unmatched = Vec::new();
    let names = repo.branches();
    for pattern in &mirror.branches.rest {
        let mut matching =
            names.iter().filter(|name| pattern.matches_whole(name.as_bytes())).peekable();
        if matching.peek().is_none() {
            unmatched.push(pattern.to_string());
        }
        for name in matching {
            if branches.iter().all(|branch| branch.name != *name) {
                branches.extend(repo.branch(name));
            }
        }
    }
    Ok((branches, unmatched))
}
