// SPDX-License-Identifier: Apache-2.0
//! Both orders acted out over real servers, with the work tree of a maintainer and that of a
//! contributor, a fork, and the refs that a host makes for pull requests.

use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_testing::server::{HttpGit, Sshd};
use repo_sync_testing::{BareMirror, Git, History, Screen, TestEnv};

const MANIFEST: &str = "version = 1\ninclude = [\"src\", \"README.md\"]\n[mirror.public]\n";

#[test]
fn contributions_over_ssh() {
    let (env, mirror) = private_and_mirror();
    let fork = mirror.fork("fork.git");
    let sshd = Sshd::start(env.repo().scratch());
    let (to, from) = (sshd.url(mirror.path()), sshd.url(fork.path()));
    let ssh = sshd.command();
    let env = env.var("GIT_SSH_COMMAND", &ssh);
    let contributor = |dir: &Path| env.repo().scratch().git(dir).env("GIT_SSH_COMMAND", &ssh);
    Play::new(&env, &mirror, &fork, &to, &from, &contributor).act();
}

#[test]
fn contributions_over_http() {
    let (env, mirror) = private_and_mirror();
    let fork = mirror.fork("fork.git");
    let server = HttpGit::start(env.repo().scratch());
    server.give_credentials();
    // What the web server's git may take.
    for repo in [&mirror, &fork] {
        repo.git().run(["config", "http.receivepack", "true"]);
    }
    let (to, from) = (server.url(mirror.path()), server.url(fork.path()));
    let contributor = |dir: &Path| env.repo().scratch().git(dir);
    Play::new(&env, &mirror, &fork, &to, &from, &contributor).act();
}

/// A maintainer's work tree, and the first sync over no wire.
fn private_and_mirror() -> (TestEnv, BareMirror) {
    let repo = History::new()
        .commit("start", |tree| {
            tree.file("sync.toml", MANIFEST)
                .file("README.md", "# Widget\n")
                .file("src/lib.rs", "// one\n// two\n// three\n")
                .file("cloud/bill.rs", "// bill\n")
        })
        .build();
    let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo);
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git").strict();
    env.repo().checkout();
    env.run(["sync", "--to", "../mirror.git"]).expect(0);
    (env, mirror)
}

/// All who take part.
struct Play<'p> {
    maintainer: &'p TestEnv,
    mirror: &'p BareMirror,
    fork: &'p BareMirror,
    /// The addresses of both.
    to: &'p str,
    from: &'p str,
    contributor: Git,
    /// The contributor's work tree.
    dir: PathBuf,
}

impl<'p> Play<'p> {
    fn new(
        maintainer: &'p TestEnv,
        mirror: &'p BareMirror,
        fork: &'p BareMirror,
        to: &'p str,
        from: &'p str,
        git: &dyn Fn(&Path) -> Git,
    ) -> Self {
        let dir = maintainer.join("contributor");
        let home = maintainer.repo().scratch().home();
        git(&home).run(["clone", "--quiet", to, &dir.to_string_lossy()]);
        let contributor = git(&dir)
            .env("GIT_AUTHOR_NAME", "Pat Outside")
            .env("GIT_AUTHOR_EMAIL", "pat@example.org")
            .env("GIT_COMMITTER_NAME", "Pat Outside")
            .env("GIT_COMMITTER_EMAIL", "pat@example.org");
        contributor.run(["remote", "add", "fork", from]);
        Self { maintainer, mirror, fork, to, from, contributor, dir }
    }

    fn act(&self) {
        self.own("sync.toml", &format!("{MANIFEST}url = \"{}\"\n", self.to));
        self.a_pull_request_that_we_merge();
        self.a_pull_request_that_the_host_merges();
        self.a_branch_of_the_fork();
        self.both_at_once();
        self.curtain();
    }

    /// Imported from its ref, merged in private beside our own work, and published.
    fn a_pull_request_that_we_merge(&self) {
        let tip = self.contribute("one", &[("src/one.rs", "1\n"), ("src/lib.rs", "// 1\n")]);
        self.open(1, "one");
        self.own("cloud/bill.rs", "// bill, bill\n");
        self.run(&["import", "refs/pull/1/head", "--require-signoff"], 0);
        self.merge("import/pull-1");
        self.run(&["sync"], 0);
        self.is_merged(&tip);
    }

    /// Merged with the button of the host first; the sync says what to type.
    fn a_pull_request_that_the_host_merges(&self) {
        let tip = self.contribute("two", &[("src/two.rs", "2\n"), ("README.md", "# Gadget\n")]);
        self.open(2, "two");
        self.own("src/own.rs", "// ours\n");
        self.host_merges("two");
        let screen = self.run(&["sync"], 4);
        let said = format!("{}{}", screen.stdout, screen.stderr);
        let line = said.lines().find_map(|line| line.trim().strip_prefix("repo-sync import "));
        let line = line.unwrap_or_else(|| panic!("no line to import with\n{screen}"));
        // It can be typed as it is.
        let args: Vec<_> = ["import"].into_iter().chain(line.split(' ')).collect();
        self.maintainer.run(args).expect(0);
        let branches =
            self.git().run(["for-each-ref", "--format=%(refname:short)", "refs/heads/import"]);
        let branch = branches.lines().find(|name| !name.contains("pull-1"));
        self.merge(branch.expect("the import made a branch"));
        self.run(&["sync"], 0);
        self.is_merged(&tip);
    }

