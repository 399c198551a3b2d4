// SPDX-License-Identifier: Apache-2.0
//! The root trees of a history, each read once, over all cores, ahead of those who
//! will ask.
//!
//! Whether a root tree holds a manifest, and what is public of it under one shape, does
//! not hang on any commit. Most commits of a history have the shape of the policy tip,
//! so that is the one that is tried. A tree that cannot be read or filtered is left out:
//! who asks for it meets the fault at the commit that it belongs to.

use std::sync::Arc;

use repo_sync_shared::PrivateTree;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::atlas::Atlas;
use crate::cores::{Blocks, block, share};
use crate::error::RunError;
use crate::filter::{Ahead, Filter};
use crate::git::Objects;
use crate::history::History;
use crate::manifest::Shape;
use crate::policy::{ManifestEntry, manifest_entry};
use crate::progress::{Phase, Progress};

/// How many trees a thread takes at a time, at most: neighbours have much in common.
const BLOCK: usize = 256;

/// What is known of the root trees of a history.
#[derive(Default)]
pub(crate) struct Survey {
    /// What stands at `sync.toml`.
    pub(crate) manifests: FxHashMap<PrivateTree, ManifestEntry>,
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
        let mut met = FxHashSet::default();
        let parent = |commit| history.dag.parents(commit).first();
        let trees = commits.map(|commit| Root {
            tree: history.tree(commit),
            before: parent(commit).map(|&parent| history.tree(parent)),
        });
        let trees: Vec<Root> = trees.filter(|root| met.insert(root.tree)).collect();
        progress.start(Phase::Filter, Some(trees.len() as u64));
        let filter = || {
            let mut filter = Filter::new(objects, shape.clone());
            filter.go_by(atlas.cloned());
            filter
        };
        let work = |blocks: &Blocks| survey(filter(), &trees, blocks, progress);
        let surveyed = share(trees.len(), block(trees.len(), BLOCK), work);
        progress.finish(Phase::Filter);
        if progress.interrupted() {
            return Err(RunError::Interrupted);
        }
        let mut this = Self { atlas: atlas.cloned(), ..Self::default() };
        let mut filtered = Vec::with_capacity(surveyed.len());
        for (manifests, ahead) in surveyed {
            this.manifests.extend(manifests);
            filtered.push(ahead);
        }
        this.filtered = Some((shape.clone(), filtered));
        Ok(this)
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

/// A root tree, and one that it is likely to be like: that of the first parent.
#[derive(Clone, Copy)]
struct Root {
    tree: PrivateTree,
    before: Option<PrivateTree>,
}

/// What one thread finds out.
fn survey(
    mut filter: Filter<'_>,
    trees: &[Root],
    blocks: &Blocks,
    progress: &dyn Progress,
) -> (Vec<(PrivateTree, ManifestEntry)>, Ahead) {
    let mut manifests = Vec::new();
    while let Some(block) = blocks.take() {
        if progress.interrupted() {
            break;
        }
        progress.advance(Phase::Filter, block.len() as u64);
        for &Root { tree, before } in &trees[block] {
            let Ok(root) = filter.hold(tree) else { continue };
            manifests.push((tree, manifest_entry(root.data())));
            // The fault of a tree is told at its commit, by who replays that.
            let _ = filter.root_after(before, tree);
        }
    }
    (manifests, filter.into_ahead())
}
