// SPDX-License-Identifier: Apache-2.0
//! `licence-header`: files that say of themselves that they are not for everybody.

use aho_corasick::AhoCorasick;
use repo_sync_shared::{Check, escape_text};
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::{Look, NewBlob};
use crate::error::RunError;
use crate::manifest::Term;
use crate::object::EntryKind;
use crate::report::RawFinding;

/// How many lines, and how many bytes of them, are the head of a file.
const HEAD: (usize, usize) = (30, 16 << 10);

const TAG: &str = "SPDX-License-Identifier:";

/// What no open licence says.
const PHRASES: &[&str] =
    &["proprietary and confidential", "confidential and proprietary", "company confidential"];

/// Words that also have another meaning: they count on a line, or next to one, that
/// speaks of rights, and not in the head of a file that grants them.
const WEAK: &[&str] = &[
    "proprietary",
    "confidential",
    "do not distribute",
    "internal use only",
    "for internal use",
    "trade secret",
];

/// How a line speaks of rights.
const RIGHTS: &[&str] = &["copyright", "(c)", "\u{a9}", "all rights reserved"];

/// What the texts of open licences say, which speak of trade secrets and of
/// proprietary rights, too.
const GRANTS: &[&str] = &[
    "derivative works",
    "hereby grant",
    "may be copied",
    "may be freely",
    "open software license",
    "permission is",
    "permission to use",
    "permitted without",
    "public source license",
    "redistribution and use",
    "right to use",
];

/// Words of which each closed licence has one in its name.
const OF_CLOSED: &[&str] = &["licenseref", "proprietary", "see license in", "unlicensed"];

/// A licence of one's own that these words are in is none that gives rights.
const CLOSED: &[&str] = &["proprietary", "commercial", "confidential", "internal"];

pub(super) struct Licences {
    phrases: AhoCorasick,
    weak: AhoCorasick,
    rights: AhoCorasick,
    grants: AhoCorasick,
    own: AhoCorasick,
    /// All of what may have to be told of, and the tag: most heads have none of them.
    any: AhoCorasick,
    of_closed: AhoCorasick,
    terms: Vec<Term>,
}

impl Licences {
    pub(super) fn new(terms: &[Term]) -> Result<Self, RunError> {
        let own: Vec<&str> = terms.iter().map(|term| &*term.text).collect();
        Ok(Self {
            any: words(&[PHRASES, WEAK, &own, &[TAG]].concat())?,
            of_closed: words(OF_CLOSED)?,
            phrases: words(PHRASES)?,
            weak: words(WEAK)?,
            rights: words(RIGHTS)?,
            grants: words(GRANTS)?,
            own: words(&own)?,
            terms: terms.to_vec(),
        })
    }

    /// A proprietary licence in the `license` field of a manifest, with its line.
    fn declared(&self, name: &[u8], data: &[u8]) -> Option<(u32, String)> {
        // In a string with escapes nobody sees the words.
        let may_be_closed =
            || memchr::memchr(b'\\', data).is_some() || self.of_closed.is_match(data);
        if !MANIFESTS.contains(&name) || !may_be_closed() {
            return None;
        }
        declared(name, data)
    }

    /// What the head of a file says that it should not: where, why, and the rule of
    /// the user's that it breaks.
    fn in_head(&self, data: &[u8]) -> Option<(u32, String, Option<String>)> {
        let head = &data[..data.len().min(HEAD.1)];
        let end = memchr::memchr_iter(b'\n', head).nth(HEAD.0 - 1).unwrap_or(head.len());
        if !self.any.is_match(&head[..end]) {
            return None;
        }
        let lines: Vec<&[u8]> = head.split(|&byte| byte == b'\n').take(HEAD.0).collect();
        let closes = |at: usize| {
            let near = lines.get(at.saturating_sub(1)..lines.len().min(at + 2)).unwrap_or_default();
            near.iter().any(|line| self.rights.is_match(*line)) && !self.grants.is_match(head)
        };
        for (number, (at, line)) in (1..).zip(lines.iter().enumerate()) {
            if let Some(found) = self.own.find(*line) {
                let term = &self.terms[found.pattern().as_usize()];
                let rule = format!("sync.toml:{} `{}`", term.line, term.text);
                return Some((number, "says what marks it as private".to_owned(), Some(rule)));
            }
            if let Some(licence) = tagged(line).filter(|licence| is_closed(licence)) {
                let why = format!("is under `{}`", escape_text(licence.as_bytes()));
                return Some((number, why, None));
            }
            let words = self.phrases.find(*line).map(|found| PHRASES[found.pattern().as_usize()]);
            let weak = || self.weak.find(*line).map(|found| WEAK[found.pattern().as_usize()]);
            if let Some(words) = words.or_else(|| weak().filter(|_| closes(at))) {
                return Some((number, format!("says \u{201c}{words}\u{201d} of itself"), None));
            }
        }
        None
    }
}

