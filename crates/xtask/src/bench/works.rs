// SPDX-License-Identifier: Apache-2.0
//! What is timed, and who takes part.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use tempfile::TempDir;

use super::contenders::{Tool, ours, packs, sync, tree_of};
use super::ground::{Ground, bytes_below};
use super::hook;
use crate::process::{Cost, copy, empty, git, git_text, measure};

/// A job that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Work {
    /// Filter the whole history, without any cache
    Rewrite,
    /// Print the public id of every commit, without any cache
    Map,
    /// Publish the whole history to an empty mirror
    FirstSync,
    /// Publish one more commit, with the cache of the run before
    OneCommit,
    /// Publish one more commit from a fresh clone, without any cache
    FreshClone,
    /// Find that there is nothing to publish
    Nothing,
    /// Judge a push by hand, in a clone of 100,000 files
    Hook,
}

/// What one run cost and came to.
pub(super) struct Outcome {
    pub cost: Cost,
    /// Bytes of new objects.
    pub bytes: Option<u64>,
    /// The public tree of the last commit.
    pub tree: Option<String>,
    /// The last public commit, if the run is ours and over all of the history.
    pub tip: Option<String>,
}

/// Does the work once.
type Run = Box<dyn Fn(&Ground) -> anyhow::Result<Outcome>>;

/// Somebody who does the work.
pub(super) struct Contender {
    pub name: String,
    pub is_ours: bool,
    pub run: Run,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewrite => "cold rewrite",
            Self::Map => "cold map",
            Self::FirstSync => "first sync",
            Self::OneCommit => "one commit, warm",
            Self::FreshClone => "one commit, fresh clone",
            Self::Nothing => "nothing to do",
            Self::Hook => "pre-push hook",
        })
    }
}

impl Contender {
    fn new(
        name: impl Into<String>,
        run: impl Fn(&Ground) -> anyhow::Result<Outcome> + 'static,
    ) -> Self {
        Self { name: name.into(), is_ours: false, run: Box::new(run) }
    }

    fn ours(run: impl Fn(&Ground) -> anyhow::Result<Outcome> + 'static) -> Self {
        Self { is_ours: true, ..Self::new("repo-sync", run) }
    }
}

impl From<Cost> for Outcome {
    fn from(cost: Cost) -> Self {
        Self { cost, bytes: None, tree: None, tip: None }
    }
}

impl Work {
    /// Who takes part, ours first.
    pub(super) fn contenders(
        self,
        ground: &Ground,
        tools: &[Tool],
    ) -> anyhow::Result<Vec<Contender>> {
        let tools = tools.iter().copied().filter(|tool| tool.knows(&ground.filter));
        Ok(match self {
            Self::Rewrite => {
                let others = tools.map(|tool| Contender::new(tool.name(), rewrite_by(tool)));
                [Contender::ours(rewrite)].into_iter().chain(others).collect()
            }
            Self::Map => {
                let list = "git rev-list --objects";
                vec![Contender::ours(map), Contender::new(list, rev_list)]
            }
            Self::FirstSync => {
                let name = |tool: Tool| format!("{} + git push", tool.name());
                let others = tools.map(|tool| Contender::new(name(tool), first_push_by(tool)));
                [Contender::ours(first_sync)].into_iter().chain(others).collect()
            }
            Self::OneCommit => {
                let name = |tool: Tool| format!("{} + git push", tool.name());
                let others = tools.filter(|tool| tool.goes_on());
                let others = others.map(|tool| Contender::new(name(tool), one_commit_by(tool)));
                [Contender::ours(one_commit())].into_iter().chain(others).collect()
            }
            Self::FreshClone => vec![
                Contender::ours(fresh_clone()),
                Contender::new("git fetch --depth=1 of the mirror + our map", floor_of_a_clone()),
            ],
            Self::Nothing => {
                let name = |tool: Tool| format!("{} + git ls-remote", tool.name());
                let others = tools.filter(|tool| tool.goes_on());
                let others = others.map(|tool| Contender::new(name(tool), nothing_by(tool)));
                [Contender::ours(nothing())].into_iter().chain(others).collect()
            }
            Self::Hook => hook::contenders(),
        })
    }
}

fn rewrite(ground: &Ground) -> anyhow::Result<Outcome> {
    let dir = ground.fresh()?;
    let repo = ground.copy(dir.path())?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("rewrite").arg("--repo").arg(&repo).arg("--manifest").arg(&ground.manifest);
    let (cost, out) = measure(&mut command)?;
    let out = String::from_utf8(out)?;
    let [bytes, tree, tip] = *out.split_whitespace().collect::<Vec<_>>() else {
        bail!("the rewrite prints three words, not `{out}`")
    };
    let (tree, tip) = (Some(tree.to_owned()), Some(tip.to_owned()));
    Ok(Outcome { cost, bytes: Some(bytes.parse()?), tree, tip })
}

fn rewrite_by(tool: Tool) -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    move |ground| {
        let dir = ground.fresh()?;
        let repo = ground.copy(dir.path())?;
        let before = bytes_below(&packs(&repo))?;
        let cost = tool.filter(ground, &repo)?;
        let bytes = Some(bytes_below(&packs(&repo))? - before);
        Ok(Outcome { cost, bytes, tree: tree_of(&repo, &tool.made(ground))?, tip: None })
    }
}

