// SPDX-License-Identifier: Apache-2.0
//! The bytes of the images that are ours to write.

use repo_sync_shared::{Check, PublicCommit};

use super::Replay;
use crate::error::RunError;
use crate::object::committer_time;
use crate::report::RawFinding;

impl Replay<'_> {
    /// The bytes of an image that is ours to write; `None` for one that a seam
    /// found on the mirror.
    ///
    /// # Errors
    /// The private commit cannot be read any more.
    pub fn commit_bytes(&self, image: u32) -> Result<Option<Vec<u8>>, RunError> {
        let Some(commit) = self.images.source(image) else { return Ok(None) };
        let tree = self.images.tree(image);
        if let Some(seam) = self.terms.settled.seam(commit) {
            return Ok(Some(self.snapshot(commit, seam, tree)?.bytes));
        }
        let Some(shape) = self.terms.in_force.shape(commit) else { return Ok(None) };
        let object = self.read(commit)?;
        let raw = self.parse(commit, object.data())?;
        if let Some(original) = self.original(commit, &raw, tree)? {
            return Ok(Some(original.bytes));
        }
        let parents: Vec<PublicCommit> =
            self.images.dag.parents(image).iter().map(|&parent| self.images.id(parent)).collect();
        let context = self.context(commit, self.filters[shape as usize].shape());
        Ok(Some(self.texts.commit(&context, &raw, tree, &parents)?.bytes))
    }

    /// When an image was committed, in seconds since 1970; `None` if it does not say
    /// so, or only the mirror has it.
    pub(crate) fn date(&self, image: u32) -> Result<Option<i64>, RunError> {
        let Some(commit) = self.images.source(image) else { return Ok(None) };
        let object = self.read(commit)?;
        let raw = self.parse(commit, object.data())?;
        // Any other image keeps the dates of its commit, a seam's snapshot among them.
        if let Some(original) = self.original(commit, &raw, self.images.tree(image))? {
            return Ok(original.committed());
        }
        Ok(committer_time(raw.committer))
    }

    /// Notes the mail addresses of a public text that no allowed domain has.
    pub(super) fn refuse_mails(&mut self, commit: u32, mails: &[Vec<u8>]) {
        for mail in mails {
            let mail = repo_sync_shared::escape_text(mail);
            let hint = format!("`{mail}` is of none of the domains that `[identity]` allows");
            self.findings.push(RawFinding::at(Check::Identity, commit, hint));
        }
    }
}
