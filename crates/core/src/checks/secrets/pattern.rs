// SPDX-License-Identifier: Apache-2.0
//! A regular expression over bytes, and where in a text it can match at all.
//!
//! Patterns are linear in time and bounded in size. From its syntax tree a
//! [`Pattern`] learns a [`Reach`]: words of which one is in each match, and how many
//! line breaks a match can span. So a scan looks only at the lines around such a word
//! and misses nothing.

use std::sync::OnceLock;

use regex_automata::Input;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::literals;

/// How much memory the program of one pattern may take. The largest that is known to
/// be in use takes a tenth.
const PROGRAM_LIMIT: usize = 1 << 20;

/// How much memory the states that a search builds on its way may take.
const CACHE_LIMIT: usize = 2 << 20;

/// How deep a pattern may nest.
const NEST_LIMIT: u32 = 100;

/// How many line breaks a match may span for its lines to be looked at alone.
const MOST_BREAKS: usize = 64;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no pattern, or asks for what no linear-time engine has.
    #[error("{0}")]
    Syntax(String),
    /// Its program would not fit the limits.
    #[error("the pattern takes more than {PROGRAM_LIMIT} bytes when compiled")]
    TooBig,
}

/// A pattern, compiled before it is first tried.
pub(super) struct Pattern {
    hir: Hir,
    regex: OnceLock<Regex>,
    reach: Option<Reach>,
}

/// Where a pattern can match.
pub(super) struct Reach {
    /// Lower-case words. Each match has one of them in it, in some case.
    pub(super) words: Vec<Vec<u8>>,
    /// The most line breaks in a match.
    pub(super) breaks: usize,
}

impl Pattern {
    /// Compiles a pattern. `words`, in lower case, are taken as those of its
    /// [`Reach`] where that is sound; otherwise it finds some of its own.
    pub(super) fn new(pattern: &str, words: &[Vec<u8>]) -> Result<Self, PatternError> {
        let this = Self::known(pattern, words)?;
        let regex = compile(&this.hir)?;
        Ok(Self { regex: OnceLock::from(regex), ..this })
    }

    /// The same, for a pattern that is known to compile: that is left until it is needed,
    /// for the words of most are in no text that a run looks at.
    pub(super) fn known(pattern: &str, words: &[Vec<u8>]) -> Result<Self, PatternError> {
        let hir = parse(pattern)?;
        let reach = literals::most_breaks(&hir).filter(|breaks| *breaks <= MOST_BREAKS).and_then(
            |breaks| {
                let words = match literals::always_has_one_of(&hir, words) {
                    true => words.to_vec(),
                    false => literals::required(&hir)?,
                };
                Some(Reach { words, breaks })
            },
        );
        Ok(Self { hir, regex: OnceLock::new(), reach })
    }

    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| compile(&self.hir).expect("it is known to compile"))
    }

    pub(super) fn reach(&self) -> Option<&Reach> {
        self.reach.as_ref()
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_match(text)
    }

    /// Number of groups, the whole match not counted.
    pub(super) fn groups(&self) -> usize {
        self.regex().captures_len() - 1
    }

    /// Calls `found` for each match within a range of the text, with the range of the
    /// match and that of its secret: the given group, or else the first group that has
    /// something, or else the whole match.
    pub(super) fn each_match(
        &self,
        text: &[u8],
        range: std::ops::Range<usize>,
        group: usize,
        mut found: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>),
    ) {
        // The range limits where to look; what stands around it still counts for `\b`,
        // `^` and `$`.
        for captures in self.regex().captures_iter(Input::new(text).range(range)) {
            let whole = captures.get_match().expect("the iterator yields matches only").range();
            let secret = match group {
                0 => captures.iter().skip(1).flatten().find(|span| !span.is_empty()),
                group => captures.get_group(group),
            };
            let secret = secret.map_or(whole.clone(), |span| span.range());
            found(whole, secret);
        }
    }
}

/// Reads a pattern byte-wise; as Unicode only if it names what bytes do not have,
/// such as `\pL`.
fn parse(pattern: &str) -> Result<Hir, PatternError> {
    let parser =
        |unicode| ParserBuilder::new().unicode(unicode).utf8(false).nest_limit(NEST_LIMIT).build();
    match parser(false).parse(pattern) {
        Ok(hir) => Ok(hir),
        Err(_) => parser(true).parse(pattern).map_err(|err| PatternError::Syntax(reason(&err))),
    }
}

fn compile(hir: &Hir) -> Result<Regex, PatternError> {
    let config = Config::new()
        .utf8_empty(false)
        .which_captures(WhichCaptures::All)
        .nfa_size_limit(Some(PROGRAM_LIMIT))
        .onepass(false)
        .hybrid_cache_capacity(CACHE_LIMIT);
    Regex::builder().configure(config).build_from_hir(hir).map_err(|err: BuildError| {
        match err.size_limit() {
            Some(_) => PatternError::TooBig,
            None => PatternError::Syntax(err.to_string()),
        }
    })
}

/// The parser's words without its drawing of the pattern.
fn reason(err: &regex_syntax::Error) -> String {
    match err {
        regex_syntax::Error::Parse(err) => err.kind().to_string(),
        regex_syntax::Error::Translate(err) => err.kind().to_string(),
        // The enum may grow: the whole text is better than none.
        err => err.to_string(),
    }
}
