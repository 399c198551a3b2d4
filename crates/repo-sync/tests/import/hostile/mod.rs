// SPDX-License-Identifier: Apache-2.0
//! Pull requests that are meant to hurt: each is refused with its reason, and the private
//! repository is as it was, to the last object.

mod ground;
mod guarded;
mod objects;
mod paths;

use repo_sync_shared::escape_bytes;
use repo_sync_testing::{History, Tree};
use serde_json::Value;

use crate::common::{Case, PULL, word};

pub(crate) use guarded::{GUARDED, GUARDED_EDITS};

/// Publishes most of it, with private things in every corner.
pub(crate) const MANIFEST: &str = r#"version = 1
include = [
    "src", "docs", "crates", "tools/*/mod.rs", "hooks", "Cargo.*", "README.md",
    ".cargo", ".github", ".gitattributes", ".gitlab-ci.yml", ".gitmodules",
]
exclude = ["docs/internal", "**/*.key"]
private = ["secrets"]

[mirror.public]

[[move]]
from = "docs/public"
to = "guide"

[transform]
cargo = true
lines = { begin = "repo-sync: private", end = "repo-sync: end" }
"#;

/// A file of which a part is private.
pub(crate) const HALF: &str = "//! A half.\n\nfn open() {}\n\n// repo-sync: private\n\
    fn hidden() {}\n// repo-sync: end\n\nfn close() {}\n\nfn last() {}\n";

/// What the mirror shows of that.
pub(crate) const SHOWN: &str = "//! A half.\n\nfn open() {}\n\n\nfn close() {}\n\nfn last() {}\n";

/// A workspace with a private member.
pub(crate) const WORKSPACE: &str = "[workspace]\nmembers = [\"crates/*\", \"cloud/bill\"]\n\n\
    [workspace.package]\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// What the mirror shows of that.
pub(crate) const OPEN_WORKSPACE: &str = "[workspace]\nmembers = [\"crates/*\"]\n\n\
    [workspace.package]\nversion = \"0.1.0\"\nedition = \"2021\"\n";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"billing\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"open\"\nversion = \"0.1.0\"\n";

/// A private history with something to lose in every corner.
pub(crate) fn start() -> History {
    let package = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
    };
    History::new()
        .commit("start", |tree| {
            tree.file("sync.toml", MANIFEST)
                .file("src/lib.rs", "pub mod deep;\n")
                .file("src/deep/mod.rs", "// deep\n")
                .file("src/half.rs", HALF)
                .file("docs/tour.md", "# A tour\n")
                .file("docs/public/start.md", "# Start\n")
                .file("README.md", "# Widget\n")
                .file(".github/workflows/ci.yml", "on: push\n")
                .file("Cargo.toml", WORKSPACE)
                .file("Cargo.lock", LOCK)
                .file("crates/open/Cargo.toml", package("open"))
                .file("crates/open/src/lib.rs", "")
        })
        .commit("what is ours alone", |tree| {
            tree.file("cloud/bill.rs", "the price list\n")
                .file("cloud/bill/Cargo.toml", package("billing"))
                .file("docs/internal/plan.md", "the plan\n")
                .file("secrets/token", "the token\n")
                .file("src/gen/signing.key", "the key\n")
                .file("src/deep/deploy.key", "the other key\n")
                .file("tools/plan", "the tool\n")
        })
        .commit("say hello", |tree| tree.file("src/lib.rs", "pub mod deep;\n// hello\n"))
}

fn case() -> Case {
    Case::new(start())
}

impl Case {
    /// Importing the open pull request ends so, and nothing has changed.
    #[track_caller]
    pub(super) fn unchanged(&self, what: &str, args: &[&str], status: i32) -> Value {
        let before = self.state();
        let report = self.import(&[&[PULL], args].concat(), status);
        assert!(self.state() == before, "`{what}` changed the private repository: {report}");
        assert_eq!(word(&report, "command"), "import");
        report
    }

    /// The open pull request is refused by this check, at this path.
    #[track_caller]
    pub(super) fn refused(&self, check: &str, path: Option<&[u8]>, args: &[&str]) {
        let shown = path.map(escape_bytes);
        let what = shown.as_deref().unwrap_or(check);
        let report = self.unchanged(what, args, 3);
        assert_eq!(word(&report, "outcome"), "refused", "{what}");
        let refusals = report["refusals"].as_array().expect("a list");
        let says = |one: &Value| {
            let at = shown.is_none() || one["path"].as_str() == shown.as_deref();
            one["check"] == check && at && !word(one, "hint").is_empty()
        };
        assert!(refusals.iter().any(says), "no `{check}` at `{what}` in {report}");
        // Somebody outside may read the hints: they name the public commit.
        assert!(refusals.iter().all(|one| one["commit"].is_null()), "{report}");
    }

    /// Git takes nothing of the pull request.
    #[track_caller]
    pub(super) fn unfetched(&self, what: &str, words: &str) {
        let report = self.unchanged(what, &[], 1);
        assert_eq!(word(&report, "outcome"), "failed", "{what}");
        assert!(word(&report, "error").contains(words), "`{words}` of {what} is not in {report}");
    }
}

/// Each path, added as a file, is refused by the check.
#[track_caller]
fn refused_paths<P: AsRef<[u8]>>(case: &Case, check: &str, paths: impl IntoIterator<Item = P>) {
    for path in paths {
        case.pull_edit(|tree| tree.file(&path, "// outside\n"));
        case.refused(check, Some(path.as_ref()), &[]);
    }
}

/// A public path, and a change of what stands there.
pub(crate) type Edit = (&'static str, fn(Tree) -> Tree);

/// Each change is refused by the check, at its path.
#[track_caller]
fn refused_edits(case: &Case, check: &str, edits: &[Edit]) {
    for (path, edit) in edits {
        case.pull_edit(edit);
        case.refused(check, Some(path.as_bytes()), &[]);
    }
}
