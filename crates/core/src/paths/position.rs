// SPDX-License-Identifier: Apache-2.0
//! The rules while walking down a tree: which patterns are still in play.

use super::PathRules;
use super::glob::Name;
use super::pattern::{Alternative, Component};

/// What can still happen at and below a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it is public.
    Public,
    /// All of it is private.
    Private,
    /// The rules may tell entries apart.
    Mixed,
}

/// How far each pattern has got on the way from the root to one path.
///
/// Two directories with equal positions are treated alike, so a position and a
/// tree id together are a key for what filtering makes of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The next component to match, of each alternative that is still in play.
    live: Vec<Live>,
    included: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Live {
    list: List,
    rule: u32,
    alternative: u32,
    component: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum List {
    Include,
    Exclude,
    Floor,
}

impl List {
    fn matches(self, pattern: &Name, name: &[u8]) -> bool {
        match self {
            Self::Include => pattern.matches_exact(name),
            Self::Exclude | Self::Floor => pattern.matches_wide(name),
        }
    }
}

impl Position {
    const PRIVATE: Self = Self { live: Vec::new(), included: false };

    /// At the root of the repository.
    pub fn root(rules: &PathRules) -> Self {
        let lists = [
            (List::Include, rules.include()),
            (List::Exclude, rules.exclude()),
            (List::Floor, rules.floor()),
        ];
        let mut live = Vec::new();
        for (list, rules) in lists {
            for (rule, at) in rules.iter().zip(0..) {
                for (alternative, number) in rule.pattern.alternatives().iter().zip(0..) {
                    let first = Live { list, rule: at, alternative: number, component: 0 };
                    enter(&mut live, alternative, first);
                }
            }
        }
        Self { live, included: false }.settled()
    }

    /// At the entry `name` of the directory that `self` stands for.
    #[must_use]
    pub fn descend(&self, rules: &PathRules, name: &[u8]) -> Self {
        let mut next = Self { live: Vec::new(), included: self.included };
        for &at in &self.live {
            let list = match at.list {
                List::Include => rules.include(),
                List::Exclude => rules.exclude(),
                List::Floor => rules.floor(),
            };
            let alternative =
                &list[at.rule as usize].pattern.alternatives()[at.alternative as usize];
            match &alternative.components[at.component as usize] {
                Component::AnyDepth => enter(&mut next.live, alternative, at),
                Component::Name(pattern) if at.list.matches(pattern, name) => {
                    let after = Live { component: at.component + 1, ..at };
                    if (after.component as usize) < alternative.components.len() {
                        enter(&mut next.live, alternative, after);
                    } else {
                        match at.list {
                            List::Include => next.included = true,
                            List::Exclude | List::Floor => return Self::PRIVATE,
                        }
                    }
                }
                Component::Name(_) => {}
            }
        }
        next.settled()
    }

    /// Whether the path itself is public.
    pub fn is_public(&self) -> bool {
        self.included
    }

    /// What can still happen below.
    pub fn reach(&self) -> Reach {
        match (self.included, self.live.is_empty()) {
            (true, true) => Reach::Public,
            (false, true) => Reach::Private,
            (_, false) => Reach::Mixed,
        }
    }

    /// The same position in its one canonical form.
    fn settled(mut self) -> Self {
        if self.included {
            self.live.retain(|at| at.list != List::Include);
        } else if !self.live.iter().any(|at| at.list == List::Include) {
            return Self::PRIVATE;
        }
        self.live.sort_unstable();
        self.live.dedup();
        self
    }
}

/// Adds `at` and every component that `**` lets the match skip to.
fn enter(live: &mut Vec<Live>, alternative: &Alternative, at: Live) {
    for (component, number) in alternative.components.iter().zip(0..).skip(at.component as usize) {
        live.push(Live { component: number, ..at });
        if matches!(component, Component::Name(_)) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::{Origin, Pattern, Rule};

    fn rules(include: &[&str], exclude: &[&str], floor: &[&str]) -> PathRules {
        let list = |texts: &[&str]| {
            let rule = |text: &&str| Rule {
                pattern: Pattern::parse(text).expect("the row holds a pattern"),
                origin: Origin::BuiltIn,
            };
            texts.iter().map(rule).collect()
        };
        PathRules::new(list(include), list(exclude), list(floor))
    }

    fn at(rules: &PathRules, path: &str) -> Position {
        let root = Position::root(rules);
        path.split('/').fold(root, |at, name| at.descend(rules, name.as_bytes()))
    }

    #[test]
    fn the_walk_stops_where_nothing_can_differ() {
        let rules = rules(&["crates", "docs/*.md"], &["crates/*/private"], &["cloud"]);
        let check = |path, reach| assert_eq!(at(&rules, path).reach(), reach, "{path}");
        check("cloud", Reach::Private);
        check("other", Reach::Private);
        check("crates", Reach::Mixed);
        check("crates/core", Reach::Mixed);
        check("crates/core/src", Reach::Public);
        check("crates/core/private", Reach::Private);
        check("docs", Reach::Mixed);
        check("docs/a.md", Reach::Public);
        check("docs/a.txt", Reach::Private);
    }

    /// The walk and the verdict are two readings of the same rules.
    #[test]
    fn the_walk_agrees_with_the_verdict() {
        let mut random = fastrand::Rng::with_seed(7);
        let names = ["a", "b", "A", "ab", "b.", "c"];
        let parts = ["a", "b", "*", "**", "a*", "?", "{a,b}", "[ab]", "c"];
        let pattern = |random: &mut fastrand::Rng| {
            let parts: Vec<_> = (0..random.usize(1..4))
                .map(|_| *random.choice(&parts).expect("not empty"))
                .collect();
            parts.join("/")
        };
        for _ in 0..2_000 {
            let mut list = |most| {
                (0..random.usize(0..=most)).map(|_| pattern(&mut random)).collect::<Vec<_>>()
            };
            let texts = [list(3), list(2), list(1)];
            let refs =
                texts.each_ref().map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
            let rules = rules(&refs[0], &refs[1], &refs[2]);
            for _ in 0..20 {
                let path: Vec<_> = (0..random.usize(1..5))
                    .map(|_| *random.choice(&names).expect("not empty"))
                    .collect();
                let path = path.join("/");
                let verdict = rules.verdict(path.as_bytes());
                assert_eq!(
                    at(&rules, &path).is_public(),
                    verdict.is_public(),
                    "{texts:?} on {path}: {verdict}"
                );
            }
        }
    }
}
