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
    /// Whether this very path meets the floor, but by another spelling only.
    alias: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Live {
    list: List,
    rule: u32,
    alternative: u32,
    component: u32,
    /// How the path so far spells the pattern; told of the floor only.
    spelling: Spelling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum List {
    Include,
    Exclude,
    Floor,
}

/// How a path spells a pattern of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Spelling {
    /// Byte for byte.
    Exact,
    /// In a form that folding makes equal: the floor holds it.
    Folded,
    /// By a short name or a backslash: the floor does not hold it.
    Disguised,
}

impl Position {
    const PRIVATE: Self = Self { live: Vec::new(), included: false, alias: false };

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
                    let first = Live {
                        list,
                        rule: at,
                        alternative: number,
                        component: 0,
                        spelling: Spelling::Exact,
                    };
                    enter(&mut live, alternative, first);
                }
            }
        }
        Self { live, ..Self::PRIVATE }.settled()
    }

    /// At the entry `name` of the directory that `self` stands for.
    #[must_use]
    pub fn descend(&self, rules: &PathRules, name: &[u8]) -> Self {
        let mut next = Self { included: self.included, ..Self::PRIVATE };
        let mut denied = false;
        let mut met = Met::default();
        for &at in &self.live {
            let alternative = alternative(rules, at);
            let pattern = match &alternative.components[at.component as usize] {
                Component::AnyDepth => {
                    enter(&mut next.live, alternative, at);
                    continue;
                }
                Component::Name(pattern) => pattern,
            };
            let spelling = match at.list {
                List::Include if pattern.matches_exact(name) => Spelling::Exact,
                List::Exclude if pattern.matches_wide(name) => Spelling::Exact,
                List::Include | List::Exclude => continue,
                List::Floor => match spelling(pattern, name) {
                    Some(spelling) => spelling.max(at.spelling),
                    None => continue,
                },
            };
            let after = Live { component: at.component + 1, spelling, ..at };
            if (after.component as usize) < alternative.components.len() {
                enter(&mut next.live, alternative, after);
                continue;
            }
            match at.list {
                List::Include => next.included = true,
                List::Exclude => denied = true,
                List::Floor => {
                    denied |= spelling != Spelling::Disguised;
                    met.note(spelling);
                }
            }
        }
        if name.contains(&b'\\') {
            self.descend_disguised(rules, name, &mut next.live, &mut met);
        }
        if denied {
            next = Self::PRIVATE;
        }
        next.alias = met.is_alias();
        next.settled()
    }

    /// What the floor says of a name that some systems read as several.
    fn descend_disguised(
        &self,
        rules: &PathRules,
        name: &[u8],
        live: &mut Vec<Live>,
        met: &mut Met,
    ) {
        let mut at: Vec<Live> =
            self.live.iter().copied().filter(|at| at.list == List::Floor).collect();
        for part in name.split(|&byte| byte == b'\\').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for at in at {
                let alternative = alternative(rules, at);
                match &alternative.components[at.component as usize] {
                    Component::AnyDepth => enter(&mut next, alternative, at),
                    Component::Name(pattern) if spelling(pattern, part).is_some() => {
                        let spelling = Spelling::Disguised;
                        let after = Live { component: at.component + 1, spelling, ..at };
                        if (after.component as usize) < alternative.components.len() {
                            enter(&mut next, alternative, after);
                        } else {
                            met.note(spelling);
                        }
                    }
                    Component::Name(_) => {}
                }
            }
            at = next;
        }
        live.extend(at.into_iter().filter(|at| at.spelling == Spelling::Disguised));
    }

    /// Whether the path itself is public.
    pub fn is_public(&self) -> bool {
        self.included
    }

    /// Whether the path meets the floor by another spelling only: after folding, by a
    /// short name, or by a backslash.
    pub fn is_alias(&self) -> bool {
        self.alias
    }

    /// Whether a path below may meet the floor, in whatever spelling. Below a path that
    /// does, or that is excluded, none does any more.
    pub fn may_meet_floor(&self) -> bool {
        self.live.iter().any(|at| at.list == List::Floor)
    }

    /// What can still happen below.
    pub fn reach(&self) -> Reach {
        let may_include = self.live.iter().any(|at| at.list == List::Include);
        match (self.included, self.live.is_empty()) {
            (true, true) => Reach::Public,
            (true, false) => Reach::Mixed,
            (false, _) if may_include => Reach::Mixed,
            (false, _) => Reach::Private,
        }
    }

    /// The same position in its one canonical form.
    fn settled(mut self) -> Self {
        if self.included {
            self.live.retain(|at| at.list != List::Include);
        } else if !self.live.iter().any(|at| at.list == List::Include) {
            // Nothing below is public, and only the floor is still of interest.
            self.live.retain(|at| at.list == List::Floor);
        }
        self.live.sort_unstable();
        self.live.dedup();
        self
    }
}

