// SPDX-License-Identifier: Apache-2.0
//! `repo-sync import`: commits that were made on the mirror, brought into the private
//! repository.

use std::ffi::OsString;

use anyhow::anyhow;
use repo_sync_core::error::{RunError, UsageError};
use repo_sync_core::git::Address;
use repo_sync_core::import::{self, ImportRequest, Imported};
use repo_sync_core::paths::Pattern;
use repo_sync_core::policy::Policy;
use repo_sync_shared::Outcome;

use crate::context::Context;
use crate::engine::{Engine, absolute, address, optional_text, text, today};
use crate::error::CliError;
use crate::render;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync import refs/pull/7/head           A pull request of the mirror, as branch import/pull-7
  repo-sync import main                       What was merged there, but not here
  repo-sync import fix --from ../fork.git     A branch of a fork
  repo-sync import refs/pull/7/head --dry-run Show what would be imported, and every refusal
  repo-sync import refs/pull/7/head --onto main --branch pr-7
  repo-sync import refs/pull/7/head --allow .github/workflows";

/// Bring commits of the mirror into the private repository
///
/// Makes a new branch with the same commits, one for one, author, dates and message kept,
/// on the private commit that their public parent comes from. Private files stay as they
/// are. Nothing else in the private repository moves. Merge the branch as it is, and the
/// public commits keep their ids: the next sync is a fast-forward, and the forge shows the
/// pull request as merged.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Ref or commit of the mirror, or a range A..B
    #[arg(value_name = "REV", required_unless_present_any = ["go_on", "abort"])]
    pub rev: Option<OsString>,

    /// Fetch from a fork instead of from the mirror
    #[arg(long, value_name = "URL_OR_PATH")]
    pub from: Option<OsString>,

    /// Branch to make [default: import/ and what REV names]
    #[arg(long, value_name = "NAME")]
    pub branch: Option<OsString>,

    /// Put the commits on this private one, by a three-way merge each
    ///
    /// They keep their public ids only if nothing public happened between.
    #[arg(long, value_name = "REV")]
    pub onto: Option<OsString>,

    /// Let these paths be changed although they run on machines, say what git does, or have
    /// private parts
    ///
    /// A pattern as in the manifest; may be given more than once.
    #[arg(long, value_name = "PATH")]
    pub allow: Vec<OsString>,

    /// Refuse commits that their author has not signed off
    #[arg(long)]
    pub require_signoff: bool,

    /// Show what would be imported, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,

    /// Go on after a conflict of `--onto` was resolved
    #[arg(long = "continue", conflicts_with_all = ALONE)]
    pub go_on: bool,

    /// Give up after a conflict of `--onto`: the branch goes
    #[arg(long, conflicts_with_all = ALONE, conflicts_with = "go_on")]
    pub abort: bool,
}

/// What makes no sense beside `--continue` or `--abort`.
const ALONE: [&str; 7] = ["rev", "from", "branch", "onto", "allow", "require_signoff", "dry_run"];

/// Imports into the private repository.
pub fn run(ctx: &Context, ui: &mut Ui, args: &ImportArgs) -> Result<Outcome, CliError> {
    if ctx.global.all {
        return Err(CliError::usage(anyhow!("`import` reads one mirror"))
            .with_hint("choose one with `--mirror NAME`"));
    }
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let (repo, options) = (&engine.repo, &engine.options);
    let policy = Policy::load(repo, &objects, &options.policy, options.mirror.as_deref())?;
    let mirror = policy.mirror.name.clone();
    if args.abort {
        let branch = import::abort(repo, &mirror, &engine.environment)?;
        writeln!(ui.status(), "Gave up the import into `{branch}`; the branch is gone.")?;
        return render::import::write(ui, &ctx.global, &mirror, "", None);
    }
    if args.go_on {
        let imported = import::go_on(repo, &mirror, &engine.environment)?;
        return render::import::write(ui, &ctx.global, &mirror, "", Some(&imported));
    }
    let place = match &args.from {
        None => address(ctx, repo, &policy)?,
        Some(from) => {
            let base = absolute(ctx.dir());
            let parsed = Address::parse(&text(from)?, &base);
            parsed.map_err(|err| RunError::from(UsageError::from(err)))?
        }
    };
    let imported = one(ctx, &engine, policy, args, &place)?;
    engine.watch.clear();
    render::import::write(ui, &ctx.global, &mirror, &place.to_string(), Some(&imported))
}

fn one(
    ctx: &Context,
    engine: &Engine,
    policy: Policy,
    args: &ImportArgs,
    address: &Address,
) -> Result<Imported, CliError> {
    let rev = optional_text(args.rev.as_ref())?.unwrap_or_default();
    let branch = optional_text(args.branch.as_ref())?;
    let onto = optional_text(args.onto.as_ref())?;
    let onto = onto.map(|rev| engine.repo.rev(&rev)).transpose().map_err(RunError::from)?;
    let mut allow = Vec::with_capacity(args.allow.len());
    for pattern in &args.allow {
        let pattern = text(pattern)?;
        let parsed = Pattern::parse(&pattern);
        let wrong = |err| CliError::usage(anyhow!("`--allow {pattern}`: {err}"));
        allow.push(parsed.map_err(wrong)?);
    }
    let environment = &engine.let_in(ctx, None, address)?;
    let request = ImportRequest {
        rev: &rev,
        address,
        is_mirror: args.from.is_none(),
        environment,
        branch: branch.as_deref(),
        onto,
        allow: &allow,
        require_signoff: args.require_signoff,
        dry_run: args.dry_run,
        today: today(),
    };
    Ok(import::import(&engine.repo, policy, &engine.options, &request, &engine.watch)?)
}
