// SPDX-License-Identifier: Apache-2.0
//! What was read of the files of packs a short while ago.
//!
//! Objects that are wanted together lie together more often than not, but not in the order in
//! which they are wanted: one goes on, another back for its base.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// How many bytes of a pack are read at once, from a multiple of this on.
const STEP: u64 = 16 << 10;

/// So many more are read, for the objects that begin within and end behind.
const MORE: u64 = 4 << 10;

/// How many windows there are.
const WINDOWS: u64 = 128;

/// Parts of packs.
pub(super) struct Windows {
    /// The file of each pack, if it was opened.
    files: Vec<Option<File>>,
    /// The part that begins at a place is in one of them only.
    windows: Vec<Window>,
}

/// A part of a file.
#[derive(Default)]
struct Window {
    pack: usize,
    start: u64,
    bytes: Vec<u8>,
}

impl Windows {
    /// For so many packs.
    pub(super) fn of(packs: usize) -> Self {
        Self {
            files: (0..packs).map(|_| None).collect(),
            windows: (0..WINDOWS).map(|_| Window::default()).collect(),
        }
    }

    /// The pack with this number from `range` on: these bytes, and what else is at hand.
    /// Nobody wants any from `end` on.
    pub(super) fn from(
        &mut self,
        (pack, path): (usize, &Path),
        range: &Range<u64>,
        end: u64,
    ) -> Option<&[u8]> {
        let step = range.start / STEP;
        let at = (step + pack as u64) % WINDOWS;
        let window = self.windows.get_mut(usize::try_from(at).ok()?)?;
        if window.pack != pack || !window.holds(range) {
            let file = self.files.get_mut(pack)?;
            let file = match file {
                Some(file) => file,
                None => file.insert(File::open(path).ok()?),
            };
            let start = step * STEP;
            let stop = (start + STEP + MORE).max(range.end).min(end);
            *window = Window { pack, ..window.again(file, start..stop)? };
        }
        window.bytes.get(usize::try_from(range.start - window.start).ok()?..)
    }
}

impl Window {
    fn holds(&self, range: &Range<u64>) -> bool {
        self.start <= range.start && range.end <= self.start + self.bytes.len() as u64
    }

    /// Another part of a file in the same memory; this one is empty then.
    fn again(&mut self, file: &mut File, part: Range<u64>) -> Option<Self> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.resize(usize::try_from(part.end.checked_sub(part.start)?).ok()?, 0);
        file.seek(SeekFrom::Start(part.start)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        Some(Self { pack: self.pack, start: part.start, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_every_file_is_its_own() {
        let dir = tempfile::tempdir().expect("the test can write");
        let mut rng = fastrand::Rng::with_seed(7);
        let files: Vec<_> = (0..3)
            .map(|pack| {
                let path = dir.path().join(format!("{pack}"));
                let bytes: Vec<u8> = (0..300_000).map(|_| rng.u8(..)).collect();
                std::fs::write(&path, &bytes).expect("the test can write");
                (path, bytes)
            })
            .collect();
        let mut windows = Windows::of(files.len());
        for _ in 0..20_000 {
            let pack = rng.usize(..files.len());
            let (path, bytes) = &files[pack];
            let (end, len) = (bytes.len() - 20, rng.usize(1..40_000));
            let start = rng.usize(..end - len);
            let range = start as u64..(start + len) as u64;
            let found = windows.from((pack, path), &range, end as u64).expect("it is there");
            assert_eq!(found[..len], bytes[start..start + len]);
            assert!(found.len() <= end - start, "nothing behind the end");
        }
        let nowhere = dir.path().join("nowhere");
        assert_eq!(Windows::of(1).from((0, &nowhere), &(0..10), 10), None);
        let (path, bytes) = &files[0];
        let beyond = bytes.len() as u64;
        let mut windows = Windows::of(1);
        assert_eq!(windows.from((0, path), &(beyond - 10..beyond + 10), beyond + 20), None);
        let again = windows.from((0, path), &(beyond - 10..beyond), beyond);
        assert_eq!(again, Some(&bytes[bytes.len() - 10..]), "what failed left nothing behind");
    }
}
