// SPDX-License-Identifier: Apache-2.0
//! One command within its limits, and nothing of it left afterwards.
//!
//! A command leads a process group of its own. Whatever of the group is there when the
//! command ends, is stopped, prints too much or takes too long, is killed. What it prints
//! comes through one pipe that is read as it fills, so a flood is held back and no more
//! of it kept than is allowed.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use repo_sync_shared::escape_text;

use super::Came;

/// How many of the last lines of a command a finding shows.
const LAST_LINES: usize = 20;

/// What is shown of one line, in bytes.
const LINE: usize = 400;

/// What a command may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// In bytes.
    pub(super) output: u64,
}

/// How a command ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// By itself; `None` if a signal ended it.
    Exit(Option<i32>),
    /// Its time was up.
    TimeLimit(Duration),
    /// It printed more than this, in bytes.
    OutputLimit(u64),
    /// It was never started, or could not be watched.
    Failed(std::io::Error),
}

impl Ending {
    fn is_success(&self) -> bool {
        matches!(self, Self::Exit(Some(0)))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(Some(status)) => write!(f, "ended with exit status {status}"),
            Self::Exit(None) => f.write_str("was ended by a signal"),
            Self::TimeLimit(time) => {
                write!(f, "was stopped at its `time-limit` of {} s", time.as_secs())
            }
            Self::OutputLimit(bytes) => {
                write!(f, "was stopped at its `output-limit` of {bytes} bytes")
            }
            Self::Failed(err) => write!(f, "could not be run: {err}"),
        }
    }
}

/// What came of a command.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) ending: Ending,
    /// What it printed, as much as is allowed.
    pub(super) output: Vec<u8>,
}

impl Ran {
    /// As a step of a run, which ends well or is at fault.
    pub(super) fn came(self, command: &str) -> Came<String> {
        let fault = (!self.ending.is_success()).then(|| self.fault(command));
        Came { output: self.output, fault }
    }

    /// What went wrong, and the last lines that it printed.
    fn fault(&self, command: &str) -> String {
        let mut fault = format!(
            "in the public tree alone, `{}` {}",
            escape_text(command.as_bytes()),
            self.ending
        );
        for line in last_lines(&self.output) {
            // As an error shows a file: a redacted report leaves such lines out.
            fault.push_str("\n| ");
            fault.push_str(&line);
        }
        fault
    }
}

/// The last lines of an output that say something, escaped.
fn last_lines(output: &[u8]) -> Vec<String> {
    let lines = output.split(|&byte| byte == b'\n' || byte == b'\r').rev();
    let lines = lines.map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty());
    let shown = |line: &[u8]| escape_text(&line[..line.len().min(LINE)]);
    let mut lines: Vec<_> = lines.take(LAST_LINES).map(shown).collect();
    lines.reverse();
    lines
}

/// A line for a shell, which stops at the first command of it that fails.
pub(super) fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-e", "-c", line]);
    command
}

#[cfg(unix)]
pub(super) use group::run;
#[cfg(not(unix))]
pub(super) use nowhere::run;

