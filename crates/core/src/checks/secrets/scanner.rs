// SPDX-License-Identifier: Apache-2.0
//! One pass over a blob for all keywords, then only the rules whose keyword was there.

use std::cell::RefCell;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use flate2::read::MultiGzDecoder;
use rustc_hash::FxHashSet;
use thread_local::ThreadLocal;

use super::pieces::{Memory, Met, pieces};
use super::rule::{Candidate, Rule};
use super::runs::each_run;
use super::{Encoding, Hit, RuleSet, RulesError, ScanError};

/// How many encodings deep a secret is looked for.
const DEPTH: usize = 3;

/// How a compressed text begins.
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// Shorter texts, in bytes, are looked at as a whole.
const SHORTEST_IN_PIECES: usize = 2 << 10;

/// How much may come out of all compressed data of one blob.
const INFLATED_LIMIT: usize = 32 << 20;

/// Looks for secrets by a set of rules. Made once, used for every blob.
pub struct Scanner {
    rules: RuleSet,
    words: AhoCorasick,
    /// For each word, the rules that it speaks for.
    calls: Vec<Vec<Call>>,
    /// Rules that no word speaks for.
    unconditional: Vec<usize>,
    /// What was met in texts that were scanned, for each thread; `None` if a word may go
    /// over the end of a line.
    memory: Option<ThreadLocal<RefCell<Memory>>>,
}

/// What a word that was met says about a rule.
#[derive(Clone, Copy)]
struct Call {
    rule: usize,
    kind: CallKind,
}

#[derive(Clone, Copy)]
enum CallKind {
    /// Its keyword is somewhere in the text.
    Keyword,
    /// A match can be here, within so many lines of this one.
    Near { breaks: usize },
    /// A match can be anywhere in the text.
    Anywhere,
}

/// Where in a text a rule can match, as far as its words have told.
#[derive(Default)]
struct Chance {
    has_keyword: bool,
    /// Whole lines, in order, none twice.
    windows: Vec<Range<usize>>,
    /// The end of the line with the word that was met last.
    line_end: usize,
}

impl Chance {
    /// Takes note of a word that ends here. Words come in the order of their ends.
    fn met(&mut self, text: &[u8], end: usize, kind: CallKind) {
        let breaks = match kind {
            CallKind::Keyword => return self.has_keyword = true,
            CallKind::Anywhere => {
                self.windows = std::iter::once(0..text.len()).collect();
                return;
            }
            CallKind::Near { breaks } => breaks,
        };
        if !self.windows.is_empty() && end <= self.line_end {
            return;
        }
        let before = memchr::memrchr_iter(b'\n', &text[..end]).nth(breaks);
        let mut after = memchr::memchr_iter(b'\n', &text[end..]).map(|length| end + length);
        self.line_end = after.clone().next().unwrap_or(text.len());
        let window = before.map_or(0, |end| end + 1)..after.nth(breaks).unwrap_or(text.len());
        match self.windows.last_mut() {
            Some(last) if window.start <= last.end + 1 => last.end = window.end,
            Some(_) | None => self.windows.push(window),
        }
    }
}

/// A text to look at: the blob, or something decoded from it.
struct Layer<'a> {
    text: &'a [u8],
    /// Where it begins in the blob, and how many bytes of the blob one of it takes: 0
    /// if all of it counts as standing where it begins.
    start: usize,
    stride: usize,
}

impl Layer<'_> {
    fn place(&self, at: usize) -> usize {
        self.start + at * self.stride
    }
}

/// What goes on while one blob is scanned.
struct Job<'a> {
    path: &'a [u8],
    /// The rules that look at files of this path.
    applies: Vec<bool>,
    encodings: Vec<Encoding>,
    inflated: usize,
    /// Whether a rule could have something to say.
    has_words: bool,
    found: Vec<Found>,
}

struct Found {
    place: usize,
    rule: usize,
    encodings: Vec<Encoding>,
}

impl Scanner {
    /// Prepares to look for what these rules describe.
    ///
    /// # Errors
    /// The rules have far too many keywords.
    pub fn new(rules: RuleSet) -> Result<Self, RulesError> {
        let mut words = Words::default();
        let mut unconditional = Vec::new();
        for (index, rule) in rules.rules.iter().enumerate() {
            let Some(pattern) = &rule.pattern else { continue };
            match pattern.reach() {
                Some(reach) => {
                    words.add(&reach.words, index, CallKind::Near { breaks: reach.breaks });
                    if rule.has_remote_keywords() {
                        words.add(&rule.keywords, index, CallKind::Keyword);
                    }
                }
                None if rule.keywords.is_empty() => unconditional.push(index),
                None => words.add(&rule.keywords, index, CallKind::Anywhere),
            }
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words.words)
            .map_err(|_| RulesError::TooManyWords)?;
        let is_in_a_line = words.words.iter().all(|word| !word.contains(&b'\n'));
        let memory = is_in_a_line.then(ThreadLocal::new);
        Ok(Self { rules, words: automaton, calls: words.calls, unconditional, memory })
    }

