// SPDX-License-Identifier: Apache-2.0
//! The pack that carries what the replay made: commits, filtered trees and tags.
//!
//! [`PackWriter`] takes objects one by one and keeps none of their bytes. A tree
//! goes in as the difference to the one before it at the same place: whole, the
//! root trees of a long history would be most of the work of a run. The writer
//! believes the ids that it is told; the verifier, which reads every object of the
//! store, does not.
//!
//! See <https://git-scm.com/docs/gitformat-pack>.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Crc;
use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;
use sha1::{Digest as _, Sha1};
use tempfile::NamedTempFile;

use super::encode::{Encoded, Encoder, Form, Stream};
use super::index::{Packed, write_index};
use crate::object::Kind;

/// The most deltas that may lead from a whole tree to another; git's own default.
pub(crate) const MAX_DEPTH: u8 = 50;

/// The type of a delta that names its base by the distance within the pack.
const OFS_DELTA: u8 = 6;

/// How much is written at once, and read when a pack is hashed.
const CHUNK: usize = 64 * 1024;

/// What a pack begins with, before the number of its objects: version 2.
const MAGIC: [u8; 8] = *b"PACK\0\0\0\x02";

/// How the names of packs begin that are not finished, so that git clears them away.
const UNFINISHED: &str = "tmp_pack_";

/// Writes objects into a pack, in the order given and each id once.
///
/// The pack has a name of its own from [`finish`](Self::finish) on. After an error a
/// writer is good for nothing but being dropped.
pub struct PackWriter {
    dir: PathBuf,
    pack: BufWriter<NamedTempFile>,
    /// How long the pack is: where the next object begins.
    end: u64,
    written: FxHashMap<ObjectId, Place>,
    encoder: Encoder,
}

/// Where an object lies in the pack, the CRC-32 of its bytes there, and how many deltas
/// lead to it.
#[derive(Clone, Copy)]
struct Place {
    offset: u64,
    crc: u32,
    depth: u8,
}

