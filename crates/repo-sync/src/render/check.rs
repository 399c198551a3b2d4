// SPDX-License-Identifier: Apache-2.0
//! What a change would make public, as a person reads it and as a script does.

mod forge;

use std::io::{self, Write};

use repo_sync_core::error::RunError;
use repo_sync_core::gate::{Exposed, Judged};
use repo_sync_core::log::{LogLine, public_line};
use repo_sync_core::session::Session;
use repo_sync_shared::{Outcome, PrivateCommit, PublicCommit, Report, escape_bytes, escape_text};
use serde::Serialize;

use super::plan::authors;
use crate::args::{Format, GlobalArgs};
use crate::render::{self, json, redact};
use crate::ui::{Palette, Ui};

/// How many names of a kind are shown without `-v`.
const FEW: usize = 20;

/// What was checked, as the user named it.
pub enum Subject {
    /// What `head` has and `base` has not.
    Range {
        /// Where it would be merged.
        base: String,
        /// What would be merged.
        head: String,
    },
    /// The index.
    Staged,
}

/// The judgement for one mirror, with all that is shown of it.
pub struct Checked {
    report: Report,
    commits: Vec<Commit>,
    files: Files,
}

struct Commit {
    private: PrivateCommit,
    public: PublicCommit,
    line: LogLine,
}

/// The files by what would become of them.
#[derive(Serialize)]
struct Files {
    added: Vec<File>,
    changed: Vec<File>,
    leaving: Vec<File>,
}

#[derive(Serialize)]
struct File {
    path: String,
    private_path: String,
    commit: PrivateCommit,
    at_head: bool,
}

impl Checked {
    /// Reads what is to be shown of a judgement.
    ///
    /// # Errors
    /// A commit cannot be read any more.
    pub fn read(session: &mut Session<'_>, judged: Judged) -> Result<Self, RunError> {
        let mut commits = Vec::new();
        for &image in &judged.new {
            let replay = &mut session.replay;
            let Some(source) = replay.images.source(image) else { continue };
            commits.push(Commit {
                private: replay.history.id(source),
                public: replay.images.id(image),
                line: public_line(replay, image)?.unwrap_or_default(),
            });
        }
        let history = &session.replay.history;
        let file = |it: &Exposed| File {
            path: escape_bytes(&it.public_path),
            private_path: escape_bytes(&it.private_path),
            commit: history.id(it.commit),
            at_head: it.at_head,
        };
        let files = |list: &[Exposed]| list.iter().map(file).collect();
        let exposure = &judged.exposure;
        let files = Files {
            added: files(&exposure.added),
            changed: files(&exposure.changed),
            leaving: files(&exposure.leaving),
        };
        let report = judged.report("check", &session.policy.mirror.name);
        Ok(Self { report, commits, files })
    }

    /// How the run ends for this mirror.
    pub fn outcome(&self) -> Outcome {
        self.report.outcome
    }
}

/// Shows the judgements in the format that was asked for.
///
/// # Errors
/// A stream cannot be written.
pub fn write(
    ui: &mut Ui,
    global: &GlobalArgs,
    subject: &Subject,
    mirrors: &[Checked],
) -> io::Result<()> {
    let report = |checked: &Checked| match global.redact {
        true => redact::report(&checked.report),
        false => checked.report.clone(),
    };
    match global.format {
        Format::Text | Format::Github => mirrors.iter().try_for_each(|checked| {
            text(ui, global.redact, subject, checked)?;
            render::report(ui, global, &checked.report)?;
            match global.format {
                Format::Github if !global.redact => forge::write(ui, checked),
                _ => Ok(()),
            }
        }),
        Format::Sarif => render::sarif::log(ui, &mirrors.iter().map(report).collect::<Vec<_>>()),
        Format::Json => {
            let objects = mirrors.iter().map(|checked| Object {
                report: report(checked),
                exposure: (!global.redact).then(|| checked.exposure()),
            });
            json::one_or_many(ui, global.all, "check", objects, |one| one)
        }
    }
}

