// SPDX-License-Identifier: Apache-2.0
//! `repo-sync hook`: the hook that git runs before a push.
//!
//! A hook that was there before is kept beside ours, and run first.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use repo_sync_shared::{Outcome, Report};

use crate::args::Format;
use crate::context::{Context, bytes_to_path, trim_newline};
use crate::error::CliError;
use crate::render;
use crate::ui::{Palette, Ui};

const EXAMPLES: &str = "\
Examples:
  repo-sync hook install      Guard `git push` in this clone
  repo-sync hook uninstall    Put back what was there before";

/// The hook, whose second line tells it from everybody else's.
const SCRIPT: &str = include_str!("hook/templates/pre-push");
const MARK: &str = "# Installed by `repo-sync hook install`";

/// The file that git runs, and where an older one is kept.
const NAME: &str = "pre-push";
const CHAINED: &str = "pre-push.repo-sync-chained";

/// Install or remove the hook that guards `git push`
///
/// It lets nothing go to a public mirror but what `sync` would send, and says
/// nothing about pushes to anywhere else. A hook that is there already is kept, and
/// runs first.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct HookArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with the hook.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Action {
    /// Install the hook where git looks for it
    Install,
    /// Remove it, and put back the hook that was there before
    Uninstall,
}

/// Installs or removes the hook, and says what became of an older one.
pub fn run(ctx: &Context, ui: &mut Ui, args: &HookArgs) -> Result<Outcome, CliError> {
    let hooks = Hooks::find(ctx)?;
    match args.action {
        Action::Install => hooks.install(ui)?,
        Action::Uninstall => hooks.uninstall(ui)?,
    }
    match ctx.global.format {
        Format::Text | Format::Github | Format::Sarif => {}
        Format::Json => render::json::report(ui, &Report::new("hook", Outcome::UpToDate))?,
    }
    Ok(Outcome::UpToDate)
}

