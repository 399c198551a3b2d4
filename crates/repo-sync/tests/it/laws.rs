// SPDX-License-Identifier: Apache-2.0
//! The laws of the contract, on generated histories.
//!
//! A run of `cargo test` takes a few seeds of each. The whole, which takes about
//! half an hour, is
//!
//! ```text
//! REPO_SYNC_SEEDS=1000 cargo test -p repo-sync --test it -- --nocapture
//! ```
//!
//! and then it also counts whether every case of the contract occurred.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;

use repo_sync_testing::{BareMirror, NEVER, Row, TestEnv, Tokens};
use serde_json::Value;

use crate::common::{Case, for_each_seed, fresh_clone, json, map, sync};

/// The images are those of the contract, and nothing else is there.
#[test]
fn a_mirror_is_what_the_contract_says() {
    let tally = for_each_seed(24, |case, census| {
        check_map(case, &case.env);
        let mirror = case.generated.mirror("mirror.git");
        let planned = json(&case.env, "plan", None, mirror.path(), 0);
        let synced = sync(&case.env, &mirror, None);
        assert_eq!(mirror.refs(), case.refs(), "the mirror's refs");
        check_plan(&planned, &synced);
        check_trees(case, &mirror);
        check_nothing_private(case, &mirror);
        census.add(&case.judgement.census);
    });
    tally.check(Row::ALL.iter().copied().filter(|row| !Row::OF_RUNS.contains(row)));
}

/// The same input gives the same ids, however it is stored.
#[test]
fn the_same_ids_everywhere() {
    for_each_seed(8, |case, _| {
        let first = map(&case.env);
        assert_eq!(map(&case.env), first, "with the cache of the first run");
        check_map(case, &fresh_clone(&case.env, "clone"));
        case.env.repo().git(["repack", "-adfq", "--depth=3"]);
        assert_eq!(map(&case.env), first, "after a repack");
        fs::remove_dir_all(case.env.repo().path().join(".git/repo-sync")).ok();
        assert_eq!(map(&case.env), first, "without a cache");
    });
}

/// A sync in steps is a sync in one, and syncing twice is syncing once.
#[test]
fn steps_equal_one() {
    let tally = for_each_seed(12, |case, census| {
        let mirror = case.generated.mirror("stepped.git");
        let line = case.env.repo().git(["rev-list", "--first-parent", "--reverse", "main"]);
        let line: Vec<_> = line.lines().collect();
        let steps = [line.len() / 3, line.len() / 2, line.len() * 4 / 5];
        // With several seams on a line, what is published behind the last one is another
        // history than the one that it begins.
        let manifest = case.env.repo().git(["show", "main:sync.toml"]);
        let steps = if manifest.matches("[[seam]]").count() > 1 { &[][..] } else { &steps };
        for (count, &step) in steps.iter().enumerate() {
            let before = mirror.refs();
            let env = match count {
                0 => case.env.clone(),
                _ => fresh_clone(&case.env, &format!("clone-{count}")),
            };
            sync(&env, &mirror, Some(line[step]));
            check_only_forward(&mirror, &before);
        }
        let before = mirror.refs();
        sync(&case.env, &mirror, None);
        check_only_forward(&mirror, &before);
        assert_eq!(mirror.refs(), case.refs(), "in steps as in one");
        let again = sync(&case.env, &mirror, None);
        assert_eq!(again["outcome"], "up-to-date");
        assert_eq!(mirror.refs(), case.refs(), "syncing twice is syncing once");
        census.count(Row::NothingChanges);
    });
    tally.check([Row::NothingChanges]);
}

