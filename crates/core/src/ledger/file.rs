// SPDX-License-Identifier: Apache-2.0
//! The ledger as a file.
//!
//! A name, the digest of the terms that it was written under, how many rows each table
//! has, and the tables, column by column: ids as their twenty bytes, numbers as four,
//! the lowest first. At the end stands the SHA-256 of all of it. A file that differs
//! from its digest by one bit is none, and so is one in which a number leads nowhere.

use std::sync::Arc;
use std::thread;

use repo_sync_shared::{BlobId, ObjectId, PrivateCommit, PrivateTree, PublicCommit, PublicTree};
use sha2::{Digest as _, Sha256};

use super::{Commit, Image, Ledger, NONE, number};
use crate::filter::PrivateIds;
use crate::policy::ManifestEntry;

/// How the file begins.
const NAME: &[u8] = b"repo-sync ledger\n";

/// How long a digest is, in bytes.
const DIGEST: usize = 32;

/// How many tables there are.
const TABLES: usize = 7;

/// What stands for no manifest, and for one that is no plain file, in place of its id.
const ABSENT: ObjectId = ObjectId::NULL;
const NOT_A_FILE: ObjectId = ObjectId::EMPTY_TREE;

/// The bytes of a ledger.
pub(super) fn write(ledger: &Ledger, terms: &[u8; DIGEST]) -> Vec<u8> {
    let Ledger { commits, parents, images, image_parents, manifests, private } = ledger;
    let mut out = [NAME, terms].concat();
    let none = PrivateIds::default();
    let ids = private.as_deref().unwrap_or(&none);
    let rows = [
        commits.len(),
        parents.len(),
        images.len(),
        image_parents.len(),
        manifests.len(),
        ids.files.len(),
        ids.directories.len(),
    ];
    let mut numbers = |column: &mut dyn Iterator<Item = u32>| {
        column.for_each(|number| out.extend(number.to_le_bytes()));
    };
    numbers(&mut rows.into_iter().map(number));
    numbers(&mut std::iter::once(u32::from(private.is_some())));
    numbers(&mut commits.iter().map(|it| it.parents_end));
    numbers(&mut commits.iter().map(|it| it.manifest));
    numbers(&mut commits.iter().map(|it| it.shaped_by));
    numbers(&mut commits.iter().map(|it| it.image));
    numbers(&mut commits.iter().map(|it| it.published));
    numbers(&mut commits.iter().map(|it| it.dropped_headers));
    numbers(&mut parents.iter().copied());
    numbers(&mut images.iter().map(|it| it.parents_end));
    numbers(&mut images.iter().map(|it| it.source));
    numbers(&mut images.iter().map(|it| it.shown_by));
    numbers(&mut image_parents.iter().copied());
    let mut column = |ids: &mut dyn Iterator<Item = ObjectId>| {
        ids.for_each(|id| out.extend(id.as_bytes()));
    };
    column(&mut commits.iter().map(|it| it.id.id()));
    column(&mut commits.iter().map(|it| it.tree.id()));
    column(&mut images.iter().map(|it| it.id.id()));
    column(&mut images.iter().map(|it| it.tree.id()));
    column(&mut manifests.iter().map(|entry| match entry {
        ManifestEntry::Absent => ABSENT,
        ManifestEntry::NotAFile => NOT_A_FILE,
        ManifestEntry::File(blob) => blob.id(),
    }));
    column(&mut ids.files.iter().copied());
    column(&mut ids.directories.iter().copied());
    let digest = Sha256::digest(&out);
    out.extend(digest);
    out
}

/// The ledger of these bytes, if they are one that was written under these terms.
pub(super) fn read(bytes: &[u8], terms: &[u8; DIGEST]) -> Option<Ledger> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    let tables = body.strip_prefix(NAME)?.strip_prefix(terms)?;
    thread::scope(|scope| {
        // That takes as long as all the rest.
        let found = scope.spawn(|| Sha256::digest(body));
        let ledger = read_tables(tables);
        let is_its_own = found.join().is_ok_and(|found| found[..] == *digest);
        ledger.filter(|_| is_its_own)
    })
}

