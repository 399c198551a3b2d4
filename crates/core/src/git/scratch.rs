// SPDX-License-Identifier: Apache-2.0
//! Empty bare repositories, and one that is gone after use, to fetch into.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::process::{Environment, Git};
use super::writer::Writer;
use crate::error::RunError;

/// Makes an empty bare repository in a directory, without hooks and whatever else a template
/// of the user's would put there, and of SHA-1 ids whatever is set up. Returns git for it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn init_bare(path: &Path, environment: &Environment) -> Result<Git, RunError> {
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).external_template(false);
    match git2::Repository::init_opts(path, &options) {
        Ok(_) => Ok(Git::at(path, environment)),
        Err(err) => {
            let err = std::io::Error::other(err.message());
            Err(RunError::io("failed to make a repository in", path, err))
        }
    }
}

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
        let git = init_bare(dir.path(), environment)?;
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
