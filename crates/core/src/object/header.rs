// SPDX-License-Identifier: Apache-2.0
//! The header lines that commits and tags begin with.

use memchr::memchr;
use repo_sync_shared::ObjectId;

/// A header that has no place in a public object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherHeader<'a> {
    /// Its name, such as `gpgsig`.
    pub name: &'a [u8],
    /// Its value as it is written, each further line behind a space.
    pub folded: &'a [u8],
}

impl OtherHeader<'_> {
    /// Its value, without the spaces that mark its further lines.
    pub fn value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(self.folded.len());
        for (n, line) in self.folded.split(|&byte| byte == b'\n').enumerate() {
            if n > 0 {
                value.push(b'\n');
            }
            // The first line has no mark: what looks like one is part of it.
            let mark: &[u8] = if n > 0 { b" " } else { b"" };
            value.extend_from_slice(line.strip_prefix(mark).unwrap_or(line));
        }
        value
    }
}

/// What is left to read of an object that begins with header lines.
pub(super) struct Headers<'a> {
    rest: &'a [u8],
}

/// The end of the headers, or what stands in its place.
pub(super) enum Next<'a> {
    /// The empty line; this follows it.
    Message(&'a [u8]),
    /// The object ends here, without an empty line.
    End,
    /// A header line of another name.
    Other(OtherHeader<'a>),
    /// A line that continues no header.
    Continuation,
    /// A line without an end.
    Unterminated,
}

impl<'a> Headers<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// Takes the next line, if it is the header of this name: its value.
    #[inline]
    pub(super) fn take(&mut self, name: &str) -> Option<&'a [u8]> {
        let value = self.rest.strip_prefix(name.as_bytes())?.strip_prefix(b" ")?;
        let end = memchr(b'\n', value)?;
        self.rest = &value[end + 1..];
        Some(&value[..end])
    }

    /// Takes the next line, if it is the header of this name and its value is an
    /// object id, in the lower-case digits that git writes.
    #[inline]
    pub(super) fn take_id(&mut self, name: &str) -> Option<ObjectId> {
        let value = self.take(name)?;
        let lower = !value.iter().any(u8::is_ascii_uppercase);
        ObjectId::from_hex(value).filter(|_| lower)
    }

    /// Whether the next line is the header of this name, be its value what it may.
    pub(super) fn is_at(&self, name: &str) -> bool {
        let rest = self.rest.strip_prefix(name.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), Some(b' ' | b'\n')))
    }

    /// Takes what is next, after the headers with a fixed place.
    pub(super) fn next(&mut self) -> Next<'a> {
        match self.rest.first() {
            None => return Next::End,
            Some(b'\n') => return Next::Message(&self.rest[1..]),
            Some(b' ') => return Next::Continuation,
            Some(_) => {}
        }
        let start = self.rest;
        let mut len = 0;
        loop {
            let Some(end) = memchr(b'\n', &start[len..]) else { return Next::Unterminated };
            len += end + 1;
            if start.get(len) != Some(&b' ') {
                break;
            }
        }
        self.rest = &start[len..];
        let lines = &start[..len - 1];
        let name_len = lines.iter().position(|byte| matches!(byte, b' ' | b'\n'));
        let name_len = name_len.unwrap_or(lines.len());
        let (name, value) = lines.split_at(name_len);
        Next::Other(OtherHeader { name, folded: value.strip_prefix(b" ").unwrap_or(value) })
    }
}

/// Appends a header line.
pub(super) fn append(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Appends a header of any number of lines, each further one behind a space; see
/// [`OtherHeader::value`].
pub(super) fn append_folded(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    let lines: Vec<&[u8]> = value.split(|&byte| byte == b'\n').collect();
    append(out, name, &lines.join(&b"\n "[..]));
}

/// Appends the empty line and the message, if there is one.
pub(super) fn append_message(out: &mut Vec<u8>, message: Option<&[u8]>) {
    if let Some(message) = message {
        out.push(b'\n');
        out.extend_from_slice(message);
    }
}
