// SPDX-License-Identifier: Apache-2.0
//! `init --adopt`: from a mirror that another tool made to one of ours, without a
//! change that anybody sees.

use std::fs;

use insta::assert_snapshot;
use repo_sync_testing::{History, Repo, TestEnv, Tree};
use serde_json::Value;

use crate::common::{MANIFEST, env};

/// What both histories show in the end.
fn shown(tree: Tree) -> Tree {
    tree.file("README.md", "A widget.\n").file("src/lib.rs", "// lib\n").file("src/a*b", "")
}

/// A private history without a manifest.
fn private() -> History {
    History::new()
        .commit("begin in private", |tree| tree.file("cloud/bill.rs", "// bill\n"))
        .commit("first version", |tree| shown(tree).file("src/secret.rs", "// hush\n"))
        .commit("bill twice", |tree| tree.file("cloud/bill.rs", "// bill, bill\n"))
        .commit("not shown yet", |tree| tree.file("README.md", "A better widget.\n"))
}

/// A mirror with other messages, and so other ids, up to the first version.
fn mirror() -> History {
    History::new()
        .commit("import", |tree| tree.file("README.md", "A widget\n"))
        .commit("sync of tuesday", shown)
}

/// The private repository with its files, and the mirror's address.
fn both(private: History, mirror: History) -> (TestEnv, Repo, String) {
    let env = env(private.build());
    env.repo().checkout();
    let mirror = mirror.build_bare();
    let url = mirror.path().to_string_lossy().into_owned();
    (env, mirror, url)
}

fn commit(env: &TestEnv, message: &str) {
    env.repo().git(["add", "--all"]);
    env.repo().git(["commit", "--quiet", "--message", message]);
}

/// The screen without the place of the mirror, which is another one.
fn screen(env: &TestEnv, url: &str, args: &[&str]) -> String {
    env.run(args).to_string().replace(url, "$MIRROR")
}

#[test]
fn a_mirror_is_taken_over_and_goes_on() {
    let (env, mirror, url) = both(private(), mirror());
    let before = mirror.git(["rev-parse", "main"]);
    assert_snapshot!("adopt", screen(&env, &url, &["init", "--adopt", &url]));
    let text = fs::read_to_string(env.repo().path().join("sync.toml")).unwrap();
    assert_snapshot!("adopt_manifest", text.replace(&url, "$MIRROR"));

    commit(&env, "adopt");
    let plan = screen(&env, &url, &["plan"]);
    assert!(plan.contains("publish") && plan.contains("not shown yet"), "{plan}");
    env.run(["sync"]).expect(0);
    assert_eq!(mirror.git(["rev-parse", "main~1"]), before, "the mirror only goes on");
    assert_eq!(mirror.git(["show", "main:README.md"]), "A better widget.");

    fs::write(env.repo().path().join("src/lib.rs"), "// more\n").unwrap();
    fs::write(env.repo().path().join("src/secret.rs"), "// hush, hush\n").unwrap();
    commit(&env, "more");
    env.run(["sync"]).expect(0);
    assert_eq!(mirror.git(["show", "main:src/lib.rs"]), "// more");
    assert_eq!(
        mirror.git(["ls-tree", "-r", "--name-only", "main"]),
        "README.md\nsrc/a*b\nsrc/lib.rs"
    );
    assert_eq!(mirror.git(["rev-parse", "main~2"]), before);
}

#[test]
fn at_equal_tips_nothing_changes() {
    let manifest =
        MANIFEST.replace("\"src\"", "\"src/lib.rs\"").replace("branches", "# ours\nbranches");
    let tree = |tree: Tree| tree.file("README.md", "A widget.\n").file("src/lib.rs", "// lib\n");
    let private = History::new().commit("all", |it| tree(it).file("docs/internal/x", "x"));
    let (env, mirror, url) = both(private, History::new().commit("public", tree));
    let file = env.repo().path().join("sync.toml");
    fs::write(&file, &manifest).unwrap();
    let tip = mirror.git(["rev-parse", "main"]);

    let report = env.run(["init", "--adopt", &url, "--format", "json", "-q"]).expect(0);
    let report: Value = serde_json::from_str(&report.stdout).expect("one object");
    assert_eq!((&report["mirror"], &report["foreign"]), (&"public".into(), &Value::Array(vec![])));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(&manifest), "what was there stays: {text}");
    assert!(text.contains(&format!("private = \"{}\"\npublic = \"{tip}\"", env.repo().id("all"))));

    commit(&env, "adopt");
    let plan = env.run(["plan", "--to", &url]).expect(0).stdout;
    assert!(plan.starts_with("up to date"), "{plan}");

    let again = screen(&env, &url, &["init", "--adopt", &url]);
    assert!(
        again.contains("has a `[[seam]]` already") && again.ends_with("[exit status: 2]"),
        "{again}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn commits_made_on_the_mirror_are_left_for_import() {
    let mirror = mirror().commit("pull request", |tree| tree.file("CONTRIBUTING.md", "Do.\n"));
    let (env, mirror, url) = both(private(), mirror);
    let report = env.run(["init", "--adopt", &url, "--format", "json"]).expect(0);
    let report: Value = serde_json::from_str(&report.stdout).expect("one object");
    let tip = mirror.git(["rev-parse", "main"]);
    assert_eq!(report["foreign"], Value::from(vec![tip.clone()]));
    commit(&env, "adopt");
    let plan = env.run(["plan"]).expect(4).stdout;
    assert!(plan.contains(&format!("repo-sync import {tip}")), "{plan}");
}

