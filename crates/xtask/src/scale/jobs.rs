// SPDX-License-Identifier: Apache-2.0
//! What is timed: whole processes on a copy of a history.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use super::grounds::Ground;
use crate::process::{Cost, copy, empty, measure};
use crate::synthetic::{BRANCH, RULES, public_tree};

/// What one process does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    /// Filter and replay all of the history, and pack what is new.
    Rewrite,
    /// Print the public id of every commit.
    Map,
    /// Publish to so many mirrors that were empty, each with rules of its own.
    Sync { mirrors: u32 },
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rewrite => f.write_str("cold rewrite"),
            Self::Map => f.write_str("cold map"),
            Self::Sync { mirrors: 1 } => f.write_str("first sync of one"),
            Self::Sync { mirrors } => write!(f, "first sync of {mirrors} at once"),
        }
    }
}

/// A history, where it lies.
pub(super) struct Place<'p> {
    scratch: &'p Path,
    repo_sync: &'p Path,
    source: PathBuf,
    /// The public tree of the last commit.
    expected: String,
}

impl<'p> Place<'p> {
    pub(super) fn make(
        ground: &Ground,
        scratch: &'p Path,
        repo_sync: &'p Path,
    ) -> anyhow::Result<Self> {
        let source = empty(scratch, "source.git")?;
        ground.size.import(&source, &[])?;
        let expected = public_tree(&source, scratch)?;
        Ok(Self { scratch, repo_sync, source, expected })
    }

    /// Runs a job once, from a copy without any cache.
    pub(super) fn run(&self, job: Job) -> anyhow::Result<Cost> {
        let dir = TempDir::new_in(self.scratch)?;
        let repo = copy(&self.source, &dir.path().join("private.git"))?;
        let manifest = dir.path().join("sync.toml");
        let mirrors = match job {
            Job::Rewrite | Job::Map => 1,
            Job::Sync { mirrors } => mirrors,
        };
        fs::write(&manifest, of_mirrors(mirrors))?;
        match job {
            Job::Rewrite => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("rewrite").arg("--repo").arg(&repo).arg("--manifest").arg(&manifest);
                let (cost, out) = measure(&mut command)?;
                let out = String::from_utf8(out)?;
                let tree = out.split_whitespace().nth(1).context("three words are printed")?;
                ensure!(tree == self.expected, "another public tree: {tree}");
                Ok(cost)
            }
            Job::Map => Ok(measure(self.ours(&repo, &manifest).args(["--quiet", "map"]))?.0),
            Job::Sync { mirrors } => {
                for number in 0..mirrors {
                    empty(dir.path(), &format!("mirror-{number}.git"))?;
                }
                Ok(measure(self.ours(&repo, &manifest).args(["--quiet", "--all", "sync"]))?.0)
            }
        }
    }

    fn ours(&self, repo: &Path, manifest: &Path) -> Command {
        let mut command = Command::new(self.repo_sync);
        command.arg("-C").arg(repo).arg("--manifest").arg(manifest);
        command
    }
}

/// A manifest with so many mirrors, of which each but the first lacks another directory.
fn of_mirrors(mirrors: u32) -> String {
    let mut text = format!("version = 1\n{RULES}");
    for number in 0..mirrors {
        let _ = write!(
            text,
            "[mirror.number-{number}]\nurl = \"../mirror-{number}.git\"\nbranches = [\"{BRANCH}\"]\n"
        );
        if number > 0 {
            let _ = writeln!(text, "exclude = [\"**/private-*\", \"area-0/unit-{number}\"]");
        }
    }
    text
}
