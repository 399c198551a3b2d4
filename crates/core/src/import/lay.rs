// SPDX-License-Identifier: Apache-2.0
//! One public commit after another, laid over the private tree that it stands on.

use std::collections::HashMap;
use std::sync::Arc;

use repo_sync_shared::{
    Check, Finding, PrivateCommit, PrivateTree, PublicCommit, PublicTree, escape_bytes,
};

use super::changes::{Change, Leaf, Untold, changes};
use super::edit::{Edits, Unedited, edit};
use super::finding;
use super::guard::guarded;
use super::merge::{self, Versions};
use super::place::private_path;
use crate::error::RunError;
use crate::filter::Filter;
use crate::git::{Git, ObjectError, Objects, Writer};
use crate::manifest::Shape;
use crate::object::{EntryKind, Kind, RawCommit, write_commit_with};
use crate::paths::Pattern;
use crate::policy::MANIFEST;
use crate::replay::ORIGINAL;
use crate::session::Session;
use crate::tree::entry_at;

/// A private commit that public ones can stand on.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) commit: PrivateCommit,
    pub(super) tree: PrivateTree,
    /// What filters it.
    shape: Arc<Shape>,
}

/// Where new private commits are made: beside the private repository, not in it.
pub(super) struct Bench<'a, 'r> {
    pub(super) objects: &'r Objects<'r>,
    pub(super) writer: &'a Writer,
    /// Git for what was fetched and for the private objects.
    pub(super) git: &'a Git,
    /// Paths that somebody allowed to be changed although they are guarded.
    pub(super) allow: &'a [Pattern],
    pub(super) policy: Arc<Shape>,
    pub(super) filters: Vec<Filter<'r>>,
    pub(super) known: HashMap<PublicCommit, Ground>,
}

/// A private path and what is to stand there, or why that may not be.
type Placed = Result<(Vec<u8>, Option<Leaf>), Finding>;

/// Why a commit could not be laid.
pub(super) enum Unlaid {
    /// It is not one to import.
    Refused(Vec<Finding>),
    /// Something failed.
    Run(RunError),
}

impl From<RunError> for Unlaid {
    fn from(err: RunError) -> Self {
        Self::Run(err)
    }
}

impl From<ObjectError> for Unlaid {
    fn from(err: ObjectError) -> Self {
        Self::Run(err.into())
    }
}

impl Unlaid {
    fn refused(finding: Finding) -> Self {
        Self::Refused(vec![finding])
    }
}

