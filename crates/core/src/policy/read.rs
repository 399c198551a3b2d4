// SPDX-License-Identifier: Apache-2.0
//! The manifest as an entry of a commit's root tree.

use repo_sync_shared::{BlobId, PrivateCommit, PrivateTree};

use super::MANIFEST;
use crate::error::{RunError, UsageError};
use crate::git::Objects;
use crate::object::{EntryKind, Kind, commit_links, tree_entries};

/// What stands at `sync.toml` in a root tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ManifestEntry {
    /// Nothing.
    Absent,
    /// A plain file.
    File(BlobId),
    /// A link, a directory or a gitlink.
    NotAFile,
}

/// Looks for the manifest in the bytes of a root tree.
pub(crate) fn manifest_entry(root: &[u8]) -> ManifestEntry {
    // Most trees of a long history have none, and searching bytes is far
    // quicker than reading entries.
    if memchr::memmem::find(root, b" sync.toml\0").is_none() {
        return ManifestEntry::Absent;
    }
    let entry = tree_entries(root).flatten().find(|entry| entry.name == MANIFEST.as_bytes());
    match entry {
        None => ManifestEntry::Absent,
        Some(entry) => match entry.kind() {
            EntryKind::Blob | EntryKind::Executable => ManifestEntry::File(BlobId::new(entry.id)),
            EntryKind::Tree | EntryKind::Symlink | EntryKind::Gitlink => ManifestEntry::NotAFile,
        },
    }
}

/// The bytes of the manifest of one commit, which must have one.
pub(crate) fn at(objects: &Objects<'_>, commit: PrivateCommit) -> Result<Vec<u8>, RunError> {
    let object = objects.read(commit.id(), Kind::Commit)?;
    let (tree, _) = commit_links(object.data())
        .map_err(|source| RunError::malformed_commit(commit, &source))?;
    let tree = PrivateTree::new(tree);
    let root = objects.read(tree.id(), Kind::Tree)?;
    match manifest_entry(root.data()) {
        ManifestEntry::File(blob) => Ok(objects.read(blob.id(), Kind::Blob)?.data().to_vec()),
        ManifestEntry::Absent => Err(UsageError::NoManifest(commit).into()),
        ManifestEntry::NotAFile => Err(UsageError::ManifestNotAFile(commit).into()),
    }
}
