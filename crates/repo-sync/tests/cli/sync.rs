// SPDX-License-Identifier: Apache-2.0
//! `sync`: what it says once it is done.

use insta::assert_snapshot;
use repo_sync_testing::{History, TestEnv};
use serde_json::Value;

use crate::common::{MANIFEST, env, widget};

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

/// Of these mirrors `foreign` holds a commit that is not ours, and nobody says where
/// `nowhere` is.
const MIRRORS: [&str; 6] = ["docs", "foreign", "nowhere", "public", "readme", "src"];

/// A repository with all of them, the manifest of which says `more`.
fn several(more: &str) -> TestEnv {
    let mut manifest =
        MANIFEST.replace("[mirror.public]", "[mirror.public]\nurl = \"../public.git\"");
    for (name, rule) in [
        ("docs", "include = [\"docs\"]\n"),
        ("foreign", ""),
        ("readme", "include = [\"README.md\"]\n"),
        ("src", "exclude = [\"docs\"]\n"),
    ] {
        manifest += &format!("\n[mirror.{name}]\nurl = \"../{name}.git\"\n{rule}");
    }
    manifest += "\n[mirror.nowhere]\n";
    manifest += more;
    let env = env(widget().commit("many", |tree| tree.file("sync.toml", manifest)).build());
    let theirs = History::new().commit("theirs", |tree| tree.file("a", "b\n")).build();
    theirs.git(["clone", "--quiet", "--bare", ".", &env.join("foreign.git").to_string_lossy()]);
    env
}

/// Where the branch of each mirror is.
fn tips(env: &TestEnv) -> Vec<String> {
    let tip = |name: &str| {
        let dir = format!("--git-dir=../{name}.git");
        let there = env.join(format!("{name}.git")).exists();
        if there { env.repo().git([&dir, "rev-parse", "main"]) } else { "-".to_owned() }
    };
    MIRRORS.map(tip).to_vec()
}

#[test]
fn mirrors_are_published_together_as_if_each_were_alone() {
    let together = several("");
    let screen = together.run(["sync", "--all"]).expect(2);
    assert_snapshot!("sync_all", screen);
    let alone = several("");
    for mirror in MIRRORS {
        alone.run(["sync", "--mirror", mirror]);
    }
    assert_eq!(tips(&together), tips(&alone));
    // Commands have to end in time, so there it is one mirror after the other.
    let in_turn = several("\n[standalone]\ncommands = [\"true\"]\nsync = true\n");
    let turns = in_turn.run(["sync", "--all"]).expect(2);
    let private = [&in_turn, &together].map(|env| env.repo().id("main").to_string());
    let turns = [turns.stdout, turns.stderr].map(|said| said.replace(&private[0], &private[1]));
    assert_eq!((turns, tips(&in_turn)), ([screen.stdout, screen.stderr], tips(&together)));
    let again = together.run(["sync", "--all", "--format", "json"]).expect(2);
    let again: Value = serde_json::from_str(&again.stdout).expect("one object");
    let ends = again["mirrors"].as_array().expect("a list").iter();
    let ends: Vec<_> = ends.map(|end| format!("{} {}", end["mirror"], end["outcome"])).collect();
    assert_snapshot!(ends.join("\n").replace('"', ""), @r"
    public up-to-date
    docs up-to-date
    foreign diverged
    readme up-to-date
    src up-to-date
    nowhere usage
    ");
}
