// SPDX-License-Identifier: Apache-2.0
//! The kinds of git objects, and the id that follows from an object's bytes.

use std::fmt;

use repo_sync_shared::ObjectId;
use sha1::{Digest as _, Sha1};

/// What a git object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A point of history.
    Commit,
    /// A directory.
    Tree,
    /// A file's content, or the target of a symlink.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The name that git writes into the header of an object.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// The kind that git calls by this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Commit, Self::Tree, Self::Blob, Self::Tag]
            .into_iter()
            .find(|kind| kind.name().as_bytes() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The id of the object of this kind with this content.
pub fn hash(kind: Kind, data: &[u8]) -> ObjectId {
    let mut sha1 = Sha1::new();
    sha1.update(kind.name());
    sha1.update(b" ");
    let mut digits = [0; 20];
    sha1.update(decimal(data.len(), &mut digits));
    sha1.update(b"\0");
    sha1.update(data);
    ObjectId::from_bytes(sha1.finalize().into())
}

/// The digits of a length, without an allocation: one hash is made for every
/// object that is read, and most objects are small.
fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    #[test]
    fn an_id_is_the_one_that_git_gives() {
        let git = Git::new();
        for length in [0, 1, 9, 10, 99, 100, 12_345] {
            let data: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let expected = git.ok(&["hash-object", "-t", "blob", "--stdin"], &data);
            assert_eq!(hash(Kind::Blob, &data).to_hex(), expected[..40], "{length} bytes");
        }
        assert_eq!(hash(Kind::Tree, b""), ObjectId::EMPTY_TREE);
    }

    #[test]
    fn a_kind_is_known_by_its_exact_name() {
        for kind in [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag] {
            assert_eq!(Kind::from_name(kind.name().as_bytes()), Some(kind));
        }
        assert_eq!(Kind::from_name(b"Blob"), None);
        assert_eq!(Kind::from_name(b""), None);
    }
}