    /// There is no pull request: we fetch from where it is.
    fn a_branch_of_the_fork(&self) {
        let tip = self.contribute("three", &[("src/three.rs", "3\n")]);
        self.run(&["import", "three", "--from", self.from], 0);
        let again = self.run(&["import", "three", "--from", self.from], 0);
        assert!(again.stdout.contains("already"), "\n{again}");
        self.merge("import/three");
        self.run(&["sync"], 0);
        self.is_merged(&tip);
    }

    /// One is merged there and one here, on the same commit.
    fn both_at_once(&self) {
        let four = self.contribute("four", &[("src/four.rs", "4\n")]);
        self.open(4, "four");
        let five = self.contribute("five", &[("src/five.rs", "5\n")]);
        self.run(&["import", "pull/4/head"], 0);
        self.merge("import/pull-4");
        self.host_merges("five");
        self.run(&["sync"], 4);
        self.run(&["import", "main", "--branch", "theirs"], 0);
        self.merge("theirs");
        self.run(&["sync"], 0);
        self.is_merged(&four);
        self.is_merged(&five);
    }

    /// Nothing is left to do, and all of it is sound.
    fn curtain(&self) {
        for rev in ["main", "refs/pull/1/head", "refs/pull/2/head", "refs/pull/4/head"] {
            let screen = self.run(&["import", rev], 0);
            assert!(screen.stdout.contains("nothing to import"), "\n{screen}");
        }
        let refs = self.mirror.refs();
        self.run(&["sync"], 0);
        assert_eq!(self.mirror.refs(), refs);
        self.run(&["verify"], 0);
        self.mirror.git().run(["fsck", "--full", "--strict"]);
        let everything = self.mirror.git().bytes(["cat-file", "--batch-all-objects", "--batch"]);
        assert!(!everything.windows(7).any(|it| it == b"// bill"), "it leaked");
        let bill = fs::read(self.maintainer.repo().path().join("cloud/bill.rs"));
        assert_eq!(bill.expect("it is still there"), b"// bill, bill\n");
        assert_eq!(self.git().run(["status", "--porcelain"]), "");
        let authors = self.git().run(["log", "--format=%an", "--no-merges", "main"]);
        assert_eq!(authors.matches("Pat Outside").count(), 7, "{authors}");
    }

    /// The contributor makes a branch with a commit for each file and pushes it to the fork;
    /// what it stands at.
    fn contribute(&self, branch: &str, files: &[(&str, &str)]) -> String {
        let git = &self.contributor;
        git.run(["switch", "--quiet", "--create", branch, "origin/main"]);
        for (path, content) in files {
            let path = self.dir.join(path);
            let before = fs::read_to_string(&path).unwrap_or_default();
            fs::write(&path, before + content).expect("the scratch place is writable");
            git.run(["add", "--all"]);
            git.run(["commit", "--quiet", "--signoff", "-m", &format!("add {branch}")]);
        }
        git.run(["push", "--quiet", "fork", branch]);
        git.run(["rev-parse", branch])
    }

    /// The host opens a pull request for a branch of the fork.
    fn open(&self, number: u32, branch: &str) {
        let fork = self.fork.path().to_string_lossy();
        let refspec = format!("+refs/heads/{branch}:refs/pull/{number}/head");
        self.mirror.git().run(["fetch", "--quiet", "--no-tags", &fork, &refspec]);
    }

    /// The host merges a branch of the fork.
    fn host_merges(&self, branch: &str) {
        self.open(99, branch);
        let git = self.mirror.git();
        let tree = git.run(["merge-tree", "--write-tree", "main", "refs/pull/99/head"]);
        let message = format!("Merge pull request of {branch}");
        let parents = ["-p", "main", "-p", "refs/pull/99/head"];
        let args = [&["commit-tree", &tree, "-m", &message], &parents[..]].concat();
        let merge = git.env("GIT_COMMITTER_NAME", "Host").run(args);
        self.mirror.git().run(["update-ref", "refs/heads/main", &merge]);
        self.mirror.git().run(["update-ref", "-d", "refs/pull/99/head"]);
    }

    /// The maintainer commits something of our own.
    fn own(&self, path: &str, content: &str) {
        let file = self.maintainer.repo().path().join(path);
        fs::write(file, content).expect("the scratch place is writable");
        self.git().run(["add", "--all"]);
        self.git().run(["commit", "--quiet", "-m", "our own"]);
    }

    fn merge(&self, branch: &str) {
        self.git().run(["merge", "--quiet", "--no-edit", branch]);
    }

    /// The contributor's branch is in the mirror's, so the host says that it is merged; and
    /// whoever has a clone only goes forward.
    #[track_caller]
    fn is_merged(&self, tip: &str) {
        let git = &self.contributor;
        git.run(["switch", "--quiet", "main"]);
        git.run(["pull", "--quiet", "--ff-only", "origin", "main"]);
        let merged = git.try_run(["merge-base", "--is-ancestor", tip, "main"]);
        assert!(merged.status.success(), "{tip} is not in what the mirror shows");
    }

    fn git(&self) -> Git {
        self.maintainer.repo().git_here()
    }

    /// Runs the program; where the mirror is, the manifest says.
    #[track_caller]
    fn run(&self, args: &[&str], status: i32) -> Screen {
        self.maintainer.run(args).expect(status)
    }
}
