// SPDX-License-Identifier: Apache-2.0
//! What every module here needs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use repo_sync_testing::{
    BareMirror, Census, Generated, Judgement, Oracle, Repo, Row, Screen, TestEnv, generate,
};
use serde_json::Value;

/// The program under test, in `repo`.
pub(crate) fn env(repo: Repo) -> TestEnv {
    TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo)
}

/// A generated repository, and the oracle's word on it.
pub(crate) struct Case {
    pub(crate) generated: Generated,
    pub(crate) env: TestEnv,
    pub(crate) judgement: Judgement,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let generated = generate(seed);
        let repo = &generated.repo;
        let judgement = Oracle::read(repo.scratch(), &repo.git_here(), "public").judge();
        let env = env(repo.clone());
        Self { generated, env, judgement }
    }

    /// What `repo-sync map` must say, whatever the order.
    pub(crate) fn map(&self) -> BTreeMap<String, String> {
        let image = |image: &Option<_>| image.map_or_else(|| "-".to_owned(), |id| format!("{id}"));
        self.judgement.map.iter().map(|(id, own)| (id.to_string(), image(own))).collect()
    }

    /// What each ref of the mirror must name.
    pub(crate) fn refs(&self) -> BTreeMap<String, String> {
        let refs = self.judgement.refs.iter();
        refs.map(|(name, id)| (name.clone(), id.to_string())).collect()
    }
}

/// A fresh clone of the private repository, without any cache.
pub(crate) fn fresh_clone(env: &TestEnv, name: &str) -> TestEnv {
    let dir = env.join(name);
    let git = env.repo().git_here();
    git.run(["clone".as_ref(), "--quiet".as_ref(), ".".as_ref(), dir.as_os_str()]);
    env.clone().in_dir(dir)
}

/// Runs a law on many generated repositories, as [`repo_sync_testing::for_each_seed`] does.
#[track_caller]
pub(crate) fn for_each_seed(default: u64, law: impl Fn(&Case, &mut Census) + Sync) -> Tally {
    let all = Mutex::new(Census::default());
    let seeds = repo_sync_testing::for_each_seed(default, |seed| {
        let mut census = Census::default();
        law(&Case::new(seed), &mut census);
        all.lock().expect("nothing panics while it is held").add(&census);
    });
    Tally { census: all.into_inner().expect("nothing panicked while it was held"), seeds }
}

#[expect(clippy::print_stderr, reason = "a test's words for the person who runs it")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Which cases a run of many seeds put to the test.
pub(crate) struct Tally {
    census: Census,
    seeds: u64,
}

impl Tally {
    /// In 1,000 seeds every case occurs at least 50 times; a small run only prints.
    #[track_caller]
    pub(crate) fn check(&self, rows: impl IntoIterator<Item = Row>) {
        report(&format!("in {} seeds:\n{}", self.seeds, self.census));
        if self.seeds >= 1000 {
            let rare = self.census.below(rows, 50);
            assert!(rare.is_empty(), "too rare to be a test: {rare:?}");
        }
    }
}

/// A sync that must end well, and what it says as JSON.
#[track_caller]
pub(crate) fn sync(env: &TestEnv, mirror: &BareMirror, rev: Option<&str>) -> Value {
    json(env, "sync", rev, mirror.path(), 0)
}

/// Runs a command with `--to` and `--format json`.
#[track_caller]
pub(crate) fn json(
    env: &TestEnv,
    command: &str,
    rev: Option<&str>,
    to: &Path,
    status: i32,
) -> Value {
    let to = to.to_string_lossy();
    let args = [command, "--to", &to, "--format", "json"].into_iter().chain(rev);
    let screen = env.run(args).expect(status);
    parse(&screen)
}

#[track_caller]
fn parse(screen: &Screen) -> Value {
    serde_json::from_str(&screen.stdout).unwrap_or_else(|error| panic!("{error}\n{screen}"))
}

/// What `repo-sync map` says, parents first.
#[track_caller]
pub(crate) fn map(env: &TestEnv) -> Vec<(String, String)> {
    let screen = env.run(["map"]).expect(0);
    let pairs = screen.stdout.lines().map(|line| line.split_once(' '));
    let pair = |pair: Option<(&str, &str)>| {
        let (private, public) = pair.unwrap_or_else(|| panic!("not a pair of ids\n{screen}"));
        (private.to_owned(), public.to_owned())
    };
    pairs.map(pair).collect()
}
