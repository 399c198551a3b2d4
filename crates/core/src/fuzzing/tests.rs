// SPDX-License-Identifier: Apache-2.0
//! The seeds of the fuzzer, and small changes to each: every law holds for them.

use std::fs;
use std::path::{Path, PathBuf};

/// How many changes are made to a seed.
const CHANGES: usize = 100;

#[test]
fn trees() {
    check("tree", super::tree);
}

#[test]
fn commits() {
    check("commit", super::commit);
}

#[test]
fn tags() {
    check("tag", super::tag);
}

#[test]
fn manifests() {
    check("manifest", super::manifest);
}

#[test]
fn patterns() {
    check("patterns", super::patterns);
}

#[test]
fn gitleaks_files() {
    check("gitleaks", super::gitleaks);
}

#[test]
fn transforms() {
    check("transform", super::transform);
}

#[test]
fn urls() {
    check("url", super::url);
}

#[test]
fn hook_inputs() {
    check("hook_input", super::hook_input);
}

fn check(target: &str, law: fn(&[u8])) {
    let seeds = seeds(target);
    assert!(seeds.len() >= 3, "`{target}` has seeds");
    let mut random = fastrand::Rng::with_seed(7);
    for seed in &seeds {
        law(seed);
        for _ in 0..CHANGES {
            law(&changed(seed, &seeds, &mut random));
        }
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = fuzz().join("seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("the target has a directory of seeds")
        .map(|entry| entry.expect("the directory is readable").path())
        .collect();
    // In one order on every machine, so that the changes are the same.
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed is a file")).collect()
}

/// A seed with a few bytes changed, taken out, doubled, or exchanged for a piece of
/// another.
fn changed(seed: &[u8], seeds: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut data = seed.to_vec();
    for _ in 0..random.usize(1..4) {
        let from = random.usize(..=data.len());
        let to = (from + random.usize(..16)).min(data.len());
        let other = random.choice(seeds).expect("there are seeds");
        let piece = random.usize(..=other.len());
        let piece = &other[piece..(piece + random.usize(..32)).min(other.len())];
        match random.u8(..4) {
            0 => drop(data.splice(from..to, piece.iter().copied())),
            1 => drop(data.drain(from..to)),
            2 => data.extend_from_within(from..to),
            _ => data[from..to].iter_mut().for_each(|byte| *byte ^= 1 << random.u8(..8)),
        }
    }
    data
}

/// What the fuzzer runs is what the tests run.
#[test]
fn every_target_calls_its_law() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the fuzzer is a package");
    let targets = [
        "tree",
        "commit",
        "tag",
        "manifest",
        "patterns",
        "gitleaks",
        "transform",
        "url",
        "hook_input",
    ];
    assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
    for target in targets {
        let source = fuzz().join("fuzz_targets").join(format!("{target}.rs"));
        let source = fs::read_to_string(source).expect("the target has a source");
        assert!(source.contains(&format!("fuzzing::{target}(data)")), "{target}");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
    }
}
