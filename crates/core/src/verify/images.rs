// SPDX-License-Identifier: Apache-2.0
//! The claimed map as a public graph: which images there are, on which parents.
//!
//! The parents of an image are not claimed but follow from the map, by the
//! verifier's own reduction; those of an original are all that its commit has. An
//! image that is judged later proves them: its bytes name them.

use std::collections::HashMap;

use repo_sync_shared::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::Claims;
use super::graph::Graph;
use super::history::History;
use super::manifest::Seam;
use super::stop::Stop;

/// The claimed images.
#[derive(Default)]
pub(super) struct Images {
    pub(super) graph: Graph,
    ids: Vec<ObjectId>,
    index: FxHashMap<ObjectId, u32>,
    /// The private commit that an image shows the tree of.
    sources: Vec<Option<u32>>,
    /// The trees that are known.
    trees: Vec<Option<ObjectId>>,
    of: Vec<Option<u32>>,
    published: Vec<bool>,
    /// Whether the image of a commit is the original that it records.
    is_original: Vec<bool>,
}

impl Images {
    /// Reads the claims against the history.
    pub(super) fn read(
        claims: &Claims,
        history: &History<'_>,
        seams: &FxHashMap<u32, Seam>,
    ) -> Result<Self, Stop> {
        let mut this = Self::default();
        for (commit, claim) in history.numbers().zip(&claims.commits) {
            let id = claim.private.id();
            let inherited = history.parents(commit).iter().find_map(|&p| this.of[p as usize]);
            let claimed = claim.image.map(|image| image.id());
            let is_original = claim.published && !seams.contains_key(&commit);
            let is_original =
                is_original && claimed.is_some_and(|image| Some(image) == history.recorded(commit));
            this.is_original.push(is_original);
            let image = match claimed {
                Some(image) if claim.published => {
                    let known = this.number(image);
                    let node = match known {
                        Some(node) => node,
                        None => {
                            let (parents, tree) = match seams.get(&commit) {
                                Some(seam) => this.below_seam(seam, image),
                                None => (this.parents(history, commit), None),
                            };
                            this.add(image, parents, tree)
                        }
                    };
                    this.sources[node as usize].get_or_insert(commit);
                    Some(node)
                }
                image if image == inherited.map(|node| this.id(node)) => inherited,
                _ => {
                    let fault = "it is dropped and inherits another image than its parents have";
                    return Err(Stop::unsound(format!("private commit {id}: {fault}")));
                }
            };
            this.of.push(image);
            this.published.push(claim.published && image.is_some());
        }
        Ok(this)
    }

    /// What a seam's image stands on, and its tree as far as the manifest knows it.
    fn below_seam(&mut self, seam: &Seam, image: ObjectId) -> (Vec<u32>, Option<ObjectId>) {
        match seam.public {
            Some((public, tree)) if public == image => (Vec::new(), Some(tree)),
            Some((public, tree)) => {
                let known = self.number(public);
                (vec![known.unwrap_or_else(|| self.add(public, Vec::new(), Some(tree)))], None)
            }
            None => (Vec::new(), None),
        }
    }

    fn add(&mut self, id: ObjectId, parents: Vec<u32>, tree: Option<ObjectId>) -> u32 {
        let node = self.graph.add(parents);
        self.ids.push(id);
        self.sources.push(None);
        self.trees.push(tree);
        self.index.insert(id, node);
        node
    }

    /// The parents of a commit's image, as far as it has one that is no seam's.
    pub(super) fn parents(&self, history: &History<'_>, commit: u32) -> Vec<u32> {
        if self.is_original[commit as usize] {
            history.parents(commit).iter().filter_map(|&parent| self.of(parent)).collect()
        } else {
            self.reduced(history, commit)
        }
    }

    /// The parents of a commit's image, were it published by the ordinary rule: those
    /// without an image go, duplicates join, and one that was dropped goes, unless it is
    /// the first, if what it inherits lies behind another.
    pub(super) fn reduced(&self, history: &History<'_>, commit: u32) -> Vec<u32> {
        let mut parents: Vec<(u32, bool)> = Vec::new();
        for &parent in history.parents(commit) {
            let Some(image) = self.of[parent as usize] else { continue };
            let published = self.published[parent as usize];
            match parents.iter_mut().find(|(known, _)| *known == image) {
                Some((_, known)) => *known |= published,
                None => parents.push((image, published)),
            }
        }
        let behind_another = |image: u32| {
            let mut others = parents.iter().filter(|(other, _)| *other != image);
            others.any(|(other, _)| self.graph.reaches(*other, image))
        };
        let stays = |&(at, &(image, published)): &(usize, &(u32, bool))| {
            at == 0 || published || !behind_another(image)
        };
        parents.iter().enumerate().filter(stays).map(|(_, (image, _))| *image).collect()
    }

    pub(super) fn number(&self, id: ObjectId) -> Option<u32> {
        self.index.get(&id).copied()
    }

    pub(super) fn id(&self, image: u32) -> ObjectId {
        self.ids[image as usize]
    }

    /// The image of a private commit, its own or inherited.
    pub(super) fn of(&self, commit: u32) -> Option<u32> {
        self.of[commit as usize]
    }

    /// The image of its own that a private commit has.
    pub(super) fn own(&self, commit: u32) -> Option<u32> {
        self.of(commit).filter(|_| self.published[commit as usize])
    }

    pub(super) fn source(&self, image: u32) -> Option<u32> {
        self.sources[image as usize]
    }

    pub(super) fn tree(&self, image: u32) -> Option<ObjectId> {
        self.trees[image as usize]
    }

    pub(super) fn know_tree(&mut self, image: u32, tree: ObjectId) {
        self.trees[image as usize] = Some(tree);
    }

    /// The images behind what the mirror shows, by number.
    pub(super) fn behind(&self, seen: &[(Vec<u8>, ObjectId)], beyond: &Beyond) -> Vec<bool> {
        let met = beyond.behind(seen.iter().map(|(_, id)| *id));
        self.graph.behind(met.iter().filter_map(|id| self.number(*id)))
    }

    /// Whether `from` is `to` or has it behind it.
    pub(super) fn descends(&self, from: ObjectId, to: ObjectId, beyond: &Beyond) -> bool {
        if let (Some(from), Some(to)) = (self.number(from), self.number(to))
            && self.graph.reaches(from, to)
        {
            return true;
        }
        // Of what lies behind a seam only the mirror knows.
        let ends = self.number(from).map(|node| {
            let behind = self.graph.behind([node]);
            let ids = behind.iter().zip(&self.ids).filter(|(behind, _)| **behind);
            ids.map(|(_, id)| *id).collect::<Vec<_>>()
        });
        beyond.behind(ends.unwrap_or_else(|| vec![from])).contains(&to)
    }
}

/// Commits of the mirror with their parents, as git told them.
#[derive(Default)]
pub(super) struct Beyond(HashMap<ObjectId, Vec<ObjectId>>);

impl Beyond {
    pub(super) fn new(claims: &Claims) -> Self {
        let commits = claims.beyond.iter().map(|(commit, parents)| {
            (commit.id(), parents.iter().map(|parent| parent.id()).collect())
        });
        Self(commits.collect())
    }

    /// These commits and what is known to lie behind them.
    fn behind(&self, from: impl IntoIterator<Item = ObjectId>) -> FxHashSet<ObjectId> {
        let mut met = FxHashSet::default();
        let mut open: Vec<ObjectId> = from.into_iter().collect();
        while let Some(commit) = open.pop() {
            if met.insert(commit) {
                open.extend(self.0.get(&commit).into_iter().flatten());
            }
        }
        met
    }
}
