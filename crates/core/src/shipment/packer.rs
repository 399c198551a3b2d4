// SPDX-License-Identifier: Apache-2.0
//! What new commits bring, packed by several threads and handed on in the order of the
//! commits, each object at its first place.

use std::io;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use super::wholes::{Number, Whole};
use super::{SendError, Sink};
use crate::error::RunError;
use crate::filter::{
    Entry, FilterError, KnownSteps, New, Opened, Place, PublicFiles, Shown, Step, Visitor, walk,
    walk_below,
};
use crate::git::ObjectError;
use crate::object::{EntryKind, Kind};
use crate::replay::Replay;
use crate::report::RawFinding;
use crate::staging::{Encoded, Encoder};

/// What one thread met for the first time.
pub(super) enum Packed {
    /// An object that is ours to write.
    Ours(Encoded),
    /// The root tree of an image, as the step that leads there.
    Step(Encoded, u32),
    /// A large tree that an image shows at a path, as a delta without its data.
    Large(Encoded, u32, Vec<u8>),
    /// A file to be copied, with the public path that shows it.
    File(ObjectId, Vec<u8>),
    /// A directory to be copied whole.
    Whole(Whole),
    /// A file that cannot be.
    Unreadable(ObjectId, Box<RawFinding>),
}

/// Packs commits with what they bring.
pub(super) struct Packer<'r> {
    replay: Replay<'r>,
    steps: Vec<KnownSteps>,
    load: Load<'r>,
}

/// How a new commit's tree is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By what it has that its parents have not.
    Walk,
    /// So, and its root whole.
    Whole,
    /// As the step from its first parent, if that is known: all parents are new as well.
    Step,
}

/// What a packer has packed, and what it has to know for it.
struct Load<'r> {
    files: PublicFiles<'r>,
    encoder: Encoder,
    seen: FxHashSet<ObjectId>,
    packed: Vec<Packed>,
    commit: Option<Number>,
    image: u32,
    /// For commits that the mirror has, files included.
    trees_only: bool,
    /// Whether the next tree is not to be a delta.
    whole: bool,
    failed: Option<io::Error>,
}

impl<'r> Packer<'r> {
    /// One of its own for each thread.
    pub(super) fn new(replay: Replay<'r>, trees_only: bool) -> Self {
        let load = Load {
            files: replay.files(),
            encoder: Encoder::new(),
            seen: FxHashSet::default(),
            packed: Vec::new(),
            commit: None,
            image: 0,
            trees_only,
            whole: false,
            failed: None,
        };
        Self { steps: replay.steps(), replay, load }
    }

    /// Packs a new commit, and what none of its parents has.
    pub(super) fn new_commit(&mut self, image: u32, way: Way) -> Result<(), SendError> {
        let Self { replay, load, .. } = self;
        let Some(commit) = replay.images.source(image) else { return Ok(()) };
        load.commit = Some((commit, replay.history.id(commit)));
        load.image = image;
        load.whole = way == Way::Whole;
        match replay.step_to(image, &self.steps).filter(|_| way == Way::Step) {
            Some((filter, step)) => load.step(replay, image, filter, step)?,
            None => replay.walk_new(image, load)?,
        }
        self.commit_itself(image)
    }

    /// Packs a commit that the mirror has, with or without all of its trees.
    pub(super) fn public_commit(&mut self, image: u32, with_trees: bool) -> Result<(), SendError> {
        let Self { replay, load, .. } = self;
        if with_trees && let Some(shown) = replay.shown(image)? {
            load.commit = replay.images.shown_by(image).map(|it| (it, replay.history.id(it)));
            load.image = image;
            walk(replay.filters(), &shown, &[], load)
                .map_err(|err| RunError::unfiltered(&err, None))?;
        }
        self.commit_itself(image)
    }

    /// What was packed since it was asked for last.
    pub(super) fn take(&mut self) -> Vec<Packed> {
        std::mem::take(&mut self.load.packed)
    }

