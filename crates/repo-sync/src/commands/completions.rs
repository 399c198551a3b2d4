// SPDX-License-Identifier: Apache-2.0
//! `repo-sync completions`: a script that completes our commands in a shell.

use clap_complete::Shell;
use repo_sync_shared::Outcome;

use crate::context::Context;
use crate::error::CliError;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync completions bash > ~/.local/share/bash-completion/completions/repo-sync
  repo-sync completions zsh > ~/.zfunc/_repo-sync
  repo-sync completions fish > ~/.config/fish/completions/repo-sync.fish";

/// Print the completion script of a shell
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints the script.
pub fn run(ctx: &Context, ui: &mut Ui, args: &CompletionsArgs) -> Result<Outcome, CliError> {
    // Into memory first: the generator panics on a pipe that is closed early.
    let mut script = Vec::new();
    let mut program = ctx.program.clone();
    let name = program.get_name().to_owned();
    clap_complete::generate(args.shell, &mut program, name, &mut script);
    ui.stdout().write_all(&script)?;
    Ok(Outcome::UpToDate)
}
