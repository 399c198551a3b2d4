// SPDX-License-Identifier: Apache-2.0
//! Rules on paths: whole paths, one after the other, and the way down to each.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use fastrand::Rng;
use repo_sync_core::paths::{Origin, PathRules, Pattern, Position, Rule};

/// How many paths are judged in one turn.
const PATHS: u64 = 10_000;

const NAMES: [&str; 12] = [
    "src", "docs", "cloud", "billing", "crates", "api", "Web", "tests", "vendor", "tools", "café",
    "deploy",
];

const ENDINGS: [&str; 6] = [".rs", ".md", ".toml", ".key", "-internal.rs", ""];

/// Of every sort: plain names, stars, classes, alternatives, any directory.
const INCLUDE: [&str; 6] =
    ["src", "docs/**/*.md", "crates/*/src", "{api,web}/**", "t[eo]*s", "vendor/*/LICENSE*"];
const EXCLUDE: [&str; 5] =
    ["**/*-internal.*", "src/**/billing", "docs/deploy", "crates/cloud*", "api/?ests"];
const FLOOR: [&str; 3] = ["cloud", "**/*.key", "tools/deploy/**"];

pub(crate) fn bench(criterion: &mut Criterion) {
    let rules = PathRules::new(rules(&INCLUDE), rules(&EXCLUDE), rules(&FLOOR));
    let paths = paths();
    let mut group = criterion.benchmark_group("paths");
    group.throughput(Throughput::Elements(PATHS));
    group.bench_function("verdict on a path", |bencher| {
        bencher.iter(|| {
            paths.iter().filter(|path| rules.verdict(black_box(path)).is_public()).count()
        });
    });
    group.bench_function("way down to a path", |bencher| {
        bencher.iter(|| {
            let is_public = |path: &&Vec<u8>| {
                let names = black_box(path).split(|&byte| byte == b'/');
                let root = Position::root(&rules);
                names.fold(root, |at, name| at.descend(&rules, name)).is_public()
            };
            paths.iter().filter(is_public).count()
        });
    });
    group.finish();
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    let rule = |(line, text): (u32, &&str)| Rule {
        pattern: Pattern::parse(text).expect("the list holds patterns"),
        origin: Origin::Line(line),
    };
    (1..).zip(texts).map(rule).collect()
}

fn paths() -> Vec<Vec<u8>> {
    let mut rng = Rng::with_seed(1);
    let path = |_| {
        let depth = rng.usize(1..6);
        let mut path: Vec<_> = (0..depth).map(|_| rng.choice(NAMES).expect("not empty")).collect();
        let file = format!("file-{}{}", rng.u32(..1_000), rng.choice(ENDINGS).expect("not empty"));
        path.push(&file);
        path.join("/").into_bytes()
    };
    (0..PATHS).map(path).collect()
}
