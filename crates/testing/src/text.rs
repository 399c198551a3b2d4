// SPDX-License-Identifier: Apache-2.0
//! The text of commit and tag objects, byte for byte.

use repo_sync_shared::ObjectId;

/// The author and committer of every commit that says nothing else.
pub(crate) const AUTHOR: &str = "A U Thor <author@example.com>";

/// The second before the first commit.
pub(crate) const EPOCH: u64 = 1_700_000_000;

/// What a commit says besides its tree and parents.
///
/// Made from a `&str`, it is that message with a final newline, and the message is
/// the label under which the id is found again.
#[derive(Clone, Debug)]
pub struct CommitText {
    pub(crate) label: String,
    pub(crate) message: Vec<u8>,
    pub(crate) author: Option<Vec<u8>>,
    pub(crate) committer: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

impl From<&str> for CommitText {
    fn from(message: &str) -> Self {
        Self::raw(message, format!("{message}\n"))
    }
}

impl From<String> for CommitText {
    fn from(message: String) -> Self {
        message.as_str().into()
    }
}

impl CommitText {
    /// A message of any bytes, to be found by `label`.
    pub fn raw(label: &str, message: impl Into<Vec<u8>>) -> Self {
        Self {
            label: label.to_owned(),
            message: message.into(),
            author: None,
            committer: None,
            headers: Vec::new(),
        }
    }

    /// The line after `author `, with its date.
    #[must_use]
    pub fn author(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.author = Some(line.into());
        self
    }

    /// The line after `committer `, with its date.
    #[must_use]
    pub fn committer(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.committer = Some(line.into());
        self
    }

    /// A header after `committer`, such as `encoding` or `gpgsig`. Lines after the
    /// first are folded as git folds them.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The commit object.
    pub(crate) fn object(&self, tree: ObjectId, parents: &[ObjectId], clock: u64) -> Vec<u8> {
        let someone = format!("{AUTHOR} {clock} +0000").into_bytes();
        let mut out = format!("tree {tree}\n").into_bytes();
        for parent in parents {
            push_line(&mut out, "parent", parent.to_string().as_bytes());
        }
        push_line(&mut out, "author", self.author.as_ref().unwrap_or(&someone));
        push_line(&mut out, "committer", self.committer.as_ref().unwrap_or(&someone));
        for (name, value) in &self.headers {
            let lines: Vec<_> = value.split(|&byte| byte == b'\n').collect();
            push_line(&mut out, name, &lines.join(&b"\n "[..]));
        }
        out.push(b'\n');
        out.extend(&self.message);
        out
    }
}

/// What an annotated tag says. Made from a `&str`, it is that message with a final
/// newline, on the current tip.
#[derive(Clone, Debug)]
pub struct TagText {
    pub(crate) message: Vec<u8>,
    pub(crate) tagger: Option<Vec<u8>>,
    pub(crate) anonymous: bool,
}

impl From<&str> for TagText {
    fn from(message: &str) -> Self {
        Self::raw(format!("{message}\n"))
    }
}

impl TagText {
    /// A message of any bytes.
    pub fn raw(message: impl Into<Vec<u8>>) -> Self {
        Self { message: message.into(), tagger: None, anonymous: false }
    }

    /// The line after `tagger `, with its date.
    #[must_use]
    pub fn tagger(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.tagger = Some(line.into());
        self
    }

    /// Without a tagger, as the oldest tags are.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// With a signature of the right shape after the message.
    #[must_use]
    pub fn signed(mut self) -> Self {
        self.message.extend(SIGNATURE.as_bytes());
        self.message.push(b'\n');
        self
    }

    /// The tag object.
    pub(crate) fn object(&self, name: &str, target: ObjectId, kind: &str, clock: u64) -> Vec<u8> {
        let mut out = format!("object {target}\ntype {kind}\ntag {name}\n").into_bytes();
        if !self.anonymous {
            let someone = format!("{AUTHOR} {clock} +0000").into_bytes();
            push_line(&mut out, "tagger", self.tagger.as_ref().unwrap_or(&someone));
        }
        out.push(b'\n');
        out.extend(&self.message);
        out
    }
}

/// A signature as far as its shape goes.
pub(crate) const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----\n\n\
    iQEzBAABCAAdFiEEnotasignature\n=abcd\n-----END PGP SIGNATURE-----";

fn push_line(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend(name.as_bytes());
    out.push(b' ');
    out.extend(value);
    out.push(b'\n');
}