/// The ledger of these tables, if every number in them leads somewhere.
fn read_tables(bytes: &[u8]) -> Option<Ledger> {
    let mut rest = Rest(bytes);
    let rows: Vec<usize> = rest.numbers(TABLES)?.map(|rows| rows as usize).collect();
    let &[commits, parents, images, image_parents, manifests, files, directories] = &rows[..]
    else {
        return None;
    };
    let has_private = rest.numbers(1)?.next()? == 1;
    let mut parents_end = rest.numbers(commits)?;
    let mut manifest = rest.numbers(commits)?;
    let mut shaped_by = rest.numbers(commits)?;
    let mut image = rest.numbers(commits)?;
    let mut published = rest.numbers(commits)?;
    let mut dropped_headers = rest.numbers(commits)?;
    let parents = rest.numbers(parents)?.collect();
    let mut image_parents_end = rest.numbers(images)?;
    let mut source = rest.numbers(images)?;
    let mut shown_by = rest.numbers(images)?;
    let image_parents = rest.numbers(image_parents)?.collect();
    let (ids, mut trees) = (rest.ids(commits)?, rest.ids(commits)?);
    let commits = all(ids, |id| {
        Some(Commit {
            id: PrivateCommit::new(id),
            tree: PrivateTree::new(trees.next()?),
            parents_end: parents_end.next()?,
            manifest: manifest.next()?,
            shaped_by: shaped_by.next()?,
            image: image.next()?,
            published: published.next()?,
            dropped_headers: dropped_headers.next()?,
        })
    })?;
    let (ids, mut trees) = (rest.ids(images)?, rest.ids(images)?);
    let images = all(ids, |id| {
        Some(Image {
            id: PublicCommit::new(id),
            tree: PublicTree::new(trees.next()?),
            parents_end: image_parents_end.next()?,
            source: source.next()?,
            shown_by: shown_by.next()?,
        })
    })?;
    let manifests = rest.ids(manifests)?.map(|id| match id {
        ABSENT => ManifestEntry::Absent,
        NOT_A_FILE => ManifestEntry::NotAFile,
        blob => ManifestEntry::File(BlobId::new(blob)),
    });
    let manifests = manifests.collect();
    let files = rest.ids(files)?.collect();
    let directories = rest.ids(directories)?.collect();
    let private = has_private.then(|| Arc::new(PrivateIds { files, directories }));
    let ledger = Ledger { commits, parents, images, image_parents, manifests, private };
    (rest.0.is_empty() && is_sound(&ledger)).then_some(ledger)
}

/// A row for each id, if each has one.
fn all<T>(
    ids: impl ExactSizeIterator<Item = ObjectId>,
    mut row: impl FnMut(ObjectId) -> Option<T>,
) -> Option<Vec<T>> {
    // `collect` does not know how many there are as long as one may be missing.
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.push(row(id)?);
    }
    Some(rows)
}

/// Whether every number leads somewhere, and to what came before where it must.
fn is_sound(ledger: &Ledger) -> bool {
    let Ledger { commits, parents, images, image_parents, manifests, .. } = ledger;
    let below = |number: u32, end: usize| (number as usize) < end;
    let known = |number: u32, end: usize| number == NONE || below(number, end);
    let commit = |it: &Commit| {
        known(it.manifest, manifests.len())
            && known(it.shaped_by, manifests.len())
            && known(it.image, images.len())
    };
    let image = |it: &Image| known(it.source, commits.len()) && known(it.shown_by, commits.len());
    commits.iter().all(commit)
        && images.iter().all(image)
        && comes_first(commits.iter().map(|it| it.parents_end), parents)
        && comes_first(images.iter().map(|it| it.parents_end), image_parents)
}

/// Whether each parent has a smaller number than its child.
fn comes_first(ends: impl Iterator<Item = u32>, parents: &[u32]) -> bool {
    let mut start = 0;
    for (child, end) in (0..).zip(ends) {
        let Some(own) = parents.get(start..end as usize) else { return false };
        if own.iter().any(|&parent| parent >= child) {
            return false;
        }
        start = end as usize;
    }
    start == parents.len()
}

