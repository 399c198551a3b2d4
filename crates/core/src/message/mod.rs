// SPDX-License-Identifier: Apache-2.0
//! Messages and people: what a manifest makes of the text of a commit or tag.
//!
//! Everything here is a pure function over bytes, in whatever charset they are
//! (one that keeps ASCII). The order is: the mode of the message first
//! ([`apply_mode`]), then the people in its trailers
//! ([`apply_identity_to_trailers`]), then the ids that it quotes
//! ([`rewrite_ids`]). What nothing changes is borrowed.

mod identity;
mod mailmap;
mod mode;
mod policy;
mod quoted;
mod trailers;

pub use identity::{IdentityRefused, apply_identity, apply_identity_to_trailers, is_identity};
pub use mailmap::Mailmap;
pub use mode::{apply_mode, subject};
pub use policy::{IdentityMode, MessageMode, QuotedIds};
pub use quoted::{Quoted, quoted_ids, rewrite_ids};
pub use trailers::{Trailer, publish_empty, trailers};

/// What git takes for white space: fewer bytes than ASCII has.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
    &bytes[..len]
}

fn trim(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| !is_space(byte)).unwrap_or(bytes.len());
    trim_end(&bytes[start..])
}
