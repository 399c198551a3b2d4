// SPDX-License-Identifier: Apache-2.0
//! Private trees read plainly, for answers about single paths: all entries of one
//! directory, or what stands at one path.

use std::collections::BTreeMap;

use repo_sync_shared::{ObjectId, PrivateTree};

use crate::error::RunError;
use crate::git::Objects;
use crate::object::{EntryKind, Kind, tree_entries};
use crate::paths::components;

/// The entries of a directory by name.
pub(crate) type Entries = BTreeMap<Vec<u8>, (EntryKind, ObjectId)>;

/// The entries of a directory; none of one that is not there.
pub(crate) fn entries(
    objects: &Objects<'_>,
    tree: Option<PrivateTree>,
) -> Result<Entries, RunError> {
    let Some(tree) = tree else { return Ok(Entries::new()) };
    let object = objects.read(tree.id(), Kind::Tree)?;
    Ok(tree_entries(object.data())
        .flatten()
        .map(|entry| (entry.name.to_vec(), (entry.kind(), entry.id)))
        .collect())
}

/// What stands at a path of a root tree.
pub(crate) fn entry_at(
    objects: &Objects<'_>,
    root: PrivateTree,
    path: &[u8],
) -> Result<Option<(EntryKind, ObjectId)>, RunError> {
    let mut at = (EntryKind::Tree, root.id());
    for name in components(path) {
        if at.0 != EntryKind::Tree {
            return Ok(None);
        }
        let object = objects.read(at.1, Kind::Tree)?;
        match tree_entries(object.data()).flatten().find(|entry| entry.name == name) {
            Some(entry) => at = (entry.kind(), entry.id),
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
