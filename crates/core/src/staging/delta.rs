// SPDX-License-Identifier: Apache-2.0
//! The difference of two trees, as the delta instructions of a pack.
//!
//! A tree and the one before it at the same place are nearly equal, and both are
//! sorted, so nothing needs to be searched: what is equal from either end is seen
//! by bytes, and what lies between is merged entry by entry. [`tree_delta`] never
//! reads an object and never fails: bytes that are no tree give a larger delta,
//! and still a right one.
//!
//! See <https://git-scm.com/docs/gitformat-pack#_deltified_representation>.

use std::cmp::Ordering;
use std::ops::Range;

use crate::object::{TreeEntries, TreeEntry, entry_order, tree_entries};

/// The most that one copy instruction can take: its size has three bytes.
const MAX_COPY: usize = 0xff_ffff;

/// The most that one insert instruction can carry.
const MAX_INSERT: usize = 0x7f;

/// The size that a copy instruction means when it writes none.
const UNWRITTEN_COPY: usize = 0x1_0000;

/// A difference that is not worth a look at its entries: about one of them.
const SMALL: usize = 64;

/// The length of an id, with which every entry ends.
const ID_LEN: usize = 20;

/// Appends to `out` the delta that makes `target` of `base`.
pub fn tree_delta(base: &[u8], target: &[u8], out: &mut Vec<u8>) {
    size(base.len(), out);
    size(target.len(), out);
    let mut delta = Delta { target, out, copied: 0..0, inserted: 0..0 };
    if u32::try_from(base.len()).is_err() {
        // A copy instruction could not name all its offsets.
        delta.insert(0..target.len());
        delta.flush();
        return;
    }
    let prefix = common_prefix(base, target);
    let suffix = common_suffix(&base[prefix..], &target[prefix..]);
    let (base_end, target_end) = (base.len() - suffix, target.len() - suffix);
    let between = target_end - prefix;
    let end = if between <= SMALL || base_end == prefix {
        delta.copy(0..prefix);
        delta.insert(prefix..target_end);
        target_end
    } else {
        merge(base, prefix, target_end, &mut delta)
    };
    delta.copy(base.len() - (target.len() - end)..base.len());
    delta.flush();
}

/// Appends to `out` the delta for a target that is a base of so many bytes with some of them
/// replaced: each change says which go and which come, in their order. `sizes` are those of
/// the base and of the target.
pub(super) fn spliced<'c>(
    sizes: (usize, usize),
    changes: impl Iterator<Item = (Range<usize>, &'c [u8])>,
    out: &mut Vec<u8>,
) {
    size(sizes.0, out);
    size(sizes.1, out);
    let mut done = 0;
    for (gone, bytes) in changes {
        copies(done..gone.start, out);
        inserts(bytes, out);
        done = gone.end;
    }
    copies(done..sizes.0, out);
}

/// Covers the target up to `target_end` or the end of the entry that holds it,
/// and says where that is. Both trees have the first `prefix` bytes in common.
fn merge(base: &[u8], prefix: usize, target_end: usize, delta: &mut Delta<'_>) -> usize {
    let start = last_boundary(base, prefix);
    delta.copy(0..start);
    let target = delta.target;
    let (mut olds, mut news) = (Cursor::new(base, start), Cursor::new(target, start));
    while news.at < target_end {
        let Some(new) = news.entry else {
            // What cannot be read as an entry is carried as it is.
            delta.insert(news.at..target_end);
            return target_end;
        };
        let order = olds.entry.map_or(Ordering::Greater, |old| order(&old, &new));
        match order {
            Ordering::Less => olds.advance(),
            Ordering::Greater => {
                delta.insert(news.range());
                news.advance();
            }
            Ordering::Equal => {
                let (old, range) = (olds.range(), news.range());
                if base[old.clone()] == target[range.clone()] {
                    delta.copy(old);
                } else if let Some(head) = common_head(&base[old.clone()], &target[range.clone()]) {
                    delta.copy(old.start..old.start + head);
                    delta.insert(range.start + head..range.end);
                } else {
                    delta.insert(range);
                }
                olds.advance();
                news.advance();
            }
        }
    }
    news.at
}

fn order(old: &TreeEntry<'_>, new: &TreeEntry<'_>) -> Ordering {
    entry_order(old.name, old.kind().is_tree(), new.name, new.kind().is_tree())
}

