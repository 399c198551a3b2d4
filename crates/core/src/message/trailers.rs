// SPDX-License-Identifier: Apache-2.0
//! Trailers, read as `git interpret-trailers --parse --no-divider` reads them
//! with git's own configuration.
//!
//! The rules, from <https://git-scm.com/docs/git-interpret-trailers>: the block is
//! the last paragraph but never the first, and holds trailers only, or a quarter
//! of them with one that git itself writes. Comment lines, and what git ignores at
//! the end of a message, are no part of it. A `---` line ends a patch mail, not
//! the message of a commit, so it divides nothing here.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::{is_space, trim, trim_end};

/// One trailer of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trailer<'a> {
    /// The text before the colon.
    pub key: &'a [u8],
    /// The text after it, further lines joined to the first by one space each.
    pub value: Cow<'a, [u8]>,
}

/// The trailers of a message, in order.
pub fn trailers(message: &[u8]) -> Vec<Trailer<'_>> {
    let Some(block) = block(message) else { return Vec::new() };
    lines(message, block)
        .into_iter()
        .map(|line| Trailer {
            key: trim_end(&message[line.key]),
            value: unfold(&message[line.value]),
        })
        .collect()
}

/// Whether the message asks to be published although its commit changes nothing:
/// a trailer `Publish-Empty: yes`, in any case.
pub fn publish_empty(message: &[u8]) -> bool {
    trailers(message).iter().any(|trailer| {
        trailer.key.eq_ignore_ascii_case(b"publish-empty")
            && trailer.value.eq_ignore_ascii_case(b"yes")
    })
}

/// Where a trailer stands in the message: its key, and its value with the further
/// lines and without white space around it.
pub(super) struct TrailerLine {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// The lines in a part of the message that have the form of a trailer.
pub(super) fn lines(message: &[u8], part: Range<usize>) -> Vec<TrailerLine> {
    let mut found: Vec<TrailerLine> = Vec::new();
    let mut continues = false;
    let mut start = part.start;
    while start < part.end {
        let end = line_end(message, start).min(part.end);
        let line = &message[start..end];
        if continues && is_space(line[0]) {
            found.last_mut().expect("there is one to continue").value.end = end;
        } else if let Some(colon) = separator(line) {
            found.push(TrailerLine { key: start..start + colon, value: start + colon + 1..end });
            continues = true;
        } else {
            continues = false;
        }
        start = end;
    }
    for line in &mut found {
        let value = &message[line.value.clone()];
        let kept = trim(value).len();
        line.value.start += trim_end(value).len() - kept;
        line.value.end = line.value.start + kept;
    }
    found
}

/// The value on one line.
pub(super) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut unfolded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(end) = memchr(b'\n', rest) {
        unfolded.extend_from_slice(&rest[..end]);
        unfolded.push(b' ');
        let next = rest[end..].iter().position(|&byte| !is_space(byte));
        rest = next.map_or(&[][..], |next| &rest[end + next..]);
    }
    unfolded.extend_from_slice(rest);
    Cow::Owned(unfolded)
}

/// Where the trailer block of a message is, if there is one.
pub(super) fn block(message: &[u8]) -> Option<Range<usize>> {
    let message = &message[..end_of_log_message(message)];
    let end_of_title = end_of_title(message);
    let mut count = Count::default();
    let mut only_spaces = true;
    let mut end = message.len();
    while let Some(start) = last_line(&message[..end]).filter(|&start| start >= end_of_title) {
        let line = &message[start..line_end(message, start)];
        if line[0] == b'#' {
            count.end_continuations();
        } else if !is_blank(line) {
            only_spaces = false;
            count.add(line);
        } else if !only_spaces {
            count.end_continuations();
            let block = start + line.len()..message.len();
            return count.are_trailers().then_some(block);
        }
        end = start;
    }
    None
}

/// The lines of a paragraph, counted from its last to its first.
#[derive(Default)]
struct Count {
    trailers: usize,
    others: usize,
    /// Lines that continue a trailer, if the line before them turns out to be one.
    continuations: usize,
    written_by_git: bool,
}

impl Count {
    fn add(&mut self, line: &[u8]) {
        if line.starts_with(b"Signed-off-by: ") || line.starts_with(b"(cherry picked from commit ")
        {
            self.written_by_git = true;
            self.trailers += 1;
            self.continuations = 0;
        } else if separator(line).is_some() {
            self.trailers += 1;
            self.continuations = 0;
        } else if is_space(line[0]) {
            self.continuations += 1;
        } else {
            self.others += 1;
            self.end_continuations();
        }
    }

    fn end_continuations(&mut self) {
        self.others += self.continuations;
        self.continuations = 0;
    }

    fn are_trailers(&self) -> bool {
        (self.written_by_git && self.trailers * 3 >= self.others)
            || (self.trailers > 0 && self.others == 0)
    }
}

/// Where the colon of a trailer is: after letters, digits and hyphens, with
/// perhaps some blanks before it, and at least one byte in all.
fn separator(line: &[u8]) -> Option<usize> {
    let mut blank_seen = false;
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b':' => return (at > 0).then_some(at),
            b' ' | b'\t' if at > 0 => blank_seen = true,
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if !blank_seen => {}
            _ => return None,
        }
    }
    None
}

/// The length of the message without what git ignores at its end: empty lines,
/// comments, an old list of conflicts, and all from a scissors line on.
fn end_of_log_message(message: &[u8]) -> usize {
    const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------";
    // Where the ignored lines begin; git takes 0 for none, and so must we.
    let mut ignored = 0;
    let mut in_conflicts = false;
    let mut start = 0;
    while start < message.len() {
        let end = line_end(message, start);
        let line = message[start..end].strip_suffix(b"\n").unwrap_or(&message[start..end]);
        if line == SCISSORS {
            break;
        }
        in_conflicts |= line == b"Conflicts:";
        if line.is_empty() || line[0] == b'#' || line == b"Conflicts:" {
            if ignored == 0 {
                ignored = start;
            }
        } else if ignored > 0 && !(in_conflicts && line[0] == b'\t') {
            ignored = 0;
            in_conflicts = false;
        }
        start = end;
    }
    if ignored > 0 { ignored } else { start }
}

