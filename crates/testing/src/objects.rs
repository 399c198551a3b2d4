// SPDX-License-Identifier: Apache-2.0
//! Git objects in memory, written to a repository as one pack.
//!
//! [`Objects`] hashes what it is given and never judges it, so a test can make
//! what git itself would refuse to write. One `git index-pack` stores them all:
//! a spawn for each object would make fifty commits take seconds.

use std::collections::HashMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use repo_sync_shared::ObjectId;
use sha1::{Digest as _, Sha1};

use crate::git::Git;

/// The four types of git objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A tree.
    Tree,
    /// A blob.
    Blob,
    /// An annotated tag.
    Tag,
}

impl Kind {
    /// The word that git uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// The type number within a pack.
    const fn pack_number(self) -> u8 {
        match self {
            Self::Commit => 1,
            Self::Tree => 2,
            Self::Blob => 3,
            Self::Tag => 4,
        }
    }
}

/// The id of an object, by its definition.
pub fn object_id(kind: Kind, bytes: &[u8]) -> ObjectId {
    let mut hash = Sha1::new();
    hash.update(format!("{} {}\0", kind.name(), bytes.len()));
    hash.update(bytes);
    ObjectId::from_bytes(hash.finalize().into())
}

/// Objects that were made, and which of them no repository holds yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    known: HashMap<ObjectId, Kind>,
    unwritten: Vec<(Kind, Vec<u8>)>,
}

impl Objects {
    pub(crate) fn put(&mut self, kind: Kind, bytes: Vec<u8>) -> ObjectId {
        let id = object_id(kind, &bytes);
        if self.known.insert(id, kind).is_none() {
            self.unwritten.push((kind, bytes));
        }
        id
    }

    pub(crate) fn kind(&self, id: ObjectId) -> Option<Kind> {
        self.known.get(&id).copied()
    }

    /// Stores what is new in the repository that `git` runs in.
    pub(crate) fn write(&mut self, git: &Git) {
        if !self.unwritten.is_empty() {
            let pack = pack(&self.unwritten);
            git.input(["index-pack", "--stdin"], &pack);
            self.unwritten.clear();
        }
    }
}

/// A version 2 pack without deltas: <https://git-scm.com/docs/gitformat-pack>.
fn pack(objects: &[(Kind, Vec<u8>)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    let count = u32::try_from(objects.len()).expect("a test makes fewer than 2^32 objects");
    pack.extend(count.to_be_bytes());
    for (kind, bytes) in objects {
        push_entry_header(&mut pack, *kind, bytes.len());
        let mut zlib = ZlibEncoder::new(&mut pack, Compression::fast());
        zlib.write_all(bytes).expect("writing to a Vec cannot fail");
        zlib.finish().expect("writing to a Vec cannot fail");
    }
    let checksum: [u8; 20] = Sha1::digest(&pack).into();
    pack.extend(checksum);
    pack
}

/// Type and size: four bits of the size beside the type, then seven at a time.
fn push_entry_header(pack: &mut Vec<u8>, kind: Kind, size: usize) {
    let low = |bits: usize, mask: usize| u8::try_from(bits & mask).expect("masked to a byte");
    let mut rest = size >> 4;
    let mut byte = kind.pack_number() << 4 | low(size, 0xf);
    while rest > 0 {
        pack.push(byte | 0x80);
        byte = low(rest, 0x7f);
        rest >>= 7;
    }
    pack.push(byte);
}
