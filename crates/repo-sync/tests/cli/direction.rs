// SPDX-License-Identifier: Apache-2.0
//! `check --range` on a Cargo workspace with a private crate: what is public must not come to
//! depend on it.

use std::path::Path;
use std::process::Command;

use repo_sync_testing::{History, TestEnv, Tree};
use serde_json::Value;

use crate::common::env;

/// Where the private crate lies, and how it is called: a word like any other.
const PRIVATE: &str = "cloud";

const MANIFEST: &str = r#"version = 1
include = ["crates", "shared", "docs", ".github", "Cargo.toml", "Cargo.lock"]

[mirror.public]
"#;

const TRANSFORM: &str = "\n[transform]\ncargo = true\n";

const ROOT: &str = r#"[workspace]
resolver = "3"
members = ["crates/*", "shared", "cloud"]

[workspace.dependencies]
widget-shared = { path = "shared" }
hosted = { path = "cloud", package = "cloud" }
"#;

fn package(tree: Tree, path: &str, name: &str, rest: &str) -> Tree {
    let text = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\n{rest}"
    );
    tree.file(format!("{path}/Cargo.toml"), text).file(format!("{path}/src/lib.rs"), "")
}

fn shared(tree: Tree, rest: &str) -> Tree {
    package(tree, "shared", "widget-shared", rest)
}

/// Two public crates and a private one, in order, and a branch where they are to change.
fn workspace(transform: bool) -> History {
    let manifest = if transform { [MANIFEST, TRANSFORM].concat() } else { MANIFEST.to_owned() };
    let start = |tree: Tree| {
        let tree = tree.file("sync.toml", manifest).file("Cargo.toml", ROOT);
        let tree = package(tree, "crates/core", "widget-core", "");
        let tree = package(tree, PRIVATE, PRIVATE, "");
        let tree = tree.file(format!("{PRIVATE}/run.sh"), "#!/bin/sh\n");
        shared(tree, "").file("docs/guide.md", "# Widgets\n")
    };
    History::new().commit("start", start).on("topic")
}

/// What is found of a range, as `path:line check: hint`.
#[track_caller]
fn found(env: &TestEnv) -> Vec<String> {
    let screen = env.run(["check", "--range", "main..topic", "--format", "json"]);
    let report: Value = serde_json::from_str(&screen.stdout).expect("one object");
    let shown = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{}:{} {}: {}", text("path"), finding["line"], text("check"), text("hint"))
    };
    let refusals: Vec<_> = report["refusals"].as_array().expect("a list").iter().collect();
    let expected = if refusals.is_empty() { 0 } else { 3 };
    screen.expect(expected);
    refusals.into_iter().map(shown).collect()
}

