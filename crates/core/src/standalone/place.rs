// SPDX-License-Identifier: Apache-2.0
//! A scratch place with the public tree in it, and the environment of what runs there.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::error::{RunError, UsageError};
use crate::git::{Environment, PrivateRepo};
use crate::manifest::Standalone;

/// Variables that every command sees: where programs are, and in which language they
/// speak.
const ALWAYS: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT"];

/// Where the tools of Rust keep what they have fetched and installed, and where that is if
/// nothing is said, from the user's own home.
const RUST: &[(&str, &str)] = &[("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];

/// A temporary directory with room for the tree, for a home and for temporary files.
pub(super) struct Place {
    dir: TempDir,
    root: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Place {
    /// An empty one, outside of the private repository.
    pub(super) fn new(
        repo: &PrivateRepo,
        settings: &Standalone,
        environment: &Environment,
    ) -> Result<Self, RunError> {
        let parent = std::env::temp_dir();
        let failed = |path: &Path, err| RunError::io("failed to create", path, err);
        let dir = tempfile::Builder::new().prefix("standalone-").tempdir_in(&parent);
        let dir = dir.map_err(|err| failed(&parent, err))?;
        let root = dir.path().canonicalize().map_err(|err| failed(dir.path(), err))?;
        let private = [repo.work_dir(), Some(repo.git_dir())];
        let is_inside = |of: &Path| of.canonicalize().is_ok_and(|of| root.starts_with(of));
        if private.into_iter().flatten().any(is_inside) {
            return Err(UsageError::ScratchInside(parent).into());
        }
        for name in ["home", "tmp"] {
            let path = root.join(name);
            fs::create_dir(&path).map_err(|err| failed(&path, err))?;
        }
        let mut variables = variables(settings, environment);
        variables.extend([
            ("TMPDIR".into(), root.join("tmp").into()),
            // No repository around this place is that of the tree.
            ("GIT_CEILING_DIRECTORIES".into(), root.clone().into()),
        ]);
        if !variables.iter().any(|(name, _)| name == "HOME") {
            variables.push(("HOME".into(), root.join("home").into()));
        }
        Ok(Self { dir, root, variables })
    }

    /// Where the public tree goes.
    pub(super) fn tree(&self) -> PathBuf {
        self.root.join("public")
    }

    /// A file beside the tree.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The command, to be run in the tree and with nothing else of ours.
    pub(super) fn set_up(&self, mut command: Command) -> Command {
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.tree());
        command
    }
}

impl Drop for Place {
    /// A package manager may have made directories that nobody can write to, so that the
    /// usual way to remove them fails.
    fn drop(&mut self) {
        if fs::remove_dir_all(self.dir.path()).is_err() {
            make_writable(self.dir.path());
        }
    }
}

/// Lets every directory below this one be emptied. Links are not followed.
fn make_writable(root: &Path) {
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
            let _ = fs::set_permissions(&dir, mode);
        }
        let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
        let is_dir = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        open.extend(entries.filter(is_dir).map(|entry| entry.path()));
    }
}

/// What of the user's environment every step sees, each with its value.
pub(super) fn variables(
    settings: &Standalone,
    environment: &Environment,
) -> Vec<(OsString, OsString)> {
    let value = |name: &str| {
        let stated = environment.get(name).map(OsStr::to_owned);
        let (_, usual) = RUST.iter().find(|(rust, _)| *rust == name).copied().unzip();
        stated.or_else(|| Some(Path::new(environment.get("HOME")?).join(usual?).into()))
    };
    let rust = RUST.iter().map(|(name, _)| *name).filter(|_| settings.cargo);
    let named = settings.env.iter().map(String::as_str);
    let mut names: Vec<&str> = ALWAYS.iter().copied().chain(rust).chain(named).collect();
    names.sort_unstable();
    names.dedup();
    let pair = |name: &str| Some((OsString::from(name), value(name)?));
    names.into_iter().filter_map(pair).collect()
}
