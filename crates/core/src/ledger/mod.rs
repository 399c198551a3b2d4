// SPDX-License-Identifier: Apache-2.0
//! What a clone remembers of the history that its mirror shows already: the links of the
//! private commits, their images, and what stood at private paths.
//!
//! Only what is public is remembered, with what leads up to it. A run that finds it takes
//! it over in place of reading and replaying those commits again; whatever it would
//! publish is read, filtered, replayed and judged as ever. Where the mirror does not show
//! any more what is remembered, or another manifest is in force for any of it, all is
//! forgotten, and the run replays from the beginning.
//!
//! The file is a cache: it lies under the private git directory, may be deleted at any
//! moment, and one that is damaged, cut off, or written under other terms is as good as
//! none.

mod file;
mod make;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use repo_sync_shared::{PrivateCommit, PrivateTree, PublicCommit, PublicTree};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use crate::filter::PrivateIds;
use crate::git::PrivateRepo;
use crate::history::History;
use crate::policy::{InForce, ManifestEntry, Policy};
use crate::replay::ALGORITHM;

/// What stands for no number.
const NONE: u32 = u32::MAX;

/// The number of the file's layout.
const LAYOUT: u32 = 1;

/// Who takes a ledger over has room for so many more: as a rule, little is new.
pub(crate) const NEW: usize = 1_024;

/// Commits, images and private ids, by numbers of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// The commits, parents first.
    commits: Vec<Commit>,
    /// Their parents, one commit's after the other's.
    parents: Vec<u32>,
    /// The images, parents first.
    images: Vec<Image>,
    /// Their parents.
    image_parents: Vec<u32>,
    /// What stood at `sync.toml` in any of the commits.
    manifests: Vec<ManifestEntry>,
    /// What stood at private paths, if all of it is known.
    private: Option<Arc<PrivateIds>>,
}

/// A private commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Commit {
    id: PrivateCommit,
    tree: PrivateTree,
    /// Where its parents end.
    parents_end: u32,
    /// What stands at `sync.toml` in its tree, by number, or [`NONE`] if nobody looked.
    manifest: u32,
    /// The manifest that shapes its image, by number, or [`NONE`].
    shaped_by: u32,
    /// Its image, own or inherited, by number, or [`NONE`].
    image: u32,
    /// Whether the image is its own: 1, else 0.
    published: u32,
    /// How many headers its image does without.
    dropped_headers: u32,
}

/// A public commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Image {
    id: PublicCommit,
    tree: PublicTree,
    /// Where its parents end.
    parents_end: u32,
    /// The commit that it was made from, by number, or [`NONE`].
    source: u32,
    /// The commit whose filtered tree it shows, by number, or [`NONE`].
    shown_by: u32,
}

/// An image as it is remembered. The numbers are the ledger's own.
pub(crate) struct KnownImage<'l> {
    pub(crate) id: PublicCommit,
    pub(crate) tree: PublicTree,
    pub(crate) parents: &'l [u32],
    pub(crate) source: Option<u32>,
    pub(crate) shown_by: Option<u32>,
}

/// What became of a commit, as it is remembered.
pub(crate) struct KnownFate {
    /// Its image, own or inherited.
    pub(crate) image: Option<u32>,
    /// Whether the image is its own.
    pub(crate) published: bool,
    /// How many headers its image does without.
    pub(crate) dropped_headers: u32,
}

impl Ledger {
    /// What is remembered for a policy, if anything is and can be used.
    pub(crate) fn load(repo: &PrivateRepo, policy: &Policy) -> Option<Self> {
        let bytes = fs::read(path(repo, policy)).ok()?;
        file::read(&bytes, &terms(policy))
    }

