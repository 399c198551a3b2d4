// SPDX-License-Identifier: Apache-2.0
//! The history that most screens here show.

use repo_sync_testing::{History, Repo, TestEnv, Tree};

/// A manifest with a rule of each list and a move.
pub(crate) const MANIFEST: &str = r#"version = 1
include = ["src", "docs", "README.md"]
exclude = ["docs/internal"]
private = ["secrets"]

[mirror.public]
branches = ["main"]

[[move]]
from = "docs/public"
to = "guide"
"#;

/// The program under test, in `repo`.
pub(crate) fn env(repo: Repo) -> TestEnv {
    TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo)
}

/// A few commits, public, private and mixed, with a merge.
pub(crate) fn widget() -> History {
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", MANIFEST)
                .file("README.md", "A widget.\n")
                .file("cloud/bill.rs", "// bill\n")
        })
        .commit("say hello", |tree| {
            tree.file("src/hello.rs", "// hello\n").file("docs/internal/plan.md", "tomorrow\n")
        })
        .commit("bill twice", |tree| tree.file("cloud/bill.rs", "// bill, bill\n"))
        .on("feature")
        .commit("write a guide", |tree| tree.file("docs/public/guide.md", "Turn it on.\n"))
        .on("main")
        .commit("note a key", |tree| tree.file("secrets/key", "12345\n"))
        .merge("Merge branch 'feature'", ["feature"], |tree| tree)
}
