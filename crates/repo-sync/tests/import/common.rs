// SPDX-License-Identifier: Apache-2.0
//! A private repository, its mirror, and pull requests that somebody opens there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_shared::ObjectId;
use repo_sync_testing::{BareMirror, CommitText, History, Repo, Screen, TestEnv, Tree};
use serde_json::Value;

/// Where the mirror is, as the program is told.
pub(crate) const TO: &str = "../mirror.git";

/// The ref that a host makes for a pull request.
pub(crate) const PULL: &str = "refs/pull/7/head";

/// A private repository with a work tree, and the mirror that it was published to.
pub(crate) struct Case {
    pub(crate) env: TestEnv,
    pub(crate) mirror: BareMirror,
    /// What the mirror held after the first sync.
    pub(crate) upstream: History,
}

/// All of a private repository that a refused import must not change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    refs: String,
    head: String,
    index: String,
    status: String,
    objects: BTreeSet<String>,
    /// Whether an import waits to be continued.
    waits: bool,
    /// The work tree, and what stands beside the objects and the caches.
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Case {
    /// Publishes a history, and fills the work tree.
    pub(crate) fn new(history: History) -> Self {
        let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), history.build());
        let mirror = BareMirror::new(env.repo().scratch(), "mirror.git").strict();
        env.repo().checkout();
        let case = Self { env, upstream: mirror.history(), mirror };
        case.sync(0);
        Self { upstream: case.mirror.history(), ..case }
    }

    pub(crate) fn repo(&self) -> &Repo {
        self.env.repo()
    }

    /// What a private revision names.
    pub(crate) fn id(&self, rev: &str) -> String {
        self.repo().git(["rev-parse", rev])
    }

    /// Git in the private repository; its stdout without the final newline.
    #[track_caller]
    pub(crate) fn git<const N: usize>(&self, args: [&str; N]) -> String {
        self.repo().git(args)
    }

    /// Runs a command against the mirror.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], status: i32) -> Screen {
        let (command, rest) = args.split_first().expect("a command");
        let screen = self.env.run([&[command, "--to", TO], rest].concat());
        assert!(!screen.stderr.contains("panicked"), "\n{screen}");
        screen.expect(status)
    }

    /// What a command says for scripts.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str], status: i32) -> Value {
        let (command, rest) = args.split_first().expect("a command");
        object(&self.run(&[&[*command, "--format", "json"], rest].concat(), status))
    }

    #[track_caller]
    pub(crate) fn sync(&self, status: i32) -> Value {
        self.json(&["sync"], status)
    }

    /// Imports something; what it says of that.
    #[track_caller]
    pub(crate) fn import(&self, args: &[&str], status: i32) -> Value {
        self.json(&[&["import"], args].concat(), status)
    }

    /// Opens a pull request on the mirror: `more` goes on from its `main` on a branch of its
    /// own. The commits are stored as they are, sound or not.
    pub(crate) fn pull(&self, more: impl FnOnce(History) -> History) -> ObjectId {
        self.pull_from("main", more)
    }

    /// The same on another commit of the mirror.
    pub(crate) fn pull_from(&self, base: &str, more: impl FnOnce(History) -> History) -> ObjectId {
        let history = more(self.upstream.clone().branch("pull", base));
        let tip = history.find("pull");
        let mut history = history.delete_branch("pull").any_ref(PULL, tip);
        self.mirror.store(&mut history);
        tip
    }

    /// A pull request of one commit.
    pub(crate) fn pull_edit(&self, edit: impl FnOnce(Tree) -> Tree) -> ObjectId {
        self.pull(|history| history.commit("contribute", edit))
    }

    /// Opens a pull request, and merges it on the mirror at once.
    pub(crate) fn merged_publicly(&self, more: impl FnOnce(History) -> History) -> ObjectId {
        let tip = self.pull(more);
        self.mirror.git().run(["update-ref", "refs/heads/main", &tip.to_string()]);
        tip
    }

    /// What an import that is refused must leave as it is.
    pub(crate) fn state(&self) -> State {
        let all = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
        let mut files = BTreeMap::new();
        read_below(self.repo().path(), Path::new(""), &mut files);
        State {
            refs: self.git(["show-ref", "--head"]),
            head: self.git(["symbolic-ref", "HEAD"]),
            index: self.git(["ls-files", "--stage"]),
            status: self.git(["status", "--porcelain"]),
            objects: self.git(all).lines().map(str::to_owned).collect(),
            waits: self.waits(),
            files,
        }
    }

    /// Whether an import waits to be continued.
    pub(crate) fn waits(&self) -> bool {
        self.repo().path().join(".git/repo-sync/public/import.toml").exists()
    }
}