/// The report with what it does not hold of a plan's.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    report: Report,
    /// Nothing where names must not be shown.
    exposure: Option<Exposure<'a>>,
}

#[derive(Serialize)]
struct Exposure<'a> {
    commits: Vec<Pair>,
    #[serde(flatten)]
    files: &'a Files,
}

#[derive(Serialize)]
struct Pair {
    private: PrivateCommit,
    public: PublicCommit,
}

impl Checked {
    fn exposure(&self) -> Exposure<'_> {
        let pair = |it: &Commit| Pair { private: it.private, public: it.public };
        Exposure { commits: self.commits.iter().map(pair).collect(), files: &self.files }
    }
}

fn text(ui: &mut Ui, redact: bool, subject: &Subject, checked: &Checked) -> io::Result<()> {
    let verbose = ui.verbose();
    let palette = ui.palette_out();
    let Palette { bold, good, id, .. } = palette;
    let out = ui.stdout();
    let Checked { report, commits, files } = checked;
    let mirror = report.mirror.as_deref().unwrap_or_default();
    match subject {
        Subject::Range { .. } if redact => write!(out, "{bold}check")?,
        Subject::Range { base, head } => {
            let [base, head] = [base, head].map(|name| escape_text(name.as_bytes()));
            write!(out, "{bold}check of {base}..{head}")?;
        }
        Subject::Staged => write!(out, "{bold}check of what is staged")?,
    }
    writeln!(out, " for {mirror}{bold:#}")?;
    let counts = report.counts;
    writeln!(
        out,
        "  commits  {}: {} would become public, {} are already, {} would not",
        counts.private_commits, counts.published, counts.already_public, counts.dropped,
    )?;
    writeln!(
        out,
        "  files    {} newly public, {} changed, {} leaving",
        files.added.len(),
        files.changed.len(),
        files.leaving.len(),
    )?;
    if redact {
        return Ok(());
    }
    for (mark, style, list) in [
        ("+", palette.good, &files.added),
        ("~", palette.dim, &files.changed),
        ("-", palette.warning, &files.leaving),
    ] {
        write_files(out, &palette, (mark, style), list, verbose)?;
    }
    // What is staged is no commit yet.
    if commits.is_empty() || matches!(subject, Subject::Staged) {
        return Ok(());
    }
    let lines: Vec<&LogLine> = commits.iter().map(|commit| &commit.line).collect();
    writeln!(out, "  authors  {}\n", authors(&lines, verbose))?;
    for Commit { private, public, line } in commits.iter().rev() {
        let (private, public) = (private.short(), public.short());
        writeln!(
            out,
            "{good}publish{good:#} {id}{private}{id:#} -> {id}{public}{id:#}  {}",
            escape_text(&line.subject),
        )?;
    }
    Ok(())
}

fn write_files(
    out: &mut dyn Write,
    palette: &Palette,
    (mark, style): (&str, anstyle::Style),
    files: &[File],
    verbose: bool,
) -> io::Result<()> {
    let Palette { dim, warning, .. } = palette;
    let most = if verbose || files.len() == FEW + 1 { files.len() } else { FEW };
    for file in files.iter().take(most) {
        write!(out, "    {style}{mark} {}{style:#}", file.path)?;
        if file.private_path != file.path {
            write!(out, "  {dim}({}){dim:#}", file.private_path)?;
        }
        if mark == "+" && !file.at_head {
            // What is removed again stays readable for ever.
            write!(out, "  {warning}(in the history only, {}){warning:#}", file.commit.short())?;
        }
        writeln!(out)?;
    }
    if files.len() > most {
        let more = files.len() - most;
        writeln!(out, "    {style}{mark} … and {more} more{style:#}{dim} (-v){dim:#}")?;
    }
    Ok(())
}
