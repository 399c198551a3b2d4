// SPDX-License-Identifier: Apache-2.0
//! The search for secrets in text that has none.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use fastrand::Rng;
use repo_sync_core::checks::secrets::{RuleSet, Scanner};

/// How long a text is, about.
const BYTES: usize = 1 << 20;

/// Words as they stand in code, keywords of rules among them.
const WORDS: [&str; 16] = [
    "let",
    "token",
    "=",
    "self.",
    "fn",
    "secret",
    "return",
    "(",
    ")",
    "{",
    "}",
    "api_key",
    "match",
    "// the password of nobody",
    "http://example.com/path",
    "0x1f",
];

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn bench(criterion: &mut Criterion) {
    let new = || Scanner::new(RuleSet::built_in()).expect("the built-in rules can be used");
    let scan = |scanner: &Scanner, text: &str| {
        let hits = scanner.scan(black_box(text.as_bytes()), b"src/lib.rs");
        hits.expect("nothing in it is compressed").len()
    };
    let mut group = criterion.benchmark_group("secrets");
    for (name, text) in [("code", code()), ("base64", base64())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(new, |it| scan(it, &text), BatchSize::PerIteration);
        });
        let scanner = new();
        group.bench_function(format!("{name}, again"), |bencher| {
            bencher.iter(|| scan(&scanner, &text));
        });
    }
    group.finish();
}

fn code() -> String {
    let mut rng = Rng::with_seed(5);
    let mut text = String::new();
    while text.len() < BYTES {
        let word = rng.choice(WORDS).expect("not empty");
        text.push_str(word);
        text.push(if rng.u8(..8) == 0 { '\n' } else { ' ' });
    }
    text
}

/// Lines of the length that most encoders break at.
fn base64() -> String {
    let mut rng = Rng::with_seed(6);
    let mut text = String::new();
    while text.len() < BYTES {
        text.extend((0..76).map(|_| char::from(rng.choice(*DIGITS).expect("not empty"))));
        text.push('\n');
    }
    text
}
