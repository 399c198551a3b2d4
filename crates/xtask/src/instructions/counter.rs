// SPDX-License-Identifier: Apache-2.0
//! One program on one history under callgrind.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::page::version;
use crate::process::{copy, empty, measure};
use crate::synthetic::{BRANCH, RULES, Size};

/// Small: under callgrind everything takes fifty times as long.
pub(super) const HISTORIES: [(&str, Size); 2] = [
    ("long", Size { commits: 1_500, merges: 300, files: 200, directories: 20, depth: 1 }),
    ("wide", Size { commits: 60, merges: 0, files: 3_000, directories: 1, depth: 0 }),
];

/// How far two counts of the same work may be apart: some parts of a run look at the
/// clock, and temporary files have names that nobody foresees.
const TOLERANCE: f64 = 0.005;

/// What is counted: the process itself, not the git that it starts.
#[derive(Clone, Copy)]
pub(super) enum Program {
    Rewrite,
    Map,
    Plan,
}

impl Program {
    pub(super) const ALL: [Self; 3] = [Self::Rewrite, Self::Map, Self::Plan];
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewrite => "xtask rewrite",
            Self::Map => "repo-sync map",
            Self::Plan => "repo-sync plan",
        })
    }
}

/// Counts in a directory of its own.
pub(super) struct Counter<'c> {
    scratch: &'c Path,
    repo_sync: &'c Path,
    manifest: PathBuf,
}

impl<'c> Counter<'c> {
    /// # Errors
    /// What is needed for it is not installed.
    pub(super) fn new(scratch: &'c Path, repo_sync: &'c Path) -> anyhow::Result<Self> {
        for (program, package) in [("valgrind", "valgrind"), ("taskset", "util-linux")] {
            if version(program).is_none() {
                bail!(
                    "`{program}` is not on PATH, and instructions are counted with it; \
                     on Debian or Ubuntu: apt-get install {package}"
                );
            }
        }
        let manifest = scratch.join("sync.toml");
        let mirror = format!("[mirror.public]\nbranches = [\"{BRANCH}\"]\n");
        fs::write(&manifest, format!("version = 1\n{RULES}{mirror}"))?;
        Ok(Self { scratch, repo_sync, manifest })
    }

    /// A history of this size.
    pub(super) fn history(&self, size: Size) -> anyhow::Result<TempDir> {
        let dir = TempDir::new_in(self.scratch)?;
        size.import(&empty(dir.path(), "source.git")?, &[])?;
        Ok(dir)
    }

    /// The instructions of a program, which are counted twice.
    ///
    /// # Errors
    /// The two counts differ.
    pub(super) fn count(&self, history: &TempDir, program: Program) -> anyhow::Result<u64> {
        let (one, other) = (self.once(history, program)?, self.once(history, program)?);
        if !agree(one, other) {
            bail!(
                "two runs of the same took {one} and {other} instructions: nothing can be held against that"
            );
        }
        Ok(one.min(other))
    }

    fn once(&self, history: &TempDir, program: Program) -> anyhow::Result<u64> {
        let dir = TempDir::new_in(self.scratch)?;
        let repo = copy(&history.path().join("source.git"), &dir.path().join("private.git"))?;
        let counts = dir.path().join("callgrind.out");
        let mut out = OsString::from("--callgrind-out-file=");
        out.push(&counts);
        // With one processor there is one thread, and one order of what is done.
        let mut command = Command::new("taskset");
        command.args(["-c", "0", "valgrind", "--quiet", "--tool=callgrind"]).arg(out);
        match program {
            Program::Rewrite => {
                command.arg(std::env::current_exe()?).arg("rewrite").arg("--repo").arg(&repo);
            }
            Program::Map => {
                command.arg(self.repo_sync).arg("map").args(["--quiet", "-C"]).arg(&repo);
            }
            Program::Plan => {
                command.arg(self.repo_sync).arg("plan").args(["--quiet", "-C"]).arg(&repo);
                command.arg("--to").arg(dir.path().join("mirror.git"));
            }
        }
        command.arg("--manifest").arg(&self.manifest);
        // Whose machine it is makes no difference.
        command.env("HOME", dir.path()).env("XDG_CONFIG_HOME", dir.path());
        measure(&mut command)?;
        total(&fs::read_to_string(&counts)?).context("callgrind wrote no total")
    }
}

/// The sum of all, as callgrind writes it into its file.
fn total(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

/// Whether two counts of the same can be told from two of something else.
fn agree(one: u64, other: u64) -> bool {
    one.abs_diff(other) as f64 <= one.min(other) as f64 * TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_found() {
        let text = "version: 1\nevents: Ir\nsummary: 7\n\nfn=(0)\n0 7\ntotals: 12345\n";
        assert_eq!(total(text), Some(12_345));
        assert_eq!(total("version: 1\n"), None);
    }

    #[test]
    fn counts_agree_within_half_a_percent() {
        for (one, other, expected) in
            [(1_000, 1_000, true), (1_000, 1_005, true), (1_006, 1_000, false), (0, 1, false)]
        {
            assert_eq!(agree(one, other), expected, "{one} and {other}");
        }
    }
}
