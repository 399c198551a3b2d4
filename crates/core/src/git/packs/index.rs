// SPDX-License-Identifier: Apache-2.0
//! The index of a pack, version 2: where the object of each id begins.
//!
//! It is read as far as somebody asks: of a large repository few look for more than a
//! few objects, and these few need not wait for the places of all.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use repo_sync_shared::ObjectId;

use super::TRAILER;

/// What an index begins with.
const MAGIC: &[u8; 8] = b"\xfftOc\0\0\0\x02";

/// How many bytes of an index the id, the checksum and the place of an object take, and a
/// place that is far away.
const ID: u64 = 20;
const CHECKSUM: u64 = 4;
const PLACE: u64 = 4;
const FAR_PLACE: u64 = 8;

/// Where the ids begin: behind the numbers of those that come before each first byte.
const FIRST_ID: u64 = 8 + 256 * 4;

/// Places from here on are rows of the table of those that are far away.
const FAR: u32 = 1 << 31;

/// The index of a pack.
pub(super) struct Index {
    path: PathBuf,
    /// How many ids have this first byte, or one before it.
    ends: Vec<u32>,
    /// The objects by the first byte of their id; `None` of those that cannot be read.
    parts: Vec<OnceLock<Option<Part>>>,
    /// The places that are far away.
    far: OnceLock<Option<Vec<u8>>>,
    /// How many those are.
    rows: u64,
}

/// The objects whose ids have the same first byte.
struct Part {
    /// Twenty bytes each, sorted.
    ids: Vec<u8>,
    /// Four bytes each, in the same order.
    places: Vec<u8>,
}

impl Index {
    /// The index in this file, if it is one.
    pub(super) fn open(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut head = [0; FIRST_ID as usize];
        file.read_exact(&mut head).ok()?;
        let ends = head.strip_prefix(MAGIC)?.as_chunks::<4>().0;
        let ends: Vec<u32> = ends.iter().map(|&end| u32::from_be_bytes(end)).collect();
        let count = u64::from(*ends.last()?);
        let rest = file.metadata().ok()?.len().checked_sub(FIRST_ID + 2 * TRAILER)?;
        let rest = rest.checked_sub(count * (ID + CHECKSUM + PLACE))?;
        let (rows, is_whole) = (rest / FAR_PLACE, rest.is_multiple_of(FAR_PLACE));
        let (parts, far) = (ends.iter().map(|_| OnceLock::new()).collect(), OnceLock::new());
        (is_whole && rows <= count && ends.is_sorted()).then_some(Self {
            path: path.to_owned(),
            ends,
            parts,
            far,
            rows,
        })
    }

    /// How many objects it has.
    pub(super) fn len(&self) -> usize {
        self.ends.last().map_or(0, |&count| count as usize)
    }

    /// Where the object of this id begins.
    pub(super) fn place(&self, id: ObjectId) -> Option<u64> {
        let part = self.part(id.as_bytes()[0])?;
        let at = part.ids.as_chunks().0.binary_search(id.as_bytes()).ok()?;
        self.resolved(part, at)
    }

    /// All objects and where they begin, in the order in which they lie. No two begin at one
    /// place.
    pub(super) fn places(&self) -> Option<Vec<(u64, ObjectId)>> {
        let mut places = Vec::with_capacity(self.len());
        for first in 0..=u8::MAX {
            let part = self.part(first)?;
            for (at, &id) in part.ids.as_chunks().0.iter().enumerate() {
                places.push((self.resolved(part, at)?, ObjectId::from_bytes(id)));
            }
        }
        places.sort_unstable();
        places.windows(2).all(|pair| pair[0].0 < pair[1].0).then_some(places)
    }

    /// Where an object of a part begins.
    fn resolved(&self, part: &Part, at: usize) -> Option<u64> {
        let place = u32::from_be_bytes(*part.places.as_chunks().0.get(at)?);
        if place < FAR {
            return Some(u64::from(place));
        }
        let read = || self.read(self.first_row(), self.rows * FAR_PLACE);
        let rows = self.far.get_or_init(read).as_ref()?.as_chunks().0;
        Some(u64::from_be_bytes(*rows.get((place ^ FAR) as usize)?))
    }

    /// The objects whose ids have this first byte.
    fn part(&self, first: u8) -> Option<&Part> {
        let read = || {
            let end = u64::from(self.ends[usize::from(first)]);
            let start = first.checked_sub(1).map_or(0, |before| self.ends[usize::from(before)]);
            let (start, count) = (u64::from(start), end - u64::from(start));
            let ids = self.read(FIRST_ID + start * ID, count * ID)?;
            let places = self.read(self.first_place() + start * PLACE, count * PLACE)?;
            let sorted = ids.as_chunks::<{ ID as usize }>().0;
            let belong = |id: &[u8; ID as usize]| id[0] == first;
            (sorted.is_sorted() && sorted.iter().all(belong)).then_some(Part { ids, places })
        };
        self.parts[usize::from(first)].get_or_init(read).as_ref()
    }

    fn first_place(&self) -> u64 {
        FIRST_ID + self.len() as u64 * (ID + CHECKSUM)
    }

    fn first_row(&self) -> u64 {
        self.first_place() + self.len() as u64 * PLACE
    }

    /// These bytes of the file.
    fn read(&self, start: u64, len: u64) -> Option<Vec<u8>> {
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}