/// Finds any of the words, in any case.
fn words(words: &[&str]) -> Result<AhoCorasick, RunError> {
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).map_err(RunError::unbuilt)
}

impl Look for Licences {
    fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
        if blob.entry.kind == EntryKind::Symlink
            || blob.data[..blob.data.len().min(8 << 10)].contains(&0)
        {
            return;
        }
        let path = blob.entry.public_path;
        let name = memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..]);
        let said = self.in_head(blob.data);
        let declared = || self.declared(name, blob.data).map(|(line, why)| (line, why, None));
        let said = said.or_else(declared);
        if let Some((line, why, rule)) = said {
            let hint = format!("the file {why}; exclude it, or change what it says");
            let finding = blob.finding(Check::LicenceHeader, hint).line(line);
            found.push(RawFinding { rule, ..finding });
        }
    }
}

/// The expression after an SPDX tag on this line.
fn tagged(line: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(line, TAG.as_bytes())?;
    let rest = String::from_utf8_lossy(&line[at + TAG.len()..]).into_owned();
    // The comment may end on the same line, or a string that holds the tag.
    let end = ["*/", "-->", "\"", "'", "`", "\\n", "#}", "%>"]
        .iter()
        .filter_map(|end| rest.find(end))
        .min();
    Some(rest[..end.unwrap_or(rest.len())].trim().to_owned())
}

/// Files with a `license` field.
const MANIFESTS: &[&[u8]] = &[b"Cargo.toml", b"package.json", b"pyproject.toml"];

/// The same, read with all that is around it.
fn declared(name: &[u8], data: &[u8]) -> Option<(u32, String)> {
    let text = str::from_utf8(data).ok()?;
    let licence = match name {
        b"Cargo.toml" => {
            let table = text.parse::<toml::Table>().ok()?;
            let of = |value: &toml::Value| Some(value.get("license")?.as_str()?.to_owned());
            let shared = || of(table.get("workspace")?.get("package")?);
            table.get("package").and_then(of).or_else(shared)?
        }
        b"package.json" => {
            let json = serde_json::from_str::<serde_json::Value>(text).ok()?;
            json.get("license")?.as_str()?.to_owned()
        }
        b"pyproject.toml" => {
            let table = text.parse::<toml::Table>().ok()?;
            let licence = table.get("project")?.get("license")?;
            licence.as_str().or_else(|| licence.get("text")?.as_str())?.to_owned()
        }
        _ => return None,
    };
    if !is_closed(&licence) {
        return None;
    }
    let line = (1..)
        .zip(text.lines())
        .find(|(_, line)| line.contains("license") && line.contains(&licence));
    Some((
        line.map_or(1, |(number, _)| number),
        format!("is under `{}`", escape_text(licence.as_bytes())),
    ))
}

/// Whether a licence gives no rights to those who read the mirror: not one of the
/// licences that the expression offers does.
fn is_closed(licence: &str) -> bool {
    let upper = licence.to_ascii_uppercase();
    if upper.starts_with("SEE LICENSE IN") || upper == "UNLICENSED" || upper == "PROPRIETARY" {
        return true;
    }
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Ok(expression) => !expression.evaluate(is_open),
        // Words that are no expression, with the name of a licence among them.
        Err(_) => licence
            .split([' ', '(', ')'])
            .any(|word| word.strip_prefix("LicenseRef-").is_some_and(names_closed)),
    }
}

