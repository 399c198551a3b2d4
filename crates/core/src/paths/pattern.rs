// SPDX-License-Identifier: Apache-2.0
//! One pattern of a manifest: parsed, braces expanded, components compiled.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::class::check_classes;
use super::glob::Name;

/// How many alternatives the braces of one pattern may stand for.
const MAX_ALTERNATIVES: usize = 1_000;

/// How long one component may be: four times the longest name that any system takes,
/// and short enough that every glob compiles.
const LONGEST_COMPONENT: usize = 1_000;

/// A pattern over whole paths from the root, `/` as separator.
///
/// It matches a path if it matches the path itself or any of its parent
/// directories, so `docs`, `docs/` and `docs/**` mean the same.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    alternatives: Vec<Alternative>,
}

/// A pattern without braces: its components up to the last that is not `**`.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub(super) components: Vec<Component>,
    /// Whether it was written with a `**` at its end.
    open_end: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Component {
    /// `**`: any number of components, also none.
    AnyDepth,
    /// Exactly one component.
    Name(Name),
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing there.
    #[error("a pattern cannot be empty")]
    Empty,
    /// `/docs`.
    #[error("a pattern starts at the root already, so it takes no leading `/`")]
    LeadingSlash,
    /// `./docs`, `a/../b`.
    #[error("a pattern cannot hold a `{0}` component")]
    DotComponent(String),
    /// `!docs`.
    #[error("a pattern cannot be negated: use `exclude`")]
    Negation,
    /// `a//b`.
    #[error("a pattern cannot hold an empty component")]
    EmptyComponent,
    /// `a**b`.
    #[error("`**` must be a component of its own, not a part of `{0}`")]
    DoubleStar(String),
    /// A component beyond every name.
    #[error("one component of a pattern cannot have more than {LONGEST_COMPONENT} bytes")]
    TooLong,
    /// `{a,b`.
    #[error("unbalanced braces")]
    Braces,
    /// Braces within braces within braces.
    #[error("braces stand for more than {MAX_ALTERNATIVES} alternatives")]
    TooManyAlternatives,
    /// `[é]`: matching is on bytes, and it would match half of the letter.
    #[error("a class matches one byte, so `{0}` cannot stand in it: use braces")]
    WideClass(char),
    /// `[\]]`.
    #[error("a class cannot hold a backslash: not every reader takes it for an escape")]
    EscapeInClass,
    /// `[a-c-e]`.
    #[error("a range cannot begin where another ends")]
    JoinedRanges,
    /// `[a`.
    #[error("{0}")]
    Glob(String),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What [`PatternError`] lists.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.starts_with('!') {
            return Err(PatternError::Negation);
        }
        let alternatives = expand_braces(text)?
            .iter()
            .map(|alternative| parse_alternative(alternative))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), alternatives })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names exactly one path, without metacharacters.
    pub fn is_literal(&self) -> bool {
        self.as_path().is_some()
    }

    /// The one path that a literal pattern names.
    pub fn as_path(&self) -> Option<Vec<u8>> {
        let [alternative] = &self.alternatives[..] else { return None };
        let names = alternative.components.iter().map(|component| match component {
            Component::AnyDepth => None,
            Component::Name(name) => name.as_literal(),
        });
        Some(names.collect::<Option<Vec<_>>>()?.join(&b'/'))
    }

    /// Whether it matches `path` or one of its parent directories, exact bytes.
    pub fn matches_exact(&self, path: &[u8]) -> bool {
        self.matches(path, End::AnyParent, Name::matches_exact)
    }

    /// Whether it matches `path` or one of its parent directories, raw or folded.
    pub fn matches_wide(&self, path: &[u8]) -> bool {
        self.matches(path, End::AnyParent, Name::matches_wide)
    }

    /// Whether it matches the whole of `name`: the reading for branches and tags.
    pub fn matches_whole(&self, name: &[u8]) -> bool {
        self.matches(name, End::Whole, Name::matches_exact)
    }

    fn matches(&self, path: &[u8], end: End, name: impl Fn(&Name, &[u8]) -> bool) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches(path, end, &name))
    }

    pub(super) fn alternatives(&self) -> &[Alternative] {
        &self.alternatives
    }
}