    fn commit_itself(&mut self, image: u32) -> Result<(), SendError> {
        let Self { replay, load, .. } = self;
        if let Some(err) = load.failed.take() {
            return Err(err.into());
        }
        if let Some(bytes) = replay.commit_bytes(image)? {
            let id = replay.images.id(image).id();
            load.packed.push(Packed::Ours(load.encoder.whole(Kind::Commit, id, &bytes)?));
        }
        Ok(())
    }
}

impl Load<'_> {
    /// Packs what an image's tree has that its first parent's has not.
    fn step(
        &mut self,
        replay: &mut Replay<'_>,
        image: u32,
        filter: usize,
        step: Step<'_>,
    ) -> Result<(), SendError> {
        let tree = replay.images.tree(image).id();
        let first = replay.images.dag.parents(image).first();
        let base = first.map(|&first| replay.images.tree(first).id());
        let Some(base) = base.filter(|_| self.seen.insert(tree)) else { return Ok(()) };
        self.packed.push(Packed::Step(self.encoder.step(tree, base, step)?, image));
        for New { entry, private, old } in step.changes().filter_map(|change| change.new) {
            let name = entry.name;
            match entry.kind() {
                EntryKind::Tree if private == entry.id => {
                    let old = old.filter(|(private, public)| private == public);
                    let old = old.map(|(private, _)| private);
                    self.whole(entry.id, old.into_iter(), name, name);
                }
                EntryKind::Tree => {
                    let filters = replay.filters();
                    let mut part =
                        |(private, public)| Shown::part(filters, filter, name, private, public);
                    let (new, old) = (part((private, entry.id)), old.map(&mut part));
                    walk_below(filters, &new, old, name, self)
                        .map_err(|err| self.unfiltered(replay, &err))?;
                }
                EntryKind::Gitlink => {}
                EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => {
                    self.bring(entry.id, || name.to_vec(), || name.to_vec());
                }
            }
        }
        Ok(())
    }

    fn unfiltered(&self, replay: &Replay<'_>, err: &FilterError) -> RunError {
        match self.commit {
            Some((commit, _)) => replay.unfiltered(err, commit),
            None => RunError::unfiltered(err, None),
        }
    }

    /// A directory that is to be copied whole.
    fn whole(
        &mut self,
        tree: ObjectId,
        old: impl Iterator<Item = ObjectId>,
        private_path: &[u8],
        public_path: &[u8],
    ) {
        if let Some(commit) = self.commit
            && self.seen.insert(tree)
        {
            self.packed.push(Packed::Whole(Whole {
                tree,
                old: old.collect(),
                private_path: private_path.to_vec(),
                public_path: public_path.to_vec(),
                commit,
            }));
        }
    }

    /// A file that is to be copied.
    fn bring(
        &mut self,
        id: ObjectId,
        public_path: impl FnOnce() -> Vec<u8>,
        private_path: impl FnOnce() -> Vec<u8>,
    ) {
        if self.trees_only || self.failed.is_some() || !self.seen.insert(id) {
            return;
        }
        let packed = match self.file(id, public_path) {
            Ok(packed) => packed,
            Err(err) => {
                let finding = RawFinding::unreadable(&err).path(private_path());
                let commit = self.commit.map(|(number, _)| number);
                Packed::Unreadable(id, Box::new(RawFinding { commit, ..finding }))
            }
        };
        self.packed.push(packed);
    }
}

impl Load<'_> {
    /// A file: ours to write if a transform made it.
    fn file(
        &mut self,
        id: ObjectId,
        public_path: impl FnOnce() -> Vec<u8>,
    ) -> Result<Packed, ObjectError> {
        let Some(made) = self.files.made(id)? else {
            // The type, too: a tree or a commit must not pass for a file.
            self.files.size(id)?;
            return Ok(Packed::File(id, public_path()));
        };
        match self.encoder.whole(Kind::Blob, id, &made) {
            Ok(made) => Ok(Packed::Ours(made)),
            Err(err) => {
                self.failed = Some(err);
                Ok(Packed::File(id, public_path()))
            }
        }
    }
}

