// SPDX-License-Identifier: Apache-2.0
//! `private-id`: ids of private commits, which confirm a guess and lead from one
//! leak to the next.
//!
//! In messages any quoted id counts, however short, if it names a commit that a
//! local ref reaches. In files only a full one does: shorter runs are too often
//! something else. What is the id of a public commit as well is none of ours to
//! keep.

use repo_sync_shared::{Check, ObjectId, PrivateCommit};
use rustc_hash::{FxHashMap, FxHashSet};

use super::lines::Lines;
use super::{Family, NewBlob, NewText, TextKind};
use crate::error::RunError;
use crate::git::Objects;
use crate::message::quoted_ids;
use crate::object::{Kind, RawTag, commit_links};
use crate::report::RawFinding;
use crate::session::Session;

pub(super) struct PrivateIds<'r> {
    objects: &'r Objects<'r>,
    /// Whether the repository has a commit of this id, for those that were met.
    commits: FxHashMap<ObjectId, bool>,
    in_files: Vec<InFile>,
    /// Quoted ids in messages, their digits and their place.
    in_messages: Vec<(Vec<u8>, RawFinding)>,
}

/// A file that holds full ids of commits.
struct InFile {
    /// Each with its line.
    ids: Vec<(ObjectId, Option<u32>)>,
    finding: RawFinding,
}

impl<'r> PrivateIds<'r> {
    pub(super) fn new(session: &Session<'r>) -> Self {
        Self {
            objects: session.replay.objects(),
            commits: FxHashMap::default(),
            in_files: Vec::new(),
            in_messages: Vec::new(),
        }
    }

    fn is_commit(&mut self, id: ObjectId) -> bool {
        let objects = self.objects;
        let is_commit = || matches!(objects.known_kind(id), Some(Kind::Commit));
        *self.commits.entry(id).or_insert_with(is_commit)
    }
}

impl InFile {
    /// The finding about those ids that are private, if there are any.
    fn judged(self, is_private: impl Fn(&[u8]) -> bool) -> Option<RawFinding> {
        let mut private = self.ids.into_iter().filter(|(id, _)| is_private(&id.to_hex()));
        let (id, line) = private.next()?;
        let more = match private.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let hint = format!(
            "it holds `{id}`, the id of a private commit{more}; take it out, or name the public \
             commit"
        );
        Some(RawFinding { line, hint, ..self.finding })
    }
}

impl Family for PrivateIds<'_> {
    fn blob(&mut self, blob: &NewBlob<'_>, _found: &mut Vec<RawFinding>) {
        let mut lines = Lines::of(blob.data);
        let mut seen = FxHashSet::default();
        let mut ids = Vec::new();
        for (at, id) in full_ids(blob.data) {
            if self.is_commit(id) && seen.insert(id) {
                ids.push((id, lines.at(at)));
            }
        }
        if !ids.is_empty() {
            self.in_files.push(InFile { ids, finding: blob.finding(Check::PrivateId, "") });
        }
    }

    fn text(&mut self, text: &NewText<'_>, _found: &mut Vec<RawFinding>) {
        let what = match text.kind {
            TextKind::CommitMessage => "the message",
            TextKind::TagMessage => "the message of the tag",
            TextKind::RefName => "the name of the ref",
        };
        let mut here = FxHashSet::default();
        for digits in quoted_ids(text.data).filter(|digits| here.insert(*digits)) {
            let hint = format!(
                "{what} quotes `{}`, the id of a private commit; `[message] ids = \"mask\"` turns \
                 it to zeros",
                String::from_utf8_lossy(digits)
            );
            let finding = RawFinding::at(Check::PrivateId, text.commit, hint);
            self.in_messages.push((digits.to_vec(), finding));
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        let (in_files, in_messages) =
            (std::mem::take(&mut self.in_files), std::mem::take(&mut self.in_messages));
        if in_files.is_empty() && in_messages.is_empty() {
            return Ok(());
        }
        let images = &session.replay.images;
        let mut public: Vec<ObjectId> =
            images.numbers().map(|image| images.id(image).id()).collect();
        public.sort_unstable();
        let mut others: Vec<ObjectId> = beyond_the_branches(session).into_iter().collect();
        others.sort_unstable();
        let history = &session.replay.history;
        let is_private = |digits: &[u8]| {
            !names_any(&public, digits)
                && (history.with_prefix(digits).next().is_some() || names_any(&others, digits))
        };
        found.extend(in_files.into_iter().filter_map(|file| file.judged(is_private)));
        let quoted = in_messages.into_iter().filter(|(digits, _)| is_private(digits));
        found.extend(quoted.map(|(_, finding)| finding));
        Ok(())
    }
}

