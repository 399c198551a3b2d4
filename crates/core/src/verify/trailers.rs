// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of trailers, as `git interpret-trailers --no-divider`
//! finds them.

/// A line of the form `Key: value`, with the lines that continue it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    pub(super) key: Vec<u8>,
    /// Where the value stands in the message, white space around it left out.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Whether a trailer of the message asks to publish an empty commit.
pub(super) fn publishes_empty(message: &[u8]) -> bool {
    let Some(block) = block(message) else { return false };
    let end = message.len() - ignored(message);
    trailers(message, block, end).iter().any(|trailer| {
        trailer.key.eq_ignore_ascii_case(b"publish-empty")
            && on_one_line(&message[trailer.start..trailer.end]).eq_ignore_ascii_case(b"yes")
    })
}

/// The trailers between two places of a message.
pub(super) fn trailers(message: &[u8], start: usize, end: usize) -> Vec<Trailer> {
    let mut found: Vec<Trailer> = Vec::new();
    let mut open = false;
    for (from, line) in lines(&message[..end], start) {
        if open && is_space(line[0]) {
            if let Some(last) = found.last_mut() {
                last.end = from + line.len();
            }
            continue;
        }
        open = false;
        if let Some(colon) = colon(line) {
            let key = trim(&line[..colon]).to_vec();
            found.push(Trailer { key, start: from + colon + 1, end: from + line.len() });
            open = true;
        }
    }
    for trailer in &mut found {
        while trailer.start < trailer.end && is_space(message[trailer.start]) {
            trailer.start += 1;
        }
        while trailer.start < trailer.end && is_space(message[trailer.end - 1]) {
            trailer.end -= 1;
        }
    }
    found
}

/// A value with its line breaks, and the white space after each, as one space.
pub(super) fn on_one_line(value: &[u8]) -> Vec<u8> {
    let mut lines = value.split(|&byte| byte == b'\n');
    let mut out = lines.next().unwrap_or_default().to_vec();
    let mut blank = false;
    for line in lines {
        if !blank {
            out.push(b' ');
        }
        let line = match line.iter().position(|&byte| !is_space(byte)) {
            Some(text) => &line[text..],
            None => b"",
        };
        // White space goes on over a line that is nothing else.
        blank = line.is_empty();
        out.extend_from_slice(line);
    }
    out
}

/// Where the people of a message may stand: in its trailer block and in its last
/// paragraph, but not on its first line.
pub(super) fn people_begin(message: &[u8]) -> usize {
    let mut paragraph = trim_end(message).len();
    while let Some(line) = last_line(&message[..paragraph]) {
        if is_blank(&message[line..paragraph]) {
            break;
        }
        paragraph = line;
    }
    let start = block(message).map_or(paragraph, |block| block.min(paragraph));
    let first = message.iter().position(|&byte| !is_space(byte)).unwrap_or(message.len());
    let subject =
        lines(message, first).next().map_or(message.len(), |(from, line)| from + line.len());
    start.max(subject)
}

/// Where the trailer block begins, if git sees one.
fn block(message: &[u8]) -> Option<usize> {
    let text = &message[..message.len() - ignored(message)];
    // The first paragraph is the title and holds no trailers.
    let blank = lines(text, 0).find(|(_, line)| line[0] != b'#' && is_blank(line));
    let title = blank.map_or(text.len(), |(from, _)| from);
    let below: Vec<_> = lines(text, title).collect();
    let (mut trailers, mut others, mut maybe) = (0_usize, 0_usize, 0_usize);
    let (mut by_git, mut met_text) = (false, false);
    for &(from, line) in below.iter().rev() {
        if line[0] == b'#' {
            others += std::mem::take(&mut maybe);
        } else if is_blank(line) {
            if met_text {
                others += maybe;
                let enough = by_git && 3 * trailers >= others || trailers > 0 && others == 0;
                return enough.then_some(from + line.len());
            }
        } else {
            met_text = true;
            let written_by_git = [&b"Signed-off-by: "[..], b"(cherry picked from commit "]
                .iter()
                .any(|start| line.starts_with(start));
            by_git |= written_by_git;
            if written_by_git || colon(line).is_some() {
                trailers += 1;
                maybe = 0;
            } else if is_space(line[0]) {
                maybe += 1;
            } else {
                others += 1 + std::mem::take(&mut maybe);
            }
        }
    }
    None
}

/// Where the colon after a key stands: a key has letters, digits and hyphens, and
/// perhaps blanks behind it.
fn colon(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let key = &line[..colon];
    let len = key.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let blanks = key[len..].iter().all(|byte| matches!(byte, b' ' | b'\t'));
    (len > 0 && blanks).then_some(colon)
}

/// How many bytes at its end git takes for no part of a message: empty lines and
/// comments, an old list of conflicts, all from a scissors line on.
fn ignored(message: &[u8]) -> usize {
    let (mut from, mut conflicts) = (0, false);
    let mut end = message.len();
    for (at, line) in lines(message, 0) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if line == b"# ------------------------ >8 ------------------------" {
            end = at;
            break;
        }
        conflicts |= line == b"Conflicts:";
        let skipped = line.is_empty() || line[0] == b'#' || line == b"Conflicts:";
        if skipped {
            // To git a list that begins with the message is none.
            from = if from == 0 { at } else { from };
        } else if !(from > 0 && conflicts && line[0] == b'\t') {
            conflicts &= from == 0;
            from = 0;
        }
    }
    message.len() - if from > 0 { from } else { end }
}

