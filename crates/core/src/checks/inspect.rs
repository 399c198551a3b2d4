// SPDX-License-Identifier: Apache-2.0
//! The walk over what is new, and what every family is shown of it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::thread;

use repo_sync_shared::{Check, ObjectId, PublicCommit};
use rustc_hash::{FxHashMap, FxHashSet};

use super::blobs::{Asked, Looked, MAX_BLOB, Readers};
use super::{Checks, Family, Look, NewBlob, NewDirectory, NewEntry, NewText, TextKind, checks};
use crate::error::RunError;
use crate::filter::{Entry, Opened, Place, Unseen, Visitor};
use crate::object::{EntryKind, RawCommit, RawTag};
use crate::plan::{NewTag, RefUpdate};
use crate::progress::{Phase, Progress};
use crate::report::RawFinding;
use crate::session::Session;

/// How often directories with links may come again in one commit before they are
/// taken for an attack. Thirty objects can show more paths than there are grains of sand.
const MAX_REPEATED: u32 = 10_000;

/// What is to become public.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The new images, parents first.
    pub new: &'a [u32],
    /// The images that are public already, by number.
    pub public: &'a [bool],
    /// The new tag objects.
    pub tags: &'a [NewTag],
    /// The refs that will show them.
    pub refs: &'a [RefUpdate],
}

/// Shows every new public object to every check.
///
/// # Errors
/// A tree or commit cannot be read, or the run was interrupted. Blobs that cannot
/// be read are findings.
pub fn inspect<'r>(
    session: &mut Session<'r>,
    subject: Subject<'_>,
    progress: &dyn Progress,
) -> Result<Vec<RawFinding>, RunError> {
    let Checks { looks, families } = checks(session, subject.new.len())?;
    let every_place = families.iter().any(|family| family.minds_every_place());
    progress.start(Phase::Check, Some(subject.new.len() as u64));
    let files = session.replay.files();
    let (mut families, mut found) = thread::scope(|scope| {
        let mut inspector = Inspector {
            readers: Readers::start(scope, &files, &looks),
            looks: &looks,
            families,
            trees: FxHashMap::default(),
            told: FxHashSet::default(),
            every_place,
            repeated: 0,
            blobs: FxHashSet::default(),
            waiting: VecDeque::new(),
            commit: 0,
            found: Vec::new(),
            in_blobs: Vec::new(),
        };
        for (done, &image) in subject.new.iter().enumerate() {
            if done % 64 == 63 {
                progress.advance(Phase::Check, 64);
                if progress.interrupted() {
                    return Err(RunError::Interrupted);
                }
            }
            inspector.commit(session, image)?;
        }
        inspector.names(session, subject);
        Ok(inspector.finish())
    })?;
    for family in &mut families {
        family.finish(session, &mut found)?;
    }
    let found = without_published(session, subject, found)?;
    progress.finish(Phase::Check);
    Ok(found)
}

struct Inspector<'a, 'r> {
    readers: Readers<'a>,
    looks: &'a [Box<dyn Look>],
    families: Vec<Box<dyn Family + 'r>>,
    /// Trees that were seen whole, and whether a link lies somewhere below: what a
    /// link means depends on its place.
    trees: FxHashMap<ObjectId, bool>,
    /// Trees whose entries were told of as a whole.
    told: FxHashSet<ObjectId>,
    /// Whether a family wants to see all of it again in each place.
    every_place: bool,
    /// How often a tree with links was seen again in this commit.
    repeated: u32,
    blobs: FxHashSet<ObjectId>,
    /// Of each blob that was asked for and not seen yet, how much was found before it.
    waiting: VecDeque<usize>,
    commit: u32,
    /// What was found on the walk.
    found: Vec<RawFinding>,
    /// What was found in blobs, and how much of the rest before them.
    in_blobs: Vec<(usize, Vec<RawFinding>)>,
}