impl Visitor for Load<'_> {
    fn opens(&mut self, shown: &Shown, path: &[u8], old: &[Shown]) -> bool {
        let old = old.iter().filter(|old| old.as_is).map(|old| old.tree);
        self.whole(shown.tree, old, shown.private_path(), path);
        false
    }

    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        let Opened { shown, path, listing, old, .. } = opened;
        if self.failed.is_some() || !self.seen.insert(shown.tree) {
            return false;
        }
        let is_delta = !std::mem::take(&mut self.whole);
        let old = old.first().filter(|_| is_delta);
        let old = old.map(|(id, listing)| (*id, listing.tree_bytes()));
        let old = old.as_ref().map(|(id, bytes)| (*id, &bytes[..]));
        match self.encoder.tree(shown.tree, listing.tree_bytes(), old) {
            Ok(tree) => self.packed.push(match tree.without_much_data() {
                Ok(tree) => Packed::Large(tree, self.image, path.to_vec()),
                Err(tree) => Packed::Ours(tree),
            }),
            Err(err) => self.failed = Some(err),
        }
        true
    }

    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, _old: bool) {
        if entry.kind != EntryKind::Gitlink {
            let (public, private) = (|| place.public_path(entry), || place.private_path(entry));
            self.bring(entry.id, public, private);
        }
    }
}

/// Hands on what was packed, in the order of the commits: of what several threads met,
/// the first counts.
pub(super) struct Counter<'a> {
    pub(super) sink: &'a mut dyn Sink,
    taken: FxHashSet<ObjectId>,
    /// Directories to be copied whole.
    pub(super) wholes: Vec<Whole>,
    pub(super) unreadable: Vec<RawFinding>,
}

impl<'a> Counter<'a> {
    pub(super) fn new(sink: &'a mut dyn Sink) -> Self {
        Self { sink, taken: FxHashSet::default(), wholes: Vec::new(), unreadable: Vec::new() }
    }

    /// Hands on; `whole` makes the tree that an image shows at a path, where it cannot be a
    /// delta. That is where the tree before is not ours: the private repository may hold it
    /// by chance, as some directory, and then it is copied from there. Or it is the end of a
    /// long chain already.
    pub(super) fn hand_on(
        &mut self,
        packed: Vec<Packed>,
        mut whole: impl FnMut(u32, &[u8]) -> Result<Option<Encoded>, SendError>,
    ) -> Result<(), SendError> {
        for one in packed {
            match one {
                Packed::Ours(object) => self.sink.write(object)?,
                Packed::Step(step, image) => {
                    let can_stand = step.stands_on().is_none_or(|base| self.sink.holds(base));
                    let tree = if can_stand { None } else { whole(image, b"")? };
                    self.sink.write(tree.unwrap_or(step))?;
                }
                Packed::Large(tree, ..) if self.sink.holds(tree.id()) => {}
                Packed::Large(tree, image, path) => {
                    let can_stand = tree.stands_on().is_none_or(|base| self.sink.bears(base));
                    let whole = if can_stand { None } else { whole(image, &path)? };
                    self.sink.write(whole.unwrap_or(tree))?;
                }
                Packed::File(id, path) if self.taken.insert(id) => self.sink.copy(id, &path)?,
                Packed::Whole(whole) if self.taken.insert(whole.tree) => self.wholes.push(whole),
                Packed::Unreadable(id, finding) if self.taken.insert(id) => {
                    self.unreadable.push(*finding);
                }
                Packed::File(..) | Packed::Whole(_) | Packed::Unreadable(..) => {}
            }
        }
        Ok(())
    }

    /// Forgets what was handed on: what comes is to be brought again.
    pub(super) fn forget(&mut self) {
        self.taken.clear();
    }
}
