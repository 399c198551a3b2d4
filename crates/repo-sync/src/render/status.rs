// SPDX-License-Identifier: Apache-2.0
//! Where mirrors stand, as a person and as a script reads it.

use std::io::{self, Write};

use repo_sync_core::status::{BranchStatus, Import, Next, Standing, Status, Verified};
use repo_sync_shared::{ObjectId, Outcome, PrivateCommit, PublicCommit, escape_text};
use serde::Serialize;

use super::{count, json, redact, shell_word};
use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::ui::{Palette, Ui};

/// How many foreign commits are named without `-v`.
const FEW: usize = 5;

/// One mirror, and how it stands.
pub struct Shown {
    /// Its name.
    pub mirror: String,
    /// Where it is, as it may be shown, and how it stands.
    pub known: Option<(String, Status)>,
    /// Why not more is known.
    pub error: Option<CliError>,
}

impl Shown {
    /// A mirror of which nothing can be said.
    pub fn of_error(mirror: Option<String>, error: CliError) -> Self {
        Self { mirror: mirror.unwrap_or_default(), known: None, error: Some(error) }
    }

    /// How the run ended for this mirror.
    pub fn outcome(&self) -> Outcome {
        self.error.as_ref().map_or(Outcome::UpToDate, CliError::outcome)
    }

    /// What to type next, one line after the other.
    fn next(&self, global: &GlobalArgs) -> Vec<String> {
        let ours = |words: &str| {
            let mut line = format!("repo-sync {words}");
            if global.all || global.mirror.is_some() {
                line.push_str(" --mirror ");
                line.push_str(&shell_word(&self.mirror));
            }
            if let Some(to) = &global.to {
                line.push_str(" --to ");
                line.push_str(&shell_word(&to.to_string_lossy()));
            }
            line
        };
        let line = |next: &Next| match next {
            Next::Continue => ours("import --continue"),
            Next::Import(commit) => ours(&format!("import {commit}")),
            Next::Merge(_) if global.redact => "git merge …".to_owned(),
            Next::Merge(branch) => format!("git merge {}", shell_word(branch)),
            Next::Plan => ours("plan"),
            Next::Sync => ours("sync"),
        };
        self.known.iter().flat_map(|(_, status)| &status.next).map(line).collect()
    }
}

/// Writes one screen for each mirror.
pub fn text(ui: &mut Ui, global: &GlobalArgs, mirrors: &[Shown]) -> io::Result<()> {
    let palette = ui.palette_out();
    let verbose = ui.verbose();
    for (number, shown) in mirrors.iter().enumerate() {
        let out = ui.stdout();
        if number > 0 {
            writeln!(out)?;
        }
        screen(out, global, shown, verbose, &palette)?;
    }
    Ok(())
}

fn screen(
    out: &mut dyn Write,
    global: &GlobalArgs,
    shown: &Shown,
    verbose: bool,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { bold, error, hint, .. } = palette;
    let Shown { mirror, known, .. } = shown;
    let Some((address, status)) = known else {
        return writeln!(out, "{bold}{mirror}{bold:#} {error}cannot be looked at{error:#}");
    };
    let address = escape_text(address.as_bytes());
    match status.behind {
        Some(_) => writeln!(out, "{bold}{mirror}{bold:#} at {address}")?,
        None => {
            writeln!(out, "{bold}{mirror}{bold:#} at {address} {error}cannot be reached{error:#}")?
        }
    }
    for branch in &status.branches {
        tips(out, global, branch, palette)?;
    }
    foreign(out, &status.foreign, verbose, palette)?;
    imports(out, global, &status.imports, palette)?;
    if let Some(branch) = &status.waiting {
        let branch = if global.redact { "…".into() } else { escape_text(branch.as_bytes()) };
        writeln!(out, "  {bold}{branch}{bold:#} waits until its conflict is resolved")?;
    }
    last_verified(out, status, palette)?;
    let next = shown.next(global);
    if status.behind.is_some() && next.is_empty() {
        writeln!(out, "  {hint}nothing to do{hint:#}")?;
    }
    for (number, line) in next.iter().enumerate() {
        let word = if number == 0 { "next" } else { "then" };
        writeln!(out, "  {hint}{word}{hint:#} {line}")?;
    }
    Ok(())
}

