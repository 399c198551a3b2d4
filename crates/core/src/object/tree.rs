// SPDX-License-Identifier: Apache-2.0
//! Trees: their entries read from raw bytes, and written back.
//!
//! [`tree_entries`] is the hot path of every replay: it borrows, allocates
//! nothing, and looks at each byte once. It refuses only what it cannot read; the
//! rules for a sound tree are in [`check_tree`](super::check_tree).

use std::cmp::Ordering;

use memchr::memchr;
use repo_sync_shared::{ObjectId, escape_bytes};

/// What an entry of a tree is, by the type bits of its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A directory.
    Tree,
    /// A plain file.
    Blob,
    /// A file that its owner may run.
    Executable,
    /// A symbolic link; its blob is the target.
    Symlink,
    /// A commit of another repository.
    Gitlink,
}

impl EntryKind {
    /// Whether it is a directory, which sorts as if its name ended in a slash.
    #[inline]
    pub const fn is_tree(self) -> bool {
        match self {
            Self::Tree => true,
            Self::Blob | Self::Executable | Self::Symlink | Self::Gitlink => false,
        }
    }

    /// As git reads the type bits; other bits say nothing but who may run a file.
    fn from_mode(mode: u32) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o040_000 => Self::Tree,
            0o100_000 if mode & 0o100 != 0 => Self::Executable,
            0o100_000 => Self::Blob,
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Gitlink,
            _ => return None,
        })
    }
}

/// One entry of a tree, borrowed from the tree's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// The mode's bytes as written, such as `100644` or the old `040000`.
    pub mode: &'a [u8],
    /// The name within its directory.
    pub name: &'a [u8],
    /// The object that it names.
    pub id: ObjectId,
    /// The entry's bytes whole: mode, space, name, NUL and id.
    pub raw: &'a [u8],
    kind: EntryKind,
}

impl TreeEntry<'_> {
    /// What it is, by the type bits of its mode.
    #[inline]
    pub const fn kind(&self) -> EntryKind {
        self.kind
    }
}

/// A tree that cannot be trusted, and the entry where that shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry `{}` {fault}", escape_bytes(.entry))]
pub struct MalformedTree {
    /// The entry's name, or what there is of it.
    pub entry: Vec<u8>,
    /// What is wrong with it.
    pub fault: TreeFault,
}

impl MalformedTree {
    #[cold]
    pub(super) fn new(entry: &[u8], fault: TreeFault) -> Self {
        Self { entry: entry.to_vec(), fault }
    }
}

/// What is wrong with an entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// The tree's bytes end within it.
    #[error("is cut off")]
    Truncated,
    /// Its mode is not an octal number of git's, or has no type that git knows.
    #[error("has a mode that git does not know")]
    Mode,
    /// Its name is empty.
    #[error("has an empty name")]
    EmptyName,
    /// Its name is longer than git lets any be.
    #[error("has a name of more than {} bytes", LONGEST_NAME)]
    LongName,
    /// Its name holds a slash, so it would lie in another directory.
    #[error("has a slash in its name")]
    Slash,
    /// It is `.` or `..`.
    #[error("would leave its directory")]
    Dots,
    /// It is `.git`, or a name that some file system takes for it.
    #[error("would write into `.git`")]
    DotGit,
    /// Another entry has the same name.
    #[error("is there twice")]
    Duplicate,
    /// It sorts before the one that precedes it.
    #[error("is out of order")]
    Unsorted,
    /// It names the null id.
    #[error("names no object")]
    NullId,
}

/// The longest name of an entry that `git fsck` lets pass
/// (<https://git-scm.com/docs/git-fsck>, `largePathname`).
pub(super) const LONGEST_NAME: usize = 4096;

/// The entries of a tree; see [`tree_entries`].
#[derive(Clone, Debug)]
pub struct TreeEntries<'a> {
    rest: &'a [u8],
}

