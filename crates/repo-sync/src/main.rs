// SPDX-License-Identifier: Apache-2.0
//! The command line of repo-sync, in its open edition.

use std::process::ExitCode;

use repo_sync::open;
use repo_sync::program::Program;

fn main() -> ExitCode {
    repo_sync::main(&Program::new("repo-sync", open::registry()))
}
