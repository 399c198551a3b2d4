// SPDX-License-Identifier: Apache-2.0
//! The exact objects that a plan would send.
//!
//! A new commit brings its own object, the trees and files that none of its
//! public parents has, and nothing else. Filtered trees and commits are ours to
//! write; what the private repository holds under the same id is copied from it.

mod wholes;

use std::io;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use crate::error::RunError;
use crate::filter::{Entry, Opened, Place, Shown, Visitor, walk};
use crate::git::Objects;
use crate::object::{EntryKind, Kind};
use crate::plan::Plan;
use crate::progress::{Phase, Progress};
use crate::replay::Replay;
use crate::report::RawFinding;
use crate::staging::Boundary;

use wholes::{Brought, Number, Whole, look_into};

/// Takes the objects, children before the commits that need them.
pub trait Sink {
    /// An object that is ours to write. `old` is a tree that stood in the same
    /// place before, for a delta.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(
        &mut self,
        kind: Kind,
        id: ObjectId,
        data: &[u8],
        old: Option<(ObjectId, &[u8])>,
    ) -> io::Result<()>;

    /// An object that is copied from the private repository, with the public path
    /// that shows it.
    ///
    /// # Errors
    /// It cannot be noted.
    fn copy(&mut self, id: ObjectId, path: &[u8]) -> io::Result<()>;
}

/// Why objects could not be sent.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The run has to end.
    Run(RunError),
    /// The sink failed.
    Sink(io::Error),
}

impl From<RunError> for SendError {
    fn from(err: RunError) -> Self {
        Self::Run(err)
    }
}

impl From<io::Error> for SendError {
    fn from(err: io::Error) -> Self {
        Self::Sink(err)
    }
}

/// What is left to send when everything of our own is sent: directories that are copied
/// whole, of the boundary and of the plan.
pub(crate) struct Left {
    boundary: Vec<Whole>,
    new: Vec<Whole>,
    /// Whether what came with the boundary came with its files.
    with_files: bool,
    /// What is missing, or no file where a file should be.
    unreadable: Vec<RawFinding>,
}

/// Sends what is ours of the boundary and of the plan, and what stands beside it in
/// directories that were filtered.
pub(crate) fn send(
    replay: &mut Replay<'_>,
    plan: &Plan,
    boundary: &Boundary,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Left, SendError> {
    let objects = replay.objects();
    let mut packer = Packer {
        objects,
        sink,
        seen: FxHashSet::default(),
        wholes: Vec::new(),
        unreadable: Vec::new(),
        commit: None,
        trees_only: !boundary.with_files,
        failed: None,
    };
    for &image in &boundary.commits {
        if boundary.with_trees.binary_search(&image).is_ok()
            && let Some(shown) = replay.shown(image)?
        {
            packer.commit = replay.images.shown_by(image).map(|it| (it, replay.history.id(it)));
            walk(replay.filters(), &shown, &[], &mut packer)
                .map_err(|err| RunError::unfiltered(&err, None))?;
        }
        if let Some(err) = packer.failed.take() {
            return Err(err.into());
        }
        if let Some(bytes) = replay.commit_bytes(image)? {
            packer.sink.write(Kind::Commit, replay.images.id(image).id(), &bytes, None)?;
        }
    }
    if packer.trees_only {
        // A tree that came with the boundary has no files yet: a new commit that shows
        // it in another place must bring them, for git may not see that they are public.
        packer.seen.clear();
    }
    packer.trees_only = false;
    let of_boundary = std::mem::take(&mut packer.wholes);
    for (done, &image) in plan.new.iter().enumerate() {
        if done % 256 == 255 {
            progress.advance(Phase::Stage, 256);
            if progress.interrupted() {
                return Err(RunError::Interrupted.into());
            }
        }
        let Some(commit) = replay.images.source(image) else { continue };
        packer.commit = Some((commit, replay.history.id(commit)));
        replay.walk_new(image, &mut packer)?;
        if let Some(err) = packer.failed.take() {
            return Err(err.into());
        }
        if let Some(bytes) = replay.commit_bytes(image)? {
            let id = replay.images.id(image).id();
            packer.sink.write(Kind::Commit, id, &bytes, None)?;
        }
    }
    for tag in &plan.tags {
        packer.sink.write(Kind::Tag, tag.id, &tag.bytes, None)?;
    }
    let Packer { wholes: new, unreadable, .. } = packer;
    Ok(Left { boundary: of_boundary, new, with_files: boundary.with_files, unreadable })
}

/// Sends the rest; what is missing, or no file where a file should be, comes back as
/// findings.
pub(crate) fn send_left(
    objects: &Objects<'_>,
    left: Left,
    copy: &mut dyn FnMut(ObjectId, &[u8]) -> io::Result<()>,
    progress: &dyn Progress,
) -> Result<Vec<RawFinding>, SendError> {
    let Left { boundary, new, with_files, mut unreadable } = left;
    let mut known = FxHashSet::default();
    for (wholes, files) in [(boundary, with_files), (new, true)] {
        for brought in look_into(objects, &wholes, files, &mut known, progress)? {
            match brought {
                Brought::Object(id, path) => copy(id, &path)?,
                Brought::Unreadable(finding) => unreadable.push(*finding),
            }
        }
        if !with_files {
            // As above: no file came with the boundary.
            known.clear();
        }
    }
    Ok(unreadable)
}

/// Hands what a walk finds to the sink, each object once.
struct Packer<'a, 'r> {
    objects: &'r Objects<'r>,
    sink: &'a mut dyn Sink,
    seen: FxHashSet<ObjectId>,
    /// Directories to be copied whole.
    wholes: Vec<Whole>,
    unreadable: Vec<RawFinding>,
    commit: Option<Number>,
    /// For commits that the mirror has, files included.
    trees_only: bool,
    failed: Option<io::Error>,
}

impl Packer<'_, '_> {
    fn note(&mut self, result: io::Result<()>) {
        if let Err(err) = result {
            self.failed.get_or_insert(err);
        }
    }
}

impl Visitor for Packer<'_, '_> {
    fn opens(&mut self, shown: &Shown, path: &[u8], old: &[Shown]) -> bool {
        if let Some(commit) = self.commit
            && self.seen.insert(shown.tree)
        {
            self.wholes.push(Whole {
                tree: shown.tree,
                old: old.iter().filter(|old| old.as_is).map(|old| old.tree).collect(),
                private_path: shown.private_path().to_vec(),
                public_path: path.to_vec(),
                commit,
            });
        }
        false
    }

    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        let Opened { shown, listing, old, .. } = opened;
        if self.failed.is_some() || !self.seen.insert(shown.tree) {
            return false;
        }
        let old = old.first().map(|(id, listing)| (*id, listing.tree_bytes()));
        let old = old.as_ref().map(|(id, bytes)| (*id, &bytes[..]));
        let result = self.sink.write(Kind::Tree, shown.tree, &listing.tree_bytes(), old);
        self.note(result);
        true
    }

    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, _old: bool) {
        let passed_over = self.trees_only || entry.kind == EntryKind::Gitlink;
        if passed_over || self.failed.is_some() || !self.seen.insert(entry.id) {
            return;
        }
        // The type, too: a tree or a commit must not pass for a file.
        match self.objects.blob_size(entry.id) {
            Ok(_) => {
                let result = self.sink.copy(entry.id, &place.public_path(entry));
                self.note(result);
            }
            Err(err) => {
                let finding = RawFinding::unreadable(&err).path(place.private_path(entry));
                let commit = self.commit.map(|(number, _)| number);
                self.unreadable.push(RawFinding { commit, ..finding });
            }
        }
    }
}