fn tips(
    out: &mut dyn Write,
    global: &GlobalArgs,
    branch: &BranchStatus,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { bold, good, error, id, .. } = palette;
    let BranchStatus { name, private, image, public, standing } = branch;
    let (style, words) = match standing {
        Standing::Unknown => (bold, String::new()),
        Standing::Nothing => (good, " has nothing to show".to_owned()),
        Standing::Same => (good, " is up to date".to_owned()),
        Standing::Behind(behind) => {
            (bold, format!(" is behind by {}", count(*behind, "public commit")))
        }
        Standing::Ahead => (bold, " shows more than the private branch has".to_owned()),
        Standing::Diverged => (error, " has diverged".to_owned()),
    };
    let name = escape_text(name.as_bytes());
    writeln!(out, "  {bold}refs/heads/{name}{bold:#}{style}{words}{style:#}")?;
    let tip = |commit: &Option<PublicCommit>| {
        commit.map_or_else(|| "nothing".to_owned(), |commit| commit.to_string())
    };
    if !global.redact {
        writeln!(out, "    private tip  {id}{private}{id:#}")?;
    }
    if image != public {
        writeln!(out, "    its image    {id}{}{id:#}", tip(image))?;
    }
    if *standing != Standing::Unknown {
        writeln!(out, "    public tip   {id}{}{id:#}", tip(public))?;
    }
    Ok(())
}

fn foreign(
    out: &mut dyn Write,
    commits: &[PublicCommit],
    verbose: bool,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { id, error, .. } = palette;
    if commits.is_empty() {
        return Ok(());
    }
    let many = count(commits.len() as u64, "commit");
    writeln!(out, "  {error}{many} of the mirror we did not publish{error:#}, newest first:")?;
    let most = if verbose { commits.len() } else { FEW };
    for commit in commits.iter().take(most) {
        writeln!(out, "    {id}{commit}{id:#}")?;
    }
    match commits.len().checked_sub(most) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "    … and {more} more (-v)"),
    }
}

fn imports(
    out: &mut dyn Write,
    global: &GlobalArgs,
    imports: &[Import],
    palette: &Palette,
) -> io::Result<()> {
    let Palette { bold, id, .. } = palette;
    for Import { branch, originals, .. } in imports {
        let many = count(originals.len() as u64, "commit");
        let branch = if global.redact { "…".into() } else { escape_text(branch.as_bytes()) };
        let last = originals.last().map(ToString::to_string).unwrap_or_default();
        writeln!(out, "  {bold}{branch}{bold:#} holds {many} imported and not yet merged")?;
        writeln!(out, "    up to        {id}{last}{id:#}")?;
    }
    Ok(())
}

/// When the mirror was last seen to be as it should, and whether it still shows that.
fn last_verified(out: &mut dyn Write, status: &Status, palette: &Palette) -> io::Result<()> {
    let Palette { bold, .. } = palette;
    let Some(verified) = &status.verified else {
        return writeln!(out, "  never verified from here");
    };
    let since = match is_current(status, verified) {
        None => "",
        Some(true) => ", as it stands",
        Some(false) => ", but not all that it shows now",
    };
    let (at, by) = (minute(verified.at), verified.by.command());
    writeln!(out, "  last verified {bold}{at}{bold:#} by {by}{since}")
}

/// Whether the mirror shows the branches that were verified; `None` if nobody could
/// look.
fn is_current(status: &Status, verified: &Verified) -> Option<bool> {
    status.behind?;
    let shows = |branch: &BranchStatus| {
        let name = format!("refs/heads/{}", branch.name);
        let then = verified.branches.iter().find(|(known, _)| *known == name);
        then.map(|(_, id)| *id) == branch.public.map(PublicCommit::id)
    };
    Some(status.branches.iter().all(shows))
}

/// Writes why mirrors could not be looked at.
pub fn errors(ui: &mut Ui, global: &GlobalArgs, mirrors: &[Shown]) -> io::Result<()> {
    for err in mirrors.iter().filter_map(|shown| shown.error.as_ref()) {
        if global.redact {
            super::error::write(ui, &err.redacted())?;
        } else {
            super::error::write(ui, err)?;
        }
    }
    Ok(())
}

