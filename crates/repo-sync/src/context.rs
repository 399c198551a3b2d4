// SPDX-License-Identifier: Apache-2.0
//! Where a command runs: the folder, the flags, and what git says about both.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use repo_sync_shared::edition::Registry;

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::program::Program;

/// What every command is handed.
#[derive(Clone, Debug)]
pub struct Context {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    /// What fills the extension points.
    pub registry: Arc<Registry>,
    /// The whole command line, for help about it.
    pub program: clap::Command,
    dir: PathBuf,
}

impl Context {
    /// The folder that `-C` names, or the current one.
    pub fn new(global: &GlobalArgs, program: &Program) -> Result<Self, CliError> {
        let dir = match &global.chdir {
            Some(dir) if dir.is_dir() => dir.clone(),
            Some(dir) => {
                return Err(CliError::usage(anyhow!("`{}` is not a directory", dir.display())));
            }
            None => env::current_dir().context("failed to find the current directory")?,
        };
        let registry = Arc::clone(program.registry());
        Ok(Self { global: global.clone(), registry, program: program.command(), dir })
    }

    /// Where the command runs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A path as the user typed it, from where the command runs.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir.join(path)
    }

    /// The root of the work tree; a usage error in a bare repository, and outside
    /// of one.
    pub fn work_tree(&self) -> Result<PathBuf, CliError> {
        let output = self.run_git(["rev-parse", "--show-toplevel"])?;
        if output.status.success() {
            return Ok(bytes_to_path(trim_newline(&output.stdout)));
        }
        // Bare, no repository at all, or one that git does not trust: git knows.
        let cause = anyhow!(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        let what = format!("`{}` is not in a git work tree", self.dir.display());
        Err(CliError::usage(cause.context(what))
            .with_hint("run it in a clone that has files, or name one with `-C DIR`"))
    }

    /// What a git command prints, or `None` if it exits with an error.
    pub fn git<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Option<Vec<u8>>, CliError> {
        let output = self.run_git(args)?;
        Ok(output.status.success().then_some(output.stdout))
    }

    fn run_git<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Output, CliError> {
        Command::new("git")
            .args(args)
            .current_dir(&self.dir)
            // What git says may be shown as a cause, in the language of the rest.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .context("failed to run `git`")
            .map_err(|err| {
                CliError::failed(err).with_hint("install git and see that it is on PATH")
            })
    }
}

/// git ends its answers with one newline, and a name may end with another.
pub(crate) fn trim_newline(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

/// A path as git prints it.
#[cfg(unix)]
pub(crate) fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    let path: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    PathBuf::from(path)
}

/// A path as git prints it.
#[cfg(not(unix))]
pub(crate) fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    // git for Windows speaks UTF-8.
    String::from_utf8_lossy(bytes).into_owned().into()
}
