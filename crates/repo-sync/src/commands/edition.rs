// SPDX-License-Identifier: Apache-2.0
//! `repo-sync edition`: what this program is, and what extends it.

use repo_sync_shared::edition::{Answers, Decision, Edition, Feature, Reason, Registry, Version};
use repo_sync_shared::{Outcome, escape_text};
use serde::Serialize;

use crate::args::Format;
use crate::context::Context;
use crate::error::CliError;
use crate::render::json;
use crate::ui::{Palette, Ui};

const EXAMPLES: &str = "\
Examples:
  repo-sync edition             Features and extension points, for people
  repo-sync edition --json      The same for scripts";

/// Say which edition this is, and what it can do
///
/// Lists the features, in which edition each is and why, and what fills the extension
/// points. Needs no repository.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct EditionArgs {
    /// Write JSON, as `--format json` does
    #[arg(long)]
    pub json: bool,
}

/// The whole answer, as JSON writes it.
#[derive(Serialize)]
struct About {
    version: u32,
    command: &'static str,
    outcome: Outcome,
    program: &'static str,
    edition: Edition,
    features: Vec<Row>,
    extension_points: Vec<Filled>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    edition: Edition,
    because: Reason,
    answers: Answers,
    allowed: bool,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Filled {
    name: &'static str,
    version: Version,
    filled_by: String,
    written_for: Version,
}

impl About {
    fn of(registry: &Registry) -> Self {
        let entitlements = registry.entitlements();
        let row = |&feature: &Feature| {
            let placement = feature.placement();
            let reason = match entitlements.allows(feature) {
                Decision::Allowed => None,
                Decision::Denied { reason } => Some(escape_text(reason.as_bytes())),
            };
            Row {
                name: feature.name(),
                about: feature.about(),
                edition: placement.edition,
                because: placement.because,
                answers: feature.answers(),
                allowed: reason.is_none(),
                reason,
            }
        };
        let slots = registry.slots().into_iter();
        let filled = slots.map(|slot| Filled {
            name: slot.point.name(),
            version: slot.point.version(),
            filled_by: escape_text(slot.about.name.as_bytes()),
            written_for: slot.about.written_for,
        });
        Self {
            version: 1,
            command: "edition",
            outcome: Outcome::UpToDate,
            program: env!("CARGO_PKG_VERSION"),
            edition: entitlements.edition(),
            features: Feature::ALL.iter().map(row).collect(),
            extension_points: filled.collect(),
            error: None,
        }
    }
}

/// Says it.
pub fn run(ctx: &Context, ui: &mut Ui) -> Result<Outcome, CliError> {
    let about = About::of(&ctx.registry);
    match ctx.global.format {
        Format::Json => json::object(ui, &about)?,
        Format::Text | Format::Github | Format::Sarif => write(ui, ctx.program.get_name(), &about)?,
    }
    Ok(about.outcome)
}

fn write(ui: &mut Ui, name: &str, about: &About) -> std::io::Result<()> {
    let Palette { bold, good, .. } = ui.palette_out();
    let out = &mut ui.stdout();
    writeln!(out, "{bold}{name} {}, {} edition{bold:#}", about.program, about.edition)?;
    writeln!(out, "\nFeatures")?;
    for row in &about.features {
        let (name, sentence) = (row.name, row.about);
        match &row.reason {
            None => writeln!(out, "  {good}yes{good:#}  {name:<13} {sentence}")?,
            Some(reason) => writeln!(out, "  no   {name:<13} {sentence} ({reason})")?,
        }
    }
    writeln!(out, "\nExtension points")?;
    for Filled { name, version, filled_by, .. } in &about.extension_points {
        writeln!(out, "  {name:<13} {version}  {filled_by}")?;
    }
    Ok(())
}
