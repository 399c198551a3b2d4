// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading and writing of trees, commits and tags.

use std::cmp::Ordering;

use repo_sync_shared::ObjectId;

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// A directory.
    Tree,
    /// A file or a link: a blob.
    Blob,
    /// A commit of another repository.
    Gitlink,
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) mode: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) id: ObjectId,
    pub(super) is: Is,
}

/// The entries of a tree, which must be one that every reader sees alike.
pub(super) fn entries(tree: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(tree.len() / 32);
    let mut files: Vec<&[u8]> = Vec::new();
    let mut rest = tree;
    while !rest.is_empty() {
        let entry = entry(&mut rest).ok_or("an entry of the tree cannot be read")?;
        let shown = || String::from_utf8_lossy(entry.name).escape_debug().to_string();
        let slash = entry.name.contains(&b'/');
        let odd = matches!(entry.name, b"" | b"." | b"..") || entry.name.len() > 4096;
        if slash || odd || is_dotgit(entry.name) {
            return Err(format!("`{}` is no name for an entry", shown()));
        }
        if entries.last().is_some_and(|last| git_order(last, &entry) != Ordering::Less) {
            return Err(format!("`{}` is out of order", shown()));
        }
        // Files alone stand in the order of their bytes.
        match entry.is {
            Is::Tree if files.binary_search(&entry.name).is_ok() => {
                return Err(format!("`{}` is there twice", shown()));
            }
            Is::Tree => {}
            Is::Blob | Is::Gitlink => files.push(entry.name),
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry<'a>(rest: &mut &'a [u8]) -> Option<Entry<'a>> {
    let space = rest.iter().position(|&byte| byte == b' ')?;
    let mode = &rest[..space];
    let nul = space + 1 + rest[space + 1..].iter().position(|&byte| byte == 0)?;
    let id = ObjectId::from_slice(rest.get(nul + 1..nul + 21)?)?;
    let name = &rest[space + 1..nul];
    *rest = &rest[nul + 21..];
    // Text that is read as a number may have a sign before it, a mode may not.
    let digits = Some(mode).filter(|mode| mode.iter().all(u8::is_ascii_digit));
    let digits = digits.and_then(|mode| std::str::from_utf8(mode).ok())?;
    let number = u32::from_str_radix(digits, 8).ok().filter(|&number| number <= 0o177_777)?;
    let is = match number & 0o170_000 {
        0o040_000 => Is::Tree,
        0o100_000 | 0o120_000 => Is::Blob,
        0o160_000 => Is::Gitlink,
        _ => return None,
    };
    Some(Entry { mode, name, id, is })
}

/// Directories sort as if their names, which hold no slash, ended in one.
pub(super) fn git_order(one: &Entry<'_>, other: &Entry<'_>) -> Ordering {
    let shared = one.name.len().min(other.name.len());
    let next = |entry: &Entry<'_>| {
        let end = (entry.is == Is::Tree).then_some(b'/');
        entry.name.get(shared).copied().or(end)
    };
    one.name[..shared].cmp(&other.name[..shared]).then_with(|| next(one).cmp(&next(other)))
}

fn is_dotgit(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b".git") || name.eq_ignore_ascii_case(b"git~1")
}

/// Appends one entry to a tree's bytes.
pub(super) fn push_entry(tree: &mut Vec<u8>, mode: &[u8], name: &[u8], id: ObjectId) {
    for part in [mode, b" ", name, b"\0", id.as_bytes()] {
        tree.extend_from_slice(part);
    }
}

/// A commit or tag: its header lines, each with the lines that continue it, and
/// what follows the empty line, if there is one.
pub(super) struct Headed<'a> {
    lines: Vec<(&'a [u8], &'a [u8])>,
    pub(super) message: Option<&'a [u8]>,
}

impl<'a> Headed<'a> {
    pub(super) fn read(data: &'a [u8]) -> Result<Self, String> {
        if data.contains(&0) {
            return Err("it holds a NUL byte".to_owned());
        }
        let mut lines: Vec<(&[u8], &[u8])> = Vec::new();
        let mut start = 0;
        while start < data.len() {
            let Some(len) = data[start..].iter().position(|&byte| byte == b'\n') else {
                return Err("it ends within a header".to_owned());
            };
            let (line, next) = (&data[start..start + len], start + len + 1);
            match line {
                [] => return Ok(Self { lines, message: Some(&data[next..]) }),
                [b' ', ..] => {
                    let (_, value) = lines.last_mut().ok_or("it begins with a continued header")?;
                    // The value grows in place: it ends where this line does.
                    let from = value.as_ptr() as usize - data.as_ptr() as usize;
                    *value = &data[from..start + len];
                }
                line => {
                    let space = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
                    lines.push((
                        &line[..space],
                        line.get(space + 1..).unwrap_or(&line[line.len()..]),
                    ));
                }
            }
            start = next;
        }
        Ok(Self { lines, message: None })
    }

