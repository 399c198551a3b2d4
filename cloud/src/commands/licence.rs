// SPDX-License-Identifier: LicenseRef-Proprietary
//! `licence`: how things stand with the licence.

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use repo_sync::args::Format;
use repo_sync::context::Context;
use repo_sync::error::CliError;
use repo_sync::program::ExtraCommand;
use repo_sync::ui::Ui;
use repo_sync_shared::Outcome;
use repo_sync_shared::edition::{Edition, Feature};
use serde::Serialize;

use super::{FleetFile, write_json};
use crate::licence::Licence;

const EXAMPLES: &str = "\
Examples:
  repo-sync-cloud licence       Say whether the licence is good, and for what";

/// Say whether the licence is good, and for what
///
/// Looks at the file that the fleet file names, without a network. Exits with 1 where there
/// is no good licence.
#[derive(Debug, Parser)]
#[command(name = "licence", after_help = EXAMPLES)]
struct LicenceArgs {
    #[command(flatten)]
    fleet: FleetFile,
}

/// The command `licence`.
pub struct LicenceCommand;

#[derive(Serialize)]
struct Said {
    version: u32,
    command: &'static str,
    outcome: Outcome,
    status: String,
    features: Vec<Feature>,
    error: Option<String>,
}

impl ExtraCommand for LicenceCommand {
    fn command(&self) -> clap::Command {
        LicenceArgs::command()
    }

    fn run(&self, ctx: &Context, ui: &mut Ui, args: &ArgMatches) -> Result<Outcome, CliError> {
        let args = LicenceArgs::from_arg_matches(args).map_err(CliError::usage)?;
        let licence = Licence::of_fleet(&args.fleet.read(ctx)?);
        let sold = |feature: &Feature| feature.placement().edition != Edition::Community;
        let features = Feature::ALL.iter().copied().filter(sold);
        let features: Vec<_> = features.filter(|&it| licence.allows(it).is_allowed()).collect();
        let outcome = match &licence {
            Licence::Valid(_) | Licence::Grace(..) => Outcome::UpToDate,
            Licence::Absent | Licence::Invalid(_) | Licence::Expired(_) => Outcome::Failed,
        };
        let status = licence.to_string();
        if ctx.global.format == Format::Text {
            writeln!(ui.stdout(), "{status}")?;
            for feature in features {
                writeln!(ui.stdout(), "  {:<13} {}", feature.name(), feature.about())?;
            }
        } else {
            let error = (outcome == Outcome::Failed).then(|| status.clone());
            let said = Said { version: 1, command: "licence", outcome, status, features, error };
            write_json(ui, &said)?;
        }
        Ok(outcome)
    }
}
