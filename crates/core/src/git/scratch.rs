// SPDX-License-Identifier: Apache-2.0
//! An empty bare repository that is gone after use, to fetch into.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::process::{Environment, Git};
use super::writer::Writer;
use crate::error::RunError;

/// A bare repository in a temporary directory.
pub(crate) struct Scratch {
    git: Git,
    dir: TempDir,
}

impl Scratch {
    /// An empty one.
    pub(crate) fn new(environment: &Environment) -> Result<Self, RunError> {
        let dir = tempfile::tempdir()
            .map_err(|err| RunError::io("failed to create", std::env::temp_dir(), err))?;
        let git = Git::at(dir.path(), environment);
        git.run(&["init", "--quiet", "--bare", "--template="], b"")?;
        Ok(Self { git, dir })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where its objects lie.
    pub(crate) fn objects(&self) -> PathBuf {
        self.path().join("objects")
    }

    /// A writer of its objects.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(crate) fn writer(&self) -> Result<Writer, RunError> {
        Writer::open(self.path())
    }

    /// Git for it.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }
}
