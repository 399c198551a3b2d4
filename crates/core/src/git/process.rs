// SPDX-License-Identifier: Apache-2.0
//! The `git` program as a child, in an environment of our own making.
//!
//! A child sees only what is listed here. What a hook or a user's shell sets to
//! move git elsewhere (`GIT_DIR`, alternates, replacement refs, traces) is gone,
//! hooks are off, and no value can be taken for an option.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Variables that pass to a child: who the user is, how ssh and proxies are set up.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "LANG",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE",
    "DISPLAY",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_NO_VERIFY",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_EXEC_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SYSTEMROOT",
    "USERPROFILE",
    "APPDATA",
    "TEMP",
    "TMP",
];

/// Settings that hold whatever the user's configuration says.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=",
    "gc.auto=0",
    "maintenance.auto=false",
    // A staging store holds the trees of what the mirror has, but no files of it:
    // git must look at all of these trees before it believes to need one.
    "pack.useSparse=false",
    // One pack, of whatever size.
    "pack.packSizeLimit=0",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "push.gpgSign=false",
    "push.negotiate=false",
    "fetch.recurseSubmodules=no",
    "fetch.fsckObjects=true",
    "submodule.recurse=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
];

/// A way to run `git` for one repository, or for none.
#[derive(Clone, Debug)]
pub struct Git {
    program: PathBuf,
    git_dir: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
}

/// Why a `git` child did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be started.
    #[error("failed to run `git {command}`{}", if_missing(source))]
    Start {
        /// The subcommand.
        command: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Talking to the child failed.
    #[error("failed to talk to `git {command}`")]
    Pipe {
        /// The subcommand.
        command: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ran and said no.
    #[error("`git {command}` failed: {stderr}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it wrote for people, one or more lines, escaped.
        stderr: String,
    },
}

fn if_missing(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::NotFound => ": is git installed and on PATH?",
        _ => "",
    }
}

impl Git {
    /// Git for the repository at `git_dir`; `environment` is what the caller
    /// lets through of its own, filtered by a list of names that are known to be
    /// harmless.
    pub fn at(git_dir: &Path, environment: &Environment) -> Self {
        Self { git_dir: Some(git_dir.to_owned()), ..Self::anywhere(environment) }
    }

    /// Git without a repository.
    pub fn anywhere(environment: &Environment) -> Self {
        let program = environment.git.clone().unwrap_or_else(|| PathBuf::from("git"));
        Self { program, git_dir: None, environment: environment.passed.clone() }
    }

    /// The same with one more variable, which its children are to see.
    pub(crate) fn var(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((OsString::from(key), value.into()));
        self
    }

    /// The same with one more place to find objects in, as a repository's `objects`.
    pub(crate) fn borrowing(self, objects: &Path) -> Self {
        self.var("GIT_ALTERNATE_OBJECT_DIRECTORIES", in_quotes(objects))
    }

    /// A child with this subcommand and these arguments, its input and output
    /// still to be chosen.
    pub fn command(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(self.environment.iter().map(|(key, value)| (key, value)));
        command.envs([
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ADVICE", "0"),
            ("LC_ALL", "C"),
        ]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        if let Some(git_dir) = &self.git_dir {
            command.arg("--git-dir").arg(git_dir);
        }
        command.args(args);
        command
    }

    /// Runs to the end with `input`; its standard output if it succeeded.
    ///
    /// # Errors
    /// It could not be run, or it failed.
    pub fn run(&self, args: &[impl AsRef<OsStr>], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let output = self.output(args, input)?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(GitError::Failed { command: subcommand(args), stderr: last_words(&output.stderr) })
        }
    }