fn is_open(required: &LicenseReq) -> bool {
    match &required.license {
        LicenseItem::Spdx { .. } => true,
        LicenseItem::Other(other) => !names_closed(&other.lic_ref),
    }
}

fn names_closed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CLOSED.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<u32> {
        let own = Term { text: "Property of Acme".to_owned(), line: 7 };
        let licences = Licences::new(&[own]).expect("few words");
        licences.in_head(text.as_bytes()).map(|(line, ..)| line)
    }

    #[test]
    fn a_head_that_closes_a_file_is_found() {
        check("// SPDX-License-Identifier: LicenseRef-Proprietary\n", Some(1));
        check("/* SPDX-License-Identifier: LicenseRef-Acme-Commercial */\n", Some(1));
        check("<!--\nSPDX-License-Identifier: UNLICENSED\n-->\n", Some(2));
        check("# SPDX-License-Identifier: MIT AND LicenseRef-Acme-Confidential\n", Some(1));
        check("# SPDX-License-Identifier: SEE LICENSE IN LICENSE.txt\n", Some(1));
        check("// Acme, proprietary and CONFIDENTIAL.\n", Some(1));
        check("// Copyright 2024 Acme\n// Confidential.\n", Some(2));
        check("// (c) Acme. Do not distribute.\n", Some(1));
        check("// Copyright Acme\n\n// For internal use only.\n", None);
        check("// Copyright Acme\n// For internal use only.\n", Some(2));
        check("\n\n// property OF acme\n", Some(3));
    }

    #[test]
    fn an_open_head_and_other_meanings_are_passed_over() {
        check("// SPDX-License-Identifier: Apache-2.0\n", None);
        check("// SPDX-License-Identifier: MIT OR LicenseRef-Acme-Commercial\n", None);
        check("// SPDX-License-Identifier: LicenseRef-Public-Domain\n", None);
        check("// SPDX-License-Identifier: (GPL-2.0 OR MIT)\n", None);
        check("// Copyright 2024 Acme. All rights reserved.\n", None);
        check("Copyright Acme\nno patent or trade secret\nPermission is hereby granted\n", None);
        check("/// For internal use only: may change in any release.\n", None);
        check("Drivers that are proprietary need a flag.\n", None);
        check("Keep your token confidential.\n", None);
        check(&format!("{}// proprietary and confidential\n", "\n".repeat(30)), None);
    }

    #[track_caller]
    fn check(text: &str, line: Option<u32>) {
        assert_eq!(said(text), line, "{text}");
    }

    #[test]
    fn a_manifest_declares_its_licence() {
        let check = |name: &str, text: &str, line: Option<u32>| {
            let licences = Licences::new(&[]).expect("few words");
            let found = licences.declared(name.as_bytes(), text.as_bytes());
            assert_eq!(found.map(|(line, _)| line), line, "{text}");
        };
        check("Cargo.toml", "[package]\nname = 'a'\nlicense = 'LicenseRef-Proprietary'\n", Some(3));
        check("Cargo.toml", "[workspace.package]\nlicense = 'LicenseRef-Commercial'\n", Some(2));
        check("Cargo.toml", "[package]\nlicense = 'MIT/Apache-2.0'\n", None);
        check("Cargo.toml", "[package]\nlicense.workspace = true\n", None);
        check("Cargo.toml", "[package]\nlicense = \"\\u004cicenseRef-Proprietary\"\n", Some(1));
        check("package.json", "{\n \"license\": \"UNLICENSED\"\n}", Some(2));
        check("package.json", r#"{ "license": "SEE LICENSE IN LICENSE" }"#, Some(1));
        check("package.json", r#"{ "license": "Unlicense", "private": true }"#, None);
        check("pyproject.toml", "[project]\nlicense = { text = 'Proprietary' }\n", Some(2));
        check("notes.txt", "license = UNLICENSED", None);
    }
}
