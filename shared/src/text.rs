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
    }

    #[track_caller]
    fn check(bytes: &[u8], shown: &str) {
        assert_eq!(escape_bytes(bytes), shown);
    }
}
