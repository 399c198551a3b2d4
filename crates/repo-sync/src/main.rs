// SPDX-License-Identifier: Apache-2.0
//! The command line of repo-sync.

use std::process::ExitCode;

fn main() -> ExitCode {
    repo_sync::main()
}
