// SPDX-License-Identifier: Apache-2.0
//! What is found, in which disguise, and what is not. Every secret in here is made up
//! while the test runs, so that no file of this repository looks as if it had one.

mod carriers;
mod files;
mod limits;
mod samples;
mod template;
mod versions;

use std::sync::LazyLock;

use super::{Encoding, RuleSet, Scanner};

/// The built-in rules, compiled once for all tests.
static BUILT_IN: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(RuleSet::built_in()).expect("the built-in rules fit"));

fn with_rules(toml: &str) -> Scanner {
    let rules = RuleSet::from_gitleaks(toml.as_bytes()).unwrap_or_else(|err| panic!("{err}"));
    Scanner::new(rules).expect("a few rules fit")
}

/// The hits as text: `rule:line`, with the encodings where there are any.
fn hits(scanner: &Scanner, data: &[u8], path: &str) -> String {
    let hits = scanner.scan(data, path.as_bytes()).expect("the blob is small");
    let told = hits.iter().map(|hit| {
        let inside = hit.encodings.iter().map(Encoding::to_string).collect::<Vec<_>>().join(" ");
        format!("{}:{} {inside}", hit.rule, hit.line).trim_end().to_owned()
    });
    told.collect::<Vec<_>>().join(", ")
}
