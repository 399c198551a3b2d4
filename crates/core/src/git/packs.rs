// SPDX-License-Identifier: Apache-2.0
//! Packs, read by ourselves: several times as fast as by libgit2, for who reads much.
//!
//! Nobody has to believe this reading. What it makes of an object counts only if that
//! hashes to the id that was asked for. Whatever is in any way other than usual it does not
//! know, and libgit2 or git is asked.
//!
//! See <https://git-scm.com/docs/gitformat-pack>.

mod index;
mod windows;

use std::fs::{self, File};
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libdeflater::Decompressor;
use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use self::index::Index;
use self::windows::Windows;
use crate::object::{Kind, hash};

/// How many bytes of objects a reader remembers, in each of two generations.
const REMEMBERED: usize = 8 << 20;

/// Larger objects, and chains with larger deltas, are left to others, which need not have all
/// of one in memory, in bytes.
const LARGEST: u64 = 64 << 20;

/// More bytes than these do not precede the data of an object, nor do the checksum and the
/// marks of short data that are not compressed add to them.
const MOST_HEAD: u64 = 64;

/// No chain of deltas is longer.
const MOST_DELTAS: usize = 5_000;

/// With more objects than these the places of all would take too much memory.
const MOST_OBJECTS: usize = 16_000_000;

/// How many borrow from each other, at most.
const MOST_ALTERNATES: usize = 16;

/// The hash at the end of a pack, and of its index, in bytes.
const TRAILER: u64 = 20;

/// The packs of one or several stores.
#[derive(Clone)]
pub(crate) struct Packs(Arc<[Pack]>);

/// A pack, and where its objects begin.
struct Pack {
    path: PathBuf,
    index: Index,
    /// Where the last object ends.
    end: u64,
}

impl Packs {
    /// Those of the store with these objects, if it has nothing but packs, and those are
    /// such as we can read.
    pub(crate) fn all_of(objects: &Path) -> Option<Self> {
        for entry in fs::read_dir(objects).ok()? {
            let name = entry.ok()?.file_name();
            match name.to_str()? {
                "pack" => {}
                "info" if fs::read_dir(objects.join("info")).ok()?.next().is_none() => {}
                _ => return None,
            }
        }
        let mut packs = Vec::new();
        for entry in fs::read_dir(objects.join("pack")).ok()? {
            let path = entry.ok()?.path();
            match path.extension()?.to_str()? {
                "pack" | "rev" if path.with_extension("idx").is_file() => {}
                "idx" => packs.push(Pack::open(&path)?),
                _ => return None,
            }
        }
        packs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Some(Self(packs.into()))
    }

    /// Those in these directories of objects, and in those that they borrow from, as far as
    /// we can read them.
    pub(crate) fn among(directories: &[PathBuf]) -> Self {
        let mut directories = directories.to_vec();
        let mut packs = Vec::new();
        let mut at = 0;
        while let Some(directory) = directories.get(at).filter(|_| at < MOST_ALTERNATES) {
            let alternates = fs::read_to_string(directory.join("info/alternates"));
            let indexes = fs::read_dir(directory.join("pack")).into_iter().flatten().flatten();
            let indexes = indexes.map(|entry| entry.path());
            let indexes = indexes.filter(|path| path.extension().is_some_and(|it| it == "idx"));
            packs.extend(indexes.filter_map(|index| Pack::open(&index)));
            let more =
                alternates.iter().flat_map(|text| text.lines()).map(|line| directory.join(line));
            let more: Vec<PathBuf> = more.filter(|path| !directories.contains(path)).collect();
            directories.extend(more);
            at += 1;
        }
        packs.sort_unstable_by_key(|pack| std::cmp::Reverse(pack.index.len()));
        let mut count = 0;
        packs.retain(|pack| {
            count += pack.index.len();
            count <= MOST_OBJECTS
        });
        Self(packs.into())
    }

    /// The objects of all packs, a block of so many neighbours at a time; `None` if we cannot
    /// read where they lie.
    pub(crate) fn blocks(&self, most: usize) -> Option<Vec<Block>> {
        let mut blocks = Vec::new();
        for (pack, it) in self.0.iter().enumerate() {
            let places = it.index.places()?;
            if places.last().is_some_and(|&(last, _)| last >= it.end) {
                return None;
            }
            let places = places.chunks(most).map(<[_]>::to_vec);
            blocks.extend(places.map(|places| Block { pack, places }));
        }
        Some(blocks)
    }
}

