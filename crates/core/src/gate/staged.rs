// SPDX-License-Identifier: Apache-2.0
//! What is staged, as if it were committed, in a place that is gone after use.
//!
//! Git writes the trees of a copy of the index, and we a commit of them, into a
//! temporary object directory that borrows from the repository's own. The
//! repository and its index stay as they are, whatever happens.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_shared::{ObjectId, PrivateCommit};
use tempfile::TempDir;

use crate::error::RunError;
use crate::git::{Environment, Git, PrivateRepo};

/// A commit that nobody made, and the objects that only it has.
pub struct Staged {
    /// The commit.
    pub commit: PrivateCommit,
    directory: TempDir,
}

impl Staged {
    /// Commits what `index` holds on top of `parents`. `who` is the author and
    /// committer, as a commit says it: name, mail address and date.
    ///
    /// # Errors
    /// The index cannot be read, holds conflicts, or the disk is full.
    pub fn commit(
        repo: &PrivateRepo,
        index: &Path,
        parents: &[PrivateCommit],
        who: &[u8],
        environment: &Environment,
    ) -> Result<Self, RunError> {
        let directory = tempfile::tempdir()
            .map_err(|err| RunError::io("failed to create", std::env::temp_dir(), err))?;
        let objects = directory.path().join("objects");
        borrow(&objects, &repo.git_dir().join("objects"))?;
        // Git writes down in the index which trees it knows, so it gets a copy.
        let copy = directory.path().join("index");
        if index.exists() {
            fs::copy(index, &copy).map_err(|err| RunError::io("failed to read", index, err))?;
        }
        let git = Git::at(repo.git_dir(), environment)
            .var("GIT_INDEX_FILE", copy)
            .var("GIT_OBJECT_DIRECTORY", objects);
        let tree = git.run(&["write-tree"], b"")?;
        let mut commit = [b"tree ", tree.trim_ascii_end(), b"\n"].concat();
        for parent in parents {
            commit.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        for role in ["author ", "committer "] {
            commit.extend_from_slice(&[role.as_bytes(), who, b"\n"].concat());
        }
        commit.extend_from_slice(b"\nstaged\n");
        let id = git.run(&["hash-object", "-t", "commit", "-w", "--stdin"], &commit)?;
        let id = ObjectId::from_hex(id.trim_ascii_end())
            .expect("git answers with the id of what it has hashed");
        Ok(Self { commit: PrivateCommit::new(id), directory })
    }

    /// Where its objects are.
    pub fn objects(&self) -> PathBuf {
        self.directory.path().join("objects")
    }
}

/// An empty object directory that borrows from another one.
fn borrow(objects: &Path, from: &Path) -> Result<(), RunError> {
    let info = objects.join("info");
    let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let line = [bytes(from.as_os_str()), b"\n"].concat();
    fs::create_dir_all(&info)
        .and_then(|()| fs::write(info.join("alternates"), line))
        .map_err(|err| RunError::io("failed to write in", info, err))
}

#[cfg(unix)]
fn bytes(path: &OsStr) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path)
}

#[cfg(not(unix))]
fn bytes(path: &OsStr) -> &[u8] {
    path.as_encoded_bytes()
}
