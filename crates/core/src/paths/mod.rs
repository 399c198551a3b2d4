// SPDX-License-Identifier: Apache-2.0
//! Decides which paths of the private tree may appear in the mirror.
//!
//! The main type is [`PathRules`], compiled once from the patterns of a
//! manifest. It answers for one whole path and names the rule
//! ([`PathRules::verdict`]), or walks down a tree one component at a time
//! ([`Position`]) and says early when nothing below can differ any more.
//!
//! A path that no rule mentions is private. Nothing here does I/O.

mod class;
mod fold;
mod glob;
mod pattern;
mod position;
mod rules;
mod short_name;

pub use fold::fold;
pub use pattern::{Pattern, PatternError};
pub use position::{Position, Reach};
pub use rules::{Origin, PathRules, Rule, Verdict};
pub(crate) use short_name::may_be as is_short_name;

/// The components of a path; the root has none.
pub(crate) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty())
}

/// A path below a directory; the root's is empty.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}
