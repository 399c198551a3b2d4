// SPDX-License-Identifier: Apache-2.0
//! Verdicts on paths, as a person and as a script reads them.

use std::io;

use repo_sync_core::error::RunError;
use repo_sync_core::explain::Explanation;
use repo_sync_core::filter::Transforms;
use repo_sync_core::log::{LogLine, private_line};
use repo_sync_core::session::Session;
use repo_sync_shared::{PrivateCommit, PublicCommit, escape_bytes, escape_text};
use serde::Serialize;

use super::{json, redact, when};
use crate::args::GlobalArgs;
use crate::ui::{Palette, Ui};

/// The paths as one mirror sees them.
pub struct Explained {
    /// The mirror.
    pub mirror: String,
    /// The commit whose manifest decided.
    pub rev: PrivateCommit,
    /// A verdict for each path.
    pub paths: Vec<Explanation>,
    /// What the log says of the first commit that shows each path.
    pub firsts: Vec<Option<LogLine>>,
}

/// What the log says of the first commit that shows a path.
///
/// # Errors
/// The commit cannot be read.
pub fn first_line(session: &Session<'_>, path: &Explanation) -> Result<Option<LogLine>, RunError> {
    let Some((private, _)) = path.first else { return Ok(None) };
    let number = session.replay.history.number(private);
    number.map(|number| private_line(&session.replay, number)).transpose()
}

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    command: &'a str,
    #[serde(flatten)]
    mirror: MirrorObject<'a>,
}

#[derive(Serialize)]
struct MirrorObject<'a> {
    mirror: &'a str,
    rev: Option<PrivateCommit>,
    paths: Vec<PathObject>,
}

#[derive(Serialize)]
struct PathObject {
    path: String,
    exists: bool,
    public: bool,
    verdict: String,
    rule: Option<String>,
    public_path: Option<String>,
    /// Only where there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transforms: Vec<&'static str>,
    first: Option<First>,
}

#[derive(Serialize)]
struct First {
    private: Option<PrivateCommit>,
    public: PublicCommit,
}

/// Writes one JSON object.
pub fn json(ui: &mut Ui, global: &GlobalArgs, mirrors: &[Explained]) -> io::Result<()> {
    let objects = mirrors.iter().map(|mirror| MirrorObject {
        mirror: &mirror.mirror,
        rev: (!global.redact).then_some(mirror.rev),
        paths: (1..)
            .zip(&mirror.paths)
            .map(|(number, path)| object(path, number, global))
            .collect(),
    });
    json::one_or_many(ui, global.all, "explain", objects, |mirror| Object {
        version: 1,
        command: "explain",
        mirror,
    })
}

fn object(path: &Explanation, number: usize, global: &GlobalArgs) -> PathObject {
    let public_path = path.public_path.as_deref().map(escape_bytes);
    PathObject {
        path: shown_path(path, number, global),
        exists: path.exists,
        public: path.public,
        verdict: verdict(path, global),
        rule: path.rule.as_deref().map(|rule| shown_rule(rule, global)),
        public_path: public_path.filter(|_| !global.redact),
        transforms: transforms(path).map(|(name, _)| name).collect(),
        first: path.first.map(|(private, public)| First {
            private: (!global.redact).then_some(private),
            public,
        }),
    }
}

/// What is done to a path, by its key in the manifest and in words.
fn transforms(path: &Explanation) -> impl Iterator<Item = (&'static str, &'static str)> {
    let Transforms { cargo, lines } = path.transforms;
    let all = [
        (cargo, ("cargo", "without what it says of private crates")),
        (lines, ("lines", "without its private sections")),
    ];
    all.into_iter().filter(|(is_done, _)| *is_done).map(|(_, words)| words)
}

fn shown_path(path: &Explanation, number: usize, global: &GlobalArgs) -> String {
    if global.redact { format!("path {number}") } else { escape_bytes(&path.path) }
}

fn shown_rule(rule: &str, global: &GlobalArgs) -> String {
    if global.redact { redact::place(rule) } else { escape_text(rule.as_bytes()) }
}

fn verdict(path: &Explanation, global: &GlobalArgs) -> String {
    let verdict = escape_text(path.verdict.as_bytes());
    if global.redact { redact::prose(&verdict) } else { verdict }
}

/// Writes a few lines for each path.
pub fn text(ui: &mut Ui, global: &GlobalArgs, mirrors: &[Explained]) -> io::Result<()> {
    for mirror in mirrors {
        if global.all {
            let Palette { bold, .. } = ui.palette_out();
            writeln!(ui.stdout(), "{bold}mirror {}{bold:#}", mirror.mirror)?;
        }
        for (number, (path, first)) in (1..).zip(mirror.paths.iter().zip(&mirror.firsts)) {
            one(ui, global, path, first.as_ref(), number)?;
        }
    }
    Ok(())
}

fn one(
    ui: &mut Ui,
    global: &GlobalArgs,
    path: &Explanation,
    first: Option<&LogLine>,
    number: usize,
) -> io::Result<()> {
    let Palette { bold, good, warning, id, dim, .. } = ui.palette_out();
    let out = ui.stdout();
    let absent = if path.exists { "" } else { "  (not in this commit)" };
    let style = if path.public { good } else { warning };
    writeln!(out, "{bold}{}{bold:#}{dim}{absent}{dim:#}", shown_path(path, number, global))?;
    writeln!(out, "  {style}{}{style:#}", verdict(path, global))?;
    if path.mixed {
        writeln!(out, "  below it the rules tell paths apart: explain one of them")?;
    }
    match &path.public_path {
        Some(public) if !global.redact => {
            let public = escape_bytes(public);
            let public = if public.is_empty() { "the root" } else { &public };
            writeln!(out, "  lands at     {public}")?;
        }
        Some(_) | None => {}
    }
    for (_, words) in transforms(path) {
        writeln!(out, "  transformed  {words}")?;
    }
    match (&path.first, first) {
        (Some((private, public)), Some(line)) if !global.redact => writeln!(
            out,
            "  first shown  {id}{}{id:#} -> {id}{}{id:#}  {}  {}",
            private.short(),
            public.short(),
            when(line.time),
            escape_text(&line.subject),
        ),
        (Some((_, public)), _) => writeln!(out, "  first shown  {id}{}{id:#}", public.short()),
        (None, _) if path.public => writeln!(out, "  first shown  in no public commit yet"),
        (None, _) => Ok(()),
    }
}
