// SPDX-License-Identifier: Apache-2.0
//! Imported commits: a private commit may carry the public one that it was made from,
//! and that is its image if nothing in it is but what follows from the private side.
//!
//! The record is a header of the private commit. A message, whatever it says, is none.

use std::iter::Peekable;
use std::rc::Rc;

use repo_sync_shared::ObjectId;

use super::judge::Judge;
use super::object::Headed;
use super::people::Public;
use super::stop::Stop;
use crate::object::{Kind, hash};

/// The header that holds the bytes of an original.
const HEADER: &[u8] = b"repo-sync-original";

/// What else an original may hold that is sent.
const SIGNATURES: [&[u8]; 2] = [b"gpgsig", b"gpgsig-sha256"];

/// The bytes of the one original that a commit records, whether or not they can be
/// believed.
pub(super) fn recorded(raw: &Headed<'_>) -> Option<Vec<u8>> {
    let mut values = raw.all(HEADER);
    let folded = values.next().filter(|_| values.next().is_none())?;
    let mut lines = folded.split(|&byte| byte == b'\n');
    let mut bytes = lines.next()?.to_vec();
    for line in lines {
        bytes.push(b'\n');
        // The space says that the header goes on, and is no part of it.
        bytes.extend_from_slice(line.strip_prefix(b" ")?);
    }
    Some(bytes)
}

/// A commit in which every reader sees the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Original<'a> {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    pub(super) author: &'a [u8],
    pub(super) committer: &'a [u8],
    pub(super) encoding: Option<&'a [u8]>,
    pub(super) message: Option<&'a [u8]>,
    /// The names of its further headers.
    pub(super) others: Vec<&'a [u8]>,
}

impl<'a> Original<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, message) = match end {
            Some(end) => (&bytes[..end], Some(&bytes[end + 2..])),
            None => (bytes.strip_suffix(b"\n")?, None),
        };
        if bytes.contains(&0) {
            return None;
        }
        let mut lines = head.split(|&byte| byte == b'\n').peekable();
        let tree = id(take(&mut lines, b"tree ")?)?;
        let mut parents = Vec::new();
        while let Some(parent) = take(&mut lines, b"parent ") {
            parents.push(id(parent)?);
        }
        let author = take(&mut lines, b"author ")?;
        let committer = take(&mut lines, b"committer ")?;
        let (mut encoding, mut others, mut may_go_on) = (None, Vec::new(), false);
        for line in lines {
            match line.split(|&byte| byte == b' ').next().unwrap_or_default() {
                b"" if may_go_on => {}
                b"" | b"tree" | b"parent" | b"author" | b"committer" => return None,
                b"encoding" => {
                    let before = encoding.replace(line.strip_prefix(b"encoding ")?);
                    if before.is_some() {
                        return None;
                    }
                    may_go_on = false;
                }
                name => {
                    others.push(name);
                    may_go_on = true;
                }
            }
        }
        Some(Self { tree, parents, author, committer, encoding, message, others })
    }
}

/// The rest of the next line, if it begins so.
fn take<'a>(
    lines: &mut Peekable<impl Iterator<Item = &'a [u8]>>,
    begin: &[u8],
) -> Option<&'a [u8]> {
    lines.next_if(|line| line.starts_with(begin)).map(|line| &line[begin.len()..])
}

/// An id as git writes it.
fn id(hex: &[u8]) -> Option<ObjectId> {
    ObjectId::from_hex(hex).filter(|id| id.to_hex() == hex)
}

/// An original that is the image of a commit.
pub(super) struct Believed {
    pub(super) id: ObjectId,
    pub(super) message: Vec<u8>,
    /// Why it may only be where it is already, if that is so.
    pub(super) unsendable: Option<&'static str>,
}

/// What of a commit's texts the ordinary rule makes public.
pub(super) struct Written<'a> {
    pub(super) author: Vec<u8>,
    pub(super) committer: Vec<u8>,
    pub(super) encoding: Option<&'a [u8]>,
    pub(super) message: Option<Vec<u8>>,
}

