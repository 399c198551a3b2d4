// SPDX-License-Identifier: Apache-2.0
//! `.gitleaks.toml`, and after a NUL byte a blob to scan.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::checks::secrets::{RuleSet, Scanner};

static BUILT_IN: LazyLock<Scanner> = LazyLock::new(|| {
    Scanner::new(RuleSet::built_in()).expect("the built-in rules fit into one scanner")
});

/// The file is read, or refused with a line that it has. A scan by its rules ends, as
/// does one by the built-in rules, and tells no line twice and none that is not there.
pub fn gitleaks(data: &[u8]) {
    let (file, blob) = super::halves(data);
    scan(&BUILT_IN, blob);
    match RuleSet::of_gitleaks_alone(file) {
        // Far too many keywords are no scanner.
        Ok(rules) => drop(Scanner::new(rules).map(|scanner| scan(&scanner, blob))),
        Err(err) => {
            let lines = file.split(|&byte| byte == b'\n').count();
            assert!((1..=lines).contains(&err.line), "{err}");
        }
    }
}

fn scan(scanner: &Scanner, blob: &[u8]) {
    // A few bytes of compressed data can hold more than may be looked at.
    let Ok(hits) = scanner.scan(blob, b"src/file.txt") else { return };
    let lines = blob.split(|&byte| byte == b'\n').count();
    let mut told = HashSet::new();
    for hit in hits {
        assert!((1..=lines).contains(&(hit.line as usize)), "{hit:?}");
        assert!(told.insert((hit.line, hit.rule)), "it is told once");
    }
}
