// SPDX-License-Identifier: Apache-2.0
//! Files for a forge's machines: under some keys, and behind `cd`, a single word is a path.
//!
//! Read line by line, as far as that goes: what has a slash or a wildcard in it is found
//! in them as in any text.

use super::tips::Tips;
use crate::paths::components;

/// Where such files lie.
const FOLDERS: &[&[u8]] = &[b".circleci", b".forgejo", b".github", b".gitlab"];

/// How they are called at the root.
const NAMES: &[&[u8]] = &[b".gitlab-ci.yml", b".travis.yml", b"azure-pipelines.yml"];

/// Keys whose values are paths from the root of the repository.
const KEYS: &[&str] = &[
    "changes",
    "context",
    "directories",
    "directory",
    "path",
    "paths",
    "paths-ignore",
    "uses",
    "working-directory",
    "working_directory",
];

/// The private paths that such a file names, each with its place.
pub(super) fn paths_of_steps(tips: &Tips<'_>, path: &[u8], text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let below = |folder: &&[u8]| path.strip_prefix(*folder).is_some_and(|it| it.starts_with(b"/"));
    let is_yaml = path.ends_with(b".yml") || path.ends_with(b".yaml");
    if !is_yaml || !(NAMES.contains(&path) || FOLDERS.iter().any(below)) {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(text);
    let private = |(at, value): (usize, &str)| {
        let path: Vec<_> = components(value.as_bytes()).filter(|part| *part != b".").collect();
        let found = tips.find(&path).filter(|found| found.whole && found.is_private);
        found.map(|_| (at, path.join(&b'/')))
    };
    values(&text).into_iter().chain(entered(&text)).filter_map(private).collect()
}

/// What stands under our keys, each with the place of its line.
fn values(text: &str) -> Vec<(usize, &str)> {
    let mut values = Vec::new();
    let mut list = false;
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.split(" #").next().unwrap_or_default().trim();
        let (item, is_item) = match line.strip_prefix("- ") {
            Some(item) => (item.trim(), true),
            None => (line, false),
        };
        let (key, value) = match item.split_once(':') {
            Some((key, value)) if value.is_empty() || value.starts_with(' ') => {
                (Some(key.trim()), value.trim())
            }
            Some(_) | None => (None, item),
        };
        let is_ours = match key {
            Some(key) => KEYS.contains(&key),
            None => is_item && list,
        };
        if is_ours {
            let inner = value.trim_start_matches('[').trim_end_matches(']');
            let words = inner.split(',').map(|word| word.trim().trim_matches(['"', '\'']));
            values.extend(words.filter(|word| !word.is_empty()).map(|word| (at, word)));
        }
        match key {
            Some(_) => list = is_ours && value.is_empty(),
            None if is_item || line.is_empty() || line.starts_with('#') => {}
            None => list = false,
        }
        at += whole.len();
    }
    values
}

/// The directories that commands go to, each with the place of its line.
fn entered(text: &str) -> Vec<(usize, &str)> {
    let mut entered = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut words = line.split(|c: char| c.is_whitespace() || ";&|()".contains(c));
        while let Some(word) = words.next() {
            if matches!(word, "cd" | "pushd") {
                let directory = words.next().unwrap_or_default().trim_matches(['"', '\'']);
                entered.extend((!directory.is_empty()).then_some((at, directory)));
            }
        }
        at += line.len();
    }
    entered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_a_key_or_in_its_list() {
        check("working-directory: cloud # here\n", &["cloud"]);
        check("- path: './cloud'\n", &["./cloud"]);
        check("on:\n  paths: [cloud, \"src/**\"]\n", &["cloud", "src/**"]);
        check("paths:\n  # ours\n  - cloud\n\n  - 'src'\nbranches:\n  - ops\n", &["cloud", "src"]);
        check("name: cloud\nruns-on: [cloud]\n  - cloud\n", &[]);
        check(
            "- uses: ./cloud\n- uses: actions/checkout@v4\n",
            &["./cloud", "actions/checkout@v4"],
        );
        check("run: |\n  path:cloud\n", &[]);
    }

    #[test]
    fn a_command_goes_to_a_directory() {
        let check = |text: &str, expected: &[(usize, &str)]| assert_eq!(entered(text), expected);
        check("run: cd cloud && make\n", &[(0, "cloud")]);
        check("run: |\n  (cd \"./cloud\"; ls)\n  pushd ops\n", &[(7, "./cloud"), (28, "ops")]);
        check("run: cd\nrun: abcd cloud\n  cd\n", &[]);
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = values(text).into_iter().map(|(_, value)| value).collect();
        assert_eq!(found, expected, "{text}");
    }
}