impl<'r> Bench<'_, 'r> {
    /// The private commit whose image a public commit is, or which was laid for it.
    fn ground(&self, session: &Session<'_>, public: PublicCommit) -> Option<Ground> {
        if let Some(known) = self.known.get(&public) {
            return Some(known.clone());
        }
        let replay = &session.replay;
        let commit = replay.images.shown_by(replay.images.number(public)?)?;
        let shape = replay.shape_in_force(commit)?;
        Some(Ground { commit: replay.history.id(commit), tree: replay.history.tree(commit), shape })
    }

    /// Makes the private commit of one public commit, all of whose parents are known or
    /// ours; with a record of the original if `record` says so.
    pub(super) fn lay(
        &mut self,
        session: &Session<'_>,
        public: PublicCommit,
        parents: &[PublicCommit],
        record: bool,
    ) -> Result<Ground, Unlaid> {
        let refused = |check, hint: String| Unlaid::refused(finding(check, public, None, hint));
        let mut grounds = Vec::with_capacity(parents.len());
        for &parent in parents {
            grounds.push(self.ground(session, parent).ok_or_else(|| {
                let hint = format!(
                    "it stands on {parent}, which is neither published from here nor imported with \
                     it; import that first, or a range that has it"
                );
                refused(Check::ImportBase, hint)
            })?);
        }
        let Some(first) = grounds.first() else {
            let hint = "it has no parent, so there is nothing private for it to stand on";
            return Err(refused(Check::ImportBase, hint.to_owned()));
        };
        let objects = self.objects;
        let object = objects.read(public.id(), Kind::Commit)?;
        let raw = RawCommit::parse(object.data())
            .map_err(|err| refused(Check::MalformedCommit, err.to_string()))?;
        let tree = self.merged(public, &grounds)?;
        let shape = self.shape_of_merge(&grounds, tree)?;
        let ground = Ground { commit: first.commit, tree, shape };
        let tree = self.edited(public, &ground, PublicTree::new(raw.tree))?;
        let parents = grounds.iter().map(|ground| ground.commit.id()).collect();
        let private = RawCommit { tree: tree.id(), parents, ..raw.clone() };
        let record = record.then_some((ORIGINAL, object.data()));
        let commit = self.writer.write(Kind::Commit, &write_commit_with(&private, record))?;
        let laid = Ground { commit: PrivateCommit::new(commit), tree, shape: ground.shape };
        self.known.insert(public, laid.clone());
        Ok(laid)
    }

    /// The private tree that a commit with these parents begins with. What of it is public
    /// is written over, so only private files can be in conflict.
    fn merged(&self, public: PublicCommit, grounds: &[Ground]) -> Result<PrivateTree, Unlaid> {
        let mut ours = grounds[0].clone();
        for (number, theirs) in grounds.iter().enumerate().skip(1) {
            let merged = merge::trees(self.git, None, ours.commit, theirs.commit)?;
            // By the manifest that the merge has: what another one publishes may be private.
            let shape = self.shape_of_merge(grounds, merged.tree)?;
            let is_public = |path: &[u8]| shape.rules.verdict(path).is_public();
            let mut aside = Edits::new();
            for path in &merged.conflicts {
                if set_aside(path, [ours.commit, theirs.commit]).is_some_and(is_public) {
                    aside.insert(path.clone(), None);
                } else if !is_public(path) {
                    let hint = "the private sides of what it merges are in conflict here; merge \
                                those first, and import onto that";
                    let finding = finding(Check::ImportBase, public, Some(path), hint.to_owned());
                    return Err(Unlaid::refused(finding));
                }
            }
            ours.tree = merged.tree;
            if !aside.is_empty() {
                let tree = edit(self.objects, self.writer, merged.tree, &aside);
                ours.tree = tree.map_err(|fault| unedited(public, fault))?;
            }
            if number + 1 < grounds.len() {
                let parents = grounds[..=number].iter().map(|one| one.commit.id()).collect();
                let who = b"nobody <> 0 +0000";
                let joined = RawCommit {
                    tree: ours.tree.id(),
                    parents,
                    author: who,
                    committer: who,
                    encoding: None,
                    message: Some(b""),
                    other_headers: Vec::new(),
                };
                let id = self.writer.write(Kind::Commit, &write_commit_with(&joined, None))?;
                ours.commit = PrivateCommit::new(id);
            }
        }
        Ok(ours.tree)
    }

    /// The shape that speaks for a merge: that of the parent whose manifest it has. Where it has
    /// another still, its image will not be the public commit, and the proof says so.
    fn shape_of_merge(
        &self,
        grounds: &[Ground],
        tree: PrivateTree,
    ) -> Result<Arc<Shape>, RunError> {
        let manifest = |tree| entry_at(self.objects, tree, MANIFEST.as_bytes());
        let merged = manifest(tree)?;
        for ground in grounds {
            if manifest(ground.tree)? == merged {
                return Ok(ground.shape.clone());
            }
        }
        Ok(grounds[0].shape.clone())
    }

    /// The private tree of `ground` as the public commit changes it.
    fn edited(
        &mut self,
        public: PublicCommit,
        ground: &Ground,
        tree: PublicTree,
    ) -> Result<PrivateTree, Unlaid> {
        let filter = self.filter(&ground.shape);
        let unfiltered = |err| RunError::unfiltered(&err, None);
        self.filters[filter].root(ground.tree).map_err(unfiltered)?;
        let before = self.filters[filter].directory(ground.tree).map_err(unfiltered)?;
        let objects = self.objects;
        let found = changes(objects, &mut self.filters[filter], &before, (public, tree.id()));
        let found = match found {
            Ok(found) => found,
            Err(Untold::Refused(finding)) => return Err(Unlaid::refused(finding)),
            Err(Untold::Run(err)) => return Err(err.into()),
        };
        let mut edits = Edits::new();
        let mut findings = Vec::new();
        for change in found {
            match self.placed(public, ground, change)? {
                Ok((path, leaf)) => drop(edits.insert(path, leaf)),
                Err(finding) => findings.push(finding),
            }
        }
        if !findings.is_empty() {
            return Err(Unlaid::Refused(findings));
        }
        let edited = match edit(objects, self.writer, ground.tree, &edits) {
            Ok(edited) => edited,
            Err(fault) => return Err(unedited(public, fault)),
        };
        let shown = self.filters[filter].root(edited).map_err(unfiltered)?;
        self.filters[filter].take_collisions();
        if shown == tree {
            return Ok(edited);
        }
        let hint = format!(
            "laid over the private tree it would be published with tree {shown}, and it has {tree}: \
             an empty directory, or a file whose public form nothing private has"
        );
        Err(Unlaid::refused(finding(Check::ImportPath, public, None, hint)))
    }

    /// Where a change belongs, and what is to stand there; or why it may not.
    fn placed(
        &self,
        public: PublicCommit,
        ground: &Ground,
        change: Change,
    ) -> Result<Placed, RunError> {
        let refused = |check, hint: String| -> Result<Placed, RunError> {
            Ok(Err(finding(check, public, Some(&change.path), hint)))
        };
        let there = |path: &[u8]| entry_at(self.objects, ground.tree, path);
        let exists = |path: &[u8]| matches!(there(path), Ok(Some(_)));
        let path = match private_path(&ground.shape, &self.policy, &change.path, exists) {
            Ok(path) => path,
            Err(verdict) => {
                let hint = format!("nothing that is published stands there: it would be {verdict}");
                return refused(Check::ImportPath, hint);
            }
        };
        let allowed = self
            .allow
            .iter()
            .any(|pattern| pattern.matches_exact(&change.path) || pattern.matches_exact(&path));
        if let Some(why) = guarded(&change, &path).filter(|_| !allowed) {
            let hint = format!(
                "{why}; read it, and if it may be imported: `--allow {}`",
                escape_bytes(&change.path)
            );
            return refused(Check::ImportGuarded, hint);
        }
        let private = there(&path)?;
        let (Some(before), Some((_, private))) = (&change.before, private) else {
            return Ok(Ok((path, change.after)));
        };
        if before.id == private {
            return Ok(Ok((path, change.after)));
        }
        // What the mirror shows there was made from something that says more.
        if !allowed {
            let hint = format!(
                "the private file has parts that the mirror does not show; to lay the change \
                 between them: `--allow {}`",
                escape_bytes(&change.path)
            );
            return refused(Check::ImportGuarded, hint);
        }
        let Some(after) = change.after else { return Ok(Ok((path, None))) };
        if !matches!(after.kind, EntryKind::Blob | EntryKind::Executable) {
            return refused(
                Check::ImportGuarded,
                "a file with private parts cannot become anything else".to_owned(),
            );
        }
        let files = Filter::files(self.objects, &self.filters);
        let base = files.read(before.id)?;
        let ours = self.objects.read(private, Kind::Blob)?;
        let theirs = self.objects.read(after.id, Kind::Blob)?;
        let versions = Versions { base: base.data(), ours: ours.data(), theirs: theirs.data() };
        match merge::file(self.git, &versions)? {
            Some(merged) => {
                let id = self.writer.write(Kind::Blob, &merged)?;
                Ok(Ok((path, Some(Leaf { id, ..after }))))
            }
            None => {
                let hint = "its change touches lines beside private ones; make it by hand in the \
                            private repository";
                refused(Check::ImportGuarded, hint.to_owned())
            }
        }
    }

    /// The number of the filter of this shape.
    fn filter(&mut self, shape: &Arc<Shape>) -> usize {
        let known = self.filters.iter().position(|filter| filter.shape() == shape);
        known.unwrap_or_else(|| {
            self.filters.push(Filter::new(self.objects, shape.clone()));
            self.filters.len() - 1
        })
    }
}

/// The path of a file that git set aside in a merge, because something of another kind stands
/// there: git calls it after the side that has it.
fn set_aside(path: &[u8], sides: [PrivateCommit; 2]) -> Option<&[u8]> {
    sides.iter().find_map(|side| path.strip_suffix(format!("~{side}").as_bytes()))
}

fn unedited(public: PublicCommit, fault: Unedited) -> Unlaid {
    let (path, hint) = match fault {
        Unedited::Blocked(path) => {
            let hint = "something private stands at this path or below it, and would be lost";
            (path, hint.to_owned())
        }
        Unedited::Alias(path, other) => {
            let hint = format!("some file systems take it for `{}`", escape_bytes(&other));
            (path, hint)
        }
        Unedited::Run(err) => return err.into(),
    };
    Unlaid::refused(finding(Check::ImportPath, public, Some(&path), hint))
}
