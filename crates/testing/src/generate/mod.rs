// SPDX-License-Identifier: Apache-2.0
//! Private repositories at random, from a seed.
//!
//! [`generate`] makes histories with all the cases of the contract's rules in
//! them, in such a way that a sync publishes them: what is refused has tests of
//! its own. The same seed gives the same ids on every machine.

mod content;
mod ending;
mod imports;
mod manifest;
mod policy;
mod words;

use std::collections::BTreeSet;

use fastrand::Rng;
use repo_sync_shared::ObjectId;

use crate::git::Git;
use crate::history::History;
use crate::mirror::BareMirror;
use crate::repo::Repo;
use crate::text::CommitText;
use crate::tree::Tree;
use content::{Names, change_private, change_public, cross_the_border};
use manifest::Manifest;

/// How the words begin that no mirror of a generated repository may show.
pub const NEVER: &str = words::NEVER;

/// A generated repository.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The private repository; HEAD is `main`, the mirror is `public`.
    pub repo: Repo,
    /// What is in it, in a few words.
    pub description: String,
    /// Whether `main` alone, at an older commit, gives the same images: no seam,
    /// nothing withheld, one adoption, and no id masked because it names a commit
    /// of another branch.
    pub steady: bool,
    /// A public commit that the mirror has already, and where to get it.
    joined: Option<(Git, ObjectId)>,
}

impl Generated {
    /// A bare mirror as it is before the first sync.
    pub fn mirror(&self, name: &str) -> BareMirror {
        let mirror = BareMirror::new(self.repo.scratch(), name);
        if let Some((git, id)) = &self.joined {
            let target = mirror.path().to_string_lossy();
            git.run(["push", "--quiet", &*target, &format!("{id}:refs/heads/main")]);
        }
        mirror
    }
}

/// The repository of this seed.
pub fn generate(seed: u64) -> Generated {
    let mut maker = Maker::new(seed);
    maker.begin();
    for _ in 0..maker.rng.usize(4..=45) {
        maker.step();
    }
    if maker.adoption.is_none() {
        maker.adopt();
    }
    maker.finish(seed)
}

