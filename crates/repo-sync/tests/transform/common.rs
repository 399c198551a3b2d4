// SPDX-License-Identifier: Apache-2.0
//! A repository with transforms, its mirror, and what the mirror shows.

use std::path::Path;
use std::process::Command;

use repo_sync_testing::{BareMirror, History, Screen, TestEnv, Tree};
use serde_json::Value;

/// Everything but `cloud` and `ops` is public, and both transforms are on.
pub(crate) const MANIFEST: &str = r#"version = 1
include = ["crates", "docs", "src", "fuzz", "Cargo.toml", "Cargo.lock", "*.md"]
exclude = ["crates/secret"]

[mirror.public]

[transform]
cargo = true
lines = { begin = "repo-sync: private", end = "repo-sync: end" }
"#;

/// A private repository, and a mirror that takes only sound objects.
pub(crate) struct Case {
    pub(crate) env: TestEnv,
    pub(crate) mirror: BareMirror,
}

impl Case {
    pub(crate) fn new(history: History) -> Self {
        let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), history.build());
        let mirror = BareMirror::new(env.repo().scratch(), "mirror.git").strict();
        Self { env, mirror }
    }

    /// Publishes all that is new; the verifier has to agree.
    #[track_caller]
    pub(crate) fn sync(&self) -> Screen {
        self.env.run(["sync", "--local", "--to", "../mirror.git"]).expect(0)
    }

    /// What the mirror has in a file at a revision, without the last line break.
    #[track_caller]
    pub(crate) fn shows(&self, rev: &str, path: &str) -> String {
        let name = format!("{rev}:{path}");
        self.mirror.git().run(["cat-file", "blob", &name])
    }

    /// The report of a plan.
    #[track_caller]
    pub(crate) fn plan(&self) -> Value {
        let screen = self.env.run(["plan", "--to", "../mirror.git", "--format", "json"]);
        assert!(matches!(screen.status, 0 | 3), "\n{screen}");
        serde_json::from_str(&screen.stdout).expect("one object")
    }
}

/// The checks of a list of findings, each with path and line.
pub(crate) fn findings(report: &Value, list: &str) -> Vec<String> {
    let finding = |finding: &Value| {
        let word = |key: &str| match &finding[key] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        format!("{} {}:{}", word("check"), word("path"), word("line"))
    };
    report[list].as_array().expect("a list").iter().map(finding).collect()
}

/// A package at a path, with these dependencies.
pub(crate) fn package(tree: Tree, path: &str, dependencies: &str) -> Tree {
    let name = path.rsplit('/').next().unwrap_or(path);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
         [dependencies]\n{dependencies}"
    );
    tree.file(format!("{path}/Cargo.toml"), manifest).file(format!("{path}/src/lib.rs"), "")
}

/// Cargo in a directory, without a network.
pub(crate) fn cargo(dir: &Path, args: &[&str]) -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(args)
        .arg("--offline")
        .current_dir(dir)
        .output()
        .expect("cargo runs these tests");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