/// The files below a directory, but for git's objects and our caches.
fn read_below(root: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let entries = fs::read_dir(root.join(below)).expect("it is a directory of the scratch place");
    for entry in entries {
        let entry = entry.expect("the scratch place is readable");
        let path = below.join(entry.file_name());
        let kind = entry.file_type().expect("the scratch place is readable");
        // The index is compared by what it says: to look at it may refresh it.
        let skipped = [".git/objects", ".git/repo-sync", ".git/index"];
        if skipped.iter().any(|it| path == Path::new(it)) {
            continue;
        }
        if kind.is_dir() {
            read_below(root, &path, files);
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path()).expect("it is a link");
            files.insert(path, target.into_os_string().into_encoded_bytes());
        } else {
            files.insert(path, fs::read(entry.path()).expect("it is a file"));
        }
    }
}

/// Exactly one object on stdout.
#[track_caller]
pub(crate) fn object(screen: &Screen) -> Value {
    let value: Value = serde_json::from_str(&screen.stdout)
        .unwrap_or_else(|error| panic!("not one object: {error}\n{screen}"));
    assert!(value.is_object(), "\n{screen}");
    value
}

/// One string of an object.
#[track_caller]
pub(crate) fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

/// The public and the private ids of the commits that an import made, parents first.
#[track_caller]
pub(crate) fn pairs(report: &Value) -> Vec<(String, String)> {
    let commits = report["commits"].as_array().expect("a list");
    let pair = |commit| (word(commit, "public").to_owned(), word(commit, "private").to_owned());
    commits.iter().map(pair).collect()
}

/// A commit by somebody outside, with a host as its committer and perhaps a signature.
pub(crate) fn text(message: &str) -> CommitText {
    CommitText::from(message)
        .author("Pat Outside <pat@example.org> 1690000000 +0200")
        .committer("Host <noreply@host.example> 1700000100 +0000")
}

/// A signature as far as its shape goes.
pub(crate) const SIGNATURE: &str = "-----BEGIN SSH SIGNATURE-----\n\nU1NIU0lHAAAAAQ\n \
                                    \n-----END SSH SIGNATURE-----\n";

impl Case {
    /// A private history that goes on from a public one, which another tool made: `old` on
    /// the mirror's `main`, whose last tree is what `base` publishes.
    pub(crate) fn joined(base: History, old: impl FnOnce(History) -> History) -> Self {
        let private = base.find("main");
        let repo = base.build();
        let mirror = BareMirror::new(repo.scratch(), "mirror.git").strict();
        let mut old = old(History::new());
        mirror.store(&mut old);
        let public = mirror.git().run(["rev-parse", "main", "main^{tree}"]);
        let (public, tree) = public.split_once('\n').expect("two ids");
        let seam = format!(
            "\n[[seam]]\nprivate = \"{private}\"\npublic = \"{public}\"\npublic-tree = \"{tree}\"\n"
        );
        let mut env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo);
        let manifest = env.repo().git(["show", "main:sync.toml"]) + &seam;
        env.repo_mut()
            .extend(|history| history.commit("go on", |tree| tree.file("sync.toml", manifest)));
        env.repo().checkout();
        let case = Self { env, mirror, upstream: old };
        case.sync(0);
        Self { upstream: case.mirror.history(), ..case }
    }
}
