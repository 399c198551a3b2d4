// SPDX-License-Identifier: Apache-2.0
//! Odd input, too much input, and no noise about ourselves.

use std::fs;
use std::path::Path;

use fastrand::Rng;

use super::super::ScanError;
use super::carriers::gzip;
use super::template::{Fill, fill};
use super::{BUILT_IN, hits, with_rules};

#[test]
fn what_inflates_without_end_is_refused() {
    let fits = gzip(&vec![b' '; 32 << 20]);
    assert_eq!(BUILT_IN.scan(&fits, b"a.gz"), Ok(Vec::new()));
    let too_big = gzip(&vec![b' '; (32 << 20) + 1]);
    assert_eq!(BUILT_IN.scan(&too_big, b"a.gz"), Err(ScanError::TooBig { limit: 32 << 20 }));
}

#[test]
fn damaged_data_is_read_as_far_as_it_goes() {
    let token = fill("ghp_{A36}", Fill::Random, &mut Rng::with_seed(1));
    let whole = gzip(format!("{token}\n{}", "all work and no play\n".repeat(9999)).as_bytes());
    assert_eq!(hits(&BUILT_IN, &whole[..whole.len() - 20], "a.gz"), "github-token:1 gzip");
    assert_eq!(hits(&BUILT_IN, b"\x1f\x8b\x08", "a.gz"), "");
}

#[test]
fn one_secret_is_told_once_and_each_line_for_itself() {
    let token = fill("ghp_{A36}", Fill::Random, &mut Rng::with_seed(1));
    let text = format!("{token} {token}\n\n{token}\nhttps://a.dev/?a%20b&c={token}\n");
    assert_eq!(
        hits(&BUILT_IN, text.as_bytes(), "a.txt"),
        "github-token:1, github-token:3, github-token:4",
    );
}

#[test]
fn a_hit_never_shows_the_secret() {
    let token = fill("ghp_{A36}", Fill::Random, &mut Rng::with_seed(1));
    let found = BUILT_IN.scan(token.as_bytes(), token.as_bytes()).expect("the blob is small");
    assert_eq!(found.len(), 1);
    assert!(!format!("{found:?}").contains(&token[8..16]));
}

/// However the bytes lie, the words around which a rule is tried lead to the matches
/// that it has in the whole text.
#[test]
fn looking_around_words_misses_nothing() {
    let rule = |more: &str| format!("[[rules]]\nid = 'r'\nregex = '''{more}'''\n");
    let near = with_rules(&rule(r"(?i)key\s{0,2}=\s{0,2}[ab]{2,}\b"));
    // No word is in each match of this one, so it is held against everything.
    let anywhere = with_rules(&rule(r"(?i)[k][e][y]\s{0,2}=\s{0,2}[ab]{2,}\b|[c-z]{3}!"));
    let mut random = Rng::with_seed(7);
    let mut found = 0;
    for _ in 0..20_000 {
        let parts = ["key", "KEY", "=", "\n", "ab", "b", " ", "\r\n", "x", "\0"];
        let text: String = (0..12).map(|_| parts[random.usize(..parts.len())]).collect();
        let told = hits(&near, text.as_bytes(), "a");
        found += usize::from(!told.is_empty());
        assert_eq!(told, hits(&anywhere, text.as_bytes(), "a"), "{text:?}");
    }
    assert!(found > 100, "only {found} texts have a match");
}

#[test]
fn no_bytes_are_too_odd() {
    let parts: [&[u8]; 16] = [
        b"\0",
        b"A\0",
        b"%",
        b"%4",
        b"%41",
        b"\x1f\x8b\x08",
        b"\n",
        b"\r\n",
        b"AAAAAAAAAAAAAAAAAAAAAAAA",
        b"0123456789abcdef0123456789abcdef",
        b"=",
        b"-_",
        b"+/",
        b"\xff",
        b"://",
        b"secret=\"",
    ];
    let mut random = Rng::with_seed(3);
    for _ in 0..5_000 {
        let data: Vec<u8> = (0..random.usize(..40))
            .flat_map(|_| parts[random.usize(..parts.len())].iter().copied())
            .collect();
        assert!(BUILT_IN.scan(&data, b"a").is_ok());
    }
}

/// **Invariant:** this repository has nothing in it that looks like a secret to its own
/// rules, the rules included.
#[test]
fn our_own_sources_have_no_secrets() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = 0;
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the workspace can be read") {
            let path = entry.expect("a folder of the workspace can be read").path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    open.push(path);
                }
            } else if path.is_file() {
                files += 1;
                let data = fs::read(&path).expect("a file of the workspace can be read");
                let shown = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                assert_eq!(hits(&BUILT_IN, &data, &shown), "", "{shown}");
            }
        }
    }
    assert!(files > 100, "only {files} files were looked at");
}
