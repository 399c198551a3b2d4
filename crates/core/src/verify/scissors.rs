// SPDX-License-Identifier: Apache-2.0
//! A TOML text of which each byte stays or goes.
//!
//! Where things stand is read from the table; what goes with a thing is decided by lines:
//! the comment behind it, and those directly above.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A text, and which of its bytes stay.
pub(super) struct Scissors<'t> {
    text: &'t str,
    stays: Vec<bool>,
    /// What is to stand where other text goes.
    instead: BTreeMap<usize, String>,
    headers: Vec<usize>,
    loses_end: bool,
}

/// A table of a text, where each word knows its place.
pub(super) fn table(text: &str) -> Result<DeTable<'_>, String> {
    let table = DeTable::parse(text).map_err(|err| err.message().to_owned())?;
    Ok(table.into_inner())
}

/// Where a table is written, or a list of tables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Under a header of its own.
    Header,
    /// Between braces or brackets, behind its key.
    Inline,
    /// Nowhere: by the dots of its keys.
    Dots,
}

impl<'t> Scissors<'t> {
    pub(super) fn new(text: &'t str, root: &DeTable<'_>) -> Self {
        let mut this = Self {
            text,
            stays: vec![true; text.len()],
            instead: BTreeMap::new(),
            headers: Vec::new(),
            loses_end: false,
        };
        this.find_headers(root);
        this
    }

    fn find_headers(&mut self, table: &DeTable<'_>) {
        for value in table.values() {
            match (value.get_ref(), self.written(value)) {
                (DeValue::Table(below), how) if how != Written::Inline => {
                    if how == Written::Header {
                        self.headers.push(value.span().start);
                    }
                    self.find_headers(below);
                }
                (DeValue::Array(list), Written::Header) => {
                    for element in list.iter() {
                        self.headers.push(element.span().start);
                        if let DeValue::Table(below) = element.get_ref() {
                            self.find_headers(below);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn written(&self, value: &Spanned<DeValue<'_>>) -> Written {
        let begin = &self.text[value.span().start..];
        match value.get_ref() {
            DeValue::Table(_) if begin.starts_with('[') => Written::Header,
            DeValue::Table(_) if begin.starts_with('{') => Written::Inline,
            DeValue::Table(_) => Written::Dots,
            DeValue::Array(list) => match list.iter().next() {
                Some(first)
                    if matches!(first.get_ref(), DeValue::Table(_))
                        && self.text[first.span().start..].starts_with('[') =>
                {
                    Written::Header
                }
                Some(_) | None => Written::Inline,
            },
            _ => Written::Inline,
        }
    }

    /// Takes an entry out of a table: its lines, or the blocks under its headers.
    pub(super) fn take(&mut self, key: Range<usize>, value: &Spanned<DeValue<'_>>) {
        match (value.get_ref(), self.written(value)) {
            (DeValue::Table(below), Written::Dots) => {
                for (key, value) in below.iter() {
                    self.take(key.span(), value);
                }
            }
            (_, Written::Header) => self.take_block(value),
            _ => self.take_lines(key.start..value.span().end),
        }
    }

    /// Takes what stands under a header, with the blocks of what is below it.
    pub(super) fn take_block(&mut self, value: &Spanned<DeValue<'_>>) {
        let mut inner: Vec<&Spanned<DeValue<'_>>> = Vec::new();
        match value.get_ref() {
            DeValue::Table(table) => {
                self.block(value.span().start);
                inner.extend(table.values());
            }
            DeValue::Array(list) => inner.extend(list.iter()),
            _ => {}
        }
        for value in inner {
            if self.written(value) == Written::Header {
                self.take_block(value);
            }
        }
    }

    fn block(&mut self, header: usize) {
        let next = self.headers.iter().copied().filter(|&next| next > header).min();
        let start = self.above(header);
        let end = next.map_or(self.text.len(), |next| self.above(next));
        self.loses_end |= next.is_none();
        self.drop(start..end);
    }

    /// Takes elements of a list out of it, by their numbers.
    pub(super) fn take_listed(&mut self, places: &[Range<usize>], gone: &[usize]) {
        let stay: Vec<usize> = (0..places.len()).filter(|at| !gone.contains(at)).collect();
        for &at in gone {
            let place = places[at].clone();
            if self.has_its_own_lines(&place) {
                self.take_lines(place);
            } else if stay.iter().any(|&one| one > at) {
                self.drop(place.start..places[at + 1].start);
            } else if let Some(&last) = stay.last() {
                self.drop(places[last].end..place.end);
            } else {
                let rest = self.text[place.end..].trim_start();
                let comma = rest.starts_with(',');
                let end = if comma { self.text.len() - rest.len() + 1 } else { place.end };
                self.drop(places[0].start..end);
            }
        }
    }

    fn has_its_own_lines(&self, place: &Range<usize>) -> bool {
        let begin = self.text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let rest = &self.text[place.end..];
        let line = rest.split('\n').next().unwrap_or_default().trim();
        let (comma, line) = match line.strip_prefix(',') {
            Some(line) => (true, line.trim()),
            None => (false, line),
        };
        let mut later = rest.lines().skip(1).map(str::trim);
        let next = later.find(|line| !line.is_empty() && !line.starts_with('#'));
        let comma_follows = !comma && next.is_some_and(|line| line.starts_with(','));
        self.text[begin..place.start].trim().is_empty()
            && (line.is_empty() || line.starts_with('#'))
            && !comma_follows
    }

    /// Puts a text in the place of another.
    pub(super) fn put(&mut self, place: Range<usize>, text: String) {
        self.instead.insert(place.start, text);
        self.drop(place);
    }

    fn take_lines(&mut self, place: Range<usize>) {
        let end =
            self.text[place.end..].find('\n').map_or(self.text.len(), |at| place.end + at + 1);
        self.drop(self.above(place.start)..end);
    }

    /// Where the line of a place begins, or the first of the comments directly above it.
    fn above(&self, place: usize) -> usize {
        let mut begin = self.text[..place].rfind('\n').map_or(0, |at| at + 1);
        for line in self.text[..begin].split_inclusive('\n').rev() {
            if !line.trim_start().starts_with('#') {
                break;
            }
            begin -= line.len();
        }
        begin
    }

    fn drop(&mut self, place: Range<usize>) {
        self.stays[place].fill(false);
    }

    /// What stays.
    pub(super) fn left(self) -> String {
        let mut left = Vec::new();
        for (at, byte) in self.text.bytes().enumerate() {
            left.extend(self.instead.get(&at).into_iter().flat_map(|text| text.bytes()));
            left.extend(Some(byte).filter(|_| self.stays[at]));
        }
        let mut left = String::from_utf8(left).expect("what goes begins and ends with a letter");
        if self.loses_end {
            while left.ends_with("\n\n") || left.ends_with("\n\r\n") || left.trim().is_empty() {
                let Some(last) = left.pop() else { break };
                if last == '\n' && left.ends_with('\r') {
                    left.pop();
                }
            }
        }
        left
    }
}