#[test]
fn each_branch_has_its_own_pair_and_the_mainline_wins() {
    let manifest = "version = 1\ninclude = [\"src\"]\n[mirror.a]\nbranches = [\"main\", \"1.x\", \"2.x\"]\n\
                    [mirror.b]\n";
    let file = |name: &'static str| move |tree: Tree| tree.file(name, "");
    let private = History::new()
        .commit("one", file("src/one"))
        .on("1.x")
        .commit("fix", file("src/fix"))
        .on("2.x")
        .on("main")
        .commit("two", file("src/two"))
        .on("side")
        .commit("aside", file("cloud/aside"))
        .on("main")
        .commit("hidden", file("cloud/hidden"))
        .merge("join", ["side"], |tree| tree.file("src/three", ""));
    let public = History::new()
        .commit("public one", file("src/one"))
        .on("1.x")
        .commit("public fix", file("src/fix"))
        .on("main")
        .commit("public two", file("src/two"));
    let (env, mirror, url) = both(private, public);
    fs::write(env.repo().path().join("sync.toml"), manifest).unwrap();
    let output = screen(&env, &url, &["init", "--adopt", &url, "--mirror", "a"]);
    assert!(output.contains("2.x  not on the mirror yet"), "{output}");
    let text = fs::read_to_string(env.repo().path().join("sync.toml")).unwrap();
    for (private, public) in [("hidden", "public two"), ("fix", "public fix")] {
        let (private, public) = (env.repo().id(private), mirror.id(public));
        let pair = format!("private = \"{private}\"\npublic = \"{public}\"\n");
        assert!(text.contains(&pair), "{pair} is not in {text}");
    }
    assert_eq!(text.matches("mirror = \"a\"").count(), 2, "{text}");
}

#[test]
fn without_a_pair_nothing_is_written() {
    let other = History::new().commit("other", |tree| tree.file("other", ""));
    let (env, _mirror, url) = both(private(), other.clone());
    assert_snapshot!("adopt_no_pair_derived", screen(&env, &url, &["init", "--adopt", &url]));
    let file = env.repo().path().join("sync.toml");
    assert!(!file.exists() && !env.repo().path().join(".github").exists());
    fs::write(&file, MANIFEST).unwrap();
    assert_snapshot!("adopt_no_pair", screen(&env, &url, &["init", "--adopt", &url]));
    assert_eq!(fs::read_to_string(&file).unwrap(), MANIFEST);

    let nowhere = env.run(["init", "--adopt", "../nowhere"]).expect(2);
    assert!(nowhere.stderr.contains("has no listed branch"), "{nowhere}");
}

#[test]
fn a_manifest_given_by_name_becomes_the_one_of_the_repository() {
    let (env, _mirror, url) = both(private(), mirror());
    let text = "version = 1\ninclude = [\"README.md\", \"src/lib.rs\", \"src/a\\\\*b\"]\n[mirror.public]\n";
    fs::write(env.join("draft.toml"), text).unwrap();
    let args = ["init", "--adopt", &url, "--manifest", "../draft.toml"];
    env.run(args).expect(0);
    let written = fs::read_to_string(env.repo().path().join("sync.toml")).unwrap();
    assert!(written.starts_with(text) && written.contains("[[seam]]"), "{written}");
    assert_eq!(fs::read_to_string(env.join("draft.toml")).unwrap(), text);
    let again = env.run(args).expect(2);
    assert!(again.stderr.contains("already"), "{again}");
}
