// SPDX-License-Identifier: Apache-2.0
//! Random text: contents, messages, people.
//!
//! A text that must never be public holds a word that begins with [`NEVER`], so
//! that a leak can be found in the bytes of a mirror. No word has seven hex digits
//! in a row: only ids do.

use fastrand::Rng;
use repo_sync_shared::ObjectId;

use crate::text::{AUTHOR, CommitText, SIGNATURE};

/// How every word begins that no mirror may show.
pub(crate) const NEVER: &str = "never-";

const LETTERS: &[u8] = b"ghijklmnopqrstuvwxyz";

/// A word that is nowhere else.
pub(crate) fn word(rng: &mut Rng, prefix: &str) -> String {
    let letters = (0..10).map(|_| char::from(LETTERS[rng.usize(..LETTERS.len())]));
    prefix.chars().chain(letters).collect()
}

/// A file's content.
pub(crate) fn content(rng: &mut Rng, prefix: &str) -> Vec<u8> {
    let mut out = word(rng, prefix).into_bytes();
    for _ in 0..rng.u8(..4) {
        out.extend(b"\nline ");
        out.extend(word(rng, "").bytes());
    }
    match rng.u8(..10) {
        0 => out.extend(b"\r\n\x00\xff\xfe"),
        1 => {}
        _ => out.push(b'\n'),
    }
    out
}

/// What a commit says. `quotable` are the ids that its message may quote.
pub(crate) fn text(rng: &mut Rng, label: &str, quotable: &[ObjectId]) -> CommitText {
    let mut message = format!("{label}: {}", word(rng, "tok-")).into_bytes();
    let quotes = if rng.u8(..6) == 0 { rng.u8(1..=3) } else { 0 };
    for _ in 0..quotes {
        if let Some(id) = rng.choice(quotable) {
            let digits = &id.to_string()[..[7, 8, 12, 40][rng.usize(..4)]];
            let around =
                [("\n\nThis reverts commit ", "."), (" v1-4-g", ""), (" (", ")\n"), ("\n", "x")];
            let (before, after) = around[rng.usize(..around.len())];
            message.extend([before, digits, after].concat().bytes());
        }
    }
    match rng.u8(..12) {
        0 => message.extend(b"\n\n gr\xfc\xdfe \xe9\n"),
        1 => {}
        2 => message.extend(b"\n\n\n"),
        3 => message.clear(),
        4 => message.extend(b"\n\nbody\n\nSigned-off-by: Zo\xc3\xab <z@example.com>\n"),
        _ => message.push(b'\n'),
    }
    let mut text = CommitText::raw(label, message);
    match rng.u8(..12) {
        0 => text = text.author(b"J\xf6rg <joerg@example.com> 1234567890 -0330".to_vec()),
        1 => text = text.author(format!("Zo\u{eb} <> {} +1400", rng.u32(..))),
        2 => text = text.committer(format!("{AUTHOR} {} -0000", rng.u32(..))),
        _ => {}
    }
    if rng.u8(..8) == 0 {
        text = text.header("encoding", ["ISO-8859-1", "UTF-8"][rng.usize(..2)]);
    }
    match rng.u8(..10) {
        0 => text = text.header("gpgsig", format!("{}\n{SIGNATURE}", word(rng, NEVER))),
        1 => text = text.header("x-internal", word(rng, NEVER)),
        2 => {
            let tag = format!("object 0\ntype commit\ntag {}\n\nmessage", word(rng, NEVER));
            text = text.header("mergetag", tag);
        }
        _ => {}
    }
    text
}
