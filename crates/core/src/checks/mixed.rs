// SPDX-License-Identifier: Apache-2.0
//! `mixed-commit`: a commit that touches public and private paths alike, so that its
//! message, written for both, becomes public.
//!
//! Only commits with one parent count: a root and a merge bring everything at once.
//! `sync.toml` and `sync.lock` count as neither, for they change together with what
//! they publish. Where there are many such commits, which is how some teams work, one
//! finding speaks for all, at the newest.

use repo_sync_shared::Check;

use super::{Family, NewText, TextKind};
use crate::error::RunError;
use crate::report::RawFinding;
use crate::session::Session;

/// So many are told of one by one.
const MOST: usize = 50;

/// Collects the new commits, and compares them when all was seen.
#[derive(Default)]
pub(super) struct Mixed {
    new: Vec<u32>,
}

impl Family for Mixed {
    fn text(&mut self, text: &NewText<'_>, _found: &mut Vec<RawFinding>) {
        if text.kind == TextKind::CommitMessage {
            self.new.push(text.commit);
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        let mut mixed = Vec::new();
        for &commit in &self.new {
            if is_mixed(session, commit)? {
                mixed.push(commit);
            }
        }
        let hint = "this commit changes private paths as well, and its message becomes public; next \
                    time, make two of it";
        match &mixed[..] {
            [.., newest] if mixed.len() > MOST => {
                let hint = format!(
                    "{} of the new commits, this the newest, change private paths as well, and their \
                     messages become public",
                    mixed.len()
                );
                found.push(RawFinding::at(Check::MixedCommit, *newest, hint));
            }
            few => found.extend(few.iter().map(|&it| RawFinding::at(Check::MixedCommit, it, hint))),
        }
        Ok(())
    }
}

fn is_mixed(session: &mut Session<'_>, commit: u32) -> Result<bool, RunError> {
    let replay = &mut session.replay;
    let &[parent] = replay.history.dag.parents(commit) else { return Ok(false) };
    if replay.is_seam(commit) {
        return Ok(false);
    }
    let images = &replay.images;
    let Some(own) = images.own(commit) else { return Ok(false) };
    // One that is kept although it is empty touches nothing public.
    let same = images.of(parent).is_some_and(|before| images.tree(before) == images.tree(own));
    Ok(!same && replay.differ_in_private(commit, parent)?)
}