    /// The same, but it looks at every text as a whole.
    #[cfg(test)]
    pub(super) fn without_memory(self) -> Self {
        Self { memory: None, ..self }
    }

    /// Finds the secrets in the bytes of a blob, in the order of their lines.
    ///
    /// The path is only for the rules and exceptions that name paths. One secret in a
    /// line is told once for each rule that knows it.
    ///
    /// # Errors
    /// Too much comes out of compressed data to look at.
    pub fn scan(&self, data: &[u8], path: &[u8]) -> Result<Vec<Hit>, ScanError> {
        let mut job = Job::new(path, self.applies(path));
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if rule.pattern.is_none() && job.applies[index] {
                job.found.push(Found { place: 0, rule: index, encodings: Vec::new() });
            }
        }
        let whole = Layer { text: data, start: 0, stride: 1 };
        match &self.memory {
            Some(memory) if is_worth_pieces(data) => {
                let memory = &mut memory.get_or_default().borrow_mut();
                self.scan_pieces(&whole, memory, &mut job)?;
            }
            Some(_) | None => self.scan_layer(&whole, &mut job)?,
        }
        Ok(self.hits(data, job.found))
    }

    /// For each rule, whether it looks at files of this path.
    fn applies(&self, path: &[u8]) -> Vec<bool> {
        let lists = &self.rules.allowlists;
        let excepting: Vec<_> = lists.iter().filter(|list| list.allows_file(path)).collect();
        let applies = |rule: &Rule| {
            !excepting.iter().any(|list| list.is_for(&rule.id))
                && !rule.allowlists.iter().any(|list| list.allows_file(path))
                && rule.path.as_ref().is_none_or(|at| at.is_match(path))
        };
        self.rules.rules.iter().map(applies).collect()
    }

    /// The same as [`scan_layer`](Self::scan_layer), but looks only into pieces that are
    /// new.
    fn scan_pieces(
        &self,
        layer: &Layer<'_>,
        memory: &mut Memory,
        job: &mut Job<'_>,
    ) -> Result<(), ScanError> {
        let mut words = Vec::new();
        for piece in pieces(layer.text) {
            let start = piece.start;
            let met = memory.of(&layer.text[piece.clone()], |piece| self.met(piece));
            words.extend(met.words.iter().map(|&(word, end)| (word, start + end)));
            if met.has_encoded_words {
                let piece = Layer { text: &layer.text[piece], start: layer.place(start), ..*layer };
                self.scan_runs(&piece, job)?;
            }
        }
        self.match_words(layer, words, job);
        Ok(())
    }

    /// What is met in a piece of a text.
    fn met(&self, piece: &[u8]) -> Met {
        // What it is that is found, a path may have a say in. Nobody asks.
        let mut job = Job::new(b"", vec![false; self.rules.rules.len()]);
        let scanned = self.scan_runs(&Layer { text: piece, start: 0, stride: 1 }, &mut job);
        Met {
            words: self.words_in(piece).collect(),
            has_encoded_words: job.has_words || scanned.is_err(),
        }
    }

    fn scan_layer(&self, layer: &Layer<'_>, job: &mut Job<'_>) -> Result<(), ScanError> {
        self.match_words(layer, self.words_in(layer.text), job);
        if job.encodings.len() == DEPTH {
            return Ok(());
        }
        if layer.text.starts_with(GZIP) {
            let inflated = inflate(layer.text, &mut job.inflated)?;
            let inner = Layer { text: &inflated, start: layer.start, stride: 0 };
            // It counts to what may come out of all of the blob.
            job.has_words = true;
            job.encodings.push(Encoding::Gzip);
            self.scan_layer(&inner, job)?;
            job.encodings.pop();
        }
        self.scan_runs(layer, job)
    }

    /// Looks into what is encoded in a text.
    fn scan_runs(&self, layer: &Layer<'_>, job: &mut Job<'_>) -> Result<(), ScanError> {
        each_run(layer.text, &mut |run| {
            let stride = match run.encoding {
                Encoding::Utf16 => 2 * layer.stride,
                Encoding::Base64 | Encoding::Hex | Encoding::Percent | Encoding::Gzip => 0,
            };
            let inner = Layer { text: run.bytes, start: layer.place(run.start), stride };
            job.encodings.push(run.encoding);
            let scanned = self.scan_layer(&inner, job);
            job.encodings.pop();
            scanned
        })
    }

    /// The words in a text, by number, each with its end; in the order of their ends.
    fn words_in(&self, text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        self.words.find_overlapping_iter(text).map(|word| (word.pattern().as_usize(), word.end()))
    }

    /// Holds a text against every rule whose words are in it.
    fn match_words(
        &self,
        layer: &Layer<'_>,
        words: impl IntoIterator<Item = (usize, usize)>,
        job: &mut Job<'_>,
    ) {
        let text = layer.text;
        let mut chances = Vec::new();
        for (word, end) in words {
            // Most texts have no word in them, and get by without.
            if chances.is_empty() {
                chances.resize_with(self.rules.rules.len(), Chance::default);
            }
            for call in &self.calls[word] {
                chances[call.rule].met(text, end, call.kind);
            }
        }
        job.has_words |= !chances.is_empty() || !self.unconditional.is_empty();
        for (index, chance) in chances.into_iter().enumerate() {
            let rule = &self.rules.rules[index];
            if chance.windows.is_empty() || (rule.has_remote_keywords() && !chance.has_keyword) {
                continue;
            }
            for window in chance.windows {
                self.match_rule(index, layer, window, job);
            }
        }
        for index in &self.unconditional {
            self.match_rule(*index, layer, 0..text.len(), job);
        }
    }

    fn match_rule(&self, index: usize, layer: &Layer<'_>, window: Range<usize>, job: &mut Job<'_>) {
        let rule = &self.rules.rules[index];
        let Some(pattern) = rule.pattern.as_ref().filter(|_| job.applies[index]) else { return };
        pattern.each_match(layer.text, window, rule.group, |whole, secret| {
            let place = layer.place(whole.start);
            let candidate = Candidate { text: layer.text, path: job.path, whole, secret };
            let allowed =
                self.rules.allowlists.iter().any(|list| list.allows(&rule.id, &candidate));
            if !allowed && rule.accepts(&candidate) {
                job.found.push(Found { place, rule: index, encodings: job.encodings.clone() });
            }
        });
    }

    /// Turns places into lines, and tells each line once for each rule: as it can be
    /// read with the least decoding.
    fn hits(&self, data: &[u8], mut found: Vec<Found>) -> Vec<Hit> {
        found.sort_by_key(|found| found.place);
        let (mut line, mut counted) = (1, 0);
        let mut hits: Vec<_> = found
            .into_iter()
            .map(|found| {
                line += memchr::memchr_iter(b'\n', &data[counted..found.place]).count();
                counted = found.place;
                Hit {
                    rule: Arc::clone(&self.rules.rules[found.rule].id),
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    encodings: found.encodings,
                }
            })
            .collect();
        hits.sort_by(|a, b| {
            let key = |hit: &Hit| (hit.line, hit.encodings.len());
            (key(a), &a.rule).cmp(&(key(b), &b.rule))
        });
        let mut told = FxHashSet::default();
        hits.retain(|hit| told.insert((hit.line, Arc::clone(&hit.rule))));
        hits
    }
}

