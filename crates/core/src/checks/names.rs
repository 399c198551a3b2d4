// SPDX-License-Identifier: Apache-2.0
//! Names and modes of new public entries.
//!
//! - Two entries of one directory that differ only by folding are `path-collision`:
//!   on macOS and Windows the one overwrites the other.
//! - A name with controls for the direction of text is `path-alias`: it shows itself
//!   as another one. So are names that meet the floor by another spelling; those are
//!   told of where the private tree is filtered.
//! - A mode that current git does not write is `legacy-mode`.

use std::borrow::Cow;

use repo_sync_shared::{Check, escape_bytes};
use rustc_hash::FxHashMap;

use super::{Family, NewDirectory};
use crate::filter::Entry;
use crate::object::EntryKind;
use crate::paths::fold;
use crate::report::RawFinding;

pub(super) struct Names;

impl Family for Names {
    fn directory(&mut self, directory: &NewDirectory<'_>, found: &mut Vec<RawFinding>) {
        for entry in directory.new_entries() {
            if has_direction_control(entry.name) {
                let hint = "this name has controls for the direction of text, so it shows itself \
                            as another one; rename it, or exclude it";
                found.push(directory.finding(&entry, Check::PathAlias, hint));
            }
            if !is_current(&entry) {
                let hint = format!(
                    "mode `{}` is none that git writes today; save the file anew, or waive it if \
                     this is an old history",
                    escape_bytes(entry.mode)
                );
                found.push(directory.finding(&entry, Check::LegacyMode, hint));
            }
        }
        let new = &directory.new;
        if new.is_empty() {
            return;
        }
        let mut names: FxHashMap<Cow<'_, [u8]>, (usize, Entry<'_>)> = FxHashMap::default();
        for at in directory.listing.numbers() {
            let Some(entry) = directory.listing.get(at) else { continue };
            let Some((before, other)) = names.insert(fold(entry.name), (at, entry)) else {
                continue;
            };
            let (one, other) = match new.binary_search(&at) {
                Ok(_) => (entry, other),
                Err(_) if new.binary_search(&before).is_ok() => (other, entry),
                Err(_) => continue,
            };
            let hint = format!(
                "`{}` has the same name to some file systems; rename one of the two",
                escape_bytes(other.name)
            );
            found.push(directory.finding(&one, Check::PathCollision, hint));
        }
    }
}

/// Whether git writes this mode today.
fn is_current(entry: &Entry<'_>) -> bool {
    entry.mode
        == match entry.kind {
            EntryKind::Tree => &b"40000"[..],
            EntryKind::Blob => b"100644",
            EntryKind::Executable => b"100755",
            EntryKind::Symlink => b"120000",
            EntryKind::Gitlink => b"160000",
        }
}

/// U+202A to U+202E and U+2066 to U+2069, in UTF-8.
fn has_direction_control(name: &[u8]) -> bool {
    name.windows(3)
        .any(|bytes| matches!(bytes, [0xe2, 0x80, 0xaa..=0xae] | [0xe2, 0x81, 0xa6..=0xa9]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_for_direction_are_seen() {
        for name in ["a\u{202e}txt.exe", "\u{202a}", "x\u{2066}y", "\u{2069}"] {
            assert!(has_direction_control(name.as_bytes()), "{name:?}");
        }
        for name in ["a", "\u{2029}", "\u{202f}", "\u{2065}", "\u{206a}", "\u{5d0}\u{5d1}"] {
            assert!(!has_direction_control(name.as_bytes()), "{name:?}");
        }
    }
}
