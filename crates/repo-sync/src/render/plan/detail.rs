// SPDX-License-Identifier: Apache-2.0
//! A plan commit by commit, newest first.

use repo_sync_core::explain::{why_dropped, why_published};
use repo_sync_core::log::private_line;
use repo_sync_shared::escape_text;

use super::{Log, Shown};
use crate::error::CliError;
use crate::ui::{Palette, Ui};

/// What becomes of each private commit that is new to the mirror.
pub(super) struct Detail(Vec<(u32, Fate)>);

enum Fate {
    /// It becomes this image.
    Publish(u32),
    /// It stays private.
    Drop,
}

impl Detail {
    /// Finds the commits; nothing is read yet.
    pub(super) fn find(shown: &Shown<'_, '_>) -> Self {
        let plan = &shown.ended.plan;
        let replay = &shown.session.replay;
        let images = &replay.images;
        let is_public =
            |&commit: &u32| images.own(commit).is_some_and(|image| plan.public[image as usize]);
        // What a public commit descends from was shown when that was new.
        let old = replay.history.dag.ancestors(replay.history.numbers().filter(is_public));
        let commits = replay.history.numbers().rev();
        let new = commits.filter(|&commit| plan.reached[commit as usize] && !old[commit as usize]);
        let fates = new.filter_map(|commit| match images.own(commit) {
            Some(image) => Some((commit, Fate::Publish(image))),
            // There may be very many, and the summary counts them.
            None if replay.is_behind_seam(commit) => None,
            None => Some((commit, Fate::Drop)),
        });
        Self(fates.collect())
    }

    /// How many lines there will be.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes a line for each.
    pub(super) fn write(
        &self,
        ui: &mut Ui,
        shown: &Shown<'_, '_>,
        log: &Log,
    ) -> Result<(), CliError> {
        let Palette { good, id, dim, .. } = ui.palette_out();
        let verbose = ui.verbose();
        let out = ui.stdout();
        let replay = &shown.session.replay;
        if !self.0.is_empty() {
            writeln!(out)?;
        }
        for (commit, fate) in &self.0 {
            let private = replay.history.id(*commit).short();
            match fate {
                Fate::Publish(image) => {
                    let public = replay.images.id(*image).short();
                    let line = log.of(*image);
                    let subject = line.map(|line| escape_text(&line.subject)).unwrap_or_default();
                    let merge = if line.is_some_and(|line| line.merge) { "  (merge)" } else { "" };
                    write!(
                        out,
                        "{good}publish{good:#} {id}{private}{id:#} -> {id}{public}{id:#}  \
                         {subject}{dim}{merge}{dim:#}",
                    )?;
                    let rules =
                        if verbose { why_published(shown.session, *commit)? } else { Vec::new() };
                    if !rules.is_empty() {
                        let rules = escape_text(rules.join(", ").as_bytes());
                        write!(out, "  {dim}({rules}){dim:#}")?;
                    }
                    writeln!(out)?;
                }
                Fate::Drop => {
                    let subject = escape_text(&private_line(replay, *commit)?.subject);
                    let why = why_dropped(shown.session, *commit)?;
                    let why = escape_text(why.as_bytes());
                    writeln!(
                        out,
                        "{dim}drop   {dim:#} {id}{private}{id:#}                {subject}  \
                         {dim}({why}){dim:#}",
                    )?;
                }
            }
        }
        Ok(())
    }
}