/// The lines from `start` on, each with where it begins and with its end.
pub(super) fn lines(text: &[u8], start: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = start;
    text[start.min(text.len())..].split_inclusive(|&byte| byte == b'\n').map(move |line| {
        let from = at;
        at += line.len();
        (from, line)
    })
}

fn last_line(text: &[u8]) -> Option<usize> {
    let (_, head) = text.split_last()?;
    Some(head.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1))
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|&byte| is_space(byte))
}

/// What git takes for white space.
pub(super) fn is_space(byte: u8) -> bool {
    b" \t\n\r".contains(&byte)
}

pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    &text[..text.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1)]
}

pub(super) fn trim(text: &[u8]) -> &[u8] {
    let text = trim_end(text);
    &text[text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::{Git, messages};

    #[test]
    fn a_trailer_publishes_an_empty_commit() {
        check("s\n\nPublish-Empty: yes\n", true);
        check("s\n\npublish-EMPTY:yes", true);
        check("s\n\nPublish-Empty:\n yes\n", true);
        check("s\n\nPublish-Empty: yes\n\n# comment\n", true);
        check("s\n\nPublish-Empty: yes\nprose\nSigned-off-by: A <a@b>\n", true);
        check("s\n\nPublish-Empty: yes\n\nConflicts:\n\tfile\n", true);
        check("s\n\nPublish-Empty: no\n", false);
        check("s\n\nprose\nPublish-Empty: yes\n", false);
        check("s\n\nPublish-Empty: yes\n\nprose\n", false);
        check("Publish-Empty: yes\n", false);
        check("s\nPublish-Empty: yes\n", false);
        check("", false);
    }

    #[track_caller]
    fn check(message: &str, expected: bool) {
        assert_eq!(publishes_empty(message.as_bytes()), expected, "{message:?}");
    }

    #[test]
    fn a_value_goes_on_after_a_blank() {
        trailer("s\n\nA: 1\n  2\n\t3\nB: 4\n", "A: 1 2 3\nB: 4\n");
        trailer("s\n\nA:\n 1\n \n\n", "A: 1\n");
        trailer("s\n\n 0\nA: 1\n", "");
        trailer("s\n\nA b: x\n", "");
        trailer("s\n\nA : x \n", "A: x\n");
        trailer("s\n\n: x\n", "");
        trailer("subject\r\n\r\nA: 1\r\n", "A: 1\n");
        trailer("\nA: 1\n", "A: 1\n");
    }

    #[test]
    fn a_quarter_is_enough_with_one_that_git_writes() {
        trailer("s\n\nx\ny\nz\nSigned-off-by: A <a@b>\n", "Signed-off-by: A <a@b>\n");
        trailer("s\n\nw\nx\ny\nz\nSigned-off-by: A <a@b>\n", "");
        trailer("s\n\nx\nA: 1\n(cherry picked from commit 12)\n", "A: 1\n");
        trailer("s\n\nx\nA: 1\nB: 2\nC: 3\n", "");
        trailer("s\n\nsigned-off-by: A\nx\n", "");
        trailer("s\n\n more\nA: 1\n", "");
        trailer("s\n\n more\n# comment\nA: 1\n", "");
    }

    #[test]
    fn comments_and_conflicts_at_the_end_are_no_part() {
        trailer("s\n\nA: 1\n# comment\nB: 2\n", "A: 1\nB: 2\n");
        trailer("s\n\nA: 1\n\nConflicts:\n\tfile\n\tother\n", "A: 1\n");
        trailer("s\n\nA: 1\n\nConflicts:\n\tfile\nB: 2\n", "Conflicts: file\nB: 2\n");
        trailer("s\n\nA: 1\n\n\tfile\nConflicts:\n", "");
        trailer(
            "s\n\nA: 1\n# ------------------------ >8 ------------------------\nB: 2\n",
            "A: 1\n",
        );
        trailer("# comment\nConflicts:\n\tfile\n", "");
    }

    #[track_caller]
    fn trailer(message: &str, expected: &str) {
        assert_eq!(parsed(message.as_bytes()), expected, "{message:?}");
        judge(&Git::new(), message);
    }

    #[test]
    fn generated_messages_are_read_as_git_reads_them() {
        let git = Git::new();
        for message in messages(5, 150) {
            judge(&git, &message);
        }
    }

    #[track_caller]
    fn judge(git: &Git, message: &str) {
        assert_eq!(parsed(message.as_bytes()), git.trailers(message), "{message:?}");
    }

    fn parsed(message: &[u8]) -> String {
        let Some(start) = block(message) else { return String::new() };
        let shown = |trailer: &Trailer| {
            let value = on_one_line(&message[trailer.start..trailer.end]);
            let key = String::from_utf8_lossy(&trailer.key);
            format!("{key}: {}\n", String::from_utf8_lossy(&value))
        };
        let end = message.len() - ignored(message);
        trailers(message, start, end).iter().map(shown).collect()
    }

    #[test]
    fn people_stand_at_the_end() {
        let begin = |message: &str| people_begin(message.as_bytes());
        assert_eq!(begin("s\n\nprose\nBy: A <a@b>\n\n"), 3);
        assert_eq!(begin("s\n\nA: 1\n\nprose\n"), 9);
        assert_eq!(begin("\n\nfix: A <a@b>"), 14);
        assert_eq!(begin(" \n"), 2);
        assert_eq!(begin("s\n\nBy: A <a@b>\n"), 3);
        assert_eq!(begin("s\nBy: A <a@b>\n"), 2);
        assert_eq!(begin("fix: A <a@b>\n"), 13);
        assert_eq!(begin("s\n\nBy: A <a@b>\n\nConflicts:\n\tfile\n"), 3);
    }
}
