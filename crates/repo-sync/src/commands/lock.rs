// SPDX-License-Identifier: Apache-2.0
//! Writing `sync.lock`: for `plan --write-lock`, and for `init`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use repo_sync_core::error::RunError;
use repo_sync_core::manifest::Manifest;
use repo_sync_core::policy::{MANIFEST, Policy, StandIn};
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_core::surface::{LOCK, LockFile, current, empty};
use repo_sync_shared::{Outcome, Report};

use crate::args::Format;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::CliError;
use crate::render;
use crate::ui::{Palette, Ui};

/// Writes the file into the root of the work tree, and says what changed.
pub(super) fn run(ctx: &Context, ui: &mut Ui) -> Result<Outcome, CliError> {
    let text = text(ctx, ui)?;
    let path = ctx.work_tree()?.join(LOCK);
    let old = fs::read(&path).ok();
    let Palette { good, dim, .. } = ui.palette_err();
    if old.as_deref() == Some(text.as_bytes()) {
        writeln!(ui.status(), "{dim}kept{dim:#}   {LOCK} (nothing changed)")?;
    } else {
        fs::write(&path, &text)
            .with_context(|| format!("failed to write `{}`", path.display()))
            .map_err(CliError::failed)?;
        writeln!(ui.status(), "{good}wrote{good:#}  {LOCK}; commit it beside {MANIFEST}")?;
    }
    match ctx.global.format {
        Format::Text | Format::Github | Format::Sarif => {}
        Format::Json => render::json::report(ui, &Report::new("plan", Outcome::UpToDate))?,
    }
    Ok(Outcome::UpToDate)
}

/// The lock of a starter manifest: it shows nothing.
pub(super) fn starter(manifest: &str) -> String {
    let manifest = Manifest::parse(manifest.as_bytes(), MANIFEST);
    empty(&manifest.expect("the starter is a manifest")).to_text()
}

/// What the file should say for the manifest of the work tree, beside the files of the commit
/// that is checked out: on a branch, those that it would make public.
///
/// # Errors
/// There is no such manifest, or the history cannot be replayed with it.
pub(super) fn text(ctx: &Context, ui: &Ui) -> Result<String, CliError> {
    let path = ctx.work_tree()?.join(MANIFEST);
    let text = fs::read(&path).with_context(|| format!("failed to read `{MANIFEST}`"));
    let stand_in = StandIn { text: text.map_err(CliError::usage)?, name: MANIFEST.to_owned() };
    let mut engine = Engine::open(ctx, ui, true)?;
    engine.options.policy.stand_in = Some(stand_in);
    let objects = engine.objects()?;
    let mut mirrors = BTreeMap::new();
    let names = Policy::mirror_names(&engine.repo, &objects, &engine.options.policy)?;
    let commit = match engine.rev_or_policy(None)? {
        Some(commit) => commit,
        None => engine.repo.head().map_err(RunError::from)?,
    };
    for name in names {
        let options = SessionOptions { mirror: Some(name.clone()), ..engine.options.clone() };
        let (repo, watch) = (&engine.repo, &engine.watch);
        let mut session = Session::open(repo, &objects, &options, &[commit], watch)?;
        mirrors.insert(name, current(&mut session, commit)?);
    }
    engine.watch.clear();
    Ok(LockFile::new(mirrors).to_text())
}
