// SPDX-License-Identifier: Apache-2.0
//! Folding: what a careless or hostile file system takes for the same name.
//!
//! Part of algorithm 1: the tables are those of Unicode 16 and 17 as the pinned
//! `caseless` and `unicode-normalization` carry them.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// The folded form of one path component: full case folding, NFC, without the
/// code points that HFS+ ignores, without trailing dots and spaces.
///
/// A component that is not UTF-8 folds its ASCII letters only.
pub fn fold(component: &[u8]) -> Cow<'_, [u8]> {
    if is_folded(component) {
        return Cow::Borrowed(component);
    }
    let mut folded = match std::str::from_utf8(component) {
        Ok(text) => caseless::default_case_fold_str(text)
            .nfc()
            .filter(|&c| !is_ignored_by_hfs(c))
            .collect::<String>()
            .into_bytes(),
        Err(_) => component.to_ascii_lowercase(),
    };
    let kept = folded.iter().rposition(|&b| b != b'.' && b != b' ').map_or(0, |last| last + 1);
    folded.truncate(kept);
    Cow::Owned(folded)
}

/// The common case, seen without allocating: lower-case ASCII.
fn is_folded(component: &[u8]) -> bool {
    component.iter().all(|&b| b.is_ascii() && !b.is_ascii_uppercase())
        && !matches!(component.last(), Some(b'.' | b' '))
}

/// The code points that git's `next_hfs_char` skips
/// (<https://github.com/git/git/blob/master/utf8.c>).
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_fold_to_one_name() {
        check(b"cloud", b"cloud");
        check(b"Cloud", b"cloud");
        check(b"cloud. .", b"cloud");
        check("cl\u{200c}oud".as_bytes(), b"cloud");
        check("Stra\u{df}e".as_bytes(), b"strasse");
        check("CAFE\u{301}".as_bytes(), "caf\u{e9}".as_bytes());
        check(b"LATIN\xe9", b"latin\xe9");
        check(b".env", b".env");
        check(b"...", b"");
    }

    #[track_caller]
    fn check(component: &[u8], folded: &[u8]) {
        assert_eq!(*fold(component), *folded);
    }
}
