// SPDX-License-Identifier: Apache-2.0
//! Each rule finds its secrets in whatever they are wrapped, and nothing else.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::RuleSet;
use super::samples::{HARMLESS, SECRETS};
use super::template::{Fill, fill};
use super::{BUILT_IN, hits};

/// How many secrets are made from each template.
const SEEDS: u64 = 3;

#[test]
fn every_rule_has_samples() {
    let rules = RuleSet::built_in();
    let ids: Vec<_> = rules.describe().map(|(id, _)| id).collect();
    let mut sampled: Vec<_> = SECRETS.iter().map(|(rule, _)| *rule).collect();
    for id in &ids {
        assert!(sampled.contains(id), "`{id}` has no samples");
    }
    sampled.retain(|id| !ids.contains(id));
    assert_eq!(sampled, [""; 0]);
}

#[test]
fn a_secret_is_found_in_a_line_of_text() {
    check("2", |secret| format!("first\n{secret}\nlast\n").into_bytes());
    check("1", |secret| secret.as_bytes().to_vec());
}

#[test]
fn a_secret_is_found_in_text_with_carriage_returns() {
    check("2", |secret| format!("first\n{secret}\nlast\n").replace('\n', "\r\n").into_bytes());
}

#[test]
fn a_secret_is_found_in_a_binary_file() {
    check("1", |secret| [b"\x7fELF\0\0\x02\xff\0", secret.as_bytes(), b"\0\xfe\0\0"].concat());
}

#[test]
fn a_secret_is_found_in_wide_characters() {
    let text = |secret: &str| format!("first\n{secret}\nlast\n");
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    check("2 utf-16", |secret| little(&text(secret)));
    check("2 utf-16", |secret| big(&text(secret)));
    check("2 utf-16", |secret| little(&format!("\u{feff}ü\n{secret}\n")));
    check("2 utf-16", |secret| big(&format!("\u{feff}ü\n{secret}\n")));
    check("1 utf-16", |secret| [b"MZ\x90\0\x03", &*little(secret), b"\0\0\xff"].concat());
}

#[test]
fn a_secret_is_found_in_base64() {
    let standard = |text: &str| STANDARD.encode(text);
    check("1 base64", |secret| standard(&format!("let a = 1;\n{secret}\n")).into_bytes());
    check("2 base64", |secret| format!("a:\n  b: {}\n", standard(secret)).into_bytes());
    check("1 base64", |secret| {
        format!("/v1/{}?x", URL_SAFE_NO_PAD.encode(format!("??>>\n{secret}\n"))).into_bytes()
    });
    check("2 base64", |secret| {
        let text = standard(&format!("let a = 1;\n{secret}\n"));
        let lines = text.as_bytes().chunks(76).map(|line| [b"  ", line, b"\r\n"].concat());
        [b"data:\n".to_vec(), lines.flatten().collect()].concat()
    });
}

#[test]
fn a_secret_is_found_in_hexadecimal_digits() {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    check("1 hex", |secret| hex(&format!("text around it\n{secret}\n")).into_bytes());
    check("2 hex", |secret| {
        let text = hex(&format!("text around it\n{secret}\n")).to_uppercase();
        let lines = text.as_bytes().chunks(60).map(|line| [line, b"\n"].concat());
        [b"dump:\n".to_vec(), lines.flatten().collect()].concat()
    });
}

#[test]
fn a_secret_is_found_behind_percent_signs() {
    check("2 percent", |secret| {
        let escaped: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("GET\nhttps://acme.dev/?text={escaped}&more=1\n").into_bytes()
    });
}

#[test]
fn a_secret_is_found_in_compressed_data() {
    check("1 gzip", |secret| gzip(format!("first\n{secret}\nlast\n").as_bytes()));
}

#[test]
fn a_secret_is_found_three_encodings_deep() {
    let packed = |secret: &str| STANDARD.encode(gzip(secret.as_bytes()));
    check("1 base64 gzip", |secret| packed(secret).into_bytes());
    check("1 utf-16 base64 gzip", |secret| {
        packed(secret).encode_utf16().flat_map(u16::to_le_bytes).collect()
    });
    check("1 base64 base64 base64", |secret| {
        let twice = STANDARD.encode(STANDARD.encode(format!("let a = 1;\n{secret}\n")));
        STANDARD.encode(twice).into_bytes()
    });
}

pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// Makes secrets of every rule, wraps each, and has it found by its rule at that place.
/// Where a secret can be read with and without decoding, the plain one is told.
#[track_caller]
fn check(expected: &str, wrap: impl Fn(&str) -> Vec<u8>) {
    for (rule, templates) in SECRETS {
        for (template, seed) in templates.iter().flat_map(|one| (0..SEEDS).map(move |s| (one, s))) {
            let secret = fill(template, Fill::Random, &mut Rng::with_seed(seed));
            let found = hits(&BUILT_IN, &wrap(&secret), "a.txt");
            let (line, encodings) = expected.split_once(' ').unwrap_or((expected, ""));
            let is_it = |hit: &str| {
                let (told, at) = hit.split_once(':').expect("a hit has a line");
                let (at, told_encodings) = at.split_once(' ').unwrap_or((at, ""));
                let first = line.parse::<usize>().expect("the row has a line");
                // A secret of several lines begins in one of them.
                let lines = first..first + secret.lines().count();
                told == *rule
                    && lines.contains(&at.parse().expect("a line is a number"))
                    && told_encodings == encodings
            };
            assert!(
                found.split(", ").any(|hit| !hit.is_empty() && is_it(hit)),
                "{rule}, `{template}` with seed {seed}: expected {expected}, found {found:?}",
            );
        }
    }
}

#[test]
fn what_only_looks_like_a_secret_is_not_found() {
    for (_, templates) in SECRETS {
        for template in *templates {
            for kind in [Fill::Short, Fill::Same, Fill::Nothing] {
                check_harmless(template, kind);
            }
        }
    }
    for template in HARMLESS {
        check_harmless(template, Fill::Random);
    }
}

#[track_caller]
fn check_harmless(template: &str, kind: Fill) {
    for seed in 0..SEEDS {
        let text = fill(template, kind, &mut Rng::with_seed(seed));
        assert_eq!(hits(&BUILT_IN, format!("a\n{text}\nb\n").as_bytes(), "a.txt"), "", "{text}");
    }
}
