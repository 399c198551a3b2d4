// SPDX-License-Identifier: Apache-2.0
//! What a public commit changes, file by file: what the mirror shows of a private tree,
//! held against a public tree that somebody else made.

use std::collections::BTreeMap;

use repo_sync_shared::{Check, Finding, ObjectId, PublicCommit};

use super::finding;
use crate::error::RunError;
use crate::filter::{Directory, Filter, MAX_DEPTH};
use crate::git::Objects;
use crate::object::{EntryKind, Kind, check_tree, tree_entries};
use crate::paths::join;

/// How many files and directories one commit may change: far more than anybody reads,
/// far less than a tree can pretend to hold.
const MOST: usize = 500_000;

/// An entry of a tree without its name; that of a [`Change`] or an edit is a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The mode's bytes.
    pub(super) mode: Vec<u8>,
    /// The object.
    pub(super) id: ObjectId,
    /// What it is.
    pub(super) kind: EntryKind,
}

/// A public file that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Its public path.
    pub(super) path: Vec<u8>,
    /// What the mirror shows there of the private tree.
    pub(super) before: Option<Leaf>,
    /// What the public commit has there.
    pub(super) after: Option<Leaf>,
}

/// Why the changes of a commit cannot be told.
pub(super) enum Untold {
    /// The commit is not one to import.
    Refused(Finding),
    /// An object could not be read.
    Run(RunError),
}

impl From<RunError> for Untold {
    fn from(err: RunError) -> Self {
        Self::Run(err)
    }
}

/// What `after`, the tree of a public commit, changes of what the mirror shows of a private
/// root tree; sorted by path.
pub(super) fn changes<'r>(
    objects: &'r Objects<'r>,
    filter: &mut Filter<'r>,
    before: &Directory,
    (commit, after): (PublicCommit, ObjectId),
) -> Result<Vec<Change>, Untold> {
    let mut walk = Walk { objects, filter, commit, found: Vec::new(), seen: 0 };
    walk.directory(Some(before), Some(after), b"", 0)?;
    Ok(walk.found)
}

struct Walk<'a, 'r> {
    objects: &'r Objects<'r>,
    filter: &'a mut Filter<'r>,
    commit: PublicCommit,
    found: Vec<Change>,
    seen: usize,
}

/// One name in a directory, before and after.
#[derive(Default)]
struct Pair {
    before: Option<(Leaf, Option<Directory>)>,
    after: Option<Leaf>,
}

impl Walk<'_, '_> {
    fn directory(
        &mut self,
        before: Option<&Directory>,
        after: Option<ObjectId>,
        path: &[u8],
        depth: usize,
    ) -> Result<(), Untold> {
        self.seen += 1;
        if depth > MAX_DEPTH || self.seen + self.found.len() > MOST {
            let hint = if depth > MAX_DEPTH {
                format!("its tree is more than {MAX_DEPTH} directories deep")
            } else {
                format!("it changes more than {MOST} files and directories")
            };
            return Err(self.refused(Check::TreeDepth, path, hint));
        }
        let mut names = BTreeMap::<Vec<u8>, Pair>::new();
        if let Some(directory) = before {
            self.list(directory, &mut names)?;
        }
        if let Some(tree) = after {
            self.read(tree, path, &mut names)?;
        }
        for (name, Pair { before, after }) in names {
            if before.as_ref().map(|(leaf, _)| leaf) == after.as_ref() {
                continue;
            }
            let path = join(path, &name);
            let (leaf, below) = before.unzip();
            let below = below.flatten();
            let tree = after.as_ref().filter(|leaf| leaf.kind.is_tree()).map(|leaf| leaf.id);
            if below.is_some() || tree.is_some() {
                self.directory(below.as_ref(), tree, &path, depth + 1)?;
            }
            let before = leaf.filter(|leaf| !leaf.kind.is_tree());
            let after = after.filter(|leaf| !leaf.kind.is_tree());
            if before.is_some() || after.is_some() {
                self.found.push(Change { path, before, after });
            }
        }
        Ok(())
    }

    /// What the mirror shows in a directory.
    fn list(
        &mut self,
        directory: &Directory,
        names: &mut BTreeMap<Vec<u8>, Pair>,
    ) -> Result<(), Untold> {
        let listing = self.filter.list(directory);
        let listing = listing.map_err(|err| RunError::unfiltered(&err, None))?;
        for entry in listing.iter() {
            let below = self.filter.below(directory, &entry);
            let leaf = Leaf { mode: entry.mode.to_vec(), id: entry.id, kind: entry.kind };
            names.entry(entry.name.to_vec()).or_default().before = Some((leaf, below));
        }
        Ok(())
    }

    /// What the public commit has there: somebody else's tree, so it is looked at first.
    fn read(
        &self,
        tree: ObjectId,
        path: &[u8],
        names: &mut BTreeMap<Vec<u8>, Pair>,
    ) -> Result<(), Untold> {
        let object = self.objects.read(tree, Kind::Tree).map_err(RunError::from)?;
        if let Err(fault) = check_tree(object.data()) {
            let path = join(path, &fault.entry);
            return Err(self.refused(Check::MalformedTree, &path, fault.to_string()));
        }
        for entry in tree_entries(object.data()).flatten() {
            let leaf = Leaf { mode: entry.mode.to_vec(), id: entry.id, kind: entry.kind() };
            names.entry(entry.name.to_vec()).or_default().after = Some(leaf);
        }
        Ok(())
    }

    fn refused(&self, check: Check, path: &[u8], hint: String) -> Untold {
        Untold::Refused(finding(check, self.commit, Some(path), hint))
    }
}
