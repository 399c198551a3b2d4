// SPDX-License-Identifier: Apache-2.0
//! How much of a private message becomes public.

use std::borrow::Cow;

use super::policy::MessageMode;
use super::trailers::line_end;
use super::trim_end;

/// The public form of a message.
///
/// - [`Keep`](MessageMode::Keep): the message, byte for byte.
/// - [`Replace`](MessageMode::Replace): the text and one newline.
/// - [`PublicSection`](MessageMode::PublicSection): the [`subject`] and one newline;
///   then, if a line after the first paragraph is `Public:` (white space at its end
///   apart), an empty line, the paragraph after the first such line, and one
///   newline. That paragraph may begin on the next line or after empty ones, ends
///   at the next empty line, and is otherwise kept byte for byte.
pub fn apply_mode<'m>(mode: &MessageMode, message: &'m [u8]) -> Cow<'m, [u8]> {
    match mode {
        MessageMode::Keep => Cow::Borrowed(message),
        MessageMode::Replace(text) => Cow::Owned([text.as_bytes(), b"\n"].concat()),
        MessageMode::PublicSection => {
            let mut public = subject(message);
            public.push(b'\n');
            if let Some(section) = public_section(message) {
                public.push(b'\n');
                public.extend_from_slice(section);
                public.push(b'\n');
            }
            Cow::Owned(public)
        }
    }
}

/// The subject of a message as git's `%s` shows it: the lines of the first
/// paragraph, without white space at their ends, joined by spaces.
pub fn subject(message: &[u8]) -> Vec<u8> {
    let lines: Vec<_> = paragraph(message, 0).map(|(line, _)| line).collect();
    lines.join(&b' ')
}

fn public_section(message: &[u8]) -> Option<&[u8]> {
    let title_end = paragraph(message, 0).last()?.1;
    let (_, start) = lines(message, title_end).find(|&(line, _)| line == b"Public:")?;
    let (_, end) = paragraph(message, start).last()?;
    let blank = lines(message, start).take_while(|(line, _)| line.is_empty()).last();
    let start = blank.map_or(start, |(_, end)| end);
    Some(trim_end(&message[start..end]))
}

/// The lines from `start` on, without the empty ones before the first and up to
/// the next empty one.
fn paragraph(message: &[u8], start: usize) -> impl Iterator<Item = (&[u8], usize)> {
    lines(message, start)
        .skip_while(|(line, _)| line.is_empty())
        .take_while(|(line, _)| !line.is_empty())
}

/// Each line from `start` on, without white space at its end, and where the next
/// one begins.
fn lines(message: &[u8], mut start: usize) -> impl Iterator<Item = (&[u8], usize)> {
    std::iter::from_fn(move || {
        let end = (start < message.len()).then(|| line_end(message, start))?;
        let line = trim_end(&message[start..end]);
        start = end;
        Some((line, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    #[test]
    fn keep_changes_nothing() {
        for message in ["", "s", "s\n\n\n", "\r\n\u{e9}"] {
            check(&MessageMode::Keep, message, message);
        }
    }

    #[test]
    fn replace_says_the_same_for_every_commit() {
        let mode = MessageMode::Replace("Public snapshot".to_owned());
        check(&mode, "secret\n\nplan", "Public snapshot\n");
        check(&mode, "", "Public snapshot\n");
    }

    #[test]
    fn a_public_section_is_a_subject_and_a_paragraph() {
        let mode = MessageMode::PublicSection;
        check(&mode, "s\n\nsecret\n\nPublic:\nshown\nto all\n\nsecret\n", "s\n\nshown\nto all\n");
        check(&mode, "s\n\nPublic:\n\n \nshown\n", "s\n\nshown\n");
        check(&mode, "s\n\nsecret\nPublic: \r\nshown \r\n\r\nsecret", "s\n\nshown\n");
        check(&mode, "s\n\nPublic:\n  kept  \n  too", "s\n\n  kept  \n  too\n");
        check(&mode, "s\n\nPublic:\na\n\nPublic:\nb\n", "s\n\na\n");
        check(&mode, "s\n\nPublic:\n\n", "s\n");
        check(&mode, "s\n\nPublic:", "s\n");
        check(&mode, "s\n\nPublic: not a line of its own\nsecret\n", "s\n");
        check(&mode, "s\n\n Public:\nsecret\n", "s\n");
        check(&mode, "s\n\npublic:\nsecret\n", "s\n");
        check(&mode, "s\n\nsecret\n", "s\n");
        check(&mode, "\n\ns \nt\n\nsecret\n", "s t\n");
        check(&mode, "Public:\nsubject\n\nsecret", "Public: subject\n");
        check(&mode, "", "\n");
        check(&mode, "\n \n", "\n");
    }

    #[track_caller]
    fn check(mode: &MessageMode, message: &str, expected: &str) {
        let public = apply_mode(mode, message.as_bytes());
        assert_eq!(String::from_utf8_lossy(&public), expected, "{message:?}");
    }

    #[test]
    fn a_subject_is_what_git_shows() {
        let git = Git::new();
        let tree = git.line(&["mktree"], b"");
        for message in
            ["s\n\nbody", "a\nb \n c\n\nd", "\n\n  s\t\n", "", "s\r\nt\r\n\r\nb", "\u{e9}\n \nb"]
        {
            let id = git.line(&["commit-tree", &tree], message.as_bytes());
            let shown = git.ok(&["log", "-1", "--format=%s", &id], b"");
            let ours = [&subject(message.as_bytes())[..], b"\n"].concat();
            assert_eq!(
                String::from_utf8_lossy(&ours),
                String::from_utf8_lossy(&shown),
                "{message:?}"
            );
        }
    }
}
