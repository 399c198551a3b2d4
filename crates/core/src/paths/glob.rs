// SPDX-License-Identifier: Apache-2.0
//! One component of a pattern against one component of a path, on bytes.

use globset::{Candidate, GlobBuilder, GlobMatcher};

use super::fold::fold;
use super::short_name;

/// Matches the name of one tree entry.
#[derive(Clone, Debug)]
pub(super) enum NameGlob {
    /// `*`: every name.
    Any,
    /// No metacharacter: this name.
    Literal(Vec<u8>),
    /// Anything else.
    Glob(GlobMatcher),
}

impl NameGlob {
    /// Compiles one component. Braces were expanded before, so none is left that
    /// is not escaped.
    pub(super) fn new(component: &str) -> Result<Self, globset::Error> {
        if component == "*" {
            return Ok(Self::Any);
        }
        if let Some(literal) = literal(component) {
            return Ok(Self::Literal(literal));
        }
        // `*` and `?` stop at a slash anyway, for a component holds none.
        let glob =
            GlobBuilder::new(component).literal_separator(true).backslash_escape(true).build()?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => literal == name,
            Self::Glob(glob) => glob.is_match_candidate(&Candidate::from_bytes(name)),
        }
    }

    /// The one name it matches, if there is just one.
    pub(super) fn as_literal(&self) -> Option<&[u8]> {
        match self {
            Self::Literal(name) => Some(name),
            Self::Any | Self::Glob(_) => None,
        }
    }
}

/// The name that a component without metacharacters stands for, escapes resolved.
fn literal(component: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(component.len());
    let mut bytes = component.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' | b']' => return None,
            // A lone backslash at the end is the glob compiler's to refuse.
            b'\\' => name.push(bytes.next()?),
            byte => name.push(byte),
        }
    }
    Some(name)
}

/// One name of a pattern, for the exact reading and for the wide one.
#[derive(Clone, Debug)]
pub(super) struct Name {
    exact: NameGlob,
    folded: NameGlob,
}

impl Name {
    pub(super) fn new(component: &str) -> Result<Self, globset::Error> {
        let exact = NameGlob::new(component)?;
        let folded = String::from_utf8(fold(component.as_bytes()).into_owned())
            .expect("folding keeps UTF-8 valid: it works on whole characters");
        // Folding may cut an escape or a class in two; such a pattern then only
        // matches raw, which its author can see and we must not guess.
        let folded = NameGlob::new(&folded).unwrap_or_else(|_| exact.clone());
        Ok(Self { exact, folded })
    }

    pub(super) fn matches_exact(&self, name: &[u8]) -> bool {
        self.exact.matches(name)
    }

    /// Raw against raw, or folded against folded.
    pub(super) fn matches_wide(&self, name: &[u8]) -> bool {
        self.exact.matches(name) || self.folded.matches(&fold(name))
    }

    pub(super) fn as_literal(&self) -> Option<&[u8]> {
        self.exact.as_literal()
    }

    /// Whether `name` is a short name that Windows could give to the one name this
    /// matches: `CLOUD~1` for `cloud`. What a wildcard stands for is not guessed.
    pub(super) fn has_short_name(&self, name: &[u8]) -> bool {
        name.contains(&b'~')
            && self.as_literal().is_some_and(|literal| short_name::may_be(name, literal))
    }
}
