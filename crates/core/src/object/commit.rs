// SPDX-License-Identifier: Apache-2.0
//! Commits, byte for byte.
//!
//! [`RawCommit::parse`] is strict about the order and number of headers, since a
//! second author or a NUL is text that git does not show, and lenient about what
//! they say: a broken date or a missing mail address of an old history is kept.
//! For a commit without other headers, writing gives back the bytes that were
//! read.

use memchr::{memchr, memrchr};
use repo_sync_shared::ObjectId;

use super::header::{self, Headers, Next, OtherHeader};

/// A commit, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawCommit<'a> {
    /// The tree of its root directory.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// Who wrote it and when: `Name <mail> 123 +0000`, or whatever bytes there are.
    pub author: &'a [u8],
    /// Who committed it and when, in the same form.
    pub committer: &'a [u8],
    /// The charset that the message declares.
    pub encoding: Option<&'a [u8]>,
    /// All that follows the empty line after the headers; `None` if there is no
    /// such line.
    pub message: Option<&'a [u8]>,
    /// Headers that have no place in a public commit: signatures, `mergetag`, and
    /// those that we do not know.
    pub other_headers: Vec<OtherHeader<'a>>,
}

/// A commit that cannot be trusted: two readers could see two commits in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCommit {
    /// A NUL hides what follows it from most readers.
    #[error("the commit holds a NUL byte")]
    Nul,
    /// A header that must stand next is absent or broken.
    #[error("the commit has no valid `{0}` header in its place")]
    Missing(&'static str),
    /// A header is there again, or where it must not stand.
    #[error("the commit has a second or misplaced `{0}` header")]
    Repeated(&'static str),
    /// A line continues a header that may have only one line.
    #[error("the commit continues a header over a line break")]
    Continuation,
    /// The last header line has no end.
    #[error("the commit ends within a header line")]
    Unterminated,
}

impl<'a> RawCommit<'a> {
    /// Reads a commit from its bytes.
    pub fn parse(data: &'a [u8]) -> Result<Self, MalformedCommit> {
        if memchr(0, data).is_some() {
            return Err(MalformedCommit::Nul);
        }
        let mut headers = Headers::new(data);
        let (tree, parents) = take_links(&mut headers)?;
        let author = headers.take("author").ok_or(MalformedCommit::Missing("author"))?;
        let committer = headers.take("committer").ok_or(MalformedCommit::Missing("committer"))?;
        let mut commit = Self {
            tree,
            parents,
            author,
            committer,
            encoding: None,
            message: None,
            other_headers: Vec::new(),
        };
        loop {
            if let Some(encoding) = headers.take("encoding")
                && commit.encoding.replace(encoding).is_some()
            {
                return Err(MalformedCommit::Repeated("encoding"));
            }
            match headers.next() {
                Next::End => return Ok(commit),
                Next::Message(message) => {
                    commit.message = Some(message);
                    return Ok(commit);
                }
                Next::Other(other) => commit.add_header(other)?,
                Next::Continuation => return Err(MalformedCommit::Continuation),
                Next::Unterminated => return Err(MalformedCommit::Unterminated),
            }
        }
    }

    fn add_header(&mut self, header: OtherHeader<'a>) -> Result<(), MalformedCommit> {
        for name in ["tree", "parent", "author", "committer", "encoding"] {
            if header.name == name.as_bytes() {
                return Err(MalformedCommit::Repeated(name));
            }
        }
        self.other_headers.push(header);
        Ok(())
    }
}

fn take_links(headers: &mut Headers<'_>) -> Result<(ObjectId, Vec<ObjectId>), MalformedCommit> {
    let tree = headers.take_id("tree").ok_or(MalformedCommit::Missing("tree"))?;
    if headers.is_at("tree") {
        return Err(MalformedCommit::Repeated("tree"));
    }
    let mut parents = Vec::new();
    while headers.is_at("parent") {
        parents.push(headers.take_id("parent").ok_or(MalformedCommit::Missing("parent"))?);
    }
    Ok((tree, parents))
}

/// The tree and the parents of a commit, for a walk that needs no more. What
/// follows them is not looked at.
pub fn commit_links(data: &[u8]) -> Result<(ObjectId, Vec<ObjectId>), MalformedCommit> {
    take_links(&mut Headers::new(data))
}

/// The seconds since 1970 in an author's or committer's line, if it has a date
/// that can be read.
pub fn committer_time(committer: &[u8]) -> Option<i64> {
    let after_mail = &committer[memrchr(b'>', committer)? + 1..];
    let digits = after_mail.trim_ascii_start();
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..len]).ok()?.parse().ok()
}

