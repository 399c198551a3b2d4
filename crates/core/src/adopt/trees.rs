// SPDX-License-Identifier: Apache-2.0
//! What each private commit would show, under the manifests as they will be once
//! the new one is committed.

use std::sync::Arc;

use repo_sync_shared::PublicTree;
use rustc_hash::FxHashMap;

use crate::error::RunError;
use crate::filter::Filter;
use crate::git::Objects;
use crate::history::History;
use crate::manifest::{PastManifest, Shape};
use crate::object::Kind;
use crate::policy::{MANIFEST, ManifestEntry, Policy, manifest_entry};
use crate::progress::{Phase, Progress};

/// The filtered tree of each commit.
pub(super) struct Trees(Vec<PublicTree>);

impl Trees {
    /// Filters every commit: by its own manifest if that names the mirror, else by
    /// the first that does, else by the one to be.
    pub(super) fn filter(
        objects: &Objects<'_>,
        history: &History,
        policy: &Policy,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let mut known: FxHashMap<ManifestEntry, Option<Arc<Shape>>> = FxHashMap::default();
        let mut own = Vec::with_capacity(history.len());
        for commit in history.numbers() {
            let root = objects.read(history.tree(commit).id(), Kind::Tree)?;
            let entry = manifest_entry(root.data());
            let shape = match known.get(&entry) {
                Some(shape) => shape.clone(),
                None => {
                    let shape = read(objects, policy, entry)?;
                    known.insert(entry, shape.clone());
                    shape
                }
            };
            own.push(shape);
        }
        let adopted = own.iter().flatten().next().unwrap_or(&policy.mirror.shape).clone();
        let mut filters: Vec<Filter<'_>> = Vec::new();
        let mut trees = Vec::with_capacity(history.len());
        progress.start(Phase::Filter, Some(history.len() as u64));
        for (commit, shape) in history.numbers().zip(own) {
            if commit % 256 == 255 {
                progress.advance(Phase::Filter, 256);
                if progress.interrupted() {
                    return Err(RunError::Interrupted);
                }
            }
            let shape = shape.unwrap_or_else(|| adopted.clone());
            let known = filters.iter().position(|filter| *filter.shape() == shape);
            let number = known.unwrap_or(filters.len());
            if known.is_none() {
                filters.push(Filter::new(objects, shape));
            }
            let filter = &mut filters[number];
            let tree = filter.root(history.tree(commit));
            // Only the tree matters here; the replay tells of collisions.
            filter.take_collisions();
            trees.push(tree.map_err(|err| RunError::unfiltered(&err, Some(history.id(commit))))?);
        }
        progress.finish(Phase::Filter);
        Ok(Self(trees))
    }

    /// The filtered tree of a commit.
    pub(super) fn of(&self, commit: u32) -> PublicTree {
        self.0[commit as usize]
    }
}

/// The shape that a committed manifest gives the mirror, if it can be read and
/// names it.
fn read(
    objects: &Objects<'_>,
    policy: &Policy,
    entry: ManifestEntry,
) -> Result<Option<Arc<Shape>>, RunError> {
    let ManifestEntry::File(blob) = entry else { return Ok(None) };
    let object = objects.read(blob.id(), Kind::Blob)?;
    let manifest = PastManifest::parse(object.data(), MANIFEST).ok();
    let mirror = &policy.mirror;
    Ok(manifest.and_then(|manifest| manifest.shape(&mirror.name, &mirror.was).cloned()))
}