    /// The names of its headers, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.lines.iter().map(|(name, _)| *name)
    }

    /// All values of a header.
    pub(super) fn all<'h>(&'h self, name: &'h [u8]) -> impl Iterator<Item = &'a [u8]> + 'h {
        self.lines.iter().filter(move |(own, _)| *own == name).map(|(_, value)| *value)
    }

    /// The value of a header that may stand once and on one line.
    pub(super) fn one(&self, name: &str) -> Result<Option<&'a [u8]>, String> {
        let mut all = self.all(name.as_bytes());
        let value = all.next();
        if all.next().is_some() || value.is_some_and(|value| value.contains(&b'\n')) {
            return Err(format!("it has more than one line of `{name}`"));
        }
        Ok(value)
    }

    /// The value of a header that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a [u8], String> {
        self.one(name)?.ok_or_else(|| format!("it has no `{name}`"))
    }

    /// The tree and the parents of a commit.
    pub(super) fn links(&self) -> Result<(ObjectId, Vec<ObjectId>), String> {
        let id = |value: &[u8]| {
            ObjectId::from_hex(value).ok_or_else(|| "it names no full id".to_owned())
        };
        let tree = id(self.required("tree")?)?;
        let parents = self.all(b"parent").map(id).collect::<Result<_, _>>()?;
        Ok((tree, parents))
    }
}

/// The bytes of a public commit: these headers in this order, and no others.
pub(super) fn write_commit(
    tree: ObjectId,
    parents: &[ObjectId],
    [author, committer]: [&[u8]; 2],
    encoding: Option<&[u8]>,
    message: Option<&[u8]>,
) -> Vec<u8> {
    let mut lines = vec![(&b"tree"[..], tree.to_hex().to_vec())];
    lines.extend(parents.iter().map(|parent| (&b"parent"[..], parent.to_hex().to_vec())));
    lines.push((b"author", author.to_vec()));
    lines.push((b"committer", committer.to_vec()));
    lines.extend(encoding.map(|encoding| (&b"encoding"[..], encoding.to_vec())));
    write(&lines, message)
}

/// The bytes of a public tag on a commit.
pub(super) fn write_tag(
    commit: ObjectId,
    name: &[u8],
    tagger: Option<&[u8]>,
    message: Option<&[u8]>,
) -> Vec<u8> {
    let mut lines = vec![
        (&b"object"[..], commit.to_hex().to_vec()),
        (b"type", b"commit".to_vec()),
        (b"tag", name.to_vec()),
    ];
    lines.extend(tagger.map(|tagger| (&b"tagger"[..], tagger.to_vec())));
    write(&lines, message)
}

fn write(lines: &[(&[u8], Vec<u8>)], message: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in lines {
        for part in [name, &b" "[..], value, b"\n"] {
            out.extend_from_slice(part);
        }
    }
    if let Some(message) = message {
        out.push(b'\n');
        out.extend_from_slice(message);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_unless_two_readers_could_differ() {
        check(&["100644 a", "100644 a.b", "40000 b", "120000 c", "160000 d"], true);
        check(&["040000 a", "100755 a0"], true);
        check(&["100644 b", "100644 a"], false);
        check(&["100644 a", "100644 a"], false);
        check(&["100644 a", "100644 a.b", "40000 a"], false);
        check(&["40000 .GIT"], false);
        check(&["40000 .."], false);
        check(&["40000 a/b"], false);
        check(&["100644 "], false);
        check(&["140000 a"], false);
        check(&["+100644 a"], false);
        check(&["1100644 a"], false);
        check(&["0000100644 a"], true);
    }

    #[track_caller]
    fn check(rows: &[&str], sound: bool) {
        let mut tree = Vec::new();
        for row in rows {
            let (mode, name) = row.split_once(' ').expect("an entry has a mode and a name");
            push_entry(&mut tree, mode.as_bytes(), name.as_bytes(), ObjectId::EMPTY_TREE);
        }
        assert_eq!(entries(&tree).is_ok(), sound, "{rows:?}");
    }

    #[test]
    fn headers_are_read_with_the_lines_that_continue_them() {
        let read = Headed::read(b"tree x\ngpgsig a\n b\n\nhi\n\nthere").expect("it is sound");
        assert_eq!(read.names().collect::<Vec<_>>(), [&b"tree"[..], b"gpgsig"]);
        assert_eq!(read.all(b"gpgsig").collect::<Vec<_>>(), [b"a\n b"]);
        assert_eq!(read.message, Some(&b"hi\n\nthere"[..]));
        assert!(read.one("gpgsig").is_err());
        assert_eq!(Headed::read(b"tree x\n").expect("it is sound").message, None);
        for broken in [&b" x\n"[..], b"tree", b"tree x\n\nseen\0unseen"] {
            assert!(Headed::read(broken).is_err());
        }
    }
}