impl<'a> Job<'a> {
    fn new(path: &'a [u8], applies: Vec<bool>) -> Self {
        let (encodings, found) = (Vec::new(), Vec::new());
        Self { path, applies, encodings, inflated: 0, has_words: false, found }
    }
}

/// Whether a text is better looked at in pieces. In bytes other than text encoded runs go
/// over lines.
fn is_worth_pieces(text: &[u8]) -> bool {
    text.len() >= SHORTEST_IN_PIECES && !text.starts_with(GZIP) && memchr::memchr(0, text).is_none()
}

/// The words to look for, each once, with the rules that they speak for.
#[derive(Default)]
struct Words {
    words: Vec<Vec<u8>>,
    calls: Vec<Vec<Call>>,
}

impl Words {
    fn add(&mut self, words: &[Vec<u8>], rule: usize, kind: CallKind) {
        for word in words {
            let at = self.words.iter().position(|known| known == word).unwrap_or_else(|| {
                self.words.push(word.clone());
                self.calls.push(Vec::new());
                self.words.len() - 1
            });
            self.calls[at].push(Call { rule, kind });
        }
    }
}

/// What is in a compressed file. Of a damaged one, what there is before the damage.
fn inflate(data: &[u8], inflated: &mut usize) -> Result<Vec<u8>, ScanError> {
    let left = INFLATED_LIMIT - *inflated;
    let mut text = Vec::new();
    // One byte over the limit tells that there is more. What cannot be inflated holds
    // no text that a reader could get at.
    let limit = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
    let _damage = MultiGzDecoder::new(data).take(limit).read_to_end(&mut text);
    if text.len() > left {
        return Err(ScanError::TooBig { limit: INFLATED_LIMIT });
    }
    *inflated += text.len();
    Ok(text)
}
