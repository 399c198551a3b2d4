// SPDX-License-Identifier: Apache-2.0
//! What was met in a piece of one version of a file is remembered for the next: that
//! changes nothing of what is found.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fastrand::Rng;

use super::super::{RuleSet, Scanner};
use super::hits;
use super::samples::SECRETS;
use super::template::{Fill, fill};

/// Some lines that hold a secret, in one of many ways, or nothing.
fn lines(random: &mut Rng) -> String {
    let (_, templates) = random.choice(SECRETS).expect("there are some");
    let template = random.choice(*templates).expect("each rule has some");
    let kind = if random.bool() { Fill::Random } else { Fill::Same };
    let secret = fill(template, kind, random);
    match random.u8(..9) {
        0 => format!("let key = \"{secret}\";\n"),
        1 => wrapped(&STANDARD.encode(&secret), 60, "\n"),
        2 => wrapped(&STANDARD.encode(secret.repeat(3)), 76, "\r\n  "),
        3 => wrapped(&URL_SAFE_NO_PAD.encode(&secret), 64, "\n"),
        4 => secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n",
        5 => secret.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>() + "\n",
        6 => format!("{}{}\n", "a1B2".repeat(random.usize(8..12)), "/-"),
        _ => format!("    let number = {};\n}}\n\n", random.u8(..)).repeat(random.usize(1..20)),
    }
}

fn wrapped(text: &str, width: usize, end: &str) -> String {
    let lines = text.as_bytes().chunks(width).map(|line| format!("{}{end}", line.escape_ascii()));
    lines.collect::<String>() + "\n"
}

/// What a scanner that has seen many versions finds in one more, and what one finds that
/// remembers nothing.
#[test]
fn memory_changes_nothing() {
    let new = || Scanner::new(RuleSet::built_in()).expect("the built-in rules fit");
    let (scanner, forgetful) = (new(), new().without_memory());
    let mut random = Rng::with_seed(11);
    let (mut found, mut versions) = (0, 0);
    for _ in 0..40 {
        let mut parts: Vec<String> = (0..60).map(|_| lines(&mut random)).collect();
        for _ in 0..12 {
            match random.u8(..3) {
                0 => drop(parts.remove(random.usize(..parts.len()))),
                1 => parts.insert(random.usize(..parts.len()), lines(&mut random)),
                _ => {
                    let (one, other) = (random.usize(..parts.len()), random.usize(..parts.len()));
                    parts.swap(one, other);
                }
            }
            let text = parts.concat();
            // Rules may differ by the path.
            let path = *random.choice(["a.txt", "a.npmrc", ".npmrc"].as_slice()).expect("some");
            let told = hits(&scanner, text.as_bytes(), path);
            assert_eq!(told, hits(&forgetful, text.as_bytes(), path), "{text}");
            found += usize::from(!told.is_empty());
            versions += 1;
        }
    }
    assert!(found > versions / 2, "only {found} of {versions} versions have a secret");
}

/// Of a word that goes over the end of a line no piece can say whether it is there.
#[test]
fn a_word_may_have_two_lines() {
    let scanner = super::with_rules("[[rules]]\nid = 'r'\nregex = '''first\\nsecond'''\n");
    for length in 0..200 {
        let (filler, before) = ("filler\n".repeat(400), "x".repeat(length));
        let text = format!("{filler}{before}\nfirst\nsecond\n");
        assert_eq!(hits(&scanner, text.as_bytes(), "a"), "r:402", "after {length} letters");
    }
}
