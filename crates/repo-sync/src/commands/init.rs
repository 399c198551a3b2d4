// SPDX-License-Identifier: Apache-2.0
//! `repo-sync init`: the files that a repository needs to have a mirror.
//!
//! What is written publishes nothing: every `include` is a suggestion, commented
//! out. A file that exists is kept as it is.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use repo_sync_core::policy::MANIFEST;
use repo_sync_core::surface::LOCK;
use repo_sync_shared::{ObjectId, Outcome, Report};

use super::{hook, lock};
use crate::args::Format;
use crate::context::{Context, trim_newline};
use crate::error::CliError;
use crate::render;
use crate::ui::{Palette, Ui};

mod adopt;
mod starter;

const EXAMPLES: &str = "\
Examples:
  repo-sync init                                   Write sync.toml, the CI workflow, the hook
  repo-sync -C ../widget init                      The same, in another repository
  repo-sync init --adopt git@host:acme/widget.git  Take over a mirror with a history";

/// Write a starter manifest, a CI workflow and the hook that guards `git push`
///
/// The manifest publishes nothing until you say what is public. Files that exist
/// are kept as they are.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct InitArgs {
    /// Take over the mirror at URL, which has a history already
    ///
    /// Finds the newest pairs of a private and a public commit that show the same
    /// files, branch by branch, and adds them to `sync.toml` as seams. Without a
    /// `sync.toml` it writes one that includes just what the mirror shows.
    #[arg(long, value_name = "URL")]
    pub adopt: Option<OsString>,
}

/// Writes what is missing, and says what to do next.
pub fn run(ctx: &Context, ui: &mut Ui, args: &InitArgs) -> Result<Outcome, CliError> {
    if let Some(url) = &args.adopt {
        return adopt::run(ctx, ui, url);
    }
    let root = ctx.work_tree()?;
    let branch = branch(ctx)?;
    let manifest = starter::manifest(&branch, head(ctx)?, &top_level(ctx)?);
    let mut wrote = write(ui, &root, MANIFEST, &manifest)?;
    // The lock of a manifest that was there before is that manifest's.
    let is_ours = wrote || root.join(LOCK).symlink_metadata().is_ok();
    let lock = if is_ours { Ok(lock::starter(&manifest)) } else { lock::text(ctx, ui) };
    match lock {
        Ok(lock) => wrote |= write(ui, &root, LOCK, &lock)?,
        Err(err) => {
            let Palette { warning, .. } = ui.palette_err();
            writeln!(ui.status(), "{warning}left{warning:#}   {LOCK}: {}", err.text())?;
        }
    }
    wrote |= write(ui, &root, ".github/workflows/repo-sync.yml", &starter::workflow(&branch))?;
    hook::offer(ctx, ui, &root)?;
    if wrote {
        writeln!(ui.status(), "\n{}", starter::NEXT)?;
    }
    match ctx.global.format {
        Format::Text | Format::Github | Format::Sarif => {}
        Format::Json => render::json::report(ui, &Report::new("init", Outcome::UpToDate))?,
    }
    Ok(Outcome::UpToDate)
}

/// Writes a file that is not there yet, and says so either way.
fn write(ui: &mut Ui, root: &Path, name: &str, text: &str) -> Result<bool, CliError> {
    let written = create(&root.join(name), text)
        .with_context(|| format!("failed to write `{name}` in `{}`", root.display()))?;
    let Palette { good, dim, .. } = ui.palette_err();
    match written {
        true => writeln!(ui.status(), "{good}wrote{good:#}  {name}")?,
        false => writeln!(ui.status(), "{dim}kept{dim:#}   {name} (it exists)")?,
    }
    Ok(written)
}

/// The branch that is checked out, if its name can stand in our files as it is.
fn branch(ctx: &Context) -> Result<String, CliError> {
    let answer = ctx.git(["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    let name = answer.and_then(|name| String::from_utf8(trim_newline(&name).to_vec()).ok());
    Ok(name.filter(|name| starter::is_plain(name)).unwrap_or_else(|| "main".to_owned()))
}

/// The commit that is checked out; `None` before the first one.
fn head(ctx: &Context) -> Result<Option<ObjectId>, CliError> {
    let answer = ctx.git(["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?;
    Ok(answer.and_then(|id| ObjectId::from_hex(trim_newline(&id))))
}

/// The entries at the root of the commit that is checked out; none before the
/// first commit.
fn top_level(ctx: &Context) -> Result<Vec<Vec<u8>>, CliError> {
    let listing = ctx.git(["ls-tree", "-z", "--full-tree", "--name-only", "HEAD"])?;
    let listing = listing.unwrap_or_default();
    Ok(listing.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(Vec::from).collect())
}

/// Writes a file that does not exist, and says whether it did. Never follows a
/// link and never writes over anything, even if it appears in this very moment.
fn create(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(err) => Err(err),
    }
}
