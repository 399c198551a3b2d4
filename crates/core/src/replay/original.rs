// SPDX-License-Identifier: Apache-2.0
//! Imported commits: private ones that record the public commit they were made from.
//!
//! The record is a header, so no text of a message can be one. It is not believed but
//! held against what filtering makes of the commit: only what agrees in tree, parents,
//! author and message is its image. Whether a commit of the mirror is recorded cannot
//! be known without asking the mirror, and no id may depend on that; so an original
//! that says more than an image of ours could say is believed too, but never sent.

use repo_sync_shared::{Check, PublicCommit, PublicTree};

use super::Replay;
use crate::error::RunError;
use crate::object::{Kind, OtherHeader, RawCommit, committer_time, hash};
use crate::report::{RawFinding, Weight};

/// The header of an imported commit that holds the raw public one.
pub const ORIGINAL: &str = "repo-sync-original";

/// Headers of an original that may become public although ours never have them: they sign
/// what is public.
const SIGNATURES: [&[u8]; 2] = [b"gpgsig", b"gpgsig-sha256"];

/// A public commit that a private one records, and which agrees with it.
pub(super) struct Original {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// What keeps it from being sent, if the mirror does not hold it.
    unsendable: Option<&'static str>,
    /// The mail addresses in it that are not allowed.
    refused_mails: Vec<Vec<u8>>,
}

impl Original {
    /// When it was committed, in seconds since 1970.
    pub(super) fn committed(&self) -> Option<i64> {
        committer_time(RawCommit::parse(&self.bytes).ok()?.committer)
    }
}

/// The one record that a commit has, if it has one.
fn record<'c>(raw: &'c RawCommit<'_>) -> Option<&'c OtherHeader<'c>> {
    let mut records = raw.other_headers.iter().filter(|one| one.name == ORIGINAL.as_bytes());
    records.next().filter(|_| records.next().is_none())
}

/// The public commit that a private one says it was imported from, and its bytes, whether or
/// not the two agree.
pub(crate) fn record_of(raw: &RawCommit<'_>) -> Option<(PublicCommit, Vec<u8>)> {
    let bytes = record(raw)?.value();
    RawCommit::parse(&bytes).ok()?;
    Some((PublicCommit::new(hash(Kind::Commit, &bytes)), bytes))
}

/// The notice that a commit does not get its original as the image.
pub(super) fn unused(commit: u32, original: PublicCommit) -> RawFinding {
    let hint = format!(
        "it was imported from public commit {original}, and has another tree, other parents or \
         another message by now; it will be a new public commit"
    );
    RawFinding::at(Check::OriginalUnused, commit, hint)
}

impl Replay<'_> {
    /// The original of a commit whose public tree is `tree`, if it records one that
    /// agrees with it.
    ///
    /// # Errors
    /// The mailmap cannot be read.
    pub(super) fn original(
        &self,
        commit: u32,
        raw: &RawCommit<'_>,
        tree: PublicTree,
    ) -> Result<Option<Original>, RunError> {
        let Some(record) = record(raw) else { return Ok(None) };
        let bytes = record.value();
        let Ok(original) = RawCommit::parse(&bytes) else { return Ok(None) };
        let Some(parents) = self.images_of_parents(commit) else { return Ok(None) };
        let is_parents =
            original.parents.iter().copied().eq(parents.iter().map(|parent| parent.id()));
        if original.tree != tree.id() || !is_parents {
            return Ok(None);
        }
        let Some(shape) = self.shape_in_force(commit).filter(|_| !self.is_seam(commit)) else {
            return Ok(None);
        };
        let context = self.context(commit, &shape);
        let written = self.texts.commit(&context, raw, tree, &parents)?;
        let Ok(ordinary) = RawCommit::parse(&written.bytes) else { return Ok(None) };
        let is_ordinary = texts(&original) == texts(&ordinary);
        if !is_ordinary && texts(&original) != texts(raw) {
            return Ok(None);
        }
        let (committer, refused) = self.texts.person(&context, original.committer)?;
        let foreign = |header: &OtherHeader<'_>| !SIGNATURES.contains(&header.name);
        let unsendable = if original.other_headers.iter().any(foreign) {
            Some("a header that no image has")
        } else if !is_ordinary {
            Some("an author or a message that the policy would change")
        } else if committer != original.committer {
            Some("a committer that the policy would change")
        } else {
            None
        };
        let refused_mails = [written.refused_mails, refused].concat();
        Ok(Some(Original { bytes, unsendable, refused_mails }))
    }

    /// Gives a commit its original as the image.
    pub(super) fn keep(
        &mut self,
        commit: u32,
        raw: &RawCommit<'_>,
        original: Original,
        tree: PublicTree,
    ) {
        let Original { bytes, unsendable, refused_mails } = original;
        if let Some(what) = unsendable {
            let hint = format!(
                "the public commit that it was imported from is not on the mirror any more, and has \
                 {what}; push it there first, or import it again"
            );
            let finding = RawFinding::at(Check::OriginalUnheld, commit, hint);
            self.findings.push(RawFinding { weight: Weight::Always, ..finding });
        }
        self.refuse_mails(commit, &refused_mails);
        self.count_dropped(commit, raw.other_headers.len() - 1);
        let id = PublicCommit::new(hash(Kind::Commit, &bytes));
        let parents = self.history.dag.parents(commit).iter();
        let parents: Vec<u32> = parents.filter_map(|&parent| self.images.of(parent)).collect();
        self.images_mut().publish(commit, id, tree, &parents);
    }

    /// The images of all parents, in order; `None` if there is no parent, or one without.
    fn images_of_parents(&self, commit: u32) -> Option<Vec<PublicCommit>> {
        let parents = self.history.dag.parents(commit);
        let images = parents.iter().map(|&parent| Some(self.images.id(self.images.of(parent)?)));
        images.collect::<Option<Vec<_>>>().filter(|parents| !parents.is_empty())
    }
}

/// What somebody wrote of a commit.
fn texts<'c>(commit: &RawCommit<'c>) -> (&'c [u8], Option<&'c [u8]>, Option<&'c [u8]>) {
    (commit.author, commit.encoding, commit.message)
}
