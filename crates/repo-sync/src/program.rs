// SPDX-License-Identifier: Apache-2.0
//! A program to be: the command line, what fills its extension points, and the commands
//! that it has beyond ours.
//!
//! `repo-sync` is a [`Program`] with the open registry and nothing more. Another edition
//! is the same one with another registry, and perhaps with [`ExtraCommand`]s.

use std::ffi::OsString;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, ValueEnum as _};
use repo_sync_shared::Outcome;
use repo_sync_shared::edition::Registry;

use crate::args::{Cli, Format, GlobalArgs, Unread};
use crate::commands::{self, Command};
use crate::context::Context;
use crate::error::CliError;
use crate::ui::Ui;

/// A command that only some editions have.
pub trait ExtraCommand: Send + Sync {
    /// Its name, help and arguments. The global flags come by themselves.
    fn command(&self) -> clap::Command;

    /// What `--format` may ask of it.
    fn formats(&self) -> &'static [Format] {
        &[Format::Text, Format::Json]
    }

    /// Runs it.
    ///
    /// # Errors
    /// It did not get to its end.
    fn run(&self, ctx: &Context, ui: &mut Ui, arguments: &ArgMatches) -> Result<Outcome, CliError>;
}

/// A command line with all that is behind it.
pub struct Program {
    name: &'static str,
    registry: Arc<Registry>,
    extra: Vec<Box<dyn ExtraCommand>>,
}

impl Program {
    /// Our commands under this name, with these extensions.
    pub fn new(name: &'static str, registry: Arc<Registry>) -> Self {
        Self { name, registry, extra: Vec::new() }
    }

    /// The same with one more command.
    #[must_use]
    pub fn with(mut self, command: impl ExtraCommand + 'static) -> Self {
        self.extra.push(Box::new(command));
        self
    }

    /// What fills the extension points.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The whole command line, as clap knows it.
    pub fn command(&self) -> clap::Command {
        let command = Cli::command().name(self.name);
        command.subcommands(self.extra.iter().map(|extra| extra.command()))
    }

    /// The arguments, if they parse and make sense together.
    ///
    /// # Errors
    /// They do not, or ask for help.
    pub fn read(&self, args: &[OsString]) -> Result<Asked<'_>, Unread> {
        self.parse(args).map_err(|error| Unread::of(error, args, &self.command()))
    }

    fn parse(&self, args: &[OsString]) -> Result<Asked<'_>, clap::Error> {
        let matches = self.command().try_get_matches_from(args)?;
        let extra = matches.subcommand().and_then(|(name, arguments)| {
            let mut all = self.extra.iter().map(|extra| &**extra);
            let extra = all.find(|extra| extra.command().get_name() == name)?;
            Some((extra, name.to_owned(), arguments.clone()))
        });
        let asked = match extra {
            Some((extra, name, arguments)) => Asked {
                global: GlobalArgs::from_arg_matches(&matches)?,
                chosen: Chosen::Extra { name, command: extra, arguments },
            },
            None => {
                let Cli { global, command } = Cli::from_arg_matches(&matches)?;
                Asked { global, chosen: Chosen::Ours(command) }
            }
        };
        asked.checked().map_err(|said| self.command().error(ErrorKind::ArgumentConflict, said))
    }
}

/// What the user asked for.
pub struct Asked<'p> {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    chosen: Chosen<'p>,
}

enum Chosen<'p> {
    Ours(Command),
    Extra { name: String, command: &'p dyn ExtraCommand, arguments: ArgMatches },
}

impl Asked<'_> {
    /// The command that the user typed.
    pub fn name(&self) -> &str {
        match &self.chosen {
            Chosen::Ours(command) => command.name(),
            Chosen::Extra { name, .. } => name,
        }
    }

    fn formats(&self) -> &'static [Format] {
        match &self.chosen {
            Chosen::Ours(command) => command.formats(),
            Chosen::Extra { command, .. } => command.formats(),
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    /// It did not get to its end.
    pub fn run(&self, ctx: &Context, ui: &mut Ui) -> Result<Outcome, CliError> {
        match &self.chosen {
            Chosen::Ours(command) => commands::run(ctx, ui, command),
            Chosen::Extra { command, arguments, .. } => command.run(ctx, ui, arguments),
        }
    }

    /// Global flags may stand on either side of the command, where clap does not
    /// see that two of them exclude each other.
    fn checked(mut self) -> Result<Self, String> {
        if let Chosen::Ours(Command::Edition(args)) = &self.chosen
            && args.json
        {
            self.global.format = Format::Json;
        }
        let global = &self.global;
        let conflicts = [
            (global.mirror.is_some() && global.all, "--mirror", "--all"),
            (global.to.is_some() && global.all, "--to", "--all"),
            (global.quiet && global.verbose, "--quiet", "--verbose"),
        ];
        for (both, one, other) in conflicts {
            if both {
                return Err(format!("the argument '{one}' cannot be used with '{other}'"));
            }
        }
        if !self.formats().contains(&global.format) {
            let format = global.format.to_possible_value().expect("no format is hidden");
            let (format, name) = (format.get_name(), self.name());
            return Err(format!("the argument '--format {format}' cannot be used with '{name}'"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open;
    use crate::render::testing::Screen;
    use crate::ui::UiOptions;

    struct Greet;

    impl ExtraCommand for Greet {
        fn command(&self) -> clap::Command {
            clap::Command::new("greet").arg(clap::Arg::new("whom").required(true))
        }

        fn run(&self, ctx: &Context, ui: &mut Ui, args: &ArgMatches) -> Result<Outcome, CliError> {
            let whom = args.get_one::<String>("whom").map(String::as_str).unwrap_or_default();
            let mirror = ctx.global.mirror.as_deref().unwrap_or("nobody");
            writeln!(ui.stdout(), "{whom} from {mirror}")?;
            Ok(Outcome::UpToDate)
        }
    }

    #[test]
    fn an_edition_may_have_more_commands() {
        let program = Program::new("more-sync", open::registry()).with(Greet);
        check(&program, "greet you", "you from nobody\n");
        check(&program, "--mirror public greet you", "you from public\n");
        check(&program, "greet you --mirror public", "you from public\n");
        check(&program, "greet", "not read");
        check(&program, "greet you --format sarif", "not read");
        check(&program, "greet you --all --mirror public", "not read");
        check(&program, "completions tcsh", "not read");
        let plain = Program::new("repo-sync", open::registry());
        check(&plain, "greet you", "not read");

        let screen = Screen::default();
        let mut ui = screen.ui(&UiOptions::default());
        let args = ["more-sync", "completions", "bash"].map(OsString::from);
        let Ok(asked) = program.read(&args) else { panic!("it reads") };
        assert_eq!(crate::run(&mut ui, &program, &asked), Outcome::UpToDate);
        ui.finish().unwrap();
        assert!(screen.out().contains("more-sync") && screen.out().contains("greet"));

        #[track_caller]
        fn check(program: &Program, line: &str, expected: &str) {
            let args: Vec<_> = ["more-sync"].into_iter().chain(line.split(' ')).collect();
            let args: Vec<OsString> = args.into_iter().map(OsString::from).collect();
            let screen = Screen::default();
            let mut ui = screen.ui(&UiOptions::default());
            let Ok(asked) = program.read(&args) else {
                return assert_eq!("not read", expected, "{line}");
            };
            assert_eq!(crate::run(&mut ui, program, &asked), Outcome::UpToDate, "{line}");
            ui.finish().unwrap();
            assert_eq!(screen.out(), expected, "{line}");
        }
    }
}
