// SPDX-License-Identifier: Apache-2.0
//! `[check]`: what the checks look for beyond what they know by themselves.

use super::error::{ManifestError, Source};
use super::moves::path;
use super::raw::{RawCheck, Text};

/// What a person wants looked for in everything that becomes public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckSettings {
    /// Words and phrases that must not be public, wherever they stand.
    pub terms: Vec<Term>,
    /// Phrases that mark a file as not public, in its first lines.
    pub phrases: Vec<Term>,
    /// A file of rules for secrets, in the tree of the policy tip.
    pub gitleaks: Option<String>,
}

/// A word or phrase, and where the manifest states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The words, in any case.
    pub text: String,
    /// The line, from 1.
    pub line: u32,
}

pub(super) fn check(source: Source<'_>, raw: &RawCheck) -> Result<CheckSettings, ManifestError> {
    let RawCheck { terms: raw_terms, phrases, gitleaks } = raw;
    let gitleaks = match gitleaks {
        None => None,
        Some(text) => match path(source, text)? {
            "" => return Err(source.error(text.span(), "`gitleaks` must name a file")),
            path => Some(path.to_owned()),
        },
    };
    Ok(CheckSettings {
        terms: terms(source, raw_terms)?,
        phrases: terms(source, phrases)?,
        gitleaks,
    })
}

/// Terms that can be found at all: they are looked for line by line, and whole.
fn terms(source: Source<'_>, raw: &[Text]) -> Result<Vec<Term>, ManifestError> {
    let term = |text: &Text| {
        let words = text.get_ref();
        let fault = if words.trim().is_empty() {
            "a term cannot be empty"
        } else if words.trim() != words {
            "a term cannot begin or end with a space"
        } else if words.contains(['\n', '\r', '\0']) {
            "a term stands on one line"
        } else {
            return Ok(Term { text: words.clone(), line: source.line(text.span().start) });
        };
        Err(source.error(text.span(), fault))
    };
    raw.iter().map(term).collect()
}
