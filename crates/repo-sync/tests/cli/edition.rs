// SPDX-License-Identifier: Apache-2.0
//! What the open edition says of itself, and what it tells those who listen.

use std::fs;
use std::path::Path;

use repo_sync_shared::edition::{Edition, Feature, Point};
use repo_sync_testing::{Screen, TestEnv, Tree};
use serde_json::Value;

use crate::common::{env, widget};

#[test]
fn the_open_edition_says_what_it_is() {
    let env = env(widget().build());
    insta::assert_snapshot!("edition", env.run(["edition"]));
    let [long, short] = [&["edition", "--format", "json"][..], &["edition", "--json"]]
        .map(|args| env.run(args).expect(0).stdout);
    assert_eq!(long, short);
    let said: Value = serde_json::from_str(&long).expect("it is JSON");
    assert_eq!((&said["edition"], &said["outcome"]), (&"community".into(), &"up-to-date".into()));
    for (row, feature) in rows(&said["features"]).iter().zip(Feature::ALL) {
        assert_eq!(row["name"], feature.name());
        assert_eq!(row["allowed"], feature.placement().edition == Edition::Community);
    }
    let points: Vec<_> = rows(&said["extension_points"]).iter().map(|it| &it["name"]).collect();
    assert_eq!(points, Point::ALL.map(Point::name));
    env.run(["edition", "--format", "sarif"]).expect(2);
}

fn rows(value: &Value) -> &Vec<Value> {
    value.as_array().expect("it is a list")
}

#[test]
fn a_run_is_on_record_line_by_line() {
    let mut env = listening(env(widget().build()));
    sync(&env).expect(0);
    sync(&env).expect(0);
    env.repo_mut().extend(|history| {
        history.commit("leak", |tree: Tree| tree.file("src/key.rs", "// cloud/bill.rs\n"))
    });
    sync(&env).expect(3);
    // Looking is nothing to tell of.
    env.run(["plan", "--to", "../mirror.git"]).expect(3);
    env.run(["verify", "--to", "../mirror.git"]).expect(0);
    assert_eq!(
        told(&env.join("events"), "fact"),
        ["started", "publishing", "published", "started", "up-to-date", "started", "refused"]
    );
    let text = fs::read_to_string(env.join("events")).expect("it is there");
    assert!(text.contains(r#""tenant":"default","repository":"private","mirror":"public""#));
    assert!(text.contains(r#""checks":["private-reference"]"#), "{text}");
}

#[test]
fn a_notice_comes_when_the_state_changes_and_not_again() {
    let mut env = listening(env(widget().build()));
    let commit = |env: &mut TestEnv, text: &str| {
        let text = text.to_owned();
        env.repo_mut().extend(|history| {
            history.commit(text.as_str(), |tree: Tree| tree.file("src/new.rs", &*text))
        });
    };
    sync(&env).expect(0);
    assert!(!env.join("notices").exists(), "all is well, as before");
    commit(&mut env, "// cloud/bill.rs\n");
    sync(&env).expect(3);
    sync(&env).expect(3);
    assert_eq!(told(&env.join("notices"), "now"), ["refused"]);
    env.repo().git(["reset", "--quiet", "--soft", "main~1"]);
    sync(&env).expect(0);
    sync(&env).expect(0);
    assert_eq!(told(&env.join("notices"), "now"), ["refused", "in-order"]);
}

#[test]
fn who_cannot_be_told_is_a_warning() {
    let env = env(widget().build());
    let env = env.clone().var("REPO_SYNC_AUDIT_LOG", env.join("no/such/directory"));
    let report = sync(&env).expect(0).stdout;
    let report: Value = serde_json::from_str(&report).expect("it is JSON");
    let warnings: Vec<_> = rows(&report["warnings"]).iter().map(|it| &it["check"]).collect();
    assert_eq!(report["outcome"], "synced");
    assert!(warnings.contains(&&Value::from("listener-failed")), "{report}");
}

/// With a file for events and one for notices.
fn listening(env: TestEnv) -> TestEnv {
    let [events, notices] = ["events", "notices"].map(|name| env.join(name));
    env.var("REPO_SYNC_AUDIT_LOG", events).var("REPO_SYNC_NOTICES", notices)
}

fn sync(env: &TestEnv) -> Screen {
    env.run(["sync", "--to", "../mirror.git", "--format", "json"])
}

/// One field of each line of a file.
fn told(file: &Path, field: &str) -> Vec<String> {
    let text = fs::read_to_string(file).expect("somebody was told");
    let line = |line| serde_json::from_str::<Value>(line).expect("a line is JSON");
    let lines = text.lines().map(line);
    lines.map(|line| line[field].as_str().expect("it is text").to_owned()).collect()
}
