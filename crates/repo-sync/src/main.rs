// SPDX-License-Identifier: Apache-2.0
//! The command line of repo-sync, in its open edition.

use std::process::ExitCode;

use repo_sync::open;
use repo_sync::program::Program;

/// Files are read, and forgotten again, by all cores at once: the allocator of most systems
/// makes them wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    repo_sync::main(&Program::new("repo-sync", open::registry()))
}
