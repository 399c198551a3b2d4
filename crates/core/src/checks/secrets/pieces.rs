// SPDX-License-Identifier: Apache-2.0
//! Texts in pieces of a few lines, and what was met in each.
//!
//! A long history is mostly versions of files that are nearly the version before. What is
//! met in a piece hangs on its bytes alone, wherever it stands: no word goes over the end
//! of a line, and no encoded run over that of a short one. So it is found out once, and
//! known again by the SHA-1 of the piece, as git knows a file.

use std::hash::Hasher;
use std::ops::Range;

use repo_sync_shared::ObjectId;
use rustc_hash::{FxHashMap, FxHasher};

use super::runs::SHORTEST_WRAPPED;
use crate::object::{Kind, hash};

/// A piece ends with about one of so many short lines.
const SHORT_LINES: u64 = 32;

/// A longer piece ends with its next short line, in bytes.
const LONG: usize = 16 << 10;

/// So many pieces are remembered, before all are forgotten.
const MOST: usize = 1 << 18;

/// What is met in a piece, wherever it stands.
pub(super) struct Met {
    /// The words, by number, each with its end in the piece; in the order of their ends.
    pub(super) words: Box<[(usize, usize)]>,
    /// Whether a word may be in something encoded.
    pub(super) has_encoded_words: bool,
}

/// What was met in each piece that was looked at.
#[derive(Default)]
pub(super) struct Memory(FxHashMap<ObjectId, Met>);

impl Memory {
    /// What is met in a piece: `look` says it the first time.
    pub(super) fn of(&mut self, piece: &[u8], look: impl FnOnce(&[u8]) -> Met) -> &Met {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.entry(hash(Kind::Blob, piece)).or_insert_with(|| look(piece))
    }
}

/// Cuts a text into pieces: behind some of its short lines, and behind the same ones
/// whatever was changed elsewhere.
pub(super) fn pieces(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut lines = memchr::memchr_iter(b'\n', text);
    let (mut start, mut line, mut length_before) = (0, 0, 0);
    std::iter::from_fn(move || {
        for end in lines.by_ref() {
            let (this, before) = (&text[line..end], length_before);
            (line, length_before) = (end + 1, this.len());
            if this.len() < SHORTEST_WRAPPED && (line - start > LONG || is_last(this, before)) {
                return Some(std::mem::replace(&mut start, line)..line);
            }
        }
        let rest = start..text.len();
        start = text.len();
        (!rest.is_empty()).then_some(rest)
    })
}

/// Whether a piece ends with this short line, with one of such a length before it.
fn is_last(line: &[u8], length_before: usize) -> bool {
    let mut hasher = FxHasher::default();
    hasher.write_usize(length_before);
    hasher.write(line);
    hasher.finish().is_multiple_of(SHORT_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(range: Range<u32>) -> String {
        range.map(|number| format!("line {number}\n")).collect()
    }

    fn cut(text: &str) -> Vec<&str> {
        pieces(text.as_bytes()).map(|piece| &text[piece]).collect()
    }

    #[test]
    fn pieces_are_the_text() {
        let long = format!("{}\n", "x".repeat(SHORTEST_WRAPPED)).repeat(500);
        let short = "\n".repeat(LONG + 5);
        let open = lines(0..100) + "the end";
        for text in ["", "\n", "a", &lines(0..1_000), &long, &short, &open] {
            assert_eq!(cut(text).concat(), text);
        }
        assert_eq!(cut(&long).len(), 1, "each line of it may go on in the next");
        assert!(cut(&short).len() > 1, "no piece is longer than need be");
        assert!((10..100).contains(&cut(&lines(0..1_000)).len()));
    }

    #[test]
    fn a_change_is_a_matter_of_few_pieces() {
        let (old, other) = (lines(0..1_000), lines(0..500) + "new\n" + &lines(500..1_000));
        let known = cut(&old);
        assert!(cut(&other).iter().filter(|piece| !known.contains(piece)).count() <= 3);
    }
}
