// SPDX-License-Identifier: Apache-2.0
//! Path rules: one line is a path, the others are include, exclude and floor
//! patterns in turn.

use crate::paths::{Origin, PathRules, Pattern, Position, Rule, Verdict, components};
use crate::verify::{Sight, readings};

/// Engine and verifier agree on what a pattern is, and on every path; and the engine
/// says the same of a path whether it is asked at once or on the way down a tree.
pub fn patterns(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(crate::fuzzing::halves(data).0) else { return };
    let (path, texts) = text.split_once('\n').unwrap_or((text, ""));
    let path = components(path.as_bytes()).collect::<Vec<_>>().join(&b'/');
    let mut lists: [Vec<&str>; 3] = Default::default();
    for (text, turn) in texts.lines().zip([0, 1, 2].into_iter().cycle()) {
        let parsed = Pattern::parse(text);
        assert_eq!(parsed.is_ok(), readings::is_pattern(text), "`{text}`: {parsed:?}");
        let Ok(pattern) = parsed else { continue };
        assert_eq!(
            pattern.matches_whole(&path),
            readings::matches_name(text, &path),
            "`{text}` on a whole name"
        );
        if let Some(own) = pattern.as_path() {
            assert!(pattern.matches_exact(&own), "`{text}` does not match what it names");
        }
        lists[turn].push(text);
    }
    if path.is_empty() {
        return;
    }
    let texts = lists.each_ref().map(Vec::as_slice);
    let [include, exclude, floor] = texts.map(|list| list.iter().map(rule).collect());
    let rules = PathRules::new(include, exclude, floor);
    let verdict = rules.verdict(&path);
    let ours = match verdict {
        Verdict::Public(_) => Sight::Public,
        Verdict::Excluded(_) => Sight::Excluded,
        Verdict::Floor(_) => Sight::Floor,
        Verdict::Unlisted => Sight::Unlisted,
    };
    assert_eq!(Some(ours), readings::sight(texts, &path), "{texts:?} on {path:?}");
    let root = Position::root(&rules);
    let at = components(&path).fold(root, |at, name| at.descend(&rules, name));
    assert_eq!(at.is_public(), verdict.is_public(), "{texts:?} on the way to {path:?}");
}

fn rule(text: &&str) -> Rule {
    let pattern = Pattern::parse(text).expect("only patterns are in the lists");
    Rule { pattern, origin: Origin::BuiltIn }
}
