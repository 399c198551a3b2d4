// SPDX-License-Identifier: Apache-2.0
//! Loose objects, read without libgit2: it never returns from one that is cut
//! off, which is what a power failure leaves.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;
use flate2::read::ZlibDecoder;
use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use crate::object::Kind;

/// The longest header there is: a type, a space, a size and a NUL.
const LONGEST_HEADER: u64 = 32;

/// How many repositories may borrow from each other in a row, as git has it.
const MAX_BORROWED: usize = 5;

/// The loose objects that a repository had when it was opened.
#[derive(Debug, Default)]
pub(super) struct Loose {
    directories: Vec<PathBuf>,
    /// Which of the directories holds an object.
    known: FxHashMap<ObjectId, usize>,
}

impl Loose {
    /// Lists those of an object directory and of the ones it borrows from.
    pub(super) fn list(objects: &Path) -> Self {
        let mut this = Self::default();
        this.add(objects, 0);
        this
    }

    /// The type and the bytes of a loose object; `None` if it is not loose.
    pub(super) fn read(&self, id: ObjectId) -> Option<Result<(Kind, Vec<u8>), String>> {
        self.known.contains_key(&id).then(|| {
            let (kind, size, mut rest) = self.open(id)?;
            let mut data = Vec::new();
            // One byte more than it should have shows that there is more.
            let read = rest.by_ref().take(size.saturating_add(1)).read_to_end(&mut data);
            read.map_err(|err| err.to_string())?;
            match u64::try_from(data.len()).map(|len| len.cmp(&size)) {
                Ok(std::cmp::Ordering::Equal) => Ok((kind, data)),
                Ok(std::cmp::Ordering::Less) => Err("it is cut off".to_owned()),
                Ok(std::cmp::Ordering::Greater) | Err(_) => {
                    Err("it is longer than it says".to_owned())
                }
            }
        })
    }

    /// The type and size of a loose object; `None` if it is not loose.
    pub(super) fn header(&self, id: ObjectId) -> Option<Result<(Kind, u64), String>> {
        self.known.contains_key(&id).then(|| self.open(id).map(|(kind, size, _)| (kind, size)))
    }

    fn open(&self, id: ObjectId) -> Result<(Kind, u64, ZlibDecoder<BufReader<File>>), String> {
        let hex = id.to_string();
        let file = self.directories[self.known[&id]].join(&hex[..2]).join(&hex[2..]);
        let file = File::open(file).map_err(|err| err.to_string())?;
        let mut data = ZlibDecoder::new(BufReader::new(file));
        let mut header = Vec::new();
        loop {
            let mut byte = [0];
            let read = data.read(&mut byte).map_err(|err| err.to_string())?;
            if read == 0 || header.len() as u64 == LONGEST_HEADER {
                return Err("it has no header".to_owned());
            }
            if byte == [0] {
                break;
            }
            header.extend(byte);
        }
        let broken = || "its header is none of git's".to_owned();
        let (kind, size) = header.split_once_str(" ").ok_or_else(broken)?;
        let kind = Kind::from_name(kind).ok_or_else(broken)?;
        let size = size.to_str().ok().and_then(|size| size.parse().ok()).ok_or_else(broken)?;
        Ok((kind, size, data))
    }

    fn add(&mut self, objects: &Path, borrowed: usize) {
        if borrowed > MAX_BORROWED || self.directories.iter().any(|known| known == objects) {
            return;
        }
        let number = self.directories.len();
        self.directories.push(objects.to_owned());
        for (name, path) in names(objects).filter(|(name, _)| name.len() == 2) {
            for (rest, _) in names(&path) {
                let id = ObjectId::from_hex(format!("{name}{rest}").as_bytes());
                self.known.extend(id.map(|id| (id, number)));
            }
        }
        let alternates = fs::read(objects.join("info/alternates")).unwrap_or_default();
        for line in alternates.lines().filter(|line| !line.is_empty() && line[0] != b'#') {
            if let Ok(path) = line.to_path() {
                self.add(&objects.join(path), borrowed + 1);
            }
        }
    }
}

/// The entries of a directory whose names are text; none if it cannot be read.
fn names(directory: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}