/// A history in the making.
#[derive(Debug)]
struct Maker {
    rng: Rng,
    history: History,
    names: Names,
    manifest: Manifest,
    /// The commit that took up the mirror, and its manifest.
    adoption: Option<(ObjectId, String)>,
    /// A manifest that names only another mirror came first.
    other_first: bool,
    branches: Vec<String>,
    /// All commits, oldest first.
    commits: Vec<ObjectId>,
    /// Commits that changed the manifest, or lead to the adoption.
    policy_commits: BTreeSet<ObjectId>,
    /// Commits that must be withheld.
    broken: Vec<ObjectId>,
    adopt: Option<ObjectId>,
    /// Whether a manifest masked quoted ids.
    masked: bool,
    notes: BTreeSet<&'static str>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut manifest = Manifest::new(&mut rng);
        // Of some histories all manifests cut sections, and of the others none: those are
        // filtered in another way.
        manifest.sections = seed % 3 == 1;
        if rng.u8(..12) == 0 {
            manifest.mirror = "former";
        }
        Self {
            manifest,
            history: History::new(),
            names: Names::new(seed % 3 == 1),
            adoption: None,
            other_first: rng.u8(..12) == 0,
            branches: Vec::new(),
            commits: Vec::new(),
            policy_commits: BTreeSet::new(),
            broken: Vec::new(),
            adopt: None,
            masked: false,
            notes: BTreeSet::new(),
            rng,
        }
    }

    /// The first root: with or without a manifest, public or not.
    fn begin(&mut self) {
        self.branches.push("main".to_owned());
        let mut tree = self.root_tree();
        let adopts = self.rng.bool() && !self.other_first;
        if adopts {
            tree = tree.file("sync.toml", self.manifest.text(None));
            self.masked = self.manifest.mask;
        }
        let id = self.root("main", tree);
        if adopts {
            self.adopted(id);
        }
    }

    fn root_tree(&mut self) -> Tree {
        let mut tree = change_private(&mut self.rng, &mut self.names, Tree::default());
        if self.rng.u8(..3) > 0 {
            for _ in 0..3 {
                tree = change_public(&mut self.rng, &mut self.names, tree);
            }
        }
        tree
    }

    fn root(&mut self, branch: &str, tree: Tree) -> ObjectId {
        let mut text = self.text("root");
        if self.rng.u8(..4) == 0 {
            text = CommitText::raw("root", "keep me\n\npublish-EMPTY: yes\n");
        }
        self.add(branch, text, &[], tree)
    }

    fn text(&mut self, label: &str) -> CommitText {
        words::text(&mut self.rng, label, &self.commits)
    }

    fn add(
        &mut self,
        branch: &str,
        text: CommitText,
        parents: &[ObjectId],
        tree: Tree,
    ) -> ObjectId {
        let id = self.history.add(text, parents, tree);
        self.history.set_ref(&format!("refs/heads/{branch}"), id);
        self.commits.push(id);
        id
    }

    fn tip(&self, branch: &str) -> (ObjectId, Tree) {
        let id = self.history.find(branch);
        (id, self.history.tree_of(id).clone())
    }

    /// One more commit somewhere.
    fn step(&mut self) {
        let branch = self.some_branch();
        let (tip, tree) = self.tip(&branch);
        match self.rng.u8(..100) {
            0..=29 => {
                let tree = change_public(&mut self.rng, &mut self.names, tree);
                self.ordinary(&branch, "change", tip, tree);
            }
            30..=51 => {
                let tree = change_private(&mut self.rng, &mut self.names, tree);
                self.ordinary(&branch, "hidden", tip, tree);
            }
            52..=57 => {
                let tree = change_public(&mut self.rng, &mut self.names, tree);
                let tree = change_private(&mut self.rng, &mut self.names, tree);
                self.ordinary(&branch, "both", tip, tree);
            }
            58..=62 => self.empty(&branch, tip, tree),
            63..=67 => {
                let tree = cross_the_border(&mut self.rng, &mut self.names, tree);
                self.ordinary(&branch, "cross", tip, tree);
            }
            68..=86 => self.merge(&branch, 1),
            87..=89 => {
                let others = self.rng.usize(2..=4);
                self.merge(&branch, others);
            }
            90..=92 => self.elsewhere(),
            93..=98 => self.edit_manifest(),
            _ => self.break_manifest(),
        }
    }

    fn ordinary(&mut self, branch: &str, label: &str, tip: ObjectId, tree: Tree) -> ObjectId {
        let text = self.text(label);
        self.add(branch, text, &[tip], tree)
    }

    fn empty(&mut self, branch: &str, tip: ObjectId, tree: Tree) {
        let text = match self.rng.u8(..5) {
            0 => CommitText::raw("empty", "nothing\n\nPublish-Empty: yes\n"),
            1 => CommitText::raw("empty", "nothing\n\nPUBLISH-empty:yes\nReviewed-by: X <x@y>"),
            // No trailer: the paragraph is not the last one, or not of trailers.
            2 => CommitText::raw("empty", "nothing\n\nPublish-Empty: yes\n\nor is it?\n"),
            _ => self.text("empty"),
        };
        let tree = if self.rng.bool() {
            change_private(&mut self.rng, &mut self.names, tree)
        } else {
            tree
        };
        self.add(branch, text, &[tip], tree);
    }

    /// A branch to go on with: an open one, or a new one from any commit.
    fn some_branch(&mut self) -> String {
        match self.rng.u8(..10) {
            0..=4 => "main".to_owned(),
            5..=7 => self.rng.choice(&self.branches).expect("main is open").clone(),
            _ => {
                let count = self.branches.len();
                let kind = if self.rng.u8(..3) == 0 { "release" } else { "topic" };
                let name = format!("{kind}/{count}");
                let recent = self.commits.len().saturating_sub(12);
                let from = *self.rng.choice(&self.commits[recent..]).expect("there is a root");
                let from = if self.broken.contains(&from) { self.commits[0] } else { from };
                self.history.set_ref(&format!("refs/heads/{name}"), from);
                self.branches.push(name.clone());
                name
            }
        }
    }

    fn merge(&mut self, branch: &str, others: usize) {
        let (tip, ours) = self.tip(branch);
        let mut parents = vec![tip];
        for _ in 0..others * 3 {
            let other = self.rng.choice(&self.branches).expect("main is open").clone();
            let other = self.tip(&other).0;
            if parents.len() <= others && !parents.contains(&other) {
                parents.push(other);
            }
        }
        if self.rng.u8(..20) == 0 {
            // Git allows a parent twice.
            parents.push(tip);
        }
        let mut tree = ours.clone();
        if self.rng.u8(..6) > 0 {
            for &other in &parents[1..] {
                tree = self.history.merged(tree, tip, other);
            }
        }
        if self.rng.u8(..8) == 0 {
            tree = change_public(&mut self.rng, &mut self.names, tree);
        }
        tree = self.with_manifest(branch, tree, &parents);
        let text = match self.rng.u8(..12) {
            0 => CommitText::raw("merge", "join\n\nPublish-Empty: yes\n"),
            _ => self.text("merge"),
        };
        let id = self.add(branch, text, &parents, tree);
        if branch != "main" && self.rng.bool() {
            self.history.set_ref(&format!("refs/heads/{branch}"), id);
        }
    }

    /// Whatever was merged, `main` keeps its manifest, and no branch loses one.
    fn with_manifest(&self, branch: &str, tree: Tree, parents: &[ObjectId]) -> Tree {
        let has = |tree: &Tree| tree.entries().get(&b"sync.toml"[..]).cloned();
        let kept = parents.iter().find_map(|&parent| has(self.history.tree_of(parent)));
        match kept {
            Some(entry) if branch == "main" || has(&tree).is_none() => {
                tree.entry("sync.toml", &entry.mode, entry.id)
            }
            Some(_) | None => tree,
        }
    }

    /// A root that has nothing to do with the others, or takes up the mirror as
    /// well.
    fn elsewhere(&mut self) {
        let count = self.branches.len();
        let kind = if self.rng.u8(..4) == 0 { "release" } else { "elsewhere" };
        let branch = format!("{kind}/{count}");
        let mut tree = self.root_tree();
        let manifest = match (&self.adoption, self.rng.u8(..4)) {
            (Some((_, text)), 0..=1) => Some(text.clone()),
            (Some((id, text)), 2) => {
                self.adopt = Some(*id);
                Some(format!("{text}# elsewhere\n"))
            }
            (Some(_) | None, _) => None,
        };
        self.notes.insert("elsewhere");
        let takes_up = manifest.is_some();
        if let Some(text) = manifest {
            tree = tree.file("sync.toml", text);
        }
        let id = self.root(&branch, tree);
        if takes_up {
            self.policy_commits.insert(id);
        }
        self.branches.push(branch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oracle;

    #[test]
    fn a_seed_always_gives_the_same_repository() {
        let refs = |seed| generate(seed).repo.git(["for-each-ref"]);
        for seed in 0..5 {
            assert_eq!(refs(seed), refs(seed), "seed {seed}");
        }
        assert_ne!(refs(0), refs(1));
    }

    #[test]
    fn every_repository_can_be_judged_and_git_finds_it_sound() {
        for seed in 0..20 {
            let repo = generate(seed).repo;
            repo.git(["fsck", "--full", "--no-dangling"]);
            let judgement = Oracle::read(repo.scratch(), &repo.git_here(), "public").judge();
            assert!(!judgement.map.is_empty(), "seed {seed}");
        }
    }
}
