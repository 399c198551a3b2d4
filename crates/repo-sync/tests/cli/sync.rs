// SPDX-License-Identifier: Apache-2.0
//! `sync`: what it says once it is done.

use insta::assert_snapshot;
use serde_json::Value;

use crate::common::{env, widget};

#[test]
fn a_sync_says_what_it_published_and_then_that_there_is_nothing_to_do() {
    let env = env(widget().build());
    let sync = ["sync", "--to", "../mirror.git"];
    assert_snapshot!("sync", env.run(sync));
    assert_snapshot!("sync_up_to_date", env.run(sync));
    let quiet = env.run(sync.iter().chain(&["-q"])).expect(0);
    assert_eq!(quiet.stderr, "");
    let screen = env.run(sync.iter().chain(&["--format", "json"])).expect(0);
    let json: Value = serde_json::from_str(&screen.stdout).expect("one object");
    assert_eq!((&json["outcome"], &json["command"]), (&"up-to-date".into(), &"sync".into()));
    assert_eq!(json["refs"][0]["expected"], json["refs"][0]["new"]);
    assert_eq!(json["counts"]["published"], 0);
    assert_eq!(screen.stderr, "");
}

#[test]
fn a_dry_run_is_a_plan() {
    let env = env(widget().build());
    let plan = env.run(["plan", "--to", "../mirror.git"]).expect(0);
    let dry = env.run(["sync", "--dry-run", "--to", "../mirror.git"]).expect(0);
    assert_eq!((dry.stdout, dry.stderr), (plan.stdout, plan.stderr));
    assert!(!env.join("mirror.git").exists());
}
