// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of patterns: expanded, split, and tried by
//! backtracking, byte by byte.
//!
//! [`Pattern`] answers for one path at a time and remembers nothing. A pattern
//! matches a path if it matches the path or one of its parent directories.

use super::fold::fold;

/// The most alternatives that the braces of one pattern may stand for.
const MOST: usize = 1_000;

/// A pattern, its braces expanded.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    alternatives: Vec<Vec<Part>>,
}

/// What stands between two slashes.
#[derive(Clone, Debug)]
enum Part {
    /// `**`: any number of components, also none.
    Deep,
    /// One component, as it is written and as it folds.
    One { exact: Vec<Token>, folded: Vec<Token> },
}

/// What matches a byte, or a run of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// `*`
    Run,
    /// `?`
    Any,
    /// The byte itself.
    Byte(u8),
    /// `[a-z]`: whether it is negated, and the ranges.
    Class(bool, Vec<(u8, u8)>),
}

/// How the bytes of a component are held against a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Byte for byte: include patterns, and names of refs.
    Exact,
    /// Byte for byte, or both folded: exclude and floor patterns.
    Wide,
}

/// A path that patterns are tried on.
#[derive(Clone, Debug)]
pub(crate) struct Path<'p> {
    names: Vec<Name<'p>>,
}

/// A component of a path.
#[derive(Clone, Debug)]
struct Name<'p> {
    exact: &'p [u8],
    folded: Vec<u8>,
}

impl<'p> Path<'p> {
    /// The path of these bytes; `None` for the root, which no pattern could match.
    pub(crate) fn new(path: &'p [u8]) -> Option<Self> {
        let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let names: Vec<_> = names.map(|name| Name { exact: name, folded: fold(name) }).collect();
        (!names.is_empty()).then_some(Self { names })
    }
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.starts_with('!') {
            return Err(format!("`{text}` is negated"));
        }
        let expanded = expand(text.as_bytes())?;
        let split = |text: &Vec<u8>| {
            let text = text.strip_suffix(b"/").unwrap_or(text);
            text.split(|&byte| byte == b'/').map(part).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { alternatives: expanded.iter().map(split).collect::<Result<_, _>>()? })
    }

    /// Whether it matches the path, or a parent of it.
    pub(crate) fn matches(&self, path: &Path<'_>, reading: Reading) -> bool {
        self.alternatives.iter().any(|parts| matches_start(parts, &path.names, reading))
    }

    /// Whether it matches the whole name of a branch or tag.
    pub(crate) fn matches_name(&self, name: &[u8]) -> bool {
        let names: Vec<_> = name.split(|&byte| byte == b'/').collect();
        self.alternatives.iter().any(|parts| matches_all(parts, &names))
    }

    /// Whether it could match something below the path, byte for byte.
    pub(crate) fn reaches_below(&self, path: &Path<'_>) -> bool {
        self.alternatives.iter().any(|parts| leads_on(parts, &path.names))
    }
}

/// Whether the parts match the first of the names: some, or all of them.
fn matches_start(parts: &[Part], names: &[Name<'_>], reading: Reading) -> bool {
    matches(parts, names.len(), false, |exact, folded, at| {
        let name = &names[at];
        bytes(exact, name.exact) || reading == Reading::Wide && bytes(folded, &name.folded)
    })
}

/// Whether the parts match all of the names, byte for byte.
fn matches_all(parts: &[Part], names: &[&[u8]]) -> bool {
    matches(parts, names.len(), true, |exact, _, at| bytes(exact, names[at]))
}

/// Goes on from the last `**` whenever a name does not fit, so that no pattern takes
/// long.
fn matches(
    parts: &[Part],
    names: usize,
    whole: bool,
    fits: impl Fn(&[Token], &[Token], usize) -> bool,
) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut deep = None;
    loop {
        match parts.get(part) {
            None if !whole || at == names => return true,
            Some(Part::Deep) => {
                deep = Some((part + 1, at));
                part += 1;
            }
            Some(Part::One { exact, folded }) if at < names && fits(exact, folded, at) => {
                part += 1;
                at += 1;
            }
            Some(Part::One { .. }) | None => match deep {
                Some((after, from)) if from < names => {
                    deep = Some((after, from + 1));
                    (part, at) = (after, from + 1);
                }
                Some(_) | None => return false,
            },
        }
    }
}