/// Where a match may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    AnyParent,
    Whole,
}

impl Alternative {
    fn matches(&self, path: &[u8], end: End, name: &impl Fn(&Name, &[u8]) -> bool) -> bool {
        let mut live = vec![false; self.components.len()];
        self.enter(0, &mut live);
        let mut parts = path.split(|&b| b == b'/').peekable();
        while let Some(part) = parts.next() {
            let mut next = vec![false; live.len()];
            for (at, component) in self.components.iter().enumerate().filter(|(at, _)| live[*at]) {
                match component {
                    Component::AnyDepth => self.enter(at, &mut next),
                    Component::Name(pattern) if name(pattern, part) => {
                        let last = at + 1 == self.components.len();
                        if last
                            && (end == End::AnyParent || self.open_end || parts.peek().is_none())
                        {
                            return true;
                        }
                        self.enter(at + 1, &mut next);
                    }
                    Component::Name(_) => {}
                }
            }
            live = next;
        }
        false
    }

    /// Marks component `at` as the next to match, and what `**` lets it skip to.
    fn enter(&self, at: usize, live: &mut [bool]) {
        for (component, live) in self.components.iter().zip(live).skip(at) {
            *live = true;
            if matches!(component, Component::Name(_)) {
                break;
            }
        }
    }
}

fn parse_alternative(text: &str) -> Result<Alternative, PatternError> {
    if text.starts_with('/') {
        return Err(PatternError::LeadingSlash);
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    let mut components =
        text.split('/').map(parse_component).collect::<Result<Vec<Component>, _>>()?;
    // `**/**` says no more than `**`, and each would be tried at every depth.
    components
        .dedup_by(|next, last| matches!((next, last), (Component::AnyDepth, Component::AnyDepth)));
    let mut open_end = false;
    while let Some(Component::AnyDepth) = components.last() {
        components.pop();
        open_end = true;
    }
    if components.is_empty() {
        // `**` alone: every entry of the root, and so everything.
        components.push(parse_component("*")?);
    }
    Ok(Alternative { components, open_end })
}

fn parse_component(text: &str) -> Result<Component, PatternError> {
    match text {
        "" => Err(PatternError::EmptyComponent),
        "." | ".." => Err(PatternError::DotComponent(text.to_owned())),
        "**" => Ok(Component::AnyDepth),
        text if text.len() > LONGEST_COMPONENT => Err(PatternError::TooLong),
        text if text.contains("**") => Err(PatternError::DoubleStar(text.to_owned())),
        text => {
            check_classes(text)?;
            let glob = Name::new(text).map_err(|err| PatternError::Glob(err.kind().to_string()))?;
            Ok(Component::Name(glob))
        }
    }
}

/// `a{b,c}d` to `abd` and `acd`, innermost braces last. An escaped brace and one
/// in a class stay.
fn expand_braces(text: &str) -> Result<Vec<String>, PatternError> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        match first_braces(&text)? {
            None => done.push(text),
            Some((start, commas, end)) => {
                let mut from = start + 1;
                let mut expanded = Vec::with_capacity(commas.len() + 1);
                for to in commas.into_iter().chain([end]) {
                    expanded.push([&text[..start], &text[from..to], &text[end + 1..]].concat());
                    from = to + 1;
                }
                // The last one on the stack comes first in the result.
                open.extend(expanded.into_iter().rev());
            }
        }
        if done.len() + open.len() > MAX_ALTERNATIVES {
            return Err(PatternError::TooManyAlternatives);
        }
    }
    Ok(done)
}

