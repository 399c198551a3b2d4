// SPDX-License-Identifier: Apache-2.0
//! A pull request of the mirror becomes a branch of the private repository: the workflow for GitHub.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_snapshot;
use repo_sync_testing::server::HttpGit;
use repo_sync_testing::{BareMirror, Git, TestEnv};

use crate::runner::{Ended, Runner};
use crate::{MANIFEST, env, history, runner, without_ids, workflow};

/// A private repository that publishes its CI as well, its mirror, and Ada, who has a clone of that.
pub(crate) struct Sides {
    pub(crate) env: TestEnv,
    pub(crate) mirror: BareMirror,
    ada: Git,
}

/// One commit: its message, a file and its text.
pub(crate) type Edit<'e> = (&'e str, &'e str, &'e str);

impl Sides {
    pub(crate) fn new() -> Self {
        let manifest = MANIFEST.replacen("\"docs\"", "\"docs\", \".github\"", 1);
        let history = history().commit("publish our CI", |tree| {
            tree.file("sync.toml", manifest)
                .file("docs/public/guide.md", "Turn it on.\n")
                .file(".github/workflows/ci.yml", "on: push\n")
        });
        let env = env(history.build());
        let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
        let place = env.join("ada");
        let sides = Self { ada: env.repo().scratch().git(&place), env, mirror };
        sides.sync();
        let clone = ["clone".as_ref(), "--quiet".as_ref()];
        let ends = [sides.mirror.path().as_os_str(), place.as_os_str()];
        sides.env.repo().git([clone, ends].concat());
        sides
    }

    /// Publishes what the private side has.
    pub(crate) fn sync(&self) {
        let to = self.mirror.path().as_os_str();
        self.env.run(["sync".as_ref(), "--to".as_ref(), to]).expect(0);
    }

