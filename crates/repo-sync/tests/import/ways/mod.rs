// SPDX-License-Identifier: Apache-2.0
//! The ways in: what can be named, where it can go, what becomes of a conflict, and what it
//! means to merge otherwise than as it is. With the screens that a person sees.

mod differently;
mod names;
mod onto;
mod screens;

use std::fs;

use repo_sync_testing::{History, Tree};

use crate::common::{Case, text, word};

const MANIFEST: &str = r#"version = 1
include = ["src", "README.md"]
[mirror.public]
"#;

fn start() -> History {
    History::new()
        .commit("start", |tree| {
            tree.file("sync.toml", MANIFEST)
                .file("README.md", "# Widget\n")
                .file("src/lib.rs", "// one\n// two\n// three\n")
        })
        .commit("bill", |tree| tree.file("cloud/bill.rs", "// bill\n"))
        .commit("say hello", |tree| tree.file("src/hello.rs", "// hello\n"))
}

fn case() -> Case {
    Case::new(start())
}

fn file(path: &'static str, content: &'static str) -> impl FnOnce(Tree) -> Tree {
    move |tree| tree.file(path, content)
}

/// Three commits on top of each other.
fn three(history: History) -> History {
    history
        .commit(text("one"), file("src/one.rs", "1\n"))
        .commit(text("two"), file("src/two.rs", "2\n"))
        .commit(text("three"), file("src/lib.rs", "// one\n// 2\n// three\n"))
}

impl Case {
    /// A word of a report, and nothing else has happened.
    #[track_caller]
    pub(super) fn usage(&self, args: &[&str], words: &str) {
        let before = self.state();
        let screen = self.run(&[&["import"], args].concat(), 2);
        assert!(screen.stderr.contains(words), "`{words}` is not on the screen:\n{screen}");
        assert!(screen.stderr.to_lowercase().contains("hint"), "no hint:\n{screen}");
        assert!(self.state() == before, "something was changed by\n{screen}");
    }

    /// Writes a file of the work tree and commits all.
    pub(super) fn commit(&self, path: &str, content: &str, message: &str) {
        let file = self.repo().path().join(path);
        fs::write(file, content).expect("the scratch place is writable");
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "-m", message]);
    }

    /// What a file of a private revision says.
    pub(super) fn says(&self, rev: &str, path: &str) -> String {
        self.git(["show", &format!("{rev}:{path}")])
    }

    /// The subjects of the mirror's `main`, newest first.
    pub(super) fn log(&self) -> String {
        self.mirror.git().run(["log", "--format=%s", "main"]).replace('\n', ", ")
    }

    /// Merges differ, the mirror goes forward, and all is sound.
    #[track_caller]
    pub(super) fn goes_on(&self) {
        let before = self.mirror.refs()["refs/heads/main"].clone();
        self.run(&["plan"], 0);
        assert_eq!(word(&self.sync(0), "outcome"), "synced");
        let moved = self.mirror.git().try_run(["merge-base", "--is-ancestor", &before, "main"]);
        assert!(moved.status.success(), "the mirror's main left {before}");
        self.run(&["verify"], 0);
        assert_eq!(word(&self.sync(0), "outcome"), "up-to-date");
    }
}
