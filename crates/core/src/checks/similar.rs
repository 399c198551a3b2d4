// SPDX-License-Identifier: Apache-2.0
//! `similar-to-private`: a public text much of which also stands in private files.
//!
//! Texts are compared by runs of lines, so a copy is found whatever was changed around
//! what was kept. The private side is what the policy tip holds back, in files of up to
//! a megabyte. What stands in a file that is public as well is nobody's secret, nor are
//! licences, alone or at the head of a file. Bytes that are a private file's own are
//! the business of `moved-from-private`.
//!
//! A text is told of when it brings something: what the version before it had in the
//! same place was told of then.

use std::cmp::Reverse;
use std::sync::Arc;

use repo_sync_shared::{Check, ObjectId, escape_bytes};
use rustc_hash::{FxHashMap, FxHashSet};

use super::blobs::Asked;
use super::line_runs::{KnownRuns, RUN, is_text, lines, runs};
use super::{Family, Look, NewBlob, NewDirectory};
use crate::error::RunError;
use crate::filter::{Holdings, Listing, PrivateWalk, PublicFiles, walk};
use crate::git::Objects;
use crate::object::{EntryKind, Kind};
use crate::paths::join;
use crate::report::{RawFinding, Weight};
use crate::session::Session;

/// Fewer runs than these are alike by chance.
const MIN_SHARED: usize = 10;

/// So are texts that share no more than this, in percent of their runs.
const MIN_PERCENT: usize = 30;

/// Larger private files are data rather than text, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// How much private text is compared, and how much is opened to find it, in bytes.
const MAX_TEXT: u64 = 64 << 20;
const MAX_OPENED: u64 = 512 << 20;

/// How many different runs of private lines are held.
const MAX_RUNS: usize = 4_000_000;

/// So many new images are a long history, most of which are compared while their texts are
/// read anyway. Of a few it is known in the end whether any text came with them, and what is
/// private need not be read if none did.
const MANY: usize = 512;

/// Compares each new text of a long history with what is private.
pub(super) struct Overlaps(Arc<Private>);

/// Compares the new texts of a short one, takes back what is no news, and says what was not
/// compared.
#[derive(Default)]
pub(super) struct Similar {
    /// What is private, if it was read before anything new was; and why not all could be. A
    /// walk of the new commits that meets the same fault can say more about it, so it comes
    /// last.
    loaded: Option<(Arc<Private>, Result<(), RunError>)>,
    /// The texts that are still to be compared.
    new: Vec<Asked>,
    /// What stood in the place of a new blob before.
    before: FxHashMap<ObjectId, Vec<ObjectId>>,
    /// Whether there was a text to compare.
    any_text: bool,
}

impl Similar {
    /// For so many new images; with what compares on other threads, if they are many.
    pub(super) fn new(session: &mut Session<'_>, images: usize) -> (Self, Option<Overlaps>) {
        if images < MANY {
            return (Self::default(), None);
        }
        let (private, ended) = Private::load(session);
        let private = Arc::new(private);
        let overlaps = Overlaps(private.clone());
        (Self { loaded: Some((private, ended)), ..Self::default() }, Some(overlaps))
    }

    /// Whether a text shares more with what is private than the one before it in the same
    /// place.
    fn is_news(&self, files: &PublicFiles<'_>, private: &Private, id: ObjectId) -> bool {
        let Some(before) = self.before.get(&id) else { return true };
        let before = before.iter().flat_map(|&old| runs_of(files, old)).collect();
        brings_some(&runs_of(files, id), &private.runs, &before)
    }
}

/// Whether a blob is a text with so many lines that it can be similar to another.
fn is_to_be_compared(blob: &NewBlob<'_>) -> bool {
    let enough = || lines(blob.data).nth(RUN + MIN_SHARED - 2).is_some();
    blob.entry.kind != EntryKind::Symlink && is_text(blob.data) && enough()
}

impl Look for Overlaps {
    fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
        if is_to_be_compared(blob) {
            found.extend(self.0.compare(blob));
        }
    }
}

impl Family for Similar {
    fn directory(&mut self, directory: &NewDirectory<'_>, _found: &mut Vec<RawFinding>) {
        for entry in directory.candidates.iter().filter_map(|&at| directory.listing.get(at)) {
            if entry.kind == EntryKind::Tree {
                continue;
            }
            let named = |old: &Listing| {
                let sorts = [false, true].into_iter();
                sorts.filter_map(|is_tree| old.find(entry.name, is_tree)).map(|it| it.id).collect()
            };
            let before: Vec<Vec<ObjectId>> =
                directory.old.iter().map(|(_, old)| named(old)).collect();
            let before = before.concat();
            if !before.is_empty() && !before.contains(&entry.id) {
                self.before.entry(entry.id).or_insert(before);
            }
        }
    }

