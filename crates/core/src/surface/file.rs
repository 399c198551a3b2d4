// SPDX-License-Identifier: Apache-2.0
//! `sync.lock` as a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The name of the file, beside the manifest.
pub const LOCK: &str = "sync.lock";

/// The format that this version writes and reads.
const VERSION: u32 = 1;

const HEADER: &str = "\
# What the mirrors show near their roots, and a digest of the policy that says so.
# Written by `repo-sync plan --write-lock`. A new line here is something that
# becomes public: review it as such.
";

/// What `sync.lock` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockFile {
    version: u32,
    /// The mirrors by name.
    #[serde(default, rename = "mirror")]
    pub mirrors: BTreeMap<String, Locked>,
}

/// What it says of one mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Entries of the public root, and directories one level down.
    pub entries: BTreeSet<String>,
    /// The policy, as `sha256:` and the digest of its terms.
    pub policy: String,
}

/// Why a text is no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Not UTF-8, or not TOML of this shape.
    #[error("{0}")]
    Syntax(String),
    /// Written by another version.
    #[error("version {0} is not known")]
    Version(u32),
}

impl LockFile {
    /// A lock of these mirrors.
    pub fn new(mirrors: BTreeMap<String, Locked>) -> Self {
        Self { version: VERSION, mirrors }
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// What [`LockError`] lists.
    pub fn parse(text: &[u8]) -> Result<Self, LockError> {
        let text = std::str::from_utf8(text).map_err(|err| LockError::Syntax(err.to_string()))?;
        let file: Self =
            toml::from_str(text).map_err(|err| LockError::Syntax(err.message().to_owned()))?;
        match file.version {
            VERSION => Ok(file),
            other => Err(LockError::Version(other)),
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let table = toml::to_string_pretty(self).expect("strings and sets of them are TOML");
        format!("{HEADER}{table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_reads_what_it_wrote() {
        let entries = ["LICENSE", "crates/", "crates/core/"].map(str::to_owned).into();
        let locked = Locked { entries, policy: "sha256:00".to_owned() };
        let file = LockFile::new([("public".to_owned(), locked)].into());
        assert_eq!(LockFile::parse(file.to_text().as_bytes()), Ok(file.clone()));
        insta::assert_snapshot!(file.to_text());
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        assert!(matches!(LockFile::parse(b"\xff"), Err(LockError::Syntax(_))));
        assert!(matches!(LockFile::parse(b"version = "), Err(LockError::Syntax(_))));
        assert!(matches!(LockFile::parse(b"version = 1\nmore = 2"), Err(LockError::Syntax(_))));
        assert_eq!(LockFile::parse(b"version = 2"), Err(LockError::Version(2)));
    }
}
