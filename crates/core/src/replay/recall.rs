// SPDX-License-Identifier: Apache-2.0
//! What is remembered of earlier replays, taken over.

use super::Replay;
use crate::history::History;
use crate::ledger::{KnownFate, KnownImage, Ledger};

/// A ledger, and where its numbers are in this replay.
pub(super) struct Recalled<'l> {
    ledger: &'l Ledger,
    /// The number of each remembered commit, as far as the tips reach it.
    commits: Vec<Option<u32>>,
    /// The number of each remembered image, once it was taken over.
    images: Vec<Option<u32>>,
}

impl<'l> Recalled<'l> {
    pub(super) fn new(ledger: &'l Ledger, history: &History) -> Self {
        let mut commits = vec![None; ledger.len() as usize];
        for commit in history.numbers() {
            if let Some(known) = history.remembered(commit) {
                commits[known as usize] = Some(commit);
            }
        }
        Self { ledger, commits, images: vec![None; ledger.images()] }
    }
}

impl Replay<'_> {
    /// Gives a commit the image that it had before, or drops it as before.
    pub(super) fn recall(&mut self, commit: u32, recalled: &mut Recalled<'_>, known: u32) {
        let KnownFate { image, published, dropped_headers } = recalled.ledger.fate(known);
        if dropped_headers > 0 {
            self.dropped_headers.push((commit, dropped_headers));
        }
        let image = image.map(|image| self.recall_image(recalled, image));
        self.images_mut().recall(image, published);
    }

    /// The number of a remembered image, which is taken over with its parents if it is
    /// not there yet: what a seam builds upon has no commit.
    fn recall_image(&mut self, recalled: &mut Recalled<'_>, known: u32) -> u32 {
        if let Some(image) = recalled.images[known as usize] {
            return image;
        }
        let KnownImage { id, tree, parents, source, shown_by } = recalled.ledger.image(known);
        let commit = |known: Option<u32>| recalled.commits[known? as usize];
        let (source, shown_by) = (commit(source), commit(shown_by));
        let parents: Vec<u32> =
            parents.iter().map(|&parent| self.recall_image(recalled, parent)).collect();
        let image = self.images_mut().image(id, tree, &parents, source, shown_by);
        recalled.images[known as usize] = Some(image);
        image
    }

    /// Whether an image was not made by this replay, but remembered.
    pub(crate) fn is_remembered(&self, image: u32) -> bool {
        let commit = self.images.source(image).or(self.images.shown_by(image));
        commit.is_some_and(|commit| self.history.remembered(commit).is_some())
    }

    /// How many headers the image of a commit does without.
    pub(crate) fn dropped_headers_of(&self, commit: u32) -> u32 {
        let found = self.dropped_headers.binary_search_by_key(&commit, |&(commit, _)| commit);
        found.map_or(0, |at| self.dropped_headers[at].1)
    }
}