/// The length of mode and name, if two entries share these: the id alone is new.
fn common_head(old: &[u8], new: &[u8]) -> Option<usize> {
    let head = new.len() - ID_LEN;
    (old.len() == new.len() && old[..head] == new[..head]).then_some(head)
}

/// Where the last entry that begins at or before `limit` begins.
fn last_boundary(tree: &[u8], limit: usize) -> usize {
    let mut boundary = 0;
    for entry in tree_entries(tree).map_while(Result::ok) {
        let next = boundary + entry.raw.len();
        if next > limit {
            break;
        }
        boundary = next;
    }
    boundary
}

/// A place in a tree, and the entry that begins there.
struct Cursor<'a> {
    at: usize,
    entry: Option<TreeEntry<'a>>,
    rest: TreeEntries<'a>,
}

impl<'a> Cursor<'a> {
    fn new(tree: &'a [u8], at: usize) -> Self {
        let mut rest = tree_entries(&tree[at..]);
        Self { at, entry: rest.next().and_then(Result::ok), rest }
    }

    fn range(&self) -> Range<usize> {
        self.at..self.at + self.entry.map_or(0, |entry| entry.raw.len())
    }

    fn advance(&mut self) {
        self.at = self.range().end;
        self.entry = self.rest.next().and_then(Result::ok);
    }
}

/// Instructions on their way out, where neighbours become one.
struct Delta<'a> {
    target: &'a [u8],
    out: &'a mut Vec<u8>,
    /// What is to be copied from the base; empty while an insertion is open.
    copied: Range<usize>,
    /// What is to be inserted from the target; empty while a copy is open.
    inserted: Range<usize>,
}

impl Delta<'_> {
    fn copy(&mut self, base: Range<usize>) {
        if base.is_empty() {
            return;
        }
        if self.copied.end == base.start && !self.copied.is_empty() {
            self.copied.end = base.end;
        } else {
            self.flush();
            self.copied = base;
        }
    }

    fn insert(&mut self, target: Range<usize>) {
        if target.is_empty() {
            return;
        }
        if self.inserted.end == target.start && !self.inserted.is_empty() {
            self.inserted.end = target.end;
        } else {
            self.flush();
            self.inserted = target;
        }
    }

    fn flush(&mut self) {
        copies(std::mem::take(&mut self.copied), self.out);
        inserts(&self.target[std::mem::take(&mut self.inserted)], self.out);
    }
}

fn copies(base: Range<usize>, out: &mut Vec<u8>) {
    for from in base.clone().step_by(MAX_COPY) {
        copy_instruction(from, (base.end - from).min(MAX_COPY), out);
    }
}

fn inserts(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(MAX_INSERT) {
        // A chunk has 127 bytes at most, so its length is the instruction.
        out.push(chunk.len() as u8);
        out.extend_from_slice(chunk);
    }
}

/// Offset and size without their zero bytes; the first byte says which are there.
fn copy_instruction(from: usize, len: usize, out: &mut Vec<u8>) {
    let len = if len == UNWRITTEN_COPY { 0 } else { len };
    let bytes = [from, from >> 8, from >> 16, from >> 24, len, len >> 8, len >> 16];
    let first = out.len();
    out.push(0x80);
    for (bit, byte) in bytes.into_iter().enumerate() {
        let byte = (byte & 0xff) as u8;
        if byte != 0 {
            out[first] |= 1 << bit;
            out.push(byte);
        }
    }
}

/// A size as the head of a delta has it: seven bits a byte, the lowest first.
fn size(mut size: usize, out: &mut Vec<u8>) {
    while size > 0x7f {
        out.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    out.push(size as u8);
}

/// How many bytes two slices have in common at their beginning.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let ((blocks_a, _), (blocks_b, _)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
    let whole = 64 * blocks_a.iter().zip(blocks_b).take_while(|(a, b)| a == b).count();
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes two slices have in common at their end.
fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let ((_, blocks_a), (_, blocks_b)) = (a.as_rchunks::<64>(), b.as_rchunks::<64>());
    let (blocks_a, blocks_b) = (blocks_a.iter().rev(), blocks_b.iter().rev());
    let whole = 64 * blocks_a.zip(blocks_b).take_while(|(a, b)| a == b).count();
    let (rest_a, rest_b) = (&a[..a.len() - whole], &b[..b.len() - whole]);
    whole + rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;
