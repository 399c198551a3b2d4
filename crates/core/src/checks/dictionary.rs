// SPDX-License-Identifier: Apache-2.0
//! All names that must not be public, in one automaton over every text.
//!
//! The names of packages and branches, and the user's terms, are found whole: never
//! within a longer name. Of a path the automaton finds one component with its
//! slash; whether that is a private path is for [`mention`](super::mention) to say.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use unicode_normalization::UnicodeNormalization as _;

use super::packages::{is_distinctive, private_packages};
use super::tips::Tips;
use crate::error::RunError;
use crate::replay::Images;
use crate::session::Session;

/// With more patterns than this, the fastest automaton would be too large.
const FEW: usize = 2_000;

/// Branches that every repository may have, and every text may name.
const EVERYBODYS: &[&str] = &["gh-pages"];

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A component of a private path, and the separator after it.
    Component,
    /// The end of `./` or `../`.
    Relative,
    /// A private package.
    Package(String),
    /// A branch that the mirror does not show.
    Branch(String),
    /// A term of the user's, and the line that states it.
    Term(String, u32),
}

/// The automaton and its words.
pub(super) struct Dictionary {
    automaton: AhoCorasick,
    words: Vec<(Vec<u8>, Word)>,
    /// Every private package, whether its name is looked for in all texts or not.
    packages: BTreeSet<String>,
}

impl Dictionary {
    pub(super) fn new(session: &Session<'_>, tips: &Tips<'_>) -> Result<Self, RunError> {
        let mut words = Vec::new();
        for name in tips.names() {
            for separator in [b'/', b'\\'] {
                words.push(([&name[..], &[separator]].concat(), Word::Component));
            }
        }
        if !words.is_empty() {
            words.push((b"./".to_vec(), Word::Relative));
        }
        let packages = private_packages(tips);
        for name in packages.iter().filter(|name| is_distinctive(name)) {
            // A crate `a-b` is `a_b` where it is used.
            let used = name.replace('-', "_");
            if used != *name && !name.contains(['/', '@']) {
                words.push((used.into_bytes(), Word::Package(name.clone())));
            }
            words.push((name.clone().into_bytes(), Word::Package(name.clone())));
        }
        for name in private_branches(session) {
            words.push((name.clone().into_bytes(), Word::Branch(name)));
        }
        for term in &session.policy.mirror.check.terms {
            for spelt in spellings(&term.text) {
                words.push((spelt.into_bytes(), Word::Term(term.text.clone(), term.line)));
            }
        }
        Self::of(words, packages)
    }

    fn of(words: Vec<(Vec<u8>, Word)>, packages: BTreeSet<String>) -> Result<Self, RunError> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind((words.len() <= FEW).then_some(AhoCorasickKind::DFA))
            .build(words.iter().map(|(text, _)| text))
            .map_err(RunError::unbuilt)?;
        Ok(Self { automaton, words, packages })
    }

    /// The private package of this name, in one of the spellings that Python takes for the
    /// same (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
    pub(super) fn private_package(&self, name: &str) -> Option<&str> {
        let lower = name.to_ascii_lowercase();
        let spelt = [lower.replace(['_', '.'], "-"), lower.replace(['-', '.'], "_")];
        let found = self.packages.get(name);
        let found = found.or_else(|| spelt.iter().find_map(|name| self.packages.get(name)));
        found.map(String::as_str)
    }

    /// The names in a text, in the order in which they end.
    pub(super) fn find<'d>(
        &'d self,
        text: &'d [u8],
    ) -> impl Iterator<Item = (Range<usize>, &'d Word)> + 'd {
        self.automaton.find_overlapping_iter(text).filter_map(|found| {
            let (pattern, word) = &self.words[found.pattern().as_usize()];
            let at = found.range();
            let exact = || text[at.clone()] == pattern[..];
            let stands = match word {
                // The path around it is looked at by whoever asked.
                Word::Component | Word::Relative => exact(),
                Word::Package(_) => exact() && is_whole(text, &at, b"_-"),
                Word::Branch(_) => exact() && is_whole(text, &at, b"_-/"),
                // What is in `ACME_TOKEN` is found, too.
                Word::Term(..) => is_whole(text, &at, b""),
            };
            stands.then_some((at, word))
        })
    }
}

