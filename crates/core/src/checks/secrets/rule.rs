// SPDX-License-Identifier: Apache-2.0
//! What a secret looks like, and what looks like one and is none.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::entropy::entropy;
use super::pattern::Pattern;

/// One rule, compiled.
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    pub(super) description: String,
    /// Lower-case words; one of them has to be somewhere in the text. None: no need.
    pub(super) keywords: Vec<Vec<u8>>,
    /// What to look for. None: a file at such a path is a finding whatever is in it.
    pub(super) pattern: Option<Pattern>,
    /// Where to look. None: everywhere.
    pub(super) path: Option<Pattern>,
    /// The group that is the secret; 0 for the first that has something.
    pub(super) group: usize,
    /// A secret with no more bits per byte than this is none.
    pub(super) entropy: Option<f64>,
    pub(super) allowlists: Vec<Arc<Allowlist>>,
}

impl Rule {
    /// Whether its keywords say nothing about where a match is, only whether there can
    /// be one.
    pub(super) fn has_remote_keywords(&self) -> bool {
        let reach = self.pattern.as_ref().and_then(Pattern::reach);
        !self.keywords.is_empty() && reach.is_some_and(|reach| reach.words != self.keywords)
    }

    /// Whether this match is a secret, as far as the rule itself can say.
    pub(super) fn accepts(&self, candidate: &Candidate<'_>) -> bool {
        self.entropy.is_none_or(|least| entropy(candidate.secret()) > least)
            && !self.allowlists.iter().any(|list| list.allows(&self.id, candidate))
    }
}

/// A match, with all that an allow-list may look at.
pub(super) struct Candidate<'a> {
    pub(super) text: &'a [u8],
    pub(super) path: &'a [u8],
    pub(super) whole: Range<usize>,
    pub(super) secret: Range<usize>,
}

impl<'a> Candidate<'a> {
    pub(super) fn secret(&self) -> &'a [u8] {
        &self.text[self.secret.clone()]
    }

    fn target(&self, target: Target) -> &'a [u8] {
        match target {
            Target::Secret => self.secret(),
            Target::Match => &self.text[self.whole.clone()],
            Target::Line => {
                let before = &self.text[..self.whole.start];
                let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
                let after = memchr::memchr(b'\n', &self.text[self.whole.end..]);
                let end = after.map_or(self.text.len(), |length| self.whole.end + length);
                &self.text[start..end]
            }
        }
    }
}

/// What the expressions of an allow-list are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Target {
    #[default]
    Secret,
    Match,
    Line,
}

/// Exceptions of a rule, or of all rules.
#[derive(Default)]
pub(super) struct Allowlist {
    /// The rules that it is for; none: all.
    pub(super) rules: Vec<String>,
    /// Whether each kind of exception that is given has to apply, or one is enough.
    pub(super) all: bool,
    pub(super) target: Target,
    pub(super) regexes: Vec<Pattern>,
    pub(super) paths: Vec<Pattern>,
    /// Lower-case words that no secret has in it.
    pub(super) stopwords: Vec<Vec<u8>>,
}

impl Allowlist {
    /// Whether this match of this rule is an exception.
    pub(super) fn allows(&self, rule: &str, candidate: &Candidate<'_>) -> bool {
        if !self.is_for(rule) {
            return false;
        }
        let target = candidate.target(self.target);
        let by_regex = || self.regexes.iter().any(|regex| regex.is_match(target));
        let by_path = || self.allows_path(candidate.path);
        let by_word = || {
            let secret = candidate.secret().to_ascii_lowercase();
            self.stopwords.iter().any(|word| memmem::find(&secret, word).is_some())
        };
        match self.all {
            false => by_regex() || by_path() || by_word(),
            true => {
                (self.regexes.is_empty() || by_regex())
                    && (self.paths.is_empty() || by_path())
                    && (self.stopwords.is_empty() || by_word())
            }
        }
    }

    /// Whether it excepts a file whatever is in it.
    pub(super) fn allows_file(&self, path: &[u8]) -> bool {
        let alone = !self.all || (self.regexes.is_empty() && self.stopwords.is_empty());
        alone && self.allows_path(path)
    }

    pub(super) fn is_for(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|id| id == rule)
    }

    fn allows_path(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|regex| regex.is_match(path))
    }
}