/// The bytes of a commit, its headers in git's order.
///
/// A message of `None` leaves out the empty line before it as well.
pub fn write_commit(
    tree: ObjectId,
    parents: &[ObjectId],
    author: &[u8],
    committer: &[u8],
    encoding: Option<&[u8]>,
    message: Option<&[u8]>,
) -> Vec<u8> {
    let commit = RawCommit {
        tree,
        parents: parents.to_vec(),
        author,
        committer,
        encoding,
        message,
        other_headers: Vec::new(),
    };
    write_commit_with(&commit, None)
}

/// The bytes of a commit without its other headers, but with one of this name and value,
/// of any number of lines.
pub fn write_commit_with(commit: &RawCommit<'_>, header: Option<(&str, &[u8])>) -> Vec<u8> {
    let RawCommit { tree, parents, author, committer, encoding, message, .. } = commit;
    let text = author.len() + committer.len() + message.map_or(0, <[u8]>::len);
    let header_len = header.map_or(0, |(name, value)| name.len() + 2 * value.len());
    let mut out = Vec::with_capacity(128 + 48 * parents.len() + text + header_len);
    header::append(&mut out, "tree", &tree.to_hex());
    for parent in parents {
        header::append(&mut out, "parent", &parent.to_hex());
    }
    header::append(&mut out, "author", author);
    header::append(&mut out, "committer", committer);
    if let Some(encoding) = encoding {
        header::append(&mut out, "encoding", encoding);
    }
    if let Some((name, value)) = header {
        header::append_folded(&mut out, name, value);
    }
    header::append_message(&mut out, *message);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const PARENT: &str = "parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const PEOPLE: &str = "author A <a@b> 1 +0000\ncommitter C <c@d> 2 -0130\n";

    #[test]
    fn the_headers_stand_once_and_in_order() {
        use MalformedCommit::{Continuation, Missing, Nul, Repeated, Unterminated};
        check(&format!("{TREE}{PEOPLE}\nhi\n"), None);
        check(&format!("{TREE}{PARENT}{PARENT}{PEOPLE}\n"), None);
        check(&format!("{TREE}{PEOPLE}encoding latin1\ngpgsig a\n b\n \n\nhi"), None);
        check(&format!("{TREE}{PEOPLE}gpgsig a\n b\nencoding latin1\n\nhi"), None);
        check("", Some(Missing("tree")));
        check(PEOPLE, Some(Missing("tree")));
        check("tree 4b825d\n", Some(Missing("tree")));
        check(&format!("{}{PEOPLE}\n", TREE.replace('b', "B")), Some(Missing("tree")));
        check(&format!("{PARENT}{TREE}{PEOPLE}\n"), Some(Missing("tree")));
        check(&format!("{TREE}{TREE}{PEOPLE}\n"), Some(Repeated("tree")));
        check(&format!("{TREE}parent 123\n{PEOPLE}\n"), Some(Missing("parent")));
        check(&format!("{TREE}\nhi"), Some(Missing("author")));
        check(&format!("{TREE}author A <a@b> 1 +0000\n\nhi"), Some(Missing("committer")));
        check(&format!("{TREE}author A\nauthor B\ncommitter C\n\n"), Some(Missing("committer")));
        check(&format!("{TREE}{PEOPLE}author B\n\n"), Some(Repeated("author")));
        check(&format!("{TREE}{PEOPLE}committer B\n\n"), Some(Repeated("committer")));
        check(&format!("{TREE}{PEOPLE}{PARENT}\n"), Some(Repeated("parent")));
        check(&format!("{TREE}{PEOPLE}{TREE}\n"), Some(Repeated("tree")));
        check(&format!("{TREE}{PEOPLE}encoding a\nencoding b\n\n"), Some(Repeated("encoding")));
        check(
            &format!("{TREE}{PEOPLE}encoding a\nx y\nencoding b\n\n"),
            Some(Repeated("encoding")),
        );
        check(&format!("{TREE}{PEOPLE}encoding\n\n"), Some(Repeated("encoding")));
        check(&format!("{TREE}{PEOPLE} more\n\n"), Some(Continuation));
        check(&format!("{TREE}{PEOPLE}encoding a\n b\n\n"), Some(Continuation));
        check(&format!("{TREE}{PEOPLE}x y"), Some(Unterminated));
        check(&format!("{TREE}{PEOPLE}x\0y\n\n"), Some(Nul));
        check(&format!("{TREE}{PEOPLE}\nseen\0unseen"), Some(Nul));
    }

    #[track_caller]
    fn check(commit: &str, expected: Option<MalformedCommit>) {
        assert_eq!(RawCommit::parse(commit.as_bytes()).err(), expected, "{commit}");
    }

    #[test]
    fn what_old_histories_hold_is_kept() {
        for author in
            ["", "A", "A <a@b>", "A <a@b> x", "<> 99999999999999999999 +9999", "a\rb >< 1"]
        {
            let commit = format!("{TREE}author {author}\ncommitter {author}\n\nhi");
            let read = RawCommit::parse(commit.as_bytes()).expect("only bytes that are kept");
            assert_eq!(read.author, author.as_bytes());
            assert_eq!(written(&read), commit.as_bytes());
        }
    }

    #[test]
    fn other_headers_are_named_and_can_be_unfolded() {
        let commit = format!("{TREE}{PEOPLE}mergetag object 1\n type\n \n  hi\nodd\n\nmessage");
        let read = RawCommit::parse(commit.as_bytes()).expect("the headers are in order");
        let names: Vec<_> = read.other_headers.iter().map(|header| header.name).collect();
        assert_eq!(names, [&b"mergetag"[..], b"odd"]);
        assert_eq!(read.other_headers[0].value(), b"object 1\ntype\n\n hi");
        assert_eq!(read.other_headers[1].value(), b"");
        assert_eq!(written(&read), format!("{TREE}{PEOPLE}\nmessage").as_bytes());
    }

    #[test]
    fn a_walk_sees_the_same_links_as_a_reader() {
        let commit = format!("{TREE}{PARENT}{PEOPLE}\nhi");
        let read = RawCommit::parse(commit.as_bytes()).expect("the headers are in order");
        assert_eq!(commit_links(commit.as_bytes()), Ok((read.tree, read.parents)));
        assert!(commit_links(b"tree 12\n").is_err());
    }

    #[test]
    fn a_date_stands_after_the_mail() {
        check_time("A <a@b> 123 +0000", Some(123));
        check_time("A <a@b>  123 +0000", Some(123));
        check_time("A > <a@b> 5", Some(5));
        check_time("A <a@b>", None);
        check_time("A <a@b> -5 +0000", None);
        check_time("A 123 +0000", None);
        check_time("A <a@b> 99999999999999999999 +0000", None);
        check_time("", None);
    }

    #[track_caller]
    fn check_time(committer: &str, expected: Option<i64>) {
        assert_eq!(committer_time(committer.as_bytes()), expected, "{committer}");
    }

    /// Whatever is written is read back as it was.
    #[test]
    fn reading_undoes_writing() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..500 {
            let parents: Vec<_> = (0..random.usize(..4))
                .map(|_| ObjectId::from_bytes(std::array::from_fn(|_| random.u8(..))))
                .collect();
            let (author, committer) = (line(&mut random), line(&mut random));
            let encoding = random.bool().then(|| line(&mut random));
            let message = random.bool().then(|| text(&mut random));
            let data = write_commit(
                ObjectId::EMPTY_TREE,
                &parents,
                &author,
                &committer,
                encoding.as_deref(),
                message.as_deref(),
            );
            let expected = RawCommit {
                tree: ObjectId::EMPTY_TREE,
                parents,
                author: &author,
                committer: &committer,
                encoding: encoding.as_deref(),
                message: message.as_deref(),
                other_headers: Vec::new(),
            };
            assert_eq!(RawCommit::parse(&data), Ok(expected));
        }
    }

    fn text(random: &mut fastrand::Rng) -> Vec<u8> {
        let alphabet = b"ab <>@\n\n\r1+\xc3\xa9\xff\t";
        (0..random.usize(..40)).map(|_| alphabet[random.usize(..alphabet.len())]).collect()
    }

    fn line(random: &mut fastrand::Rng) -> Vec<u8> {
        text(random).into_iter().filter(|&byte| byte != b'\n').collect()
    }

    #[test]
    fn commits_of_real_git_are_written_as_they_were_read() {
        let git = Git::new();
        let tree = git.line(&["mktree"], b"");
        let root = git.line(&["commit-tree", &tree], b"root\n");
        let side = git.line(&["commit-tree", &tree], b"");
        let latin = ["-c", "i18n.commitEncoding=latin1", "commit-tree", &tree, "-p", &root];
        let latin = git.line(&latin, b"caf\xe9");
        let merge = ["commit-tree", &tree, "-p", &latin, "-p", &root, "-p", &side];
        let merge = git.line(&merge, b"\n\nno subject\n\n\n");
        for id in [root, side, latin, merge] {
            let data = git.ok(&["cat-file", "commit", &id], b"");
            let read = RawCommit::parse(&data).expect("git writes sound commits");
            assert!(read.other_headers.is_empty());
            assert_eq!(written(&read), data);
            let expected = git.line(&["log", "-1", "--format=%ct %T %P", &id], b"");
            let parents: Vec<_> = read.parents.iter().map(ObjectId::to_string).collect();
            let time = committer_time(read.committer).expect("git writes dates");
            assert_eq!(format!("{time} {} {}", read.tree, parents.join(" ")), expected);
        }
    }

    fn written(read: &RawCommit<'_>) -> Vec<u8> {
        let RawCommit { tree, parents, author, committer, encoding, message, .. } = read;
        write_commit(*tree, parents, author, committer, *encoding, *message)
    }
}