/// Installs the hook with the rest of a starter, if that touches nobody else's: no
/// other hook, and no directory that other repositories share.
pub(super) fn offer(ctx: &Context, ui: &mut Ui, root: &Path) -> Result<(), CliError> {
    let hooks = Hooks::find(ctx)?;
    let Palette { dim, .. } = ui.palette_err();
    let git_dir = ctx.git(["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
    let git_dir = bytes_to_path(trim_newline(&git_dir.unwrap_or_default()));
    let own = hooks.dir.starts_with(root) || hooks.dir.starts_with(&git_dir);
    let shown = hooks.dir.join(NAME).strip_prefix(root).map_or_else(
        |_| hooks.dir.join(NAME).display().to_string(),
        |inside| inside.display().to_string(),
    );
    let why = match hooks.state()? {
        State::Ours(_) => "it exists",
        State::Other => "it exists; `repo-sync hook install` keeps it and adds ours",
        State::Absent if own => {
            hooks.write()?;
            let Palette { good, .. } = ui.palette_err();
            return Ok(writeln!(ui.status(), "{good}wrote{good:#}  {shown}")?);
        }
        State::Absent => "other repositories share it; `repo-sync hook install` adds ours",
    };
    Ok(writeln!(ui.status(), "{dim}kept{dim:#}   {shown} ({why})")?)
}

/// The directory where git looks for hooks.
struct Hooks {
    dir: PathBuf,
}

/// What git would run now.
enum State {
    /// Nothing.
    Absent,
    /// Our hook, and whether it is this version's.
    Ours(bool),
    /// Somebody else's.
    Other,
}

impl Hooks {
    /// Asks git, who knows `core.hooksPath` and linked work trees.
    fn find(ctx: &Context) -> Result<Self, CliError> {
        let args = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        let answer = ctx.git(args)?.ok_or_else(|| {
            CliError::usage(anyhow!("`{}` is not in a git repository", ctx.dir().display()))
                .with_hint("run it in a clone of the private repository, or name one with `-C DIR`")
        })?;
        Ok(Self { dir: bytes_to_path(trim_newline(&answer)) })
    }

    fn state(&self) -> Result<State, CliError> {
        let path = self.dir.join(NAME);
        match fs::read(&path) {
            Ok(text) if is_ours(&text) => Ok(State::Ours(text == SCRIPT.as_bytes())),
            Ok(_) => Ok(State::Other),
            // A link that leads nowhere is somebody's, too.
            Err(err) if err.kind() == io::ErrorKind::NotFound => match path.symlink_metadata() {
                Ok(_) => Ok(State::Other),
                Err(_) => Ok(State::Absent),
            },
            Err(err) => {
                Err(anyhow!(err).context(format!("failed to read `{}`", path.display())).into())
            }
        }
    }

    fn install(&self, ui: &mut Ui) -> Result<(), CliError> {
        let Palette { good, dim, .. } = ui.palette_err();
        let path = self.dir.join(NAME);
        match self.state()? {
            State::Ours(true) => {
                return Ok(writeln!(
                    ui.status(),
                    "{dim}kept{dim:#}   {} (it exists)",
                    path.display()
                )?);
            }
            State::Absent | State::Ours(false) => {}
            State::Other => {
                let kept = self.dir.join(CHAINED);
                if kept.symlink_metadata().is_ok() {
                    let what = format!(
                        "both `{}` and `{CHAINED}` are there, and neither is ours",
                        path.display()
                    );
                    return Err(CliError::usage(anyhow!(what))
                        .with_hint("join them into one `pre-push`, then run this again"));
                }
                rename(&path, &kept)?;
                writeln!(ui.status(), "{dim}moved{dim:#}  {NAME} to {CHAINED}, which runs first")?;
            }
        }
        self.write()?;
        Ok(writeln!(ui.status(), "{good}wrote{good:#}  {}", path.display())?)
    }

    fn uninstall(&self, ui: &mut Ui) -> Result<(), CliError> {
        let Palette { good, dim, .. } = ui.palette_err();
        let path = self.dir.join(NAME);
        match self.state()? {
            State::Ours(_) => {}
            State::Absent | State::Other => {
                let shown = path.display();
                return Ok(writeln!(ui.status(), "{dim}kept{dim:#}     {shown} (it is not ours)")?);
            }
        }
        let kept = self.dir.join(CHAINED);
        if kept.symlink_metadata().is_ok() {
            // In one step: there is no moment without the older hook.
            rename(&kept, &path)?;
            writeln!(ui.status(), "{good}restored{good:#} {}", path.display())?;
        } else {
            fs::remove_file(&path)
                .with_context(|| format!("failed to remove `{}`", path.display()))?;
            writeln!(ui.status(), "{good}removed{good:#}  {}", path.display())?;
        }
        Ok(())
    }

    /// Writes the hook beside its place and moves it there, so that git never runs
    /// half of it.
    fn write(&self) -> Result<(), CliError> {
        let path = self.dir.join(NAME);
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.dir)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
            file.write_all(SCRIPT.as_bytes())?;
            make_executable(file.path())?;
            file.persist(&path)?;
            Ok(())
        };
        Ok(write().with_context(|| format!("failed to write `{}`", path.display()))?)
    }
}

fn is_ours(script: &[u8]) -> bool {
    script.split(|&b| b == b'\n').nth(1).is_some_and(|line| line.starts_with(MARK.as_bytes()))
}

fn rename(from: &Path, to: &Path) -> Result<(), CliError> {
    let what = || format!("failed to rename `{}` to `{}`", from.display(), to.display());
    Ok(fs::rename(from, to).with_context(what)?)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    // git for Windows looks at the first line alone.
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_hook_is_known_by_its_second_line() {
        assert!(is_ours(SCRIPT.as_bytes()));
        assert!(!is_ours(b"#!/bin/sh\nexec git lfs pre-push \"$@\"\n"));
        assert!(!is_ours(b""));
    }
}
