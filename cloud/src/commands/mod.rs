// SPDX-License-Identifier: LicenseRef-Proprietary
//! The commands that this edition has beyond those of the open one.

use std::path::PathBuf;

use anyhow::anyhow;
use repo_sync::context::Context;
use repo_sync::error::CliError;

use crate::fleet::{Fleet, named_by_the_environment};

pub mod audit;
pub mod fleet;
pub mod licence;
pub mod usage;

/// Which fleet a command is about.
#[derive(Clone, Debug, clap::Args)]
pub struct FleetFile {
    /// Read the fleet from FILE [default: what REPO_SYNC_FLEET names, else `fleet.toml`]
    #[arg(long, value_name = "FILE")]
    pub fleet: Option<PathBuf>,
}

impl FleetFile {
    /// The fleet.
    ///
    /// # Errors
    /// Its file cannot be read, or makes no sense.
    pub fn read(&self, ctx: &Context) -> Result<Fleet, CliError> {
        let file = match (&self.fleet, named_by_the_environment()) {
            (Some(file), _) => ctx.resolve(file),
            // A variable is about the whole process, wherever `-C` sends the command.
            (None, Some(file)) => file,
            (None, None) => ctx.resolve("fleet.toml"),
        };
        Fleet::read(&file).map_err(CliError::usage)
    }
}

/// The tenants of these names, or all.
///
/// # Errors
/// There is none of that name.
fn chosen(fleet: &Fleet, names: &[String]) -> Result<Vec<String>, CliError> {
    for name in names {
        if fleet.tenant(name).is_none() {
            let shown = repo_sync_shared::escape_text(name.as_bytes());
            return Err(CliError::usage(anyhow!("there is no tenant `{shown}`"))
                .with_hint("the fleet file lists them, as `[tenant.NAME]`"));
        }
    }
    if !names.is_empty() {
        return Ok(names.to_vec());
    }
    Ok(fleet.tenants.iter().map(|tenant| tenant.name.clone()).collect())
}

/// One JSON object, as every command writes it.
fn write_json(ui: &mut repo_sync::ui::Ui, object: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(object).map_err(anyhow::Error::from)?;
    writeln!(ui.stdout(), "{text}")?;
    Ok(())
}
