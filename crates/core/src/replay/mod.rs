// SPDX-License-Identifier: Apache-2.0
//! Commit graph in, images out.
//!
//! [`Replay`] goes through the private history, parents first, and gives
//! each commit its image or drops it: the rules of the public history
//! (algorithm 1). It knows nothing of refs or remotes, and it writes nothing;
//! [`Replay::commit_bytes`] makes the bytes of an image when somebody wants them.

mod bytes;
mod images;
mod original;
mod parents;
mod reading;
mod recall;
mod seam;
mod text;

use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::{Check, ObjectId, PrivateCommit, PublicCommit, PublicTree};

use crate::error::RunError;
use crate::filter::{
    self, Filter, FilterError, KnownSteps, PrivateWalk, PublicFiles, Shown, Step, Visit, Visitor,
    locate, walk,
};
use crate::git::{Object, ObjectError, Objects};
use crate::history::History;
use crate::ledger::{self, Ledger};
use crate::manifest::Shape;
use crate::message::publish_empty;
use crate::object::{self, Kind, RawCommit};
use crate::policy::{InForce, Settled, Withheld};
use crate::progress::{Phase, Progress};
use crate::report::{RawFinding, Weight};
use crate::survey::Survey;

pub use images::{Fate, Images};
pub use original::ORIGINAL;
pub(crate) use original::record_of;

use original::unused;
use parents::{Inherited, inherited, reduce};
use reading::{Read, each_block};
use recall::Recalled;
use text::Texts;

/// The number of the rules that this module keeps. A change that alters one id is
/// a new number.
pub const ALGORITHM: u32 = 1;

/// A private history and what became of it.
pub struct Replay<'r> {
    /// The private commits.
    pub history: Arc<History>,
    /// Their images.
    pub images: Arc<Images>,
    /// What was found on the way, by private commit.
    pub findings: Vec<RawFinding>,
    /// The commits whose images do without headers that are not on the allow-list, and
    /// how many those are.
    dropped_headers: Vec<(u32, u32)>,
    objects: &'r Objects<'r>,
    filters: Vec<Filter<'r>>,
    texts: Texts,
    terms: Arc<Terms>,
}

/// A replay that has ended, without what only one thread can have: each may make one of
/// it that answers alike.
pub(crate) struct Seed<'r> {
    objects: &'r Objects<'r>,
    history: Arc<History>,
    images: Arc<Images>,
    terms: Arc<Terms>,
    filters: Vec<filter::Seed>,
}

impl<'r> Seed<'r> {
    /// The replay.
    pub(crate) fn replay(&self) -> Replay<'r> {
        let objects = self.objects;
        Replay {
            history: self.history.clone(),
            images: self.images.clone(),
            findings: Vec::new(),
            dropped_headers: Vec::new(),
            objects,
            filters: self.filters.iter().map(|filter| filter.filter(objects)).collect(),
            texts: Texts::default(),
            terms: self.terms.clone(),
        }
    }
}

/// What the policy tip adds to the history itself.
pub struct Terms {
    /// Which manifest shapes each commit.
    pub in_force: InForce,
    /// Where seams begin anew.
    pub settled: Settled,
    /// What is withheld.
    pub withheld: Withheld,
}

impl<'r> Replay<'r> {
    /// Replays `history` under `terms`, with what is known of its trees, and takes over
    /// what the ledger remembers.
    ///
    /// # Errors
    /// An object that is needed cannot be read; a seam joins another tree.
    pub(crate) fn run(
        objects: &'r Objects<'r>,
        history: History,
        mut terms: Terms,
        mut survey: Survey,
        ledger: Option<&Ledger>,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let findings = std::mem::take(&mut terms.in_force.findings);
        let filters = terms.in_force.shapes().iter().map(|shape| {
            let mut filter = Filter::new(objects, shape.clone());
            survey.tell(&mut filter);
            filter
        });
        let known = ledger.map_or(0, |ledger| ledger.images() + ledger::NEW);
        let mut this = Self {
            images: Arc::new(Images::with_capacity(history.len(), known)),
            findings,
            dropped_headers: Vec::new(),
            objects,
            filters: filters.collect(),
            texts: Texts::default(),
            terms: Arc::new(terms),
            history: Arc::new(history),
        };
        let mut recalled = ledger.map(|ledger| Recalled::new(ledger, &this.history));
        progress.start(Phase::Replay, Some(this.history.len() as u64));
        let (history, terms) = (this.history.clone(), this.terms.clone());
        each_block(objects, &history, &terms, |block| {
            progress.advance(Phase::Replay, block.len() as u64);
            if progress.interrupted() {
                return Err(RunError::Interrupted);
            }
            for (commit, read) in block {
                match read {
                    Read::Remembered(known) => {
                        let recalled = recalled.as_mut().expect("a ledger is what remembers");
                        this.recall(commit, recalled, known);
                    }
                    Read::Ungoverned => this.inherit(commit),
                    Read::Governed(shape, object) => this.step(commit, shape, object)?,
                }
            }
            Ok(())
        })?;
        progress.finish(Phase::Replay);
        this.filters.iter_mut().for_each(Filter::share);
        Ok(this)
    }

