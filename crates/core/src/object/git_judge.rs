// SPDX-License-Identifier: Apache-2.0
//! The `git` program as the judge of our tests: what it reads and writes is what
//! is right.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// An empty bare repository, and the `git` program in a cleared environment.
pub(crate) struct Git {
    dir: TempDir,
}

impl Git {
    pub(crate) fn new() -> Self {
        let git = Self { dir: TempDir::new().expect("the tests can write temporary files") };
        git.ok(&["init", "--quiet", "--bare", "--initial-branch=main", "."], b"");
        git
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What git prints, given this input; git must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.run(args, input);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?} failed: {stderr}");
        output.stdout
    }

    /// How git ends, given this input.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new("git")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(args)
            .current_dir(self.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tests need the git program");
        // A git that refuses early closes its input, which is no fault of the test.
        let _ = child.stdin.take().expect("stdin is piped").write_all(input);
        child.wait_with_output().expect("a started git ends")
    }

    /// The first line that git prints.
    #[track_caller]
    pub(crate) fn line(&self, args: &[&str], input: &[u8]) -> String {
        let out = String::from_utf8(self.ok(args, input)).expect("git prints text here");
        out.lines().next().unwrap_or_default().to_owned()
    }

    /// The trailers of a message, one a line.
    #[track_caller]
    pub(crate) fn trailers(&self, message: &str) -> String {
        let args = ["interpret-trailers", "--parse", "--no-divider"];
        String::from_utf8_lossy(&self.ok(&args, message.as_bytes())).into_owned()
    }
}

/// Lines that matter to whoever looks for trailers, and some that do not.
const MESSAGE_LINES: [&str; 20] = [
    "Signed-off-by: A <a@b>",
    "(cherry picked from commit 12)",
    "Key: value",
    "Two-Words : x",
    "Two-Words\t: x",
    "Not a key: x",
    "prose",
    " more",
    "",
    "",
    "",
    "# comment",
    "Conflicts:",
    "\tfile",
    " ",
    "---",
    "# ------------------------ >8 ------------------------",
    ":",
    "a:b",
    "\r",
];

/// Messages to look for trailers in; half of them begin with a subject.
pub(crate) fn messages(seed: u64, count: usize) -> impl Iterator<Item = String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(move || {
        let start = if rng.bool() { "subject\n\n" } else { "" };
        let lines = rng.usize(..10);
        let lines: Vec<_> =
            (0..lines).map(|_| MESSAGE_LINES[rng.usize(..MESSAGE_LINES.len())]).collect();
        let end = if rng.u8(..5) > 0 { "\n" } else { "" };
        [start, &lines.join("\n"), end].concat()
    })
    .take(count)
}
