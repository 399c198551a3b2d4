// SPDX-License-Identifier: Apache-2.0
//! What the policy tip takes out of the ordinary replay: history that seams have
//! settled, and commits that are withheld.

use rustc_hash::FxHashMap;

use crate::error::UsageError;
use crate::history::History;
use crate::manifest::{Mirror, Seam, WithheldCommits};

/// Where the seams of a mirror begin its history anew.
pub struct Settled {
    seams: FxHashMap<u32, Seam>,
    /// Whether a commit is a seam's, or descends from one. Empty without seams.
    covered: Vec<bool>,
}

impl Settled {
    /// Finds the seams in the history. One that the listed branches do not reach
    /// settles nothing.
    pub fn find(mirror: &Mirror, history: &History) -> Self {
        let seams: FxHashMap<u32, Seam> = mirror
            .seams
            .iter()
            .filter_map(|seam| Some((history.number(seam.private)?, seam.clone())))
            .collect();
        let mut covered = Vec::new();
        if !mirror.seams.is_empty() {
            covered.resize(history.len(), false);
            for commit in history.numbers() {
                covered[commit as usize] = seams.contains_key(&commit)
                    || history.dag.parents(commit).iter().any(|&p| covered[p as usize]);
            }
        }
        Self { seams, covered }
    }

    /// Whether the mirror has no seam.
    pub fn is_empty(&self) -> bool {
        self.covered.is_empty()
    }

    /// The seam at a commit.
    pub fn seam(&self, commit: u32) -> Option<&Seam> {
        self.seams.get(&commit)
    }

    /// Whether the commit can have an image: there are no seams, or it is a
    /// seam's, or descends from one.
    pub fn covers(&self, commit: u32) -> bool {
        self.covered.get(commit as usize).copied().unwrap_or(true)
    }

    /// The commits at which a shallow clone cuts off something that is needed.
    ///
    /// What lies behind every seam is not needed. A commit that is no ancestor of
    /// each of them could descend from one by way of what is cut off, and then
    /// have an image.
    pub fn cut_off<'h>(&'h self, history: &'h History) -> impl Iterator<Item = u32> + 'h {
        history.cut_off.iter().copied().filter(|&commit| {
            self.seams.is_empty()
                || !self.seams.keys().all(|&seam| history.dag.is_ancestor(commit, seam))
        })
    }
}

/// The commits that are withheld.
pub struct Withheld(Vec<bool>);

impl Withheld {
    /// Finds them in the history.
    ///
    /// # Errors
    /// The end of a range is not in it: the range would withhold nothing.
    pub fn find(mirror: &Mirror, history: &History) -> Result<Self, UsageError> {
        let mut withheld = Vec::new();
        for entry in &mirror.withhold {
            withheld.resize(history.len(), false);
            match entry.commits {
                WithheldCommits::One(commit) => {
                    if let Some(number) = history.number(commit) {
                        withheld[number as usize] = true;
                    }
                }
                WithheldCommits::Range(from, to) => {
                    let Some(to) = history.number(to) else { continue };
                    let from = history.number(from).ok_or(UsageError::WithheldRange(from))?;
                    let (before, all) =
                        (history.dag.ancestors([from]), history.dag.ancestors([to]));
                    for (withheld, (before, all)) in
                        withheld.iter_mut().zip(before.iter().zip(&all))
                    {
                        *withheld |= all & !before;
                    }
                }
            }
        }
        Ok(Self(withheld))
    }

    /// Whether a commit is withheld.
    pub fn contains(&self, commit: u32) -> bool {
        self.0.get(commit as usize).copied().unwrap_or(false)
    }
}
