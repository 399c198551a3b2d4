// SPDX-License-Identifier: Apache-2.0
//! A word that the architecture prints in bold is one of the glossary.

use crate::read;

/// What a text prints in bold.
fn bold(text: &str) -> impl Iterator<Item = &str> {
    text.split("**").skip(1).step_by(2)
}

#[test]
fn the_glossary_has_every_word_of_the_architecture() {
    let glossary = read("docs/glossary.md");
    // A word may also be defined within the entry of another.
    let defined: Vec<_> = bold(&glossary).collect();
    assert!(defined.contains(&"seam"), "{defined:?}");
    let architecture = read("docs/architecture.md");
    let mut seen = 0;
    for word in bold(&architecture) {
        let one = word.strip_suffix('s').unwrap_or(word);
        seen += 1;
        assert!(
            defined.iter().any(|known| *known == word || *known == one),
            "docs/architecture.md speaks of **{word}**, and docs/glossary.md does not say what it is"
        );
    }
    assert!(seen > 0, "the architecture speaks of our words");
}

#[test]
fn every_word_is_defined_once() {
    let glossary = read("docs/glossary.md");
    let mut words: Vec<_> =
        glossary.lines().filter_map(|line| line.strip_prefix("**")?.split_once("** —")).collect();
    let all = words.len();
    words.sort_by_key(|(word, _)| *word);
    words.dedup_by_key(|(word, _)| *word);
    assert_eq!(words.len(), all, "a word stands in the glossary twice");
}
