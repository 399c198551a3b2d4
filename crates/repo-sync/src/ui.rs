// SPDX-License-Identifier: Apache-2.0
//! The one writer: both streams of the process pass through [`Ui`].
//!
//! Data goes to [`stdout`](Ui::stdout) and may be piped; words for people go to
//! [`status`](Ui::status), which `-q` silences, or to [`alert`](Ui::alert), which
//! nothing silences. Whether to use colors is decided here, once, for each stream.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use crate::args::{Color, Format, GlobalArgs};

mod aside;
mod forge;
mod pager;
mod palette;

pub use aside::Aside;
pub use palette::Palette;

use pager::Pager;

/// What decides how the streams are used.
#[derive(Clone, Copy, Debug, Default)]
pub struct UiOptions {
    /// When to use colors.
    pub color: Color,
    /// Whether to keep to results and errors.
    pub quiet: bool,
    /// Whether to say more.
    pub verbose: bool,
    /// Whether to hide progress.
    pub no_progress: bool,
    /// Whether a forge reads the streams, and would take words for commands.
    pub forge: bool,
}

impl From<&GlobalArgs> for UiOptions {
    fn from(global: &GlobalArgs) -> Self {
        Self {
            color: global.color,
            quiet: global.quiet,
            verbose: global.verbose,
            no_progress: global.no_progress,
            forge: global.format == Format::Github,
        }
    }
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStyle {
    /// Not at all.
    Hidden,
    /// Bars that are drawn over each other, for a terminal.
    Bars,
    /// Now and then a line, for a log.
    Lines,
}

/// Both streams, and how to write to them.
pub struct Ui {
    stdout: Stdout,
    stderr: Stderr,
    quiet: Quiet,
    options: UiOptions,
    palette_out: Palette,
    palette_err: Palette,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
}

impl Ui {
    /// The streams of this process.
    pub fn new(options: &UiOptions) -> Self {
        let stdout_is_terminal = io::stdout().is_terminal();
        let stderr_is_terminal = io::stderr().is_terminal();
        let palette =
            |terminal| Palette::new(use_color(options.color, terminal, |key| env::var_os(key)));
        Self {
            stdout: Stdout::to(BufWriter::new(io::stdout()), options.forge),
            stderr: Stderr { sink: Box::new(io::stderr()), forge: options.forge },
            quiet: Quiet,
            options: *options,
            palette_out: palette(stdout_is_terminal),
            palette_err: palette(stderr_is_terminal),
            stdout_is_terminal,
            stderr_is_terminal,
        }
    }

    /// Streams that go elsewhere, without colors and never a terminal.
    pub fn with_streams(
        options: &UiOptions,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
    ) -> Self {
        Self {
            stdout: Stdout::to(stdout, options.forge),
            stderr: Stderr { sink: Box::new(stderr), forge: options.forge },
            quiet: Quiet,
            options: *options,
            palette_out: Palette::new(false),
            palette_err: Palette::new(false),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
        }
    }

    /// For data. A reader who went away (`| head`) has had enough: what comes
    /// after is dropped, and is no error.
    pub fn stdout(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    /// For words to people; silent with `-q`.
    pub fn status(&mut self) -> &mut dyn Write {
        if self.options.quiet { &mut self.quiet } else { self.alert() }
    }

    /// For words that people need even with `-q`: errors and refusals.
    pub fn alert(&mut self) -> &mut dyn Write {
        // What was written before should be seen before. If it cannot be written,
        // the end of the run reports it.
        let _ = self.stdout.flush();
        &mut self.stderr
    }

    /// The styles for stdout.
    pub fn palette_out(&self) -> Palette {
        self.palette_out
    }

    /// The styles for stderr.
    pub fn palette_err(&self) -> Palette {
        self.palette_err
    }

    /// Whether the user asked for more words.
    pub fn verbose(&self) -> bool {
        self.options.verbose
    }

    /// How progress should be shown.
    pub fn progress_style(&self) -> ProgressStyle {
        if self.options.quiet || self.options.no_progress {
            ProgressStyle::Hidden
        } else if self.stderr_is_terminal {
            ProgressStyle::Bars
        } else {
            ProgressStyle::Lines
        }
    }

    /// Sends what follows on stdout through the user's pager, if stdout is a
    /// terminal. A pager that cannot be started is done without.
    pub fn start_pager(&mut self) {
        if self.stdout_is_terminal
            && !self.stdout.is_paged()
            && self.stdout.flush().is_ok()
            && let Some(pager) = Pager::start()
        {
            self.stdout.sink = Sink::Pager(pager);
        }
    }

    /// Writes out what is left, and waits for the pager.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stdout.flush()?;
        match std::mem::replace(&mut self.stdout.sink, Sink::Closed) {
            Sink::Pager(pager) => pager.finish()?,
            Sink::Writer(_) | Sink::Closed => {}
        }
        self.stdout.failed.take().map_or(Ok(()), Err)
    }
}

/// Whether to use colors on a stream, by the flag and then by what the
/// environment asks for (<https://no-color.org>, <https://bixense.com/clicolors>).
fn use_color(color: Color, terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |key: &str| env(key).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if set("CLICOLOR_FORCE") && env("CLICOLOR_FORCE") != Some("0".into()) => true,
        Color::Auto => terminal && env("TERM") != Some("dumb".into()),
    }
}

