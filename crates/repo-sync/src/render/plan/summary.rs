// SPDX-License-Identifier: Apache-2.0
//! What a plan comes to: refs, commits, files, days and people.

use std::collections::HashMap;
use std::io::{self, Write};

use repo_sync_core::log::{LogLine, lacks_manifest};
use repo_sync_core::plan::{FileChanges, RefUpdate};
use repo_sync_shared::{ObjectId, PublicCommit, escape_bytes, escape_text};

use super::{Log, Shown};
use crate::error::CliError;
use crate::render::{count, when};
use crate::ui::{Palette, Ui};

/// How many names of a kind are shown without `-v`.
const FEW: usize = 5;

/// Writes the summary, and the notes that belong to it.
pub(super) fn write(ui: &mut Ui, shown: &mut Shown<'_, '_>, log: &Log) -> Result<(), CliError> {
    let verbose = ui.verbose();
    let palette = ui.palette_out();
    let files = shown.ended.plan.files(&mut shown.session.replay)?;
    let notes = notes(shown, verbose)?;
    let out = ui.stdout();
    refs(out, shown, &palette)?;
    let counts = shown.ended.plan.counts;
    let new = if shown.publish { "published" } else { "new" };
    writeln!(
        out,
        "  commits  {}: {} {new}, {} already public, {} dropped",
        counts.private_commits, counts.published, counts.already_public, counts.dropped,
    )?;
    write_files(out, shown, &files, verbose, &palette)?;
    if let [first, ..] = log.lines()
        && !shown.redact
    {
        let lines: Vec<_> = log.lines().iter().collect();
        let last = log.lines().last().unwrap_or(first);
        ends(out, "first", first)?;
        ends(out, "last", last)?;
        writeln!(out, "  authors  {}", authors(&lines, verbose))?;
    }
    for note in notes {
        writeln!(out, "  {}note{:#}     {note}", palette.hint, palette.hint)?;
    }
    Ok(())
}

fn ends(out: &mut dyn Write, which: &str, line: &LogLine) -> io::Result<()> {
    let LogLine { subject, author, .. } = line;
    let (day, author) = (when(line.time), escape_text(author));
    writeln!(out, "  {which:7}  {day}  {author}  {}", escape_text(subject))
}

fn refs(out: &mut dyn Write, shown: &Shown<'_, '_>, palette: &Palette) -> io::Result<()> {
    let Palette { id, good, dim, .. } = palette;
    let refs = &shown.ended.plan.refs;
    let name = |update: &RefUpdate| escape_bytes(&update.name);
    let width = refs.iter().map(|update| name(update).chars().count()).max().unwrap_or_default();
    for update in refs {
        let short = |id: Option<ObjectId>| id.map_or_else(|| "nothing".to_owned(), ObjectId::short);
        let (from_to, style, word) = match (update.expected, update.new) {
            (None, None) => (short(None), dim, "nothing to show yet"),
            (None, new) => (short(new), good, "created"),
            (old, new) if update.moves() => {
                (format!("{}..{}", short(old), short(new)), good, "forward")
            }
            (old, _) if is_kept(shown, update) => (short(old), dim, "kept"),
            (old, _) => (short(old), dim, "unchanged"),
        };
        let word = if shown.publish && word == "forward" { "moved forward" } else { word };
        writeln!(out, "  {:width$}  {id}{from_to}{id:#}  {style}{word}{style:#}", name(update))?;
    }
    Ok(())
}

/// Whether a branch of the mirror stays where it is although the private one
/// stands elsewhere.
fn is_kept(shown: &Shown<'_, '_>, update: &RefUpdate) -> bool {
    let images = &shown.session.replay.images;
    let branches = &shown.session.policy.branches;
    let branch = branches.iter().find(|branch| update.name == full_name(&branch.name));
    branch.is_some_and(|branch| {
        let tip = shown.session.replay.history.number(branch.tip);
        let image = tip.and_then(|tip| images.of(tip));
        let seen = update.expected.and_then(|seen| images.number(PublicCommit::new(seen)));
        image != seen
    })
}