    /// What it takes to ask about images in another thread.
    pub(crate) fn seed(&self) -> Seed<'r> {
        Seed {
            objects: self.objects,
            history: self.history.clone(),
            images: self.images.clone(),
            terms: self.terms.clone(),
            filters: self.filters.iter().map(Filter::seed).collect(),
        }
    }

    /// The images, of a replay that is under way.
    fn images_mut(&mut self) -> &mut Images {
        Arc::get_mut(&mut self.images).expect("nobody shares them before the replay has ended")
    }

    /// Drops a commit that no manifest governs.
    fn inherit(&mut self, commit: u32) {
        let inherited = inherited(&self.images, &self.history, commit);
        self.images_mut().drop_commit(inherited);
    }

    /// Gives one commit its image, or drops it.
    fn step(
        &mut self,
        commit: u32,
        shape: u32,
        object: Result<Vec<u8>, ObjectError>,
    ) -> Result<(), RunError> {
        let tree = self.filter_tree(commit, shape)?;
        if let Some(seam) = self.terms.settled.seam(commit).cloned() {
            return self.join(commit, &seam, tree);
        }
        let parents: Vec<Inherited> = self
            .history
            .dag
            .parents(commit)
            .iter()
            .filter_map(|&parent| {
                let image = self.images.of(parent)?;
                Some(Inherited { image, dropped: self.images.fate(parent) == Fate::Dropped })
            })
            .collect();
        if parents.is_empty() && tree.id() == ObjectId::EMPTY_TREE {
            self.images_mut().drop_commit(None);
            return Ok(());
        }
        let object = object.map_err(|err| self.unreadable(&err, commit))?;
        let raw = self.parse(commit, &object)?;
        if let Some(original) = self.original(commit, &raw, tree)? {
            self.keep(commit, &raw, original, tree);
            return Ok(());
        }
        let parents = reduce(parents, &self.images.dag);
        if let [only] = parents[..]
            && self.images.tree(only) == tree
            && !raw.message.is_some_and(publish_empty)
        {
            self.images_mut().drop_commit(Some(only));
            return Ok(());
        }
        if let Some((original, _)) = record_of(&raw) {
            self.findings.push(unused(commit, original));
        }
        self.count_dropped(commit, raw.other_headers.len());
        let ids: Vec<PublicCommit> = parents.iter().map(|&image| self.images.id(image)).collect();
        let context = self.context(commit, self.filters[shape as usize].shape());
        let written = self.texts.commit(&context, &raw, tree, &ids)?;
        self.refuse_mails(commit, &written.refused_mails);
        let id = PublicCommit::new(object::hash(Kind::Commit, &written.bytes));
        self.images_mut().publish(commit, id, tree, &parents);
        Ok(())
    }

    /// Notes how many headers the image of a commit does without.
    fn count_dropped(&mut self, commit: u32, headers: usize) {
        if let Ok(count @ 1..) = u32::try_from(headers) {
            self.dropped_headers.push((commit, count));
        }
    }

    /// The message of a tag on `commit`, as the mirror shows it, and its tagger.
    pub(crate) fn tag_texts(
        &self,
        commit: u32,
        tagger: Option<&[u8]>,
        message: Option<&[u8]>,
    ) -> Result<text::TagTexts, RunError> {
        let shape = self.shape_of(commit);
        let context = self.context(commit, &shape);
        self.texts.tag(&context, tagger, message)
    }

    /// The shape of what the mirror would show of a commit, if a manifest governs
    /// it.
    pub(crate) fn shape_in_force(&self, commit: u32) -> Option<Arc<Shape>> {
        let shape = self.terms.in_force.shape(commit)?;
        Some(self.filters[shape as usize].shape().clone())
    }

    /// How many headers were dropped because they are not on the allow-list.
    pub fn dropped_headers(&self) -> u64 {
        self.dropped_headers.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// Which manifest shapes each commit.
    pub(crate) fn in_force(&self) -> &InForce {
        &self.terms.in_force
    }

    /// Whether a seam made the image of this commit.
    pub(crate) fn is_seam(&self, commit: u32) -> bool {
        self.terms.settled.seam(commit).is_some()
    }

    /// Why a commit was not even looked at, if it was not.
    pub(crate) fn set_aside(&self, commit: u32) -> Option<String> {
        if !self.terms.settled.covers(commit) {
            return Some("it lies behind a seam".to_owned());
        }
        self.terms.withheld.contains(commit).then(|| "it is withheld".to_owned())
    }

    /// The shape of a commit that has an image of its own.
    pub(crate) fn shape_of(&self, commit: u32) -> Arc<Shape> {
        let shape =
            self.terms.in_force.shape(commit).expect("a published commit has a manifest in force");
        self.filters[shape as usize].shape().clone()
    }

    /// The public tree of an image and the directory behind it. `None` for a
    /// public commit that only the mirror knows.
    ///
    /// # Errors
    /// A tree cannot be read any more.
    pub fn shown(&mut self, image: u32) -> Result<Option<Shown>, RunError> {
        let Some(commit) = self.images.shown_by(image) else { return Ok(None) };
        let filter =
            self.terms.in_force.shape(commit).expect("only a shaped commit has an image") as usize;
        let root = self.history.tree(commit);
        let directory =
            self.filters[filter].directory(root).map_err(|err| self.unfiltered(&err, commit))?;
        // Collisions were told of when the commit was replayed.
        self.filters[filter].take_collisions();
        let tree = self.images.tree(image).id();
        Ok(Some(Shown { filter, directory, tree, as_is: tree == root.id() }))
    }

    /// Tells `visitor` what an image shows and none of its parents does; nothing of a
    /// public commit that only the mirror knows.
    ///
    /// # Errors
    /// A tree cannot be read any more.
    pub(crate) fn walk_new(
        &mut self,
        image: u32,
        visitor: &mut dyn Visitor,
    ) -> Result<(), RunError> {
        let (Some(commit), Some(shown)) = (self.images.shown_by(image), self.shown(image)?) else {
            return Ok(());
        };
        let mut parents = Vec::new();
        for parent in self.images.dag.parents(image).to_vec() {
            parents.extend(self.shown(parent)?);
        }
        walk(&mut self.filters, &shown, &parents, visitor)
            .map_err(|err| self.unfiltered(&err, commit))
    }

    /// The steps of each filter, by its number.
    pub(crate) fn steps(&self) -> Vec<KnownSteps> {
        self.filters.iter().map(Filter::steps).collect()
    }

    /// The filter and the step, of these, that makes an image's tree of the tree of its
    /// first parent, if that is known. None has to do with a tree that the private
    /// repository holds as it is.
    pub(crate) fn step_to<'s>(
        &self,
        image: u32,
        steps: &'s [KnownSteps],
    ) -> Option<(usize, Step<'s>)> {
        let &first = self.images.dag.parents(image).first()?;
        let commit = self.images.shown_by(image)?;
        let filter = self.terms.in_force.shape(commit)? as usize;
        let step = steps[filter].to(self.history.tree(commit))?;
        let before = self.filters[filter].known_root(step.before)?;
        let is_ours = |image: u32| {
            let shown_by = self.images.shown_by(image);
            let root = shown_by.map(|commit| self.history.tree(commit).id());
            root.is_some_and(|root| root != self.images.tree(image).id())
        };
        let leads = before == self.images.tree(first) && is_ours(first) && is_ours(image);
        leads.then_some((filter, step))
    }

    /// The public tree that a private commit's own tree comes to, whether the
    /// commit has an image or was dropped. `None` if no manifest governs it.
    ///
    /// # Errors
    /// A tree cannot be read; two entries would stand on one public path.
    pub fn filtered(&mut self, commit: u32) -> Result<Option<Shown>, RunError> {
        let Some(shape) = self.terms.in_force.shape(commit) else { return Ok(None) };
        let filter = shape as usize;
        let root = self.history.tree(commit);
        let tree = self.filters[filter].root(root).map_err(|err| self.unfiltered(&err, commit))?;
        let directory =
            self.filters[filter].directory(root).map_err(|err| self.unfiltered(&err, commit))?;
        self.filters[filter].take_collisions();
        Ok(Some(Shown { filter, directory, tree: tree.id(), as_is: tree.id() == root.id() }))
    }

    /// The private paths of a commit that meet the floor by another spelling only.
    ///
    /// # Errors
    /// A tree of which something is public cannot be read any more.
    pub(crate) fn aliases(&mut self, commit: u32) -> Result<Rc<[Vec<u8>]>, RunError> {
        let root = self.history.tree(commit);
        let Some(filter) = self.filter_of(commit) else { return Ok(Rc::default()) };
        let found = filter.aliases(root);
        found.map_err(|err| self.unfiltered(&err, commit))
    }

    /// The filter that reads a commit's tree, if a manifest governs it.
    pub(crate) fn filter_of(&mut self, commit: u32) -> Option<&mut Filter<'r>> {
        let shape = self.terms.in_force.shape(commit)?;
        Some(&mut self.filters[shape as usize])
    }

    /// Tells `visit` of the files of a commit that stand at private paths; see
    /// [`Filter::private_files`].
    pub(crate) fn private_files(
        &mut self,
        commit: u32,
        walk: &mut PrivateWalk<'r>,
        visit: &mut Visit<'_>,
    ) {
        if let Some(shape) = self.terms.in_force.shape(commit) {
            let root = self.history.tree(commit);
            self.filters[shape as usize].private_files(shape as usize, root, walk, visit);
        }
    }

    /// Whether two commits differ in anything that is private for the first.
    pub(crate) fn differ_in_private(&mut self, commit: u32, other: u32) -> Result<bool, RunError> {
        let (root, before) = (self.history.tree(commit), self.history.tree(other));
        let Some(filter) = self.filter_of(commit) else { return Ok(false) };
        let residues = filter.residue(root).and_then(|one| Ok((one, filter.residue(before)?)));
        let (one, other) = residues.map_err(|err| self.unfiltered(&err, commit))?;
        Ok(one != other)
    }

    /// Whether a commit lies behind a seam, and was not looked at for that.
    pub fn is_behind_seam(&self, commit: u32) -> bool {
        !self.terms.settled.covers(commit)
    }

    /// The filters, by the number that [`Shown`] holds.
    pub fn filters(&mut self) -> &mut [Filter<'r>] {
        &mut self.filters
    }

    /// The reader of the files that images show.
    pub(crate) fn files(&self) -> PublicFiles<'r> {
        Filter::files(self.objects, &self.filters)
    }

    /// The reader of the private repository's objects.
    pub(crate) fn objects(&self) -> &'r Objects<'r> {
        self.objects
    }

    fn filter_tree(&mut self, commit: u32, shape: u32) -> Result<PublicTree, RunError> {
        let filter = &mut self.filters[shape as usize];
        let root = self.history.tree(commit);
        let tree = filter.root(root);
        for collision in filter.take_collisions() {
            let hint = format!(
                "`{}` would stand on the same public path; change the moves or exclude one",
                repo_sync_shared::escape_bytes(&collision.one),
            );
            let finding = RawFinding::at(Check::PathCollision, commit, hint);
            // One of the two would be lost: no level makes that right.
            let finding = RawFinding { weight: Weight::Always, ..finding.path(collision.other) };
            self.findings.push(finding);
        }
        tree.map_err(|err| self.unfiltered(&err, commit))
    }

    /// Why the tree of a commit could not be filtered, with the place.
    pub(crate) fn unfiltered(&self, err: &FilterError, commit: u32) -> RunError {
        let (id, root) = (self.history.id(commit), self.history.tree(commit));
        let path = locate(self.objects, root, err.object());
        RunError::unfiltered(err, Some(id)).placed(id, path.as_deref())
    }

    /// Reads a private commit.
    fn read(&self, commit: u32) -> Result<Object<'r>, RunError> {
        let object = self.objects.read(self.history.id(commit).id(), Kind::Commit);
        object.map_err(|err| self.unreadable(&err, commit))
    }

    fn unreadable(&self, err: &ObjectError, commit: u32) -> RunError {
        RunError::unreadable(err, Some(self.history.id(commit)), None)
    }

    /// Understands a private commit.
    fn parse<'o>(&self, commit: u32, object: &'o [u8]) -> Result<RawCommit<'o>, RunError> {
        RawCommit::parse(object)
            .map_err(|err| RunError::malformed_commit(self.history.id(commit), &err))
    }

    /// What the texts of a commit are read with.
    fn context<'a>(&'a self, commit: u32, shape: &'a Shape) -> text::Context<'a, 'r> {
        let Self { objects, history, images, .. } = self;
        text::Context { objects, history, images, shape, commit }
    }

    /// The image of a private commit, own or inherited.
    pub fn image_of(&self, commit: PrivateCommit) -> Option<PublicCommit> {
        let image = self.images.of(self.history.number(commit)?)?;
        Some(self.images.id(image))
    }
}