/// Objects that lie together in a pack.
pub(crate) struct Block {
    pack: usize,
    places: Vec<(u64, ObjectId)>,
}

impl Block {
    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

impl Pack {
    /// The pack to which an index belongs: version 2 of both.
    fn open(index: &Path) -> Option<Self> {
        let path = index.with_extension("pack");
        let end = fs::metadata(&path).ok()?.len().checked_sub(TRAILER)?;
        let mut head = [0; 12];
        File::open(&path).ok()?.read_exact(&mut head).ok()?;
        let count = head.strip_prefix(b"PACK\0\0\0\x02")?;
        let count = u32::from_be_bytes(count.try_into().ok()?) as usize;
        let index = Index::open(index).filter(|index| index.len() == count)?;
        Some(Self { path, index, end })
    }

    /// Where an object may lie that begins there and has so many bytes: no further than
    /// anybody would make it by compressing it.
    fn range(&self, offset: u64, size: u64) -> Option<Range<u64>> {
        let most = size + size / 8 + MOST_HEAD;
        (offset < self.end).then(|| offset..self.end.min(offset + most))
    }
}

/// An object: its kind, and its bytes.
pub(crate) type Known = (Kind, Arc<Vec<u8>>);

/// Reads objects of packs. What it does not understand is `None`.
pub(crate) struct PackReader {
    packs: Packs,
    windows: Windows,
    decompressor: Decompressor,
    remembered: Remembered,
}

impl PackReader {
    /// A reader of these packs.
    pub(crate) fn new(packs: Packs) -> Self {
        Self {
            windows: Windows::of(packs.0.len()),
            packs,
            decompressor: Decompressor::new(),
            remembered: Remembered::default(),
        }
    }

    /// The object of this id, if one of the packs has it and its bytes are those of the id.
    pub(crate) fn read(&mut self, id: ObjectId) -> Option<Known> {
        let (pack, offset) = self.place(id)?;
        let (kind, data) = self.object(pack, offset)?;
        (hash(kind, &data) == id).then_some((kind, data))
    }

    /// Where the object of this id begins, and in which pack.
    fn place(&self, id: ObjectId) -> Option<(usize, u64)> {
        let mut packs = self.packs.0.iter().enumerate();
        packs.find_map(|(pack, it)| Some((pack, it.index.place(id)?)))
    }

    /// The objects of a block, each with its kind and its size, if the bytes of all are those
    /// of their ids.
    pub(crate) fn block(&mut self, block: &Block) -> Option<Vec<(ObjectId, Kind, u64)>> {
        let read = |&(offset, id): &(u64, ObjectId)| {
            let (kind, data) = self.object(block.pack, offset)?;
            (hash(kind, &data) == id).then_some((id, kind, data.len() as u64))
        };
        block.places.iter().map(read).collect()
    }

    /// The object that begins there.
    fn object(&mut self, pack: usize, offset: u64) -> Option<Known> {
        let mut deltas = Vec::new();
        let mut size = 0;
        let mut at = offset;
        let (kind, mut data) = loop {
            if let Some(known) = self.remembered.get((pack, at)) {
                break known;
            }
            let (what, data) = self.stored(pack, at)?;
            match what {
                What::Whole(kind) => {
                    let data = Arc::new(data);
                    self.remembered.put((pack, at), (kind, Arc::clone(&data)));
                    break (kind, data);
                }
                What::Delta(base) => {
                    size += data.len() as u64;
                    deltas.push((at, data));
                    // One lies before the other, or else they need not come to an end.
                    if base >= at || deltas.len() > MOST_DELTAS || size > LARGEST {
                        return None;
                    }
                    at = base;
                }
            }
        };
        for (at, delta) in deltas.into_iter().rev() {
            data = Arc::new(applied(&data, &delta)?);
            self.remembered.put((pack, at), (kind, Arc::clone(&data)));
        }
        Some((kind, data))
    }

