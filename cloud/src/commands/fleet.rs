// SPDX-License-Identifier: LicenseRef-Proprietary
//! `fleet sync`: all mirrors of all tenants.

use std::env;

use anyhow::{Context as _, anyhow};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use repo_sync::args::Format;
use repo_sync::commands::worst;
use repo_sync::context::Context;
use repo_sync::error::CliError;
use repo_sync::program::ExtraCommand;
use repo_sync::ui::Ui;
use repo_sync_shared::edition::{Decision, Feature};
use repo_sync_shared::{Outcome, escape_text};
use serde::Serialize;

use super::{FleetFile, chosen, write_json};
use crate::fleet::run::{Done, How, TenantReport, run};
use crate::licence::Licence;

const EXAMPLES: &str = "\
Examples:
  repo-sync-cloud fleet sync                    Bring every mirror of every tenant up to date
  repo-sync-cloud fleet sync --tenant acme      Only those of one
  repo-sync-cloud fleet sync --jobs 8           Eight at a time
  repo-sync-cloud fleet sync --fleet FILE       Those of another fleet";

/// Work on the mirrors of many tenants
#[derive(Debug, Parser)]
#[command(name = "fleet", after_help = EXAMPLES)]
struct FleetArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Sync(SyncArgs),
}

/// Bring every mirror up to date, each in a process of its own
///
/// What goes wrong with one is reported and stays with it. The exit status is that of the run
/// that needs a person most.
#[derive(Debug, clap::Args)]
struct SyncArgs {
    #[command(flatten)]
    fleet: FleetFile,

    /// Only the mirrors of this tenant; may be given several times
    #[arg(long, value_name = "NAME")]
    tenant: Vec<String>,

    /// How many at a time [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// The command `fleet`.
pub struct FleetCommand;

impl ExtraCommand for FleetCommand {
    fn command(&self) -> clap::Command {
        FleetArgs::command()
    }

    fn run(&self, ctx: &Context, ui: &mut Ui, args: &ArgMatches) -> Result<Outcome, CliError> {
        let args = FleetArgs::from_arg_matches(args).map_err(CliError::usage)?;
        match args.action {
            Action::Sync(args) => sync(ctx, ui, &args),
        }
    }
}

/// What a run of a fleet came to, as JSON writes it.
#[derive(Serialize)]
struct FleetReport {
    version: u32,
    command: &'static str,
    outcome: Outcome,
    tenants: Vec<TenantReport>,
    error: Option<String>,
}

fn sync(ctx: &Context, ui: &mut Ui, args: &SyncArgs) -> Result<Outcome, CliError> {
    refuse_flags_for_one(ctx)?;
    let fleet = args.fleet.read(ctx)?;
    let licence = Licence::of_fleet(&fleet);
    match licence.allows(Feature::Fleet) {
        Decision::Allowed => {}
        Decision::Denied { reason } => {
            return Err(CliError::failed(anyhow!("nothing is published for tenants: {reason}"))
                .with_hint(
                    "checks, plans and `verify` go on working; `licence` in the fleet file names a \
                     licence, and `repo-sync-cloud licence` looks at it",
                ));
        }
    }
    if let Licence::Grace(..) = licence {
        writeln!(ui.alert(), "warning: {licence}")?;
    }
    let tenants = chosen(&fleet, &args.tenant)?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or_else(cores, usize::from);
    let program = env::current_exe().context("failed to find this program's own file")?;
    let how = How { jobs, program: &program, redact: ctx.global.redact };
    let reports = run(&fleet, &tenants, &how, &mut |subject, one| {
        // Words for people: one who does not read them does not stop the fleet.
        let _ = writeln!(ui.status(), "{subject}: {}", words(one));
    });
    let reports = reports.context("failed to write to the directory of a tenant")?;
    let outcome = worst(reports.iter().flat_map(|it| &it.mirrors).map(|one| one.outcome));
    if ctx.global.format == Format::Text {
        write(ui, &reports)?;
    } else {
        let tenants = reports;
        let report = FleetReport { version: 1, command: "fleet", outcome, tenants, error: None };
        write_json(ui, &report)?;
    }
    Ok(outcome)
}

/// What is said about one mirror would be wrong for the others, and not to heed it as well.
fn refuse_flags_for_one(ctx: &Context) -> Result<(), CliError> {
    let global = &ctx.global;
    let given = [
        (global.mirror.is_some(), "--mirror"),
        (global.all, "--all"),
        (global.to.is_some(), "--to"),
        (global.manifest.is_some(), "--manifest"),
        (global.policy_rev.is_some(), "--policy-rev"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, flag)) => {
            Err(CliError::usage(anyhow!("`{flag}` is about one mirror, and a fleet has many"))
                .with_hint("the fleet file says which mirrors, and `--tenant` whose"))
        }
    }
}

/// How a run ended, in a few words.
fn words(one: &Done) -> String {
    let name = serde_json::to_value(one.outcome).ok();
    let name = name.as_ref().and_then(|name| name.as_str()).unwrap_or_default();
    let why = match (&one.error, &one.checks[..]) {
        (Some(error), _) => format!(", {}", escape_text(error.as_bytes())),
        (None, []) => String::new(),
        (None, checks) => format!(", {}", checks.join(", ")),
    };
    format!("{name}{why}")
}

/// A line for each tenant, and one for each of its mirrors that waits for a person.
fn write(ui: &mut Ui, reports: &[TenantReport]) -> Result<(), CliError> {
    let palette = ui.palette_out();
    let (bold, error) = (palette.bold, palette.error);
    let out = &mut ui.stdout();
    for TenantReport { tenant, summary, mirrors } in reports {
        writeln!(
            out,
            "{bold}{tenant}{bold:#}  {} of {} mirrors in order, {} commits published",
            summary.in_order,
            mirrors.len(),
            summary.published
        )?;
        for one in mirrors.iter().filter(|one| one.outcome.exit_code() != 0) {
            let Done { repository, mirror, .. } = one;
            writeln!(out, "  {error}{repository}:{mirror}{error:#}  {}", words(one))?;
        }
    }
    Ok(())
}
