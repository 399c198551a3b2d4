// SPDX-License-Identifier: Apache-2.0
//! The command line of repo-sync, as a library.
//!
//! [`main`] takes a [`Program`], reads the arguments ([`args`]), runs one command
//! ([`commands`]) and turns its outcome into an exit status. Everything that is printed goes
//! through [`ui::Ui`]; what it looks like is decided in [`render`]. The binary is a line: it gives
//! the program with the [open registry](open::registry), and another edition gives one with more.
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
pub mod open;
pub mod program;
pub mod progress;
pub mod render;
pub mod ui;

use context::Context;
use error::CliError;
use program::{Asked, Program};
use ui::{Ui, UiOptions};

/// Runs a program on this process's arguments and streams.
pub fn main(program: &Program) -> ExitCode {
    let args: Vec<OsString> = env::args_os().collect();
    let outcome = match program.read(&args) {
        Ok(asked) => {
            let mut ui = Ui::new(&UiOptions::from(&asked.global));
            let outcome = run(&mut ui, program, &asked);
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
pub fn run(ui: &mut Ui, program: &Program, asked: &Asked<'_>) -> Outcome {
    let result = Context::new(&asked.global, program).and_then(|ctx| asked.run(&ctx, ui));
    match result {
        Ok(outcome) => outcome,
        Err(err) => {
            // Where stderr and stdout are both gone there is nobody left to tell,
            // and the exit status says it.
            let _ = show_error(ui, asked, &err);
            err.outcome()
        }
    }
}

fn show_error(ui: &mut Ui, asked: &Asked<'_>, err: &CliError) -> std::io::Result<()> {
    if !err.findings().is_empty() {
        let mut report = Report::new(asked.name(), err.outcome());
        report.mirror = err.mirror().or(asked.global.mirror.as_deref()).map(str::to_owned);
        report.refusals = err.findings().to_vec();
        return render::report(ui, &asked.global, &report);
    }
    let err = if asked.global.redact { &err.redacted() } else { err };
    render::error::write(ui, err)?;
    if !asked.global.format.is_text() {
        let mut report = Report::new(asked.name(), err.outcome());
        report.mirror.clone_from(&asked.global.mirror);
        report.error = Some(err.text());
        render::object(ui, asked.global.format, &report)?;
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