/// Where the first paragraph ends.
fn end_of_title(message: &[u8]) -> usize {
    let mut start = 0;
    while start < message.len() {
        let end = line_end(message, start);
        let line = &message[start..end];
        if line[0] != b'#' && is_blank(line) {
            break;
        }
        start = end;
    }
    start
}

/// Where the last paragraph begins, whatever it holds.
pub(super) fn last_paragraph(message: &[u8]) -> usize {
    let mut start = trim_end(message).len();
    while let Some(line) = last_line(&message[..start]) {
        if is_blank(&message[line..start]) {
            break;
        }
        start = line;
    }
    start
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|&byte| is_space(byte))
}

/// Where the line that begins at `start` ends, its newline included.
pub(super) fn line_end(message: &[u8], start: usize) -> usize {
    memchr(b'\n', &message[start..]).map_or(message.len(), |newline| start + newline + 1)
}

/// Where the last line begins.
fn last_line(message: &[u8]) -> Option<usize> {
    let before_newline = message.len().checked_sub(1)?;
    Some(memrchr(b'\n', &message[..before_newline]).map_or(0, |newline| newline + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::{Git, messages};

    #[test]
    fn a_block_is_the_last_paragraph_of_trailers() {
        check("subject\n\nKey: value\n", "Key: value\n");
        check("subject\n\nbody\n\nA: 1\nB: 2\n", "A: 1\nB: 2\n");
        check("subject\n\nA: 1\n\nB: 2\n", "B: 2\n");
        check("subject\n\nA: 1\n\nbody\n", "");
        check("subject\nA: 1\n", "");
        check("A: 1\n", "");
        check("\nA: 1\n", "A: 1\n");
        check("", "");
        check("subject\n\nA: 1", "A: 1\n");
        check("subject\n \t\nA: 1\n \n\n", "A: 1\n");
        check("subject\n\nA:\n", "A: \n");
        check("subject\n\nA : x \n", "A: x\n");
        check("subject\n\nA b: x\n", "");
        check("subject\n\n: x\n", "");
        check("subject\n\nA=x\n", "");
        check("subject\r\n\r\nA: 1\r\n", "A: 1\n");
        check("subject\n\n---\nA: 1\n", "");
        check("subject\n\n---\n\nA: 1\n", "A: 1\n");
    }

    #[test]
    fn a_value_can_go_on_after_a_blank() {
        check("subject\n\nA: 1\n  2\n\t3\nB: 4\n", "A: 1 2 3\nB: 4\n");
        check("subject\n\nA:\n 1\n", "A: 1\n");
        check("subject\n\n 0\nA: 1\n", "");
    }

    #[test]
    fn a_quarter_is_enough_with_one_that_git_writes() {
        check("s\n\nx\ny\nz\nSigned-off-by: A <a@b>\n", "Signed-off-by: A <a@b>\n");
        check("s\n\nw\nx\ny\nz\nSigned-off-by: A <a@b>\n", "");
        check("s\n\nx\nA: 1\n(cherry picked from commit 12)\n", "A: 1\n");
        check("s\n\nx\nA: 1\nB: 2\nC: 3\n", "");
        check("s\n\nsigned-off-by: A\nx\n", "");
    }

    #[test]
    fn comments_and_conflicts_at_the_end_are_ignored() {
        check("s\n\nA: 1\n# comment\n", "A: 1\n");
        check("s\n\nA: 1\n# comment\nB: 2\n", "A: 1\nB: 2\n");
        check("s\n\nA: 1\n\nConflicts:\n\tfile\n", "A: 1\n");
        check(
            "s\n\nA: 1\n# ------------------------ >8 ------------------------\nB: 2\n",
            "A: 1\n",
        );
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(parsed(message.as_bytes()), expected, "{message:?}");
        judge(&Git::new(), message);
    }

    #[test]
    fn generated_messages_are_read_as_git_reads_them() {
        let git = Git::new();
        for message in messages(3, 250) {
            judge(&git, &message);
        }
    }

    #[track_caller]
    fn judge(git: &Git, message: &str) {
        assert_eq!(parsed(message.as_bytes()), git.trailers(message), "{message:?}");
    }

    fn parsed(message: &[u8]) -> String {
        let shown = |trailer: &Trailer<'_>| {
            let value = String::from_utf8_lossy(&trailer.value);
            format!("{}: {value}\n", String::from_utf8_lossy(trailer.key))
        };
        trailers(message).iter().map(shown).collect()
    }

    #[test]
    fn a_trailer_keeps_an_empty_commit() {
        check_empty("s\n\nPublish-Empty: yes\n", true);
        check_empty("s\n\npublish-EMPTY:  Yes \n", true);
        check_empty("s\n\nPublish-Empty: yes\nSigned-off-by: A <a@b>", true);
        check_empty("s\n\nPublish-Empty: no\n", false);
        check_empty("s\n\nPublish-Empty: yes please\n", false);
        check_empty("s\n\nPublish-Empty:yes\n\nbody\n", false);
        check_empty("Publish-Empty: yes\n", false);
        check_empty("s\n\nplease add\nPublish-Empty: yes\n", false);
    }

    #[track_caller]
    fn check_empty(message: &str, expected: bool) {
        assert_eq!(publish_empty(message.as_bytes()), expected, "{message:?}");
    }
}
