// SPDX-License-Identifier: Apache-2.0
//! The verifier's own folding of names: what two systems could take for one.

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// A component of a path under full case folding and NFC, without the code points
/// that HFS+ ignores and without dots and spaces at its end. What is no UTF-8 folds
/// its ASCII letters only.
pub(super) fn fold(name: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(name.len());
    if name.is_ascii() {
        folded.extend(name.iter().map(u8::to_ascii_lowercase));
    } else if let Ok(text) = std::str::from_utf8(name) {
        let letters = text.chars().default_case_fold().nfc();
        folded.extend(letters.filter(|&c| !hfs_ignores(c)).collect::<String>().into_bytes());
    } else {
        folded.extend(name.to_ascii_lowercase());
    }
    while let Some(b'.' | b' ') = folded.last() {
        folded.pop();
    }
    folded
}

/// The list in git's `utf8.c`, `next_hfs_char`.
fn hfs_ignores(c: char) -> bool {
    let code = u32::from(c);
    (0x200c..=0x200f).contains(&code)
        || (0x202a..=0x202e).contains(&code)
        || (0x206a..=0x206f).contains(&code)
        || code == 0xfeff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_system_could_confuse_are_one() {
        check(b"Cloud", b"cloud");
        check(b"cloud. .", b"cloud");
        check("cl\u{200c}oud\u{feff}".as_bytes(), b"cloud");
        check("Stra\u{df}e".as_bytes(), b"strasse");
        check("CAFE\u{301}".as_bytes(), "caf\u{e9}".as_bytes());
        check(b"LATIN\xe9.", b"latin\xe9");
        check(b"...", b"");
        check(b".env", b".env");
    }

    #[track_caller]
    fn check(name: &[u8], expected: &[u8]) {
        assert_eq!(fold(name), expected, "{}", String::from_utf8_lossy(name));
    }
}
