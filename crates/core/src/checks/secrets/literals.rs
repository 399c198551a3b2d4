// SPDX-License-Identifier: Apache-2.0
//! What the syntax tree of a pattern says about every text that it matches.
//!
//! All words are ASCII lower case and mean any case. The answers err to one side: a
//! set of words that is not found costs time, one that is wrong would cost a finding.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How many words a set may have.
const MOST_WORDS: usize = 64;

/// How long a word may grow.
const LONGEST_WORD: usize = 48;

/// How many members of a class are spelt out.
const MOST_MEMBERS: usize = 8;

/// Shorter words are met too often to be worth looking for.
const SHORTEST_WORD: usize = 3;

type Words = Vec<Vec<u8>>;

/// Whether each match has one of these words in it.
pub(super) fn always_has_one_of(hir: &Hir, words: &[Vec<u8>]) -> bool {
    let has_one = |found: &Words| {
        let all = found
            .iter()
            .all(|text| words.iter().any(|word| memchr::memmem::find(text, word).is_some()));
        usize::from(all)
    };
    !words.is_empty() && best_set(hir, &has_one).is_some()
}

/// Words of which each match has one in it: the rarest to be found.
pub(super) fn required(hir: &Hir) -> Option<Words> {
    let shortest = |found: &Words| {
        let length = found.iter().map(Vec::len).min().unwrap_or_default();
        if length < SHORTEST_WORD { 0 } else { length * MOST_WORDS - found.len() + 1 }
    };
    best_set(hir, &shortest)
}

/// The most line breaks that a match can have in it, if there is a bound.
pub(super) fn most_breaks(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => Some(literal.0.iter().filter(|byte| **byte == b'\n').count()),
        HirKind::Class(Class::Bytes(class)) => Some(usize::from(
            class.iter().any(|range| (range.start()..=range.end()).contains(&b'\n')),
        )),
        HirKind::Class(Class::Unicode(class)) => Some(usize::from(
            class.iter().any(|range| (range.start()..=range.end()).contains(&'\n')),
        )),
        HirKind::Repetition(repetition) => match (most_breaks(&repetition.sub)?, repetition.max) {
            (0, _) => Some(0),
            (breaks, Some(times)) => breaks.checked_mul(usize::try_from(times).ok()?),
            (_, None) => None,
        },
        HirKind::Capture(capture) => most_breaks(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(most_breaks(part)?))
        }
        HirKind::Alternation(branches) => {
            branches.iter().try_fold(0, |most, branch| Some(most_breaks(branch)?.max(most)))
        }
    }
}

/// The set with the highest score above 0 among those of which each match has a word.
fn best_set(hir: &Hir, score: &dyn Fn(&Words) -> usize) -> Option<Words> {
    let whole = exact(hir).filter(|words| score(words) > 0);
    let part = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => best_set(&repetition.sub, score),
        HirKind::Capture(capture) => best_set(&capture.sub, score),
        HirKind::Concat(parts) => best_in_row(parts, score),
        HirKind::Alternation(branches) => branches
            .iter()
            .map(|branch| best_set(branch, score))
            .collect::<Option<Vec<_>>>()
            .and_then(|sets| limited(sets.concat()))
            .filter(|words| score(words) > 0),
    };
    better(whole, part, score)
}

/// The best set of a row of parts: of one part, or of neighbours that are spelt out.
fn best_in_row(parts: &[Hir], score: &dyn Fn(&Words) -> usize) -> Option<Words> {
    let usable = |words: Option<Words>| words.filter(|words| score(words) > 0);
    let mut best = None;
    let mut row = vec![Vec::new()];
    for part in parts {
        best = better(best, best_set(part, score), score);
        best = better(best, usable(joined(&row, &beginnings(part))), score);
        let spelt = exact(part);
        row = spelt
            .as_ref()
            .and_then(|spelt| joined(&row, spelt))
            .or(spelt)
            .unwrap_or_else(|| vec![Vec::new()]);
        best = better(best, usable(Some(row.clone())), score);
    }
    best
}

/// Words of which each match begins with one; the empty word if nothing is known.
fn beginnings(hir: &Hir) -> Words {
    let known = exact(hir).or_else(|| match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => Some(beginnings(&repetition.sub)),
        HirKind::Capture(capture) => Some(beginnings(&capture.sub)),
        HirKind::Concat(parts) => {
            let mut row = vec![Vec::new()];
            for part in parts {
                let Some(longer) = joined(&row, &beginnings(part)) else { break };
                row = longer;
                if exact(part).is_none() {
                    break;
                }
            }
            Some(row)
        }
        HirKind::Alternation(branches) => {
            limited(branches.iter().map(beginnings).collect::<Vec<_>>().concat())
        }
    });
    known.unwrap_or_else(|| vec![Vec::new()])
}

