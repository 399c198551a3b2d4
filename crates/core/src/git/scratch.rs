// SPDX-License-Identifier: Apache-2.0
//! An empty bare repository that is gone after use, to fetch into.

use std::path::Path;

use tempfile::TempDir;

use super::process::{Environment, Git};
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

    /// Git for it.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }
}
