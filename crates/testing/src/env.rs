// SPDX-License-Identifier: Apache-2.0
//! Runs the program as a person would, and keeps the whole screen.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::git::{capture, clear_environment};
use crate::repo::Repo;

/// The program, a private repository, and an environment with nothing else in it.
#[derive(Clone, Debug)]
pub struct TestEnv {
    binary: PathBuf,
    dir: PathBuf,
    repo: Repo,
    vars: Vec<(OsString, OsString)>,
    limits: Option<String>,
}

impl TestEnv {
    /// Runs `binary` in `repo`. A test gives `env!("CARGO_BIN_EXE_repo-sync")`.
    pub fn new(binary: impl Into<PathBuf>, repo: Repo) -> Self {
        let dir = repo.path().to_owned();
        Self { binary: binary.into(), dir, repo, vars: Vec::new(), limits: None }
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn var(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.push((key.into(), value.into()));
        self
    }

    /// The same in another directory, such as a clone of the repository.
    #[must_use]
    pub fn in_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = dir.into();
        self
    }

    /// The same under limits, in the words of a shell: `ulimit -t 60`.
    #[must_use]
    pub fn limited(mut self, limits: impl Into<String>) -> Self {
        self.limits = Some(limits.into());
        self
    }

    /// The private repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The private repository, to add to it.
    pub fn repo_mut(&mut self) -> &mut Repo {
        &mut self.repo
    }

    /// A path in the place around the repository; screens show it under `$ROOT`.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.repo.scratch().join(name)
    }

    /// A command that is ready to run.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = match &self.limits {
            None => Command::new(&self.binary),
            Some(limits) => {
                let mut shell = Command::new("bash");
                shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")]).arg(&self.binary);
                shell
            }
        };
        clear_environment(&mut command, &self.repo.scratch().home());
        command.envs(self.vars.iter().map(|(key, value)| (key, value)));
        command.current_dir(&self.dir).args(args);
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Screen {
        self.run_with_input(args, b"")
    }

    /// Runs the program with `input` on its stdin.
    pub fn run_with_input<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Screen {
        let args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let output = capture(&mut self.command(&args), input);
        let shown = |bytes: &[u8]| self.show(&String::from_utf8_lossy(bytes));
        let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
        Screen {
            line: shown(format!("repo-sync {}", args.join(" ")).trim_end().as_bytes()),
            stdout: shown(&output.stdout),
            stderr: shown(&output.stderr),
            // A signal has no status; no test expects one.
            status: output.status.code().unwrap_or(-1),
        }
    }

    /// The text with `$ROOT` for the temporary place.
    fn show(&self, text: &str) -> String {
        text.replace(&*self.repo.scratch().root().to_string_lossy(), "$ROOT")
    }
}

/// What a person sees of one run: the command, both streams, and the exit status.
///
/// Its [`Display`](fmt::Display) is what a snapshot keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The command line.
    pub line: String,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit status.
    pub status: i32,
}

impl Screen {
    /// Panics with the whole screen unless the exit status is `status`.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\n{self}");
        self
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.line)?;
        for stream in [&self.stdout, &self.stderr] {
            f.write_str(stream)?;
            if !stream.is_empty() && !stream.ends_with('\n') {
                f.write_str("\n")?;
            }
        }
        write!(f, "[exit status: {}]", self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::History;

    #[test]
    fn a_screen_shows_both_streams_and_no_path_of_this_machine() {
        let repo = History::new().commit("start", |tree| tree.file("a", "a")).build();
        let env = TestEnv::new("git", repo);
        let top = env.run(["rev-parse", "--show-toplevel"]).to_string();
        assert_eq!(top, "$ repo-sync rev-parse --show-toplevel\n$ROOT/private\n[exit status: 0]");
        let none = env.run(["cat-file", "-e", "nothing"]).expect(128);
        assert_eq!(none.stdout, "");
        assert!(none.stderr.starts_with("fatal:"), "{none}");
        let home = env.run(["config", "--global", "--list"]);
        assert!(home.stderr.contains("$ROOT/home/.gitconfig"), "{home}");
    }
}