/// Whether one of the ids, in order, begins with these digits.
fn names_any(sorted: &[ObjectId], digits: &[u8]) -> bool {
    let at = sorted.partition_point(|id| id.to_hex()[..] < *digits);
    sorted.get(at).is_some_and(|id| id.to_hex().starts_with(digits))
}

/// The commits that local refs reach and the listed branches do not. Where a commit
/// cannot be read, nobody can say what lies behind it.
fn beyond_the_branches(session: &Session<'_>) -> FxHashSet<ObjectId> {
    let objects = session.replay.objects();
    let is_known = |id: ObjectId| session.replay.history.number(PrivateCommit::new(id)).is_some();
    let mut beyond = FxHashSet::default();
    let mut open = session.repo.ref_targets();
    while let Some(id) = open.pop() {
        if is_known(id) || beyond.contains(&id) {
            continue;
        }
        match objects.known_kind(id) {
            Some(Kind::Commit) => {
                beyond.insert(id);
                let Ok(object) = objects.read(id, Kind::Commit) else { continue };
                if let Ok((_, parents)) = commit_links(object.data()) {
                    open.extend(parents);
                }
            }
            Some(Kind::Tag) => {
                let Ok(object) = objects.read(id, Kind::Tag) else { continue };
                if let Ok(tag) = RawTag::parse(object.data()) {
                    open.push(tag.target);
                }
            }
            Some(Kind::Tree | Kind::Blob) | None => {}
        }
    }
    beyond
}

/// The runs of exactly 40 lower-case hexadecimal digits that are words by
/// themselves, with their places.
fn full_ids(text: &[u8]) -> impl Iterator<Item = (usize, ObjectId)> + '_ {
    const LEN: usize = 40;
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut at = 0;
    std::iter::from_fn(move || {
        // A run of 40 digits covers one byte of any 40.
        while let Some(byte) = text.get(at + LEN - 1) {
            let probe = at + LEN - 1;
            if !is_hex(byte) {
                at += LEN;
                continue;
            }
            let start =
                probe - text[at..probe].iter().rev().take_while(|&byte| is_hex(byte)).count();
            let len = text[start..].iter().take_while(|&byte| is_hex(byte)).count();
            let before = &text[..start];
            at = start + len;
            let described = before.ends_with(b"-g");
            let alone = (described || !before.last().is_some_and(is_word))
                && !text.get(start + len).is_some_and(is_word);
            if len == LEN && alone {
                return ObjectId::from_hex(&text[start..start + len]).map(|id| (start, id));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_full_id_is_a_word_of_forty_digits() {
        check(ID, 1);
        check(&format!("# the big move\n{ID}\n\n{ID} x"), 2);
        check(&format!("v1-2-g{ID}"), 1);
        check(&format!("{}{ID}", "x ".repeat(37)), 1);
        check(&format!("{ID},{ID};{ID}"), 3);
        check(&format!("{ID}8"), 0);
        check(&format!("{ID}{ID}"), 0);
        check(&format!("x{ID} {ID}_ {}", ID.to_uppercase()), 0);
        check(&ID[1..], 0);
        check("", 0);
    }

    /// Wherever it stands.
    #[test]
    fn no_place_hides_an_id() {
        for before in 0..90 {
            check(&format!("{} {ID} {}", "z".repeat(before), "zz ".repeat(20)), 1);
        }
    }

    #[track_caller]
    fn check(text: &str, times: usize) {
        let found: Vec<_> = full_ids(text.as_bytes()).collect();
        assert_eq!(found.len(), times, "{text}");
        assert!(found.iter().all(|&(at, id)| text[at..].starts_with(&id.to_string())), "{text}");
    }

    #[test]
    fn a_beginning_names_an_id() {
        let ids: Vec<ObjectId> = ["3", "5", "7"]
            .map(|digit| digit.repeat(40).parse().expect("forty digits are an id"))
            .to_vec();
        let check = |digits: &str, expected| {
            assert_eq!(names_any(&ids, digits.as_bytes()), expected, "{digits}");
        };
        check("5555555", true);
        check(&"7".repeat(40), true);
        check("5555556", false);
        check("8888888", false);
        check("0000000", false);
    }
}