fn full_name(branch: &str) -> Vec<u8> {
    format!("refs/heads/{branch}").into_bytes()
}

fn write_files(
    out: &mut dyn Write,
    shown: &Shown<'_, '_>,
    files: &FileChanges,
    verbose: bool,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { good, warning, dim, .. } = *palette;
    let FileChanges { added, changed, gone, more } = files;
    writeln!(
        out,
        "  files    {} newly public, {} changed, {} leaving{}",
        added.len(),
        changed.len(),
        gone.len(),
        if *more { ", and more than can be counted" } else { "" },
    )?;
    if shown.redact {
        return Ok(());
    }
    for (mark, style, paths) in [("+", good, added), ("~", dim, changed), ("-", warning, gone)] {
        let most = if verbose || paths.len() == FEW + 1 { paths.len() } else { FEW };
        for path in paths.iter().take(most) {
            writeln!(out, "    {style}{mark} {}{style:#}", escape_bytes(path))?;
        }
        if paths.len() > most {
            let more = paths.len() - most;
            writeln!(out, "    {style}{mark} … and {more} more{style:#}{dim} (-v){dim:#}")?;
        }
    }
    Ok(())
}

/// The names, those of most commits first.
pub(crate) fn authors(lines: &[&LogLine], verbose: bool) -> String {
    let mut by_name: HashMap<&[u8], u64> = HashMap::new();
    for line in lines {
        *by_name.entry(&line.author).or_default() += 1;
    }
    let mut names: Vec<_> = by_name.into_iter().collect();
    names.sort_unstable_by(|(a, many), (b, few)| few.cmp(many).then(a.cmp(b)));
    let most = if verbose { names.len() } else { FEW };
    let mut shown: Vec<String> = names
        .iter()
        .take(most)
        .map(|(name, commits)| format!("{} ({commits})", escape_text(name)))
        .collect();
    if names.len() > most {
        shown.push(format!("and {} more", names.len() - most));
    }
    shown.join(", ")
}

/// What a person should know besides.
fn notes(shown: &Shown<'_, '_>, verbose: bool) -> Result<Vec<String>, CliError> {
    let replay = &shown.session.replay;
    let plan = &shown.ended.plan;
    let seams = &shown.session.policy.mirror.seams;
    let mut notes = Vec::new();
    let begins = plan.updates().any(|update| update.expected.is_none());
    if !shown.redact {
        for seam in seams {
            let Some(number) = replay.history.number(seam.private) else { continue };
            let image = replay.images.own(number);
            if !verbose && !begins && image.is_none_or(|image| plan.public[image as usize]) {
                continue;
            }
            let (line, private) = (seam.line, seam.private.short());
            notes.push(match (&seam.public, image.map(|image| replay.images.id(image))) {
                (Some((public, _)), image) if image == Some(*public) => {
                    format!(
                        "goes on from {}, the image of {private} (sync.toml:{line})",
                        public.short()
                    )
                }
                (Some((public, _)), _) => format!(
                    "one commit on {} stands for all up to {private} (sync.toml:{line})",
                    public.short(),
                ),
                (None, _) => {
                    format!("begins with a snapshot of {private} (sync.toml:{line})")
                }
            });
        }
    }
    if begins || verbose {
        let reached = |commit: &u32| plan.reached[*commit as usize];
        let behind = replay.history.numbers().filter(reached);
        let behind = behind.filter(|&commit| replay.is_behind_seam(commit)).count() as u64;
        if behind > 0 {
            notes.push(format!("private behind the seams: {}", count(behind, "commit")));
        }
    }
    let oldest = plan.new.first().and_then(|&image| replay.images.source(image));
    if let Some(oldest) = oldest
        && begins
        && seams.is_empty()
        && lacks_manifest(replay, oldest)?
    {
        notes.push(
            "commits from before `sync.toml` become public too, judged by its first version; a \
             `[[seam]]` leaves them behind"
                .to_owned(),
        );
    }
    if verbose && replay.dropped_headers() > 0 {
        let headers = count(replay.dropped_headers(), "header");
        notes.push(format!("left out of the public commits: {headers} (signatures and such)"));
    }
    Ok(notes)
}
