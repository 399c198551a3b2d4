// SPDX-License-Identifier: Apache-2.0
//! What every contender begins with: one branch in one pack, and what its public tree
//! has to be.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use super::BenchArgs;
use super::filter::Filter;
use super::works::Outcome;
use crate::process::{built, copy, git, git_text, measure_with};

pub(super) struct Ground {
    /// The name that is shown: the last part of the path.
    pub title: String,
    /// A bare repository with the branch, and nothing else.
    pub source: PathBuf,
    pub branch: String,
    pub filter: Filter,
    /// The manifest, outside of the history.
    pub manifest: PathBuf,
    /// The program that is timed.
    pub repo_sync: PathBuf,
    /// The public tree of the last commit.
    expected: String,
    /// The last public commit, by the first run of ours that told.
    tip: OnceCell<String>,
    scratch: TempDir,
}

impl Ground {
    pub(super) fn prepare(args: &BenchArgs, filter: Filter) -> anyhow::Result<Self> {
        let repo = args.repo.canonicalize();
        let repo = repo.with_context(|| format!("failed to find `{}`", args.repo.display()))?;
        let branch = match &args.branch {
            Some(branch) => branch.clone(),
            None => git_text(&repo, ["symbolic-ref", "--short", "HEAD"])?,
        };
        let scratch = match &args.scratch {
            Some(dir) => TempDir::new_in(dir)?,
            None => TempDir::new()?,
        };
        let source = scratch.path().join("source.git");
        let from = repo.to_string_lossy();
        let to = source.to_string_lossy();
        let clone = ["clone", "--quiet", "--bare", "--no-local", "--single-branch", "--no-tags"];
        measure_with(git(&repo).args(clone).args(["-b", &branch, &from, &to]), b"")?;
        let append = args.append.as_ref().map(fs::read_to_string).transpose()?;
        let manifest = scratch.path().join("sync.toml");
        fs::write(&manifest, filter.manifest(&branch, &append.unwrap_or_default()))?;
        let title = repo.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut this = Self {
            title: title.unwrap_or_default().trim_end_matches(".git").to_owned(),
            source,
            branch,
            filter,
            manifest,
            repo_sync: built()?,
            expected: String::new(),
            tip: OnceCell::new(),
            scratch,
        };
        this.expected = this.public_tree()?;
        Ok(this)
    }

    /// The public tree of the last commit, made by git.
    fn public_tree(&self) -> anyhow::Result<String> {
        if let Filter::Root(dir) = &self.filter {
            return git_text(&self.source, ["rev-parse", &format!("{}:{dir}", self.branch)]);
        }
        let (_, listing) = measure_with(git(&self.source).args(["ls-tree", &self.branch]), b"")?;
        let listing = String::from_utf8(listing)?;
        let name = |line: &str| line.split_once('\t').is_some_and(|(_, it)| self.filter.keeps(it));
        let kept: String = listing.split_inclusive('\n').filter(|it| name(it.trim_end())).collect();
        ensure!(!kept.is_empty(), "nothing of `{}` is {}", self.title, self.filter);
        let (_, tree) = measure_with(git(&self.source).args(["mktree"]), kept.as_bytes())?;
        Ok(String::from_utf8(tree)?.trim_end().to_owned())
    }

    /// A directory that no run had before.
    pub(super) fn fresh(&self) -> anyhow::Result<TempDir> {
        Ok(TempDir::new_in(self.scratch.path())?)
    }

    /// A copy of the source in a directory, which shares its packs but no state.
    pub(super) fn copy(&self, dir: &Path) -> anyhow::Result<PathBuf> {
        copy(&self.source, &dir.join("private.git"))
    }

    /// The tree of the last commit is the public one, and all runs of ours end with the same
    /// commit: then all of theirs are the same, for each names its parents.
    pub(super) fn check(&self, name: &str, outcome: &Outcome) -> anyhow::Result<()> {
        let Outcome { tree, tip, .. } = outcome;
        if let Some(tree) = tree {
            let expected = &self.expected;
            ensure!(tree == expected, "{name} made another public tree: {tree}, not {expected}");
        }
        if let Some(tip) = tip {
            let first = self.tip.get_or_init(|| tip.clone());
            ensure!(tip == first, "{name} made another public commit: {tip}, not {first}");
        }
        Ok(())
    }

    /// A commit on the branch of `repo` that touches a public file and a private one;
    /// `number` makes it another than the last.
    pub(super) fn add_commit(&self, repo: &Path, number: usize) -> anyhow::Result<()> {
        let dir = &self.filter.dirs()[0];
        let (kept, dropped) = match &self.filter {
            Filter::Exclude(_) => ("bench-note".to_owned(), format!("{dir}/bench-note")),
            Filter::Include(_) | Filter::Root(_) => {
                (format!("{dir}/bench-note"), "bench-note".to_owned())
            }
        };
        let index = repo.join("bench-index");
        let with_index = |args: &[&str], input: &[u8]| {
            let (_, out) = measure_with(git(repo).env("GIT_INDEX_FILE", &index).args(args), input)?;
            anyhow::Ok(String::from_utf8(out)?.trim_end().to_owned())
        };
        let text = format!("note {number}\n");
        let blob = with_index(&["hash-object", "-w", "--stdin"], text.as_bytes())?;
        with_index(&["read-tree", &self.branch], b"")?;
        for path in [kept, dropped] {
            let entry = format!("100644,{blob},{path}");
            with_index(&["update-index", "--add", "--cacheinfo", &entry], b"")?;
        }
        let tree = with_index(&["write-tree"], b"")?;
        let person = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        let commit = ["commit-tree", &tree, "-p", &self.branch, "-m", &text];
        let commit = with_index(&[&person[..], &commit].concat(), b"")?;
        git_text(repo, ["update-ref", &format!("refs/heads/{}", self.branch), &commit])?;
        Ok(())
    }
}

/// The bytes of all files below a directory.
pub(super) fn bytes_below(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { bytes_below(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}