    fn blob(&mut self, blob: &NewBlob<'_>, _found: &mut Vec<RawFinding>) {
        if self.loaded.is_some() && self.any_text || !is_to_be_compared(blob) {
            return;
        }
        self.any_text = true;
        if self.loaded.is_none() {
            self.new.push(Asked::new(blob.entry));
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        if !self.any_text {
            return Ok(());
        }
        let (private, ended) = self.loaded.take().unwrap_or_else(|| {
            let (private, ended) = Private::load(session);
            (Arc::new(private), ended)
        });
        ended?;
        let files = session.replay.files();
        for text in &self.new {
            let entry = text.entry();
            // Those that cannot be read were told of when they were shown.
            let Ok(file) = files.read(entry.id) else { continue };
            found.extend(private.compare(&NewBlob { entry: &entry, data: file.data() }));
        }
        found.retain(|finding| {
            let is_ours = finding.check == Check::SimilarToPrivate;
            finding.object.is_none_or(|id| !is_ours || self.is_news(&files, &private, id))
        });
        let lighter = |hint: String| RawFinding {
            weight: Weight::Lighter,
            ..RawFinding::new(Check::SimilarToPrivate, hint)
        };
        if private.is_full {
            let hint = "there is more private text than can be compared with what is new; the rest \
                        was not looked at";
            found.push(lighter(hint.to_owned()));
        }
        if private.unreadable > 0 {
            found.push(lighter(format!(
                "{} private files or directories of the policy tip cannot be read, so what was \
                 copied out of them is not known; `git fetch --refetch` brings them",
                private.unreadable
            )));
        }
        Ok(())
    }
}

/// The commits whose private files count, by number: the planned branches if the policy
/// comes from elsewhere.
fn tips(session: &Session<'_>) -> Vec<u32> {
    let history = &session.replay.history;
    match history.number(session.policy.tip) {
        Some(tip) => vec![tip],
        None => {
            let branches = session.policy.branches.iter();
            branches.filter_map(|branch| history.number(branch.tip)).collect()
        }
    }
}

/// What is private at the tip.
#[derive(Default)]
struct Private {
    seen: FxHashSet<ObjectId>,
    /// The first file that has a run of lines.
    runs: KnownRuns,
    paths: Vec<Vec<u8>>,
    text: u64,
    opened: u64,
    is_full: bool,
    unreadable: u32,
}

impl Private {
    /// Reads it, and what ended that early.
    fn load(session: &mut Session<'_>) -> (Self, Result<(), RunError>) {
        let mut this = Self::default();
        let ended = tips(session).into_iter().try_for_each(|tip| this.read(session, tip));
        (this, ended)
    }

    /// What a text has in common with it. Bytes that are a private file's own are nothing
    /// of ours.
    fn compare(&self, blob: &NewBlob<'_>) -> Option<RawFinding> {
        if self.runs.len() == 0 || self.seen.contains(&blob.entry.id) {
            return None;
        }
        let overlap = overlap(blob.data, &self.runs)?;
        let hint = format!(
            "{} of its lines also stand in the private file `{}`; write them anew, or waive it by \
             object or path if they may be public",
            overlap.lines,
            escape_bytes(&self.paths[overlap.file as usize]),
        );
        Some(blob.finding(Check::SimilarToPrivate, hint).line(overlap.line))
    }

    /// Takes in the private files of a commit.
    fn read(&mut self, session: &mut Session<'_>, commit: u32) -> Result<(), RunError> {
        let replay = &mut session.replay;
        let objects = replay.objects();
        let mut files = Vec::new();
        let mut walked = PrivateWalk::default();
        let seen = &mut self.seen;
        replay.private_files(commit, &mut walked, &mut |directory, name, blob| {
            if seen.insert(blob) {
                files.push((blob, join(directory, name)));
            }
        });
        self.unreadable += walked.unreadable;
        let mut public = Holdings::default();
        if let Some(shown) = replay.filtered(commit)? {
            walk(replay.filters(), &shown, &[], &mut public)
                .map_err(|err| replay.unfiltered(&err, commit))?;
        }
        let mut common = FxHashSet::default();
        for (id, _) in files.iter().filter(|(id, _)| public.blobs.contains(id)) {
            self.open(objects, *id, |run| {
                common.insert(run);
            });
        }
        for (id, path) in files {
            if self.is_full {
                break;
            }
            if public.blobs.contains(&id) {
                continue;
            }
            let mut runs = std::mem::take(&mut self.runs);
            let file =
                u32::try_from(self.paths.len()).expect("each path is of an object in memory");
            let held = runs.len();
            self.open(objects, id, |run| {
                if !common.contains(&run) {
                    runs.insert(run, file);
                }
            });
            if runs.len() > held {
                self.paths.push(path);
            }
            self.is_full |= runs.len() > MAX_RUNS;
            self.runs = runs;
        }
        Ok(())
    }

