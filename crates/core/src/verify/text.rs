// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of messages: modes, quoted ids, signatures.

use std::ops::Range;

use repo_sync_shared::ObjectId;

use super::trailers::{lines, trim_end};

/// What a manifest says about messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Keep,
    Replace(String),
    PublicSection,
}

/// What a quoted id becomes.
pub(super) enum Quoted {
    Stays,
    Becomes(ObjectId),
    Masked,
}

impl Mode {
    pub(super) fn apply(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Keep => message.to_vec(),
            Self::Replace(text) => [text.as_bytes(), b"\n"].concat(),
            Self::PublicSection => public_section(message),
        }
    }
}

/// The subject, and the paragraph after a line `Public:` if there is one.
fn public_section(message: &[u8]) -> Vec<u8> {
    let rows: Vec<&[u8]> = lines(message, 0).map(|(_, line)| trim_end(line)).collect();
    let first = rows.iter().position(|row| !row.is_empty()).unwrap_or(rows.len());
    let title = rows[first..].iter().take_while(|row| !row.is_empty()).count();
    let mut out = rows[first..first + title].join(&b' ');
    out.push(b'\n');
    let below = &rows[first + title..];
    let Some(mark) = below.iter().position(|row| row == b"Public:") else { return out };
    let after = first + title + mark + 1;
    let starts: Vec<usize> = lines(message, 0).map(|(from, _)| from).collect();
    let blank = rows[after..].iter().take_while(|row| row.is_empty()).count();
    let text = rows[after + blank..].iter().take_while(|row| !row.is_empty()).count();
    if text > 0 {
        let end = starts.get(after + blank + text).copied().unwrap_or(message.len());
        out.push(b'\n');
        out.extend_from_slice(trim_end(&message[starts[after + blank]..end]));
        out.push(b'\n');
    }
    out
}

/// The message with every quoted id as `become` says, unless it cannot say so.
pub(super) fn with_ids<E>(
    message: &[u8],
    mut becomes: impl FnMut(&[u8]) -> Result<Quoted, E>,
) -> Result<Vec<u8>, E> {
    let mut out = message.to_vec();
    for id in quoted_ids(message) {
        match becomes(&message[id.clone()])? {
            Quoted::Stays => {}
            Quoted::Becomes(public) => {
                let len = id.len();
                out[id].copy_from_slice(&public.to_hex()[..len]);
            }
            Quoted::Masked => out[id].fill(b'0'),
        }
    }
    Ok(out)
}

/// Where ids stand: 7 to 40 lower-case hexadecimal digits between bytes of no word,
/// or after `-g`; twelve at least if all are decimal.
pub(super) fn quoted_ids(message: &[u8]) -> Vec<Range<usize>> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut found = Vec::new();
    let mut at = 0;
    while at < message.len() {
        if !word(message[at]) {
            at += 1;
            continue;
        }
        let end = at + message[at..].iter().take_while(|&&byte| word(byte)).count();
        let described = message[at] == b'g' && at > 0 && message[at - 1] == b'-';
        let id = at + usize::from(described)..end;
        let digits = &message[id.clone()];
        let hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.iter().all(u8::is_ascii_digit) && digits.len() < 12;
        if hex && !number && (7..=40).contains(&digits.len()) {
            found.push(id);
        }
        at = end;
    }
    found
}

/// The message of a tag up to the first signature in it.
pub(super) fn unsigned(message: &[u8]) -> &[u8] {
    const HEADS: [&str; 4] = [
        "-----BEGIN PGP SIGNATURE-----",
        "-----BEGIN PGP MESSAGE-----",
        "-----BEGIN SIGNED MESSAGE-----",
        "-----BEGIN SSH SIGNATURE-----",
    ];
    let signed = |line: &[u8]| HEADS.iter().any(|head| line.starts_with(head.as_bytes()));
    let cut = lines(message, 0).find(|(_, line)| signed(line));
    &message[..cut.map_or(message.len(), |(from, _)| from)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_says_what_of_a_message_is_public() {
        check(&Mode::Keep, "s\n\nt", "s\n\nt");
        check(&Mode::Replace("Snapshot".to_owned()), "secret", "Snapshot\n");
        let section = Mode::PublicSection;
        check(
            &section,
            "s\n\nsecret\n\nPublic:\nshown\nto all\n\nsecret\n",
            "s\n\nshown\nto all\n",
        );
        check(&section, "s\n\nPublic:\n\n \nshown \r\n\r\nx", "s\n\nshown\n");
        check(&section, "s\n\nPublic:\n  kept  \n  too", "s\n\n  kept  \n  too\n");
        check(&section, "s\n\nPublic:\n\n", "s\n");
        check(&section, "s\n\nPublic: secret\n public:\n", "s\n");
        check(&section, "\n\ns \nt\n\nsecret\n", "s t\n");
        check(&section, "Public:\nsubject\n\nsecret", "Public: subject\n");
        check(&section, "", "\n");
    }

    #[track_caller]
    fn check(mode: &Mode, message: &str, expected: &str) {
        let public = mode.apply(message.as_bytes());
        assert_eq!(String::from_utf8_lossy(&public), expected, "{message:?}");
    }

    #[test]
    fn ids_are_found_between_other_words() {
        ids("revert abcdef1.", &["abcdef1"]);
        ids("v1.0-3-gabcdef1", &["abcdef1"]);
        ids("abcdef xabcdef1 abcdef1_ ABCDEF1 gabcdef1", &[]);
        ids("1234567 is a number, 123456789012 is not", &["123456789012"]);
        ids(&"a".repeat(41), &[]);
        ids(&"a".repeat(40), &[&"a".repeat(40)]);
    }

    #[track_caller]
    fn ids(message: &str, expected: &[&str]) {
        let found: Vec<_> =
            quoted_ids(message.as_bytes()).into_iter().map(|id| &message[id]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_signature_is_cut() {
        assert_eq!(unsigned(b"v1\n-----BEGIN SSH SIGNATURE-----\nx\n"), b"v1\n");
        assert_eq!(unsigned(b"v1\n"), b"v1\n");
    }
}
