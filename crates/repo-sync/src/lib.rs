// SPDX-License-Identifier: Apache-2.0
//! The command line of repo-sync, as a library.
//!
//! [`main`] reads the arguments ([`args`]), runs one command ([`commands`]) and
//! turns its outcome into an exit status. Everything that is printed goes through
//! [`ui::Ui`]; what it looks like is decided in [`render`].
#![deny(missing_docs)]
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::anyhow;
use repo_sync_shared::{Outcome, Report};

pub mod args;
pub mod commands;
pub mod context;
pub mod engine;
pub mod error;
pub mod progress;
pub mod render;
pub mod ui;

use args::Cli;
use context::Context;
use error::CliError;
use ui::{Ui, UiOptions};

/// Runs the program on this process's arguments and streams.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let outcome = match Cli::read(&args) {
        Ok(cli) => {
            let mut ui = Ui::new(&UiOptions::from(&cli.global));
            let outcome = run(&mut ui, &cli);
            close(&mut ui, outcome)
        }
        Err(unread) => {
            let mut ui = Ui::new(&UiOptions { color: unread.color, ..UiOptions::default() });
            let outcome = unread.show(&mut ui).unwrap_or(Outcome::Failed);
            close(&mut ui, outcome)
        }
    };
    ExitCode::from(outcome.exit_code())
}

/// Runs the command that was asked for, and shows why it failed if it did.
pub fn run(ui: &mut Ui, cli: &Cli) -> Outcome {
    let result = Context::new(&cli.global).and_then(|ctx| commands::run(&ctx, ui, &cli.command));
    match result {
        Ok(outcome) => outcome,
        Err(err) => {
            // Where stderr and stdout are both gone there is nobody left to tell,
            // and the exit status says it.
            let _ = show_error(ui, cli, &err);
            err.outcome()
        }
    }
}

fn show_error(ui: &mut Ui, cli: &Cli, err: &CliError) -> std::io::Result<()> {
    if !err.findings().is_empty() {
        let mut report = Report::new(cli.command.name(), err.outcome());
        report.mirror = err.mirror().or(cli.global.mirror.as_deref()).map(str::to_owned);
        report.refusals = err.findings().to_vec();
        return render::report(ui, &cli.global, &report);
    }
    let err = if cli.global.redact { &err.redacted() } else { err };
    render::error::write(ui, err)?;
    if !cli.global.format.is_text() {
        let mut report = Report::new(cli.command.name(), err.outcome());
        report.mirror.clone_from(&cli.global.mirror);
        report.error = Some(err.text());
        render::object(ui, cli.global.format, &report)?;
    }
    Ok(())
}

/// A result that could not be written is no result.
fn close(ui: &mut Ui, outcome: Outcome) -> Outcome {
    match ui.finish() {
        Ok(()) => outcome,
        Err(source) => {
            let mut err = CliError::failed(anyhow!(source).context("failed to write to stdout"));
            if outcome == Outcome::Synced {
                err = err.with_hint(
                    "all was published, only the report of it is lost; `repo-sync verify` looks at it",
                );
            }
            let _ = render::error::write(ui, &err);
            Outcome::Failed
        }
    }
}
