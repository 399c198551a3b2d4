// SPDX-License-Identifier: Apache-2.0
//! Where an object stands in a tree: for errors, which know only its id.

use repo_sync_shared::{ObjectId, PrivateTree};
use rustc_hash::FxHashSet;

use crate::git::Objects;
use crate::object::{Kind, tree_entries};
use crate::paths::join;

/// The first private path at which `wanted` stands below `root`, as far as the
/// trees can be read.
pub(crate) fn locate(
    objects: &Objects<'_>,
    root: PrivateTree,
    wanted: ObjectId,
) -> Option<Vec<u8>> {
    let mut seen = FxHashSet::default();
    let mut open = vec![(Vec::new(), root.id())];
    while let Some((path, tree)) = open.pop() {
        if !seen.insert(tree) {
            continue;
        }
        let Ok(object) = objects.read(tree, Kind::Tree) else { continue };
        for entry in tree_entries(object.data()).flatten() {
            if entry.id == wanted {
                return Some(join(&path, entry.name));
            }
            if entry.kind().is_tree() {
                open.push((join(&path, entry.name), entry.id));
            }
        }
    }
    None
}
