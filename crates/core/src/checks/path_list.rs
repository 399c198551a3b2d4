// SPDX-License-Identifier: Apache-2.0
//! Files that are lists of paths of the repository they lie in: who owns them, which
//! are ignored, what their attributes are.
//!
//! A line of such a file means a path even where it is a single word.

use super::tips::Tips;
use crate::paths::components;

/// How such files are called.
const LISTS: &[&[u8]] = &[
    b".dockerignore",
    b".gcloudignore",
    b".gitattributes",
    b".gitignore",
    b".npmignore",
    b".prettierignore",
    b"CODEOWNERS",
    b"OWNERS",
];

/// The private paths that lines of the file begin with, each with its place.
pub(super) fn listed_paths(tips: &Tips<'_>, path: &[u8], text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let (folder, name) = match memchr::memrchr(b'/', path) {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&b""[..], path),
    };
    if !LISTS.contains(&name) {
        return Vec::new();
    }
    // A forge reads the list of owners in these places, for the whole repository.
    let is_of_root = matches!(folder, b"" | b".github" | b".gitlab" | b"docs");
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if is_of_root
            && let Some(path) = listed(line)
            && let Some(there) = tips.find(&path)
            && there.whole
            && there.is_private
        {
            found.push((at, path.join(&b'/')));
        }
        at += line.len();
    }
    found
}

/// The path that a line begins with, if it is one without wildcards before its end.
fn listed(line: &[u8]) -> Option<Vec<&[u8]>> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let word = word.strip_prefix(b"!").unwrap_or(word);
    if word.starts_with(b"#") {
        return None;
    }
    let path: Vec<_> = components(word).collect();
    let end = path.iter().rposition(|part| !matches!(*part, b"*" | b"**")).map(|at| at + 1)?;
    Some(path[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_a_path() {
        check("/cloud/ @acme/billing\n", Some("cloud"));
        check("cloud @acme/billing\n", Some("cloud"));
        check("cloud/billing/** linguist-generated\r\n", Some("cloud/billing"));
        check("!/cloud/*\n", Some("cloud"));
        check("# cloud\n", None);
        check("* @acme/everybody\n", None);
        check("\n", None);
    }

    #[track_caller]
    fn check(line: &str, expected: Option<&str>) {
        let path = listed(line.as_bytes()).map(|path| path.join(&b'/'));
        assert_eq!(path.as_deref(), expected.map(str::as_bytes), "{line}");
    }
}