    /// Tells of each run of a private file, as long as there is room.
    fn open(&mut self, objects: &Objects<'_>, id: ObjectId, tell: impl FnMut(u64)) {
        let size = match objects.header(id) {
            Ok((Kind::Blob, size)) if size <= MAX_FILE => size,
            Ok(_) => return,
            Err(_) => {
                self.unreadable += 1;
                return;
            }
        };
        let Ok(object) = objects.read(id, Kind::Blob) else {
            self.unreadable += 1;
            return;
        };
        self.opened += size;
        if is_text(object.data()) {
            self.text += size;
            runs(&lines(object.data()).collect::<Vec<_>>()).for_each(tell);
        }
        self.is_full |= self.text > MAX_TEXT || self.opened > MAX_OPENED;
    }
}

/// What a text has in common with private ones.
#[derive(Debug, PartialEq, Eq)]
struct Overlap {
    /// The private file that most of it stands in.
    file: u32,
    /// How many lines that file has of the text, of those that count.
    lines: usize,
    /// The first of them.
    line: u32,
}

/// What a text has in common with private ones, if that is no chance.
fn overlap(data: &[u8], private: &KnownRuns) -> Option<Overlap> {
    let lines: Vec<_> = lines(data).collect();
    let mut own = FxHashSet::default();
    let mut shared = Vec::new();
    for (at, run) in runs(&lines).enumerate() {
        if let Some(file) = private.file(run)
            && own.insert(run)
        {
            shared.push((at, file));
        }
    }
    if shared.len() < MIN_SHARED {
        return None;
    }
    // Most texts share nothing, and nobody has to know what else is in them.
    own.extend(runs(&lines));
    if shared.len() * 100 <= own.len() * MIN_PERCENT {
        return None;
    }
    let mut counts: FxHashMap<u32, usize> = FxHashMap::default();
    for &(_, file) in &shared {
        *counts.entry(file).or_default() += 1;
    }
    let (file, _) = counts.into_iter().max_by_key(|&(file, count)| (count, Reverse(file)))?;
    let mut starts = shared.iter().filter(|it| it.1 == file).map(|it| it.0).peekable();
    let first = *starts.peek()?;
    let (count, _) =
        starts.fold((0, 0), |(count, end), at| (count + at + RUN - end.max(at), at + RUN));
    Some(Overlap { file, lines: count, line: lines[first].1 })
}

/// Whether a text shares runs with private ones that were not there `before`, and not by
/// chance.
fn brings_some(own: &FxHashSet<u64>, private: &KnownRuns, before: &FxHashSet<u64>) -> bool {
    let is_new = |run: &&u64| private.file(**run).is_some() && !before.contains(run);
    own.iter().filter(is_new).count() >= MIN_SHARED
}

/// The runs of a text, or of nothing if it is none or cannot be read.
fn runs_of(files: &PublicFiles<'_>, id: ObjectId) -> FxHashSet<u64> {
    match files.read(id) {
        Ok(file) if is_text(file.data()) => runs(&lines(file.data()).collect::<Vec<_>>()).collect(),
        Ok(_) | Err(_) => FxHashSet::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that all differ.
    fn text(range: std::ops::Range<u32>) -> String {
        range.map(|at| format!("this is the line with number {at}\n")).collect()
    }

    fn prints(data: &str) -> Vec<u64> {
        runs(&lines(data.as_bytes()).collect::<Vec<_>>()).collect()
    }

    /// What `data` has in common with the lines 0 to 99 of file 7, with `before` in its
    /// place until then: lines, and the first.
    #[track_caller]
    fn check(data: &str, before: &str, expected: Option<(usize, u32)>) {
        let mut private = KnownRuns::default();
        prints(&text(0..100)).into_iter().for_each(|run| private.insert(run, 7));
        let set = |text| prints(text).into_iter().collect();
        let found = overlap(data.as_bytes(), &private)
            .filter(|_| brings_some(&set(data), &private, &set(before)));
        let expected = expected.map(|(lines, line)| Overlap { file: 7, lines, line });
        assert_eq!(found, expected, "{data}");
    }

    #[test]
    fn how_much_is_shared() {
        check(&text(0..100), "", Some((100, 1)));
        check(&text(10..24), "", Some((14, 1)));
        check(&text(10..23), "", None);
        check(&(text(200..210) + &text(10..24)), "", Some((14, 11)));
        // Of 33 runs 10, and of 34.
        check(&(text(200..223) + &text(10..24)), "", Some((14, 24)));
        check(&(text(200..224) + &text(10..24)), "", None);
        // Two pieces, with a line between them that is new.
        check(&(text(0..10) + &text(200..201) + &text(10..20)), "", Some((20, 1)));
        // One run again and again.
        check(&text(0..6).repeat(20), "", None);
    }

    #[test]
    fn what_was_there_before() {
        check(&text(0..40), &text(0..40), None);
        check(&text(0..40), &text(0..31), None);
        check(&text(0..40), &text(0..30), Some((40, 1)));
        check(&text(0..40), &text(200..240), Some((40, 1)));
    }
}