    /// Writes it in place of what was remembered before. Without it the next run takes
    /// longer; nothing else depends on it.
    pub(crate) fn save(&self, repo: &PrivateRepo, policy: &Policy) {
        let path = path(repo, policy);
        // Under another name first: who reads it meets the old one or the new one, and what
        // two runs write at once has no right digest.
        let new = path.with_extension("new");
        let _ = path.parent().map(fs::create_dir_all);
        let _ = fs::write(&new, file::write(self, &terms(policy)))
            .and_then(|()| fs::rename(&new, &path));
    }

    /// How many commits are remembered.
    pub(crate) fn len(&self) -> u32 {
        number(self.commits.len())
    }

    /// A commit's id, root tree and parents.
    pub(crate) fn commit(&self, commit: u32) -> (PrivateCommit, PrivateTree, &[u32]) {
        let at = commit as usize;
        let Commit { id, tree, parents_end, .. } = self.commits[at];
        let start = at.checked_sub(1).map_or(0, |before| self.commits[before].parents_end);
        (id, tree, &self.parents[start as usize..parents_end as usize])
    }

    /// What stands at `sync.toml` in a commit's tree, if anybody looked.
    pub(crate) fn manifest(&self, commit: u32) -> Option<ManifestEntry> {
        let manifest = some(self.commits[commit as usize].manifest)?;
        Some(self.manifests[manifest as usize])
    }

    /// What became of a commit.
    pub(crate) fn fate(&self, commit: u32) -> KnownFate {
        let Commit { image, published, dropped_headers, .. } = self.commits[commit as usize];
        KnownFate { image: some(image), published: published == 1, dropped_headers }
    }

    /// An image.
    pub(crate) fn image(&self, image: u32) -> KnownImage<'_> {
        let at = image as usize;
        let Image { id, tree, parents_end, source, shown_by } = self.images[at];
        let start = at.checked_sub(1).map_or(0, |before| self.images[before].parents_end);
        let parents = &self.image_parents[start as usize..parents_end as usize];
        KnownImage { id, tree, parents, source: some(source), shown_by: some(shown_by) }
    }

    /// How many images are remembered.
    pub(crate) fn images(&self) -> usize {
        self.images.len()
    }

    /// What stood at private paths, if all of it is known.
    pub(crate) fn private(&self) -> Option<&Arc<PrivateIds>> {
        self.private.as_ref()
    }

    /// Whether the same manifests are in force for all that is remembered.
    pub(crate) fn agrees(&self, history: &History, in_force: &InForce) -> bool {
        let gives: FxHashMap<_, _> = in_force.manifests().iter().copied().collect();
        let shapes: Vec<Option<u32>> =
            self.manifests.iter().map(|it| gives.get(it).copied().flatten()).collect();
        history.numbers().all(|commit| {
            let Some(known) = history.remembered(commit) else { return true };
            let shaped_by = some(self.commits[known as usize].shaped_by);
            let shape = shaped_by.map(|manifest| shapes[manifest as usize]);
            match (shape, in_force.shape(commit)) {
                (None, None) => true,
                (Some(Some(known)), Some(shape)) => known == shape,
                (Some(_), _) | (None, Some(_)) => false,
            }
        })
    }
}

fn path(repo: &PrivateRepo, policy: &Policy) -> PathBuf {
    repo.kept_of(&policy.mirror.name).join("ledger")
}

/// A digest of all that images depend on beside the commits and their manifests.
fn terms(policy: &Policy) -> [u8; 32] {
    let mirror = &policy.mirror;
    let stand_in = policy.stand_in.as_ref().map(|file| &file.text);
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update([LAYOUT.to_le_bytes(), ALGORITHM.to_le_bytes()].concat());
    let set = (&mirror.name, &mirror.was, mirror.adopt, &mirror.seams, &mirror.withhold, stand_in);
    digest.update(format!("{set:?}"));
    digest.finalize().into()
}

fn some(number: u32) -> Option<u32> {
    (number != NONE).then_some(number)
}

/// A number of something that is held in memory.
fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a history has fewer than 2^32 commits and edges")
}
