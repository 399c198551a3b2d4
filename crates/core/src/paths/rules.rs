// SPDX-License-Identifier: Apache-2.0
//! The path rules of one manifest, and their verdict on a path.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::pattern::Pattern;

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it always holds.
    BuiltIn,
    /// On this line of the manifest, counted from 1.
    Line(u32),
}

/// A pattern and its place in the manifest.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it matches.
    pub pattern: Pattern,
    /// Where it was written.
    pub origin: Origin,
}

/// Two rules are equal when they say the same, wherever they stand: what they
/// make public is the same.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Rule {}

impl Hash for Rule {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
    }
}

/// As a report names it: ``sync.toml:9 `cloud` ``.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::BuiltIn => write!(f, "built-in `{}`", self.pattern),
            Origin::Line(line) => write!(f, "sync.toml:{line} `{}`", self.pattern),
        }
    }
}

/// Whether a path may be seen in the mirror, and which rule says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'r> {
    /// An include rule matches, and no other.
    Public(&'r Rule),
    /// An exclude rule matches.
    Excluded(&'r Rule),
    /// It lies on the floor.
    Floor(&'r Rule),
    /// No rule mentions it, so it is held back.
    Unlisted,
}

impl<'r> Verdict<'r> {
    /// Whether the path may be seen.
    pub fn is_public(self) -> bool {
        match self {
            Self::Public(_) => true,
            Self::Excluded(_) | Self::Floor(_) | Self::Unlisted => false,
        }
    }

    /// The rule that decided, if one did.
    pub fn rule(self) -> Option<&'r Rule> {
        match self {
            Self::Public(rule) | Self::Excluded(rule) | Self::Floor(rule) => Some(rule),
            Self::Unlisted => None,
        }
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public(rule) => write!(f, "public, included by {rule}"),
            Self::Excluded(rule) => write!(f, "private, excluded by {rule}"),
            Self::Floor(rule) => write!(f, "private, on the floor by {rule}"),
            Self::Unlisted => write!(f, "private, no rule mentions it"),
        }
    }
}

/// The include, exclude and floor patterns of a manifest, for one mirror.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathRules {
    include: Vec<Rule>,
    exclude: Vec<Rule>,
    floor: Vec<Rule>,
}

impl PathRules {
    /// Rules in the order in which they were written.
    pub fn new(include: Vec<Rule>, exclude: Vec<Rule>, floor: Vec<Rule>) -> Self {
        Self { include, exclude, floor }
    }

    /// What may be public.
    pub fn include(&self) -> &[Rule] {
        &self.include
    }

    /// What of it is held back.
    pub fn exclude(&self) -> &[Rule] {
        &self.exclude
    }

    /// What is never public.
    pub fn floor(&self) -> &[Rule] {
        &self.floor
    }

    /// The verdict on a private path: floor before exclude before include, and in
    /// each the rule that stands first.
    pub fn verdict(&self, path: &[u8]) -> Verdict<'_> {
        if let Some(rule) = self.floor_rule(path) {
            return Verdict::Floor(rule);
        }
        if let Some(rule) = self.exclude.iter().find(|rule| rule.pattern.matches_wide(path)) {
            return Verdict::Excluded(rule);
        }
        match self.include.iter().find(|rule| rule.pattern.matches_exact(path)) {
            Some(rule) => Verdict::Public(rule),
            None => Verdict::Unlisted,
        }
    }

    /// The floor rule that matches the path, if one does; one that is written down
    /// before one that always holds, for a person looks for the line.
    pub fn floor_rule(&self, path: &[u8]) -> Option<&Rule> {
        let mut matching = self.floor.iter().filter(|rule| rule.pattern.matches_wide(path));
        let first = matching.next()?;
        match first.origin {
            Origin::Line(_) => Some(first),
            Origin::BuiltIn => {
                Some(matching.find(|rule| rule.origin != Origin::BuiltIn).unwrap_or(first))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_private_and_the_floor_wins() {
        check("docs/a.md", "public, included by sync.toml:1 `docs`");
        check("docs/internal/a.md", "private, excluded by sync.toml:2 `docs/internal`");
        check("docs/INTERNAL/a.md", "private, excluded by sync.toml:2 `docs/internal`");
        check("cloud/a.rs", "private, on the floor by built-in `cloud`");
        check("Cloud./a.rs", "private, on the floor by built-in `cloud`");
        check("sync.toml", "private, on the floor by sync.toml:3 `sync.toml`");
        check("cloudy/a.rs", "private, no rule mentions it");
        check("DOCS/a.md", "private, no rule mentions it");
    }

    #[test]
    fn rules_are_equal_when_they_say_the_same() {
        let rule = |text: &str, line| Rule {
            pattern: Pattern::parse(text).expect("the row holds a pattern"),
            origin: Origin::Line(line),
        };
        assert_eq!(rule("docs", 1), rule("docs", 2));
        assert_ne!(rule("docs", 1), rule("doc", 1));
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let rule = |text: &str, origin| Rule {
            pattern: Pattern::parse(text).expect("the row holds a pattern"),
            origin,
        };
        let rules = PathRules::new(
            vec![rule("docs", Origin::Line(1)), rule("cloud/open", Origin::Line(1))],
            vec![rule("docs/internal", Origin::Line(2))],
            vec![
                rule("cloud", Origin::BuiltIn),
                rule("sync.toml", Origin::BuiltIn),
                rule("sync.toml", Origin::Line(3)),
            ],
        );
        assert_eq!(rules.verdict(path.as_bytes()).to_string(), expected);
    }
}
