// SPDX-License-Identifier: LicenseRef-Proprietary
//! `usage`: what tenants have used.

use std::sync::Arc;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use repo_sync::args::Format;
use repo_sync::context::Context;
use repo_sync::error::CliError;
use repo_sync::program::ExtraCommand;
use repo_sync::ui::Ui;
use repo_sync_shared::Outcome;
use repo_sync_shared::edition::{Limits, Scope, Usage, UsageTracker as _};
use serde::Serialize;

use super::{FleetFile, chosen, write_json};
use crate::usage::Outbox;

const EXAMPLES: &str = "\
Examples:
  repo-sync-cloud usage          What each tenant has used
  repo-sync-cloud usage acme     What one has used";

/// Say what tenants have used
#[derive(Debug, Parser)]
#[command(name = "usage", after_help = EXAMPLES)]
struct UsageArgs {
    #[command(flatten)]
    fleet: FleetFile,

    /// Only these tenants
    #[arg(value_name = "TENANT")]
    tenants: Vec<String>,
}

/// The command `usage`.
pub struct UsageCommand;

#[derive(Serialize)]
struct All {
    version: u32,
    command: &'static str,
    outcome: Outcome,
    tenants: Vec<Used>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Used {
    tenant: String,
    #[serde(flatten)]
    usage: Usage,
}

impl ExtraCommand for UsageCommand {
    fn command(&self) -> clap::Command {
        UsageArgs::command()
    }

    fn run(&self, ctx: &Context, ui: &mut Ui, args: &ArgMatches) -> Result<Outcome, CliError> {
        let args = UsageArgs::from_arg_matches(args).map_err(CliError::usage)?;
        let fleet = args.fleet.read(ctx)?;
        let names = chosen(&fleet, &args.tenants)?;
        let outbox = Outbox::new(Ok(Arc::new(fleet)), Limits::default());
        let mut tenants = Vec::new();
        for tenant in names {
            let scope = Scope::new(&tenant, "all").map_err(CliError::failed)?;
            let usage = outbox.summary(&scope).map_err(CliError::failed)?.unwrap_or_default();
            tenants.push(Used { tenant, usage });
        }
        if ctx.global.format == Format::Text {
            for Used { tenant, usage: Usage { mirrors, public_commits } } in &tenants {
                writeln!(
                    ui.stdout(),
                    "{tenant}  {public_commits} public commits on {mirrors} mirrors"
                )?;
            }
        } else {
            let outcome = Outcome::UpToDate;
            write_json(ui, &All { version: 1, command: "usage", outcome, tenants, error: None })?;
        }
        Ok(Outcome::UpToDate)
    }
}
