// SPDX-License-Identifier: Apache-2.0
//! A probe for every rule, before each run: made-up paths that the filter and the
//! verifier must both treat as the manifest says.
//!
//! For each include, exclude, floor and move rule of the policy tip a path is made
//! up that the rule matches, and one below it. A path that no rule mentions and one
//! in the built-in floor come with them. What the engine says of a whole path, what
//! it says on its way down a tree, and what the verifier says must be the same, and
//! the floor must come before exclude before include. It takes no flag to skip this,
//! and no time to speak of.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use repo_sync_shared::{Check, escape_bytes};

use crate::error::RunError;
use crate::git::Objects;
use crate::manifest::Shape;
use crate::paths::{PathRules, Position, Rule, Verdict, components};
use crate::policy::Policy;
use crate::report::RawFinding;
use crate::verify::{Path, PolicyAt, Rules, Sight, rules_at};

/// Probes the rules of the policy tip.
///
/// # Errors
/// The manifest of the policy tip cannot be read any more.
pub(crate) fn probe(objects: &Objects<'_>, policy: &Policy) -> Result<Vec<RawFinding>, RunError> {
    let mirror = &policy.mirror;
    let policy = match &policy.stand_in {
        Some(file) => PolicyAt::StandIn(file.text.clone()),
        None => PolicyAt::Commit(policy.tip),
    };
    Ok(match rules_at(objects, &policy, &mirror.name)? {
        Ok(rules) => faults(&mirror.shape, &rules, &word()),
        Err(fault) => vec![fault],
    }
    .into_iter()
    .map(|fault| RawFinding::new(Check::VerifierDisagrees, fault))
    .collect())
}

/// A name that nobody has given to anything.
fn word() -> String {
    let random = RandomState::new().build_hasher().finish();
    let letters = (0..12).map(|at| char::from(b'a' + (random >> (5 * at)) as u8 % 26));
    letters.collect()
}

/// What a probe of a rule must at least come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    OnTheFloor,
    Private,
    Mentioned,
    Anything,
}

/// Where filter and verifier differ, or do not do what the manifest says.
pub(crate) fn faults(shape: &Shape, verifier: &Rules, word: &str) -> Vec<String> {
    let rules = &shape.rules;
    let mut probes: Vec<(Vec<u8>, Wanted, String)> = Vec::new();
    let lists = [
        (rules.floor(), Wanted::OnTheFloor),
        (rules.exclude(), Wanted::Private),
        (rules.include(), Wanted::Mentioned),
    ];
    for (list, wanted) in lists {
        let made_up = |rule: &Rule| Some((example(rule.pattern.as_str(), word)?, rule.to_string()));
        for (path, rule) in list.iter().filter_map(made_up) {
            probes.push(([&path, &b"/"[..], word.as_bytes()].concat(), wanted, rule.clone()));
            probes.push((path, wanted, rule));
        }
    }
    for one in &shape.moves {
        let path = [one.from.as_bytes(), b"/", word.as_bytes()].concat();
        let path = path.strip_prefix(b"/").unwrap_or(&path).to_vec();
        probes.push((path, Wanted::Anything, format!("the move of `{}`", one.from)));
    }
    probes.push((word.as_bytes().to_vec(), Wanted::Anything, "no rule".to_owned()));
    let floor = [&b"cloud/"[..], word.as_bytes()].concat();
    probes.push((floor, Wanted::OnTheFloor, "the built-in floor".to_owned()));
    let mut faults: Vec<String> = probes
        .into_iter()
        .filter_map(|(path, wanted, rule)| fault(rules, verifier, &path, wanted, &rule))
        .collect();
    let moves = shape.moves.iter().map(|one| (one.from.as_bytes(), one.to.as_bytes()));
    if !moves.eq(verifier.moves()) {
        faults.push("filter and verifier read the moves of the policy tip differently".to_owned());
    }
    faults
}

