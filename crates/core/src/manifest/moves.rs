// SPDX-License-Identifier: Apache-2.0
//! `[[move]]`: which private path stands at which public one.

use std::hash::{Hash, Hasher};

use toml::Spanned;

use super::error::{ManifestError, Source};
use super::raw::{RawMove, Text};
use crate::paths::{Origin, PathRules};

/// A path, with all that is below it, that stands elsewhere in the mirror.
///
/// Two moves are equal when they say the same, on whatever line.
#[derive(Clone, Debug)]
pub struct Move {
    /// The private path, without a slash at its end; empty for the root.
    pub from: String,
    /// The public path, likewise.
    pub to: String,
    /// Where the manifest says so, from 1.
    pub line: u32,
}

impl PartialEq for Move {
    fn eq(&self, other: &Self) -> bool {
        (&self.from, &self.to) == (&other.from, &other.to)
    }
}

impl Eq for Move {}

impl Hash for Move {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.from, &self.to).hash(state);
    }
}

/// The moves, longest `from` first, which is the order in which they are tried.
pub(super) fn moves(
    source: Source<'_>,
    raw: &[Spanned<RawMove>],
    floor: &PathRules,
) -> Result<Vec<Move>, ManifestError> {
    let mut moves = Vec::<Move>::with_capacity(raw.len());
    for raw in raw {
        let one = one_move(source, raw, floor)?;
        if let Some(other) = moves.iter().find(|other| other.from == one.from) {
            let message = format!("`{}` is moved already, on line {}", one.from, other.line);
            return Err(source.error(raw.get_ref().from.span(), message));
        }
        moves.push(one);
    }
    moves.sort_by(|a, b| b.from.len().cmp(&a.from.len()).then_with(|| a.from.cmp(&b.from)));
    Ok(moves)
}

fn one_move(
    source: Source<'_>,
    raw: &Spanned<RawMove>,
    floor: &PathRules,
) -> Result<Move, ManifestError> {
    let line = source.line(raw.span().start);
    let RawMove { from, to } = raw.get_ref();
    let (from, to_path) = (path(source, from)?, path(source, to)?);
    if to_path.split('/').any(is_dot_git) {
        let message = format!("nothing can be moved into `.git`, as `{to_path}` is");
        return Err(source.error(to.span(), message));
    }
    match floor.floor_rule(to_path.as_bytes()).filter(|_| !to_path.is_empty()) {
        None => Ok(Move { from: from.to_owned(), to: to_path.to_owned(), line }),
        Some(rule) => {
            let place = on_the_floor(rule.pattern.as_str(), rule.origin);
            Err(source.error(to.span(), format!("`{to_path}` {place}, so nothing can move there")))
        }
    }
}

/// `is on the floor by …`, the same words wherever a path meets it.
pub(super) fn on_the_floor(pattern: &str, origin: Origin) -> String {
    match origin {
        Origin::BuiltIn => format!("is on the floor by the built-in rule `{pattern}`"),
        Origin::Line(line) => format!("is on the floor by `{pattern}` on line {line}"),
    }
}

/// Whether a system that folds names would take `component` for `.git`.
fn is_dot_git(component: &str) -> bool {
    let component = component.trim_end_matches(['.', ' ']);
    component.eq_ignore_ascii_case(".git") || component.eq_ignore_ascii_case("git~1")
}

/// A path from the root without a slash at its end, or why it is none.
pub(super) fn path<'t>(source: Source<'_>, text: &'t Text) -> Result<&'t str, ManifestError> {
    let whole = text.get_ref().as_str();
    let path = whole.strip_suffix('/').unwrap_or(whole);
    let fault = if whole.starts_with('/') {
        "starts with `/`; a path starts at the root already, and the root itself is `\"\"`"
    } else if path.contains('\0') {
        "holds a null character"
    } else if path.is_empty() {
        return Ok(path);
    } else {
        match path.split('/').find(|part| matches!(*part, "" | "." | "..")) {
            None => return Ok(path),
            Some("") => "holds an empty component",
            Some(_) => "holds a `.` or `..` component",
        }
    };
    Err(source.error(text.span(), format!("the path `{whole}` {fault}")))
}
