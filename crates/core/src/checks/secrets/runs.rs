// SPDX-License-Identifier: Apache-2.0
//! Finds stretches of a text that are another text in an encoding, and decodes them.
//!
//! Every stretch is decoded at most once. Looking for them takes a small part of the
//! bytes of ordinary text: where the end of a long enough run would be, there mostly
//! is none.

use base64::Engine as _;
use base64::alphabet::{self, Alphabet};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Encoding, ScanError};

/// Shorter runs of base64 hold no secret that is worth the name.
const SHORTEST_BASE64: usize = 20;

/// Shorter runs of hexadecimal digits hold none, either.
const SHORTEST_HEX: usize = 32;

/// A run goes on in the next line if what it has in this one is as long as this. Tools
/// break lines at 60 or more.
pub(super) const SHORTEST_WRAPPED: usize = 40;

/// Fewer characters of two bytes are no text.
const SHORTEST_UTF16: usize = 12;

/// Fewer bytes with a percent sign hold no secret.
const SHORTEST_PERCENT: usize = 12;

/// A text that stood in another one.
pub(super) struct Decoded<'a> {
    pub(super) encoding: Encoding,
    /// Where it begins in the text around it.
    pub(super) start: usize,
    pub(super) bytes: &'a [u8],
}

/// What is done with each text that was found.
type Visit<'a> = &'a mut dyn FnMut(Decoded<'_>) -> Result<(), ScanError>;

/// Finds every encoded text within this one.
pub(super) fn each_run(text: &[u8], visit: Visit<'_>) -> Result<(), ScanError> {
    utf16(text, visit)?;
    percent(text, visit)?;
    let runs = long_runs(text);
    base64(text, &runs, visit)?;
    hex(text, &runs, visit)
}

/// The runs that hold all base64 and all hexadecimal digits of a text.
fn long_runs(text: &[u8]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut from = 0;
    while let Some(run) = next_run(text, from, BASE64_ANY, SHORTEST_BASE64) {
        from = run.1;
        runs.push(run);
    }
    runs
}

/// Characters of two bytes of which one is NUL: ASCII in UTF-16 of either byte order,
/// with or without a mark, anywhere in the text.
fn utf16(text: &[u8], visit: Visit<'_>) -> Result<(), ScanError> {
    let mut decoded = Vec::new();
    let mut from = 0;
    while let Some(nul) = memchr::memchr(0, &text[from..]).map(|at| from + at) {
        let nuls = text[nul..].iter().take_while(|byte| **byte == 0).count();
        let start = match nuls == 1 && nul > from && is_text(text[nul - 1]) {
            true => nul - 1,
            false => nul + nuls,
        };
        decoded.clear();
        let mut at = start;
        while let Some(byte) = text.get(at).filter(|byte| is_text(**byte)) {
            decoded.push(*byte);
            at += 1;
            if text.get(at) != Some(&0) {
                break;
            }
            at += 1;
        }
        if decoded.len() >= SHORTEST_UTF16 {
            visit(Decoded { encoding: Encoding::Utf16, start, bytes: &decoded })?;
        }
        from = at.max(nul + nuls);
    }
    Ok(())
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

/// What could be part of a URL, or of a form's answer, with at least one `%41` in it.
fn percent(text: &[u8], visit: Visit<'_>) -> Result<(), ScanError> {
    let mut decoded = Vec::new();
    let mut done = 0;
    for sign in memchr::memchr_iter(b'%', text) {
        if sign < done || percent_byte(&text[sign..]).is_none() {
            continue;
        }
        let is_part = |byte: &u8| CLASSES[usize::from(*byte)] & URL != 0;
        let before = text[done..sign].iter().rev().take_while(|byte| is_part(byte)).count();
        let after = text[sign..].iter().take_while(|byte| is_part(byte)).count();
        let start = sign - before;
        done = sign + after;
        if done - start < SHORTEST_PERCENT {
            continue;
        }
        decoded.clear();
        let mut rest = &text[start..done];
        while let Some(first) = rest.first() {
            let (byte, length) = percent_byte(rest).map_or((*first, 1), |byte| (byte, 3));
            decoded.push(byte);
            rest = &rest[length..];
        }
        visit(Decoded { encoding: Encoding::Percent, start, bytes: &decoded })?;
    }
    Ok(())
}

/// The byte that a `%41` at the beginning stands for.
fn percent_byte(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Runs in one of the two alphabets of base64, in one line or wrapped.
fn base64(text: &[u8], runs: &[(usize, usize)], visit: Visit<'_>) -> Result<(), ScanError> {
    let mut decoded = Vec::new();
    let mut from = 0;
    for &(start, end) in runs {
        // Some of it may have been the rest of what was wrapped.
        let start = start.max(from);
        if start + SHORTEST_BASE64 > end {
            continue;
        }
        from = end;
        let run = &text[start..end];
        let standard = run.iter().all(|byte| CLASSES[usize::from(*byte)] & BASE64 != 0);
        let url_safe = run.iter().all(|byte| CLASSES[usize::from(*byte)] & BASE64_URL != 0);
        if standard || url_safe {
            let (class, engine) = match standard {
                true => (BASE64, &STANDARD),
                false => (BASE64_URL, &URL_SAFE),
            };
            decoded.clear();
            for (start, end) in wrapped(text, (start, end), class, 4) {
                from = end;
                append_base64(engine, &text[start..end], &mut decoded);
            }
            visit(Decoded { encoding: Encoding::Base64, start, bytes: &decoded })?;
            continue;
        }
        // Both alphabets, as in a path with a token at its end: the parts of either.
        for (class, engine) in [(BASE64, &STANDARD), (BASE64_URL, &URL_SAFE)] {
            let mut part_from = 0;
            while let Some((a, b)) = next_run(run, part_from, class, SHORTEST_BASE64) {
                part_from = b;
                decoded.clear();
                append_base64(engine, &run[a..b], &mut decoded);
                visit(Decoded { encoding: Encoding::Base64, start: start + a, bytes: &decoded })?;
            }
        }
    }
    Ok(())
}

fn append_base64(engine: &GeneralPurpose, run: &[u8], decoded: &mut Vec<u8>) {
    // A lone sixth of three bytes says nothing; the tail of another word, probably.
    let whole = if run.len() % 4 == 1 { run.len() - 1 } else { run.len() };
    engine
        .decode_vec(&run[..whole], decoded)
        .expect("a run has bytes of the alphabet only, and no length that cannot be");
}

const fn lenient(alphabet: &Alphabet) -> GeneralPurpose {
    GeneralPurpose::new(
        alphabet,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    )
}

const STANDARD: GeneralPurpose = lenient(&alphabet::STANDARD);
const URL_SAFE: GeneralPurpose = lenient(&alphabet::URL_SAFE);

/// Runs of hexadecimal digits, in one line or wrapped.
fn hex(text: &[u8], runs: &[(usize, usize)], visit: Visit<'_>) -> Result<(), ScanError> {
    let mut decoded = Vec::new();
    let mut from = 0;
    for &(start, end) in runs {
        from = start.max(from);
        while let Some((start, end)) = next_run(&text[..end.max(from)], from, HEX, SHORTEST_HEX) {
            from = end;
            decoded.clear();
            for (start, end) in wrapped(text, (start, end), HEX, 2) {
                from = end;
                decoded.extend(
                    text[start..end]
                        .as_chunks()
                        .0
                        .iter()
                        .filter_map(|[high, low]| Some(hex_digit(*high)? << 4 | hex_digit(*low)?)),
                );
            }
            visit(Decoded { encoding: Encoding::Hex, start, bytes: &decoded })?;
        }
    }
    Ok(())
}

/// The lines of a run that a tool has wrapped: while a line is long and holds whole
/// units, the run goes on with the next one.
fn wrapped(
    text: &[u8],
    first: (usize, usize),
    class: u8,
    unit: usize,
) -> impl Iterator<Item = (usize, usize)> {
    std::iter::successors(Some(first), move |(start, end)| {
        let length = end - start;
        if length < SHORTEST_WRAPPED || length % unit != 0 {
            return None;
        }
        let rest = &text[*end..];
        let line = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n"))?;
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = text.len() - line.len() + indent;
        let length = text[start..].iter().take_while(|byte| is_in(**byte, class)).count();
        (length > 0).then_some((start, start + length))
    })
}

/// The next run of at least `shortest` bytes of a class.
fn next_run(text: &[u8], from: usize, class: u8, shortest: usize) -> Option<(usize, usize)> {
    let mut start = from;
    // Up to here every byte from `start` on is known to be of the class.
    let mut known = from;
    loop {
        let window = text.get(start..start + shortest)?;
        // From the end: one byte that is not of the class rules out all runs over it.
        match window[known - start..].iter().rposition(|byte| !is_in(*byte, class)) {
            Some(foreign) => {
                let end = start + shortest;
                start = known + foreign + 1;
                known = end;
            }
            None => {
                let end = start + shortest;
                let more = text[end..].iter().take_while(|byte| is_in(**byte, class)).count();
                return Some((start, end + more));
            }
        }
    }
}

fn is_in(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

const BASE64: u8 = 1;
const BASE64_URL: u8 = 2;
const BASE64_ANY: u8 = BASE64 | BASE64_URL;
const HEX: u8 = 4;
const URL: u8 = 8;

/// The classes of each byte.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => BASE64 | BASE64_URL | HEX | URL,
            b'g'..=b'z' | b'G'..=b'Z' => BASE64 | BASE64_URL | URL,
            b'+' | b'/' => BASE64 | URL,
            b'-' | b'_' => BASE64_URL | URL,
            b'.' | b'~' | b'%' | b'&' | b'=' | b':' | b'?' | b'@' | b'!' | b'$' | b'*' | b','
            | b';' | b'#' => URL,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_whole() {
        check_runs("", "");
        check_runs("abcd", "abcd");
        check_runs("abc", "");
        check_runs("..abcd..", "abcd");
        check_runs("abc.abcde.abc.abcdefghi", "abcde abcdefghi");
        check_runs("a.b.c.abcd", "abcd");
        check_runs("abcd-abcd", "abcd abcd");
    }

    #[track_caller]
    fn check_runs(text: &str, expected: &str) {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((start, end)) = next_run(text.as_bytes(), from, HEX_AND_MORE, 4) {
            from = end;
            found.push(&text[start..end]);
        }
        assert_eq!(found.join(" "), expected);
    }

    /// The standard alphabet, in which `-` and `.` are not.
    const HEX_AND_MORE: u8 = BASE64;

    #[test]
    fn encoded_text_is_decoded() {
        check("", "");
        check("nothing in here", "");
        check("x = VGhpcyBpcyBhIHRleHQu;", "base64 at 4: This is a text.");
        check("VGhpcyBpcyBhIHRleHQ/Pz8/Pj4+", "base64 at 0: This is a text????>>>");
        check("VGhpcyBpcyBhIHRleHQ_Pz8_Pj4-", "base64 at 0: This is a text????>>>");
        check("/a-b/VGhpcyBpcyBhIHRleHQu", "base64 at 5: This is a text.");
        check("546869732069732061207465787421212121", "hex at 0: This is a text!!!!");
        check("?q=this%20is%20a%20text end", "percent at 0: ?q=this is a text");
        check("100%done %zz or %4", "");
        check("..T\0h\0i\0s\0 \0i\0s\0 \0t\0e\0x\0t\0!\0", "utf-16 at 2: This is text!");
        check("\0T\0h\0i\0s\0 \0i\0s\0 \0t\0e\0x\0t\0!", "utf-16 at 1: This is text!");
        check("T\0h\0i\0s\0", "");
    }

    #[test]
    fn wrapped_lines_are_one_text() {
        let long = "VGhpcyBpcyBhIGxvbmcgbGluZSBvZiB0ZXh0LCB0";
        check(
            &format!("  {long}\n  {long}\n  aGUgZW5k\nand so on"),
            &format!("base64 at 2: {0}{0}he end", "This is a long line of text, t"),
        );
        check(&format!("{long}\r\naGUg"), "base64 at 0: This is a long line of text, the ");
        check(&format!("{long}\n\naGUg"), "base64 at 0: This is a long line of text, t");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut found = Vec::new();
        each_run(text.as_bytes(), &mut |run| {
            let bytes = String::from_utf8_lossy(run.bytes);
            if bytes.bytes().all(is_text) {
                found.push(format!("{} at {}: {bytes}", run.encoding, run.start));
            }
            Ok(())
        })
        .expect("nothing here is too big");
        assert_eq!(found.join("; "), expected);
    }
}