fn fault(
    rules: &PathRules,
    verifier: &Rules,
    path: &[u8],
    wanted: Wanted,
    rule: &str,
) -> Option<String> {
    let names: Vec<&[u8]> = components(path).collect();
    let engine = match rules.verdict(path) {
        Verdict::Public(_) => Sight::Public,
        Verdict::Excluded(_) => Sight::Excluded,
        Verdict::Floor(_) => Sight::Floor,
        Verdict::Unlisted => Sight::Unlisted,
    };
    let root = Position::root(rules);
    let way_down = names.iter().fold(root, |at, name| at.descend(rules, name)).is_public();
    let other = Path::new(path).map_or(Sight::Unlisted, |path| verifier.sight(&path));
    let kept = match wanted {
        Wanted::OnTheFloor => engine == Sight::Floor,
        Wanted::Private => matches!(engine, Sight::Floor | Sight::Excluded),
        Wanted::Mentioned => engine != Sight::Unlisted,
        Wanted::Anything => true,
    };
    if engine == other && way_down == (engine == Sight::Public) && kept {
        return None;
    }
    let path = escape_bytes(path);
    let walked = if way_down { "public" } else { "private" };
    Some(format!(
        "the made-up path `{path}` (for {rule}) is {engine:?} to the filter's rules, {walked} on its way \
         down a tree, and {other:?} to the verifier"
    ))
}

/// A path that a pattern matches, with `word` where it leaves a choice; `None` where
/// we would have to guess.
fn example(pattern: &str, word: &str) -> Option<Vec<u8>> {
    let mut path = Vec::new();
    let mut text = pattern.as_bytes();
    let text_end = text.strip_suffix(b"/").unwrap_or(text);
    text = text_end;
    // How many braces are open; the first alternative of each is taken.
    let mut depth = 0_usize;
    while let [first, rest @ ..] = text {
        text = rest;
        match first {
            b'\\' => {
                let [byte, rest @ ..] = rest else { return None };
                path.push(*byte);
                text = rest;
            }
            b'*' => {
                path.extend_from_slice(word.as_bytes());
                if let [b'*', rest @ ..] = rest {
                    text = rest;
                }
            }
            b'?' => path.push(b'q'),
            b'[' => {
                let (byte, rest) = member(rest)?;
                path.push(byte);
                text = rest;
            }
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            b',' if depth > 0 => {
                text = closed(rest)?;
                depth -= 1;
            }
            byte => path.push(*byte),
        }
    }
    // An alternative may be empty, and then names could be missing.
    let whole = path.split(|&byte| byte == b'/').all(|name| !matches!(name, b"" | b"." | b".."));
    (whole && depth == 0).then_some(path)
}

/// What follows the braces in which `text` begins.
fn closed(text: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut class) = (1, false);
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'[' => class = true,
            b']' => class = false,
            _ if class => {}
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[at + 1..]);
        }
    }
    None
}

