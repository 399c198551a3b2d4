// SPDX-License-Identifier: Apache-2.0
//! Texts as runs of lines, a number for each: what two texts share is found by those,
//! whatever stands around it.

use std::hash::Hasher;

use rustc_hash::FxHasher;

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
        .zip(data.split(|&byte| byte == b'\n'))
        .skip(head(data))
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| line.len() >= MIN_LINE)
        .map(|(number, line)| {
            let mut hasher = FxHasher::default();
            hasher.write(line);
            (hasher.finish(), number)
        })
}

/// How a line of a comment begins.
const COMMENT: &[&[u8]] = &[b"//", b"/*", b"*", b"#", b";", b"%", b"--", b"<!--"];

/// No licence at the head of a file has more lines.
const MAX_HEAD: usize = 40;

/// How many lines are an opening comment that speaks of rights.
fn head(data: &[u8]) -> usize {
    let (mut count, mut speaks) = (0, false);
    for line in data.split(|&byte| byte == b'\n').take(MAX_HEAD).map(<[u8]>::trim_ascii) {
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
    fn what_tells_texts_apart() {
        let check = |other: &str| assert_ne!(prints(other), prints(&text(0..20)), "{other}");
        check(&text(1..21));
        check(&text(0..20).replace("number 7", "count 7"));
        check(&format!("// this comment says how it works\n{}", text(0..20)));
        // Five lines in another order.
        assert_ne!(prints(&(text(1..5) + &text(0..1))), prints(&text(0..5)));
    }
}
