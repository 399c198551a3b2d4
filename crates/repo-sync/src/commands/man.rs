// SPDX-License-Identifier: Apache-2.0
//! `repo-sync man`: our manual pages.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap_mangen::Man;
use repo_sync_shared::Outcome;

use crate::context::Context;
use crate::error::CliError;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync man | man -l -                       Read the page of the program
  repo-sync man --dir ~/.local/share/man/man1    Install a page for each command";

/// Print the manual page of the program
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// Write a page for the program and one for each command into DIR instead
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Prints the page, or writes all of them.
pub fn run(ctx: &Context, ui: &mut Ui, args: &ManArgs) -> Result<Outcome, CliError> {
    // There is no page for `help`, so no page should point at one.
    let program = ctx.program.clone().disable_help_subcommand(true);
    let Some(dir) = &args.dir else {
        Man::new(program).render(ui.stdout())?;
        return Ok(Outcome::UpToDate);
    };
    let dir = ctx.resolve(dir);
    fs::create_dir_all(&dir)
        .and_then(|()| clap_mangen::generate_to(program, &dir))
        .with_context(|| format!("failed to write manual pages to `{}`", dir.display()))?;
    writeln!(ui.status(), "Wrote the manual pages to `{}`.", dir.display())?;
    Ok(Outcome::UpToDate)
}