/// The entries of the tree with these bytes, in the order in which they stand.
///
/// After an error there are no more.
#[inline]
pub fn tree_entries(data: &[u8]) -> TreeEntries<'_> {
    TreeEntries { rest: data }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = Result<TreeEntry<'a>, MalformedTree>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match split_entry(self.rest) {
            Ok(entry) => {
                self.rest = &self.rest[entry.raw.len()..];
                Some(Ok(entry))
            }
            Err(fault) => {
                let name = name_within(self.rest);
                self.rest = &[];
                Some(Err(MalformedTree::new(name, fault)))
            }
        }
    }
}

impl std::iter::FusedIterator for TreeEntries<'_> {}

#[inline]
fn split_entry(data: &[u8]) -> Result<TreeEntry<'_>, TreeFault> {
    // Nearly all entries are plain files and directories in today's spelling.
    let (mode_len, kind) = if data.starts_with(b"100644 ") {
        (6, EntryKind::Blob)
    } else if data.starts_with(b"40000 ") {
        (5, EntryKind::Tree)
    } else {
        parse_mode(data)?
    };
    let name_start = mode_len + 1;
    let name_len = memchr(0, &data[name_start..]).ok_or(TreeFault::Truncated)?;
    let name_end = name_start + name_len;
    let id_end = name_end + 21;
    let id = data.get(name_end + 1..id_end).and_then(ObjectId::from_slice);
    Ok(TreeEntry {
        mode: &data[..mode_len],
        name: &data[name_start..name_end],
        id: id.ok_or(TreeFault::Truncated)?,
        raw: &data[..id_end],
        kind,
    })
}

/// The length of the mode that stands before a space, and its meaning.
fn parse_mode(data: &[u8]) -> Result<(usize, EntryKind), TreeFault> {
    let mut mode = 0;
    for (len, &byte) in data.iter().enumerate() {
        match byte {
            b'0'..=b'7' => mode = mode * 8 + u32::from(byte - b'0'),
            b' ' => return Ok((len, EntryKind::from_mode(mode).ok_or(TreeFault::Mode)?)),
            _ => return Err(TreeFault::Mode),
        }
        if mode > 0o177_777 {
            return Err(TreeFault::Mode);
        }
    }
    Err(TreeFault::Truncated)
}

/// What can be read as the name of a broken entry, for the error.
#[cold]
fn name_within(data: &[u8]) -> &[u8] {
    let end = memchr(0, data).unwrap_or(data.len());
    let start = memchr(b' ', &data[..end]).map_or(0, |space| space + 1);
    &data[start..end]
}

/// Appends an entry to the bytes of a tree. The caller keeps the order.
#[inline]
pub fn append_entry(tree: &mut Vec<u8>, mode: &[u8], name: &[u8], id: ObjectId) {
    tree.extend_from_slice(mode);
    tree.push(b' ');
    tree.extend_from_slice(name);
    tree.push(0);
    tree.extend_from_slice(id.as_bytes());
}