/// Whether more of the parts would be left, were the path all matched.
fn leads_on(parts: &[Part], path: &[Name<'_>]) -> bool {
    match (parts, path) {
        ([], _) => false,
        ([Part::Deep, ..], _) | (_, []) => true,
        ([Part::One { exact, .. }, rest @ ..], [name, below @ ..]) => {
            bytes(exact, name.exact) && leads_on(rest, below)
        }
    }
}

/// Goes on from the last star whenever a byte does not fit, so that no pattern
/// takes long.
fn bytes(tokens: &[Token], name: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut star = None;
    while at < name.len() {
        match tokens.get(token) {
            Some(Token::Run) => {
                star = Some((token, at));
                token += 1;
            }
            Some(one) if one.takes(name[at]) => {
                token += 1;
                at += 1;
            }
            Some(_) | None => {
                let Some((run, from)) = star else { return false };
                star = Some((run, from + 1));
                (token, at) = (run + 1, from + 1);
            }
        }
    }
    tokens[token..].iter().all(|token| *token == Token::Run)
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Run | Self::Any => true,
            Self::Byte(own) => *own == byte,
            Self::Class(negated, ranges) => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&&byte)) != *negated
            }
        }
    }
}

fn part(text: &[u8]) -> Result<Part, String> {
    let shown = || String::from_utf8_lossy(text).into_owned();
    match text {
        b"" => Err("a component is empty".to_owned()),
        b"." | b".." => Err(format!("a component is `{}`", shown())),
        b"**" => Ok(Part::Deep),
        text if text.windows(2).any(|pair| pair == b"**") => {
            Err(format!("`**` is only a part of `{}`", shown()))
        }
        text => {
            let exact = tokens(text)?;
            // Folding may cut an escape or a class in two; then only the raw reading holds.
            let folded = tokens(&fold(text)).unwrap_or_else(|_| exact.clone());
            Ok(Part::One { exact, folded })
        }
    }
}

fn tokens(mut text: &[u8]) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    while let [first, rest @ ..] = text {
        text = rest;
        tokens.push(match first {
            b'*' => Token::Run,
            b'?' => Token::Any,
            b'\\' => {
                let [byte, rest @ ..] = rest else {
                    return Err("nothing follows a backslash".to_owned());
                };
                text = rest;
                Token::Byte(*byte)
            }
            b'[' => {
                let (class, rest) = class(rest)?;
                text = rest;
                class
            }
            byte => Token::Byte(*byte),
        });
    }
    Ok(tokens)
}

/// The class whose opening bracket stands before `text`, and what follows it.
fn class(text: &[u8]) -> Result<(Token, &[u8]), String> {
    let negated = matches!(text, [b'!' | b'^', ..]);
    let members = if negated { &text[1..] } else { text };
    // A bracket that comes first is a member.
    let end = members.iter().skip(1).position(|&byte| byte == b']');
    let end = end.ok_or_else(|| "a class is not closed".to_owned())? + 1;
    let (mut rest, after) = (&members[..end], &members[end + 1..]);
    if rest.contains(&b'\\') {
        return Err("a class holds a backslash".to_owned());
    }
    if !rest.is_ascii() {
        return Err("a class holds a character of more than one byte".to_owned());
    }
    let mut ranges = Vec::new();
    while let [low, tail @ ..] = rest {
        rest = tail;
        let mut high = *low;
        if let [b'-', last, tail @ ..] = rest {
            (high, rest) = (*last, tail);
            if matches!(rest, [b'-', _, ..]) {
                return Err("a range of a class begins where another ends".to_owned());
            }
        }
        if high < *low {
            return Err("a range of a class is backwards".to_owned());
        }
        ranges.push((*low, high));
    }
    Ok((Token::Class(negated, ranges), after))
}

/// `a{b,c}d` is `abd` and `acd`; not where a brace is escaped or in a class.
fn expand(text: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let (mut open, mut done) = (vec![text.to_vec()], Vec::new());
    while let Some(text) = open.pop() {
        match braces(&text)? {
            None => done.push(text),
            Some((start, cuts, after)) => {
                let mut from = start + 1;
                for cut in cuts {
                    open.push([&text[..start], &text[from..cut], &text[after..]].concat());
                    from = cut + 1;
                }
            }
        }
        if open.len() + done.len() > MOST {
            return Err(format!("the braces stand for more than {MOST} alternatives"));
        }
    }
    Ok(done)
}

