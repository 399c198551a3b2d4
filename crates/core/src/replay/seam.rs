// SPDX-License-Identifier: Apache-2.0
//! The image of a seam: the public commit that it joins, or one commit in place of
//! all that came before.

use repo_sync_shared::{Check, ObjectId, PublicCommit, PublicTree};

use super::Replay;
use super::text::Written;
use crate::error::RunError;
use crate::manifest::Seam;
use crate::object::{Kind, hash, write_commit};
use crate::report::RawFinding;

impl Replay<'_> {
    /// The image of a seam: the public commit that it joins, or a snapshot.
    pub(super) fn join(
        &mut self,
        commit: u32,
        seam: &Seam,
        tree: PublicTree,
    ) -> Result<(), RunError> {
        if let Some((public, public_tree)) = seam.public {
            if tree == public_tree {
                self.images_mut().join(commit, public, tree);
                return Ok(());
            }
            if seam.accept != Some(tree) {
                let hint = format!(
                    "the seam joins tree {public_tree}, but the filtered tree is {tree}; look at the \
                     difference and, if it may be published as one commit, add `accept = \"{tree}\"`"
                );
                let finding = RawFinding::at(Check::SeamDiffers, commit, hint);
                self.findings.push(finding.rule(format_args!("sync.toml:{}", seam.line)));
            }
        }
        let parents = match seam.public {
            Some((public, public_tree)) => {
                vec![self.images_mut().foreign_base(public, public_tree)]
            }
            None => Vec::new(),
        };
        let Written { bytes, refused_mails } = self.snapshot(commit, seam, tree)?;
        self.refuse_mails(commit, &refused_mails);
        let id = PublicCommit::new(hash(Kind::Commit, &bytes));
        self.images_mut().publish(commit, id, tree, &parents);
        Ok(())
    }

    /// The one commit that a seam puts in place of all before it.
    pub(super) fn snapshot(
        &self,
        commit: u32,
        seam: &Seam,
        tree: PublicTree,
    ) -> Result<Written, RunError> {
        let object = self.read(commit)?;
        let raw = self.parse(commit, object.data())?;
        let parents: Vec<ObjectId> = seam.public.iter().map(|(public, _)| public.id()).collect();
        let message = format!("{}\n", seam.message);
        let shape = self.shape_of(commit);
        let (who, refused_mails) =
            self.texts.person(&self.context(commit, &shape), raw.committer)?;
        let bytes = write_commit(tree.id(), &parents, &who, &who, None, Some(message.as_bytes()));
        Ok(Written { bytes, refused_mails })
    }
}
