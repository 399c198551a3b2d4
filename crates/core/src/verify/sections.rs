// SPDX-License-Identifier: Apache-2.0
//! The verifier's own cutting of private sections: line by line, over and over.

use repo_sync_shared::ObjectId;

use super::filter::Filter;
use super::object::Is;
use super::stop::Stop;
use crate::object::{Kind, hash};

/// The texts between whose lines a section lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) begin: String,
    pub(super) end: String,
}

/// Signs that comments are made of, or stand in.
const SIGNS: &str = " \t/#*;-%!<>{}()\"'";

impl Sections {
    /// The text without its sections, which may be all of it.
    pub(super) fn cut(&self, file: &[u8]) -> Result<Vec<u8>, String> {
        let no_text = || Err("it has marked sections, but is no text".to_owned());
        if self.is_wide_in(file) {
            return no_text();
        }
        let text = match str::from_utf8(file) {
            Ok(text) if !text.contains('\0') => text,
            Ok(_) | Err(_) => {
                let lossy = String::from_utf8_lossy(file);
                let mut lines = lossy.lines();
                let is_marked =
                    lines.any(|line| self.has(line, &self.begin) || self.has(line, &self.end));
                return if is_marked { no_text() } else { Ok(file.to_vec()) };
            }
        };
        let mut public = String::new();
        let mut hidden = false;
        for line in text.split_inclusive('\n') {
            match (self.has(line, &self.begin), self.has(line, &self.end), hidden) {
                (true, true, _) => return Err("a line begins a section and ends one".to_owned()),
                (true, _, true) => return Err("a section begins within another".to_owned()),
                (_, true, false) => return Err("a section ends that never began".to_owned()),
                (true, _, false) => hidden = true,
                (_, true, true) => hidden = false,
                (false, false, true) => {}
                (false, false, false) => public.push_str(line),
            }
        }
        if hidden { Err("a section never ends".to_owned()) } else { Ok(public.into_bytes()) }
    }

    /// Whether a marker stands on a line, with signs of comments before it and no part of a
    /// longer word.
    fn has(&self, line: &str, marker: &str) -> bool {
        let rest = line.trim_start_matches(|sign| SIGNS.contains(sign));
        let signs = &line[..line.len() - rest.len()];
        // The marker may begin with such signs itself.
        (0..=signs.len()).any(|at| {
            let after = line[at..].strip_prefix(marker);
            after.is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_alphanumeric()))
        })
    }

    /// Whether a marker stands in a file in two bytes a letter, in either order.
    fn is_wide_in(&self, file: &[u8]) -> bool {
        [&self.begin, &self.end].into_iter().any(|marker| {
            [false, true].into_iter().any(|swapped| {
                let letter = |it: u16| if swapped { it.swap_bytes() } else { it };
                let wide: Vec<u8> =
                    marker.encode_utf16().flat_map(|it| letter(it).to_le_bytes()).collect();
                file.contains(&0) && file.windows(wide.len()).any(|part| part == wide)
            })
        })
    }
}

impl Filter<'_> {
    /// The public file of a private one: the same, but for its private sections.
    pub(super) fn without_sections(
        &mut self,
        is: Is,
        mode: &[u8],
        id: ObjectId,
    ) -> Result<ObjectId, Stop> {
        let Some(sections) = &self.rules.sections else { return Ok(id) };
        if is != Is::Blob || mode.starts_with(b"12") {
            return Ok(id);
        }
        if let Some(&known) = self.cut.get(&id) {
            return Ok(known);
        }
        let file = self.objects.read(id, Kind::Blob)?;
        let left = sections.cut(file.data());
        let left = left.map_err(|fault| Stop::unsound(format!("file {id}: {fault}")))?;
        let public = hash(Kind::Blob, &left);
        if public != id {
            self.whole.insert(public, id);
        }
        self.cut.insert(id, public);
        Ok(public)
    }

    /// The bytes of a file that is public before anything is done to workspaces.
    pub(super) fn public_file(&self, id: ObjectId) -> Result<Vec<u8>, Stop> {
        let private = self.whole.get(&id);
        let file = self.objects.read(*private.unwrap_or(&id), Kind::Blob)?;
        match (&self.rules.sections, private) {
            (Some(sections), Some(_)) => sections.cut(file.data()).map_err(Stop::Unsound),
            _ => Ok(file.data().to_vec()),
        }
    }
}