fn better(a: Option<Words>, b: Option<Words>, score: &dyn Fn(&Words) -> usize) -> Option<Words> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if score(&b) > score(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// All texts that this matches, if they are few and short.
fn exact(hir: &Hir) -> Option<Words> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => limited(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(class) => members(class),
        HirKind::Repetition(repetition) => {
            let once = exact(&repetition.sub)?;
            let most = repetition.max.filter(|most| *most <= LONGEST_WORD as u32)?;
            let mut power = vec![Vec::new()];
            let mut all = Vec::new();
            for times in 0..=most {
                if times >= repetition.min {
                    all.extend(power.iter().cloned());
                }
                if times < most {
                    power = joined(&power, &once)?;
                }
            }
            limited(all)
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![Vec::new()], |row, part| joined(&row, &exact(part)?))
        }
        HirKind::Alternation(branches) => {
            limited(branches.iter().map(exact).collect::<Option<Vec<_>>>()?.concat())
        }
    }
}

/// The members of a small class. One that goes beyond ASCII has none: a letter of
/// another script can be the upper case of an ASCII one.
fn members(class: &Class) -> Option<Words> {
    let mut bytes = Vec::new();
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                bytes.extend(range.start()..=range.end());
            }
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                let end = u8::try_from(range.end()).ok().filter(u8::is_ascii)?;
                bytes.extend(u8::try_from(range.start()).ok()?..=end);
            }
        }
    }
    bytes.make_ascii_lowercase();
    bytes.sort_unstable();
    bytes.dedup();
    let few = (1..=MOST_MEMBERS).contains(&bytes.len());
    few.then(|| bytes.into_iter().map(|byte| vec![byte]).collect())
}

/// Each of the first followed by each of the second.
fn joined(first: &Words, second: &Words) -> Option<Words> {
    if first.len() * second.len() > MOST_WORDS {
        return None;
    }
    let row = first.iter().flat_map(|a| second.iter().map(|b| [&a[..], b].concat()));
    limited(row.collect())
}

fn limited(mut words: Words) -> Option<Words> {
    words.sort_unstable();
    words.dedup();
    let fits = words.len() <= MOST_WORDS && words.iter().all(|word| word.len() <= LONGEST_WORD);
    fits.then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_tells_which_words_it_needs() {
        check(r"ghp_[A-Za-z0-9]{36}", "ghp_");
        check(r"(?i)Key-[0-9]+", "key-");
        check(r"[a-z]+(?:secret|token)=.", "secret=|token=");
        check(r"gh[opu]_x", "gho_x|ghp_x|ghu_x");
        check(r"api[_-]?key", "api-key|api_key|apikey");
        check(r"(?:abc){2}[0-9]", "abcabc");
        check(r"\bfoo\b", "foo");
        check(r"(?:abc)+x?y?z?", "abc");
        check(r"lin_(?:api_[0-9]|oauth_[a-z])", "lin_api_|lin_oauth_");
        check(r"[0-9]+_key_(?:[a-z]{40}|x)", "_key_");
        check(r"[0-9]{3}", "none");
        check(r"(?:abc)?[0-9]", "none");
        check(r"(?:abc|[0-9])", "none");
        check(r"ab.cd", "none");
        check("", "none");
    }

    #[track_caller]
    fn check(pattern: &str, expected: &str) {
        let words = required(&parse(pattern)).map_or("none".to_owned(), |words| {
            words.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join("|")
        });
        assert_eq!(words, expected);
    }

    #[test]
    fn a_keyword_counts_only_if_no_match_is_without_it() {
        check_keyword(r"(?i)secret_key=\w+", "secret", true);
        check_keyword(r"(?:aws|gcp)_token", "token", true);
        check_keyword(r"(?:aws_token|gcp_key)", "token", false);
        check_keyword(r"(?:token)?=\w+", "token", false);
        check_keyword(r"\w+", "token", false);
    }

    #[track_caller]
    fn check_keyword(pattern: &str, keyword: &str, expected: bool) {
        assert_eq!(always_has_one_of(&parse(pattern), &[keyword.into()]), expected);
    }

    #[test]
    fn line_breaks_have_a_bound_or_none() {
        check_breaks(r"a.b", Some(0));
        check_breaks(r"a\nb", Some(1));
        check_breaks(r"a\s{0,3}[^x]", Some(4));
        check_breaks(r"(?:a|\n\n|\n){2}", Some(4));
        check_breaks(r"a\s*b", None);
        check_breaks(r"(?s)a.{0,5}", Some(5));
    }

    #[track_caller]
    fn check_breaks(pattern: &str, expected: Option<usize>) {
        assert_eq!(most_breaks(&parse(pattern)), expected);
    }

    fn parse(pattern: &str) -> Hir {
        regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(pattern)
            .expect("the row holds a valid pattern")
    }
}