enum Sink {
    Writer(Box<dyn Write + Send>),
    Pager(Pager),
    /// The reader went away, or it cannot be written to.
    Closed,
}

struct Stdout {
    sink: Sink,
    /// Whether a forge reads it: lines of ours are commands to it, and nothing else is.
    forge: bool,
    /// Why it cannot be written to; the end of the run reports it.
    failed: Option<io::Error>,
}

impl Stdout {
    fn to(writer: impl Write + Send + 'static, forge: bool) -> Self {
        Self { sink: Sink::Writer(Box::new(writer)), forge, failed: None }
    }

    fn is_paged(&self) -> bool {
        matches!(self.sink, Sink::Pager(_))
    }

    fn absorb<T>(&mut self, result: io::Result<T>, gone: T) -> io::Result<T> {
        match result {
            Err(err) if err.kind() == io::ErrorKind::BrokenPipe => {
                match std::mem::replace(&mut self.sink, Sink::Closed) {
                    // The user left the pager, which has the terminal until it is gone.
                    Sink::Pager(pager) => pager.finish()?,
                    Sink::Writer(_) | Sink::Closed => {}
                }
                Ok(gone)
            }
            // What was begun is carried on: a sync does not stop for want of a reader.
            Err(err) if err.kind() != io::ErrorKind::Interrupted => {
                self.failed.get_or_insert(err);
                self.sink = Sink::Closed;
                Ok(gone)
            }
            other => other,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.sink {
            Sink::Writer(writer) if self.forge => {
                writer.write_all(&forge::within_lines(bytes)).map(|()| bytes.len())
            }
            Sink::Writer(writer) => writer.write(bytes),
            Sink::Pager(pager) => pager.write(bytes),
            Sink::Closed => return Ok(bytes.len()),
        };
        self.absorb(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.sink {
            Sink::Writer(writer) => writer.flush(),
            Sink::Pager(pager) => pager.flush(),
            Sink::Closed => return Ok(()),
        };
        self.absorb(flushed, ())
    }
}

/// Words that nobody can read stop no run.
struct Stderr {
    sink: Box<dyn Write + Send>,
    /// Whether a forge reads it: nothing on it is a command.
    forge: bool,
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // All at once, so that a line of ours is not mixed with one of git's.
        let _ = match self.forge {
            true => self.sink.write_all(&forge::anywhere(bytes)),
            false => self.sink.write_all(bytes),
        };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.sink.flush();
        Ok(())
    }

    fn write_fmt(&mut self, args: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.write_all(args.to_string().as_bytes())
    }
}

struct Quiet;

impl Write for Quiet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::Screen;

    #[test]
    fn the_flag_decides_about_colors_then_the_environment_then_the_terminal() {
        const TERMINAL: bool = true;
        const PIPE: bool = false;
        check(Color::Auto, TERMINAL, &[], true);
        check(Color::Auto, PIPE, &[], false);
        check(Color::Always, PIPE, &[("NO_COLOR", "1")], true);
        check(Color::Never, TERMINAL, &[("CLICOLOR_FORCE", "1")], false);
        check(Color::Auto, TERMINAL, &[("NO_COLOR", "1")], false);
        check(Color::Auto, TERMINAL, &[("NO_COLOR", "")], true);
        check(Color::Auto, PIPE, &[("CLICOLOR_FORCE", "1")], true);
        check(Color::Auto, PIPE, &[("CLICOLOR_FORCE", "0")], false);
        check(Color::Auto, PIPE, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false);
        check(Color::Auto, TERMINAL, &[("TERM", "dumb")], false);

        #[track_caller]
        fn check(color: Color, terminal: bool, vars: &[(&str, &str)], expected: bool) {
            let env = |key: &str| vars.iter().find(|(k, _)| *k == key).map(|(_, v)| v.into());
            assert_eq!(use_color(color, terminal, env), expected);
        }
    }

    #[test]
    fn quiet_silences_words_but_neither_data_nor_alerts() {
        let screen = Screen::default();
        let mut ui = screen.ui(&UiOptions { quiet: true, ..UiOptions::default() });
        writeln!(ui.stdout(), "data").unwrap();
        writeln!(ui.status(), "words").unwrap();
        writeln!(ui.alert(), "refused").unwrap();
        ui.finish().unwrap();
        assert_eq!((&*screen.out(), &*screen.err()), ("data\n", "refused\n"));
    }

    #[test]
    fn a_reader_who_went_away_is_no_error_and_a_full_disk_is() {
        assert!(finish_after(io::ErrorKind::BrokenPipe).is_ok());
        assert!(finish_after(io::ErrorKind::StorageFull).is_err());

        fn finish_after(kind: io::ErrorKind) -> io::Result<()> {
            struct Failing(io::ErrorKind);
            impl Write for Failing {
                fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                    Err(self.0.into())
                }
                fn flush(&mut self) -> io::Result<()> {
                    Ok(())
                }
            }
            let mut ui = Ui::with_streams(&UiOptions::default(), Failing(kind), io::sink());
            writeln!(ui.stdout(), "data")?;
            writeln!(ui.stdout(), "more")?;
            ui.finish()
        }
    }
}
