// SPDX-License-Identifier: Apache-2.0
//! The command line as typed, and what is wrong with it.
//!
//! A [`Program`](crate::program::Program) reads it, and answers with arguments that make sense
//! together or with an [`Unread`] that knows how to show itself: also help and version come that way.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use repo_sync_shared::{Outcome, Report};

use crate::commands::Command;
use crate::render;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync init                       Write a starter sync.toml
  repo-sync explain src docs           Say what is public, and by which rule
  repo-sync plan --to ../mirror.git    Show what a sync would publish
  repo-sync sync                       Publish it
  repo-sync export /tmp/public         Write the public tree as plain files

Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 diverged, 130 interrupted.";

/// Publish the open part of a private repository, with its real history
///
/// Replays the commits of a private repository into a public mirror, filtered by
/// path. What is public is written in `sync.toml`, at the root of the private
/// repository; nothing is public by default.
#[derive(Debug, Parser)]
#[command(name = "repo-sync", version, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// The flags that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The flags that every command takes, before or after its name.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub chdir: Option<PathBuf>,

    /// Read the manifest from FILE instead of from the commits
    ///
    /// For a first set-up, before any commit holds a `sync.toml`, and for trying
    /// an edit out. A sync refuses it once a commit has a manifest.
    #[arg(long, value_name = "FILE", global = true)]
    pub manifest: Option<PathBuf>,

    /// Take the policy from REV instead of the tip of the first branch
    #[arg(long, value_name = "REV", global = true)]
    pub policy_rev: Option<OsString>,

    /// Work on the mirror of this name [default: the only one]
    #[arg(long, value_name = "NAME", global = true)]
    pub mirror: Option<String>,

    /// Work on every mirror of the manifest
    #[arg(long, global = true)]
    pub all: bool,

    /// Publish to this address instead of the mirror's own
    #[arg(long, value_name = "URL_OR_PATH", global = true)]
    pub to: Option<OsString>,

    /// Choose what goes to stdout
    #[arg(long, value_name = "FORMAT", global = true, value_enum, default_value_t)]
    pub format: Format,

    /// Show the numbers of findings instead of private names and ids
    ///
    /// For logs that more people can read than the private repository.
    #[arg(long, global = true)]
    pub redact: bool,

    /// Choose when to use colors
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t)]
    pub color: Color,

    /// Show no progress
    #[arg(long, global = true)]
    pub no_progress: bool,

    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// What goes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object for scripts.
    Json,
    /// Annotations for GitHub Actions; `check`, `plan` and `sync` only.
    Github,
    /// SARIF 2.1.0 for code scanning; `check`, `plan` and `sync` only.
    Sarif,
}

impl Format {
    /// Whether words go to stdout, too, and not one object alone.
    pub fn is_text(self) -> bool {
        match self {
            Self::Text | Self::Github => true,
            Self::Json | Self::Sarif => false,
        }
    }
}

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A command line that is not run: wrong, or one that asks for help.
#[derive(Debug)]
pub struct Unread {
    error: clap::Error,
    command: String,
    format: Format,
    /// When to use colors, as far as it could be read.
    pub color: Color,
}

impl Unread {
    /// The arguments of `command` that are wrong, and what clap says of them.
    pub(crate) fn of(error: clap::Error, args: &[OsString], command: &clap::Command) -> Self {
        Self { error, ..Self::glance(args, command) }
    }

    /// Finds, in arguments that do not parse, what is needed to complain about
    /// them in the right way.
    fn glance(args: &[OsString], command: &clap::Command) -> Self {
        let mut unread = Self {
            error: clap::Error::new(ErrorKind::InvalidValue),
            command: String::new(),
            format: Format::Text,
            color: Color::Auto,
        };
        let names: Vec<_> = command.get_subcommands().map(|c| c.get_name().into()).collect();
        let words: Vec<_> = args.iter().skip(1).map(|arg| arg.to_string_lossy()).collect();
        for (at, word) in words.iter().enumerate() {
            if word == "--" {
                break;
            }
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (&**word, words.get(at + 1).map(|next| &**next)),
            };
            match (flag, value) {
                ("--format", Some(value)) => {
                    unread.format = Format::from_str(value, false).unwrap_or_default();
                }
                ("--color", Some(value)) => {
                    unread.color = Color::from_str(value, false).unwrap_or_default();
                }
                _ if unread.command.is_empty()
                    && names.iter().any(|name: &String| name == word) =>
                {
                    unread.command = word.to_string();
                }
                _ => {}
            }
        }
        unread
    }

    /// Shows help and version on stdout, and anything else as an error.
    pub fn show(&self, ui: &mut Ui) -> io::Result<Outcome> {
        let text = self.error.render();
        if !self.error.use_stderr() {
            let text = if ui.palette_out().is_plain() {
                text.to_string()
            } else {
                text.ansi().to_string()
            };
            ui.stdout().write_all(text.as_bytes())?;
            return Ok(Outcome::UpToDate);
        }
        let plain = text.to_string();
        let shown =
            if ui.palette_err().is_plain() { plain.clone() } else { text.ansi().to_string() };
        ui.alert().write_all(shown.as_bytes())?;
        if !self.format.is_text() {
            let mut report = Report::new(&self.command, Outcome::Usage);
            let error = plain.trim_end();
            report.error = Some(error.strip_prefix("error: ").unwrap_or(error).to_owned());
            render::object(ui, self.format, &report)?;
        }
        Ok(Outcome::Usage)
    }
}
