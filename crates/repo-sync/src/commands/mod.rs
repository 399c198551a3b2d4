// SPDX-License-Identifier: Apache-2.0
//! The commands, one file each: flags, one call of the library, a rendering.
//!
//! A command is reachable once it is a variant of [`Command`].

use clap::Subcommand;
use repo_sync_shared::Outcome;

use crate::args::Format;
use crate::context::Context;
use crate::error::CliError;
use crate::ui::Ui;

pub mod check;
pub mod completions;
pub mod edition;
pub mod explain;
pub mod export;
pub mod hook;
pub mod import;
pub mod init;
mod lock;
pub mod man;
pub mod map;
pub mod plan;
mod receipt;
mod run;
pub mod standalone;
pub mod status;
pub mod sync;
mod together;
pub mod verify;

pub use run::worst;

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the help of a command is the documentation of its arguments")]
pub enum Command {
    Init(init::InitArgs),
    Plan(plan::PlanArgs),
    Sync(sync::SyncArgs),
    Check(check::CheckArgs),
    Verify(verify::VerifyArgs),
    Status(status::StatusArgs),
    Explain(explain::ExplainArgs),
    Import(import::ImportArgs),
    Map(map::MapArgs),
    Export(export::ExportArgs),
    Standalone(standalone::StandaloneArgs),
    Hook(hook::HookArgs),
    Edition(edition::EditionArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Command {
    /// The word that the user typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Plan(_) => "plan",
            Self::Sync(_) => "sync",
            Self::Check(_) => "check",
            Self::Verify(_) => "verify",
            Self::Status(_) => "status",
            Self::Explain(_) => "explain",
            Self::Import(_) => "import",
            Self::Map(_) => "map",
            Self::Export(_) => "export",
            Self::Standalone(_) => "standalone",
            Self::Hook(_) => "hook",
            Self::Edition(_) => "edition",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// What `--format` may ask of it.
    pub fn formats(&self) -> &'static [Format] {
        /// For a command that has a report.
        const REPORTS: &[Format] = &[Format::Text, Format::Json];
        /// For one that finds things which a forge can show.
        const FINDS: &[Format] = &[Format::Text, Format::Json, Format::Github, Format::Sarif];
        /// For one whose output is a file in itself.
        const WRITES: &[Format] = &[Format::Text];
        match self {
            Self::Plan(_)
            | Self::Sync(_)
            | Self::Check(_)
            | Self::Verify(_)
            | Self::Import(_)
            | Self::Standalone(_) => FINDS,
            Self::Init(_)
            | Self::Status(_)
            | Self::Explain(_)
            | Self::Map(_)
            | Self::Export(_)
            | Self::Hook(_)
            | Self::Edition(_) => REPORTS,
            Self::Completions(_) | Self::Man(_) => WRITES,
        }
    }
}

/// Runs one command.
pub fn run(ctx: &Context, ui: &mut Ui, command: &Command) -> Result<Outcome, CliError> {
    match command {
        Command::Init(args) => init::run(ctx, ui, args),
        Command::Plan(args) => plan::run(ctx, ui, args),
        Command::Sync(args) => sync::run(ctx, ui, args),
        Command::Check(args) => check::run(ctx, ui, args),
        Command::Verify(args) => verify::run(ctx, ui, args),
        Command::Status(_) => status::run(ctx, ui),
        Command::Explain(args) => explain::run(ctx, ui, args),
        Command::Import(args) => import::run(ctx, ui, args),
        Command::Map(args) => map::run(ctx, ui, args),
        Command::Export(args) => export::run(ctx, ui, args),
        Command::Standalone(args) => standalone::run(ctx, ui, args),
        Command::Hook(args) => hook::run(ctx, ui, args),
        Command::Edition(_) => edition::run(ctx, ui),
        Command::Completions(args) => completions::run(ctx, ui, args),
        Command::Man(args) => man::run(ctx, ui, args),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::args::Cli;

    #[test]
    fn no_two_arguments_are_at_odds() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_gives_an_example() {
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            let about = command.get_about().expect("it says what it does").to_string();
            assert!(
                about.starts_with(char::is_uppercase) && !about.ends_with('.'),
                "{name}: {about}"
            );
            let examples = command.get_after_help().expect("it gives examples").to_string();
            assert!(examples.starts_with("Examples:\n  repo-sync"), "{name}: {examples}");
            for example in examples.lines().skip(1) {
                let words =
                    example.split_whitespace().take_while(|word| !["|", ">", "&&"].contains(word));
                let line = words.collect::<Vec<_>>().join(" ");
                assert!(line.contains(name), "{name}: {line}");
            }
        }
    }

    #[test]
    fn arguments_are_read() {
        check("plan", true);
        check("plan main~2", true);
        check("plan one two", false);
        check("sync --dry-run --local main", true);
        check("sync --receipt file --sign-key key", true);
        check("sync --sign-key key", false);
        check("sync --receipt file --dry-run", false);
        check("check --range main..feature", true);
        check("check --staged --format sarif", true);
        check("check", false);
        check("check --staged --range main..feature", false);
        check("check --pre-push origin git@host:acme/widget.git", true);
        check("check --pre-push origin", false);
        check("hook install", true);
        check("hook", false);
        check("verify --full --all", true);
        check("verify main", false);
        check("status --all --format json", true);
        check("status main", false);
        check("explain a b --rev v1", true);
        check("explain --rev v1", false);
        check("map", true);
        check("map 4f1c2aa 9b03d7e", true);
        check("import refs/pull/7/head --onto main --allow a --allow b", true);
        check("import main --format sarif", true);
        check("import --continue", true);
        check("import --continue --abort", false);
        check("import main --abort", false);
        check("import", false);
        check("export dir --rev v1", true);
        check("-C there export dir", true);
        check("export", false);
        check("standalone --rev v1 --format github", true);
        check("standalone v1", false);
        check("man --dir there -C here", true);
        check("edition --json", true);
        check("edition cloud", false);
        check("completions tcsh", false);
        check("-q plan --no-progress --color never --manifest m --policy-rev r", true);
        check("plan --mirror public --to ../mirror --redact --format github", true);

        #[track_caller]
        fn check(line: &str, reads: bool) {
            let parsed = Cli::try_parse_from(["repo-sync"].into_iter().chain(line.split(' ')));
            assert_eq!(parsed.is_ok(), reads, "{line}: {parsed:?}");
        }
    }
}
