// SPDX-License-Identifier: Apache-2.0
//! Texts as runs of lines, a number for each: what two texts share is found by those,
//! whatever stands around it.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use super::licence_texts::is_licence;

/// Shorter lines are alike by chance, in bytes.
const MIN_LINE: usize = 12;

/// How many lines make a run.
pub(super) const RUN: usize = 5;

/// Whether these bytes are a text that somebody might copy from.
pub(super) fn is_text(data: &[u8]) -> bool {
    !data[..data.len().min(8 << 10)].contains(&0) && !is_licence(data)
}

/// A number for each run of lines.
pub(super) fn runs(lines: &[(u64, u32)]) -> impl Iterator<Item = u64> {
    lines.windows(RUN).map(|run| {
        let mut hasher = FxHasher::default();
        run.iter().for_each(|&(line, _)| hasher.write_u64(line));
        hasher.finish()
    })
}

/// The lines that say something, without a licence at the head: a number for what each
/// says, whatever its indentation, and its number in the file, from 1.
pub(super) fn lines(data: &[u8]) -> impl Iterator<Item = (u64, u32)> {
    (1..)
        .zip(each_line(data))
        .skip(head(data))
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| line.len() >= MIN_LINE)
        .map(|(number, line)| {
            let mut hasher = FxHasher::default();
            hasher.write(line);
            (hasher.finish(), number)
        })
}

/// The lines of a text, without their ends.
fn each_line(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', data).chain(std::iter::once(data.len()));
    ends.scan(0, |start, end| Some(&data[std::mem::replace(start, end + 1)..end]))
}

/// Runs of lines, each with the first file that has it.
#[derive(Default)]
pub(super) struct KnownRuns {
    files: FxHashMap<u64, u32>,
    /// A bit for every run that is known, and by chance for some others. Most runs that are
    /// asked for are not known, and this much of memory is at hand.
    bits: Vec<u64>,
}

/// How many bits those are.
const BITS: usize = 1 << 22;

impl KnownRuns {
    /// How many different ones there are.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Takes in a run of a file, unless another has it.
    pub(super) fn insert(&mut self, run: u64, file: u32) {
        if self.bits.is_empty() {
            self.bits.resize(BITS / 64, 0);
        }
        let (word, bit) = place(run);
        self.bits[word] |= bit;
        self.files.entry(run).or_insert(file);
    }

    /// The first file that has a run.
    pub(super) fn file(&self, run: u64) -> Option<u32> {
        let (word, bit) = place(run);
        let may_be = self.bits.get(word).is_some_and(|word| word & bit != 0);
        may_be.then(|| self.files.get(&run).copied()).flatten()
    }
}

/// Where the bit of a run is: which word, and the bit in it.
fn place(run: u64) -> (usize, u64) {
    let bit = usize::try_from(run % BITS as u64).unwrap_or_default();
    (bit / 64, 1 << (bit % 64))
}

/// How a line of a comment begins.
const COMMENT: &[&[u8]] = &[b"//", b"/*", b"*", b"#", b";", b"%", b"--", b"<!--"];

/// No licence at the head of a file has more lines.
const MAX_HEAD: usize = 40;

/// How many lines are an opening comment that speaks of rights.
fn head(data: &[u8]) -> usize {
    let (mut count, mut speaks) = (0, false);
    for line in each_line(data).take(MAX_HEAD).map(<[u8]>::trim_ascii) {
        if !line.is_empty() && !COMMENT.iter().any(|start| line.starts_with(start)) {
            break;
        }
        let line = line.to_ascii_lowercase();
        speaks |= [&b"copyright"[..], b"license", b"licence"]
            .iter()
            .any(|word| memchr::memmem::find(&line, word).is_some());
        count += 1;
    }
    if speaks { count } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that all differ.
    fn text(range: std::ops::Range<u32>) -> String {
        range.map(|at| format!("this is the line with number {at}\n")).collect()
    }

    fn prints(data: &str) -> Vec<u64> {
        runs(&lines(data.as_bytes()).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn what_does_not_tell_texts_apart() {
        let check = |other: &str| assert_eq!(prints(other), prints(&text(0..20)), "{other}");
        check(&text(0..20).replace('\n', "\r\n"));
        check(&text(0..20).replace("this", "\t    this"));
        check(&text(0..20).replace('\n', "\n\n  }\n"));
        check(&format!("// Copyright 2020 A\n// and of no other line at all\n\n{}", text(0..20)));
        assert_eq!(prints(&text(0..20)).len(), 16);
        assert_eq!(prints(&text(0..4)), [0; 0]);
    }

    #[test]
    fn a_run_is_known_by_its_first_file() {
        let mut known = KnownRuns::default();
        assert_eq!(known.file(0), None);
        let mut random = fastrand::Rng::with_seed(9);
        let runs: Vec<u64> = (0..20_000).map(|_| random.u64(..)).collect();
        for (run, file) in runs.iter().chain(&runs).zip(0..) {
            known.insert(*run, file);
        }
        assert_eq!(known.len(), runs.len());
        for (run, file) in runs.iter().zip(0..) {
            assert_eq!(known.file(*run), Some(file));
            assert_eq!(known.file(!run), None);
        }
    }

    #[test]
    fn what_tells_texts_apart() {
        let check = |other: &str| assert_ne!(prints(other), prints(&text(0..20)), "{other}");
        check(&text(1..21));
        check(&text(0..20).replace("number 7", "count 7"));
        check(&format!("// this comment says how it works\n{}", text(0..20)));
        // Five lines in another order.
        assert_ne!(prints(&(text(1..5) + &text(0..1))), prints(&text(0..5)));
    }
}
