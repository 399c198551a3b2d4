// SPDX-License-Identifier: Apache-2.0
//! Patterns, matched the slow and obvious way.
//!
//! A pattern is expanded, split, and tried by recursion, one byte at a time;
//! nothing is compiled and nothing remembered.

use unicode_normalization::UnicodeNormalization as _;

/// One pattern of a manifest as its alternatives, each split into components.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    alternatives: Vec<Vec<Vec<u8>>>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let split = |text: Vec<u8>| -> Vec<Vec<u8>> {
            let components = text.split(|&byte| byte == b'/');
            components.filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect()
        };
        Self { alternatives: expand_braces(text.as_bytes()).into_iter().map(split).collect() }
    }

    /// Whether it matches the path or one of its parent directories, byte for byte.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        self.matches_components(&components(path), |part| part.to_vec())
    }

    /// The same, or the folded path matches the folded pattern.
    pub(crate) fn matches_wide(&self, path: &[u8]) -> bool {
        let folded: Vec<_> = components(path).iter().map(|part| fold(part)).collect();
        self.matches(path) || self.matches_components(&folded, fold)
    }

    /// Whether it matches a whole branch or tag name.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        let name = components(name.as_bytes());
        self.alternatives.iter().any(|pattern| match_components(pattern, &name))
    }

    fn matches_components(&self, path: &[Vec<u8>], change: impl Fn(&[u8]) -> Vec<u8>) -> bool {
        self.alternatives.iter().any(|pattern| {
            let pattern: Vec<_> = pattern.iter().map(|part| change(part)).collect();
            (1..=path.len()).any(|depth| match_components(&pattern, &path[..depth]))
        })
    }
}

fn components(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|&byte| byte == b'/').map(<[u8]>::to_vec).collect()
}

/// `a{b,c}d` is `abd` and `acd`; braces may nest.
fn expand_braces(text: &[u8]) -> Vec<Vec<u8>> {
    let Some(open) = text.iter().position(|&byte| byte == b'{') else {
        return vec![text.to_vec()];
    };
    let (mut depth, mut begin, mut choices, mut close) = (0, open + 1, Vec::new(), text.len());
    for (at, &byte) in text.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                choices.push(&text[begin..at]);
                begin = at + 1;
            }
            b'}' if depth == 1 => {
                choices.push(&text[begin..at]);
                close = at;
                break;
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    let whole = |choice: &[u8]| [&text[..open], choice, &text[close + 1..]].concat();
    choices.into_iter().flat_map(|choice| expand_braces(&whole(choice))).collect()
}

fn match_components(pattern: &[Vec<u8>], path: &[Vec<u8>]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some((first, rest)), _) if first == b"**" => {
            match_components(rest, path)
                || !path.is_empty() && match_components(pattern, &path[1..])
        }
        (Some(_), None) => false,
        (Some((first, rest)), Some((part, below))) => {
            match_bytes(first, part) && match_components(rest, below)
        }
    }
}

fn match_bytes(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            match_bytes(&pattern[1..], text) || !text.is_empty() && match_bytes(pattern, &text[1..])
        }
        (Some(b'?'), Some(_)) => match_bytes(&pattern[1..], &text[1..]),
        (Some(b'['), Some(&byte)) => {
            // The first byte of a class is a member even if it is a bracket.
            let end = 2 + pattern[2..].iter().position(|&b| b == b']').expect("a class is closed");
            match_class(&pattern[1..end], byte) && match_bytes(&pattern[end + 1..], &text[1..])
        }
        (Some(wanted), Some(found)) => wanted == found && match_bytes(&pattern[1..], &text[1..]),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn match_class(class: &[u8], byte: u8) -> bool {
    let negated = matches!(class.first(), Some(b'!' | b'^'));
    let mut members = if negated { &class[1..] } else { class };
    let mut found = false;
    while let [low, rest @ ..] = members {
        if let [b'-', high, rest @ ..] = rest {
            found |= (*low..=*high).contains(&byte);
            members = rest;
        } else {
            found |= *low == byte;
            members = rest;
        }
    }
    found != negated
}

/// What a careless file system may take a component for.
pub(crate) fn fold(component: &[u8]) -> Vec<u8> {
    let mut folded = match std::str::from_utf8(component) {
        Ok(text) => {
            let lower = caseless::default_case_fold_str(text);
            lower.nfc().filter(|&c| !is_ignorable(c)).collect::<String>().into_bytes()
        }
        Err(_) => component.to_ascii_lowercase(),
    };
    while folded.last().is_some_and(|last| matches!(last, b'.' | b' ')) {
        folded.pop();
    }
    folded
}

/// The code points that git says HFS+ ignores.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_path_or_a_parent() {
        for same in ["docs", "docs/", "docs/**"] {
            check(same, "docs", true);
            check(same, "docs/a/b", true);
            check(same, "src/docs", false);
        }
        check("*.md", "README.md", true);
        check("*.md", "docs/tour.md", false);
        check("**/*.md", "docs/tour.md", true);
        check("a/**/z", "a/z", true);
        check("a/**/z", "a/b/c/z/y", true);
        check("{a,b/{c,d}}/e", "b/d/e", true);
        check("{a,b/{c,d}}/e", "b/e", false);
        check("v[0-9].?", "v1.x", true);
        check("v[!0-9]", "v1", false);
        check("Docs", "docs", false);
    }

    #[test]
    fn a_wide_match_sees_through_a_careless_file_system() {
        for path in ["cloud", "CLOUD/x", "cl\u{200d}oud", "Cloud. /y"] {
            assert!(Pattern::new("cloud").matches_wide(path.as_bytes()), "{path}");
        }
        assert!(Pattern::new("Stra\u{df}e").matches_wide(b"STRASSE/1"));
        assert!(!Pattern::new("cloud").matches_wide(b"clouds"));
    }

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: bool) {
        let found = Pattern::new(pattern).matches(path.as_bytes());
        assert_eq!(found, expected, "{pattern} on {path}");
    }
}
