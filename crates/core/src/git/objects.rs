// SPDX-License-Identifier: Apache-2.0
//! Reading objects of the private repository, each one hashed again.
//!
//! Replacement refs and grafts are never looked at: what an id names is what its
//! bytes hash to. The bytes of a planted or damaged object therefore end the run
//! instead of reaching the mirror.

use std::cell::{RefCell, RefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, ThreadId};

use repo_sync_shared::ObjectId;
use thread_local::ThreadLocal;

use super::kept::Kept;
use super::loose::Loose;
use super::packs::{Known, PackReader, Packs};
use crate::object::{Kind, hash};

/// Who reads so many objects reads more, and is better served by our own reading of packs.
const MANY: usize = 512;

/// The same holds for who reads a tree of so many bytes: libgit2 keeps none of this size, and
/// makes all that lead to the next one again.
const LARGE_TREE: usize = 1 << 20;

/// Reads objects by id, from any thread.
pub struct Objects<'r> {
    odb: git2::Odb<'r>,
    loose: Loose,
    /// Where the objects lie.
    directories: Vec<PathBuf>,
    /// The thread that reads from `odb`.
    first: ThreadId,
    /// What the others read from: libgit2 lets only one thread at a time read from one
    /// database. `None` where another could not be opened.
    more: ThreadLocal<Option<git2::Odb<'static>>>,
    /// How many objects were read from a database.
    count: AtomicUsize,
    /// The packs, once that is much, and each thread's reader of them.
    packs: OnceLock<Packs>,
    readers: ThreadLocal<RefCell<PackReader>>,
    /// What was read from them, if it is to be read again.
    kept: OnceLock<Kept>,
}

/// The bytes of one object, without its header.
pub struct Object<'o>(Bytes<'o>);

enum Bytes<'o> {
    Packed(git2::OdbObject<'o>),
    Loose(Vec<u8>),
    Shared(Arc<Vec<u8>>),
}

impl Object<'_> {
    /// The bytes.
    pub fn data(&self) -> &[u8] {
        match &self.0 {
            Bytes::Packed(object) => object.data(),
            Bytes::Loose(data) => data,
            Bytes::Shared(data) => data,
        }
    }

    /// The bytes, to be handed from thread to thread.
    pub(crate) fn into_shared(self) -> Arc<Vec<u8>> {
        match self.0 {
            Bytes::Packed(object) => Arc::new(object.data().to_vec()),
            Bytes::Loose(data) => Arc::new(data),
            Bytes::Shared(data) => data,
        }
    }
}

/// Why an object could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It is not in the repository.
    #[error("{} {id} is missing", .kind.name())]
    Missing {
        /// Its id.
        id: ObjectId,
        /// What it should be.
        kind: Kind,
    },
    /// Its bytes are damaged or belong to another id.
    #[error("{} {id} is corrupt: {reason}", .kind.name())]
    Corrupt {
        /// Its id.
        id: ObjectId,
        /// What it should be.
        kind: Kind,
        /// What is wrong with it.
        reason: String,
    },
    /// It is of another type than its place asks for.
    #[error("{id} should be a {}, but is a {found}", .expected.name())]
    Type {
        /// Its id.
        id: ObjectId,
        /// What it should be.
        expected: Kind,
        /// What it is.
        found: String,
    },
}

impl<'r> Objects<'r> {
    /// A reader of the objects of `odb`, which lie in these directories; loose ones are
    /// those of the last.
    pub(super) fn new(odb: git2::Odb<'r>, directories: Vec<PathBuf>) -> Self {
        let loose = directories.last().map(|last| Loose::list(last)).unwrap_or_default();
        let first = thread::current().id();
        let count = AtomicUsize::new(0);
        let (more, packs, readers) = (ThreadLocal::new(), OnceLock::new(), ThreadLocal::new());
        let kept = OnceLock::new();
        Self { odb, loose, directories, first, more, count, packs, readers, kept }
    }

    /// Prepares for reading most objects again and again: that takes memory, up to a bound.
    pub fn expect_again(&self) {
        self.kept.get_or_init(Kept::default);
    }

    /// The object of this id, if it is where we can read it ourselves. Its bytes are its own.
    fn packed(&self, id: ObjectId) -> Option<Known> {
        let mut reader = self.reader()?;
        let kept = self.kept.get();
        if let Some(known) = kept.and_then(|kept| kept.get(id)) {
            return Some(known);
        }
        let known = reader.read(id)?;
        if let Some(kept) = kept {
            kept.put(id, &known);
        }
        Some(known)
    }

