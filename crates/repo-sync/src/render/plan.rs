// SPDX-License-Identifier: Apache-2.0
//! A plan, and what became of it, as a person reads it.
//!
//! First what it comes to, then commit by commit; a branch that cannot go on gets
//! the ways out. Findings are not shown here: every command shows them alike.

use std::io;

use repo_sync_core::git::Address;
use repo_sync_core::publish::Ended;
use repo_sync_core::session::Session;
use repo_sync_core::surface::is_locked;
use repo_sync_shared::{Counts, Outcome, escape_text};

use crate::error::CliError;
use crate::render::count;
use crate::ui::{Palette, Ui};

mod detail;
mod divergence;
mod log;
mod summary;

use detail::Detail;
use log::Log;
pub(super) use summary::authors;

/// What is to be shown.
pub struct Shown<'a, 'r> {
    /// The private history and its images.
    pub session: &'a mut Session<'r>,
    /// The plan, and how the run ended.
    pub ended: &'a Ended,
    /// Where the mirror is.
    pub address: &'a Address,
    /// Whether the run was to publish, not only to plan.
    pub publish: bool,
    /// Whether to leave out all names and private ids.
    pub redact: bool,
    /// Whether a long plan may go through the pager.
    pub pager: bool,
}

/// How many commits may scroll by without a pager.
const SCREENFUL: usize = 200;

/// Writes a plan with all its commits, or in a few lines what was published.
///
/// # Errors
/// A commit or tree cannot be read any more, or stdout not be written.
pub fn write(ui: &mut Ui, mut shown: Shown<'_, '_>) -> Result<(), CliError> {
    let ended = shown.ended;
    if let Some(error) = &ended.error {
        let Palette { error: style, .. } = ui.palette_err();
        writeln!(ui.alert(), "{style}Error:{style:#} {}", escape_text(error.as_bytes()))?;
    }
    match ended.outcome {
        Outcome::UpToDate => {
            Ok(up_to_date(ui, &shown.session.policy.mirror.name, ended.plan.counts)?)
        }
        Outcome::Synced => {
            title(ui, &shown, &format!("published {} to", published(&shown)))?;
            let log = Log::read(&mut shown)?;
            summary::write(ui, &mut shown, &log)
        }
        Outcome::Refused if shown.publish => title(ui, &shown, "nothing was published to"),
        Outcome::Planned | Outcome::Refused => {
            let detail = (!shown.redact).then(|| Detail::find(&shown));
            if shown.pager && detail.as_ref().is_some_and(|detail| detail.len() > SCREENFUL) {
                ui.start_pager();
            }
            title(ui, &shown, "plan for")?;
            let log = Log::read(&mut shown)?;
            summary::write(ui, &mut shown, &log)?;
            if let Some(detail) = detail {
                detail.write(ui, &shown, &log)?;
            }
            advise(ui, &shown)
        }
        Outcome::Diverged => {
            title(ui, &shown, "nothing can be published to")?;
            divergence::write(ui, &shown)
        }
        Outcome::Failed | Outcome::Usage | Outcome::Interrupted => {
            title(ui, &shown, "nothing was published to")
        }
    }
}

/// What would make later runs safer.
fn advise(ui: &mut Ui, shown: &Shown<'_, '_>) -> Result<(), CliError> {
    if shown.publish || is_locked(shown.session)? {
        return Ok(());
    }
    let Palette { dim, .. } = ui.palette_err();
    let advice = "there is no sync.lock, so nothing shows when the policy widens; write one with \
                  `repo-sync plan --write-lock`";
    Ok(writeln!(ui.status(), "{dim}advice{dim:#}: {advice}")?)
}

fn title(ui: &mut Ui, shown: &Shown<'_, '_>, what: &str) -> Result<(), CliError> {
    let Palette { bold, .. } = ui.palette_out();
    let mirror = &shown.session.policy.mirror.name;
    let address = shown.address.to_string();
    let address = escape_text(address.as_bytes());
    Ok(writeln!(ui.stdout(), "{bold}{what} {mirror}{bold:#} at {address}")?)
}

/// One line: there is nothing to do.
///
/// # Errors
/// Stdout cannot be written.
pub fn up_to_date(ui: &mut Ui, mirror: &str, counts: Counts) -> io::Result<()> {
    let Palette { good, .. } = ui.palette_out();
    let public = count(counts.already_public, "public commit");
    writeln!(ui.stdout(), "{good}up to date{good:#}: {mirror} holds {public} of ours")
}

/// What was sent, in the largest unit that there is one of.
fn published(shown: &Shown<'_, '_>) -> String {
    let plan = &shown.ended.plan;
    match plan.new.len() as u64 {
        0 => count(plan.updates().count() as u64, "ref"),
        commits => count(commits, "commit"),
    }
}
