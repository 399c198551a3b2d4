// SPDX-License-Identifier: Apache-2.0
//! The content of a commit as a flat list of paths.
//!
//! [`Tree`] is what the closures of a [`History`](crate::History) edit. Paths are
//! bytes, modes are written as given, and an empty directory is an entry of its
//! own, so that a test can say all that git can store.

use std::collections::BTreeMap;

use repo_sync_shared::ObjectId;

use crate::objects::{Kind, Objects};

/// One leaf: a file, a link, a gitlink, or a whole tree put in place by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The mode as the tree object spells it, such as `100644`.
    pub mode: String,
    /// What it names.
    pub id: ObjectId,
}

/// All leaves of a commit's tree, by path.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    entries: BTreeMap<Vec<u8>, Entry>,
    objects: Vec<(Kind, Vec<u8>)>,
}

impl Tree {
    /// These leaves: path, mode and what it names.
    pub(crate) fn of(leaves: Vec<(Vec<u8>, String, ObjectId)>) -> Self {
        let entries = leaves.into_iter().map(|(path, mode, id)| (path, Entry { mode, id }));
        Self { entries: entries.collect(), objects: Vec::new() }
    }

    /// A plain file.
    #[must_use]
    pub fn file(self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.blob(path, "100644", content)
    }

    /// An executable file.
    #[must_use]
    pub fn executable(self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.blob(path, "100755", content)
    }

    /// A symbolic link.
    #[must_use]
    pub fn symlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.blob(path, "120000", target)
    }

    /// A gitlink: a submodule at `commit`.
    #[must_use]
    pub fn gitlink(self, path: impl AsRef<[u8]>, commit: ObjectId) -> Self {
        self.entry(path, "160000", commit)
    }

    /// A directory without entries, which git can store though it never writes one.
    #[must_use]
    pub fn empty_dir(self, path: impl AsRef<[u8]>) -> Self {
        let tree = self.raw(Kind::Tree, Vec::new());
        tree.entry(path, "40000", ObjectId::EMPTY_TREE)
    }

    /// A blob under any mode, such as the legacy `100664`.
    #[must_use]
    pub fn blob(self, path: impl AsRef<[u8]>, mode: &str, content: impl AsRef<[u8]>) -> Self {
        let id = crate::object_id(Kind::Blob, content.as_ref());
        self.raw(Kind::Blob, content.as_ref().to_vec()).entry(path, mode, id)
    }

    /// A directory from the bytes of a tree object, well-formed or not.
    #[must_use]
    pub fn raw_dir(self, path: impl AsRef<[u8]>, tree: impl AsRef<[u8]>) -> Self {
        let id = crate::object_id(Kind::Tree, tree.as_ref());
        self.raw(Kind::Tree, tree.as_ref().to_vec()).entry(path, "40000", id)
    }

    /// Any object, there or not, under any mode. What stood at the path, below it,
    /// or as a file above it, goes.
    #[must_use]
    pub fn entry(mut self, path: impl AsRef<[u8]>, mode: &str, id: ObjectId) -> Self {
        let path = path.as_ref();
        self = self.delete(path);
        let above: Vec<_> =
            (0..path.len()).filter(|&i| path[i] == b'/').map(|i| path[..i].to_vec()).collect();
        for parent in above {
            self.entries.remove(&parent);
        }
        self.entries.insert(path.to_vec(), Entry { mode: mode.to_owned(), id });
        self
    }

    /// Removes a path and all below it.
    #[must_use]
    pub fn delete(mut self, path: impl AsRef<[u8]>) -> Self {
        let path = path.as_ref();
        self.entries.retain(|known, _| !is_within(known, path));
        self
    }

    /// Renames a path and all below it.
    #[must_use]
    pub fn rename(mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Self {
        let (from, to) = (from.as_ref(), to.as_ref());
        let moved: Vec<_> = self
            .entries
            .iter()
            .filter(|(path, _)| is_within(path, from))
            .map(|(path, entry)| ([to, &path[from.len()..]].concat(), entry.clone()))
            .collect();
        assert!(!moved.is_empty(), "nothing to rename at {}", String::from_utf8_lossy(from));
        self = self.delete(from);
        for (path, entry) in moved {
            self = self.entry(path, &entry.mode, entry.id);
        }
        self
    }

    /// The leaves, by path.
    pub fn entries(&self) -> &BTreeMap<Vec<u8>, Entry> {
        &self.entries
    }

    /// Removes everything.
    #[must_use]
    pub fn clear(mut self) -> Self {
        self.entries.clear();
        self
    }

    fn raw(mut self, kind: Kind, bytes: Vec<u8>) -> Self {
        self.objects.push((kind, bytes));
        self
    }

    /// Writes the blobs and trees, and gives the id of the root tree.
    pub(crate) fn write(&mut self, objects: &mut Objects) -> ObjectId {
        for (kind, bytes) in self.objects.drain(..) {
            objects.put(kind, bytes);
        }
        let leaves: Vec<_> = self.entries.iter().map(|(path, entry)| (&path[..], entry)).collect();
        write_level(&leaves, objects)
    }

    /// What a three-way merge without conflicts would give: where only `theirs`
    /// changed a path since `base`, theirs counts.
    pub(crate) fn merge(mut self, base: &Self, theirs: &Self) -> Self {
        let paths = base.entries.keys().chain(theirs.entries.keys());
        let changed: Vec<_> = paths
            .filter(|path| {
                let (base, theirs) = (base.entries.get(*path), theirs.entries.get(*path));
                base != theirs && self.entries.get(*path) == base
            })
            .cloned()
            .collect();
        for path in changed {
            match theirs.entries.get(&path) {
                Some(entry) => self = self.entry(&path, &entry.mode, entry.id),
                None => self.entries.retain(|known, _| *known != path),
            }
        }
        self
    }
}

/// Whether `path` is `dir` or below it.
fn is_within(path: &[u8], dir: &[u8]) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

fn write_level(leaves: &[(&[u8], &Entry)], objects: &mut Objects) -> ObjectId {
    let mut below: BTreeMap<&[u8], Vec<(&[u8], &Entry)>> = BTreeMap::new();
    let mut entries = Vec::new();
    for (path, entry) in leaves {
        match path.iter().position(|&byte| byte == b'/') {
            Some(slash) => {
                below.entry(&path[..slash]).or_default().push((&path[slash + 1..], entry));
            }
            None => entries.push((*path, entry.mode.clone(), entry.id)),
        }
    }
    for (name, leaves) in below {
        entries.push((name, "40000".to_owned(), write_level(&leaves, objects)));
    }
    entries.sort_by_cached_key(|(name, mode, _)| sort_key(name, mode));
    let mut tree = Vec::new();
    for (name, mode, id) in entries {
        tree.extend(mode.as_bytes());
        tree.push(b' ');
        tree.extend(name);
        tree.push(0);
        tree.extend(id.as_bytes());
    }
    objects.put(Kind::Tree, tree)
}

/// Git sorts a directory as if its name ended in a slash.
fn sort_key(name: &[u8], mode: &str) -> Vec<u8> {
    let slash: &[u8] = if mode.trim_start_matches('0') == "40000" { b"/" } else { b"" };
    [name, slash].concat()
}
