// SPDX-License-Identifier: Apache-2.0
//! What is wrong with a `sync.toml`, with the line and a caret under the fault.
//!
//! [`ManifestError`] is the only error of this module, whoever found the mistake:
//! the TOML parser, serde or our own rules. An editor reads its fields, a person
//! its text.

use std::fmt;
use std::ops::Range;

use repo_sync_shared::escape_text;

use super::near::nearest;

/// A mistake in a `sync.toml`, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The file as the caller named it, such as `sync.toml`.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The character within the line, from 1.
    pub column: u32,
    /// How many characters of the line are at fault, at least 1.
    pub length: u32,
    /// The whole line, without its line ending.
    pub source_line: String,
    /// What is wrong with it.
    pub message: String,
    /// The name that was probably meant, where one is near.
    pub near: Option<String>,
}

impl ManifestError {
    /// The same error with the name that was probably meant.
    pub(super) fn with_near(mut self, near: Option<&str>) -> Self {
        self.near = near.map(str::to_owned);
        self
    }
}

impl std::error::Error for ManifestError {}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        let mut chars = self.source_line.chars();
        // Shown in three parts, so that the caret stays under the fault even where
        // a character of the line had to be escaped.
        let before = shown(chars.by_ref().take(as_size(*column).saturating_sub(1)));
        let fault = shown(chars.by_ref().take(as_size(self.length)));
        let after = shown(chars);
        let gutter = line.to_string().len() + 1;
        writeln!(f, "TOML parse error at line {line}, column {column}")?;
        writeln!(f, "{:gutter$}|", "")?;
        writeln!(f, "{}", format!("{line} | {before}{fault}{after}").trim_end())?;
        let carets = "^".repeat(fault.chars().count().max(1));
        writeln!(f, "{:gutter$}| {:indent$}{carets}", "", "", indent = before.chars().count())?;
        f.write_str(&escape_text(self.message.as_bytes()))?;
        match &self.near {
            Some(near) => write!(f, ", did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

/// Part of a source line as a terminal may show it.
fn shown(chars: impl Iterator<Item = char>) -> String {
    escape_text(chars.collect::<String>().replace('\t', "    ").as_bytes())
}

fn as_size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn as_number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// The text of a manifest: turns byte offsets into lines, and faults into errors.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    file: &'t str,
    text: &'t str,
}

impl<'t> Source<'t> {
    /// The text of `bytes`, which must be UTF-8; a byte order mark is cut.
    pub(super) fn new(bytes: &'t [u8], file: &'t str) -> Result<Self, ManifestError> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        match str::from_utf8(bytes) {
            Ok(text) => Ok(Self { file, text }),
            Err(err) => Err(not_utf8(bytes, err.valid_up_to(), file)),
        }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        as_number(before.iter().filter(|&&byte| byte == b'\n').count() + 1)
    }

    /// The error `message` about the bytes of `span`.
    pub(super) fn error(&self, span: Range<usize>, message: impl Into<String>) -> ManifestError {
        let start = self.text.floor_char_boundary(span.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &self.text[line_start..];
        let line = rest.split('\n').next().unwrap_or(rest);
        let line = line.strip_suffix('\r').unwrap_or(line);
        // A fault of several lines is shown by its first.
        let line_end = line_start + line.len();
        let end = self.text.floor_char_boundary(span.end).clamp(start, line_end.max(start));
        ManifestError {
            file: self.file.to_owned(),
            line: self.line(start),
            column: as_number(self.text[line_start..start].chars().count() + 1),
            length: as_number(self.text[start..end].chars().count().max(1)),
            source_line: line.to_owned(),
            message: message.into(),
            near: None,
        }
    }

    /// What the TOML parser or serde found, in our own shape.
    pub(super) fn toml_error(&self, err: &toml::de::Error) -> ManifestError {
        let whole = err.message();
        // serde lists the names it knows in the text of the error and nowhere else:
        // "unknown field `exlude`, expected one of `include`, `exclude`".
        let near = whole.strip_prefix("unknown ").and_then(|rest| {
            let (head, expected) = rest.split_once("`, expected ")?;
            let (kind, name) = head.split_once(" `")?;
            let near = nearest(name, expected.split('`').skip(1).step_by(2))?;
            Some((format!("unknown {kind} `{name}`"), near))
        });
        let span = err.span().unwrap_or(0..0);
        match near {
            Some((message, near)) => self.error(span, message).with_near(Some(near)),
            None => self.error(span, whole.replace('\n', ", ")),
        }
    }
}

/// The error for the first byte that is not UTF-8.
fn not_utf8(bytes: &[u8], offset: usize, file: &str) -> ManifestError {
    let line_start = bytes[..offset].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let rest = &bytes[line_start..];
    let line = rest.split(|&byte| byte == b'\n').next().unwrap_or(rest);
    let before = String::from_utf8_lossy(&bytes[line_start..offset]);
    ManifestError {
        file: file.to_owned(),
        line: as_number(bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1),
        column: as_number(before.chars().count() + 1),
        length: 1,
        source_line: String::from_utf8_lossy(line).trim_end_matches('\r').to_owned(),
        message: format!("the byte 0x{:02x} is not UTF-8, as TOML asks for", bytes[offset]),
        near: None,
    }
}