/// The first outermost braces: where they open, the commas between, where they close.
fn first_braces(text: &str) -> Result<Option<(usize, Vec<usize>, usize)>, PatternError> {
    let mut start = None;
    let mut commas = Vec::new();
    let mut depth = 0_usize;
    let mut class = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b']' => class = false,
            b'[' => class = true,
            _ if class => {}
            b'{' => {
                depth += 1;
                start.get_or_insert(at);
            }
            b',' if depth == 1 => commas.push(at),
            b'}' => {
                depth = depth.checked_sub(1).ok_or(PatternError::Braces)?;
                if let (0, Some(start)) = (depth, start) {
                    return Ok(Some((start, commas, at)));
                }
            }
            _ => {}
        }
    }
    if depth == 0 { Ok(None) } else { Err(PatternError::Braces) }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_path_or_its_parents() {
        for docs in ["docs", "docs/", "docs/**"] {
            check(docs, "docs", true);
            check(docs, "docs/a/b.md", true);
            check(docs, "docsy", false);
            check(docs, "x/docs", false);
        }
        check("**", "a", true);
        check("*", "a/b", true);
        check("*.md", "README.md", true);
        check("*.md", "docs/tour.md", false);
        check("**/*.md", "README.md", true);
        check("**/*.md", "a/b/tour.md", true);
        check("**/x/**/y", "x/y", true);
        check("**/x/**/y", "a/x/b/c/y/z", true);
        check("**/x/**/y", "a/y", false);
        check("a/**/b", "a/b", true);
        check("a/**/b", "a/c/d/b", true);
        check("a/**/b", "a/c", false);
    }

    #[test]
    fn wildcards_stay_within_a_component() {
        check("a?c", "abc", true);
        check("a?c", "a/c", false);
        check("a?", "a\u{e9}", false);
        check("a??", "a\u{e9}", true);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("*", ".hidden", true);
        check(r"\*", "*", true);
        check(r"\*", "a", false);
    }

    #[test]
    fn braces_are_expanded_before_the_path_is_split() {
        check("{a,b/c}/d", "b/c/d", true);
        check("{a,b/c}/d", "a/d", true);
        check("{a,b/c}/d", "b/d", false);
        check("x{1,{2,3}}", "x3", true);
        check(r"\{a\}", "{a}", true);
        check("[{]a", "{a", true);
    }

    #[test]
    fn a_ref_pattern_matches_the_whole_name() {
        let whole = |pattern: &str, name: &str| {
            Pattern::parse(pattern).expect("the row holds a pattern").matches_whole(name.as_bytes())
        };
        assert!(whole("v*", "v1.0"));
        assert!(!whole("v*", "v1/rc"));
        assert!(!whole("v*", "dev1"));
        assert!(whole("release/**", "release/a/b"));
        assert!(whole("**", "any/thing"));
    }

    /// Two manifests with the same patterns share a filter, and with others they do not.
    #[test]
    fn a_pattern_is_told_from_another_by_its_text() {
        let parse = |text| Pattern::parse(text).expect("the row holds a pattern");
        assert_eq!(parse("docs/*"), parse("docs/*"));
        assert_ne!(parse("docs/*"), parse("docs/?"));
    }

    #[test]
    fn mistakes_are_named() {
        refuse("", PatternError::Empty);
        refuse("/docs", PatternError::LeadingSlash);
        refuse("./docs", PatternError::DotComponent(".".into()));
        refuse("a/../b", PatternError::DotComponent("..".into()));
        refuse("!docs", PatternError::Negation);
        refuse("a//b", PatternError::EmptyComponent);
        refuse("a**b", PatternError::DoubleStar("a**b".into()));
        refuse("{a,b", PatternError::Braces);
        refuse("a}", PatternError::Braces);
        refuse(&"{a,b}".repeat(11), PatternError::TooManyAlternatives);
        refuse("x[a\u{e9}]", PatternError::WideClass('\u{e9}'));
        refuse("[!a-c-e]", PatternError::JoinedRanges);
        assert!(matches!(Pattern::parse("[a"), Err(PatternError::Glob(_))));
        refuse(&"a*".repeat(501), PatternError::TooLong);
    }

    #[test]
    fn the_longest_component_compiles() {
        for part in ["a*", "?", "[a]", "[!a-z]", "*?", "\\*", "\u{390}*"] {
            let pattern = part.repeat(LONGEST_COMPONENT / part.len());
            check(&pattern, "no such name", false);
        }
    }

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: bool) {
        let pattern = Pattern::parse(pattern).expect("the row holds a pattern");
        assert_eq!(pattern.matches_exact(path.as_bytes()), expected, "{pattern} on {path}");
    }

    #[track_caller]
    fn refuse(pattern: &str, expected: PatternError) {
        assert_eq!(Pattern::parse(pattern).map(|_| ()), Err(expected));
    }
}
