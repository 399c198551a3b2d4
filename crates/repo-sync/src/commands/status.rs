// SPDX-License-Identifier: Apache-2.0
//! `repo-sync status`: where each mirror stands, on one screen.

use repo_sync_core::error::RunError;
use repo_sync_core::git::Objects;
use repo_sync_core::publish::SyncRequest;
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_core::status::look;
use repo_sync_shared::Outcome;

use super::run::worst;
use crate::args::Format;
use crate::context::Context;
use crate::engine::{Engine, address, today};
use crate::error::CliError;
use crate::render;
use crate::render::status::Shown;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync status                Is the mirror up to date, and what comes next?
  repo-sync status --all          The same for every mirror of the manifest
  repo-sync status --format json  For a dashboard, or a job that opens a merge request";

/// Show where the mirror stands, and what to do next
///
/// Asks the mirror for its refs: both tips, what is not public yet, commits of the mirror
/// that are not ours, what was imported and is not merged yet, and when this clone last
/// saw that the mirror is as it should be. Changes nothing.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {}

/// Shows each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui) -> Result<Outcome, CliError> {
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let mut mirrors = Vec::new();
    for options in engine.mirrors(ctx, &objects)? {
        mirrors.push(match one(ctx, &engine, &objects, &options) {
            Ok(shown) => shown,
            Err(err) if ctx.global.all => Shown::of_error(options.mirror, err),
            Err(err) => return Err(err.of_mirror(options.mirror.as_deref())),
        });
    }
    engine.watch.clear();
    match ctx.global.format {
        Format::Json => render::status::json(ui, &ctx.global, &mirrors)?,
        Format::Text | Format::Github | Format::Sarif => {
            render::status::text(ui, &ctx.global, &mirrors)?;
        }
    }
    render::status::errors(ui, &ctx.global, &mirrors)?;
    Ok(worst(mirrors.iter().map(Shown::outcome)))
}

fn one(
    ctx: &Context,
    engine: &Engine,
    objects: &Objects<'_>,
    options: &SessionOptions,
) -> Result<Shown, CliError> {
    let mut session = Session::open(&engine.repo, objects, options, &[], &engine.watch)?;
    let address = address(ctx, &engine.repo, &session.policy)?;
    let environment = &engine.let_in(ctx, None, &address)?;
    let request = SyncRequest {
        rev: None,
        any_rev: false,
        address: &address,
        environment,
        local: false,
        today: today(),
        facts: None,
    };
    let mut status = look(&mut session, &request, &engine.watch)?;
    let unreachable = status.unreachable.take();
    Ok(Shown {
        mirror: session.policy.mirror.name.clone(),
        known: Some((address.to_string(), status)),
        error: unreachable.map(|failure| RunError::from(failure).into()),
    })
}