/// Publishing day by day, each time from a clone of that day, is publishing at once.
#[test]
fn days_equal_one() {
    for_each_seed(30, |case, _| {
        if !case.generated.steady {
            return;
        }
        let mirror = case.generated.mirror("daily.git");
        let line = case.env.repo().git(["rev-list", "--first-parent", "--reverse", "main"]);
        let line: Vec<_> = line.lines().collect();
        for at in [line.len() / 2, line.len() * 3 / 4] {
            let day = clone_of_the_day(case, line[at]);
            if day.repo().git(["ls-tree", line[at], "sync.toml"]).is_empty() {
                day.run(["sync", "--to", &mirror.path().to_string_lossy()]).expect(2);
            } else {
                sync(&day, &mirror, None);
            }
        }
        sync(&case.env, &mirror, None);
        assert_eq!(mirror.refs(), case.refs(), "day by day as in one");
    });
}

/// A clone that has only `main`, as it was at `tip`.
fn clone_of_the_day(case: &Case, tip: &str) -> TestEnv {
    let dir = case.env.join(format!("day-{tip}"));
    let git = case.env.repo().git_here();
    git.run(["branch", "--quiet", "--force", "day", tip]);
    let to = dir.to_string_lossy();
    let only = ["--single-branch", "--no-tags", "--branch", "day"];
    git.run(["clone", "--quiet"].iter().chain(&only).chain(&[".", &to]));
    git.run(["branch", "--quiet", "-D", "day"]);
    let clone = case.env.repo().scratch().git(&dir);
    clone.run(["branch", "--quiet", "--move", "day", "main"]);
    case.env.clone().in_dir(dir)
}

#[track_caller]
fn check_map(case: &Case, env: &TestEnv) {
    let found = map(env);
    let listed = env.repo().git(["rev-list", "--parents", "--all"]);
    let families = listed.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
    let parents: BTreeMap<_, _> = families.collect();
    let mut seen = HashSet::new();
    for (id, _) in &found {
        let mut before = parents[id.as_str()].split_whitespace();
        assert!(before.all(|parent| seen.contains(parent)), "{id} before its parent");
        assert!(seen.insert(id.as_str()), "{id} twice");
    }
    let found: BTreeMap<_, _> = found.iter().cloned().collect();
    let expected = case.map();
    let differ = |id: &&String| found.get(*id) != expected.get(*id);
    let all: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    // In the map's own order the first difference would be the cause of others.
    let order = case.judgement.map.iter().map(|(id, _)| id.to_string());
    let first = order.into_iter().find(|id| differ(&id));
    assert!(
        !all.iter().any(differ),
        "{}: first at {first:?}: found {:?}, expected {:?}",
        case.generated.description,
        first.as_ref().and_then(|id| found.get(id)),
        first.as_ref().and_then(|id| expected.get(id)),
    );
}

/// A plan names exactly what the sync then does.
#[track_caller]
fn check_plan(planned: &Value, synced: &Value) {
    for key in ["refs", "counts", "refusals", "warnings", "mirror"] {
        assert_eq!(planned[key], synced[key], "`{key}` of plan and sync");
    }
    let refs = synced["refs"].as_array().expect("`refs` is a list");
    let moves = refs.iter().any(|one| one["expected"] != one["new"]);
    let expected = if moves { ("planned", "synced") } else { ("up-to-date", "up-to-date") };
    let outcome = |value: &Value| value["outcome"].as_str().map(str::to_owned);
    assert_eq!(outcome(planned).as_deref(), Some(expected.0));
    assert_eq!(outcome(synced).as_deref(), Some(expected.1));
}

/// Every public commit shows exactly the oracle's files, as git lists them.
#[track_caller]
fn check_trees(case: &Case, mirror: &BareMirror) {
    let published = mirror.git().run(["rev-list", "--all"]);
    for commit in published.lines() {
        // The history that was there before a seam is not ours to judge.
        let id = commit.parse().expect("git lists full ids");
        let Some(expected) = case.judgement.files.get(&id) else { continue };
        let listed = mirror.git().bytes(["ls-tree", "-r", "-t", "-z", commit]);
        let lines = listed.split(|&byte| byte == 0).filter(|line| !line.is_empty());
        let mut found = BTreeSet::new();
        for line in lines {
            let tab = line.iter().position(|&byte| byte == b'\t').expect("a tab before the path");
            let entry = std::str::from_utf8(&line[..tab]).expect("mode, type and id are ASCII");
            let (mode, object) = (&entry[..6], &entry[entry.len() - 40..]);
            if mode != "040000" || object == EMPTY_TREE {
                found.insert((line[tab + 1..].to_vec(), shown(mode), object.to_owned()));
            }
        }
        let expected: BTreeSet<_> = expected
            .iter()
            .map(|(path, mode, id)| (path.clone(), shown(mode), id.to_string()))
            .collect();
        assert_eq!(found, expected, "the files of {commit}");
    }
}

