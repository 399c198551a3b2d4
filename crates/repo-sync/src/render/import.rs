// SPDX-License-Identifier: Apache-2.0
//! What an import came to, for a person and for a script.

use std::io::Write;

use repo_sync_core::import::{Conflict, Imported, ImportedCommit};
use repo_sync_shared::{
    Finding, Outcome, PrivateCommit, PublicCommit, Report, escape_bytes, escape_text,
};
use serde::Serialize;

use super::{count, json, redact, shell_word};
use crate::args::{Format, GlobalArgs};
use crate::error::CliError;
use crate::render;
use crate::ui::{Palette, Ui};

/// An import as `--format json` prints it.
#[derive(Serialize)]
struct Object<'i> {
    version: u32,
    command: &'static str,
    mirror: &'i str,
    outcome: Outcome,
    branch: Option<&'i str>,
    commits: Vec<Commit>,
    conflict: Option<Stuck>,
    refusals: [Finding; 0],
    warnings: &'i [Finding],
    error: Option<String>,
}

#[derive(Serialize)]
struct Commit {
    public: PublicCommit,
    private: Option<PrivateCommit>,
    keeps_id: bool,
}

#[derive(Serialize)]
struct Stuck {
    public: PublicCommit,
    private: Option<PrivateCommit>,
    paths: Vec<String>,
    rest: usize,
}

/// Shows an import of commits at `address`, or one that was given up.
pub fn write(
    ui: &mut Ui,
    global: &GlobalArgs,
    mirror: &str,
    address: &str,
    imported: Option<&Imported>,
) -> Result<Outcome, CliError> {
    let outcome = imported.map_or(Outcome::UpToDate, |imported| imported.outcome);
    let mut warned = Report::new("import", outcome);
    warned.warnings = imported.map(|imported| imported.warnings.clone()).unwrap_or_default();
    warned.mirror = Some(mirror.to_owned());
    if global.format == Format::Json {
        let warned = if global.redact { redact::report(&warned) } else { warned };
        json::object(ui, &object(global, mirror, outcome, imported, &warned.warnings))?;
        return Ok(outcome);
    }
    if let Some(imported) = imported.filter(|_| global.format.is_text()) {
        text(ui, global, mirror, address, imported)?;
    }
    render::report(ui, global, &warned)?;
    Ok(outcome)
}

fn object<'i>(
    global: &GlobalArgs,
    mirror: &'i str,
    outcome: Outcome,
    imported: Option<&'i Imported>,
    warnings: &'i [Finding],
) -> Object<'i> {
    let shown = |private: PrivateCommit| (!global.redact).then_some(private);
    let commit = |&ImportedCommit { public, private, keeps_id, .. }: &_| Commit {
        public,
        private: shown(private),
        keeps_id,
    };
    let conflict = imported.and_then(|imported| imported.conflict.as_ref());
    Object {
        version: 1,
        command: "import",
        mirror,
        outcome,
        branch: imported.map(|imported| imported.branch.as_str()),
        commits: imported.iter().flat_map(|it| &it.commits).map(commit).collect(),
        conflict: conflict.map(|Conflict { public, private, paths, rest }| Stuck {
            public: *public,
            private: shown(*private),
            paths: paths.iter().map(|path| path_of(global, path)).collect(),
            rest: *rest,
        }),
        refusals: [],
        warnings,
        error: conflict.map(|_| "a commit does not apply".to_owned()),
    }
}

/// A private path, as far as it may be shown.
fn path_of(global: &GlobalArgs, path: &[u8]) -> String {
    if global.redact { "\u{2026}".to_owned() } else { escape_bytes(path) }
}

fn text(
    ui: &mut Ui,
    global: &GlobalArgs,
    mirror: &str,
    address: &str,
    imported: &Imported,
) -> Result<(), CliError> {
    let Palette { bold, id, dim, hint, error, .. } = ui.palette_out();
    let Imported { outcome, branch, commits, conflict, .. } = imported;
    let branch = escape_text(branch.as_bytes());
    let typed = shell_word(&branch);
    let many = count(commits.len() as u64, "commit");
    let out = &mut ui.stdout();
    if commits.is_empty() && conflict.is_none() {
        writeln!(out, "{bold}{mirror}{bold:#}: nothing to import, all of it is here")?;
        return Ok(());
    }
    let from = if address.is_empty() {
        String::new()
    } else {
        format!(" of {}", escape_text(address.as_bytes()))
    };
    let done = match outcome {
        Outcome::Planned => format!("would import {many}{from} as branch `{branch}`"),
        Outcome::UpToDate => format!("{many}{from} are on branch `{branch}` already"),
        _ => format!("imported {many}{from} as branch `{branch}`"),
    };
    writeln!(out, "{bold}{mirror}{bold:#}: {done}")?;
    for ImportedCommit { public, private, keeps_id, subject } in commits {
        let private = if global.redact { "-".to_owned() } else { private.id().short() };
        let mark = if *keeps_id { "" } else { "  (gets a new public id)" };
        let subject = escape_text(subject);
        writeln!(
            out,
            "  {id}{}{id:#} -> {id}{private}{id:#}  {subject}{dim}{mark}{dim:#}",
            public.id().short()
        )?;
    }
    if let Some(Conflict { public, private, paths, rest }) = conflict {
        writeln!(
            out,
            "\n{error}conflict{error:#}  public commit {id}{}{id:#} does not apply:",
            public.id().short()
        )?;
        for path in paths {
            writeln!(out, "  {}", path_of(global, path))?;
        }
        if *rest > 0 {
            writeln!(out, "{} after it", count(*rest as u64, "commit"))?;
        }
        if *outcome == Outcome::Planned {
            return Ok(());
        }
        writeln!(out, "\n  {hint}resolve it on the branch, and go on:{hint:#}")?;
        let private = if global.redact { "\u{2026}".to_owned() } else { private.to_string() };
        writeln!(out, "    git switch {typed} && git cherry-pick {private}")?;
        writeln!(out, "    repo-sync import --continue")?;
        writeln!(out, "  {hint}or give it up:{hint:#}")?;
        writeln!(out, "    repo-sync import --abort")?;
        return Ok(());
    }
    let kept = commits.iter().filter(|commit| commit.keeps_id).count();
    if kept > 0 {
        writeln!(
            out,
            "\n  {hint}merged as they are they keep their public ids; squashed or rebased they become \
             new public commits:{hint:#}"
        )?;
    } else {
        writeln!(out, "\n  {hint}they will be published as new commits:{hint:#}")?;
    }
    writeln!(out, "    git merge {typed}")?;
    Ok(())
}