fn map(ground: &Ground) -> anyhow::Result<Outcome> {
    let dir = ground.fresh()?;
    let repo = ground.copy(dir.path())?;
    let (cost, out) = measure(&mut ours(ground, &repo, &["map", "--quiet"]))?;
    let out = String::from_utf8(out)?;
    // Parents come first, and one that was dropped has none.
    let images = out.lines().rev().filter_map(|line| line.split_once(' '));
    let last = images.map(|(_, image)| image).find(|image| *image != "-");
    let tip = Some(last.context("nothing of this history is public")?.to_owned());
    Ok(Outcome { tip, ..cost.into() })
}

fn rev_list(ground: &Ground) -> anyhow::Result<Outcome> {
    let args = ["rev-list", "--objects", "--no-object-names", &ground.branch];
    Ok(measure(git(&ground.source).args(args))?.0.into())
}

fn first_sync(ground: &Ground) -> anyhow::Result<Outcome> {
    let dir = ground.fresh()?;
    let (repo, mirror) = (ground.copy(dir.path())?, empty(dir.path(), "mirror.git")?);
    let cost = sync(ground, &repo, &mirror)?;
    let bytes = Some(bytes_below(&packs(&mirror))?);
    let tip = Some(git_text(&mirror, ["rev-parse", &ground.branch])?);
    Ok(Outcome { cost, bytes, tree: tree_of(&mirror, &ground.branch)?, tip })
}

fn first_push_by(tool: Tool) -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    move |ground| {
        let dir = ground.fresh()?;
        let (repo, mirror) = (ground.copy(dir.path())?, empty(dir.path(), "mirror.git")?);
        let cost = tool.filter(ground, &repo)? + tool.push(ground, &repo, &mirror)?;
        let bytes = Some(bytes_below(&packs(&mirror))?);
        Ok(Outcome { cost, bytes, tree: tree_of(&mirror, &ground.branch)?, tip: None })
    }
}

/// A repository and its mirror that go on from run to run.
struct Pair {
    _dir: TempDir,
    repo: PathBuf,
    mirror: PathBuf,
    commits: Cell<usize>,
}

impl Pair {
    /// A copy, of which everything is on its mirror after `publish`.
    fn published(
        ground: &Ground,
        publish: impl FnOnce(&Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Rc<Self>> {
        let dir = ground.fresh()?;
        let (repo, mirror) = (ground.copy(dir.path())?, empty(dir.path(), "mirror.git")?);
        let this = Self { _dir: dir, repo, mirror, commits: Cell::new(0) };
        publish(&this)?;
        Ok(Rc::new(this))
    }

    fn add_commit(&self, ground: &Ground) -> anyhow::Result<()> {
        self.commits.set(self.commits.get() + 1);
        ground.add_commit(&self.repo, self.commits.get())
    }
}

/// What is made by the first run that needs it.
pub(super) fn made_once<T: Clone>(
    cell: &OnceCell<T>,
    make: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if let Some(made) = cell.get() {
        return Ok(made.clone());
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made).clone())
}

fn our_pair(ground: &Ground) -> anyhow::Result<Rc<Pair>> {
    Pair::published(ground, |pair| sync(ground, &pair.repo, &pair.mirror).map(drop))
}

fn one_commit() -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || our_pair(ground))?;
        pair.add_commit(ground)?;
        Ok(sync(ground, &pair.repo, &pair.mirror)?.into())
    }
}

fn one_commit_by(tool: Tool) -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || their_pair(ground, tool))?;
        pair.add_commit(ground)?;
        let cost = tool.filter(ground, &pair.repo)?;
        Ok((cost + tool.push(ground, &pair.repo, &pair.mirror)?).into())
    }
}

fn their_pair(ground: &Ground, tool: Tool) -> anyhow::Result<Rc<Pair>> {
    Pair::published(ground, |pair| {
        tool.filter(ground, &pair.repo)?;
        tool.push(ground, &pair.repo, &pair.mirror).map(drop)
    })
}

fn fresh_clone() -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || our_pair(ground))?;
        pair.add_commit(ground)?;
        let dir = ground.fresh()?;
        let clone = copy(&pair.repo, &dir.path().join("clone.git"))?;
        Ok(sync(ground, &clone, &pair.mirror)?.into())
    }
}

/// What a fresh clone cannot do without: the ids of all commits, and what the mirror shows.
fn floor_of_a_clone() -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || our_pair(ground))?;
        let dir = ground.fresh()?;
        let clone = copy(&pair.repo, &dir.path().join("clone.git"))?;
        let map = measure(&mut ours(ground, &clone, &["map", "--quiet"]))?.0;
        let store = empty(dir.path(), "store.git")?;
        let url = format!("file://{}", pair.mirror.display());
        let fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", &url, &ground.branch];
        Ok((map + measure(git(&store).args(fetch))?.0).into())
    }
}

fn nothing() -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || our_pair(ground))?;
        Ok(sync(ground, &pair.repo, &pair.mirror)?.into())
    }
}

fn nothing_by(tool: Tool) -> impl Fn(&Ground) -> anyhow::Result<Outcome> {
    let pair = OnceCell::new();
    move |ground| {
        let pair = made_once(&pair, || their_pair(ground, tool))?;
        let cost = tool.filter(ground, &pair.repo)?;
        let list = measure(git(&pair.repo).arg("ls-remote").arg(&pair.mirror))?.0;
        Ok((cost + list).into())
    }
}
