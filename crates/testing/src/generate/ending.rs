// SPDX-License-Identifier: Apache-2.0
//! The last commits of a generated history, and what names its commits: withheld
//! ones, seams and tags.

use repo_sync_shared::ObjectId;

use super::words::{NEVER, word};
use super::{Generated, Maker, change_private};
use crate::git::Git;
use crate::oracle::Oracle;
use crate::repo::Repo;
use crate::text::TagText;

impl Maker {
    /// The repository, once all commits are there.
    pub(super) fn finish(mut self, seed: u64) -> Generated {
        if self.manifest.mirror == "former" {
            self.manifest.rename();
        }
        let joins = self.rng.u8(..10) < 3;
        let withheld = self.withhold(joins);
        self.commit_manifest("ending");
        let mut repo = self.history.clone().build();
        let joined = if joins { self.join(&mut repo) } else { None };
        for _ in 0..[0, 0, 1, 1, 2][self.rng.usize(..5)] {
            self.import(&mut repo);
        }
        if self.rng.u8(..4) == 0 {
            let (tip, tree) = self.tip("main");
            let tree = change_private(&mut self.rng, &mut self.names, tree);
            self.ordinary("main", "hidden", tip, tree);
        }
        self.tags();
        repo.extend(|_| self.history.clone());
        let seams = self.notes.contains("seam");
        let alone = !self.notes.contains("elsewhere") && !self.manifest.was;
        let steady = !seams && !withheld && alone && !self.masked;
        let notes: Vec<_> = self.notes.iter().copied().collect();
        let description =
            format!("seed {seed}: {} commits; {}", self.commits.len(), notes.join(", "));
        Generated { repo, description, steady, joined }
    }

    /// Keeps some commits back; those whose manifest is broken in any case.
    fn withhold(&mut self, joins: bool) -> bool {
        for id in self.broken.clone() {
            self.manifest.withhold(&id.to_string());
        }
        let spare = |maker: &Self, id: &ObjectId| !maker.policy_commits.contains(id);
        let free: Vec<_> = self.commits.iter().copied().filter(|id| spare(self, id)).collect();
        if self.rng.u8(..3) == 0 && !joins {
            for _ in 0..self.rng.usize(1..=3) {
                let Some(&id) = self.rng.choice(&free) else { continue };
                let parent = self.history.parents_of(id).first().copied();
                match parent.filter(|parent| spare(self, parent)) {
                    Some(parent) if self.history.parents_of(id).len() == 1 && self.rng.bool() => {
                        self.manifest.withhold(&format!("{parent}..{id}"));
                    }
                    Some(_) | None => self.manifest.withhold(&id.to_string()),
                }
            }
            self.notes.insert("withheld");
            return true;
        }
        !self.broken.is_empty()
    }

    /// Joins a new or an existing public history.
    fn join(&mut self, repo: &mut Repo) -> Option<(Git, ObjectId)> {
        let mut oracle = Oracle::read(repo.scratch(), &repo.git_here(), "public");
        let line: Vec<ObjectId> = repo
            .git(["rev-list", "--first-parent", "--reverse", "main"])
            .lines()
            .map(|line| line.parse().expect("git lists full ids"))
            .collect();
        let mut fit: Vec<(ObjectId, ObjectId)> = Vec::new();
        for id in line {
            let tree = if self.broken.contains(&id) { None } else { oracle.public_tree(id) };
            fit.extend(tree.filter(|&tree| tree != ObjectId::EMPTY_TREE).map(|tree| (id, tree)));
        }
        // The last one is the ending itself, and needs something to come after.
        fit.pop();
        let (&(private, tree), at) = {
            let at = self.rng.usize(..fit.len().max(1));
            (fit.get(at)?, at)
        };
        self.notes.insert("seam");
        let joined = match self.rng.u8(..4) {
            0 => {
                self.manifest.seam(private, &[]);
                None
            }
            1 => Some(self.join_equal(&oracle, private, tree)),
            2 => Some(self.join_other(&oracle, private, tree)),
            _ => {
                self.manifest.seam(private, &[("message", "Begin again".to_owned())]);
                let later = *fit[at..].last().expect("at is within");
                (later.0 != private).then(|| self.join_equal(&oracle, later.0, later.1))
            }
        };
        self.commit_manifest("seam");
        joined
    }

    /// The public history already has this tree.
    fn join_equal(
        &mut self,
        oracle: &Oracle,
        private: ObjectId,
        tree: ObjectId,
    ) -> (Git, ObjectId) {
        let before = public_commit(oracle.git(), ObjectId::EMPTY_TREE, None, "by another tool");
        let public = public_commit(oracle.git(), tree, Some(before), "as it was");
        let keys = [("public", public.to_string()), ("public-tree", tree.to_string())];
        self.manifest.seam(private, &keys);
        (oracle.git().clone(), public)
    }

    /// The public history has another tree; one commit makes up the difference.
    fn join_other(
        &mut self,
        oracle: &Oracle,
        private: ObjectId,
        tree: ObjectId,
    ) -> (Git, ObjectId) {
        let empty = ObjectId::EMPTY_TREE;
        let public = public_commit(oracle.git(), empty, None, "by another tool");
        let keys = [
            ("public", public.to_string()),
            ("public-tree", empty.to_string()),
            ("accept", tree.to_string()),
            ("message", "Take over".to_owned()),
        ];
        self.manifest.seam(private, &keys);
        (oracle.git().clone(), public)
    }

    /// Tags of all kinds, on commits of all kinds.
    fn tags(&mut self) {
        let all = self.commits.clone();
        for count in 0..self.rng.usize(..6) {
            let target = *self.rng.choice(&all).expect("there is a root");
            let name = format!("v{count}");
            let quoted = &target.to_string()[..12];
            let text = match self.rng.u8(..6) {
                0 | 1 => {
                    self.history.set_ref(&format!("refs/tags/{name}"), target);
                    continue;
                }
                2 => TagText::raw(format!("release {quoted}\n")).anonymous(),
                3 => TagText::raw(b"gr\xfc\xdfe\n\nno final newline".to_vec()),
                4 => TagText::raw(format!("v{count}\n\nof {quoted}\n"))
                    .tagger("Zo\u{eb} <zoe@example.com> 99 +0030"),
                _ => TagText::raw(format!("release {}\n", word(&mut self.rng, "tok-"))).signed(),
            };
            self.history.tag_object(&name, target, &text);
        }
        if self.rng.bool() {
            let target = *self.rng.choice(&all).expect("there is a root");
            let text = TagText::raw(word(&mut self.rng, NEVER));
            let tag = self.history.tag_object("internal/1", target, &text);
            self.history.tag_object("internal/2", tag, &text);
            self.history.set_ref("refs/notes/commits", target);
        }
    }
}

/// A commit of the public history that was there before.
fn public_commit(git: &Git, tree: ObjectId, parent: Option<ObjectId>, message: &str) -> ObjectId {
    git.input(["mktree"], b"");
    let mut args = vec!["commit-tree".to_owned(), tree.to_string(), "-m".into(), message.into()];
    args.extend(parent.into_iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]));
    git.run(args).parse().expect("git commit-tree answers with an id")
}
