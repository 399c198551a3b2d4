// SPDX-License-Identifier: Apache-2.0
//! The key that ties receipts to private commits.
//!
//! Random, made once for each mirror, and kept in the private repository's git
//! directory, readable by its owner alone. Without it nobody can tell from a receipt
//! which private commit it is about, not even by trying.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use repo_sync_shared::PrivateCommit;
use sha2::Sha256;

use crate::error::{Failure, RunError};
use crate::hex::hex;
use crate::session::Session;

const LENGTH: usize = 32;

/// The key of one mirror's receipts.
pub struct Salt([u8; LENGTH]);

impl Salt {
    /// The key of the session's mirror, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or is none of ours.
    pub fn find(session: &Session<'_>) -> Result<Option<Self>, RunError> {
        let path = file(session);
        match fs::read(&path) {
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            read => {
                let key = read.and_then(|bytes| {
                    let wrong = |_| io::Error::other("it is not the length of a key");
                    <[u8; LENGTH]>::try_from(bytes).map_err(wrong)
                });
                let key = key.map_err(|err| RunError::io("failed to read the key", path, err))?;
                Ok(Some(Self(key)))
            }
        }
    }

    /// The key of the session's mirror, made now if there is none.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(session: &Session<'_>) -> Result<Self, RunError> {
        if let Some(salt) = Self::find(session)? {
            return Ok(salt);
        }
        let mut key = [0; LENGTH];
        getrandom::fill(&mut key).map_err(|err| Failure::NoRandomness(err.to_string()))?;
        let path = file(session);
        write(&path, &key).map_err(|err| RunError::io("failed to write the key", path, err))?;
        // Another run may have been quicker: the file decides.
        Self::find(session).map(|found| found.unwrap_or(Self(key)))
    }

    /// The keyed hash of a private commit: HMAC-SHA-256 over its 40 digits.
    pub(super) fn commitment(&self, commit: PrivateCommit) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(&commit.id().to_hex());
        hex(&mac.finalize().into_bytes())
    }
}

fn file(session: &Session<'_>) -> PathBuf {
    let name = &session.policy.mirror.name;
    session.repo.kept_of(name).join("salt")
}

/// Writes the whole key beside its place and links it there, unless another run did.
fn write(path: &Path, key: &[u8]) -> io::Result<()> {
    let directory = path.parent().expect("the key lies in a directory");
    fs::create_dir_all(directory)?;
    let beside = tempfile::Builder::new().prefix("salt").make_in(directory, |path| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    })?;
    beside.as_file().write_all(key)?;
    match beside.persist_noclobber(path) {
        Err(err) if err.error.kind() != io::ErrorKind::AlreadyExists => Err(err.error),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 2 of RFC 4231 pins the hash; ours hashes digits in the same way.
    #[test]
    fn a_commitment_is_a_keyed_hash_of_the_digits() {
        let commit = PrivateCommit::new(repo_sync_shared::ObjectId::EMPTY_TREE);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").expect("any key will do");
        mac.update(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&mac.finalize().into_bytes()), expected);
        let [one, other] = [Salt([1; LENGTH]), Salt([2; LENGTH])].map(|it| it.commitment(commit));
        assert_ne!(one, other);
        assert_eq!(one, Salt([1; LENGTH]).commitment(commit));
    }
}