    /// Ada's commits on what is public, as a request that the forge keeps as `name`.
    pub(crate) fn propose(&self, name: &str, edits: &[Edit<'_>]) {
        self.ada.run(["fetch", "--quiet", "origin"]);
        self.ada.run(["checkout", "--quiet", "--detach", "origin/main"]);
        for (message, path, text) in edits {
            let file = self.env.join("ada").join(path);
            let folder = file.parent().expect("it is in the clone");
            fs::create_dir_all(folder).expect("the scratch place is writable");
            fs::write(&file, text).expect("the scratch place is writable");
            self.ada.run(["add", "--all"]);
            let author = "--author=Ada <ada@example.org>";
            self.ada.run(["commit", "--quiet", author, "--message", message]);
        }
        self.ada.run(["push", "--quiet", "--force", "origin", &format!("HEAD:{name}")]);
    }

    /// The refs of the private repository.
    pub(crate) fn refs(&self) -> BTreeMap<String, String> {
        let refs = self.env.repo().git(["for-each-ref", "--format=%(refname) %(objectname)"]);
        let pairs = refs.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
    }

    /// Moves the private main branch to `branch`, as a fast-forward, and publishes it: then it is what
    /// was proposed as `name`.
    #[track_caller]
    pub(crate) fn merge_and_sync(&self, branch: &str, name: &str) {
        let git = self.env.repo();
        git.git(["merge-base", "--is-ancestor", "main", branch]);
        git.git(["update-ref", "refs/heads/main", branch]);
        self.sync();
        let refs = self.mirror.refs();
        assert_eq!(refs["refs/heads/main"], refs[name], "the public commits are those proposed");
    }

    /// A runner on which pull request 7 is asked for.
    fn runner(&self) -> Runner {
        let mut runner = runner(&self.env);
        for (name, value) in [
            ("vars.REPO_SYNC_MIRROR", "git@example.com:acme/widget.git"),
            ("vars.REPO_SYNC_MIRROR_TO_READ", &*self.mirror.path().to_string_lossy()),
            ("github.server_url", "https://example.com"),
            ("github.token", "a token"),
            ("inputs.pull-request", "7"),
            ("inputs.allow", ""),
            ("inputs.require-signoff", "false"),
        ] {
            runner.contexts.set(name, value);
        }
        runner
    }

    /// Runs the workflow on a machine that was made ready.
    fn import(&self, ready: impl FnOnce(&mut Runner)) -> Ended {
        let mut runner = self.runner();
        ready(&mut runner);
        runner.run(&workflow("import.yml"), "import")
    }
}

const PULL: &str = "refs/pull/7/head";
const BRANCH: &str = "refs/heads/import/pull-7";

const STEPS: &[&str] = &[
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "Import",
    "Run repo-sync",
    "Push the branch",
];

/// What the program printed: lines in which the runner looks for no command.
fn said(ended: &Ended) -> String {
    let log = &*ended.log;
    let (stop, rest) = log.split_once('\n').expect("it says something");
    let resume = stop.strip_prefix("::stop-commands::").expect("no word of a stranger is before");
    assert_eq!(resume.len(), 32, "nobody guesses it: {resume}");
    let (said, _) = rest.split_once(&format!("::{resume}::\n")).expect("it ends");
    without_ids(said)
}

#[test]
fn a_pull_request_becomes_a_branch() {
    let sides = Sides::new();
    sides.propose(
        PULL,
        &[
            ("</details> ##[error]hello | <b>", "src/hello.rs", "pub fn hello() {}\n"),
            ("docs: say hello", "docs/guide.md", "Turn it on, and say hello.\n"),
        ],
    );
    let before = sides.refs();
    let server = HttpGit::start(sides.env.repo().scratch());
    let served = |runner: &mut Runner| {
        let url = server.url(&sides.env.repo().path().join(".git"));
        runner.contexts.set("github.server_url", server.address());
        runner.contexts.set("github.token", server.token());
        *runner = runner.clone().served_at(url);
    };
    let ended = sides.import(served);
    assert!(!ended.failed, "{}", ended.log);
    assert_eq!(ended.steps, STEPS);
    assert_snapshot!(said(&ended), @r"
    public: imported 2 commits of $ROOT/mirror.git as branch `import/pull-7`
      <id> -> <id>  </details> ##[error]hello | <b>
      <id> -> <id>  docs: say hello

      merged as they are they keep their public ids; squashed or rebased they become new public commits:
        git merge import/pull-7
    ");
    // All of it as code: no word of it is markup.
    let root = sides.env.join("").to_string_lossy().into_owned();
    assert_snapshot!(without_ids(&ended.summary.replace(&root, "$ROOT/")), @r"
    ### repo-sync import

        public: imported 2 commits of $ROOT/mirror.git as branch `import/pull-7`
          <id> -> <id>  </details> ##[error]hello | <b>
          <id> -> <id>  docs: say hello

          merged as they are they keep their public ids; squashed or rebased they become new public commits:
            git merge import/pull-7
    ");
    assert!(!ended.log.contains(server.token()), "{}", ended.log);

    let mut after = sides.refs();
    let made = after.remove(BRANCH).expect("the branch was pushed");
    assert_eq!(after, before, "nothing else moved");
    let git = sides.env.repo();
    let range = format!("main..{made}");
    assert_eq!(
        git.git(["log", "--format=%an %ae", &range]),
        "Ada ada@example.org\n".repeat(2).trim()
    );
    let changed = git.git(["diff", "--name-only", &format!("main...{made}")]);
    assert_eq!(changed, "docs/public/guide.md\nsrc/hello.rs");
    sides.merge_and_sync(&made, PULL);

    // Once it is merged there is nothing left to do.
    let before = sides.refs();
    let ended = sides.import(served);
    assert!(!ended.failed && ended.log.contains("nothing to push"), "{}", ended.log);
    assert_eq!(sides.refs(), before);
}

#[test]
fn without_the_token_nothing_is_pushed() {
    let sides = Sides::new();
    sides.propose(PULL, &[("say hello", "src/hello.rs", "pub fn hello() {}\n")]);
    let before = sides.refs();
    let server = HttpGit::start(sides.env.repo().scratch());
    let ended = sides.import(|runner| {
        let url = server.url(&sides.env.repo().path().join(".git"));
        runner.contexts.set("github.server_url", server.address());
        *runner = runner.clone().served_at(url);
    });
    assert!(ended.failed, "{}", ended.log);
    assert_eq!(ended.steps, STEPS);
    assert_eq!(sides.refs(), before);
}

#[test]
fn what_is_refused_changes_nothing() {
    let check = |edit: Edit<'_>, because: &str| {
        let sides = Sides::new();
        sides.propose(PULL, &[("say hello", "src/hello.rs", "pub fn hello() {}\n"), edit]);
        let before = sides.refs();
        let ended = sides.import(|_| ());
        assert!(ended.failed, "{}", ended.log);
        assert_eq!(ended.steps, STEPS[..3], "nothing is pushed");
        assert_eq!(ended.outputs["run.outcome"], "refused");
        for said in [said(&ended), ended.summary] {
            assert!(said.contains(&format!("refused  {because}")), "{said}");
        }
        assert_eq!(sides.refs(), before);
    };
    let workflow = ".github/workflows/ci.yml";
    check(("run faster", workflow, "on: pull_request_target\n"), "import-guarded");
    check(("build faster", "src/build.rs", "fn main() {}\n"), "import-guarded");
    check(("show more", "sync.toml", "version = 1\n"), "import-path");
    check(("bill nobody", "cloud/bill.rs", "\n"), "import-path");
    check(("bill nobody", "Cloud/bill.rs", "\n"), "import-path");
}

#[test]
fn somebody_who_read_it_allows_what_is_guarded() {
    let sides = Sides::new();
    sides.propose(PULL, &[("run faster", ".github/workflows/ci.yml", "on: pull_request\n")]);
    let allow = |pattern: &'static str| {
        sides.import(move |runner| runner.contexts.set("inputs.allow", pattern))
    };
    let ended = allow("src");
    assert!(ended.failed && said(&ended).contains("import-guarded"), "{}", ended.log);
    let ended = allow(".github/workflows");
    assert!(!ended.failed, "{}", ended.log);
    sides.merge_and_sync(BRANCH, PULL);
}

#[test]
fn commits_may_have_to_be_signed_off() {
    let sides = Sides::new();
    let import = || sides.import(|runner| runner.contexts.set("inputs.require-signoff", "true"));
    sides.propose(PULL, &[("say hello", "src/hello.rs", "pub fn hello() {}\n")]);
    let ended = import();
    assert!(ended.failed && said(&ended).contains("import-signoff"), "{}", ended.log);
    let signed = "say hello\n\nSigned-off-by: Ada <ada@example.org>";
    sides.propose(PULL, &[(signed, "src/hello.rs", "pub fn hello() {}\n")]);
    let ended = import();
    assert!(!ended.failed, "{}", ended.log);
    sides.merge_and_sync(BRANCH, PULL);
}

/// A request that gets more commits can be imported again; one that was rewritten cannot take the
/// place of what somebody is looking at.
#[test]
fn a_branch_moves_only_forward() {
    let sides = Sides::new();
    let hello = ("say hello", "src/hello.rs", "pub fn hello() {}\n");
    sides.propose(PULL, &[hello]);
    let ended = sides.import(|_| ());
    assert!(!ended.failed, "{}", ended.log);
    let first = sides.refs()[BRANCH].clone();

    sides.propose(PULL, &[hello, ("say bye", "src/bye.rs", "pub fn bye() {}\n")]);
    let ended = sides.import(|_| ());
    assert!(!ended.failed, "{}", ended.log);
    let second = sides.refs()[BRANCH].clone();
    assert_eq!(sides.env.repo().git(["rev-parse", &format!("{second}~1")]), first);

    sides.propose(PULL, &[("say nothing", "src/hello.rs", "\n")]);
    let ended = sides.import(|_| ());
    assert!(ended.failed && ended.steps == STEPS, "{}", ended.log);
    assert_eq!(sides.refs()[BRANCH], second);
}
