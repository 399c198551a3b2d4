// SPDX-License-Identifier: Apache-2.0
//! The built-in rules: what the tokens, keys and passwords of common services look
//! like, as their vendors describe them.
//!
//! A rule is in here if it is nearly never wrong. Most tokens have a prefix that was
//! made for being found; what has none is taken only beside a word that says what it
//! is.

mod cloud;
mod forges;
mod generic;
mod keys;
mod packages;
mod services;

use std::sync::Arc;

use super::pattern::Pattern;
use super::rule::{Allowlist, Rule, Target};

/// A rule as it is written down.
struct BuiltIn {
    id: &'static str,
    description: &'static str,
    /// Lower-case words. Each match has one of them in it.
    keywords: &'static [&'static str],
    /// If it has groups, the first with something in it is the secret.
    regex: &'static str,
    /// A secret with no more bits per byte is none; random text has more.
    entropy: f64,
    /// No match that one of these matches is a secret.
    except: &'static [&'static str],
    /// No secret that one of these matches is one.
    except_secret: &'static [&'static str],
}

/// A token that is known by its own form, most of all by its prefix.
const fn token(
    id: &'static str,
    description: &'static str,
    keywords: &'static [&'static str],
    regex: &'static str,
    entropy: f64,
) -> BuiltIn {
    BuiltIn { id, description, keywords, regex, entropy, except: &[], except_secret: &[] }
}

/// Words that are in examples and templates, and in no random text.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "placeholder",
    "xxxx",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "dummy",
    "sample",
    "your_",
    "your-",
    "insert",
    "123456789",
    "abcdefgh",
    "fffffff",
    "0000000",
    "****",
    "...",
    "<",
    "{{",
    "${",
];

/// The rules, but for those with these ids.
pub(super) fn built_in(without: &[&str]) -> Vec<Rule> {
    let placeholders = Arc::new(Allowlist {
        stopwords: PLACEHOLDERS.iter().map(|word| word.as_bytes().to_vec()).collect(),
        ..Allowlist::default()
    });
    table()
        .filter(|rule| !without.contains(&rule.id))
        .map(|rule| read(rule, &placeholders))
        .collect()
}

fn table() -> impl Iterator<Item = &'static BuiltIn> {
    [cloud::RULES, forges::RULES, packages::RULES, services::RULES, keys::RULES, generic::RULES]
        .into_iter()
        .flatten()
}

fn read(rule: &BuiltIn, placeholders: &Arc<Allowlist>) -> Rule {
    let keywords: Vec<_> = rule.keywords.iter().map(|word| word.as_bytes().to_vec()).collect();
    let mut allowlists = vec![Arc::clone(placeholders)];
    for (target, regexes) in [(Target::Match, rule.except), (Target::Secret, rule.except_secret)] {
        if !regexes.is_empty() {
            let regexes = regexes.iter().map(|regex| pattern(regex, &[])).collect();
            allowlists.push(Arc::new(Allowlist { target, regexes, ..Allowlist::default() }));
        }
    }
    Rule {
        id: rule.id.into(),
        description: rule.description.to_owned(),
        pattern: Some(pattern(rule.regex, &keywords)),
        keywords,
        path: None,
        group: 0,
        entropy: (rule.entropy > 0.0).then_some(rule.entropy),
        allowlists,
    }
}

fn pattern(regex: &str, words: &[Vec<u8>]) -> Pattern {
    Pattern::known(regex, words).expect("a test compiles every rule of the table")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_is_sound() {
        let mut ids = BTreeSet::new();
        for rule in table() {
            let id = rule.id;
            assert!(ids.insert(id), "{id} is there twice");
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || b"-".contains(&byte)));
            assert!(!rule.description.is_empty() && !rule.description.ends_with('.'), "{id}");
            assert!(rule.keywords.iter().all(|word| *word == word.to_ascii_lowercase()), "{id}");
        }
        assert!(ids.len() >= 60);
    }

    #[test]
    fn every_pattern_compiles() {
        let compiles = |regex| Pattern::new(regex, &[]).is_ok();
        for rule in table() {
            let mut regexes = [rule.except, rule.except_secret].into_iter().flatten();
            assert!(compiles(rule.regex) && regexes.all(|regex| compiles(regex)), "{}", rule.id);
        }
    }

    /// **Invariant:** a built-in rule is tried only around its keywords: each match has
    /// one in it, and spans few lines.
    #[test]
    fn every_match_has_a_keyword_in_it() {
        let elsewhere = built_in(&[]).into_iter().filter(|rule| {
            let reach = rule.pattern.as_ref().and_then(Pattern::reach);
            reach.is_none() || rule.has_remote_keywords()
        });
        assert_eq!(elsewhere.map(|rule| rule.id.to_string()).collect::<Vec<_>>(), [""; 0]);
    }
}
