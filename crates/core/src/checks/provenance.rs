// SPDX-License-Identifier: Apache-2.0
//! `moved-from-private`: bytes that become public and stood at a private path before.
//!
//! A rename and a copy look alike here: the same blob stood at a path that was private
//! for its commit, before or in the commit that first shows it. Bytes that were public
//! first are nobody's secret, nor are licence texts, nor files of a few bytes or lines,
//! which are alike by chance. "Before" is the order of the replay, parents first: a
//! branch on which the bytes were private counts, merged or not.
//!
//! Only the private directories of the history are read, each once, and no file. Of what
//! the mirror shows already the ids may be remembered: a new file that is among them has
//! all of the history looked at.

use std::sync::Arc;

use repo_sync_shared::{Check, ObjectId, escape_bytes};
use rustc_hash::{FxHashMap, FxHashSet};

use super::licence_texts::is_licence;
use super::{Family, NewBlob};
use crate::error::RunError;
use crate::filter::{PrivateIds, PrivateWalk};
use crate::ledger::Ledger;
use crate::object::EntryKind;
use crate::paths::join;
use crate::report::{RawFinding, Weight};
use crate::session::Session;

/// Shorter files are alike by chance.
const MIN_BYTES: usize = 64;

/// So are files with fewer lines that say anything.
const MIN_LINES: usize = 3;

/// Collects what is new, and looks for it at private paths when all was seen.
#[derive(Default)]
pub(super) struct Provenance {
    new: FxHashMap<ObjectId, First>,
}

/// The first place that shows a blob.
struct First {
    commit: u32,
    path: Box<[u8]>,
}

impl Family for Provenance {
    fn blob(&mut self, blob: &NewBlob<'_>, _found: &mut Vec<RawFinding>) {
        if blob.entry.kind != EntryKind::Symlink && is_telling(blob.data) {
            let first = First { commit: blob.entry.commit, path: blob.entry.private_path.into() };
            self.new.insert(blob.entry.id, first);
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        if self.new.is_empty() {
            return Ok(());
        }
        let Session { replay, ledger, private, .. } = session;
        let remembered = ledger.as_ref().and_then(Ledger::private);
        // Where something is remembered, all is looked at again, to say of it what there
        // is to say.
        let remembered = remembered.filter(|ids| !self.new.keys().any(|&id| ids.has_file(id)));
        let mut walk = PrivateWalk::after(remembered.cloned());
        let mut files = FxHashSet::default();
        for commit in replay.history.numbers() {
            if remembered.is_some() && replay.history.remembered(commit).is_some() {
                continue;
            }
            let id = replay.history.id(commit);
            let new = &mut self.new;
            replay.private_files(commit, &mut walk, &mut |directory, name, blob| {
                files.insert(blob);
                if new.get(&blob).is_none_or(|first| first.commit < commit) {
                    return;
                }
                let Some(first) = new.remove(&blob) else { return };
                let hint = format!(
                    "these bytes stood at the private path `{}` in commit `{}`; waive it by object \
                     or path if they may be public",
                    escape_bytes(&join(directory, name)),
                    id.short(),
                );
                let finding = RawFinding::at(Check::MovedFromPrivate, first.commit, hint);
                found.push(RawFinding {
                    object: Some(blob),
                    content: true,
                    ..finding.path(first.path.into_vec())
                });
            });
        }
        if walk.unreadable == 0 {
            let known = remembered.map(|ids| PrivateIds::clone(ids)).unwrap_or_default();
            *private = Some(Arc::new(known.and(files, walk.whole_directories())));
        } else {
            let hint = format!(
                "{} private directories of the history cannot be read, so what moved out of them \
                 is not known; `git fetch --refetch` brings them",
                walk.unreadable
            );
            let finding = RawFinding::new(Check::MovedFromPrivate, hint);
            found.push(RawFinding { weight: Weight::Lighter, ..finding });
        }
        Ok(())
    }
}

/// Whether two files with these bytes are hardly alike by chance.
pub(crate) fn is_telling(data: &[u8]) -> bool {
    if data.len() < MIN_BYTES {
        return false;
    }
    let is_binary = data[..data.len().min(8_000)].contains(&0);
    is_binary || (has_lines(data) && !is_licence(data))
}

fn has_lines(data: &[u8]) -> bool {
    let lines = data.split(|&byte| byte == b'\n');
    lines.filter(|line| !line.trim_ascii().is_empty()).nth(MIN_LINES - 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_files_and_licences_say_nothing() {
        let check = |data: &[u8], telling| assert_eq!(is_telling(data), telling, "{data:?}");
        let long = "a line of some length that no other file has";
        check(format!("{long}\n{long}\n{long}\n").as_bytes(), true);
        check(format!("{long}\n\n \t\n{long}\n").as_bytes(), false);
        check(b"a\nb\nc\n", false);
        check(&[&b"\0\x01"[..], &[7; 70]].concat(), true);
        check(&[0; 63], false);
        check(b"", false);
    }
}
