// SPDX-License-Identifier: Apache-2.0
//! The root trees of a history, each read once, over all cores, ahead of those who
//! will ask.
//!
//! Whether a root tree holds a manifest, and what is public of it under one shape, does
//! not hang on any commit. Most commits of a history have the shape of the policy tip,
//! so that is the one that is tried. A tree that cannot be read or filtered is left out:
//! who asks for it meets the fault at the commit that it belongs to.

use std::ops::Range;
use std::sync::Arc;

use repo_sync_shared::PrivateTree;
use rustc_hash::FxHashMap;

use crate::atlas::Atlas;
use crate::cores::{Blocks, block, share};
use crate::error::RunError;
use crate::filter::{Ahead, Filter};
use crate::git::Objects;
use crate::history::History;
use crate::manifest::Shape;
use crate::numbers::Numbers;
use crate::policy::{ManifestEntry, manifest_entry};
use crate::progress::{Phase, Progress};

/// How many trees a thread takes at a time, at most: neighbours have much in common.
const BLOCK: usize = 256;

/// What is known of the root trees of a history.
#[derive(Default)]
pub(crate) struct Survey {
    /// The root trees, by the first commits that have them.
    roots: Numbers,
    /// What stands at `sync.toml` anywhere.
    manifests: Vec<ManifestEntry>,
    /// For those first commits which of these it is, if their tree could be read.
    places: Vec<Option<u32>>,
    filtered: Option<(Arc<Shape>, Vec<Ahead>)>,
    atlas: Option<Arc<Atlas>>,
}

impl Survey {
    /// Reads the root trees of these commits and filters them by `shape`, which is that of
    /// the atlas.
    ///
    /// # Errors
    /// The user stopped the run.
    pub(crate) fn make(
        objects: &Objects<'_>,
        history: &History,
        commits: impl Iterator<Item = u32>,
        shape: &Arc<Shape>,
        atlas: Option<&Arc<Atlas>>,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let tree_of = |commit| history.tree(commit).id();
        let mut roots = Numbers::default();
        let mut firsts = Vec::new();
        for commit in commits {
            if roots.get(tree_of(commit), tree_of).is_none() {
                roots.insert(tree_of(commit), commit, tree_of);
                firsts.push(commit);
            }
        }
        progress.start(Phase::Filter, Some(firsts.len() as u64));
        let filter = || {
            let mut filter = Filter::new(objects, shape.clone());
            filter.go_by(atlas.cloned());
            filter
        };
        let work = |blocks: &Blocks| survey(filter(), history, &firsts, blocks, progress);
        let surveyed = share(firsts.len(), block(firsts.len(), BLOCK), work);
        progress.finish(Phase::Filter);
        if progress.interrupted() {
            return Err(RunError::Interrupted);
        }
        let mut filtered = Vec::with_capacity(surveyed.len());
        let mut known = FxHashMap::default();
        let mut manifests = Vec::new();
        let mut places = vec![None; history.len()];
        for (runs, ahead) in surveyed {
            for Run { firsts: run, manifest } in runs {
                let place = *known.entry(manifest).or_insert_with(|| {
                    manifests.push(manifest);
                    u32::try_from(manifests.len() - 1).expect("there are no more than commits")
                });
                firsts[run].iter().for_each(|&commit| places[commit as usize] = Some(place));
            }
            filtered.push(ahead);
        }
        let (filtered, atlas) = (Some((shape.clone(), filtered)), atlas.cloned());
        Ok(Self { roots, manifests, places, filtered, atlas })
    }

    /// What stands at `sync.toml` in a root tree, if that was read.
    pub(crate) fn manifest(&self, root: PrivateTree, history: &History) -> Option<ManifestEntry> {
        let first = self.roots.get(root.id(), |commit| history.tree(commit).id())?;
        let place = self.places.get(first as usize).copied().flatten()?;
        self.manifests.get(place as usize).copied()
    }

    /// Hands what was filtered to the filter of the same shape, once.
    pub(crate) fn tell(&mut self, filter: &mut Filter<'_>) {
        if let Some((_, filtered)) = self.filtered.take_if(|(shape, _)| **shape == **filter.shape())
        {
            filtered.into_iter().for_each(|ahead| filter.take_over(ahead));
            filter.go_by(self.atlas.take());
        }
    }
}

/// Root trees, one after the other, that have the same at `sync.toml`.
struct Run {
    /// The places of their commits in the list of all that are read.
    firsts: Range<usize>,
    manifest: ManifestEntry,
}

/// What one thread finds out.
fn survey(
    mut filter: Filter<'_>,
    history: &History,
    firsts: &[u32],
    blocks: &Blocks,
    progress: &dyn Progress,
) -> (Vec<Run>, Ahead) {
    let mut runs: Vec<Run> = Vec::new();
    while let Some(block) = blocks.take() {
        if progress.interrupted() {
            break;
        }
        progress.advance(Phase::Filter, block.len() as u64);
        for at in block {
            let tree = history.tree(firsts[at]);
            let Ok(root) = filter.hold(tree) else { continue };
            let manifest = manifest_entry(root.data());
            match runs.last_mut() {
                Some(run) if run.firsts.end == at && run.manifest == manifest => {
                    run.firsts.end += 1;
                }
                _ => runs.push(Run { firsts: at..at + 1, manifest }),
            }
            // It is likely to be like that of the first parent.
            let parent = history.dag.parents(firsts[at]).first();
            let before = parent.map(|&parent| history.tree(parent));
            // The fault of a tree is told at its commit, by who replays that.
            let _ = filter.root_after(before, tree);
        }
    }
    (runs, filter.into_ahead())
}
