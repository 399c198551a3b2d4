// SPDX-License-Identifier: Apache-2.0
//! `encoding`: a message that says it is in a charset which it is not in, or which
//! nobody can read it by.

use repo_sync_shared::{Check, escape_text};

use super::readings::{charset, decode};
use super::{Family, NewText};
use crate::report::RawFinding;

pub(super) struct Encodings;

impl Family for Encodings {
    fn text(&mut self, text: &NewText<'_>, found: &mut Vec<RawFinding>) {
        let Some(hint) = text.encoding.and_then(|name| fault(name, text.data)) else { return };
        found.push(RawFinding::at(Check::Encoding, text.commit, hint));
    }
}

/// What is wrong with a message in the charset of this name.
fn fault(name: &[u8], message: &[u8]) -> Option<String> {
    let shown = escape_text(name);
    match charset(name) {
        None => Some(format!(
            "the commit declares the charset `{shown}`, in which no check can read its message; \
             withhold the commit, or waive it once you have read it"
        )),
        Some(charset) if decode(charset, message).is_none() => Some(format!(
            "the message is not in `{shown}`, the charset that the commit declares; withhold the \
             commit, or waive it once you have read it"
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_in_the_charset_that_it_declares() {
        check("ISO-8859-1", b"gr\xfc\xdfe\n", None);
        check("latin1", b"gr\xfc\xdfe\n", None);
        check("UTF-8", "grüße\n".as_bytes(), None);
        check("shift_jis", b"\x83e\x83X\x83g\n", None);
        check("KOI8-R", b"\xd0\xd2\xc9\n", None);
        check("UTF-8", b"gr\xfc\xdfe\n", Some("is not in `UTF-8`"));
        check("EUC-JP", b"\xa4", Some("is not in `EUC-JP`"));
    }

    #[test]
    fn a_charset_whose_bytes_shift_is_as_good_as_unknown() {
        for name in ["klingon", "", "UTF-7", "utf-16le", "ISO-2022-JP", "iso-2022-kr", "hz-gb-2312"]
        {
            check(name, b"plain\n", Some(&format!("declares the charset `{name}`")));
        }
    }

    #[track_caller]
    fn check(name: &str, message: &[u8], expected: Option<&str>) {
        let found = fault(name.as_bytes(), message);
        match (&found, expected) {
            (None, None) => {}
            (Some(hint), Some(words)) if hint.contains(words) => {}
            _ => panic!("{name}: {found:?}"),
        }
    }
}
