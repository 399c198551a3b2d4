// SPDX-License-Identifier: Apache-2.0
//! Our hook before a push, as git calls it, beside `git status` of the same files.
//!
//! Both are what somebody waits for with a hand on the keyboard. They run in a clone that
//! is made for them, with many files that are checked out.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context as _, ensure};
use repo_sync_shared::ObjectId;
use tempfile::TempDir;

use super::ground::Ground;
use super::works::{Contender, Outcome, made_once};
use crate::process::{Cost, git, git_text, measure, measure_to};
use crate::synthetic::{BRANCH, RULES, Size};

/// What the clone holds.
const SIZE: Size = Size { commits: 1_000, merges: 0, files: 100_000, directories: 1_000, depth: 1 };

/// Where a push goes: to the mirror of the manifest, and to somebody who is none.
const MIRROR: &str = "../mirror.git";
const BACKUP: &str = "../backup.git";

/// How our program ends when it refuses.
const REFUSED: i32 = 3;

/// Who takes part: the push that passes is the one that counts.
pub(super) fn contenders() -> Vec<Contender> {
    let passing = "our hook: the next commit to the mirror, passes";
    let refused = "our hook: the private branch to the mirror, is refused";
    let elsewhere = "our hook: the private branch to another remote, passes";
    let made = Rc::new(OnceCell::new());
    let contender = |name: &str, is_ours, deed: fn(&Clone) -> anyhow::Result<Cost>| {
        let made = Rc::clone(&made);
        let run = move |ground: &Ground| {
            let clone = made_once(&made, || Clone::make(ground).map(Rc::new))?;
            Ok(Outcome::from(deed(&clone)?))
        };
        Contender { name: name.to_owned(), is_ours, run: Box::new(run) }
    };
    vec![
        contender(passing, true, Clone::push_next),
        contender("git status", false, Clone::status),
        contender(refused, true, Clone::push_private),
        contender(elsewhere, true, Clone::push_elsewhere),
    ]
}

/// A clone with files checked out, the hook, and a commit that the mirror does not have.
struct Clone {
    _dir: TempDir,
    repo: PathBuf,
    /// `PATH` with our program on it.
    path: std::ffi::OsString,
    /// The last private commit, its image, and the one before.
    private: String,
    image: String,
    before: String,
}

impl Clone {
    fn make(ground: &Ground) -> anyhow::Result<Self> {
        let dir = ground.fresh()?;
        let repo = dir.path().join("clone");
        let initial = format!("--initial-branch={BRANCH}");
        git_text(dir.path(), ["init", "--quiet", &initial, &repo.to_string_lossy()])?;
        let manifest = format!("version = 1\n{RULES}[mirror.public]\nurl = \"{MIRROR}\"\n");
        SIZE.import(&repo, &[("sync.toml", &manifest)])?;
        git_text(&repo, ["reset", "--quiet", "--hard"])?;
        // The first one writes down what it saw of each file.
        git_text(&repo, ["status"])?;
        let ours = || {
            let mut command = Command::new(&ground.repo_sync);
            command.arg("-C").arg(&repo).arg("--quiet");
            command
        };
        measure(ours().args(["hook", "install"]))?;
        let image = |rev: &str| {
            let private = git_text(&repo, ["rev-parse", rev])?;
            let (_, line) = measure(ours().args(["map", &private]))?;
            let line = String::from_utf8(line)?;
            let (_, image) = line.trim().split_once(' ').context("a line has two ids")?;
            anyhow::Ok((private, image.to_owned()))
        };
        let ((_, before), (private, image)) = (image("HEAD~1")?, image("HEAD")?);
        ensure!(before != image, "the last commit has an image of its own");
        let programs = ground.repo_sync.parent().map(PathBuf::from);
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&others)));
        let clone = Self { _dir: dir, path: path?, repo, private, image, before };
        // And the first two pushes leave what the others need not read: the history, and the
        // directories.
        clone.push_next()?;
        clone.push_next()?;
        Ok(clone)
    }

    fn status(&self) -> anyhow::Result<Cost> {
        Ok(measure(git(&self.repo).arg("status"))?.0)
    }

    fn push_next(&self) -> anyhow::Result<Cost> {
        self.hook(MIRROR, &self.image, &self.before, 0)
    }

    fn push_private(&self) -> anyhow::Result<Cost> {
        self.hook(MIRROR, &self.private, &self.before, REFUSED)
    }

    fn push_elsewhere(&self) -> anyhow::Result<Cost> {
        self.hook(BACKUP, &self.private, &ObjectId::NULL.to_string(), 0)
    }

    /// Runs the hook as git does for a push of one branch; it is to end with `status`.
    fn hook(&self, url: &str, local: &str, remote: &str, status: i32) -> anyhow::Result<Cost> {
        let mut command = Command::new(self.repo.join(".git/hooks/pre-push"));
        command.current_dir(&self.repo).env("PATH", &self.path).args([url, url]);
        let name = format!("refs/heads/{BRANCH}");
        let line = format!("{name} {local} {name} {remote}\n");
        Ok(measure_to(status, &mut command, line.as_bytes())?.0)
    }
}