impl Judge<'_> {
    /// The original that a commit records, if it is the image of that commit, whose
    /// public tree is `tree`.
    pub(super) fn believed(
        &mut self,
        commit: u32,
        raw: &Headed<'_>,
        tree: ObjectId,
        filter: usize,
    ) -> Result<Option<Believed>, Stop> {
        let Some(bytes) = recorded(raw) else { return Ok(None) };
        let Some(original) = Original::read(&bytes) else { return Ok(None) };
        let image = |&parent: &u32| Some(self.images.id(self.images.of(parent)?));
        let parents: Option<Vec<ObjectId>> =
            self.history.parents(commit).iter().map(image).collect();
        let is_placed = parents.is_some_and(|parents| {
            !parents.is_empty() && parents == original.parents && tree == original.tree
        });
        if !is_placed {
            return Ok(None);
        }
        let written = self.written(commit, raw, filter)?;
        let texts = (original.author, original.encoding, original.message);
        let author = raw.required("author").map_err(Stop::Unsound)?;
        let is_own = texts == (author, written.encoding, raw.message);
        let ordinary = (&written.author[..], written.encoding, written.message.as_deref());
        let is_ordinary = texts == ordinary;
        if !is_own && !is_ordinary {
            return Ok(None);
        }
        let unsendable = if original.others.iter().any(|name| !SIGNATURES.contains(name)) {
            Some("it has headers that no public commit of ours has")
        } else if !is_ordinary {
            Some("its author or message is not what the policy makes public")
        } else if self.public_person(commit, original.committer, filter)? != original.committer {
            Some("its committer is not what the policy makes public")
        } else {
            None
        };
        let message = original.message.unwrap_or_default().to_vec();
        Ok(Some(Believed { id: hash(Kind::Commit, &bytes), message, unsendable }))
    }

    /// The texts of a commit as the ordinary rule writes them.
    pub(super) fn written<'a>(
        &mut self,
        commit: u32,
        raw: &Headed<'a>,
        filter: usize,
    ) -> Result<Written<'a>, Stop> {
        let rules = Rc::clone(self.filters[filter].rules());
        let mailmap = self.mailmap(commit, &rules)?;
        let public = Public { people: &rules.people, mailmap: mailmap.as_deref() };
        let message =
            raw.message.map(|message| self.message(commit, &rules, &public, message, false));
        Ok(Written {
            message: message.transpose()?,
            author: public.header(raw.required("author").map_err(Stop::Unsound)?),
            committer: public.header(raw.required("committer").map_err(Stop::Unsound)?),
            encoding: raw.one("encoding").map_err(Stop::Unsound)?,
        })
    }

    /// The public form of an author, committer or tagger under the manifest that is in
    /// force for a commit.
    pub(super) fn public_person(
        &mut self,
        commit: u32,
        who: &[u8],
        filter: usize,
    ) -> Result<Vec<u8>, Stop> {
        let rules = Rc::clone(self.filters[filter].rules());
        let mailmap = self.mailmap(commit, &rules)?;
        Ok(Public { people: &rules.people, mailmap: mailmap.as_deref() }.header(who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const PARENT: &str = "parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const PEOPLE: &str = "author A <a@b> 1 +0000\ncommitter C <c@d> 2 -0130\n";

    /// What stands in the one header is the original, byte for byte.
    #[test]
    fn a_record_is_unfolded_exactly() {
        let original = format!("{TREE}{PARENT}{PEOPLE}gpgsig a\n b\n \n\n hi\n\n\n there \n");
        let header = format!("repo-sync-original {}\n", original.replace('\n', "\n "));
        record(&header, Some(&original));
        record(&format!("gpgsig x\n y\n{header}x-other\n"), Some(&original));
        record("repo-sync-original tree\n", Some("tree"));
        record("repo-sync-original  a\n   b\n", Some(" a\n  b"));
        record("repo-sync-original\n a\n", Some("\na"));
        record("repo-sync-original\n", Some(""));
        record(&header.repeat(2), None);
        record(&format!("{header}gpgsig a\nrepo-sync-original\n"), None);
        record(&header.replacen("repo-sync-original", "Repo-Sync-Original", 1), None);
        record(&header.replacen("repo-sync-original", "repo-sync-originals", 1), None);
        record(&format!("gpgsig a\n {}\n", header.trim_end().replace('\n', "\n ")), None);
        record("", None);
    }

    #[track_caller]
    fn record(headers: &str, expected: Option<&str>) {
        let commit = format!("{TREE}{PEOPLE}{headers}\nrepo-sync-original of a message\n");
        let read = Headed::read(commit.as_bytes()).expect("the row is a commit");
        let found = recorded(&read).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(found.as_deref(), expected, "{commit}");
    }

    /// Every header stands once, in its place, on as many lines as it may have.
    #[test]
    fn an_original_is_read_strictly() {
        check(&format!("{TREE}{PEOPLE}\nhi\n"), true);
        check(&format!("{TREE}{PEOPLE}"), true);
        check(&format!("{TREE}{PARENT}{PARENT}{PEOPLE}\n"), true);
        check(&format!("{TREE}{PEOPLE}encoding latin1\ngpgsig a\n b\n \n\nhi"), true);
        check(&format!("{TREE}{PEOPLE}x\n y\nencoding latin1\n\n\n\nhi"), true);
        check(&format!("{TREE}author \ncommitter \n\n"), true);
        check("", false);
        check("\n\n", false);
        check(PEOPLE, false);
        check("tree 4b825d\n", false);
        check(&format!("{}{PEOPLE}\n", TREE.replace('b', "B")), false);
        check(&format!("{PARENT}{TREE}{PEOPLE}\n"), false);
        check(&format!("{TREE}{TREE}{PEOPLE}\n"), false);
        check(&format!("{TREE}{PEOPLE}{TREE}\n"), false);
        check(&format!("{TREE}parent 123\n{PEOPLE}\n"), false);
        check(&format!("{TREE}{PEOPLE}{PARENT}\n"), false);
        check(&format!("{TREE}\nhi"), false);
        check(&format!("{TREE}author\ncommitter\n\n"), false);
        check(&format!("{TREE}{PEOPLE}author B\n\n"), false);
        check(&format!("{TREE}{PEOPLE}committer\n\n"), false);
        check(&format!("{TREE}{PEOPLE} more\n\n"), false);
        check(&format!("{TREE}{PEOPLE}encoding a\n b\n\n"), false);
        check(&format!("{TREE}{PEOPLE}encoding\n\n"), false);
        check(&format!("{TREE}{PEOPLE}encoding a\nx y\nencoding b\n\n"), false);
        check(&format!("{TREE}{PEOPLE}x y"), false);
        check(&format!("{TREE}{PEOPLE}\nseen\0unseen"), false);
    }

    #[track_caller]
    fn check(commit: &str, expected: bool) {
        assert_eq!(Original::read(commit.as_bytes()).is_some(), expected, "{commit}");
    }
}
