// SPDX-License-Identifier: Apache-2.0
//! Which known name a mistyped one was probably meant to be.

/// How alike two names must be, where their edit distance does not settle it: a
/// long common beginning (`private-paths`) tells as much as a slip of the finger.
const ALIKE: f64 = 0.8;

/// The name among `known` that `word` was probably meant to be, if one is near.
/// Letter case, and `_` for `-`, make no distance.
pub(super) fn nearest<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase().replace('_', "-");
    let near = |name: &&str| {
        strsim::damerau_levenshtein(&word, name) <= (name.len() / 3).max(1)
            || strsim::jaro_winkler(&word, name) >= ALIKE
    };
    known.into_iter().filter(near).min_by_key(|name| strsim::damerau_levenshtein(&word, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near() {
        check("exlude", Some("exclude"));
        check("Exclude", Some("exclude"));
        check("excluded", Some("exclude"));
        check("exclusions", Some("exclude"));
        check("inculde", Some("include"));
        check("private-paths", Some("private"));
        check("private_paths", Some("private"));
        check("moves", Some("move"));
        check("mirrors", Some("mirror"));
        check("nirrow", Some("mirror"));
        check("messages", Some("message"));
    }

    #[test]
    fn another_word_is_not() {
        for word in ["title", "owner", "x-team", "comment", "license", "notes", "", "name"] {
            check(word, None);
        }
    }

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        let known = ["include", "exclude", "private", "move", "message", "identity", "mirror"];
        assert_eq!(nearest(word, known), expected);
    }
}