/// The first braces that are in no others: where they begin, where each alternative
/// ends, and what comes after them.
fn braces(text: &[u8]) -> Result<Option<(usize, Vec<usize>, usize)>, String> {
    let unbalanced = || "the braces are not balanced".to_owned();
    let (mut open, mut depth, mut cuts) = (None, 0_usize, Vec::new());
    let (mut at, mut in_class) = (0, false);
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            _ if in_class => {}
            b'{' => {
                depth += 1;
                open.get_or_insert(at);
            }
            b',' if depth == 1 => cuts.push(at),
            b'}' => {
                depth = depth.checked_sub(1).ok_or_else(unbalanced)?;
                if let (0, Some(open)) = (depth, open) {
                    cuts.push(at);
                    return Ok(Some((open, cuts, at + 1)));
                }
            }
            _ => {}
        }
        at += 1;
    }
    if depth > 0 { Err(unbalanced()) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_path_or_a_parent_of_it() {
        for docs in ["docs", "docs/", "docs/**"] {
            check(docs, "docs", true);
            check(docs, "docs/a/b", true);
            check(docs, "src/docs", false);
            check(docs, "docsy", false);
        }
        check("**", "a/b", true);
        check("*.md", "README.md", true);
        check("*.md", "docs/tour.md", false);
        check("**/*.md", "docs/tour.md", true);
        check("**/*.md", "tour.md/x", true);
        check("a/**/z", "a/z", true);
        check("a/**/z", "a/b/c/z/y", true);
        check("a/**/z", "a/b", false);
        check("Docs", "docs", false);
    }

    #[test]
    fn stars_classes_and_escapes_stay_within_a_component() {
        check("a*c", "abc", true);
        check("a*c", "a/c", false);
        check("?.rs", "a.rs", true);
        check("?.rs", "ab.rs", false);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[^a-c]x", "dx", true);
        check("[]]", "]", true);
        check("[a-]", "-", true);
        check(r"\*", "*", true);
        check(r"\*", "a", false);
        check("{a,b/{c,d}}/e", "b/d/e", true);
        check("{a,b/{c,d}}/e", "b/e", false);
        check(r"\{a", "{a", true);
        check("[ab]{c,d}", "bd", true);
        check("[{,]{c,d}", ",d", true);
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        for text in ["", "/a", "./a", "a/../b", "a//b", "!a", "a**b", "{a", "a}", "[a", r"a\"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
        assert!(Pattern::new("[z-a]").is_err());
        assert!(Pattern::new(r"[a\]{b").is_err());
        assert!(Pattern::new("[a-c-e]").is_err());
        assert!(Pattern::new("[\u{e9}]").is_err());
        assert!(Pattern::new(&"{a,b}".repeat(11)).is_err());
    }

    #[test]
    fn the_wide_reading_sees_through_a_careless_file_system() {
        for path in ["cloud", "CLOUD/x", "cl\u{200d}oud", "Cloud. /y"] {
            assert!(reads("cloud", path, Reading::Wide), "{path}");
            assert_eq!(reads("cloud", path, Reading::Exact), path == "cloud", "{path}");
        }
        assert!(reads("Stra\u{df}e", "STRASSE/1", Reading::Wide));
        assert!(!reads("cloud", "clouds", Reading::Wide));
    }

    /// Each takes no time to speak of, and no stack.
    #[test]
    fn a_pattern_made_to_take_long_does_not() {
        let path = "a/".repeat(60);
        check(&"**/a/".repeat(30), &path, true);
        check(&("**/a/".repeat(30) + "x"), &path, false);
        check(&"{a}".repeat(20_000), "a", false);
        let refs = Pattern::new(&("**/a/".repeat(30) + "x")).expect("it is a pattern");
        assert!(!refs.matches_name(path.as_bytes()));
    }

    #[test]
    fn what_may_lie_below_is_known() {
        let below = |pattern: &str, path: &str| {
            let pattern = Pattern::new(pattern).expect("the row holds a pattern");
            pattern.reaches_below(&path_of(path))
        };
        assert!(below("docs/a/b", "docs/a"));
        assert!(!below("docs/a/b", "docs/c"));
        assert!(!below("docs", "docs"));
        assert!(below("**/x", "anything"));
        assert!(!below("docs/*", "src"));
    }

    #[test]
    fn the_name_of_a_ref_is_matched_as_a_whole() {
        let whole = |pattern: &str, name: &str| {
            let pattern = Pattern::new(pattern).expect("the row holds a pattern");
            pattern.matches_name(name.as_bytes())
        };
        assert!(whole("v*", "v1.0"));
        assert!(!whole("v*", "v1/rc"));
        assert!(whole("release/**", "release/a/b"));
        assert!(!whole("release/*", "release/a/b"));
    }

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: bool) {
        assert_eq!(reads(pattern, path, Reading::Exact), expected, "{pattern} on {path}");
    }

    #[track_caller]
    fn reads(pattern: &str, path: &str, reading: Reading) -> bool {
        let pattern = Pattern::new(pattern).expect("the row holds a pattern");
        pattern.matches(&path_of(path), reading)
    }

    fn path_of(path: &str) -> Path<'_> {
        Path::new(path.as_bytes()).expect("the row holds a path")
    }
}