impl PackWriter {
    /// A pack without objects in the directory `dir`.
    ///
    /// # Errors
    /// No file can be made there.
    pub fn create(dir: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)?;
        let mut pack = BufWriter::with_capacity(CHUNK, file);
        // How many objects there are is known at the end.
        pack.write_all(&MAGIC)?;
        pack.write_all(&[0; 4])?;
        Ok(Self {
            dir: dir.to_owned(),
            pack,
            end: MAGIC.len() as u64 + 4,
            written: FxHashMap::default(),
            encoder: Encoder::new(),
        })
    }

    /// Whether the object `id` is in the pack.
    pub fn contains(&self, id: ObjectId) -> bool {
        self.written.contains_key(&id)
    }

    /// Whether the object `id` is in the pack, and one more delta may stand on it.
    pub(crate) fn bears(&self, id: ObjectId) -> bool {
        self.written.get(&id).is_some_and(|place| place.depth < MAX_DEPTH)
    }

    /// How many objects are in the pack.
    pub fn len(&self) -> u32 {
        u32::try_from(self.written.len()).expect("`append` lets in no more than a pack can count")
    }

    /// Whether no object is in the pack.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Writes an object whole, unless it is in the pack already.
    ///
    /// # Errors
    /// The pack cannot be written.
    pub fn write(&mut self, kind: Kind, id: ObjectId, data: &[u8]) -> io::Result<()> {
        if self.contains(id) {
            return Ok(());
        }
        let whole = self.encoder.whole(kind, id, data)?;
        self.take(whole)
    }

    /// Writes a tree as the difference to `base`, an id and its bytes, if `base`
    /// is in this pack, not too many deltas lead there, and the delta is smaller;
    /// else whole. Does nothing if the tree is in the pack already.
    ///
    /// # Errors
    /// The pack cannot be written.
    pub fn write_tree(
        &mut self,
        id: ObjectId,
        data: &[u8],
        base: Option<(ObjectId, &[u8])>,
    ) -> io::Result<()> {
        if self.contains(id) {
            return Ok(());
        }
        let tree = self.encoder.tree(id, Cow::Borrowed(data), base)?;
        self.take(tree)
    }

    /// Writes an object as it was encoded, unless it is in the pack already; whole, if it
    /// is a delta whose base is not in this pack, or to which too many deltas lead. One that
    /// came without its data can only be a delta.
    ///
    /// # Errors
    /// The pack cannot be written; there is neither base nor data.
    pub(crate) fn take(&mut self, object: Encoded) -> io::Result<()> {
        let Encoded { id, kind, form } = object;
        if self.contains(id) {
            return Ok(());
        }
        match form {
            Form::Whole(stream) => {
                self.append(id, 0, &Head::new(number(kind), stream.len), &stream)
            }
            Form::Delta { base, stream, data } => {
                let base = match (self.written.get(&base).copied(), data) {
                    (Some(base), _) if base.depth < MAX_DEPTH => base,
                    (_, Some(data)) => return self.write(kind, id, &data),
                    (Some(base), None) => base,
                    (None, None) => {
                        let what = format!("{id} stands on {base}, which is not in the pack");
                        return Err(io::Error::other(what));
                    }
                };
                let mut head = Head::new(OFS_DELTA, stream.len);
                head.distance(self.end - base.offset);
                self.append(id, base.depth.saturating_add(1), &head, &stream)
            }
        }
    }

    /// Ends the pack and gives it its name, `pack-*.pack` and `.idx`. Returns its length
    /// in bytes.
    ///
    /// # Errors
    /// It cannot be written or read back, or its index cannot be written.
    pub fn finish(self) -> io::Result<u64> {
        let count = self.len();
        let mut pack = self.pack.into_inner().map_err(io::IntoInnerError::into_error)?;
        pack.seek(io::SeekFrom::Start(MAGIC.len() as u64))?;
        pack.write_all(&count.to_be_bytes())?;
        let checksum = checksum(pack.as_file_mut())?;
        pack.write_all(&checksum)?;
        let name = self.dir.join(format!("pack-{}", ObjectId::from_bytes(checksum)));
        let objects = self.written.iter();
        let objects =
            objects.map(|(&id, place)| Packed { id, crc: place.crc, offset: place.offset });
        let mut index = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.dir)?;
        write_index(objects.collect(), &checksum, &mut index)?;
        // Git looks for indexes, and then for the packs of these.
        pack.persist(name.with_extension("pack"))?;
        index.persist(name.with_extension("idx"))?;
        Ok(self.end + checksum.len() as u64)
    }

    fn append(&mut self, id: ObjectId, depth: u8, head: &Head, stream: &Stream) -> io::Result<()> {
        if self.len() == u32::MAX {
            return Err(io::Error::other("a pack cannot count more objects"));
        }
        let mut crc = Crc::new();
        for bytes in [head.as_bytes(), &stream.bytes] {
            crc.update(bytes);
            self.pack.write_all(bytes)?;
        }
        self.written.insert(id, Place { offset: self.end, crc: crc.sum(), depth });
        self.end += (head.as_bytes().len() + stream.bytes.len()) as u64;
        Ok(())
    }
}

/// The SHA-1 of a whole file; it is at its end then.
fn checksum(file: &mut File) -> io::Result<[u8; 20]> {
    file.rewind()?;
    let mut sha1 = Sha1::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(sha1.finalize().into()),
            len => sha1.update(&chunk[..len]),
        }
    }
}

/// How a pack numbers the kinds of objects.
fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Commit => 1,
        Kind::Tree => 2,
        Kind::Blob => 3,
        Kind::Tag => 4,
    }
}

/// What precedes the data of an object: type, size, and the way to its base.
struct Head {
    /// Sixty-four bits of size and as many of distance take ten bytes each.
    bytes: [u8; 20],
    len: usize,
}

impl Head {
    /// Four bits of size beside the type, then seven a byte, the lowest first.
    fn new(kind: u8, size: usize) -> Self {
        let mut head = Self { bytes: [0; 20], len: 1 };
        head.bytes[0] = kind << 4 | (size & 0x0f) as u8;
        let mut rest = size >> 4;
        while rest > 0 {
            head.bytes[head.len - 1] |= 0x80;
            head.push((rest & 0x7f) as u8);
            rest >>= 7;
        }
        head
    }

    /// How far back the base begins: seven bits a byte, the highest first, and one
    /// less for every byte that follows, so that no distance has two spellings.
    fn distance(&mut self, distance: u64) {
        let (mut bytes, mut first) = ([0; 10], 9);
        bytes[first] = (distance & 0x7f) as u8;
        let mut rest = distance >> 7;
        while rest > 0 {
            rest -= 1;
            first -= 1;
            bytes[first] = (rest & 0x7f) as u8 | 0x80;
            rest >>= 7;
        }
        bytes[first..].iter().for_each(|&byte| self.push(byte));
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests;
