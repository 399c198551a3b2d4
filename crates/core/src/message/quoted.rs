// SPDX-License-Identifier: Apache-2.0
//! Commit ids that a message quotes, replaced by what they are in the mirror.
//!
//! A quoted id is a run of 7 to 40 lower-case hexadecimal digits bounded by bytes
//! that are no word bytes (`A-Z`, `a-z`, `0-9` and `_`; a byte of a non-ASCII
//! letter is none, so that no charset hides an id). After a hyphen, one `g` may
//! stand before it, as `git describe` writes it: `v1.2-3-gabc1234`. A run of
//! decimal digits alone is a number or a date, unless it has 12 or more. A longer
//! run is some other digest.

use std::borrow::Cow;
use std::ops::Range;

use repo_sync_shared::PublicCommit;

/// What becomes of a quoted id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// It stays.
    Leave,
    /// It becomes this one, cut to the same length.
    Public(PublicCommit),
    /// It becomes zeros of the same length.
    Mask,
}

/// Replaces the ids that a message quotes.
///
/// `resolve` is asked about each, in order, with its 7 to 40 digits. The length of
/// the message stays the same.
pub fn rewrite_ids<'m>(
    message: &'m [u8],
    resolve: &mut dyn FnMut(&[u8]) -> Quoted,
) -> Cow<'m, [u8]> {
    let mut public = Cow::Borrowed(message);
    let mut rest = 0;
    while let Some(id) = next_id(message, rest) {
        rest = id.end;
        match resolve(&message[id.clone()]) {
            Quoted::Leave => {}
            Quoted::Public(commit) => {
                let hex = commit.id().to_hex();
                let len = id.len();
                public.to_mut()[id].copy_from_slice(&hex[..len]);
            }
            Quoted::Mask => public.to_mut()[id].fill(b'0'),
        }
    }
    public
}

/// The ids that a message quotes, in order: the 7 to 40 digits of each.
pub fn quoted_ids(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let id = next_id(message, rest)?;
        rest = id.end;
        Some(&message[id])
    })
}

/// The next quoted id from `at` on, which is no word byte or the start of a word.
fn next_id(message: &[u8], mut at: usize) -> Option<Range<usize>> {
    loop {
        let start = at + message[at..].iter().position(|&byte| is_word(byte))?;
        let len = message[start..].iter().position(|&byte| !is_word(byte));
        let end = len.map_or(message.len(), |len| start + len);
        // Nearly all words end here: they are too short.
        if end - start >= 7
            && let Some(id) = id_in_word(message, start..end)
        {
            return Some(id);
        }
        at = end;
    }
}

fn id_in_word(message: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let described = message[word.start] == b'g' && message[..word.start].ends_with(b"-");
    let id = word.start + usize::from(described)..word.end;
    let digits = &message[id.clone()];
    let lower_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_id = (7..=40).contains(&digits.len())
        && digits.iter().all(lower_hex)
        && (digits.len() >= 12 || !digits.iter().all(u8::is_ascii_digit));
    is_id.then_some(id)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use repo_sync_shared::ObjectId;

    const LONG: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn an_id_is_a_word_of_hexadecimal_digits() {
        check("abc1234", &["abc1234"]);
        check("see abc1234, (def5678) and \"fed9876\".", &["abc1234", "def5678", "fed9876"]);
        check("abc1234..def5678^", &["abc1234", "def5678"]);
        check(LONG, &[LONG]);
        check(&format!("{LONG}8"), &[]);
        check("abc123", &[]);
        check("Abc1234 ABC1234 abc1234x xabc1234 abc1234_ _abc1234", &[]);
        check("über abc1234é", &["abc1234"]);
        check("commit/abc1234567.diff#abc1234", &["abc1234567", "abc1234"]);
    }

    #[test]
    fn a_number_is_no_id_unless_it_is_long() {
        check("20240131 1234567 12345678901", &[]);
        check("123456789012", &["123456789012"]);
        check("-g1234567", &[]);
    }

    #[test]
    fn git_describe_puts_a_letter_before_an_id() {
        check("v1.2-3-gabc1234", &["abc1234"]);
        check("-gabc1234", &["abc1234"]);
        check("gabc1234 v1.gabc1234 -ggabc1234 -gabc123 -Gabc1234", &[]);
        check(&format!("x-g{LONG}"), &[LONG]);
        check(&format!("x-g{LONG}0"), &[]);
    }

    #[track_caller]
    fn check(message: &str, expected: &[&str]) {
        let mut asked = Vec::new();
        let public = rewrite_ids(message.as_bytes(), &mut |id| {
            asked.push(String::from_utf8(id.to_vec()).expect("digits are ASCII"));
            Quoted::Leave
        });
        assert_eq!(asked, expected, "{message}");
        let listed: Vec<_> = quoted_ids(message.as_bytes()).collect();
        assert_eq!(listed, expected.iter().map(|id| id.as_bytes()).collect::<Vec<_>>());
        assert!(matches!(public, Cow::Borrowed(_)));
    }

    #[test]
    fn an_id_is_replaced_by_one_of_the_same_length() {
        let public = PublicCommit::new(ObjectId::EMPTY_TREE);
        let message = format!("fixes aaaaaaa and v1-2-gbbbbbbbb, not ccccccc; {LONG}\n");
        let written = rewrite_ids(message.as_bytes(), &mut |id| match id[0] {
            b'a' | b'0' => Quoted::Public(public),
            b'b' => Quoted::Mask,
            _ => Quoted::Leave,
        });
        let expected = format!("fixes 4b825dc and v1-2-g00000000, not ccccccc; {public}\n");
        assert_eq!(String::from_utf8_lossy(&written), expected);
    }

    #[test]
    fn an_id_at_the_end_of_bytes_of_any_charset_is_found() {
        let written = rewrite_ids(b"caf\xe9abc1234\xff", &mut |_| Quoted::Mask);
        assert_eq!(&written[..], b"caf\xe90000000\xff");
    }
}
