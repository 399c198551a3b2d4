// SPDX-License-Identifier: Apache-2.0
//! Pieces cut out of a TOML text by their places, so that every other byte stays.
//!
//! What goes takes along what was written about it: the comment behind it on its line,
//! and the comment lines directly above. A comment on a private crate is private.

use std::ops::Range;

use toml_edit::{Array, Item, Key, Table};

/// A text, and what is to be cut out of it or put into it.
pub(super) struct Cuts<'t> {
    text: &'t str,
    /// Where each header of a table begins, ascending.
    headers: Vec<usize>,
    cuts: Vec<(Range<usize>, String)>,
    /// Whether the last block goes.
    cuts_end: bool,
}

impl<'t> Cuts<'t> {
    /// No cuts of a text that was parsed.
    pub(super) fn new(text: &'t str, root: &Table) -> Self {
        let mut headers = Vec::new();
        collect_headers(root, &mut headers);
        headers.sort_unstable();
        Self { text, headers, cuts: Vec::new(), cuts_end: false }
    }

    /// Puts other bytes in the place of these.
    pub(super) fn replace(&mut self, place: Range<usize>, with: String) {
        self.cuts.push((place, with));
    }

    fn cut(&mut self, place: Range<usize>) {
        self.cuts.push((place, String::new()));
    }

    /// Cuts an entry of a table, in whichever way it is written.
    pub(super) fn entry(&mut self, key: &Key, item: &Item) {
        match item {
            Item::None => {}
            Item::Value(value) => {
                if let (Some(key), Some(value)) = (key.span(), value.span()) {
                    self.lines(key.start, value.end);
                }
            }
            Item::Table(table) => self.table(table),
            Item::ArrayOfTables(tables) => tables.iter().for_each(|table| self.table(table)),
        }
    }

    /// Cuts a table with all that is below it.
    pub(super) fn table(&mut self, table: &Table) {
        if !table.is_dotted()
            && !table.is_implicit()
            && let Some(header) = table.span()
        {
            self.block(header.start);
        }
        for (key, item) in entries(table) {
            let has_lines = table.is_dotted() || !item.is_value();
            if has_lines {
                self.entry(key, item);
            }
        }
    }

    /// Cuts what stands between a header and the next one.
    fn block(&mut self, header: usize) {
        let next = self.headers.iter().find(|&&next| next > header);
        let start = self.with_comments_above(self.line_start(header));
        let end = match next {
            Some(&next) => self.with_comments_above(self.line_start(next)),
            None => self.text.len(),
        };
        self.cuts_end |= next.is_none();
        self.cut(start..end);
    }

    /// Cuts elements of an array, by their numbers.
    pub(super) fn elements(&mut self, array: &Array, gone: &[usize]) {
        let places: Option<Vec<_>> = array.iter().map(toml_edit::Value::span).collect();
        if let Some(places) = places {
            self.listed(&places, gone);
        }
    }

    /// Cuts entries of an inline table, by their numbers.
    pub(super) fn inline(&mut self, table: &toml_edit::InlineTable, gone: &[usize]) {
        let place = |(name, value): (&str, &toml_edit::Value)| {
            Some(table.key(name)?.span()?.start..value.span()?.end)
        };
        let places: Option<Vec<_>> = table.iter().map(place).collect();
        if let Some(places) = places {
            self.listed(&places, gone);
        }
    }

    /// Cuts some of what commas stand between. One that has lines of its own goes with
    /// these; of others, what goes reaches to the next one, or from the last that stays.
    fn listed(&mut self, places: &[Range<usize>], gone: &[usize]) {
        let last = (0..places.len()).rev().find(|number| !gone.contains(number));
        for &number in gone {
            let place = &places[number];
            if self.is_alone(place) {
                self.lines(place.start, place.end);
                continue;
            }
            match last {
                Some(last) if last > number => self.cut(place.start..places[number + 1].start),
                Some(last) => self.cut(places[last].end..place.end),
                None => {
                    let comma = self.text[place.end..].trim_start().strip_prefix(',');
                    let end = comma.map_or(place.end, |rest| self.text.len() - rest.len());
                    self.cut(places[0].start..end);
                }
            }
        }
    }

    /// Whether nothing else of the list stands on the lines of an element.
    fn is_alone(&self, place: &Range<usize>) -> bool {
        let before = &self.text[self.line_start(place.start)..place.start];
        let after = self.text[place.end..self.line_end(place.end)].trim_start();
        let is_ended = |rest: &str| rest.is_empty() || rest.starts_with('#');
        let after = match after.strip_prefix(',') {
            Some(rest) => is_ended(rest.trim()),
            // The comma may stand on a line below.
            None => {
                let rest = after_comments(&self.text[place.end..]);
                is_ended(after.trim()) && !rest.starts_with(',')
            }
        };
        before.trim().is_empty() && after
    }

    /// Cuts the lines from one place to another.
    fn lines(&mut self, start: usize, end: usize) {
        let start = self.with_comments_above(self.line_start(start));
        self.cut(start..self.line_end(end));
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Behind the line break.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |end| at + end + 1)
    }

    /// Where the comment lines begin that stand directly above a line.
    fn with_comments_above(&self, mut line: usize) -> usize {
        while line > 0 {
            let above = self.line_start(line - 1);
            if !self.text[above..line].trim_start().starts_with('#') {
                break;
            }
            line = above;
        }
        line
    }

    /// The text with its cuts; `None` if there are none.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        if self.cuts.is_empty() {
            return None;
        }
        self.cuts.sort_by_key(|(place, _)| (place.start, place.end));
        let mut made = String::with_capacity(self.text.len());
        let mut done = 0;
        for (place, with) in self.cuts {
            // What lies in a piece that is cut goes with it.
            if place.end <= done {
                continue;
            }
            made.push_str(&self.text[done..place.start.max(done)]);
            made.push_str(&with);
            done = done.max(place.end);
        }
        made.push_str(&self.text[done..]);
        if self.cuts_end {
            // Else the text would end in the empty line before the block.
            let end = made.trim_end().len();
            let line = made[end..].find('\n').map_or(made.len(), |at| end + at + 1);
            made.truncate(if end == 0 { 0 } else { line });
        }
        Some(made.into_bytes())
    }
}

/// The entries of a table, with their keys.
pub(super) fn entries(table: &Table) -> impl Iterator<Item = (&Key, &Item)> {
    table.iter().filter_map(|(name, _)| table.get_key_value(name))
}

fn after_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        match text.strip_prefix('#') {
            Some(comment) => text = comment.find('\n').map_or("", |end| &comment[end..]),
            None => return text,
        }
    }
}

fn collect_headers(table: &Table, headers: &mut Vec<usize>) {
    if !table.is_dotted() && !table.is_implicit() {
        headers.extend(table.span().map(|span| span.start));
    }
    for (_, item) in table {
        match item {
            Item::Table(table) => collect_headers(table, headers),
            Item::ArrayOfTables(tables) => {
                tables.iter().for_each(|table| collect_headers(table, headers));
            }
            Item::None | Item::Value(_) => {}
        }
    }
}
