// SPDX-License-Identifier: Apache-2.0
//! What a store must hold of the published history so that git can push from it.
//!
//! Git finds out what a mirror lacks by walking from the new commits to those
//! that the mirror shows. It needs the commits on that way, and the trees of those
//! that new commits stand on; no file, unless dates mislead it, and nothing behind. All of it is made anew
//! from the private side: nothing is downloaded.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::replay::Images;

/// The published commits that a store needs, by image.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Boundary {
    /// The commits, parents first.
    pub(crate) commits: Vec<u32>,
    /// Those of them whose parents the store does not hold.
    pub(crate) shallow: Vec<u32>,
    /// Those of them whose trees it needs, in the same order.
    pub(crate) with_trees: Vec<u32>,
    /// Whether these trees come with their files.
    pub(crate) with_files: bool,
}

impl Boundary {
    /// The boundary for `new` images and for refs that should stand at `targets`,
    /// on a mirror that holds the `public` images and shows refs at `shown`.
    pub(crate) fn find(
        images: &Images,
        new: &[u32],
        targets: &[u32],
        public: &[bool],
        shown: &[u32],
    ) -> Self {
        let parents = new.iter().flat_map(|&image| images.dag.parents(image)).copied();
        let with_trees: FxHashSet<u32> =
            parents.filter(|&parent| public[parent as usize]).collect();
        let named = targets.iter().copied().filter(|&image| public[image as usize]);
        let mut above = vec![false; images.len()];
        for image in with_trees.iter().copied().chain(named) {
            above[image as usize] = true;
        }
        // Every way from what the mirror shows down to what is built upon.
        let behind_shown = images.dag.ancestors(shown.iter().copied());
        for image in images.numbers() {
            let at = image as usize;
            above[at] |= images.dag.parents(image).iter().any(|&p| above[p as usize]);
        }
        let on_the_way = |image: u32| above[image as usize] && behind_shown[image as usize];
        let mut held = vec![false; images.len()];
        let mut complete = vec![false; images.len()];
        for image in images.numbers().filter(|&image| on_the_way(image)) {
            held[image as usize] = true;
            let parents = images.dag.parents(image);
            // A commit with one parent on the way needs the others too, or git would
            // see none of them.
            if parents.iter().any(|&parent| on_the_way(parent)) {
                complete[image as usize] = true;
                for &parent in parents {
                    held[parent as usize] = true;
                }
            }
        }
        let commits: Vec<u32> = images.numbers().filter(|&image| held[image as usize]).collect();
        let is_shallow =
            |image: &u32| !complete[*image as usize] && !images.dag.parents(*image).is_empty();
        let shallow = commits.iter().copied().filter(is_shallow).collect();
        let with_trees =
            commits.iter().copied().filter(|image| with_trees.contains(image)).collect();
        Self { commits, shallow, with_trees, with_files: false }
    }

    /// Makes up for dates that run backwards: git walks by them, may take any commit
    /// here that the mirror does not show for a new one, and then sends all of it.
    ///
    /// # Errors
    /// A date could not be looked up.
    pub(crate) fn allow_for_dates<E>(
        &mut self,
        images: &Images,
        new: &[u32],
        shown: &[u32],
        mut date: impl FnMut(u32) -> Result<Option<i64>, E>,
    ) -> Result<(), E> {
        if self.commits.iter().all(|image| shown.contains(image)) {
            return Ok(());
        }
        let mut dates = FxHashMap::default();
        for &image in self.commits.iter().chain(new) {
            let own = date(image)?;
            // Of parents that are not here git knows nothing either.
            let parents = images.dag.parents(image).iter().filter_map(|parent| dates.get(parent));
            if own.is_none_or(|own| parents.copied().max() > Some(own)) {
                self.with_trees.clone_from(&self.commits);
                self.with_files = true;
                return Ok(());
            }
            dates.extend(own.map(|own| (image, own)));
        }
        Ok(())
    }
}
