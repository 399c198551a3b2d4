// SPDX-License-Identifier: Apache-2.0
//! Imported commits, one for one on top of another private commit: a rebase.

use std::sync::Arc;

use repo_sync_shared::{PrivateCommit, PrivateTree, PublicCommit};

use super::merge;
use crate::error::RunError;
use crate::filter::Filter;
use crate::git::{Git, Objects, Writer};
use crate::manifest::Shape;
use crate::object::{Kind, OtherHeader, RawCommit, write_commit_with};
use crate::replay::ORIGINAL;

/// Where picked commits are made.
pub(super) struct Picker<'a, 'r> {
    pub(super) objects: &'r Objects<'r>,
    pub(super) writer: &'a Writer,
    pub(super) git: &'a Git,
    /// What filters the commits from here on; `None` if no manifest does.
    pub(super) shape: Option<Arc<Shape>>,
    /// Where the next commit goes.
    pub(super) at: PrivateCommit,
    /// The image of that, as far as it is one that the mirror or an original has.
    pub(super) image: Option<PublicCommit>,
}

/// What became of one commit.
pub(super) enum Picked {
    /// It is this one now.
    As(PrivateCommit),
    /// These paths are in conflict.
    Conflict(Vec<Vec<u8>>),
}

impl Picker<'_, '_> {
    /// Makes `commit`, which has one parent, again on top of what was picked before.
    ///
    /// # Errors
    /// An object cannot be read, or git fails.
    pub(super) fn pick(&mut self, commit: PrivateCommit) -> Result<Picked, RunError> {
        let objects = self.objects;
        let object = objects.read(commit.id(), Kind::Commit)?;
        let raw = RawCommit::parse(object.data())
            .map_err(|err| RunError::malformed_commit(commit, &err))?;
        let base = raw.parents.first().copied().map(PrivateCommit::new);
        let merged = merge::trees(self.git, base, self.at, commit)?;
        if !merged.conflicts.is_empty() {
            return Ok(Picked::Conflict(merged.conflicts));
        }
        let record = raw.other_headers.iter().find(|it| it.name == ORIGINAL.as_bytes());
        let record = record.map(OtherHeader::value);
        let image = match &record {
            Some(record) => self.image_still(record, merged.tree)?,
            None => None,
        };
        let kept = record.as_deref().filter(|_| image.is_some()).map(|it| (ORIGINAL, it));
        let picked =
            RawCommit { tree: merged.tree.id(), parents: vec![self.at.id()], ..raw.clone() };
        let id = self.writer.write(Kind::Commit, &write_commit_with(&picked, kept))?;
        self.at = PrivateCommit::new(id);
        self.image = image;
        Ok(Picked::As(self.at))
    }

    /// The public commit of a record, if a commit with this tree can still be its private
    /// side here.
    fn image_still(
        &self,
        record: &[u8],
        tree: PrivateTree,
    ) -> Result<Option<PublicCommit>, RunError> {
        let Ok(original) = RawCommit::parse(record) else { return Ok(None) };
        let (Some(shape), Some(image)) = (&self.shape, self.image) else { return Ok(None) };
        if original.parents != [image.id()] {
            return Ok(None);
        }
        let mut filter = Filter::new(self.objects, shape.clone());
        let shown = filter.root(tree).map_err(|err| RunError::unfiltered(&err, None))?;
        let id = crate::object::hash(Kind::Commit, record);
        Ok((shown.id() == original.tree).then(|| PublicCommit::new(id)))
    }
}
