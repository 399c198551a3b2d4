// SPDX-License-Identifier: Apache-2.0
//! One `refused`, many rows.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use repo_sync_testing::{BareMirror, History, Repo, Screen, TestEnv};
use serde_json::Value;

/// A manifest that publishes `src` and `README.md`, and gives a mirror without a
/// place: every row says its own with `--to`.
pub(crate) const MANIFEST: &str = r#"version = 1
include = ["src", "README.md"]
[mirror.public]
"#;

/// The manifest with more lines for its mirror, or more tables.
pub(crate) fn manifest(more: &str) -> String {
    format!("{MANIFEST}{more}")
}

/// Some words that must never be public.
pub(crate) const PRIVATE: &str = "the price list of the billing service\n";

/// Three commits: public, private, public.
pub(crate) fn start(manifest: &str) -> History {
    History::new()
        .commit("start", |tree| {
            tree.file("sync.toml", manifest).file("src/lib.rs", "").file("README.md", "hello\n")
        })
        .commit("bill twice", |tree| tree.file("cloud/bill.rs", PRIVATE))
        .commit("say hello", |tree| tree.file("src/lib.rs", "// hello\n"))
}

/// A private repository, and an empty mirror of its own.
pub(crate) struct Case {
    pub(crate) env: TestEnv,
    pub(crate) mirror: BareMirror,
}

/// What must never change when a run ends badly.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    refs: Vec<String>,
    objects: BTreeSet<String>,
    private: Vec<u8>,
}

impl Case {
    pub(crate) fn new(history: History) -> Self {
        Self::of(history.build())
    }

    pub(crate) fn of(repo: Repo) -> Self {
        let mirror = BareMirror::new(repo.scratch(), "mirror.git").strict();
        Self { env: TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo), mirror }
    }

    /// The same after a first sync: there is something to lose.
    pub(crate) fn published(history: History) -> Self {
        let case = Self::new(history);
        case.ok(&["sync", "--to", "$MIRROR"]);
        case
    }

    /// One more environment variable.
    pub(crate) fn var(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.env = self.env.var(key, value.as_ref());
        self
    }

    /// The program runs in another directory.
    pub(crate) fn in_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.env = self.env.in_dir(dir);
        self
    }

    /// The program runs under limits, in the words of a shell.
    pub(crate) fn limited(mut self, limits: &str) -> Self {
        self.env = self.env.limited(limits);
        self
    }

    pub(crate) fn repo(&self) -> &Repo {
        self.env.repo()
    }

    pub(crate) fn extend(&mut self, more: impl FnOnce(History) -> History) {
        self.env.repo_mut().extend(more);
    }

    /// The arguments, with `$MIRROR`, `$PRIVATE` and `$ROOT` filled in.
    pub(crate) fn args(&self, args: &[&str]) -> Vec<String> {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let fill = |arg: &&str| {
            arg.replace("$MIRROR", &shown(self.mirror.path()))
                .replace("$PRIVATE", &shown(self.repo().path()))
                .replace("$ROOT", &shown(self.repo().scratch().root()))
        };
        args.iter().map(fill).collect()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Screen {
        let screen = self.env.run(self.args(args));
        keep(&screen);
        assert!(!screen.stderr.contains("panicked"), "\n{screen}");
        screen
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.env.command(self.args(args))
    }

    /// A run that must end well, as JSON.
    #[track_caller]
    pub(crate) fn ok(&self, args: &[&str]) -> Value {
        json(&self.run(&[args, &["--format", "json"]].concat()).expect(0))
    }

    /// A run that ends well, and warns with these words: once for people, once for
    /// scripts, both as a plan. Then the sync does the same.
    #[track_caller]
    pub(crate) fn warned(&self, check: &str, words: &[&str]) {
        let plan = ["plan", "--to", "$MIRROR"];
        let screen = self.run(&plan).expect(0);
        assert_says(&screen, words);
        let planned = self.ok(&plan);
        assert!(has(&planned["warnings"], check), "no warning `{check}` in {planned}");
        let synced = self.ok(&["sync", "--to", "$MIRROR"]);
        assert!(has(&synced["warnings"], check), "no warning `{check}` in {synced}");
    }

    /// A run that must end badly: for people with these words, for scripts with one
    /// object that says the same, and for the mirror without any effect.
    #[track_caller]
    pub(crate) fn bad(&self, args: &[&str], status: i32, words: &[&str]) -> Value {
        let before = self.state();
        let screen = self.run(args).expect(status);
        assert_says(&screen, words);
        // Before the rest, in which `--` may stand.
        let (command, rest) = args.split_at(1);
        let scripted = [command, &["--format", "json"], rest].concat();
        let report = json(&self.run(&scripted).expect(status));
        assert_eq!(self.state(), before, "something was changed by\n{screen}");
        let outcome = match status {
            1 => "failed",
            2 => "usage",
            3 => "refused",
            4 => "diverged",
            130 => "interrupted",
            other => panic!("{other} is no exit status of a bad end"),
        };
        assert_eq!(report["outcome"], outcome, "{report}");
        assert_eq!(report["version"], 1, "{report}");
        assert_eq!(report["command"], args[0], "{report}");
        match status {
            3 => assert_eq!(report["error"], Value::Null, "{report}"),
            4 => assert!(!report["foreign"].is_null(), "{report}"),
            _ => assert!(report["error"].is_string(), "{report}"),
        }
        report
    }

    /// A sync and a plan that a check refuses.
    #[track_caller]
    pub(crate) fn refused(&self, check: &str, words: &[&str]) -> Value {
        self.plan_and_sync(&["plan", "sync"], check, words)
    }

    /// A refusal that only a sync can see: it alone reads every file.
    #[track_caller]
    pub(crate) fn sync_refused(&self, check: &str, words: &[&str]) -> Value {
        self.plan_and_sync(&["sync"], check, words)
    }

    #[track_caller]
    fn plan_and_sync(&self, commands: &[&str], check: &str, words: &[&str]) -> Value {
        let mut last = Value::Null;
        for command in commands {
            let words = [&[check], words].concat();
            last = self.bad(&[command, "--to", "$MIRROR"], 3, &words);
            assert!(has(&last["refusals"], check), "no refusal `{check}` in {last}");
        }
        last
    }

    /// The same, about this commit (a branch or a label) and path.
    #[track_caller]
    pub(crate) fn refused_at(
        &self,
        check: &str,
        commit: Option<&str>,
        path: Option<&str>,
        words: &[&str],
    ) {
        let commit = commit.map(|name| self.repo().id(name).to_string());
        let report = self.refused(check, &[words, path.as_slice()].concat());
        assert_at(&report, check, commit.as_deref(), path);
    }

    pub(crate) fn state(&self) -> State {
        let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mirror = self.mirror.git();
        let all = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
        let Output { stdout, stderr, .. } = self.repo().git_here().try_run(["show-ref", "--head"]);
        State {
            refs: lines(mirror.run(["for-each-ref"])),
            objects: lines(mirror.run(all)).into_iter().collect(),
            private: [stdout, stderr].concat(),
        }
    }
}