    /// This thread's own reader of packs, if much is read.
    fn reader(&self) -> Option<RefMut<'_, PackReader>> {
        let packs = self.packs.get()?;
        let reader = self.readers.get_or(|| RefCell::new(PackReader::new(packs.clone())));
        reader.try_borrow_mut().ok()
    }

    /// Goes over to reading packs ourselves, if an object that was read from a database says
    /// that it pays.
    fn note(&self, kind: Kind, len: usize) {
        let is_much = self.count.fetch_add(1, Ordering::Relaxed) >= MANY;
        if is_much || kind == Kind::Tree && len >= LARGE_TREE {
            self.packs.get_or_init(|| Packs::among(&self.directories));
        }
    }

    /// The database that this thread reads from.
    fn odb(&self) -> &git2::Odb<'r> {
        if thread::current().id() == self.first {
            return &self.odb;
        }
        match self.more.get_or(|| another(&self.directories)) {
            Some(own) => own,
            None => &self.odb,
        }
    }

    /// The object `id`, which must be a `kind`.
    ///
    /// # Errors
    /// It is missing, of another type, or its bytes do not hash to `id`.
    pub fn read(&self, id: ObjectId, kind: Kind) -> Result<Object<'_>, ObjectError> {
        let corrupt = |reason| ObjectError::Corrupt { id, kind, reason };
        let (found, bytes) = match self.loose.read(id) {
            Some(read) => {
                let (found, data) = read.map_err(corrupt)?;
                (found.name(), Bytes::Loose(data))
            }
            None => {
                if let Some((found, data)) = self.packed(id)
                    && found == kind
                {
                    return Ok(Object(Bytes::Shared(data)));
                }
                let object = self.odb().read(oid(id)).map_err(|err| unread(&err, id, kind))?;
                self.note(kind, object.data().len());
                (object.kind().str(), Bytes::Packed(object))
            }
        };
        if found != kind.name() {
            return Err(ObjectError::Type { id, expected: kind, found: found.to_owned() });
        }
        let object = Object(bytes);
        let found = hash(kind, object.data());
        if found != id {
            return Err(corrupt(format!("its bytes hash to {found}")));
        }
        Ok(object)
    }

    /// What the object `id` is, by its header alone.
    ///
    /// # Errors
    /// It is missing or cannot be read.
    pub fn kind(&self, id: ObjectId) -> Result<Kind, ObjectError> {
        Ok(self.header(id)?.0)
    }

    /// What the object `id` says it is, and how many bytes it says it has.
    ///
    /// # Errors
    /// It is missing or cannot be read.
    pub fn header(&self, id: ObjectId) -> Result<(Kind, u64), ObjectError> {
        let kind = Kind::Commit;
        if let Some(header) = self.loose.header(id) {
            return header.map_err(|reason| ObjectError::Corrupt { id, kind, reason });
        }
        let (size, found) =
            self.odb().read_header(oid(id)).map_err(|err| unread(&err, id, kind))?;
        let found = found.str();
        let found = Kind::from_name(found.as_bytes()).ok_or_else(|| ObjectError::Type {
            id,
            expected: kind,
            found: found.to_owned(),
        })?;
        Ok((found, size as u64))
    }

    /// What the object `id` says it is, if it is there. To ask for one that is not
    /// costs little.
    pub(crate) fn known_kind(&self, id: ObjectId) -> Option<Kind> {
        if let Some(header) = self.loose.header(id) {
            return header.ok().map(|(kind, _)| kind);
        }
        let there = self.odb().exists_ext(oid(id), git2::OdbLookupFlags::NO_REFRESH);
        there.then(|| self.header(id).ok()).flatten().map(|(kind, _)| kind)
    }

    /// Whether the repository holds an object, whatever it is, whose id begins with these
    /// hexadecimal digits.
    pub(crate) fn has_prefix(&self, digits: &[u8]) -> bool {
        let mut padded = [b'0'; 40];
        let length = digits.len().min(padded.len());
        padded[..length].copy_from_slice(&digits[..length]);
        let Some(id) = ObjectId::from_hex(&padded) else { return false };
        match self.odb().exists_prefix(oid(id), length) {
            Ok(_) => true,
            // Several are some.
            Err(err) => err.code() != git2::ErrorCode::NotFound,
        }
    }

    /// How many bytes the blob `id` says it has.
    ///
    /// # Errors
    /// It is missing, cannot be read, or is no blob.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64, ObjectError> {
        let kind = Kind::Blob;
        match self.header(id) {
            Ok((Kind::Blob, size)) => Ok(size),
            Ok((found, _)) => {
                Err(ObjectError::Type { id, expected: kind, found: found.name().to_owned() })
            }
            Err(ObjectError::Missing { id, .. }) => Err(ObjectError::Missing { id, kind }),
            Err(ObjectError::Corrupt { id, reason, .. }) => {
                Err(ObjectError::Corrupt { id, kind, reason })
            }
            Err(err @ ObjectError::Type { .. }) => Err(err),
        }
    }

    /// Whether the repository holds an object of this id, whatever it is.
    pub fn contains(&self, id: ObjectId) -> bool {
        self.odb().exists(oid(id))
    }
}

/// A database of its own with the objects of these directories and of those that they
/// borrow from.
fn another(directories: &[PathBuf]) -> Option<git2::Odb<'static>> {
    let odb = git2::Odb::new().ok()?;
    for directory in directories {
        // Of a path that is not UTF-8 libgit2 would make another one.
        odb.add_disk_alternate(directory.to_str()?).ok()?;
    }
    Some(odb)
}

fn oid(id: ObjectId) -> git2::Oid {
    git2::Oid::from_bytes(id.as_bytes()).expect("an object id is 20 bytes")
}

fn unread(err: &git2::Error, id: ObjectId, kind: Kind) -> ObjectError {
    match err.code() {
        git2::ErrorCode::NotFound => ObjectError::Missing { id, kind },
        _ => ObjectError::Corrupt { id, kind, reason: err.message().to_owned() },
    }
}
