// SPDX-License-Identifier: Apache-2.0
//! Laws that are put to the test on many seeds at once.

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many broken seeds are enough to look at.
const ENOUGH: usize = 20;

/// Runs a law on many seeds, with as many threads as there are processors, and panics in
/// the end if a seed broke it. `REPO_SYNC_SEEDS` says on how many (`1000`), or on which
/// (`17..18`), and this answers how many they were.
#[track_caller]
pub fn for_each_seed(default: u64, law: impl Fn(u64) + Sync) -> u64 {
    let seeds = match std::env::var("REPO_SYNC_SEEDS") {
        Ok(text) => parse(&text).expect("REPO_SYNC_SEEDS is `N` or `A..B`"),
        Err(_) => 0..default,
    };
    let next = AtomicU64::new(seeds.start);
    let broken = Mutex::new(BTreeSet::new());
    let worker = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= seeds.end {
            return;
        }
        if catch_unwind(AssertUnwindSafe(|| law(seed))).is_err() {
            report(seed);
            let mut broken = broken.lock().expect("nothing panics while it is held");
            broken.insert(seed);
            if broken.len() >= ENOUGH {
                return;
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    let broken = broken.into_inner().expect("nothing panicked while it was held");
    assert!(
        broken.is_empty(),
        "broken by {broken:?}; look closer with REPO_SYNC_SEEDS=A..B and REPO_SYNC_KEEP=1"
    );
    seeds.end - seeds.start
}

fn parse(text: &str) -> Option<Range<u64>> {
    match text.split_once("..") {
        Some((from, to)) => Some(from.parse().ok()?..to.parse().ok()?),
        None => Some(0..text.parse().ok()?),
    }
}

#[expect(clippy::print_stderr, reason = "a test's words for the person who runs it")]
fn report(seed: u64) {
    eprintln!("seed {seed} breaks the law");
}
