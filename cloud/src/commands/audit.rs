// SPDX-License-Identifier: LicenseRef-Proprietary
//! `audit`: what is on record, and whether it is as it was written.

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use repo_sync::args::Format;
use repo_sync::context::Context;
use repo_sync::error::CliError;
use repo_sync::program::ExtraCommand;
use repo_sync::ui::Ui;
use repo_sync_shared::Outcome;
use serde::Serialize;

use super::{FleetFile, chosen, write_json};
use crate::audit::verify::{Tampered, Verified, verify};
use crate::files::{AUDIT, read_lines};
use crate::fleet::Fleet;

const EXAMPLES: &str = "\
Examples:
  repo-sync-cloud audit verify                     See whether the logs are as they were written
  repo-sync-cloud audit verify acme --holds HASH   And whether one holds a record of before
  repo-sync-cloud audit export acme > acme.jsonl   Take a copy of one";

/// Look at the logs of what happened
#[derive(Debug, Parser)]
#[command(name = "audit", after_help = EXAMPLES)]
struct AuditArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Verify(VerifyArgs),
    Export(ExportArgs),
}

/// See whether the logs are as they were written
///
/// Names the first record of each log that is not, and exits with 3. Keep the hash that it
/// prints somewhere else: with `--holds` it shows later that no record was cut off.
#[derive(Debug, clap::Args)]
struct VerifyArgs {
    #[command(flatten)]
    fleet: FleetFile,

    /// Only the logs of these tenants
    #[arg(value_name = "TENANT")]
    tenants: Vec<String>,

    /// A record with this hash must be in the log; with one tenant
    #[arg(long, value_name = "HASH", requires = "tenants")]
    holds: Option<String>,
}

/// Print the log of a tenant
#[derive(Debug, clap::Args)]
struct ExportArgs {
    #[command(flatten)]
    fleet: FleetFile,

    /// Whose
    #[arg(value_name = "TENANT")]
    tenant: String,
}

/// The command `audit`.
pub struct AuditCommand;

impl ExtraCommand for AuditCommand {
    fn command(&self) -> clap::Command {
        AuditArgs::command()
    }

    fn run(&self, ctx: &Context, ui: &mut Ui, args: &ArgMatches) -> Result<Outcome, CliError> {
        match AuditArgs::from_arg_matches(args).map_err(CliError::usage)?.action {
            Action::Verify(args) => look(ctx, ui, &args),
            Action::Export(args) => {
                let fleet = args.fleet.read(ctx)?;
                let names = chosen(&fleet, &[args.tenant])?;
                for name in names {
                    ui.stdout().write_all(&text(&fleet, &name)?)?;
                }
                Ok(Outcome::UpToDate)
            }
        }
    }
}

fn text(fleet: &Fleet, tenant: &str) -> Result<Vec<u8>, CliError> {
    let file = fleet.directory(tenant).join(AUDIT);
    read_lines(&file).map_err(|err| {
        let err = anyhow::Error::from(err).context(format!("failed to read `{}`", file.display()));
        CliError::failed(err)
    })
}

#[derive(Serialize)]
struct Logs {
    version: u32,
    command: &'static str,
    outcome: Outcome,
    logs: Vec<Log>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Log {
    tenant: String,
    records: Option<u64>,
    head: Option<String>,
    /// The number of the first record that is bad.
    bad: Option<u64>,
    error: Option<String>,
}

fn look(ctx: &Context, ui: &mut Ui, args: &VerifyArgs) -> Result<Outcome, CliError> {
    let fleet = args.fleet.read(ctx)?;
    let names = chosen(&fleet, &args.tenants)?;
    if args.holds.is_some() && names.len() != 1 {
        return Err(CliError::usage(anyhow::anyhow!("a hash is of the log of one tenant")));
    }
    let mut logs = Vec::new();
    for tenant in names {
        let verified = verify(&tenant, &text(&fleet, &tenant)?, args.holds.as_deref());
        logs.push(match verified {
            Ok(Verified { records, head }) => {
                Log { tenant, records: Some(records), head: Some(head), bad: None, error: None }
            }
            Err(tampered) => {
                let bad = match &tampered {
                    Tampered::Record { number, .. } => Some(*number),
                    Tampered::Missing(_) => None,
                };
                let error = Some(tampered.to_string());
                Log { tenant, records: None, head: None, bad, error }
            }
        });
    }
    let sound = logs.iter().all(|log| log.error.is_none());
    let outcome = if sound { Outcome::UpToDate } else { Outcome::Refused };
    if ctx.global.format == Format::Text {
        for Log { tenant, records, head, error, .. } in &logs {
            match (error, records, head) {
                (None, Some(records), Some(head)) => {
                    writeln!(ui.stdout(), "{tenant}  {records} records, {head}")?;
                }
                (error, _, _) => {
                    let error = error.as_deref().unwrap_or_default();
                    writeln!(ui.alert(), "{tenant}  {error}")?;
                }
            }
        }
    } else {
        let logs = Logs { version: 1, command: "audit", outcome, logs, error: None };
        write_json(ui, &logs)?;
    }
    Ok(outcome)
}
