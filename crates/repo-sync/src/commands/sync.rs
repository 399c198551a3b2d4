// SPDX-License-Identifier: Apache-2.0
//! `repo-sync sync`: publishing.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::anyhow;
use repo_sync_shared::Outcome;

use super::receipt::Receipt;
use super::run::{Task, run as run_task};
use crate::context::Context;
use crate::engine::optional_text;
use crate::error::CliError;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync sync                    Publish every listed branch and tag
  repo-sync sync main~3             Publish main up to an older commit
  repo-sync sync --dry-run          Only show what would be published
  repo-sync sync --receipt FILE     Write down what was published
  repo-sync sync --format github    Annotate the findings in GitHub Actions";

/// Publish what is new to the mirror
///
/// Replays the private commits, judges what is new, and pushes it in one atomic
/// step. Published commits never change: a branch of the mirror only
/// moves forward, and where that is not possible nothing is pushed.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SyncArgs {
    /// Commit of a listed branch to publish up to [default: every listed branch and tag]
    #[arg(value_name = "REV")]
    pub rev: Option<OsString>,

    /// Show the plan and publish nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Publish also what the private upstream does not hold yet
    ///
    /// A commit that is public and then lost or rewritten on the private side is
    /// hard to mend, so commits that were not pushed are refused without this.
    #[arg(long)]
    pub local: bool,

    /// Write down what was published, for others to check
    ///
    /// An in-toto statement: refs before and after, trees, checks and digests, and
    /// nothing private. Also where there was nothing to do.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub receipt: Option<PathBuf>,

    /// Sign the receipt with an ssh key, into FILE.sig
    ///
    /// The key is what `ssh-keygen -Y sign -f` takes.
    #[arg(long, value_name = "KEY", requires = "receipt")]
    pub sign_key: Option<PathBuf>,
}

/// Publishes to each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &SyncArgs) -> Result<Outcome, CliError> {
    let rev = optional_text(args.rev.as_ref())?;
    let receipt = args.receipt.as_ref().map(|file| Receipt {
        file: ctx.resolve(file),
        key: args.sign_key.as_ref().map(|key| ctx.resolve(key)),
    });
    if receipt.is_some() && ctx.global.all {
        return Err(CliError::usage(anyhow!("a receipt is about one mirror"))
            .with_hint("choose one with `--mirror NAME`"));
    }
    let publish = !args.dry_run;
    let task = Task { command: "sync", publish, rev, local: args.local, receipt };
    run_task(ctx, ui, &task)
}
