// SPDX-License-Identifier: Apache-2.0
//! Finds secrets in the bytes of a file.
//!
//! A [`RuleSet`] is the built-in one or what a `.gitleaks.toml` says; a [`Scanner`] is
//! made from it once and then shown every blob. A [`Hit`] tells rule and line, and
//! never the secret. Nothing here does I/O.
//!
//! # How a blob is read
//!
//! Raw bytes, whatever the file is called: no path and no kind of file is skipped. A
//! rule has keywords; all of them are looked for in one pass, in any ASCII case, and
//! only a rule whose keyword is there is tried, in the lines around it if no match can
//! be elsewhere. A match counts if its secret has more entropy than the rule asks for
//! and no allow-list makes an exception. Comments in a file, such as `gitleaks:allow`,
//! are no exception.
//!
//! Text within the text is decoded and read in the same way, up to three encodings
//! deep: UTF-16 of either byte order, with or without a mark; base64 of either
//! alphabet, in one line of at least 20 characters or wrapped; at least 32 hexadecimal
//! digits; percent signs as in a URL; gzip from the first byte on. At most 32 MiB may
//! come out of the compressed data of one blob: one that holds more is not scanned in
//! part but refused ([`ScanError::TooBig`]).
//!
//! # `.gitleaks.toml`
//!
//! [`RuleSet::from_gitleaks`] reads this much of the format, and refuses the rest:
//!
//! | Key | Meaning |
//! |---|---|
//! | `title`, `description`, `minVersion` | no effect: what is not understood is refused anyway |
//! | `[extend] useDefault` | no effect: **our** built-in rules, not those of gitleaks, always go on |
//! | `[extend] disabledRules` | takes built-in rules away, by id; an id that we do not have takes nothing away |
//! | `[[rules]] id`, `description`, `tags` | name the rule |
//! | `regex`, `secretGroup` | what to find, and which part of it is the secret: else the first group with something in it, else all |
//! | `path` | where to look; without `regex`, a file at such a path is a finding |
//! | `entropy` | a secret with no more bits per byte is none |
//! | `keywords` | one has to be somewhere in the text |
//! | `[rules.allowlist]`, `[[rules.allowlists]]` | exceptions of a rule, in one of the two forms |
//! | `[allowlist]`, `[[allowlists]]` | exceptions of all rules, or of `targetRules` |
//! | `condition`, `regexes`, `regexTarget`, `paths`, `stopwords` | of an exception: `OR` or `AND` of what follows; expressions for the `secret`, `match` or `line`; paths; words that no secret has |
//!
//! A path that is excepted is excepted from this scan only. A rule that has the id of
//! a built-in one stands in its place.
//!
//! Refused, with the line: `commits` in an exception (a commit has another id once it
//! is filtered), `[extend] path` and `url`, `required` (rules of several parts), keys
//! that are not in the table, and expressions that need more than linear time
//! (look-around, back references). Expressions are read as Go reads them, but over
//! bytes: a `.` is one byte, and `(?i)` knows ASCII only.

mod entropy;
mod gitleaks;
mod go_syntax;
mod literals;
mod pattern;
mod pieces;
mod rule;
mod rules;
mod runs;
mod scanner;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use rule::{Allowlist, Rule};

pub use gitleaks::{GitleaksError, GitleaksFault};
pub use pattern::PatternError;
pub use scanner::Scanner;

/// What counts as a secret.
pub struct RuleSet {
    rules: Vec<Rule>,
    /// Exceptions of all rules.
    allowlists: Vec<Arc<Allowlist>>,
}

impl RuleSet {
    /// The rules that come with this program.
    pub fn built_in() -> Self {
        Self { rules: rules::built_in(&[]), allowlists: Vec::new() }
    }

    /// The rules that a `.gitleaks.toml` describes, and the built-in ones that it does
    /// not name.
    ///
    /// # Errors
    /// The file is broken, or asks for what cannot be honoured.
    pub fn from_gitleaks(text: &[u8]) -> Result<Self, GitleaksError> {
        gitleaks::read(text, rules::built_in)
    }

    /// The rules of the file alone, for who reads thousands of files in a second: the
    /// built-in ones take longer to compile than all that is in a file.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn of_gitleaks_alone(text: &[u8]) -> Result<Self, GitleaksError> {
        gitleaks::read(text, |_| Vec::new())
    }

    /// Id and description of each rule.
    pub fn describe(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|rule| (&*rule.id, &*rule.description))
    }
}

/// A secret in a blob. It tells where, and never what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The id of the rule that knows such secrets.
    pub rule: Arc<str>,
    /// The line of the blob, from 1, in which it begins, or in which the encoded text
    /// begins that holds it.
    pub line: u32,
    /// How it is encoded, the outermost encoding first. None if it can be read as it is.
    pub encodings: Vec<Encoding>,
}

/// A way to write a text as another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Two bytes for each character, of which one is NUL.
    Utf16,
    /// Base64, of the standard or the URL-safe alphabet.
    Base64,
    /// Two hexadecimal digits for each byte.
    Hex,
    /// `%41`, as in a URL.
    Percent,
    /// Compressed by gzip.
    Gzip,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "utf-16",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Gzip => "gzip",
        })
    }
}

/// Why a blob could not be scanned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Its compressed data holds more than may be looked at.
    #[error("more than {limit} bytes come out of its compressed data")]
    TooBig {
        /// How much may come out, in bytes.
        limit: usize,
    },
}

/// Why a scanner cannot be made from a set of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Its keywords do not fit into one automaton.
    #[error("the rules have more keywords than can be looked for at once")]
    TooManyWords,
}
