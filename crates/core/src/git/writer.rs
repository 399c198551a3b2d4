// SPDX-License-Identifier: Apache-2.0
//! Writing objects into a repository that is not the private one.

use std::path::{Path, PathBuf};

use repo_sync_shared::ObjectId;

use crate::error::RunError;
use crate::object::Kind;

/// Writes loose objects into a scratch repository.
pub(crate) struct Writer {
    repo: git2::Repository,
    place: PathBuf,
}

impl Writer {
    /// A writer into the bare repository at `place`.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(place: &Path) -> Result<Self, RunError> {
        let repo = git2::Repository::open_bare(place).map_err(|err| unwritten(place, &err))?;
        Ok(Self { repo, place: place.to_owned() })
    }

    /// Writes one object.
    ///
    /// # Errors
    /// The disk is full, or the repository is gone.
    pub(crate) fn write(&self, kind: Kind, data: &[u8]) -> Result<ObjectId, RunError> {
        let kind = match kind {
            Kind::Commit => git2::ObjectType::Commit,
            Kind::Tree => git2::ObjectType::Tree,
            Kind::Blob => git2::ObjectType::Blob,
            Kind::Tag => git2::ObjectType::Tag,
        };
        let written = self.repo.odb().and_then(|odb| odb.write(kind, data));
        let id = written.map_err(|err| unwritten(&self.place, &err))?;
        Ok(ObjectId::from_slice(id.as_bytes()).expect("an object id is 20 bytes"))
    }
}

fn unwritten(place: &Path, err: &git2::Error) -> RunError {
    RunError::io("failed to write an object in", place, std::io::Error::other(err.message()))
}