impl<'r> Inspector<'_, 'r> {
    /// Shows what an image adds to its parents, and its message.
    fn commit(&mut self, session: &mut Session<'_>, image: u32) -> Result<(), RunError> {
        let replay = &mut session.replay;
        let Some(commit) = replay.images.source(image) else { return Ok(()) };
        self.commit = commit;
        self.repeated = 0;
        replay.walk_new(image, self)?;
        let Some(bytes) = replay.commit_bytes(image)? else { return Ok(()) };
        let raw = RawCommit::parse(&bytes)
            .map_err(|err| RunError::malformed_commit(replay.history.id(commit), &err))?;
        self.text(&NewText {
            kind: TextKind::CommitMessage,
            data: raw.message.unwrap_or_default(),
            encoding: raw.encoding,
            commit,
        });
        Ok(())
    }

    /// Shows the tags and the names of the refs.
    fn names(&mut self, session: &Session<'_>, subject: Subject<'_>) {
        let images = &session.replay.images;
        for tag in subject.tags {
            let Some(commit) = images.shown_by(tag.image) else { continue };
            let message = RawTag::parse(&tag.bytes).ok().and_then(|tag| tag.message);
            let data = message.unwrap_or_default();
            self.text(&NewText { kind: TextKind::TagMessage, data, encoding: None, commit });
        }
        for update in subject.refs.iter().filter(|update| update.expected.is_none()) {
            let tag = subject.tags.iter().find(|tag| Some(tag.id) == update.new);
            let named = update.new.and_then(|new| images.number(PublicCommit::new(new)));
            let image = tag.map(|tag| tag.image).or(named);
            let Some(commit) = image.and_then(|image| images.shown_by(image)) else { continue };
            let name = [&b"refs/heads/"[..], b"refs/tags/"]
                .iter()
                .find_map(|prefix| update.name.strip_prefix(*prefix))
                .unwrap_or(&update.name);
            self.text(&NewText { kind: TextKind::RefName, data: name, encoding: None, commit });
        }
    }

    fn text(&mut self, text: &NewText<'_>) {
        for look in self.looks {
            look.text(text, &mut self.found);
        }
        for family in &mut self.families {
            family.text(text, &mut self.found);
        }
    }

    /// Asks for a blob, if it was not asked for before.
    fn blob(&mut self, entry: &NewEntry<'_>) {
        if !self.blobs.insert(entry.id) {
            return;
        }
        if self.readers.are_busy() {
            self.take_blob();
        }
        self.waiting.push_back(self.found.len());
        self.readers.ask(Asked::new(entry));
    }

    /// Shows the oldest blob that was asked for, if it can be; whether there was one.
    fn take_blob(&mut self) -> bool {
        let (Some(before), Some(looked)) = (self.waiting.pop_front(), self.readers.take()) else {
            return false;
        };
        let Looked { asked, data, mut found } = looked;
        let entry = asked.entry();
        match data {
            Ok(Some(data)) => {
                let blob = NewBlob { entry: &entry, data: &data };
                for family in &mut self.families {
                    family.blob(&blob, &mut found);
                }
            }
            Ok(None) => {
                let hint = format!(
                    "more than {} MiB in one file, which no check looks into; waive it by object \
                     once you have",
                    MAX_BLOB >> 20
                );
                found.push(entry.finding(Check::UnscannedBlob, hint));
            }
            Err(err) => {
                let finding = RawFinding::unreadable(&err).path(entry.private_path.to_vec());
                found.push(RawFinding { commit: Some(entry.commit), ..finding });
            }
        }
        if !found.is_empty() {
            self.in_blobs.push((before, found));
        }
        true
    }

    /// Shows the blobs that are left, and puts all that was found into the order of the walk.
    fn finish(mut self) -> (Vec<Box<dyn Family + 'r>>, Vec<RawFinding>) {
        while self.take_blob() {}
        for look in self.looks {
            look.finish(&mut self.found);
        }
        let mut found = Vec::new();
        let mut on_walk = self.found.into_iter();
        let mut told = 0;
        for (before, in_blob) in self.in_blobs {
            found.extend(on_walk.by_ref().take(before - told));
            told = before;
            found.extend(in_blob);
        }
        found.extend(on_walk);
        (self.families, found)
    }
}

impl Visitor for Inspector<'_, '_> {
    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        let Opened { shown, path, .. } = *opened;
        if self.told.insert(shown.tree) {
            let directory = NewDirectory::new(opened, self.commit);
            for family in &mut self.families {
                family.directory(&directory, &mut self.found);
            }
        }
        match self.trees.get(&shown.tree) {
            None => true,
            Some(false) => false,
            Some(true) => {
                self.repeated += 1;
                if self.repeated == MAX_REPEATED {
                    let hint = "directories with links stand in too many places to look at each; \
                                exclude them";
                    let finding = RawFinding::at(Check::TreeDepth, self.commit, hint);
                    self.found.push(finding.path(path.to_vec()));
                }
                self.repeated < MAX_REPEATED
            }
        }
    }

    fn leave(&mut self, opened: &Opened<'_>) {
        let Opened { shown, listing, old, candidates, .. } = *opened;
        // What is no candidate stands in one of the old trees just so: if none of those has
        // a link, nor has that.
        let is_free = |(old, _): &(ObjectId, _)| self.trees.get(old) == Some(&false);
        let rest_is_free = !old.is_empty() && old.iter().all(is_free);
        let numbers: Cow<'_, [usize]> = match rest_is_free {
            true => candidates.into(),
            false => listing.numbers().collect(),
        };
        let mut links = self.every_place;
        for entry in numbers.iter().filter_map(|&number| listing.get(number)) {
            links |= match entry.kind {
                EntryKind::Symlink | EntryKind::Gitlink => true,
                EntryKind::Blob | EntryKind::Executable => false,
                // What did not change was not opened.
                EntryKind::Tree => match self.trees.get(&entry.id) {
                    Some(&links) => links,
                    None => return,
                },
            };
        }
        self.trees.insert(shown.tree, links);
    }

    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, _old: bool) {
        let (private_path, public_path) = (place.private_path(entry), place.public_path(entry));
        let entry = NewEntry {
            kind: entry.kind,
            id: entry.id,
            private_path: &private_path,
            public_path: &public_path,
            commit: self.commit,
        };
        for family in &mut self.families {
            family.entry(&entry, &mut self.found);
        }
        match entry.kind {
            EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => self.blob(&entry),
            EntryKind::Tree | EntryKind::Gitlink => {}
        }
    }
}

/// Leaves out what was found in blobs that the mirror shows already, in another
/// place or an older commit: those are the business of an audit.
fn without_published(
    session: &mut Session<'_>,
    subject: Subject<'_>,
    mut found: Vec<RawFinding>,
) -> Result<Vec<RawFinding>, RunError> {
    let suspects = found.iter().filter(|finding| finding.content).filter_map(|it| it.object);
    let mut unseen = Unseen::new(suspects.collect());
    for image in session.replay.images.numbers() {
        if unseen.ids.is_empty() {
            break;
        }
        if subject.public[image as usize] {
            session.replay.walk_new(image, &mut unseen)?;
        }
    }
    found.retain(|finding| {
        let is_unseen = finding.object.is_none_or(|object| unseen.ids.contains(&object));
        !finding.content || is_unseen
    });
    Ok(found)
}
