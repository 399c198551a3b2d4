// SPDX-License-Identifier: Apache-2.0
//! The user's pager, chosen and started as git does it.

use std::env;
use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::context::trim_newline;

/// A running pager, and the pipe into it.
pub(super) struct Pager {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Pager {
    /// Starts the pager that the user wants, if any.
    pub(super) fn start() -> Option<Self> {
        let program = choose()?;
        // The value is a command line, as in `PAGER="less -S"`.
        let mut command = Command::new("sh");
        command.arg("-c").arg(&program).stdin(Stdio::piped());
        // Quit if it fits on one screen, pass colors through, leave it there.
        for (key, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if env::var_os(key).is_none() {
                command.env(key, value);
            }
        }
        let mut child = command.spawn().ok()?;
        let stdin = child.stdin.take();
        Some(Self { child, stdin })
    }

    /// Says that there is no more, and waits until the user has read it.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.stdin = None;
        self.child.wait().map(drop)
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stdin.as_mut().map_or(Ok(bytes.len()), |stdin| stdin.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// `$GIT_PAGER`, `core.pager`, `$PAGER`, `less`: git knows the order.
fn choose() -> Option<String> {
    let answer = Command::new("git")
        .args(["var", "GIT_PAGER"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(trim_newline(&output.stdout).to_vec()).ok());
    let program = answer.or_else(|| env::var("PAGER").ok()).unwrap_or_else(|| "less".to_owned());
    (!program.is_empty() && program != "cat").then_some(program)
}