#[cfg(unix)]
mod group {
    use std::io::{self, PipeReader, Read as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

    use super::{Ending, Limits, Ran};
    use crate::error::RunError;
    use crate::progress::Progress;

    /// How long to wait for output before looking at the rest.
    const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
    const PAUSE: Duration = Duration::from_millis(20);

    /// Runs a command to its end, or to that of its limits.
    ///
    /// # Errors
    /// The user stopped the run.
    pub(in super::super) fn run(
        command: Command,
        limits: Limits,
        progress: &dyn Progress,
    ) -> Result<Ran, RunError> {
        if progress.interrupted() {
            return Err(RunError::Interrupted);
        }
        let mut group = match Group::start(command) {
            Ok(group) => group,
            Err(err) => return Ok(Ran { ending: Ending::Failed(err), output: Vec::new() }),
        };
        let began = Instant::now();
        let ending = loop {
            match group.watch(&TICK, limits.output) {
                Ok(None) => {}
                Ok(Some(ending)) => break ending,
                Err(err) => break Ending::Failed(err),
            }
            if progress.interrupted() {
                // The group goes with its value.
                return Err(RunError::Interrupted);
            }
            if began.elapsed() >= limits.time {
                break Ending::TimeLimit(limits.time);
            }
        };
        group.kill();
        Ok(Ran { ending, output: std::mem::take(&mut group.output) })
    }

    /// What one look at the pipe came to.
    struct Read {
        bytes: usize,
        /// Whether all of it may be kept.
        is_within: bool,
    }

    /// A command and all that it has started.
    struct Group {
        leader: Child,
        pipe: PipeReader,
        output: Vec<u8>,
        is_killed: bool,
    }

    impl Group {
        fn start(mut command: Command) -> io::Result<Self> {
            let (pipe, writer) = io::pipe()?;
            command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
            let leader = command.process_group(0).spawn()?;
            // The command holds the writing ends: with it they are gone from here.
            drop(command);
            Ok(Self { leader, pipe, output: Vec::new(), is_killed: false })
        }

        /// Waits a little for output, and says how the command ended if it did.
        fn watch(&mut self, wait: &Timespec, most: u64) -> io::Result<Option<Ending>> {
            if !self.has_ended()? {
                let is_within = self.read(wait, most)?.is_none_or(|read| read.is_within);
                return Ok((!is_within).then_some(Ending::OutputLimit(most)));
            }
            self.kill();
            // What was printed until then is in the pipe, whoever else holds it open.
            while let Some(Read { bytes: 1.., is_within }) = self.read(&AT_ONCE, most)? {
                if !is_within {
                    return Ok(Some(Ending::OutputLimit(most)));
                }
            }
            Ok(Some(Ending::Exit(self.leader.wait()?.code())))
        }

        /// Whether the leader has ended. It is left as it is, so that its id, which is that
        /// of the group, cannot become somebody else's before the group is killed.
        fn has_ended(&self) -> io::Result<bool> {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            Ok(waitid(WaitId::Pid(self.id()), options)?.is_some())
        }

        fn has_output(&self, wait: &Timespec) -> io::Result<bool> {
            let mut fds = [PollFd::new(&self.pipe, PollFlags::IN)];
            match poll(&mut fds, Some(wait)) {
                Ok(ready) => Ok(ready > 0),
                // A signal: whoever it was for finds it elsewhere.
                Err(rustix::io::Errno::INTR) => Ok(false),
                Err(err) => Err(err.into()),
            }
        }

        /// Reads what there is, if there is something within that time.
        fn read(&mut self, wait: &Timespec, most: u64) -> io::Result<Option<Read>> {
            if !self.has_output(wait)? {
                return Ok(None);
            }
            let mut bytes = [0; 64 << 10];
            let read = self.pipe.read(&mut bytes)?;
            if read == 0 {
                // Nobody can print any more, and the end of the command is still to come.
                std::thread::sleep(PAUSE);
            }
            let room = most.saturating_sub(self.output.len() as u64);
            let kept = usize::try_from(room).unwrap_or(usize::MAX).min(read);
            self.output.extend_from_slice(&bytes[..kept]);
            Ok(Some(Read { bytes: read, is_within: kept == read }))
        }

        /// Kills whoever is left of the group; once, for its id is free afterwards.
        fn kill(&mut self) {
            if !self.is_killed {
                // None left is as good.
                let _ = kill_process_group(self.id(), Signal::KILL);
                self.is_killed = true;
            }
        }

        fn id(&self) -> Pid {
            Pid::from_child(&self.leader)
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            self.kill();
            // Killed, so this is soon; for one that was waited for it is at once.
            let _ = self.leader.wait();
        }
    }
}

#[cfg(not(unix))]
mod nowhere {
    use std::io;
    use std::process::Command;

    use super::{Ending, Limits, Ran};
    use crate::error::RunError;
    use crate::progress::Progress;

    /// Runs nothing: without process groups no limit would hold.
    pub(in super::super) fn run(_: Command, _: Limits, _: &dyn Progress) -> Result<Ran, RunError> {
        let err = io::Error::new(io::ErrorKind::Unsupported, "this system has no process groups");
        Ok(Ran { ending: Ending::Failed(err), output: Vec::new() })
    }
}
