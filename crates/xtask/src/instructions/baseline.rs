// SPDX-License-Identifier: Apache-2.0
//! Counts with the circumstances in which they were made, and what is too many.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::page::{processor, version};

/// How many percent more than recorded are too many.
const MOST: u64 = 3;

const HEADER: &str = "\
# SPDX-License-Identifier: Apache-2.0
# How many instructions our programs take, written by `cargo xtask instructions --write`.
";

/// What was counted, and with what.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    compiler: String,
    valgrind: String,
    processor: String,
    pub(super) counts: BTreeMap<String, u64>,
}

impl Baseline {
    /// No counts, and what is so here.
    pub(super) fn here() -> anyhow::Result<Self> {
        let version = |program| version(program).with_context(|| format!("`{program}` is silent"));
        Ok(Self {
            compiler: version("rustc")?,
            valgrind: version("valgrind")?,
            processor: processor(),
            counts: BTreeMap::new(),
        })
    }

    /// What was recorded; nothing, if nothing was.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(err) => return Err(err.into()),
        };
        toml::from_str(&text).with_context(|| format!("failed to read `{}`", path.display()))
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        fs::write(path, format!("{HEADER}{}", toml::to_string(self)?))
            .with_context(|| format!("failed to write `{}`", path.display()))
    }

    /// These counts beside the recorded ones.
    pub(super) fn table(&self, old: &Self) -> String {
        let mut text =
            "| Work | instructions | recorded | change |\n|---|---|---|---|\n".to_owned();
        for (name, &count) in &self.counts {
            let _ = match old.counts.get(name) {
                Some(&was) => {
                    let percent = percent(count, was);
                    writeln!(text, "| {name} | {count} | {was} | {percent:+.2} % |")
                }
                None => writeln!(text, "| {name} | {count} | - | - |"),
            };
        }
        text
    }

    /// # Errors
    /// A count is too large, or was never recorded; the error says what to do.
    pub(super) fn judge(&self, old: &Self) -> anyhow::Result<()> {
        let mut faults = Vec::new();
        for (name, &count) in &self.counts {
            match old.counts.get(name) {
                None => faults.push(format!("`{name}` was never recorded")),
                Some(&was) if count * 100 > was * (100 + MOST) => {
                    let percent = percent(count, was);
                    faults.push(format!("`{name}` takes {percent:.1} % more than recorded"));
                }
                Some(_) => {}
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let here = [&self.compiler, &self.valgrind, &self.processor];
        let there = [&old.compiler, &old.valgrind, &old.processor];
        for (here, there) in here.into_iter().zip(there) {
            if here != there && !old.counts.is_empty() {
                faults.push(format!("it was recorded with `{there}`, and this is `{here}`"));
            }
        }
        bail!(
            "{}\n\
             If these differ, record on the commit before the change and compare again. If the change is \
             worth its price,\nrecord it with `cargo xtask instructions --write` and say why in the commit. \
             Else `valgrind --tool=callgrind` and\n`callgrind_annotate` show where the instructions go.",
            faults.join("\n")
        )
    }
}

/// By how much a count is above another.
fn percent(count: u64, was: u64) -> f64 {
    (count as f64 / was as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(counts: &[(&str, u64)]) -> Baseline {
        let counts = counts.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
        Baseline { compiler: "rustc 1".to_owned(), counts, ..Baseline::default() }
    }

    #[track_caller]
    fn check(new: &Baseline, old: &Baseline, expected: &[&str]) {
        let text = new.judge(old).err().map(|err| err.to_string()).unwrap_or_default();
        for part in expected {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
        assert_eq!(text.is_empty(), expected.is_empty(), "{text}");
    }

    #[test]
    fn more_than_three_percent_is_too_much() {
        let old = recorded(&[("map", 1_000), ("plan", 2_000)]);
        check(&recorded(&[("map", 1_030), ("plan", 1_000)]), &old, &[]);
        let too_many = "`map` takes 3.1 % more than recorded";
        check(&recorded(&[("map", 1_031), ("plan", 2_000)]), &old, &[too_many, "--write"]);
        check(&recorded(&[("rewrite", 1)]), &old, &["`rewrite` was never recorded"]);
        check(&recorded(&[("map", 1)]), &Baseline::default(), &["`map` was never recorded"]);
    }

    #[test]
    fn other_circumstances_are_told_of() {
        let old = recorded(&[("map", 1_000)]);
        let other =
            |count| Baseline { compiler: "rustc 2".to_owned(), ..recorded(&[("map", count)]) };
        check(&other(1_000), &old, &[]);
        check(&other(1_100), &old, &["it was recorded with `rustc 1`, and this is `rustc 2`"]);
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().expect("the temporary directory is writable");
        let path = dir.path().join("counts.toml");
        assert!(Baseline::read(&path).expect("nothing is no fault").counts.is_empty());
        let counts = recorded(&[("long: map", 1_000)]);
        counts.write(&path).expect("the directory is writable");
        let read = Baseline::read(&path).expect("it is what was written");
        assert_eq!((read.compiler, read.counts), (counts.compiler, counts.counts));
    }
}
