// SPDX-License-Identifier: Apache-2.0
//! Other tools, and how each is asked for the same history.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::filter::Filter;
use super::ground::Ground;
use crate::process::{Cost, git, git_text, measure};

/// A tool that filters histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Josh,
    FilterRepo,
    Splitsh,
}

/// The ref under which a tool leaves what it made.
const OUT: &str = "refs/heads/bench-out";

impl Tool {
    const ALL: [Self; 3] = [Self::Josh, Self::FilterRepo, Self::Splitsh];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Josh => "josh-filter",
            Self::FilterRepo => "git-filter-repo",
            Self::Splitsh => "splitsh-lite",
        }
    }

    /// Whether it can say the filter at all.
    pub(super) fn knows(self, filter: &Filter) -> bool {
        self != Self::Splitsh || filter.splitsh().is_some()
    }

    /// Whether a second run goes on from the first.
    pub(super) fn goes_on(self) -> bool {
        self != Self::FilterRepo
    }

    /// Filters the branch of `repo`, in place or beside it.
    pub(super) fn filter(self, ground: &Ground, repo: &Path) -> anyhow::Result<Cost> {
        let branch = format!("refs/heads/{}", ground.branch);
        let mut command = Command::new(self.name());
        command.current_dir(repo);
        match self {
            Self::Josh => {
                command.args([&ground.filter.josh(), &branch, "--update", OUT]);
            }
            Self::FilterRepo => {
                command.args(["--force", "--quiet", "--no-gc"]).args(ground.filter.filter_repo());
            }
            Self::Splitsh => {
                command.args(ground.filter.splitsh().unwrap_or_default());
                command.arg(format!("--origin={branch}")).arg(format!("--target={OUT}"));
            }
        }
        Ok(measure(&mut command)?.0)
    }

    /// Where the filtered branch is then.
    pub(super) fn made(self, ground: &Ground) -> String {
        match self {
            Self::FilterRepo => format!("refs/heads/{}", ground.branch),
            Self::Josh | Self::Splitsh => OUT.to_owned(),
        }
    }

    /// Pushes what was made.
    pub(super) fn push(self, ground: &Ground, repo: &Path, mirror: &Path) -> anyhow::Result<Cost> {
        let refspec = format!("+{}:refs/heads/{}", self.made(ground), ground.branch);
        let args = ["push", "--quiet", &mirror.to_string_lossy(), &refspec];
        Ok(measure(git(repo).args(args))?.0)
    }

    /// The version, as it calls itself.
    pub(super) fn version(self) -> Option<String> {
        let out = Command::new(self.name()).arg("--version").output().ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        Some(text.lines().next()?.trim().to_owned())
            .filter(|it| out.status.success() && !it.is_empty())
    }
}

/// Those of the tools that can be run here; of the others it is said that they are left out.
pub(super) fn on_path(wanted: &[String]) -> Vec<Tool> {
    let is_there = |tool: &Tool| {
        let dirs = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&dirs).any(|dir| dir.join(tool.name()).is_file())
    };
    for name in wanted {
        match Tool::ALL.iter().find(|tool| tool.name() == name) {
            None => eprintln!("{name}: not a tool that this benchmark knows; left out"),
            Some(tool) if !is_there(tool) => eprintln!("{name}: not on PATH; left out"),
            Some(_) => {}
        }
    }
    let is_wanted = |tool: &Tool| wanted.iter().any(|name| name == tool.name()) && is_there(tool);
    Tool::ALL.into_iter().filter(is_wanted).collect()
}

/// Our program, for a copy of the repository.
pub(super) fn ours(ground: &Ground, repo: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(&ground.repo_sync);
    command.arg("-C").arg(repo).args(args).arg("--manifest").arg(&ground.manifest);
    command
}

/// Our `sync` into a mirror.
pub(super) fn sync(ground: &Ground, repo: &Path, mirror: &Path) -> anyhow::Result<Cost> {
    Ok(measure(ours(ground, repo, &["sync", "--quiet"]).arg("--to").arg(mirror))?.0)
}

/// The tree of the branch on a mirror.
pub(super) fn tree_of(mirror: &Path, name: &str) -> anyhow::Result<Option<String>> {
    git_text(mirror, ["rev-parse", &format!("{name}^{{tree}}")]).map(Some)
}

/// The packs of a repository.
pub(super) fn packs(repo: &Path) -> PathBuf {
    repo.join("objects/pack")
}