/// What is still to be read.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn numbers(&mut self, rows: usize) -> Option<impl Iterator<Item = u32> + use<'b>> {
        let column = self.column::<4>(rows)?;
        Some(column.iter().map(|&bytes| u32::from_le_bytes(bytes)))
    }

    fn ids(&mut self, rows: usize) -> Option<impl ExactSizeIterator<Item = ObjectId> + use<'b>> {
        let column = self.column::<20>(rows)?;
        Some(column.iter().map(|&bytes| ObjectId::from_bytes(bytes)))
    }

    fn column<const WIDTH: usize>(&mut self, rows: usize) -> Option<&'b [[u8; WIDTH]]> {
        let (column, rest) = self.0.split_at_checked(rows.checked_mul(WIDTH)?)?;
        self.0 = rest;
        Some(column.as_chunks().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ObjectId {
        ObjectId::from_bytes([digit; 20])
    }

    /// Two commits, the second with an image that stands on a commit of the mirror.
    fn ledger() -> Ledger {
        let first = Commit {
            id: PrivateCommit::new(id(1)),
            tree: PrivateTree::new(id(2)),
            parents_end: 0,
            manifest: 0,
            shaped_by: NONE,
            image: NONE,
            published: 0,
            dropped_headers: 0,
        };
        let second = Commit {
            id: PrivateCommit::new(id(3)),
            parents_end: 1,
            manifest: 2,
            shaped_by: 2,
            image: 1,
            published: 1,
            dropped_headers: 7,
            ..first
        };
        let base = Image {
            id: PublicCommit::new(id(4)),
            tree: PublicTree::new(id(5)),
            parents_end: 0,
            source: NONE,
            shown_by: NONE,
        };
        let image =
            Image { id: PublicCommit::new(id(6)), parents_end: 1, source: 1, shown_by: 1, ..base };
        Ledger {
            commits: vec![first, second],
            parents: vec![0],
            images: vec![base, image],
            image_parents: vec![0],
            manifests: vec![
                ManifestEntry::Absent,
                ManifestEntry::NotAFile,
                ManifestEntry::File(BlobId::new(id(8))),
            ],
            private: Some(Arc::new(PrivateIds {
                files: vec![id(9), id(10)],
                directories: vec![id(11)],
            })),
        }
    }

    const TERMS: [u8; DIGEST] = [1; DIGEST];

    /// The bytes with their digest made anew.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        let end = bytes.len() - DIGEST;
        bytes.truncate(end);
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        bytes
    }

    #[test]
    fn a_ledger_is_read_as_it_was_written() {
        for private in [ledger().private, None, Some(Arc::default())] {
            let ledger = Ledger { private, ..ledger() };
            assert_eq!(read(&write(&ledger, &TERMS), &TERMS), Some(ledger));
        }
        let empty = Ledger::default();
        assert_eq!(read(&write(&empty, &TERMS), &TERMS), Some(empty));
    }

    #[test]
    fn what_is_damaged_or_of_other_terms_is_none() {
        let whole = write(&ledger(), &TERMS);
        assert_eq!(read(&whole, &[2; DIGEST]), None);
        for at in 0..whole.len() {
            assert_eq!(read(&whole[..at], &TERMS), None, "cut off at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            assert_eq!(read(&flipped, &TERMS), None, "flipped at {at}");
        }
        assert_eq!(read(&[&whole[..], b"\0"].concat(), &TERMS), None);
    }

    /// Whatever was written under a sound digest is read without a panic, and no number
    /// of it leads out of its table.
    #[test]
    fn numbers_lead_somewhere() {
        let whole = write(&ledger(), &TERMS);
        let mut sound = 0;
        for at in NAME.len() + DIGEST..whole.len() - DIGEST {
            for value in [0, 1, 2, 3, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                let Some(ledger) = read(&sealed(changed), &TERMS) else { continue };
                sound += 1;
                for commit in 0..ledger.len() {
                    let (_, _, parents) = ledger.commit(commit);
                    assert!(parents.iter().all(|&parent| parent < commit));
                    ledger.manifest(commit);
                    ledger.fate(commit).image.map(|image| ledger.image(image).parents.len());
                }
            }
        }
        assert!(sound > 100, "most bytes of ids may be any: {sound}");
    }
}
