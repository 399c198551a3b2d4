// SPDX-License-Identifier: LicenseRef-Proprietary
//! The proprietary edition of repo-sync.
//!
//! The open command line with more in its registry: [`tenants`] from a [`fleet`] file, [`usage`]
//! as events for a bill, an [`audit`] log that nobody changes unseen, a key for each
//! tenant, and a [`licence`] for all of it. It stands on the open crates, and no open
//! crate knows of it.
//!
//! Without a fleet (`REPO_SYNC_FLEET`) it is the open edition with more commands. With one and
//! no good licence nothing is published on behalf of tenants; looking, checking and verifying
//! work as ever.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::Arc;

use repo_sync::open;
use repo_sync::program::Program;
use repo_sync_shared::edition::RegistryError;

pub mod audit;
pub mod commands;
pub mod credentials;
pub mod files;
pub mod fleet;
pub mod licence;
pub mod notices;
mod summary;
pub mod tenants;
pub mod usage;

pub use summary::FleetSummary;

use audit::Chain;
use credentials::TenantKeys;
use fleet::Fleet;
use licence::{Licence, Licensed};
use notices::TenantNotices;
use tenants::FleetTenants;
use usage::Outbox;

/// The whole program, for the fleet in this file, if there is one.
///
/// # Errors
/// The open crates are of another major version.
pub fn program(fleet: Option<&Path>) -> Result<Program, RegistryError> {
    let Some(file) = fleet else {
        let licensed = Licensed::new(Licence::Absent);
        let registry = open::builder().entitlements(licensed).build()?;
        return Ok(with_commands(Program::new("repo-sync-cloud", registry)));
    };
    // A fleet that cannot be read keeps nobody from looking: who asks whose a run is gets to know.
    let fleet = Fleet::read(file).map(Arc::new).map_err(|err| Arc::from(err.chain()));
    let licence = match &fleet {
        Ok(fleet) => Licence::of_fleet(fleet),
        Err(_) => Licence::Absent,
    };
    let registry = open::builder()
        .tenants(FleetTenants::new(fleet.clone(), licence.clone()))
        .usage(Outbox::new(fleet.clone(), licence.limits()))
        .audit(Chain::new(fleet.clone()))
        .entitlements(Licensed::new(licence))
        .credentials(TenantKeys::new(fleet.clone()))
        .notifier(TenantNotices::new(fleet))
        .build()?;
    Ok(with_commands(Program::new("repo-sync-cloud", registry)))
}

fn with_commands(program: Program) -> Program {
    program
        .with(commands::fleet::FleetCommand)
        .with(commands::audit::AuditCommand)
        .with(commands::usage::UsageCommand)
        .with(commands::licence::LicenceCommand)
}