/// Whether cargo builds `widget-shared` with the private crate.
fn cargo_agrees(env: &TestEnv) -> bool {
    env.repo().git(["checkout", "--quiet", "--force", "topic"]);
    let metadata = cargo(env.repo().path(), &["metadata", "--format-version=1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("one object");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let packages = list(&metadata["packages"]);
    let shared = packages.iter().find(|package| package["name"] == "widget-shared");
    let dependencies = list(&shared.expect("it is a member")["dependencies"]);
    dependencies.iter().any(|one| one["name"] == PRIVATE)
}

#[track_caller]
fn cargo(dir: &Path, args: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let output = command.args(args).arg("--offline").current_dir(dir).output();
    let output = output.expect("cargo runs these tests");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is JSON")
}

#[test]
fn a_public_crate_that_comes_to_depend_on_a_private_one() {
    let path = "cloud = { path = \"../cloud\" }\n";
    check(path, 7);
    check("x = { path = \"../cloud\", package = \"cloud\" }\n", 7);
    check("hosted.workspace = true\n", 7);
    check("# hosted\n\nhosted = { workspace = true, optional = true }\n", 9);
    check("\n[dependencies.hosted]\nworkspace = true\n", 8);
    check(&format!("\n[dev-dependencies]\n{path}"), 9);
    check(&format!("\n[build-dependencies]\n{path}"), 9);
    check(&format!("\n[target.'cfg(unix)'.dependencies]\n{path}"), 9);
    check("\n[target.'cfg(unix)'.dev-dependencies]\nhosted.workspace = true\n", 9);

    #[track_caller]
    fn check(rest: &str, line: u32) {
        for transform in [false, true] {
            let env = env(workspace(transform).commit("turn", |tree| shared(tree, rest)).build());
            let found = found(&env);
            let place = format!("shared/Cargo.toml:{line} private-dependency: ");
            let edge = format!("{place}`widget-shared` depends on the private ");
            // By its name, and by its path where that is said.
            assert!(found.iter().any(|it| it.starts_with(&format!("{edge}package `cloud`; "))));
            assert!(found.iter().all(|it| it.starts_with(&edge)), "{rest}: {found:#?}");
            let paths = found.iter().filter(|it| it.starts_with(&format!("{edge}path `cloud`; ")));
            assert_eq!(paths.count(), usize::from(rest.contains("path")), "{rest}: {found:#?}");
            assert!(cargo_agrees(&env), "{rest}");
        }
    }
}

/// A person sees it with the commit that does it, and a pull request at its line.
#[test]
fn the_refusal_stands_at_the_line() {
    let turn = |tree| shared(tree, "hosted.workspace = true\n");
    let env = env(workspace(true).commit("turn", turn).build());
    let id = &env.repo().id("turn").to_string()[..10];
    let text = env.run(["check", "--range", "main..topic"]).expect(3).stderr;
    assert!(text.contains(&format!("private-dependency  {id}  shared/Cargo.toml:7")), "{text}");
    assert!(text.contains("`widget-shared` depends on the private package `cloud`"), "{text}");
    let github = ["check", "--range", "main..topic", "--format", "github"];
    let github = env.run(github).expect(3).stdout;
    let annotation = "::error file=shared/Cargo.toml,line=7,title=private-dependency::";
    assert!(github.lines().any(|line| line.starts_with(annotation)), "{github}");
}

/// What the workspace calls it may come in the same range, and what was taken back is in the
/// history all the same.
#[test]
fn an_edge_anywhere_in_a_range() {
    let entry = format!("{ROOT}fresh = {{ path = \"cloud\", package = \"cloud\" }}\n");
    for transform in [false, true] {
        let history = workspace(transform)
            .commit("offer", |tree| tree.file("Cargo.toml", &entry))
            .commit("turn", |tree| shared(tree, "fresh.workspace = true\n"));
        let edge = "shared/Cargo.toml:7 private-dependency: `widget-shared` depends on";
        let check = |history: History| {
            let found = found(&env(history.build()));
            let (edges, others): (Vec<_>, Vec<_>) =
                found.iter().partition(|it| it.starts_with(edge));
            assert_eq!(edges.len(), 1, "{found:#?}");
            // What the workspace says of it is cut out, or found as well.
            assert_eq!(others.is_empty(), transform, "{found:#?}");
            assert!(others.iter().all(|it| it.starts_with("Cargo.toml:")), "{found:#?}");
        };
        check(history.clone());
        check(history.commit("back", |tree| shared(tree, "")));
    }
}

#[test]
fn an_edge_between_public_crates() {
    // The other way round is how it should be, whatever the workspace calls what is public.
    let root = ROOT.replace("widget-shared = {", "cloud = { package = \"widget-shared\",");
    let turn = |tree: Tree| {
        let tree = tree.file("Cargo.toml", root);
        package(tree, "crates/core", "widget-core", "cloud.workspace = true\n")
    };
    let env = env(workspace(true).commit("use", turn).build());
    assert_eq!(found(&env), [""; 0]);
    assert!(!cargo_agrees(&env));
}

#[test]
fn a_public_file_that_comes_to_name_a_private_one() {
    let lib = "shared/src/lib.rs";
    check(lib, "\nconst RUN: &str = include_str!(\"../../cloud/run.sh\");\n", 2, "cloud/run.sh");
    check(lib, "#[path = \"../../cloud/price.rs\"]\nmod price;\n", 1, "cloud");
    check("shared/build.rs", "// cargo::rerun-if-changed=../cloud/run.sh\n", 1, "cloud/run.sh");
    let ci = ".github/workflows/ci.yml";
    check(ci, "jobs:\n  test:\n    steps:\n      - run: cloud/run.sh\n", 4, "cloud/run.sh");
    check(ci, "jobs:\n  test:\n    steps:\n      - run: ./cloud/run.sh x\n", 4, "cloud/run.sh");
    check(ci, "- run: cd cloud && ./run.sh\n", 1, "cloud");
    check(ci, "on:\n  push:\n    paths:\n      - shared\n      - cloud/**\n", 5, "cloud");
    check(ci, "- run: ./run.sh\n  working-directory: cloud\n", 2, "cloud");
    check(".github/CODEOWNERS", "* @acme/all\n/cloud/ @acme/billing\n", 2, "cloud");
    check("docs/guide.md", "# Widgets\n\nMore [here](../cloud).\n", 3, "cloud");
    check("docs/guide.md", "# Widgets\n\nRun `cloud/run.sh`.\n", 3, "cloud/run.sh");

    #[track_caller]
    fn check(path: &str, text: &str, line: u32, named: &str) {
        for transform in [false, true] {
            let name = |tree: Tree| tree.file(path, text);
            let env = env(workspace(transform).commit("name", name).build());
            let expected = format!(
                "{path}:{line} private-reference: it names the private path `{named}`; reword it, \
                 or waive it if that name may be public"
            );
            assert_eq!(found(&env), [expected], "{text}");
        }
    }
}
