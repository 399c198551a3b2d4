// SPDX-License-Identifier: Apache-2.0
//! `repo-sync plan`: what a sync would publish.

use std::ffi::OsString;

use repo_sync_shared::Outcome;

use super::lock;
use super::run::{Task, run as run_task};
use crate::context::Context;
use crate::engine::optional_text;
use crate::error::CliError;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync plan                   What a sync of every listed branch would publish
  repo-sync plan feature           The same for any revision, listed or not
  repo-sync plan --write-lock      Write down for review what the mirrors show
  repo-sync plan --to ../mirror    Compare with another repository
  repo-sync plan --format json | jq '.refusals'";

/// Show what a sync would publish, and why
///
/// Lists the commits with the rule behind each verdict, and every refusal. Reads
/// both repositories and changes neither; exits as `sync` would.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct PlanArgs {
    /// Revision to plan [default: every listed branch and tag]
    #[arg(value_name = "REV")]
    pub rev: Option<OsString>,

    /// Write `sync.lock` for the `sync.toml` of the work tree, for review beside it
    ///
    /// The file lists what each mirror would show, near its root, of the commit that is
    /// checked out. Once it is published, a policy that shows more is refused until its
    /// `sync.lock` says so.
    #[arg(long, conflicts_with_all = ["rev", "manifest"])]
    pub write_lock: bool,
}

/// Plans for each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &PlanArgs) -> Result<Outcome, CliError> {
    if args.write_lock {
        return lock::run(ctx, ui);
    }
    let rev = optional_text(args.rev.as_ref())?;
    run_task(ctx, ui, &Task { command: "plan", publish: false, rev, local: false, receipt: None })
}
