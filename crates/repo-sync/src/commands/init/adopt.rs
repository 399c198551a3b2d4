// SPDX-License-Identifier: Apache-2.0
//! `repo-sync init --adopt`: seams with a mirror that another tool made.
//!
//! The manifest is `--manifest`, or `sync.toml` in the work tree, or derived from
//! what the mirror shows. One that is there is only added to.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use repo_sync_core::adopt::{Adoption, Pair, Request, derive, find};
use repo_sync_core::error::{RunError, UsageError};
use repo_sync_core::git::{Address, Objects};
use repo_sync_core::manifest::Manifest;
use repo_sync_core::policy::{MANIFEST, StandIn};
use repo_sync_shared::{Outcome, Report, escape_text};

use super::super::hook;
use super::{branch, starter, write};
use crate::args::{Format, GlobalArgs};
use crate::context::Context;
use crate::engine::{Engine, absolute, text};
use crate::error::CliError;
use crate::render::{self, count};
use crate::ui::{Palette, Ui};

/// Finds the pairs, and writes them to the manifest.
pub(super) fn run(ctx: &Context, ui: &mut Ui, url: &OsStr) -> Result<Outcome, CliError> {
    let root = ctx.work_tree()?;
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let address = Address::parse(&text(url)?, &absolute(ctx.dir()))
        .map_err(UsageError::from)
        .map_err(RunError::from)?;
    let file = root.join(MANIFEST);
    let there = existing(&file)?;
    let stand_in = manifest(ctx, &engine, &objects, &address, there.as_deref())?;
    let request = Request {
        repo: &engine.repo,
        objects: &objects,
        address: &address,
        environment: &engine.environment,
        manifest: &stand_in,
        mirror: ctx.global.mirror.as_deref(),
    };
    let adoption = find(&request, &engine.watch)?;
    engine.watch.clear();
    save(ui, &root, &stand_in.text, there.is_some(), &adoption.seams())?;
    let branch = branch(ctx)?;
    write(ui, &root, ".github/workflows/repo-sync.yml", &starter::workflow(&branch))?;
    hook::offer(ctx, ui, &root)?;
    match ctx.global.format {
        Format::Json => json(ui, &adoption)?,
        Format::Text | Format::Github | Format::Sarif => show(ui, &ctx.global, &adoption)?,
    }
    Ok(Outcome::UpToDate)
}

/// The manifest of the work tree, if there is one.
fn existing(file: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match fs::symlink_metadata(file) {
        Ok(found) if found.is_file() => {
            let text = fs::read(file).with_context(|| format!("failed to read `{MANIFEST}`"))?;
            Ok(Some(text))
        }
        Ok(_) => Err(CliError::usage(anyhow!("`{MANIFEST}` is not a plain file"))),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(anyhow!(err).context(format!("failed to look at `{MANIFEST}`")).into()),
    }
}

/// The manifest to be, still without seams.
fn manifest(
    ctx: &Context,
    engine: &Engine,
    objects: &Objects<'_>,
    address: &Address,
    there: Option<&[u8]>,
) -> Result<StandIn, CliError> {
    match (&engine.options.policy.stand_in, there) {
        (Some(given), Some(there)) if given.text != there => Err(CliError::usage(anyhow!(
            "there is a `{MANIFEST}` already, and it differs from `{}`",
            given.name
        ))
        .with_hint("leave out `--manifest`, or move that file away")),
        (Some(given), _) => Ok(given.clone()),
        (None, Some(there)) => Ok(StandIn { name: MANIFEST.to_owned(), text: there.to_vec() }),
        (None, None) => {
            let branch = branch(ctx)?;
            let include = derive(
                &engine.repo,
                objects,
                address,
                &engine.environment,
                &branch,
                &engine.watch,
            )?;
            let text = starter::adopting(&branch, &address.to_string(), &include);
            Ok(StandIn { name: MANIFEST.to_owned(), text: text.into_bytes() })
        }
    }
}

/// Adds the seams, once it is sure that the whole makes sense.
fn save(
    ui: &mut Ui,
    root: &Path,
    before: &[u8],
    is_there: bool,
    seams: &str,
) -> Result<(), CliError> {
    let newline = if before.ends_with(b"\n") { "" } else { "\n" };
    let addition = format!("{newline}{seams}");
    let whole = [before, addition.as_bytes()].concat();
    Manifest::parse(&whole, MANIFEST).map_err(UsageError::Manifest).map_err(RunError::from)?;
    if !is_there {
        let whole = String::from_utf8(whole).expect("a manifest that was parsed is UTF-8");
        if write(ui, root, MANIFEST, &whole)? {
            return Ok(());
        }
        return Err(CliError::failed(anyhow!("`{MANIFEST}` appeared in this very moment")));
    }
    // In one write to its end: what is there stays as it is, whatever happens.
    OpenOptions::new()
        .append(true)
        .open(root.join(MANIFEST))
        .and_then(|mut file| file.write_all(addition.as_bytes()))
        .with_context(|| format!("failed to add to `{MANIFEST}`"))?;
    let Palette { good, .. } = ui.palette_err();
    Ok(writeln!(ui.status(), "{good}added{good:#}  the seams to {MANIFEST}")?)
}

fn json(ui: &mut Ui, adoption: &Adoption) -> io::Result<()> {
    let mut report = Report::new("init", Outcome::UpToDate);
    report.mirror = Some(adoption.mirror.clone());
    for pair in &adoption.pairs {
        let new = pair.foreign.iter().filter(|commit| !report.foreign.contains(commit));
        let new: Vec<_> = new.copied().collect();
        report.foreign.extend(new);
    }
    render::json::report(ui, &report)
}

fn show(ui: &mut Ui, global: &GlobalArgs, adoption: &Adoption) -> io::Result<()> {
    let Palette { id, bold, .. } = ui.palette_out();
    for Pair { branch, private, public, foreign, after, .. } in &adoption.pairs {
        let branch = escape_text(branch.as_bytes());
        let out = ui.stdout();
        let private = if global.redact { "…".to_owned() } else { private.short() };
        writeln!(
            out,
            "{bold}{branch}{bold:#}  private {id}{private}{id:#} shows what public {id}{}{id:#} shows",
            public.short(),
        )?;
        writeln!(out, "  after it, {} on the private side", count(*after as u64, "commit"))?;
        if !foreign.is_empty() {
            writeln!(out, "  after it, {} on the mirror", count(foreign.len() as u64, "commit"))?;
        }
    }
    for branch in &adoption.absent {
        let branch = escape_text(branch.as_bytes());
        writeln!(ui.stdout(), "{bold}{branch}{bold:#}  not on the mirror yet")?;
    }
    let mut next = vec![];
    if !adoption.has_url {
        next.push(format!("Name the mirror as `url` under [mirror.{}].", adoption.mirror));
    }
    next.push(
        "Set up the deploy key, as the head of .github/workflows/repo-sync.yml says.".to_owned(),
    );
    next.push("Commit sync.toml.".to_owned());
    next.push("Look at `repo-sync plan`: what it lists is what the mirror will get.".to_owned());
    if adoption.pairs.iter().any(|pair| !pair.foreign.is_empty()) {
        next.push(
            "The commits made on the mirror come first: `plan` shows the ways to go on.".to_owned(),
        );
    }
    writeln!(ui.status(), "\nNext:")?;
    for (number, step) in (1..).zip(next) {
        writeln!(ui.status(), "  {number}. {step}")?;
    }
    Ok(())
}