/// A term as others may write it: the automaton knows other cases of ASCII letters
/// only. An accent may be a letter of its own.
fn spellings(term: &str) -> BTreeSet<String> {
    if term.is_ascii() {
        return BTreeSet::from([term.to_owned()]);
    }
    let cased = [term.to_owned(), term.to_lowercase(), term.to_uppercase()];
    cased.iter().flat_map(|term| [term.nfc().collect(), term.nfd().collect()]).collect()
}

/// Whether the name at a place is no part of a longer one; `joints` are the bytes
/// that longer names are put together with.
fn is_whole(text: &[u8], at: &Range<usize>, joints: &[u8]) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || joints.contains(&byte);
    let (before, after) = (&text[..at.start], &text[at.end..]);
    let goes_on = match after {
        [b'.', next, ..] if !joints.is_empty() => next.is_ascii_digit(),
        [next, ..] => is_word(*next),
        [] => false,
    };
    !goes_on && before.last().is_none_or(|&byte| !is_word(byte))
}

/// Branches whose names say what nobody knows: those that the mirror does not show,
/// unless it shows the commit they stand at.
fn private_branches(session: &Session<'_>) -> Vec<String> {
    let images = &session.replay.images;
    let listed = &session.policy.mirror.branches;
    let is_known = |name: &str| {
        session.repo.branch(name).is_some_and(|branch| {
            let tip = session.replay.history.number(branch.tip);
            tip.is_some_and(|tip| Images::own(images, tip).is_some())
        })
    };
    session
        .repo
        .branches()
        .into_iter()
        .filter(|name| !listed.lists(name.as_bytes()) && is_a_name(name) && !is_known(name))
        .collect()
}

/// Whether the name of a branch is more than a word.
fn is_a_name(branch: &str) -> bool {
    let has = |byte: u8| byte.is_ascii_digit() || b"-_/".contains(&byte);
    branch.len() >= 6 && branch.bytes().any(has) && !EVERYBODYS.contains(&branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, word: Word, text: &str, times: usize) {
        let words = Dictionary::of(vec![(name.as_bytes().to_vec(), word)], BTreeSet::new())
            .expect("one name");
        assert_eq!(words.find(text.as_bytes()).count(), times, "{name} in {text}");
    }

    #[test]
    fn a_package_is_found_whole() {
        let check = |text, times| {
            check("acme-billing", Word::Package("acme-billing".to_owned()), text, times);
        };
        check("acme-billing", 1);
        check("use acme-billing, or (acme-billing).", 2);
        check("acme-billing = { path = \"../x\" }\n\"acme-billing\"", 2);
        check("https://acme.example/acme-billing.git", 1);
        check("acme-billing-client my-acme-billing acme-billings", 0);
        check("acme-billing_x xacme-billing Acme-Billing", 0);
    }

    #[test]
    fn a_branch_is_found_whole() {
        let check = |text, times| {
            check("cloud/acme-1.2", Word::Branch("cloud/acme-1.2".to_owned()), text, times);
        };
        check("Merge branch 'cloud/acme-1.2' into main", 1);
        check("Merge branch 'cloud/acme-1.2'.", 1);
        check("cloud/acme-1.2.3 cloud/acme-1.2/x my/cloud/acme-1.2 cloud/acme-1.23", 0);
    }

    #[test]
    fn a_term_is_found_in_any_case() {
        let check = |text, times| {
            check("Blue bird", Word::Term("Blue bird".to_owned(), 1), text, times);
        };
        check("project blue bird", 1);
        check("BLUE BIRD_TOKEN", 1);
        check("blue birds, true-blue bird", 1);
        check("blue\nbird", 0);
    }
}
