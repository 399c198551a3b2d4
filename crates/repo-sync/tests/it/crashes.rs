// SPDX-License-Identifier: Apache-2.0
//! A sync that dies, at every point where it can leave something behind.
//!
//! In full, over twenty repositories:
//!
//! ```text
//! REPO_SYNC_SEEDS=20 cargo test -p repo-sync --test it crashes -- --nocapture
//! ```

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;

use repo_sync_core::progress::Milestone;
use repo_sync_testing::{BareMirror, TestEnv};

use crate::common::{Case, for_each_seed, fresh_clone, sync};

const SIGKILL: i32 = 9;

/// The mirror shows all of it or nothing, and the next run finishes the work: where
/// the first one ran, or in a clone that knows nothing of it.
#[test]
fn a_run_may_die_anywhere() {
    for_each_seed(1, |case, _| {
        for (number, milestone) in Milestone::ALL.into_iter().enumerate() {
            let mirror = case.generated.mirror(&format!("{milestone:?}.git"));
            let before = mirror.refs();
            if before.is_empty() && number % 2 == 0 {
                // Then the run makes the mirror itself.
                std::fs::remove_dir_all(mirror.path()).expect("it was just made");
            }
            let env = match number % 3 {
                0 => fresh_clone(&case.env, &format!("first-{number}")),
                _ => case.env.clone(),
            };
            let died = die(&env, &mirror, milestone);
            if died {
                let now = refs(&mirror);
                let whole = now == before || now == case.refs();
                assert!(whole, "{milestone:?} left a part: {now:?}");
            }
            let env = match number % 2 {
                0 => env,
                _ => fresh_clone(&case.env, &format!("second-{number}")),
            };
            sync(&env, &mirror, None);
            assert_eq!(refs(&mirror), case.refs(), "after a death at {milestone:?}");
            if mirror.path().exists() {
                mirror.git().run(["fsck", "--full"]);
            }
        }
    });
}

/// Every point is one that a run passes: else nothing would be tested there.
#[test]
fn every_point_is_reached() {
    let case = Case::new(0);
    for milestone in Milestone::ALL {
        let mirror = BareMirror::new(case.env.repo().scratch(), &format!("{milestone:?}.git"));
        std::fs::remove_dir_all(mirror.path()).expect("it was just made");
        assert!(die(&case.env, &mirror, milestone), "no run gets to {milestone:?}");
    }
}

/// What a mirror shows; nothing, where none was made for want of something to show.
fn refs(mirror: &BareMirror) -> BTreeMap<String, String> {
    if mirror.path().exists() { mirror.refs() } else { BTreeMap::new() }
}

/// Runs a sync that is killed there, and says whether it got so far.
#[track_caller]
fn die(env: &TestEnv, mirror: &BareMirror, milestone: Milestone) -> bool {
    let to = mirror.path().to_string_lossy();
    let mut command = env.command(["sync", "--to", &to]);
    command.env("REPO_SYNC_DIE_AT", format!("{milestone:?}"));
    let output = command.output().expect("the program can be started");
    match output.status.signal() {
        Some(signal) => {
            assert_eq!(signal, SIGKILL);
            true
        }
        None => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            false
        }
    }
}