/// A letter or digit of the class in which `text` begins, and what follows it.
fn member(text: &[u8]) -> Option<(u8, &[u8])> {
    let negated = matches!(text, [b'!' | b'^', ..]);
    let members = if negated { &text[1..] } else { text };
    let end = 1 + members.iter().skip(1).position(|&byte| byte == b']')?;
    let inside = |byte: u8| {
        let mut rest = &members[..end];
        let mut found = false;
        while let [low, tail @ ..] = rest {
            (found, rest) = match tail {
                [b'-', high, tail @ ..] => (found || (low..=high).contains(&&byte), tail),
                tail => (found || *low == byte, tail),
            };
        }
        found
    };
    let simple = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z');
    let byte = simple.into_iter().find(|&byte| inside(byte) != negated)?;
    Some((byte, &members[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    #[test]
    fn a_path_is_made_up_that_the_pattern_matches() {
        check("docs/", "docs");
        check("**/*.md", "word/word.md");
        check("a?/[!a-c]x/[b-]", "aq/dx/b");
        check("{a,b/{c,d}}/e", "a/e");
        check("x{b/{c,d},a}/e", "xb/c/e");
        check(r"\*\{", "*{");
        assert_eq!(example("{,a}", "word"), None);
        assert_eq!(example("[+]", "word"), None);
    }

    #[track_caller]
    fn check(pattern: &str, expected: &str) {
        let path = example(pattern, "word").map(|path| String::from_utf8_lossy(&path).into_owned());
        assert_eq!(path.as_deref(), Some(expected), "{pattern}");
    }

    /// A manifest of these lists, as the engine and as the verifier reads it; `None`
    /// where the engine does not take it.
    fn read(include: &[String], exclude: &[String], floor: &[String]) -> Option<(Shape, Rules)> {
        let list = |texts: &[String]| toml::Value::from(texts.to_vec());
        let mirror = toml::Table::from_iter([("branches".to_owned(), list(&["main".to_owned()]))]);
        let mirrors = toml::Table::from_iter([("public".to_owned(), mirror.into())]);
        let table = toml::Table::from_iter([
            ("version".to_owned(), 1.into()),
            ("include".to_owned(), list(include)),
            ("exclude".to_owned(), list(exclude)),
            ("private".to_owned(), list(floor)),
            ("mirror".to_owned(), mirrors.into()),
        ]);
        let text = table.to_string();
        let manifest = Manifest::parse(text.as_bytes(), "sync.toml").ok()?;
        let shape = Shape::clone(&manifest.mirrors[0].shape);
        let rules = Rules::read(text.as_bytes(), &["public".to_owned()]);
        let rules = rules.unwrap_or_else(|fault| panic!("only the engine takes {text}: {fault}"));
        Some((shape, rules.expect("it names the mirror")))
    }

    #[test]
    fn filter_and_verifier_agree_on_what_is_made_up() {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let include = texts(&["crates", "{docs,notes}/**", "*.m[a-d]", "cloud?/x"]);
        let (shape, rules) =
            read(&include, &texts(&["**/.env*", "docs/Internal"]), &texts(&["secrets"]))
                .expect("it is a manifest");
        assert_eq!(faults(&shape, &rules, &word()), Vec::<String>::new());
        // Another verifier, or another filter, is found out.
        let (_, other) = read(&include, &[], &texts(&["secrets"])).expect("it is a manifest");
        assert!(faults(&shape, &other, &word()).iter().any(|fault| fault.contains(".env")));
        let (_, other) = read(&[], &[], &texts(&["secrets"])).expect("it is a manifest");
        assert!(!faults(&shape, &other, &word()).is_empty());
    }

    /// The two readings of patterns, held against each other on random patterns and
    /// paths. `REPO_SYNC_PATTERNS` says on how many sets of rules.
    #[test]
    fn two_readings_of_the_rules_are_one() {
        const PARTS: [&str; 30] = [
            "a",
            "b",
            "A",
            "ab",
            "*",
            "**",
            "a*",
            "*b*",
            "?",
            "??",
            "{a,b}",
            "{a,b/{c,*}}",
            "[ab]",
            "[!a]",
            "[a-c]b",
            "[^B-D]",
            "[]a]",
            "c.",
            "Stra\u{df}e",
            "\u{e9}",
            "e\u{301}",
            "a\u{200d}b",
            r"\*",
            r"\[a",
            "[\u{e9}]",
            "CLOUD",
            "*.rs",
            ".*",
            "x{,y}z",
            "[a-]",
        ];
        const NAMES: [&[u8]; 26] = [
            b"a",
            b"b",
            b"A",
            b"B",
            b"ab",
            b"Ab",
            b"aB.",
            b"c",
            b"C. ",
            b"abc",
            b"]",
            b"-",
            b"*",
            b"[a",
            "STRASSE".as_bytes(),
            "\u{e9}".as_bytes(),
            "E\u{301}".as_bytes(),
            b"\xc3",
            b"\xe9",
            "A\u{200d}b".as_bytes(),
            b"cloud",
            b"x.rs",
            b".rs",
            b"xz",
            b"xyz",
            b"...",
        ];
        let rounds = std::env::var("REPO_SYNC_PATTERNS").ok().and_then(|text| text.parse().ok());
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..rounds.unwrap_or(1_500) {
            let mut list = |most: usize| -> Vec<String> {
                let mut pattern = || {
                    let parts = (0..random.usize(1..4)).map(|_| PARTS[random.usize(..PARTS.len())]);
                    parts.collect::<Vec<_>>().join("/")
                };
                (0..most).map(|_| pattern()).collect()
            };
            let lists = [list(3), list(2), list(1)];
            let Some((shape, rules)) = read(&lists[0], &lists[1], &lists[2]) else { continue };
            for _ in 0..30 {
                let path: Vec<&[u8]> =
                    (0..random.usize(1..5)).map(|_| NAMES[random.usize(..NAMES.len())]).collect();
                let path = path.join(&b'/');
                let fault = fault(&shape.rules, &rules, &path, Wanted::Anything, "random");
                assert_eq!(fault, None, "{lists:?}");
            }
            assert_eq!(faults(&shape, &rules, "word"), Vec::<String>::new(), "{lists:?}");
        }
    }
}
