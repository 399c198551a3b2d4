// SPDX-License-Identifier: Apache-2.0
//! Whether a tree is sound: every reader sees the same entries at the same paths.
//!
//! The rules are those of `git fsck` that guard a path filter. Odd modes pass:
//! they say nothing about where a file lies, and old histories are full of them.

use std::cmp::Ordering;

use super::tree::{LONGEST_NAME, MalformedTree, TreeEntry, TreeFault, entry_order, tree_entries};
use repo_sync_shared::ObjectId;

/// Refuses a tree that git, a file system or we could read in different ways.
///
/// That is: an entry that is cut off or has no known mode, a name that is empty or
/// longer than git allows, holds a slash, is `.`, `..` or [`.git`](is_dotgit), two
/// entries of one name, another order than git's, or the null id.
pub fn check_tree(data: &[u8]) -> Result<(), MalformedTree> {
    let mut names = Names::default();
    for entry in tree_entries(data) {
        names.check(&entry?)?;
    }
    Ok(())
}

/// What is wrong with an entry, wherever it stands.
pub(super) fn entry_fault(entry: &TreeEntry<'_>) -> Option<TreeFault> {
    match entry.name {
        b"" => Some(TreeFault::EmptyName),
        b"." | b".." => Some(TreeFault::Dots),
        name if name.len() > LONGEST_NAME => Some(TreeFault::LongName),
        name if memchr::memchr(b'/', name).is_some() => Some(TreeFault::Slash),
        name if is_dotgit(name) => Some(TreeFault::DotGit),
        _ if entry.id == ObjectId::NULL => Some(TreeFault::NullId),
        _ => None,
    }
}

/// The names so far, as far as they can matter for the next.
#[derive(Default)]
struct Names<'a> {
    last: Option<(&'a [u8], bool)>,
    /// Files that a directory of the same name could still follow: each is a
    /// prefix of the last name, so the list is nearly always empty.
    files: Vec<&'a [u8]>,
}

impl<'a> Names<'a> {
    /// Refuses the next entry of a tree if [`check_tree`] would.
    fn check(&mut self, entry: &TreeEntry<'a>) -> Result<(), MalformedTree> {
        entry_fault(entry)
            .map_or_else(|| self.push(entry), Err)
            .map_err(|fault| MalformedTree::new(entry.name, fault))
    }

    fn push(&mut self, entry: &TreeEntry<'a>) -> Result<(), TreeFault> {
        let (name, is_tree) = (entry.name, entry.kind().is_tree());
        if let Some((last, last_is_tree)) = self.last {
            match entry_order(last, last_is_tree, name, is_tree) {
                Ordering::Less => {}
                Ordering::Equal => return Err(TreeFault::Duplicate),
                Ordering::Greater => return Err(TreeFault::Unsorted),
            }
            // `a`, `a.b`, `a/` is a sound order, and yet `a` is there twice.
            if !last_is_tree && name.starts_with(last) {
                self.files.push(last);
            }
            while self.files.last().is_some_and(|file| !name.starts_with(file)) {
                self.files.pop();
            }
            if self.files.last() == Some(&name) {
                return Err(TreeFault::Duplicate);
            }
        }
        self.last = Some((name, is_tree));
        Ok(())
    }
}

/// Whether some file system that git runs on takes this name for `.git`: in any
/// case, as `git~1`, with what NTFS cuts from its end, or with what HFS+ ignores.
pub fn is_dotgit(name: &[u8]) -> bool {
    match name.first() {
        Some(b'.' | b'g' | b'G') => is_ntfs_dotgit(name) || is_hfs_dotgit(name),
        // The first byte of every code point that HFS+ ignores.
        Some(0xe2 | 0xef) => is_hfs_dotgit(name),
        Some(_) | None => false,
    }
}

fn is_ntfs_dotgit(name: &[u8]) -> bool {
    let (Some(".git" | "git~1"), rest) = ntfs_stem(name) else { return false };
    let tail = rest.iter().find(|byte| !matches!(byte, b'.' | b' '));
    matches!(tail, None | Some(b'\\' | b':'))
}

fn ntfs_stem(name: &[u8]) -> (Option<&'static str>, &[u8]) {
    for stem in [".git", "git~1"] {
        if let Some((start, rest)) = name.split_at_checked(stem.len())
            && start.eq_ignore_ascii_case(stem.as_bytes())
        {
            return (Some(stem), rest);
        }
    }
    (None, name)
}

fn is_hfs_dotgit(name: &[u8]) -> bool {
    let mut expected = b".git".iter();
    // HFS+ refuses names that are not UTF-8, so a name of that kind is no alias.
    let Ok(name) = std::str::from_utf8(name) else { return false };
    for c in name.chars().filter(|&c| !is_ignored_by_hfs(c)) {
        if !expected.next().is_some_and(|&byte| c.eq_ignore_ascii_case(&char::from(byte))) {
            return false;
        }
    }
    expected.next().is_none()
}

