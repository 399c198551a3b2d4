// SPDX-License-Identifier: Apache-2.0
//! Trees that are small as objects and endless as paths.

use repo_sync_shared::ObjectId;

use crate::objects::{Kind, object_id};
use crate::tree::Tree;

/// A tree with these entries, put into `tree` by way of a directory of its own.
fn put(tree: Tree, place: &str, entries: &[(&str, &str, ObjectId)]) -> (Tree, ObjectId) {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend([mode.as_bytes(), b" ", name.as_bytes(), b"\0", id.as_bytes()].concat());
    }
    (tree.raw_dir(place, &bytes), object_id(Kind::Tree, &bytes))
}

/// Ten directories in each of ten directories, `levels` deep at `place`, around one leaf:
/// its mode and content.
pub fn bomb(tree: Tree, place: &str, levels: u32, leaf: (&str, &str)) -> Tree {
    let names: Vec<String> = (0..10).map(|at| format!("d{at}")).collect();
    let (mode, content) = leaf;
    let mut tree = tree.file(place, content);
    let mut inner = object_id(Kind::Blob, content.as_bytes());
    for level in 0..=levels {
        let mode = if level == 0 { mode } else { "40000" };
        let entries: Vec<_> = names.iter().map(|name| (mode, name.as_str(), inner)).collect();
        (tree, inner) = put(tree, place, &entries);
    }
    tree
}

/// A file below `levels` directories at `place`.
pub fn deep(tree: Tree, place: &str, levels: u32) -> Tree {
    let mut tree = tree.file(place, "leaf\n");
    let mut inner = ("100644", object_id(Kind::Blob, b"leaf\n"));
    for _ in 0..levels {
        let id;
        (tree, id) = put(tree, place, &[(inner.0, "d", inner.1)]);
        inner = ("40000", id);
    }
    tree
}
