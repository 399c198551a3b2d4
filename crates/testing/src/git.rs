// SPDX-License-Identifier: Apache-2.0
//! The git program in a place of its own: nothing of the machine's settings, and
//! a clock that stands still.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A directory that is removed in the end, with a home directory in it.
///
/// With `REPO_SYNC_KEEP` in the environment it stays.
#[derive(Debug)]
pub struct Scratch {
    _dir: TempDir,
    root: PathBuf,
}

impl Scratch {
    /// An empty place with an empty home directory.
    pub fn new() -> Self {
        let mut dir =
            TempDir::with_prefix("repo-sync-test-").expect("the temporary directory is writable");
        if std::env::var_os("REPO_SYNC_KEEP").is_some() {
            // For a person who looks for the cause of a failure.
            dir.disable_cleanup(true);
        }
        // On some systems the temporary directory is behind a link, and a
        // program that prints where it is would print the other name.
        let root = dir.path().canonicalize().expect("the directory was just made");
        let scratch = Self { _dir: dir, root };
        std::fs::create_dir(scratch.home()).expect("the scratch place is writable");
        scratch
    }

    /// The place itself, which screens show as `$ROOT`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The home directory of every program that a test runs here.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// A path within the place.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Git, run in `dir` with this place's home directory.
    pub fn git(&self, dir: impl Into<PathBuf>) -> Git {
        Git { dir: dir.into(), home: self.home(), extra: Vec::new() }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives `command` an environment with nothing of this machine in it but `PATH`.
pub(crate) fn clear_environment(command: &mut Command, home: &Path) {
    command.env_clear();
    for kept in ["PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        // Wherever temporary files are: looking for a repository ends in the same way.
        .env("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.com")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_NAME", "A U Thor")
        .env("GIT_COMMITTER_EMAIL", "author@example.com")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
        .env("LC_ALL", "C")
        .env("TZ", "UTC");
}

/// The git program in one directory, with a cleared environment.
#[derive(Clone, Debug)]
pub struct Git {
    dir: PathBuf,
    home: PathBuf,
    extra: Vec<(String, String)>,
}

impl Git {
    /// The same with one more environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.extra.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A command that is ready to run.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        clear_environment(&mut command, &self.home);
        command.envs(self.extra.iter().map(|(key, value)| (key, value)));
        command.current_dir(&self.dir).args(args);
        command
    }

    /// Runs git and gives its stdout without the final newline; panics if it fails.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let out = self.bytes(args);
        String::from_utf8(out).expect("this output is asked for as text").trim_end().to_owned()
    }

    /// Runs git and gives its stdout as it is; panics if it fails.
    #[track_caller]
    pub fn bytes<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Vec<u8> {
        self.input(args, b"")
    }

    /// Runs git with `input` on stdin and gives its stdout; panics if it fails.
    #[track_caller]
    pub fn input<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Vec<u8> {
        let mut command = self.command(args);
        let output = capture(&mut command, input);
        assert!(
            output.status.success(),
            "{command:?} in {}: {}\n{}",
            self.dir.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// Runs git, however it ends.
    pub fn try_run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        capture(&mut self.command(args), b"")
    }
}

/// Runs a command to its end with `input` on its stdin.
pub(crate) fn capture(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("stdin is piped");
    std::thread::scope(|scope| {
        // Written beside the reading: a child whose output is not read stops
        // reading its input. One that ends early closes the pipe, which is its
        // own affair.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("the child was started by us")
    })
}
