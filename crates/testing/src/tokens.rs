// SPDX-License-Identifier: Apache-2.0
//! The words of a private repository that nobody outside may ever read.
//!
//! Every content, name, message and header of a [`generated`](crate::generate())
//! repository holds a word that is nowhere else. [`Tokens`] are those that nothing
//! public accounts for, and it finds them in bytes, however they are spelt.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use repo_sync_shared::ObjectId;

use crate::git::Git;
use crate::oracle::Judgement;

/// How such a word begins.
const BEGINNINGS: [&[u8]; 2] = [b"never-", b"tok-"];

/// How many letters follow.
const LETTERS: usize = 10;

/// The private words of one repository, in all their spellings.
#[derive(Debug)]
pub struct Tokens {
    words: Vec<String>,
    spellings: Vec<(usize, &'static str)>,
    automaton: AhoCorasick,
}

impl Tokens {
    /// All words in the objects and refs of the repository that `git` runs in, but
    /// for those that the mirror has to show.
    pub fn private(git: &Git, judgement: &Judgement) -> Self {
        let mut all = words(&git.bytes(["cat-file", "--batch-all-objects", "--batch"]));
        all.extend(words(&git.bytes(["for-each-ref"])));
        let public = public(git, judgement);
        Self::new(all.difference(&public).cloned().collect())
    }

    fn new(words: Vec<String>) -> Self {
        let mut spellings = Vec::new();
        let mut patterns = Vec::new();
        for (number, word) in words.iter().enumerate() {
            for (how, bytes) in spelt(word) {
                spellings.push((number, how));
                patterns.push(bytes);
            }
        }
        let automaton = AhoCorasick::new(&patterns).expect("a few thousand short patterns");
        Self { words, spellings, automaton }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The first word that stands in `bytes`, and how it is spelt there.
    pub fn first_in(&self, bytes: &[u8]) -> Option<(&str, &'static str)> {
        let found = self.automaton.find(bytes)?;
        let (word, how) = self.spellings[found.pattern().as_usize()];
        Some((&self.words[word], how))
    }
}

/// The words that the mirror has to show: of public files and their paths, and of
/// the messages of published commits and tags.
fn public(git: &Git, judgement: &Judgement) -> BTreeSet<String> {
    let mut ids: BTreeSet<ObjectId> = BTreeSet::new();
    let mut found = BTreeSet::new();
    for (path, mode, id) in judgement.files.values().flatten() {
        found.extend(words(path));
        if !["160000", "40000", "040000"].contains(&mode.as_str()) {
            ids.insert(*id);
        }
    }
    for id in ids {
        found.extend(words(&git.bytes(["cat-file", "blob", &id.to_string()])));
    }
    let published = judgement.map.iter().filter(|(_, image)| image.is_some());
    for (private, _) in published {
        found.extend(words(&git.bytes(["log", "-1", "--format=%B", &private.to_string()])));
    }
    for name in judgement.refs.keys() {
        found.extend(words(&git.bytes(["for-each-ref", "--format=%(contents)", name])));
    }
    found
}

/// Every word of this kind.
fn words(bytes: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for at in 0..bytes.len() {
        for beginning in BEGINNINGS {
            let Some(rest) = bytes[at..].strip_prefix(beginning) else { continue };
            let letters = rest.iter().take_while(|byte| (b'g'..=b'z').contains(byte)).count();
            if letters >= LETTERS {
                let word = &bytes[at..at + beginning.len() + LETTERS];
                found.insert(String::from_utf8_lossy(word).into_owned());
            }
        }
    }
    found
}

/// A word in the spellings that a leak could have.
fn spelt(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = word.as_bytes();
    let wide = |unit: fn(u16) -> [u8; 2]| bytes.iter().flat_map(|&b| unit(u16::from(b))).collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        ("plain", bytes.to_vec()),
        ("in capitals", word.to_uppercase().into_bytes()),
        ("UTF-16LE", wide(u16::to_le_bytes)),
        ("UTF-16BE", wide(u16::to_be_bytes)),
        ("hex", hex.clone().into_bytes()),
        ("HEX", hex.to_uppercase().into_bytes()),
    ];
    for shift in 0..3 {
        // The characters that depend on nothing but the word itself.
        let text = STANDARD_NO_PAD.encode([&[0_u8; 2][..shift], bytes].concat());
        let start = (shift * 8).div_ceil(6);
        let end = (shift + bytes.len()) * 8 / 6;
        all.push(("base64", text.as_bytes()[start..end].to_vec()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_every_spelling() {
        let tokens = Tokens::new(vec!["never-ghijklmnop".to_owned()]);
        let word = "never-ghijklmnop";
        for before in ["", "x", "xy"] {
            let text = format!("{before}{word} and more");
            let encoded = STANDARD_NO_PAD.encode(&text);
            assert!(tokens.first_in(encoded.as_bytes()).is_some(), "{encoded}");
        }
        let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(tokens.first_in(&wide), Some((word, "UTF-16BE")));
        assert_eq!(tokens.first_in(b"-NEVER-GHIJKLMNOP-"), Some((word, "in capitals")));
        assert_eq!(tokens.first_in(b"never-ghijklmnoq"), None);
    }

    #[test]
    fn words_are_those_with_a_beginning() {
        let found = words(b"tok-ghijklmnop,never-zzzzzzzzzz tok-short never- tok-GHIJKLMNOP");
        assert_eq!(found, ["never-zzzzzzzzzz", "tok-ghijklmnop"].map(str::to_owned).into());
    }
}
