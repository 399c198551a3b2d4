// SPDX-License-Identifier: Apache-2.0
//! Reports for a log that more people can read than the private repository.
//!
//! Private paths and ids become the number of their finding, counted over the
//! refusals and then the warnings, so that whoever runs the same plan on their own
//! machine can look them up. In sentences only words that we know to be harmless
//! stay: a name that is shown by mistake cannot be taken back.

use repo_sync_shared::{Check, Finding, Fleet, Report};

/// Stands for what was taken out of a sentence.
const GONE: &str = "…";

/// What may stay between backticks in a command line of git or of ours.
const COMMAND_WORDS: &[&str] = &[
    "explain",
    "export",
    "fetch",
    "fsck",
    "gc",
    "git",
    "import",
    "init",
    "map",
    "plan",
    "push",
    "repo-sync",
    "sync",
    "sync.lock",
    "sync.toml",
];

/// What may stay between backticks by itself: no folder is called so.
const OWN_WORDS: &[&str] = &[
    "sync.lock",
    "sync.toml",
    "[[move]]",
    "[[seam]]",
    "[[waiver]]",
    "[[withhold]]",
    "[check]",
    "[guard]",
    "[identity]",
    "[message]",
    "[standalone]",
    "[transform]",
];

/// The report without private names and ids.
pub fn report(report: &Report) -> Report {
    let mut redacted = report.clone();
    let findings = redacted.refusals.iter_mut().chain(&mut redacted.warnings);
    for (number, finding) in (1..).zip(findings) {
        redact(finding, &format!("finding {number}"));
    }
    redacted.error = report.error.as_deref().map(prose);
    redacted
}

/// The reports of all mirrors without private names and ids.
pub fn fleet(fleet: &Fleet) -> Fleet {
    let mirrors = fleet.mirrors.iter().map(report).collect();
    Fleet { mirrors, ..fleet.clone() }
}

fn redact(finding: &mut Finding, number: &str) {
    let mut hint = finding.hint.clone();
    if let Some(path) = finding.path.as_deref().filter(|path| !path.is_empty()) {
        hint = hint.replace(path, number);
    }
    if finding.path.is_some() || finding.commit.is_some() {
        finding.path = Some(number.to_owned());
    }
    finding.commit = None;
    finding.line = None;
    finding.rule = finding.rule.as_deref().map(place);
    finding.hint = prose(&hint);
}

/// Where a rule stands, without the pattern that it is.
pub(super) fn place(rule: &str) -> String {
    let place = rule.split('`').next().unwrap_or_default().trim_end();
    match place.strip_prefix("sync.toml:") {
        Some(line) if line.bytes().all(|byte| byte.is_ascii_digit()) => place.to_owned(),
        _ => GONE.to_owned(),
    }
}

/// A sentence without what could be a private name or id: quoted words that are
/// not ours, everything with a slash or seven hexadecimal digits, and lines that
/// show the manifest.
pub fn prose(text: &str) -> String {
    let lines = text.lines().filter(|line| !shows_a_file(line)).map(sentence);
    lines.collect::<Vec<_>>().join("\n")
}

/// The lines of an error that points at its place: `7 | exlude = []`, `  | ^^^^`.
fn shows_a_file(line: &str) -> bool {
    line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
}

fn sentence(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_space = true;
    while let Some(first) = rest.chars().next() {
        // An apostrophe within a word is no quote.
        let quote = matches!(first, '`' | '"') || (first == '\'' && after_space);
        if quote {
            let inner = &rest[1..];
            let Some(end) = inner.find(first) else {
                out.push_str(GONE);
                return out;
            };
            let shown = if is_ours(&inner[..end]) { &inner[..end] } else { GONE };
            out.extend([first.to_string().as_str(), shown, first.to_string().as_str()]);
            rest = &inner[end + 1..];
            after_space = false;
        } else if first.is_whitespace() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            after_space = true;
        } else {
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| c.is_whitespace() || matches!(c, '`' | '"'))
                .map_or(rest.len(), |(at, _)| at);
            out.push_str(if could_be_a_name(&rest[..end]) { GONE } else { &rest[..end] });
            rest = &rest[end..];
            after_space = false;
        }
    }
    out
}

fn is_ours(quoted: &str) -> bool {
    let flag = |word: &str| {
        word.strip_prefix("--")
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
    };
    let number = |word: &str| word.len() < 7 && word.bytes().all(|byte| byte.is_ascii_digit());
    match quoted.split_whitespace().collect::<Vec<_>>()[..] {
        // A check whose name has a hyphen; `secret` could well be a folder.
        [word] => {
            OWN_WORDS.contains(&word)
                || flag(word)
                || (word.contains('-') && word.parse::<Check>().is_ok())
        }
        ["finding", which] => number(which),
        ["git" | "repo-sync", ref words @ ..] => {
            words.iter().all(|word| COMMAND_WORDS.contains(word) || flag(word))
        }
        _ => false,
    }
}

fn could_be_a_name(word: &str) -> bool {
    word.contains('/')
        || word.split(|c: char| !c.is_ascii_hexdigit()).any(|digits| digits.len() >= 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::refused;

    #[test]
    fn a_sentence_keeps_only_what_is_ours() {
        check("run `repo-sync plan --policy-rev` again", "run `repo-sync plan --policy-rev` again");
        check("add a `[[waiver]]` for `path-denied`", "add a `[[waiver]]` for `path-denied`");
        check("it was `cloud/ab.rs` before", "it was `…` before");
        check("put back `finding 3` or `secret`", "put back `finding 3` or `…`");
        check("can't read 'secret plan' or \"b\", don't", "can't read '…' or \"…\", don't");
        check("4f1c2aa is private, so is (4f1c2aa00b)", "… is private, so is …");
        check("abcdef is short, and defaced7 is an id", "abcdef is short, and … is an id");
        check("open `never closed", "open …");
        check("see /srv/git/private.git", "see …");
        check(
            "error at line 7\n  |\n7 | exlude = [\"acme\"]\n  | ^^^^\nunknown field `exlude`",
            "error at line 7\nunknown field `…`",
        );

        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(prose(text), expected);
        }
    }

    #[test]
    fn a_redacted_report_holds_no_private_name_and_no_private_id() {
        let mut original = refused();
        original.error = Some("failed at `cloud/bill.rs`".to_owned());
        let redacted = serde_json::to_string(&report(&original)).unwrap();
        for private in ["cloud", "bill", "ab.rs", "a,b", "4f4f4f", "5a5a5a"] {
            assert!(!redacted.contains(private), "{private} is in {redacted}");
        }
        for kept in ["sync.toml:9", "finding 1", "finding 2", "path-denied", "[[waiver]]"] {
            assert!(redacted.contains(kept), "{kept} is not in {redacted}");
        }
    }
}