/// What was found stands on stdout, why a run failed on stderr. The command line
/// does not count.
#[track_caller]
fn assert_says(screen: &Screen, words: &[&str]) {
    let said = format!("{}\n{}", screen.stdout, screen.stderr);
    for words in words {
        assert!(said.contains(words), "`{words}` is not on the screen:\n{screen}");
    }
}

/// A refusal of this check names this commit and path, and says what to do.
#[track_caller]
pub(crate) fn assert_at(report: &Value, check: &str, commit: Option<&str>, path: Option<&str>) {
    let found = report["refusals"].as_array().expect("a list").iter().any(|finding| {
        finding["check"] == check
            && finding["commit"].as_str() == commit
            && finding["path"].as_str() == path
            && finding["hint"].as_str().is_some_and(|hint| !hint.is_empty())
    });
    assert!(found, "`{check}` at {commit:?} and {path:?} is not in {report}");
}

/// Whether a list of findings has one of this check.
pub(crate) fn has(findings: &Value, check: &str) -> bool {
    findings.as_array().is_some_and(|all| all.iter().any(|finding| finding["check"] == check))
}

/// Exactly one object on stdout.
#[track_caller]
pub(crate) fn json(screen: &Screen) -> Value {
    let value: Value = serde_json::from_str(&screen.stdout)
        .unwrap_or_else(|error| panic!("not one object: {error}\n{screen}"));
    assert!(value.is_object(), "\n{screen}");
    value
}

/// Notes the run for a person who wants to read all messages.
fn keep(screen: &Screen) {
    if let Some(file) = std::env::var_os("REPO_SYNC_SCREENS")
        && (screen.status != 0 || screen.stderr.contains("warning"))
        && !screen.line.contains("--format json")
    {
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("writable");
        let said = format!("{}{}", screen.stderr, screen.stdout);
        let said = said.trim_end().replace('\n', " \u{23ce} ");
        let line = format!("{} => [{}] {said}\n", screen.line, screen.status);
        file.write_all(line.as_bytes()).expect("writable");
    }
}
