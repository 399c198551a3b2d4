// SPDX-License-Identifier: Apache-2.0
//! The golden history: algorithm 1, pinned.
//!
//! One commit for each rule that shapes an image, and the ids that came out when
//! the rules were fixed. A change that alters one of them is no fix but algorithm 2:
//! every mirror in the world would diverge. The oracle says the same ids from the
//! contract alone, in `laws`; here they are written down.

use repo_sync_shared::ObjectId;
use repo_sync_testing::{CommitText, History, Tree};

use crate::common::env;

const FIRST: &str = r#"version = 1
include = ["src", "docs", "*.md"]
exclude = ["docs/internal"]

[mirror.public]
url = "https://example.com/acme/widget.git"
branches = ["main", "release/*"]

[[move]]
from = "docs/public"
to = "manual"
"#;

#[test]
fn algorithm_one_gives_these_ids() {
    let env = env(history().build());
    let map = env.run(["map"]).expect(0).stdout;
    let lines: Vec<String> = map
        .lines()
        .map(|line| {
            let (private, public) = line.split_once(' ').expect("two ids a line");
            let subject = env.repo().git(["log", "-1", "--format=%s", private]);
            format!("{public:40}  {}", subject.trim().escape_debug())
        })
        .collect();
    insta::assert_snapshot!("golden_history", lines.join("\n"));
}

fn history() -> History {
    let history = rules();
    let quoted = history.find("a public side").to_string();
    history.commit(format!("undo {}, which is public", &quoted[..12]), |tree| {
        tree.file("src/lib.rs", "// undone\n")
    })
}

fn rules() -> History {
    History::new()
        .commit("begin, before there is a manifest", |tree| {
            tree.file("src/lib.rs", "// begin\n").file("cloud/bill.rs", "// begin\n")
        })
        .commit("cloud alone: dropped", |tree| tree.file("cloud/bill.rs", "// twice\n"))
        .commit("the manifest comes in", |tree| {
            tree.file("sync.toml", FIRST).file("docs/guide.md", "guide\n")
        })
        .commit("a move, an exclude, modes and a link", |tree| {
            tree.file("docs/public/start.md", "start\n")
                .file("docs/internal/plan.md", "plan\n")
                .executable("src/run.sh", "#!/bin/sh\n")
                .symlink("src/link", "lib.rs")
                .gitlink("src/module", ObjectId::from_bytes([0x11; 20]))
        })
        .empty("empty: dropped")
        .empty(CommitText::raw("kept", "empty, but kept\n\nPublish-Empty: yes\n"))
        .commit(latin("bytes"), |tree| tree.file(&b"src/caf\xe9.rs"[..], "latin\n"))
        .commit(CommitText::raw("bare", "no final newline"), |tree| file(tree, "src/bare.rs"))
        .branch("topic", "the manifest comes in")
        .commit("a public side", |tree| file(tree, "src/side.rs"))
        .branch("hidden", "the manifest comes in")
        .commit("a private side", |tree| file(tree, "cloud/side.rs"))
        .on("main")
        .merge("a merge of both", ["topic", "hidden"], |tree| tree)
        .merge("a merge of a private side alone: dropped", ["hidden"], |tree| {
            file(tree, "cloud/merged.rs")
        })
        .orphan("other")
        .commit("another root, with the manifest", |tree| {
            tree.file("sync.toml", FIRST).file("README.md", "other\n")
        })
        .on("main")
        .merge("two histories meet", ["other"], |tree| tree)
        .commit("narrowed: docs leave", |tree| {
            tree.file("sync.toml", FIRST.replace("\"docs\", ", ""))
        })
        .commit("widened: they come back", |tree| tree.file("sync.toml", FIRST))
        .commit("moved to the private side", |tree| tree.rename("src/side.rs", "cloud/was.rs"))
        .branch("release/1", "kept")
        .commit("a fix on a release branch", |tree| file(tree, "src/fix.rs"))
        .on("main")
}

fn file(tree: Tree, path: &str) -> Tree {
    tree.file(path, path)
}

/// Latin-1 in the message and the author's name, headers that do not pass.
fn latin(label: &str) -> CommitText {
    CommitText::raw(label, &b"bytes: \xe9t\xe9\n"[..])
        .author(&b"Ren\xe9 <rene@example.com> 1700000100 +0100"[..])
        .header("encoding", "ISO-8859-1")
        .header("gpgsig", "-----BEGIN PGP SIGNATURE-----\n none\n -----END PGP SIGNATURE-----")
        .header("x-unknown", "cloud")
}
