// SPDX-License-Identifier: Apache-2.0
//! `repo-sync standalone`: whether the public tree stands alone.

use std::ffi::OsString;

use repo_sync_core::session::Session;
use repo_sync_core::standalone::{Step, run as run_steps};
use repo_sync_shared::{Outcome, Report, escape_text};

use super::run::each_mirror;
use crate::args::GlobalArgs;
use crate::context::Context;
use crate::engine::{Engine, optional_text};
use crate::error::CliError;
use crate::render::count;
use crate::ui::{Palette, Ui};

const EXAMPLES: &str = "\
Examples:
  repo-sync standalone                   The public tree of the policy tip
  repo-sync standalone --rev feature     Of another revision
  repo-sync standalone -v                Show also what passing commands print
  repo-sync standalone --format json | jq '.refusals'";

/// Run the manifest's commands in the public tree alone
///
/// Exports the public tree to a scratch place outside of the private repository and runs
/// `[standalone]` there, up to the first command that fails: in a clean environment, each
/// within its limits.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct StandaloneArgs {
    /// Revision whose public tree is looked at [default: the policy tip]
    #[arg(long, value_name = "REV")]
    pub rev: Option<OsString>,
}

/// Runs the commands for each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &StandaloneArgs) -> Result<Outcome, CliError> {
    let rev = optional_text(args.rev.as_ref())?;
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let more: Vec<_> = engine.rev_or_policy(rev.as_deref())?.into_iter().collect();
    each_mirror(ctx, ui, &engine, &objects, "standalone", |ui, options| {
        let watch = &engine.watch;
        let mut session = Session::open(&engine.repo, &objects, options, &more, watch)?;
        let commit = more.first().copied().unwrap_or(session.policy.tip);
        let mut report = Report::new("standalone", Outcome::UpToDate);
        report.mirror = Some(session.policy.mirror.name.clone());
        let (mut number, mut written) = (0, Ok(()));
        let mut ended = |step: &Step| {
            number += 1;
            report.refusals.extend(step.finding.clone());
            watch.clear();
            if written.is_ok() {
                written = show(ui, &ctx.global, number, step);
            }
        };
        let environment = &engine.environment;
        let all = run_steps(&mut session, commit, environment, watch, &mut ended)?;
        written?;
        watch.clear();
        if all {
            let what = count(number, "command");
            writeln!(ui.status(), "The public tree stands alone: {what} passed.")?;
        } else {
            report.outcome = Outcome::Refused;
        }
        Ok(report)
    })
}

/// Says how a step ended, and with `-v` what it printed. What one that failed has said last
/// is in its finding.
fn show(ui: &mut Ui, global: &GlobalArgs, number: u64, step: &Step) -> std::io::Result<()> {
    let Palette { good, error, .. } = ui.palette_err();
    // The manifest is private, and so are its commands.
    let command = match global.redact {
        true => format!("command {number}"),
        false => escape_text(step.command.as_bytes()),
    };
    match step.finding {
        None => writeln!(ui.status(), "{good}passed{good:#}  {command}")?,
        Some(_) => writeln!(ui.status(), "{error}failed{error:#}  {command}")?,
    }
    if global.verbose && !global.redact {
        let lines = step.output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        for line in lines {
            writeln!(ui.status(), "        {}", escape_text(line))?;
        }
    }
    Ok(())
}
