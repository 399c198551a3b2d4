// SPDX-License-Identifier: Apache-2.0
//! One `refused`, many rows.

use repo_sync_testing::{History, Screen, TestEnv};
use serde_json::Value;

/// Publishes `src`, `docs` and the files of the root; `cloud` and `ops` stay.
pub(crate) const MANIFEST: &str = r#"version = 1
include = ["src", "docs", "*.*"]
[mirror.public]
"#;

/// A first commit with this manifest, some public files and some private ones.
pub(crate) fn start(manifest: &str) -> History {
    History::new().commit("start", |tree| {
        tree.file("sync.toml", manifest)
            .file("src/lib.rs", "pub mod a;\n")
            .file("README.md", "# Widget\n")
            .file("docs/tour.md", "# A tour\n")
            .file("cloud/billing/Cargo.toml", "[package]\nname = \"acme-billing\"\n")
            .file("cloud/billing/src/invoice.rs", "pub fn price() -> u32 { 3 }\n")
            .file("ops/runbook/page.md", "whom to call\n")
    })
}

/// What a plan of this history refuses, sorted: `check path:line`, or `check` alone
/// for what is found in a message or name.
#[track_caller]
pub(crate) fn refused(manifest: &str, edit: impl FnOnce(History) -> History) -> Vec<String> {
    findings(&plan(edit(start(manifest))), "refusals")
}

/// The same for what only warns.
#[track_caller]
pub(crate) fn warned(manifest: &str, edit: impl FnOnce(History) -> History) -> Vec<String> {
    findings(&plan(edit(start(manifest))), "warnings")
}

/// The report of a plan against an empty mirror.
#[track_caller]
pub(crate) fn plan(history: History) -> Value {
    let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), history.build());
    report(&env.run(["plan", "--to", "../mirror.git", "--format", "json"]))
}

/// One list of findings, each in a line.
#[track_caller]
pub(crate) fn findings(report: &Value, list: &str) -> Vec<String> {
    let finding = |finding: &Value| {
        let mut line = finding["check"].as_str().expect("a finding names its check").to_owned();
        if let Some(path) = finding["path"].as_str() {
            line = format!("{line} {path}");
        }
        match finding["line"].as_u64() {
            Some(number) => format!("{line}:{number}"),
            None => line,
        }
    };
    let mut found: Vec<_> = report[list].as_array().expect("a list").iter().map(finding).collect();
    found.sort();
    found
}

/// The one object on stdout. A plan either goes through or is refused: all else is
/// a mistake of the row.
#[track_caller]
pub(crate) fn report(screen: &Screen) -> Value {
    assert!(matches!(screen.status, 0 | 3), "\n{screen}");
    serde_json::from_str(&screen.stdout)
        .unwrap_or_else(|error| panic!("not one object: {error}\n{screen}"))
}