pub(super) fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::append_entry;
    use crate::object::git_judge::Git;

    #[test]
    fn each_fault_has_its_name() {
        check("100644 a, 100644 b, 40000 c", None);
        check("100644 a, 100644 a.b, 40000 b", None);
        check("100644 a, 100644 a.b, 100644 a.b.c, 40000 a.b.d", None);
        check("40000 a, 100644 a0", None);
        check("100644 ", Some(TreeFault::EmptyName));
        check("40000 .", Some(TreeFault::Dots));
        check("40000 ..", Some(TreeFault::Dots));
        check("100644 ...", None);
        check("40000 a/b", Some(TreeFault::Slash));
        check("40000 .GiT", Some(TreeFault::DotGit));
        check("100644 a, 100644 a", Some(TreeFault::Duplicate));
        check("100644 a, 40000 a", Some(TreeFault::Duplicate));
        check("100644 a, 100644 a.b, 40000 a", Some(TreeFault::Duplicate));
        check("100644 a, 100644 a-, 40000 a-, 40000 a", Some(TreeFault::Duplicate));
        check("100644 a, 100644 a-, 100644 a-b, 100644 a., 40000 a", Some(TreeFault::Duplicate));
        check("100644 b, 100644 a", Some(TreeFault::Unsorted));
        check("40000 a, 100644 a.b", Some(TreeFault::Unsorted));
        check("40000 a, 100644 a", Some(TreeFault::Unsorted));
        check("100644 0", None);
        check(&format!("100644 {}", "n".repeat(4_096)), None);
        check(&format!("100644 {}", "n".repeat(4_097)), Some(TreeFault::LongName));
    }

    #[test]
    fn the_null_id_is_refused() {
        let mut tree = Vec::new();
        append_entry(&mut tree, b"100644", b"hole", ObjectId::NULL);
        let error = check_tree(&tree).expect_err("it names nothing");
        assert_eq!(error.to_string(), "entry `hole` names no object");
    }

    #[test]
    fn a_name_that_some_file_system_takes_for_dotgit_is_refused() {
        let aliases = [
            ".git",
            ".GIT",
            "git~1",
            "GIT~1",
            ".git.",
            ".git ",
            ".git . .",
            ".git::$INDEX",
            "git~1:x",
            ".git\\x",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".gIt\u{206a}",
        ];
        for name in aliases {
            check(&format!("40000 {name}"), Some(TreeFault::DotGit));
        }
        for name in [".gitignore", "git", "git~2", ".git-x", ".gi", "g\u{200c}it", "\u{e9}.git"] {
            check(&format!("40000 {name}"), None);
        }
    }

    /// Git is the judge of every row, and of generated trees.
    #[test]
    fn a_tree_is_sound_when_git_says_so() {
        let git = Git::new();
        let mut random = fastrand::Rng::with_seed(7);
        let names = ["a", "a.b", "a-", "a0", "b", "a.b.c", ".git", "..", "a\u{200c}", "z"];
        for _ in 0..150 {
            let mut entries: Vec<(&str, &str)> = (0..random.usize(1..5))
                .map(|_| {
                    let mode = if random.bool() { "40000" } else { "100644" };
                    (mode, names[random.usize(..names.len())])
                })
                .collect();
            if random.u8(..4) > 0 {
                entries.sort_by(|a, b| {
                    let tree = |mode| mode == "40000";
                    entry_order(a.1.as_bytes(), tree(a.0), b.1.as_bytes(), tree(b.0))
                });
            }
            let row: Vec<_> = entries.iter().map(|(mode, name)| format!("{mode} {name}")).collect();
            agrees(&git, &row.join(", "));
        }
    }

    #[track_caller]
    fn agrees(git: &Git, row: &str) {
        let tree = tree_of(row);
        let judged = git.run(&["hash-object", "-t", "tree", "--stdin"], &tree);
        let ours = check_tree(&tree);
        assert_eq!(ours.is_ok(), judged.status.success(), "{row}: {ours:?}, git: {judged:?}");
    }

    #[track_caller]
    fn check(row: &str, expected: Option<TreeFault>) {
        assert_eq!(check_tree(&tree_of(row)).err().map(|error| error.fault), expected, "{row}");
        agrees(&Git::new(), row);
    }

    /// The tree with these entries, each a mode, a space and a name.
    fn tree_of(row: &str) -> Vec<u8> {
        let mut tree = Vec::new();
        for entry in row.split(", ") {
            let (mode, name) = entry.split_once(' ').expect("an entry has a mode and a name");
            append_entry(&mut tree, mode.as_bytes(), name.as_bytes(), ObjectId::EMPTY_TREE);
        }
        tree
    }
}
