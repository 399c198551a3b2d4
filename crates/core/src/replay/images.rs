// SPDX-License-Identifier: Apache-2.0
//! The public commits that a replay makes, and which private commit has which.

use repo_sync_shared::{PublicCommit, PublicTree};

use crate::dag::Dag;
use crate::numbers::Numbers;

/// What became of a private commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has an image of its own.
    Published,
    /// It has none; its children inherit one, if there is one to inherit.
    Dropped,
}

/// The images, numbered parents first, and the map to them.
#[derive(Default)]
pub struct Images {
    ids: Vec<PublicCommit>,
    trees: Vec<PublicTree>,
    /// The private commit that an image was made from; `None` for a public commit
    /// that only the mirror has.
    sources: Vec<Option<u32>>,
    /// The private commit whose filtered tree an image shows.
    shown_by: Vec<Option<u32>>,
    index: Numbers,
    of: Vec<Option<u32>>,
    fates: Vec<Fate>,
    /// The graph of the images, by the same numbers.
    pub dag: Dag,
}

impl Images {
    /// None yet, and room for those of so many commits, and for so many of them at least.
    pub(super) fn with_capacity(commits: usize, images: usize) -> Self {
        Self {
            ids: Vec::with_capacity(images),
            trees: Vec::with_capacity(images),
            sources: Vec::with_capacity(images),
            shown_by: Vec::with_capacity(images),
            index: Numbers::with_capacity(images),
            of: Vec::with_capacity(commits),
            fates: Vec::with_capacity(commits),
            dag: Dag::with_capacity(images),
        }
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The numbers of all images, parents first.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.ids.len()).expect("there are no more images than commits")
    }

    /// The image of a private commit, own or inherited.
    pub fn of(&self, commit: u32) -> Option<u32> {
        self.of[commit as usize]
    }

    /// What became of a private commit.
    pub fn fate(&self, commit: u32) -> Fate {
        self.fates[commit as usize]
    }

    /// The image of its own that a private commit has.
    pub fn own(&self, commit: u32) -> Option<u32> {
        match self.fate(commit) {
            Fate::Published => self.of(commit),
            Fate::Dropped => None,
        }
    }

    /// The id of an image.
    pub fn id(&self, image: u32) -> PublicCommit {
        self.ids[image as usize]
    }

    /// The tree of an image.
    pub fn tree(&self, image: u32) -> PublicTree {
        self.trees[image as usize]
    }

    /// The image of this id.
    pub fn number(&self, id: PublicCommit) -> Option<u32> {
        self.index.get(id.id(), |image| self.id(image).id())
    }

    /// The private commit that an image was made from; `None` if it was found on
    /// the mirror.
    pub fn source(&self, image: u32) -> Option<u32> {
        self.sources[image as usize]
    }

    /// The private commit whose filtered tree is the image's tree, if there is one.
    pub(crate) fn shown_by(&self, image: u32) -> Option<u32> {
        self.shown_by[image as usize]
    }

    /// The images that `tips` show and the public ones do not, parents first, without
    /// those that only the mirror has.
    pub(crate) fn new_behind(
        &self,
        tips: impl IntoIterator<Item = u32>,
        public: &[bool],
    ) -> Vec<u32> {
        let wanted = self.dag.ancestors(tips);
        let is_new = |&image: &u32| {
            wanted[image as usize] && !public[image as usize] && self.source(image).is_some()
        };
        self.numbers().filter(is_new).collect()
    }

    /// The next private commit has no image of its own.
    pub(super) fn drop_commit(&mut self, inherited: Option<u32>) {
        self.of.push(inherited);
        self.fates.push(Fate::Dropped);
    }

    /// The next private commit, `commit`, has this image.
    pub(super) fn publish(
        &mut self,
        commit: u32,
        id: PublicCommit,
        tree: PublicTree,
        parents: &[u32],
    ) {
        let image = self.image(id, tree, parents, Some(commit), Some(commit));
        self.of.push(Some(image));
        self.fates.push(Fate::Published);
    }

    /// The next private commit, `commit`, has an image that the mirror had before.
    pub(super) fn join(&mut self, commit: u32, id: PublicCommit, tree: PublicTree) {
        let image = self.image(id, tree, &[], None, Some(commit));
        self.of.push(Some(image));
        self.fates.push(Fate::Published);
    }

    /// A public commit of the mirror that a seam builds upon.
    pub(super) fn foreign_base(&mut self, id: PublicCommit, tree: PublicTree) -> u32 {
        self.image(id, tree, &[], None, None)
    }

    /// The next private commit has this image, its own or one that it inherits.
    pub(super) fn recall(&mut self, image: Option<u32>, published: bool) {
        self.of.push(image);
        self.fates.push(if published { Fate::Published } else { Fate::Dropped });
    }

    /// Two private commits that differ in private things only have one image.
    pub(super) fn image(
        &mut self,
        id: PublicCommit,
        tree: PublicTree,
        parents: &[u32],
        source: Option<u32>,
        shown_by: Option<u32>,
    ) -> u32 {
        if let Some(image) = self.number(id) {
            if self.shown_by[image as usize].is_none() {
                self.shown_by[image as usize] = shown_by;
            }
            return image;
        }
        let image = self.dag.push(parents);
        self.index.insert(id.id(), image, |image| self.ids[image as usize].id());
        self.ids.push(id);
        self.trees.push(tree);
        self.sources.push(source);
        self.shown_by.push(shown_by);
        image
    }
}
