// SPDX-License-Identifier: Apache-2.0
//! `explain`: each verdict with its rule, its line and its first public commit.

use insta::assert_snapshot;
use serde_json::Value;

use crate::common::{MANIFEST, env, widget};

#[test]
fn each_verdict_names_its_rule() {
    let env = env(widget().build());
    let paths =
        ["docs/public/guide.md", "docs/internal/plan.md", "cloud/bill.rs", "secrets/", "./x"];
    assert_snapshot!("explain_verdicts", env.run(["explain"].iter().chain(&paths)));
    assert_snapshot!("explain_directory", env.run(["explain", "docs"]));
}

#[test]
fn another_revision_has_its_own_manifest_and_lines() {
    let repo = widget()
        .on("aside")
        .commit("widen, with a comment above", |tree| {
            tree.file("sync.toml", format!("# ours\n{}", MANIFEST.replace("README.md", "LICENSE")))
        })
        .build();
    let env = env(repo);
    let rows = [
        (&["--rev", "aside"][..], "README.md", "private, no rule mentions it"),
        (&["--rev", "aside"], "src/hello.rs", "public, included by sync.toml:3 `src`"),
        (&["--rev", "start"], "src/hello.rs", "public, included by sync.toml:2 `src`"),
        (&["--policy-rev", "aside"], "README.md", "private, no rule mentions it"),
        (&[], "README.md", "public, included by sync.toml:2 `README.md`"),
    ];
    for (flags, path, verdict) in rows {
        let flags: Vec<_> = flags.iter().map(|&flag| resolve(&env, flag)).collect();
        let args = ["explain".to_owned(), path.to_owned(), "--format=json".to_owned()];
        let screen = env.run(args.into_iter().chain(flags.clone())).expect(0);
        let json: Value = serde_json::from_str(&screen.stdout).expect("one object");
        assert_eq!(json["paths"][0]["verdict"], verdict, "{flags:?}");
    }
}

/// A commit by its message, where the flag is one.
fn resolve(env: &repo_sync_testing::TestEnv, flag: &str) -> String {
    if flag == "start" { env.repo().id("start").to_string() } else { flag.to_owned() }
}

#[test]
fn scripts_read_an_object() {
    let env = env(widget().build());
    let screen = env.run(["explain", "docs/public/guide.md", "cloud", "--format", "json"]);
    let json: Value = serde_json::from_str(&screen.expect(0).stdout).expect("one object");
    assert_eq!((&json["version"], &json["command"]), (&1.into(), &"explain".into()));
    assert_eq!(json["mirror"], "public");
    assert_eq!(json["rev"], env.repo().id("main").to_string());
    let [guide, cloud] = [&json["paths"][0], &json["paths"][1]];
    assert_eq!(guide["public_path"], "guide/guide.md");
    assert_eq!(guide["first"]["private"], env.repo().id("write a guide").to_string());
    assert_eq!((&guide["exists"], &guide["public"]), (&true.into(), &true.into()));
    assert_eq!((&cloud["public_path"], &cloud["first"]), (&Value::Null, &Value::Null));
    assert_eq!(cloud["rule"], "built-in `cloud`");
}

#[test]
fn a_path_starts_at_the_root() {
    let env = env(widget().build());
    assert_snapshot!("explain_outside", env.run(["explain", "../widget"]));
    assert_eq!(env.run(["explain", "/etc/passwd"]).status, 2);
}

#[test]
fn a_redacted_answer_names_nothing() {
    let env = env(widget().build());
    for format in ["text", "json"] {
        let args =
            ["explain", "secrets/key", "docs/public/guide.md", "--redact", "--format", format];
        let screen = env.run(args).expect(0).to_string();
        let shown = screen.split_once('\n').expect("the first line is the command").1;
        for private in ["secrets", "guide", &env.repo().id("write a guide").short()] {
            assert!(!shown.contains(private), "{private} in {shown}");
        }
    }
}
