// SPDX-License-Identifier: Apache-2.0
//! Root trees one after the other, each a few steps from the one before: some are unsound.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use repo_sync_shared::{ObjectId, PrivateTree};

use crate::manifest::{Manifest, Shape};
use crate::object::{append_entry, entry_order};

const RULES: &str = "version = 1\ninclude = [\"a*\", \"docs/x\", \"z\"]\n\
    exclude = [\"*b\"]\n[mirror.public]\n";
const ENTRIES: [&str; 14] =
    ["a", "a-", "a-b", "a.", "a0", "ab", "b", "cloud", "docs", "src", "sync.toml", "t", "x", "z"];

/// Rules that split the trees.
pub(super) fn shape() -> Arc<Shape> {
    let manifest = Manifest::parse(RULES.as_bytes(), "sync.toml").expect("it is sound");
    manifest.mirror("public").expect("it names one").shape.clone()
}

/// Writes the trees into a new repository in this directory.
pub(super) fn generated(dir: &Path) -> Vec<PrivateTree> {
    let repo = git2::Repository::init_bare(dir).expect("the directory is empty");
    let odb = repo.odb().expect("it was just made");
    let write = |bytes: &[u8]| {
        let id = odb.write(git2::ObjectType::Tree, bytes).expect("there is room");
        ObjectId::from_slice(id.as_bytes()).expect("it is SHA-1")
    };
    let mut rng = Rng::with_seed(11);
    let below = ["x", "y"].map(|name| {
        let mut tree = Vec::new();
        append_entry(&mut tree, b"100644", name.as_bytes(), ObjectId::EMPTY_TREE);
        write(&tree)
    });
    let mut entries: BTreeMap<&str, (bool, ObjectId)> = BTreeMap::new();
    let mut trees = Vec::new();
    for _ in 0..1_500 {
        for _ in 0..rng.usize(1..3) {
            let name = rng.choice(ENTRIES).expect("there are some");
            let is_tree = rng.bool();
            let id = rng.choice(below).expect("there are two");
            match rng.u8(..3) {
                0 => drop(entries.remove(name)),
                _ => drop(entries.insert(name, (is_tree, id))),
            }
        }
        let mut sorted: Vec<_> = entries.iter().collect();
        sorted.sort_by(|(a, (x, _)), (b, (y, _))| entry_order(a.as_bytes(), *x, b.as_bytes(), *y));
        if rng.u8(..8) == 0 && sorted.len() > 1 {
            let at = rng.usize(1..sorted.len());
            sorted.swap(at - 1, at);
        }
        let mut tree = Vec::new();
        for (name, (is_tree, id)) in sorted {
            let mode: &[u8] = if *is_tree { b"40000" } else { b"100644" };
            append_entry(&mut tree, mode, name.as_bytes(), *id);
        }
        if rng.u8(..4) == 0 && !tree.is_empty() {
            let at = rng.usize(..tree.len());
            match rng.u8(..3) {
                0 => tree[at] = rng.choice(*b"\0 a/.4").expect("there are some"),
                1 => drop(tree.remove(at)),
                _ => tree.insert(at, rng.choice(*b"\0 a/.4").expect("there are some")),
            }
        }
        trees.push(PrivateTree::new(write(&tree)));
    }
    trees
}
