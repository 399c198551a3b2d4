// SPDX-License-Identifier: Apache-2.0
//! Untrusted bytes made fit for a terminal, a log line or a JSON string.

use std::fmt::Write as _;

/// Shows bytes as text, losslessly: what is not printable UTF-8 becomes `\xNN`
/// or `\u{N}`, and a backslash is doubled.
///
/// Control characters, escape sequences and bidirectional controls of a hostile
/// name therefore never reach a terminal.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut out, c, true);
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").expect("writing to a String cannot fail");
        }
    }
    out
}

/// Shows a text that is meant to be read, such as a subject line: like
/// [`escape_bytes`], but a backslash stands for itself.
pub fn escape_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut out, c, false);
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").expect("writing to a String cannot fail");
        }
    }
    out
}

/// The bytes that [`escape_bytes`] was given. What it never writes stands for
/// itself.
pub fn unescape_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let (escape, length) = unescape(rest);
        bytes.extend_from_slice(&escape);
        rest = &rest[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// The bytes that the escape at the start of a text stands for, and its length.
fn unescape(text: &str) -> (Vec<u8>, usize) {
    let digits = |from, to| u32::from_str_radix(text.get(from..to)?, 16).ok();
    match text.as_bytes().get(1) {
        Some(b'\\') => (b"\\".to_vec(), 2),
        Some(b'n') => (b"\n".to_vec(), 2),
        Some(b't') => (b"\t".to_vec(), 2),
        Some(b'r') => (b"\r".to_vec(), 2),
        Some(b'x') => match digits(2, 4).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => (vec![byte], 4),
            None => (b"\\".to_vec(), 1),
        },
        Some(b'u') => {
            let end = text.find('}').unwrap_or_default();
            match digits(3, end).and_then(char::from_u32) {
                Some(c) => (c.to_string().into_bytes(), end + 1),
                None => (b"\\".to_vec(), 1),
            }
        }
        Some(_) | None => (b"\\".to_vec(), 1),
    }
}

fn push_char(out: &mut String, c: char, double_backslash: bool) {
    match c {
        '\\' if double_backslash => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        c if c.is_control() || is_bidi_control(c) => {
            write!(out, "\\u{{{:x}}}", u32::from(c)).expect("writing to a String cannot fail");
        }
        c => out.push(c),
    }
}

/// Characters that reorder or hide the text around them (Unicode UAX #9, and the
/// zero-width ones).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_a_cursor_survives() {
        check(b"plain.rs", "plain.rs");
        check("näme".as_bytes(), "näme");
        check(b"a\\b", "a\\\\b");
        check(b"red\x1b[31m", "red\\u{1b}[31m");
        check(b"latin\xe9", "latin\\xe9");
        check(b"two\nlines\r", "two\\nlines\\r");
        check("rtl\u{202e}".as_bytes(), "rtl\\u{202e}");
        check(b"\\x41\\n\\", "\\\\x41\\\\n\\\\");
    }

    #[track_caller]
    fn check(bytes: &[u8], shown: &str) {
        assert_eq!(escape_bytes(bytes), shown);
        assert_eq!(unescape_bytes(shown), bytes);
    }
}