/// A time by the clock of Greenwich, to the minute.
fn minute(at: i64) -> String {
    let time = jiff::Timestamp::from_second(at).map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
    time.map_or_else(|_| "at no time".to_owned(), |time| format!("{time} UTC"))
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
    outcome: Outcome,
    url: Option<&'a str>,
    branches: Vec<BranchObject<'a>>,
    behind: Option<u64>,
    foreign: &'a [PublicCommit],
    imports: Vec<ImportObject<'a>>,
    waiting: bool,
    verified: Option<VerifiedObject<'a>>,
    next: Vec<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct BranchObject<'a> {
    name: String,
    standing: &'a str,
    behind: Option<u64>,
    private: Option<PrivateCommit>,
    image: Option<PublicCommit>,
    public: Option<PublicCommit>,
}

#[derive(Serialize)]
struct ImportObject<'a> {
    branch: Option<&'a str>,
    private: Option<PrivateCommit>,
    originals: &'a [PublicCommit],
}

#[derive(Serialize)]
struct VerifiedObject<'a> {
    at: Option<String>,
    by: &'a str,
    current: Option<bool>,
    refs: Vec<RefObject<'a>>,
}

#[derive(Serialize)]
struct RefObject<'a> {
    name: &'a str,
    id: ObjectId,
}

/// Writes one JSON object.
pub fn json(ui: &mut Ui, global: &GlobalArgs, mirrors: &[Shown]) -> io::Result<()> {
    let objects = mirrors.iter().map(|shown| object(global, shown));
    let whole = |mirror| Object { version: 1, command: "status", mirror };
    json::one_or_many(ui, global.all, "status", objects, whole)
}

fn object<'a>(global: &GlobalArgs, shown: &'a Shown) -> MirrorObject<'a> {
    let Shown { mirror, known, error } = shown;
    let status = known.as_ref().map(|(_, status)| status);
    let branches = status.into_iter().flat_map(|status| &status.branches);
    let imports = status.into_iter().flat_map(|status| &status.imports);
    let error = error.as_ref().map(CliError::text);
    MirrorObject {
        mirror,
        outcome: shown.outcome(),
        url: known.as_ref().map(|(address, _)| address.as_str()),
        branches: branches.map(|branch| branch_object(global, branch)).collect(),
        behind: status.and_then(|status| status.behind),
        foreign: status.map_or(&[], |status| &status.foreign),
        imports: imports.map(|import| import_object(global, import)).collect(),
        waiting: status.is_some_and(|status| status.waiting.is_some()),
        verified: status.and_then(|status| {
            let verified = status.verified.as_ref()?;
            Some(verified_object(status, verified))
        }),
        next: shown.next(global),
        error: if global.redact { error.as_deref().map(redact::prose) } else { error },
    }
}

fn branch_object<'a>(global: &GlobalArgs, branch: &BranchStatus) -> BranchObject<'a> {
    let (standing, behind) = match branch.standing {
        Standing::Unknown => ("unknown", None),
        Standing::Nothing => ("nothing", Some(0)),
        Standing::Same => ("same", Some(0)),
        Standing::Behind(behind) => ("behind", Some(behind)),
        Standing::Ahead => ("ahead", Some(0)),
        Standing::Diverged => ("diverged", None),
    };
    BranchObject {
        name: format!("refs/heads/{}", branch.name),
        standing,
        behind,
        private: (!global.redact).then_some(branch.private),
        image: branch.image,
        public: branch.public,
    }
}

fn import_object<'a>(global: &GlobalArgs, import: &'a Import) -> ImportObject<'a> {
    ImportObject {
        branch: (!global.redact).then_some(&import.branch),
        private: (!global.redact).then_some(import.tip),
        originals: &import.originals,
    }
}

fn verified_object<'a>(status: &Status, verified: &'a Verified) -> VerifiedObject<'a> {
    VerifiedObject {
        at: jiff::Timestamp::from_second(verified.at).ok().map(|at| at.to_string()),
        by: verified.by.command(),
        current: is_current(status, verified),
        refs: verified.branches.iter().map(|(name, id)| RefObject { name, id: *id }).collect(),
    }
}