    /// Runs to the end with `input`, whatever the exit status.
    ///
    /// # Errors
    /// It could not be run.
    pub fn output(&self, args: &[impl AsRef<OsStr>], input: &[u8]) -> Result<Output, GitError> {
        let command = || subcommand(args);
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| GitError::Start { command: command(), source })?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // The child may fill its output before it has read all of its input.
            let feeder = scope.spawn(move || match stdin {
                Some(mut stdin) => stdin.write_all(input),
                None => Ok(()),
            });
            let output = child
                .wait_with_output()
                .map_err(|source| GitError::Pipe { command: command(), source })?;
            match feeder.join().expect("writing to a pipe does not panic") {
                // A child that failed need not have read everything.
                Err(source) if output.status.success() => {
                    Err(GitError::Pipe { command: command(), source })
                }
                Ok(()) | Err(_) => Ok(output),
            }
        })
    }

    /// Starts a child that reads from us and is waited for with [`finish`](Self::finish).
    ///
    /// # Errors
    /// It could not be started.
    pub fn spawn(
        &self,
        args: &[impl AsRef<OsStr>],
        input: Stdio,
        output: Stdio,
    ) -> Result<Child, GitError> {
        self.command(args)
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| GitError::Start { command: subcommand(args), source })
    }

    /// Waits for a child from [`spawn`](Self::spawn); its standard output, if that
    /// was a pipe nobody took.
    ///
    /// # Errors
    /// It failed.
    pub fn finish(args: &[impl AsRef<OsStr>], child: Child) -> Result<Vec<u8>, GitError> {
        let output = child
            .wait_with_output()
            .map_err(|source| GitError::Pipe { command: subcommand(args), source })?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(GitError::Failed { command: subcommand(args), stderr: last_words(&output.stderr) })
        }
    }
}

/// The variables that `git` children may see, taken from a process by the
/// command line, or made by a server.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub(super) passed: Vec<(OsString, OsString)>,
    /// What no `git` child sees; a manifest may name some of it for its own commands.
    others: Vec<(OsString, OsString)>,
    /// Where git is on its PATH. A child that is named by its path need not be forked off: all
    /// pages of a large history would have to be told that they are shared.
    git: Option<PathBuf>,
}

impl Environment {
    /// Tells of `variables` those that a child may see from the others.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let passes = |key: &OsString| key.to_str().is_some_and(|key| PASSED.contains(&key));
        let (passed, others) = variables.into_iter().partition(|(key, _)| passes(key));
        let mut this = Self { passed, others, git: None };
        let found = which::which_in_global("git", this.get("PATH")).ok();
        this.git = found.and_then(|mut found| found.next());
        this
    }

    /// The value of any one variable, whether a `git` child may see it or not.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        let mut all = self.passed.iter().chain(&self.others);
        all.find(|(key, _)| key == name).map(|(_, value)| value.as_os_str())
    }

    /// Another program than git, in the same environment.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.passed.iter().map(|(key, value)| (key, value)));
        command
    }
}

/// The subcommand of an argument list, for messages.
fn subcommand(args: &[impl AsRef<OsStr>]) -> String {
    args.first().map(|name| name.as_ref().to_string_lossy().into_owned()).unwrap_or_default()
}

/// A path as git reads one in a list, in quotes since it may hold what separates them
/// (<https://git-scm.com/docs/git#Documentation/git.txt-GITALTERNATEOBJECTDIRECTORIES>).
fn in_quotes(path: &Path) -> OsString {
    let mut quoted = vec![b'"'];
    for &byte in path.as_os_str().as_encoded_bytes() {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    argument(&quoted)
}

/// Bytes as an argument: ref names and paths need not be UTF-8.
pub(crate) fn argument(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    let argument = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    #[cfg(not(unix))]
    let argument = OsStr::new(&*String::from_utf8_lossy(bytes));
    OsStr::to_owned(argument)
}

/// What a child said, escaped line by line: it may relay the words of a hostile
/// server.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let lines: Vec<String> = stderr
        .split(|&b| b == b'\n' || b == b'\r')
        .map(|line| repo_sync_shared::escape_text(line.trim_ascii_end()))
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() { "it gave no reason".to_owned() } else { lines.join("\n") }
}