/// Which spellings of the floor a path meets.
#[derive(Default)]
struct Met {
    exact: bool,
    other: bool,
}

impl Met {
    fn note(&mut self, spelling: Spelling) {
        match spelling {
            Spelling::Exact => self.exact = true,
            Spelling::Folded | Spelling::Disguised => self.other = true,
        }
    }

    fn is_alias(&self) -> bool {
        self.other && !self.exact
    }
}

/// How `name` spells a component of the floor, if it does.
fn spelling(pattern: &Name, name: &[u8]) -> Option<Spelling> {
    if pattern.matches_exact(name) {
        Some(Spelling::Exact)
    } else if pattern.matches_wide(name) {
        Some(Spelling::Folded)
    } else if pattern.has_short_name(name) {
        Some(Spelling::Disguised)
    } else {
        None
    }
}

fn alternative(rules: &PathRules, at: Live) -> &Alternative {
    let list = match at.list {
        List::Include => rules.include(),
        List::Exclude => rules.exclude(),
        List::Floor => rules.floor(),
    };
    &list[at.rule as usize].pattern.alternatives()[at.alternative as usize]
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

    #[test]
    fn another_spelling_of_the_floor_is_an_alias() {
        let floor = ["cloud", "secrets/keys", "Vault", "vault", "**/deep.d/x"];
        let rules = rules(&["src"], &[], &floor);
        let check = |path, alias| {
            assert_eq!(at(&rules, path).is_alias(), alias, "{path}");
        };
        check("cloud", false);
        check("Cloud", true);
        check("CLOUD~1", true);
        check("CLOUD~1/x", false);
        check("clo~1", false);
        check(r"cloud\x", true);
        check(r"\cloud", true);
        check(r"x\cloud", false);
        // The floor has a line of its own for this spelling.
        check("Vault", false);
        check("VAULT", true);
        check("secrets", false);
        check("Secrets", false);
        check("Secrets/keys", true);
        check("Secrets/other", false);
        check("SECRET~1", false);
        check("SECRET~1/keys", true);
        check("secrets/keys", false);
        check("secrets/KEYS~1", true);
        check(r"secrets\keys", true);
        check(r"secrets\Keys\a", true);
        check(r"secrets\other", false);
        check(r"a\deep.d\x", true);
        check("src/deep.d", false);
        check("src/deep.d/X", true);
        check("DEEP~1.D", false);
        check("DEEP~1.D/x", true);
    }

    #[test]
    fn the_floor_may_be_met_below_where_a_pattern_of_it_is_on_its_way() {
        let rules = rules(&["src"], &["old", "ops/old"], &["cloud", "ops/keys"]);
        let check = |path, expected| {
            assert_eq!(at(&rules, path).may_meet_floor(), expected, "{path}");
        };
        check("ops", true);
        check("Ops", true);
        check("ops/keys", false);
        check("ops/Keys", false);
        check("ops/old", false);
        check("cloud", false);
        check("other", false);
        check("src", false);
        check("old", false);
    }

    /// The floor holds what folds to it, and what only some systems would take for it
    /// is told of instead.
    #[test]
    fn a_disguise_is_told_of_and_not_hidden() {
        let rules = rules(&["**"], &[], &["cloud"]);
        for path in ["cloud/x", "Cloud/x", "cloud./x"] {
            assert!(!at(&rules, path).is_public(), "{path}");
        }
        for path in ["CLOUD~1", "CLOUD~1/x", r"cloud\x", "clouds"] {
            assert!(at(&rules, path).is_public(), "{path}");
        }
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
