// SPDX-License-Identifier: Apache-2.0
//! A private tree with some files changed, and every other byte of it as it was.

use std::collections::{BTreeMap, BTreeSet};

use repo_sync_shared::{ObjectId, PrivateTree};

use super::changes::Leaf;
use crate::error::RunError;
use crate::git::{Objects, Writer};
use crate::object::{EntryKind, Kind, append_entry, entry_order, tree_entries};
use crate::paths::{components, fold, join};

/// Files by their private path: what is to stand there, or nothing.
pub(super) type Edits = BTreeMap<Vec<u8>, Option<Leaf>>;

/// Why a tree could not be edited.
pub(super) enum Unedited {
    /// Something private stands at this path, and would be lost.
    Blocked(Vec<u8>),
    /// The path differs from that of another entry in a way that not every file system
    /// can see.
    Alias(Vec<u8>, Vec<u8>),
    /// An object could not be read or written.
    Run(RunError),
}

impl From<RunError> for Unedited {
    fn from(err: RunError) -> Self {
        Self::Run(err)
    }
}

/// Writes the tree that `edits` make of `root`.
pub(super) fn edit(
    objects: &Objects<'_>,
    writer: &Writer,
    root: PrivateTree,
    edits: &Edits,
) -> Result<PrivateTree, Unedited> {
    let mut top = Node::default();
    for (path, leaf) in edits {
        top.add(path, leaf.as_ref());
    }
    let edited = Editor { objects, writer }.directory(&top, Some(root.id()), b"")?;
    match edited {
        Some(tree) => Ok(PrivateTree::new(tree)),
        None => Ok(PrivateTree::new(writer.write(Kind::Tree, b"")?)),
    }
}

/// The edits at and below one path.
#[derive(Default)]
struct Node<'e> {
    below: BTreeMap<&'e [u8], Node<'e>>,
    /// What is to stand here, if anything is said of that.
    here: Option<Option<&'e Leaf>>,
}

impl<'e> Node<'e> {
    fn add(&mut self, path: &'e [u8], leaf: Option<&'e Leaf>) {
        let mut at = self;
        for name in components(path) {
            at = at.below.entry(name).or_default();
        }
        at.here = Some(leaf);
    }
}

/// An entry of a tree that is being written.
struct Written {
    mode: Vec<u8>,
    id: ObjectId,
    is_tree: bool,
}

struct Editor<'a, 'r> {
    objects: &'a Objects<'r>,
    writer: &'a Writer,
}

impl Editor<'_, '_> {
    /// The edited directory; `None` if nothing is left in it.
    fn directory(
        &self,
        node: &Node<'_>,
        tree: Option<ObjectId>,
        path: &[u8],
    ) -> Result<Option<ObjectId>, Unedited> {
        let mut entries = self.entries(tree)?;
        let mut added = BTreeSet::new();
        for (&name, child) in &node.below {
            let path = join(path, name);
            let known = entries.remove(name);
            let is_new = known.is_none();
            let Some(written) = self.entry(child, known, &path)? else { continue };
            if is_new {
                added.insert(name);
            }
            entries.insert(name.to_vec(), written);
        }
        for name in added {
            let alike = |other: &&Vec<u8>| other.as_slice() != name && fold(other) == fold(name);
            if let Some(other) = entries.keys().find(alike) {
                return Err(Unedited::Alias(join(path, name), join(path, other)));
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by(|(a, one), (b, other)| entry_order(a, one.is_tree, b, other.is_tree));
        let mut data = Vec::new();
        for (name, Written { mode, id, .. }) in &entries {
            append_entry(&mut data, mode, name, *id);
        }
        Ok(Some(self.writer.write(Kind::Tree, &data)?))
    }

    /// What becomes of one entry.
    fn entry(
        &self,
        node: &Node<'_>,
        known: Option<Written>,
        path: &[u8],
    ) -> Result<Option<Written>, Unedited> {
        let (tree, file) = match known {
            Some(known) if known.is_tree => (Some(known), None),
            known => (None, known),
        };
        if file.is_some() && node.here.is_none() {
            return Err(Unedited::Blocked(path.to_vec()));
        }
        let below = if node.below.is_empty() {
            tree
        } else {
            let id = self.directory(node, tree.as_ref().map(|tree| tree.id), path)?;
            let mode = tree.map_or_else(|| b"40000".to_vec(), |tree| tree.mode);
            id.map(|id| Written { mode, id, is_tree: true })
        };
        match (node.here.flatten(), below) {
            (Some(_), Some(_)) => Err(Unedited::Blocked(path.to_vec())),
            (Some(leaf), None) => {
                Ok(Some(Written { mode: leaf.mode.clone(), id: leaf.id, is_tree: false }))
            }
            (None, below) => Ok(below),
        }
    }

    fn entries(&self, tree: Option<ObjectId>) -> Result<BTreeMap<Vec<u8>, Written>, RunError> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let object = self.objects.read(tree, Kind::Tree)?;
        let entries = tree_entries(object.data()).flatten().map(|entry| {
            let is_tree = entry.kind() == EntryKind::Tree;
            (entry.name.to_vec(), Written { mode: entry.mode.to_vec(), id: entry.id, is_tree })
        });
        Ok(entries.collect())
    }
}