const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// A mode as `git ls-tree` shows it.
fn shown(mode: &str) -> String {
    if mode == "100664" { "100644".to_owned() } else { mode.trim_start_matches('0').to_owned() }
}

/// No word that must never be public is in any object, reachable or not, nor in
/// what a run says where others can read it; and there is no object that no ref
/// reaches.
#[track_caller]
fn check_nothing_private(case: &Case, mirror: &BareMirror) {
    let everything = mirror.git().bytes(["cat-file", "--batch-all-objects", "--batch"]);
    let leak = everything.windows(NEVER.len()).position(|window| window == NEVER.as_bytes());
    let around = |at: usize| String::from_utf8_lossy(&everything[at..][..24]).into_owned();
    assert_eq!(leak.map(around), None, "a private word in the mirror");

    let tokens = Tokens::private(&case.env.repo().git_here(), &case.judgement);
    assert!(!tokens.is_empty(), "nothing to look for");
    assert_eq!(tokens.first_in(&everything), None, "a private word in the mirror");
    let nowhere = case.env.join("nowhere.git");
    let nowhere = nowhere.to_string_lossy();
    let range = range(case);
    for format in ["text", "json", "github", "sarif"] {
        for what in [&["plan", "--to", &nowhere][..], &["check", "--range", &range]] {
            let screen = case.env.run(what.iter().chain(&["--redact", "-v", "--format", format]));
            // Where the range begins, it may not be clear yet which manifest speaks.
            assert!([0, 2, 3].contains(&screen.status), "\n{screen}");
            for said in [&screen.stdout, &screen.stderr] {
                assert_eq!(tokens.first_in(said.as_bytes()), None, "a private word in\n{screen}");
            }
        }
    }
    // A receipt is for everybody, whether anything was redacted or not.
    let receipt = case.env.join("receipt.json");
    let file = receipt.to_string_lossy();
    let mirror = case.generated.mirror("receipt.git");
    let to = mirror.path().to_string_lossy();
    case.env.run(["sync", "--to", &to, "--receipt", &file, "-q"]).expect(0);
    let receipt = fs::read(receipt).expect("it was written");
    assert_eq!(tokens.first_in(&receipt), None, "a private word in the receipt");

    let lines = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let format = "--batch-check=%(objectname)";
    let all = lines(mirror.git().run(["cat-file", "--batch-all-objects", format]));
    let reachable =
        lines(mirror.git().run(["rev-list", "--objects", "--no-object-names", "--all"]));
    assert_eq!(all, reachable, "objects that no ref reaches");
}

/// Everything after the first half of `main`.
fn range(case: &Case) -> String {
    let line = case.env.repo().git(["rev-list", "--first-parent", "main"]);
    let line: Vec<_> = line.lines().collect();
    format!("{}..main", line[line.len() / 2])
}

/// Each ref that was there stands at a descendant of where it stood.
#[track_caller]
fn check_only_forward(mirror: &BareMirror, before: &BTreeMap<String, String>) {
    let now = mirror.refs();
    for (name, id) in before {
        let to = now.get(name).unwrap_or_else(|| panic!("{name} disappeared"));
        let moved = mirror.git().try_run(["merge-base", "--is-ancestor", id, to]);
        assert!(moved.status.success(), "{name} went from {id} to {to}");
    }
}
