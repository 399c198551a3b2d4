// SPDX-License-Identifier: LicenseRef-Proprietary
//! The command line of the proprietary edition.

use std::process::ExitCode;

use repo_sync_cloud::fleet;

fn main() -> anyhow::Result<ExitCode> {
    let fleet = fleet::named_by_the_environment();
    let program = repo_sync_cloud::program(fleet.as_deref())?;
    Ok(repo_sync::main(&program))
}