/// How git orders two entries of a tree: by bytes, a directory as if its name
/// ended in a slash.
#[inline]
pub fn entry_order(a: &[u8], a_is_tree: bool, b: &[u8], b_is_tree: bool) -> Ordering {
    let common = a.len().min(b.len());
    a[..common].cmp(&b[..common]).then_with(|| {
        let next = |name: &[u8], is_tree| match name.get(common) {
            Some(&byte) => byte,
            None if is_tree => b'/',
            None => 0,
        };
        next(a, a_is_tree).cmp(&next(b, b_is_tree))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_bits_of_a_mode_decide() {
        check_mode("100644", Ok(EntryKind::Blob));
        check_mode("100755", Ok(EntryKind::Executable));
        check_mode("100664", Ok(EntryKind::Blob));
        check_mode("100600", Ok(EntryKind::Blob));
        check_mode("100700", Ok(EntryKind::Executable));
        check_mode("40000", Ok(EntryKind::Tree));
        check_mode("040000", Ok(EntryKind::Tree));
        check_mode("0000100644", Ok(EntryKind::Blob));
        check_mode("40755", Ok(EntryKind::Tree));
        check_mode("120000", Ok(EntryKind::Symlink));
        check_mode("160000", Ok(EntryKind::Gitlink));
    }

    #[test]
    fn a_mode_that_git_does_not_know_is_refused() {
        for mode in ["", "0", "644", "060000", "140000", "1006x4", "10064 8", "+100644"] {
            check_mode(mode, Err(TreeFault::Mode));
        }
        check_mode("777777777777777777777777", Err(TreeFault::Mode));
        check_mode("200000", Err(TreeFault::Mode));
        check_mode("100648", Err(TreeFault::Mode));
    }

    #[track_caller]
    fn check_mode(mode: &str, expected: Result<EntryKind, TreeFault>) {
        let mut tree = Vec::new();
        append_entry(&mut tree, mode.as_bytes(), b"8", ObjectId::EMPTY_TREE);
        let entry = tree_entries(&tree).next().expect("the tree has an entry");
        if let Ok(entry) = &entry {
            assert_eq!((entry.mode, entry.raw), (mode.as_bytes(), &tree[..]));
        }
        assert_eq!(entry.map(|e| e.kind()).map_err(|e| e.fault), expected, "{mode}");
    }

    #[test]
    fn what_is_read_is_what_was_appended() {
        let rows: [(&[u8], &[u8]); 4] =
            [(b"100644", b"a"), (b"040000", b"b\xff"), (b"120000", b"c d"), (b"100755", b"e\nf")];
        let mut tree = Vec::new();
        for (mode, name) in rows {
            append_entry(&mut tree, mode, name, ObjectId::EMPTY_TREE);
        }
        let mut again = Vec::new();
        for (entry, (mode, name)) in tree_entries(&tree).zip(rows) {
            let entry = entry.expect("what was appended can be read");
            assert_eq!((entry.mode, entry.name), (mode, name));
            again.extend_from_slice(entry.raw);
        }
        assert_eq!(again, tree);
    }

    #[test]
    fn a_cut_tree_is_an_error_that_names_the_entry_and_ends() {
        let mut tree = Vec::new();
        append_entry(&mut tree, b"100644", b"whole", ObjectId::EMPTY_TREE);
        let whole = tree.len();
        append_entry(&mut tree, b"100644", b"cut", ObjectId::EMPTY_TREE);
        for end in whole + 1..tree.len() {
            let mut entries = tree_entries(&tree[..end]);
            assert!(entries.next().is_some_and(|first| first.is_ok()));
            let error = entries.next().expect("bytes are left").expect_err("they are no entry");
            assert_eq!(error.fault, TreeFault::Truncated, "{end}");
            assert!(entries.next().is_none());
        }
        let error = tree_entries(&tree[..tree.len() - 1]).find_map(Result::err);
        assert_eq!(error.expect("it is cut").to_string(), "entry `cut` is cut off");
    }

    #[test]
    fn a_directory_sorts_as_if_it_ended_in_a_slash() {
        use Ordering::{Equal, Greater, Less};
        check_order("a", "b", Less);
        check_order("a", "a.c", Less);
        check_order("a/", "a.c", Greater);
        check_order("a/", "a0", Less);
        check_order("a", "a/", Less);
        check_order("a/", "a/", Equal);
        check_order("a", "a", Equal);
        check_order("a-b", "a/", Less);
    }

    /// A name that ends in a slash stands for a directory.
    #[track_caller]
    fn check_order(a: &str, b: &str, expected: Ordering) {
        let order = |a: &str, b: &str| {
            let bare = |name: &str| name.trim_end_matches('/').as_bytes().to_vec();
            entry_order(&bare(a), a.ends_with('/'), &bare(b), b.ends_with('/'))
        };
        assert_eq!(order(a, b), expected, "{a} {b}");
        assert_eq!(order(b, a), expected.reverse(), "{b} {a}");
    }
}
