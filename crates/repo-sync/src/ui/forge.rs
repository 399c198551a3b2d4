// SPDX-License-Identifier: Apache-2.0
//! Words of strangers in the log of a forge's CI, where some are commands.
//!
//! The runner of GitHub Actions takes a line that begins with `::` for a command, and still
//! looks for `##[` anywhere in a line
//! (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>). The
//! subject of a commit may say so, or a server that git relays.

use std::borrow::Cow;

/// What nobody sees, and what makes other words of them.
const BETWEEN: &str = "\u{200b}";

/// The same words, of which none is a command that stands within a line.
pub(super) fn within_lines(text: &[u8]) -> Cow<'_, [u8]> {
    broken(text, |before, rest| before.ends_with(b"##") && rest.starts_with(b"["))
}

/// The same words, of which none is a command at all.
pub(super) fn anywhere(text: &[u8]) -> Cow<'_, [u8]> {
    broken(text, |before, rest| {
        let line = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        let begins = || line.trim_ascii() == b":" && line.ends_with(b":");
        (before.ends_with(b"##") && rest.starts_with(b"[")) || (rest.starts_with(b":") && begins())
    })
}

/// The text with something between its parts wherever `here` says so of them.
fn broken(text: &[u8], here: impl Fn(&[u8], &[u8]) -> bool) -> Cow<'_, [u8]> {
    // Most text has neither.
    if !text.iter().any(|byte| b"[:".contains(byte)) {
        return Cow::Borrowed(text);
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for at in 1..text.len() {
        let (before, rest) = text.split_at(at);
        if here(before, rest) {
            parts.push(&text[from..at]);
            from = at;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    parts.push(&text[from..]);
    Cow::Owned(parts.join(BETWEEN.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_are_a_command() {
        check("a ##[group]b", "a ##|[group]b", "a ##|[group]b");
        check("##[a]##[b]", "##|[a]##|[b]", "##|[a]##|[b]");
        check("::add-mask::x\n", "::add-mask::x\n", ":|:add-mask::x\n");
        check("a\n  ::b::\n:: c", "a\n  ::b::\n:: c", "a\n  :|:b::\n:|: c");
        check("core::git: [x] # [y]", "core::git: [x] # [y]", "core::git: [x] # [y]");
        check("", "", "");
    }

    #[track_caller]
    fn check(text: &str, lines: &str, all: &str) {
        let shown = |words: Cow<'_, [u8]>| {
            String::from_utf8(words.into_owned()).unwrap().replace(BETWEEN, "|")
        };
        let text = text.as_bytes();
        assert_eq!((shown(within_lines(text)), shown(anywhere(text))), (lines.into(), all.into()));
    }
}
