// SPDX-License-Identifier: Apache-2.0
//! Annotated tags, byte for byte, and the signature at the end of their message.

use memchr::memchr;
use repo_sync_shared::ObjectId;

use super::hash::Kind;
use super::header::{self, Headers, Next, OtherHeader};

/// An annotated tag, borrowed from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawTag<'a> {
    /// The object that it names.
    pub target: ObjectId,
    /// What the tag says that object is.
    pub target_kind: Kind,
    /// The tag's own name, without `refs/tags/`.
    pub name: &'a [u8],
    /// Who made it and when; tags of git's first months have none.
    pub tagger: Option<&'a [u8]>,
    /// All that follows the empty line after the headers, a signature included;
    /// `None` if there is no such line.
    pub message: Option<&'a [u8]>,
    /// Headers that have no place in a public tag.
    pub other_headers: Vec<OtherHeader<'a>>,
}

/// A tag that cannot be trusted: two readers could see two tags in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedTag {
    /// A NUL hides what follows it from most readers.
    #[error("the tag holds a NUL byte")]
    Nul,
    /// A header that must stand next is absent or broken.
    #[error("the tag has no valid `{0}` header in its place")]
    Missing(&'static str),
    /// A header is there again, or where it must not stand.
    #[error("the tag has a second or misplaced `{0}` header")]
    Repeated(&'static str),
    /// A line continues a header that may have only one line.
    #[error("the tag continues a header over a line break")]
    Continuation,
    /// The last header line has no end.
    #[error("the tag ends within a header line")]
    Unterminated,
}

impl<'a> RawTag<'a> {
    /// Reads a tag from its bytes.
    pub fn parse(data: &'a [u8]) -> Result<Self, MalformedTag> {
        if memchr(0, data).is_some() {
            return Err(MalformedTag::Nul);
        }
        let mut headers = Headers::new(data);
        let target = headers.take_id("object").ok_or(MalformedTag::Missing("object"))?;
        let kind = headers.take("type").and_then(Kind::from_name);
        let target_kind = kind.ok_or(MalformedTag::Missing("type"))?;
        let name = headers.take("tag").ok_or(MalformedTag::Missing("tag"))?;
        let tagger = headers.take("tagger");
        let mut tag =
            Self { target, target_kind, name, tagger, message: None, other_headers: Vec::new() };
        loop {
            match headers.next() {
                Next::End => return Ok(tag),
                Next::Message(message) => {
                    tag.message = Some(message);
                    return Ok(tag);
                }
                Next::Other(other) => {
                    for name in ["object", "type", "tag", "tagger"] {
                        if other.name == name.as_bytes() {
                            return Err(MalformedTag::Repeated(name));
                        }
                    }
                    tag.other_headers.push(other);
                }
                Next::Continuation => return Err(MalformedTag::Continuation),
                Next::Unterminated => return Err(MalformedTag::Unterminated),
            }
        }
    }
}

/// The bytes of a tag, its headers in git's order.
pub fn write_tag(
    target: ObjectId,
    target_kind: Kind,
    name: &[u8],
    tagger: Option<&[u8]>,
    message: Option<&[u8]>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(192 + message.map_or(0, <[u8]>::len));
    header::append(&mut out, "object", &target.to_hex());
    header::append(&mut out, "type", target_kind.name().as_bytes());
    header::append(&mut out, "tag", name);
    if let Some(tagger) = tagger {
        header::append(&mut out, "tagger", tagger);
    }
    header::append_message(&mut out, message);
    out
}

/// The first lines of the signatures that git writes.
const SIGNATURE_HEADS: [&[u8]; 4] = [
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
];

/// The message up to the first line that begins a signature.
///
/// Where there are several, git takes the last for the signature; here all go,
/// since each of them is over private bytes.
pub fn without_signature(message: &[u8]) -> &[u8] {
    let mut start = 0;
    while start < message.len() {
        let line = &message[start..];
        if SIGNATURE_HEADS.iter().any(|head| line.starts_with(head)) {
            return &message[..start];
        }
        start += memchr(b'\n', line).map_or(line.len(), |end| end + 1);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    const OBJECT: &str = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const REST: &str = "type tree\ntag v1\ntagger A <a@b> 1 +0000\n";

    #[test]
    fn the_headers_stand_once_and_in_order() {
        use MalformedTag::{Continuation, Missing, Nul, Repeated, Unterminated};
        check(&format!("{OBJECT}{REST}\nhi\n"), None);
        check(&format!("{OBJECT}{REST}"), None);
        check(&format!("{OBJECT}type commit\ntag v1\n\nof git's first months"), None);
        check(&format!("{OBJECT}{REST}gpgsig-sha256 a\n b\n\nhi"), None);
        check("", Some(Missing("object")));
        check(REST, Some(Missing("object")));
        check(&format!("{OBJECT}tag v1\n"), Some(Missing("type")));
        check(&format!("{OBJECT}type Tree\ntag v1\n"), Some(Missing("type")));
        check(&format!("{OBJECT}type tree\n\nhi"), Some(Missing("tag")));
        check(&format!("{OBJECT}{REST}tagger B\n\n"), Some(Repeated("tagger")));
        check(&format!("{OBJECT}{REST}x y\n{OBJECT}\n"), Some(Repeated("object")));
        check(&format!("{OBJECT}{REST} more\n\n"), Some(Continuation));
        check(&format!("{OBJECT}{REST}x"), Some(Unterminated));
        check(&format!("{OBJECT}{REST}\nseen\0unseen"), Some(Nul));
    }

    #[track_caller]
    fn check(tag: &str, expected: Option<MalformedTag>) {
        assert_eq!(RawTag::parse(tag.as_bytes()).err(), expected, "{tag}");
    }

    #[test]
    fn tags_are_written_as_they_were_read() {
        let git = Git::new();
        git.ok(&["hash-object", "-w", "-t", "tree", "--stdin"], b"");
        let made = git.line(&["mktag"], format!("{OBJECT}{REST}\nhi\n").as_bytes());
        let rows = [
            git.ok(&["cat-file", "tag", &made], b""),
            format!("{OBJECT}{REST}").into_bytes(),
            format!("{OBJECT}type blob\ntag a b\n\n").into_bytes(),
            [OBJECT.as_bytes(), b"type tag\ntag \xff\ntagger \n\n\xe9"].concat(),
        ];
        for data in rows {
            let tag = RawTag::parse(&data).expect("the rows hold sound tags");
            let RawTag { target, target_kind, name, tagger, message, .. } = tag;
            assert_eq!(write_tag(target, target_kind, name, tagger, message), data);
        }
    }

    #[test]
    fn a_message_ends_where_a_signature_begins() {
        check_cut("v1\n", "v1\n");
        check_cut("", "");
        check_cut("v1\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n", "v1\n");
        check_cut("v1\n-----BEGIN SSH SIGNATURE-----\nx", "v1\n");
        check_cut("v1\n-----BEGIN PGP MESSAGE-----", "v1\n");
        check_cut("-----BEGIN SIGNED MESSAGE-----\nx", "");
        check_cut("v1\n-----BEGIN PGP SIGNATURE-----\nx\n-----BEGIN SSH SIGNATURE-----\n", "v1\n");
        check_cut(
            "quotes -----BEGIN PGP SIGNATURE-----\n",
            "quotes -----BEGIN PGP SIGNATURE-----\n",
        );
        check_cut("-----BEGIN PGP PUBLIC KEY-----\n", "-----BEGIN PGP PUBLIC KEY-----\n");
    }

    #[track_caller]
    fn check_cut(message: &str, expected: &str) {
        assert_eq!(without_signature(message.as_bytes()), expected.as_bytes(), "{message}");
    }
}
