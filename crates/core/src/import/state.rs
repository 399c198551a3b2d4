// SPDX-License-Identifier: Apache-2.0
//! An import that waits for a person to resolve a conflict.

use std::fs;
use std::path::PathBuf;

use repo_sync_shared::{PrivateCommit, PublicCommit};
use serde::{Deserialize, Serialize};

use super::ImportError;
use crate::error::RunError;
use crate::git::PrivateRepo;

/// What is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// The form of this file; 1.
    pub(super) version: u32,
    /// The branch that is being made, by its short name.
    pub(super) branch: String,
    /// Where the branch was left.
    pub(super) at: PrivateCommit,
    /// The commits that are not on it yet, the one in conflict first.
    pub(super) rest: Vec<Rest>,
    /// The last of them, which a ref keeps.
    pub(super) tip: PrivateCommit,
}

/// A commit that is not on the branch yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rest {
    /// The public commit.
    pub(super) public: PublicCommit,
    /// The private one, as it stands on the counterpart of its public parent.
    pub(super) private: PrivateCommit,
}

impl Waiting {
    fn file(repo: &PrivateRepo, mirror: &str) -> PathBuf {
        repo.kept_of(mirror).join("import.toml")
    }

    /// The full name of the branch.
    pub(super) fn branch_ref(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The ref that keeps the commits that are not on the branch yet.
    pub(super) fn keeper(&self) -> String {
        format!("refs/repo-sync/import/{}", self.branch)
    }

    /// The import that waits, if one does.
    ///
    /// # Errors
    /// What was noted of it cannot be read.
    pub(super) fn load(repo: &PrivateRepo, mirror: &str) -> Result<Option<Self>, RunError> {
        let file = Self::file(repo, mirror);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(err) => return Err(RunError::io("failed to read", file, err)),
        };
        let read = toml::from_str::<Self>(&text).ok().filter(|waiting| waiting.version == 1);
        read.map(Some).ok_or_else(|| ImportError::Unreadable(file).into())
    }

    /// Notes it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn save(&self, repo: &PrivateRepo, mirror: &str) -> Result<(), RunError> {
        let file = Self::file(repo, mirror);
        let failed = |err| RunError::io("failed to write", &file, err);
        let text = toml::to_string(self).map_err(|err| failed(std::io::Error::other(err)))?;
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir).map_err(failed)?;
        }
        fs::write(&file, text).map_err(failed)
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The note cannot be removed.
    pub(super) fn forget(repo: &PrivateRepo, mirror: &str) -> Result<(), RunError> {
        let file = Self::file(repo, mirror);
        fs::remove_file(&file).map_err(|err| RunError::io("failed to remove", file, err))
    }
}
