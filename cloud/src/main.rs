// SPDX-License-Identifier: LicenseRef-Proprietary
//! The command line of the proprietary edition.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    let fleet = env::var_os(repo_sync_cloud::fleet::VARIABLE).map(PathBuf::from);
    let program = repo_sync_cloud::program(fleet.as_deref())?;
    Ok(repo_sync::main(&program))
}
