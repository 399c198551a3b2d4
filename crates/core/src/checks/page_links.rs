// SPDX-License-Identifier: Apache-2.0
//! Links of a page: what one leads to is a path even where it is a single word.

use super::mention::{Folders, linked};
use super::tips::Tips;

/// How pages end that have links in Markdown or HTML.
const PAGES: &[&[u8]] = &[b".htm", b".html", b".markdown", b".md", b".mdx"];

/// What stands before the target of a link.
const BEFORE: &[&str] = &["](", "]: ", "href=\"", "href='", "src=\"", "src='"];

/// The private paths that links of the page lead to, each with its place.
pub(super) fn linked_paths(
    tips: &Tips<'_>,
    path: &[u8],
    text: &[u8],
    folders: Folders<'_>,
) -> Vec<(usize, Vec<u8>)> {
    if !PAGES.iter().any(|ending| path.ends_with(ending)) {
        return Vec::new();
    }
    let private = |(at, target)| Some((at, linked(tips, target, folders)?));
    targets(text).into_iter().filter_map(private).collect()
}

/// What links lead to within the repository, without the part of the page.
fn targets(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut targets = Vec::new();
    for before in BEFORE {
        for at in memchr::memmem::find_iter(text, before) {
            let at = at + before.len();
            let rest = text[at..].strip_prefix(b"<").unwrap_or(&text[at..]);
            let is_end = |byte: &u8| byte.is_ascii_whitespace() || b")>\"'#?".contains(byte);
            let end = rest.iter().position(is_end).unwrap_or(rest.len());
            let target = &rest[..end];
            // `https:`, `mailto:`, and what a template puts in.
            if !target.is_empty() && !target.iter().any(|byte| b":{$".contains(byte)) {
                targets.push((at, target));
            }
        }
    }
    targets.sort_unstable();
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_somewhere_within_the_repository() {
        check("see [the cloud](cloud) and [it](cloud/ \"ours\")", &["cloud", "cloud/"]);
        check("[a]: <../ops>\n[b]: ops#top\n", &["../ops", "ops"]);
        check("<a href=\"cloud/\">x</a><img src='ops'>", &["cloud/", "ops"]);
        check("[a](#cloud) [b](https://cloud.example/cloud) [c](mailto:cloud@x)", &[]);
        check("[a](", &[]);
        check("[cloud] (cloud) {{ href=\"{{cloud}}\" }}", &[]);
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = targets(text.as_bytes()).into_iter().map(|(_, it)| it).collect();
        let expected: Vec<_> = expected.iter().map(|it| it.as_bytes()).collect();
        assert_eq!(found, expected, "{text}");
    }
}
