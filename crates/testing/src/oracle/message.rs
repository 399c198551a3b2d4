// SPDX-License-Identifier: Apache-2.0
//! Messages: quoted ids, the trailer that keeps an empty commit, signatures.

use repo_sync_shared::ObjectId;

use crate::git::Git;

/// What became of the quoted ids of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quoted {
    pub(crate) rewritten: usize,
    pub(crate) masked: usize,
}

/// Rewrites quoted ids: `published` gives private ancestors and their images,
/// `reachable` is every private commit of the listed branches: two clones need not
/// have the same other refs, and must give the same ids.
pub(crate) fn rewrite_ids(
    message: &[u8],
    published: &[(ObjectId, ObjectId)],
    reachable: &[ObjectId],
    mask: bool,
) -> (Vec<u8>, Quoted) {
    let mut out = message.to_vec();
    let mut quoted = Quoted::default();
    for (begin, end) in runs(message) {
        let digits = std::str::from_utf8(&message[begin..end]).expect("hex digits are ASCII");
        let names = |id: &ObjectId| id.to_string().starts_with(digits);
        let images: Vec<_> = published.iter().filter(|(private, _)| names(private)).collect();
        if let [(_, image)] = images[..] {
            let image = image.to_string();
            out[begin..end].copy_from_slice(&image.as_bytes()[..end - begin]);
            quoted.rewritten += 1;
        } else if mask && reachable.iter().any(names) {
            out[begin..end].fill(b'0');
            quoted.masked += 1;
        }
    }
    (out, quoted)
}

/// Where the runs of digits are that may be ids.
fn runs(message: &[u8]) -> Vec<(usize, usize)> {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut runs = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let length = message[at..].iter().take_while(|&&byte| hex(byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let end = at + length;
        let described = message[..at].ends_with(b"-g");
        let free_before = at == 0 || !word(message[at - 1]) || described;
        let free_after = message.get(end).is_none_or(|&byte| !word(byte));
        let number = message[at..end].iter().all(u8::is_ascii_digit) && length < 12;
        if free_before && free_after && (7..=40).contains(&length) && !number {
            runs.push((at, end));
        }
        at = end;
    }
    runs
}

/// Whether git reads a trailer `Publish-Empty: yes` in the message.
pub(crate) fn publishes_empty(message: &[u8], git: &Git) -> bool {
    let lower = message.to_ascii_lowercase();
    if !lower.windows(13).any(|window| window == b"publish-empty") {
        return false;
    }
    let trailers = git.input(["interpret-trailers", "--parse", "--no-divider"], message);
    trailers.split(|&byte| byte == b'\n').any(|line| {
        let colon = line.iter().position(|&byte| byte == b':').unwrap_or(0);
        line[..colon].eq_ignore_ascii_case(b"publish-empty") && line[colon..] == *b": yes"
    })
}

/// The message of a tag without its signature.
pub(crate) fn unsigned(message: &[u8]) -> &[u8] {
    const BEGINS: [&[u8]; 4] = [
        b"-----BEGIN PGP SIGNATURE-----",
        b"-----BEGIN PGP MESSAGE-----",
        b"-----BEGIN SIGNED MESSAGE-----",
        b"-----BEGIN SSH SIGNATURE-----",
    ];
    let starts = |at: &usize| *at == 0 || message[*at - 1] == b'\n';
    let signed = |at: &usize| BEGINS.iter().any(|begin| message[*at..].starts_with(begin));
    // Git takes the last one for the signature.
    let end = (0..message.len()).rev().find(|at| starts(at) && signed(at));
    &message[..end.unwrap_or(message.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_digits_between_other_bytes_may_be_an_id() {
        check("revert abcdef1.", &["abcdef1"]);
        check("v1.0-3-gabcdef1", &["abcdef1"]);
        check("abcdef", &[]);
        check("xabcdef1 abcdef1_", &[]);
        check("1234567 is a number, 123456789012 is not", &["123456789012"]);
        check(&"a".repeat(41), &[]);
        check(&"a".repeat(40), &[&"a".repeat(40)]);
        check("ABCDEF1 gabcdef1", &[]);
    }

    #[track_caller]
    fn check(message: &str, expected: &[&str]) {
        let found: Vec<_> = runs(message.as_bytes()).iter().map(|&(a, b)| &message[a..b]).collect();
        assert_eq!(found, expected);
    }
}
