// SPDX-License-Identifier: Apache-2.0
//! A branch of the mirror that holds what we did not publish, and the ways on.

use std::io::{self, Write};

use repo_sync_core::plan::Divergence;
use repo_sync_shared::PublicCommit;

use super::Shown;
use crate::error::CliError;
use crate::render::count;
use crate::ui::{Palette, Ui};

/// How many foreign commits are named without `-v`.
const FEW: usize = 5;

/// Writes both tips of each branch that diverged, and what can be done.
pub(super) fn write(ui: &mut Ui, shown: &Shown<'_, '_>) -> Result<(), CliError> {
    let verbose = ui.verbose();
    let palette = ui.palette_out();
    let out = ui.stdout();
    let plan = &shown.ended.plan;
    for divergence in &plan.divergences {
        tips(out, divergence, shown.redact, &palette)?;
    }
    foreign(out, &plan.foreign, verbose, &palette)?;
    for divergence in &plan.divergences {
        ways_on(out, shown, divergence, &palette)?;
    }
    Ok(())
}

fn tips(
    out: &mut dyn Write,
    divergence: &Divergence,
    redact: bool,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { id, bold, .. } = palette;
    let Divergence { branch, private, image, mirror, merge_base, .. } = divergence;
    let public = |commit: &Option<PublicCommit>| {
        commit.map_or_else(|| "nothing".to_owned(), |commit| commit.to_string())
    };
    writeln!(out, "  {bold}refs/heads/{branch}{bold:#} has diverged")?;
    if !redact {
        writeln!(out, "    private tip  {id}{private}{id:#}")?;
    }
    writeln!(out, "    its image    {id}{}{id:#}", public(image))?;
    writeln!(out, "    mirror tip   {id}{mirror}{id:#}")?;
    writeln!(out, "    merge base   {id}{}{id:#}", public(merge_base))
}

fn foreign(
    out: &mut dyn Write,
    commits: &[PublicCommit],
    verbose: bool,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { id, .. } = palette;
    if commits.is_empty() {
        return Ok(());
    }
    let many = count(commits.len() as u64, "commit");
    writeln!(out, "\n  {many} of the mirror we did not publish, newest first:")?;
    let most = if verbose { commits.len() } else { FEW };
    for commit in commits.iter().take(most) {
        writeln!(out, "    {id}{commit}{id:#}")?;
    }
    match commits.len().checked_sub(most) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "    … and {more} more (-v)"),
    }
}

fn ways_on(
    out: &mut dyn Write,
    shown: &Shown<'_, '_>,
    divergence: &Divergence,
    palette: &Palette,
) -> io::Result<()> {
    let Palette { hint, .. } = palette;
    let Divergence { branch, private, mirror, mirror_tree, .. } = divergence;
    let name = &shown.session.policy.mirror.name;
    // Without a foreign commit it is the private history that was rewritten.
    if shown.ended.plan.foreign.contains(mirror) {
        writeln!(out, "\n  {hint}to bring them into the private history:{hint:#}")?;
        writeln!(out, "    repo-sync import {mirror}")?;
    }
    let (Some(tree), false) = (mirror_tree, shown.redact) else { return Ok(()) };
    writeln!(
        out,
        "\n  {hint}to go on from the mirror's {branch} without them, in sync.toml:{hint:#}"
    )?;
    writeln!(
        out,
        "    [[seam]]\n    private = \"{private}\"\n    public = \"{mirror}\"\n    \
         public-tree = \"{tree}\"\n    mirror = \"{name}\""
    )
}
