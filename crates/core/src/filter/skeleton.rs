// SPDX-License-Identifier: Apache-2.0
//! A public directory with nothing in it but `Cargo.toml`s: all that what becomes of a
//! workspace hangs on, so that two commits with the same one need not be asked twice.

use std::sync::Arc;

use repo_sync_shared::ObjectId;

use crate::object::{Kind, append_entry, hash};

/// The `Cargo.toml`s in and below a directory.
#[derive(Debug)]
pub(super) struct Skeleton {
    /// The same for skeletons that hold the same, as a tree's is.
    pub(super) id: ObjectId,
    /// The private file behind the one that stands in the directory itself.
    manifest: Option<ObjectId>,
    /// Those below, by the names of the directories, ascending.
    below: Vec<(Box<[u8]>, Arc<Self>)>,
}

impl Skeleton {
    /// `None` where there is no `Cargo.toml`.
    pub(super) fn new(
        manifest: Option<ObjectId>,
        mut below: Vec<(Box<[u8]>, Arc<Self>)>,
    ) -> Option<Self> {
        if manifest.is_none() && below.is_empty() {
            return None;
        }
        below.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut bytes = Vec::new();
        if let Some(id) = manifest {
            append_entry(&mut bytes, b"100644", b"Cargo.toml", id);
        }
        for (name, skeleton) in &below {
            append_entry(&mut bytes, b"40000", name, skeleton.id);
        }
        Some(Self { id: hash(Kind::Tree, &bytes), manifest, below })
    }

    /// Whether the directory itself has one.
    pub(super) fn has_manifest(&self) -> bool {
        self.manifest.is_some()
    }

    /// The private file behind the one that stands in a directory.
    pub(super) fn manifest_in(&self, directory: &str) -> Option<ObjectId> {
        let manifests = self.manifests().into_iter();
        manifests.filter(|(known, _)| known == directory).map(|(_, id)| id).next()
    }

    /// The private files behind them, by the directories that hold them. Of a directory
    /// whose name is no UTF-8 no manifest can speak.
    pub(super) fn manifests(&self) -> Vec<(String, ObjectId)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), self)];
        while let Some((path, skeleton)) = open.pop() {
            for (name, below) in &skeleton.below {
                let Ok(name) = str::from_utf8(name) else { continue };
                let slash = if path.is_empty() { "" } else { "/" };
                open.push((format!("{path}{slash}{name}"), below));
            }
            found.extend(skeleton.manifest.map(|id| (path, id)));
        }
        found
    }
}