    /// What is stored there, inflated.
    fn stored(&mut self, number: usize, offset: u64) -> Option<(What, Vec<u8>)> {
        let pack = self.packs.0.get(number)?;
        let file = (number, pack.path.as_path());
        let bytes = self.windows.from(file, &pack.range(offset, 0)?, pack.end)?;
        let Head { what, size, len } = Head::read(bytes, offset, pack)?;
        let mut data = vec![0; usize::try_from(size).ok().filter(|_| size <= LARGEST)?];
        // Most data take far less room than they could, and what is at hand is enough.
        let mut inflated = self.decompressor.zlib_decompress(&bytes[len..], &mut data);
        let range = pack.range(offset, size)?;
        if inflated.is_err() && (bytes.len() as u64) < range.end - range.start {
            let bytes = self.windows.from(file, &range, pack.end)?;
            inflated = self.decompressor.zlib_decompress(&bytes[len..], &mut data);
        }
        (inflated.ok()? == data.len()).then_some((what, data))
    }
}

/// What stands at the beginning of an object, and where its data begin.
struct Head {
    what: What,
    size: u64,
    len: usize,
}

enum What {
    Whole(Kind),
    /// A delta, and where its base begins.
    Delta(u64),
}

impl Head {
    /// Reads it at the beginning of the bytes of the object at `offset`.
    fn read(bytes: &[u8], offset: u64, pack: &Pack) -> Option<Self> {
        let first = *bytes.first()?;
        let (rest, len) = if first & 0x80 == 0 { (0, 0) } else { number(&bytes[1..])? };
        let size = u64::from(first & 0x0f) | rest.checked_mul(16)?;
        let mut len = 1 + len;
        let what = match first >> 4 & 7 {
            1 => What::Whole(Kind::Commit),
            2 => What::Whole(Kind::Tree),
            3 => What::Whole(Kind::Blob),
            4 => What::Whole(Kind::Tag),
            6 => {
                let (distance, more) = distance(bytes.get(len..)?)?;
                len += more;
                What::Delta(offset.checked_sub(distance)?)
            }
            7 => {
                let id = ObjectId::from_slice(bytes.get(len..len + 20)?)?;
                len += 20;
                What::Delta(pack.index.place(id)?)
            }
            _ => return None,
        };
        Some(Self { what, size, len })
    }
}

/// A number of seven bits a byte, the lowest first, and how many bytes it takes.
fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(8).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

/// How far back a base begins: seven bits a byte, the highest first, one more for each byte
/// that follows.
fn distance(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut distance = 0;
    for (at, byte) in bytes.iter().take(8).enumerate() {
        distance |= u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((distance, at + 1));
        }
        distance = (distance + 1) << 7;
    }
    None
}

/// What a delta makes of its base.
fn applied(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let (of, len) = number(delta)?;
    let (size, more) = number(&delta[len..])?;
    if of != base.len() as u64 || size > LARGEST {
        return None;
    }
    let size = usize::try_from(size).ok()?;
    let mut made = Vec::with_capacity(size);
    let mut rest = &delta[len + more..];
    while let Some((&order, after)) = rest.split_first() {
        rest = after;
        let bytes = if order & 0x80 == 0 {
            let new;
            (new, rest) = rest.split_at_checked(usize::from(order)).filter(|_| order > 0)?;
            new
        } else {
            let mut next = |bit: u8| {
                if order & 1 << bit == 0 {
                    return Some(0);
                }
                let (&byte, after) = rest.split_first()?;
                rest = after;
                Some(usize::from(byte))
            };
            let from = next(0)? | next(1)? << 8 | next(2)? << 16 | next(3)? << 24;
            let len = match next(4)? | next(5)? << 8 | next(6)? << 16 {
                0 => 0x1_0000,
                len => len,
            };
            base.get(from..from.checked_add(len)?)?
        };
        if made.len() + bytes.len() > size {
            return None;
        }
        made.extend_from_slice(bytes);
    }
    (made.len() == size).then_some(made)
}

/// Objects that others may be deltas of, by their pack and where they begin.
#[derive(Default)]
struct Remembered {
    young: FxHashMap<(usize, u64), Known>,
    old: FxHashMap<(usize, u64), Known>,
    /// How many bytes the young ones have.
    bytes: usize,
}

impl Remembered {
    fn get(&mut self, place: (usize, u64)) -> Option<Known> {
        if let Some((kind, data)) = self.young.get(&place) {
            return Some((*kind, Arc::clone(data)));
        }
        let (kind, data) = self.old.remove(&place)?;
        self.put(place, (kind, Arc::clone(&data)));
        Some((kind, data))
    }

    fn put(&mut self, place: (usize, u64), known: Known) {
        self.bytes += known.1.len();
        self.young.insert(place, known);
        if self.bytes > REMEMBERED {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests;
