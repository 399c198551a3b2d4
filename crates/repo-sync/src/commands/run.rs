// SPDX-License-Identifier: Apache-2.0
//! What `plan` and `sync` share: one report for each mirror.

use repo_sync_core::error::RunError;
use repo_sync_core::facts::Facts;
use repo_sync_core::git::Objects;
use repo_sync_core::plan::RefUpdate;
use repo_sync_core::policy::Policy;
use repo_sync_core::publish::{SyncRequest, nothing_new, plan, sync};
use repo_sync_core::receipt::Salt;
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_core::status::{Audit, remember};
use repo_sync_shared::edition::Principal;
use repo_sync_shared::{Fleet, Outcome, Report};

use super::receipt::Receipt;
use super::together;
use crate::args::Format;
use crate::context::Context;
use crate::engine::{Engine, address, now, today};
use crate::error::CliError;
use crate::render::{self, plan::Shown, redact};
use crate::ui::Ui;

/// What to do with each mirror.
pub(super) struct Task {
    /// The command that the user typed.
    pub(super) command: &'static str,
    /// Whether to publish, or only to plan.
    pub(super) publish: bool,
    /// Publish up to here only.
    pub(super) rev: Option<String>,
    /// Publish also what the upstream does not hold.
    pub(super) local: bool,
    /// Where to write down what was published.
    pub(super) receipt: Option<Receipt>,
}

/// Runs a task for each mirror that the flags name.
pub(super) fn run(ctx: &Context, ui: &mut Ui, task: &Task) -> Result<Outcome, CliError> {
    let engine = Engine::open(ctx, ui, !task.publish)?;
    let objects = engine.objects()?;
    if task.publish
        && ctx.global.all
        && let Some(reports) = together::run(ctx, ui, &engine, &objects, task)?
    {
        return all_reported(ctx, ui, task.command, reports);
    }
    each_mirror(ctx, ui, &engine, &objects, task.command, |ui, options| {
        one(ctx, ui, &engine, &objects, options, task)
    })
}

/// Makes a report for each mirror that the flags name, and renders them all.
pub(super) fn each_mirror(
    ctx: &Context,
    ui: &mut Ui,
    engine: &Engine,
    objects: &Objects<'_>,
    command: &str,
    mut one: impl FnMut(&mut Ui, &SessionOptions) -> Result<Report, CliError>,
) -> Result<Outcome, CliError> {
    let mut reports = Vec::new();
    let mirrors = engine.mirrors(ctx, objects)?;
    if mirrors.len() > 1 {
        objects.expect_again();
    }
    for options in &mirrors {
        let report = match one(ui, options) {
            Ok(report) => report,
            Err(err) if ctx.global.all => of_error(command, options, &err),
            Err(err) => return Err(err.of_mirror(options.mirror.as_deref())),
        };
        if !ctx.global.all {
            let outcome = report.outcome;
            render::report(ui, &ctx.global, &report)?;
            return Ok(outcome);
        }
        reports.push(report);
    }
    all_reported(ctx, ui, command, reports)
}

/// Renders the reports of all mirrors.
fn all_reported(
    ctx: &Context,
    ui: &mut Ui,
    command: &str,
    reports: Vec<Report>,
) -> Result<Outcome, CliError> {
    let outcome = worst(reports.iter().map(|report| report.outcome));
    let fleet = Fleet { version: 1, command: command.to_owned(), mirrors: reports };
    render::fleet(ui, &ctx.global, &fleet)?;
    Ok(outcome)
}

/// Does the task for one mirror.
pub(super) fn one(
    ctx: &Context,
    ui: &mut Ui,
    engine: &Engine,
    objects: &Objects<'_>,
    options: &SessionOptions,
    task: &Task,
) -> Result<Report, CliError> {
    let policy = Policy::load(&engine.repo, objects, &options.policy, options.mirror.as_deref())?;
    let work = Work { engine, objects, options, task };
    if !task.publish {
        return work.run(ctx, ui, policy, None);
    }
    // Only a run that may publish is one to be told of, or to be asked about.
    let facts = Facts::of(&ctx.registry, &engine.repo, &policy.mirror.name, Principal::Local)?;
    let ended = match facts.begin() {
        Ok(()) => work.run(ctx, ui, policy, Some(&facts)),
        Err(err) => Err(err.into()),
    };
    match ended {
        Ok(mut report) => {
            let unheard = facts.ended(&report);
            report.warnings.extend(unheard);
            Ok(report)
        }
        Err(err) => {
            // The report of an error has no place for them, so they are shown before it.
            let mut unheard = Report::new(task.command, err.outcome());
            unheard.warnings = facts.ended(&of_error(task.command, options, &err));
            let shown = if ctx.global.redact { redact::report(&unheard) } else { unheard };
            render::findings::write(ui, &shown)?;
            Err(err)
        }
    }
}

/// One mirror, and what to do with it.
struct Work<'a> {
    engine: &'a Engine,
    objects: &'a Objects<'a>,
    options: &'a SessionOptions,
    task: &'a Task,
}

impl Work<'_> {
    fn run(
        &self,
        ctx: &Context,
        ui: &mut Ui,
        policy: Policy,
        facts: Option<&Facts>,
    ) -> Result<Report, CliError> {
        let Self { engine, objects, options, task } = *self;
        let rev = task.rev.as_deref();
        let more = match (task.publish, rev) {
            (false, Some(rev)) => Some(engine.repo.rev(rev).map_err(RunError::from)?),
            (true, _) | (_, None) => None,
        };
        let more: Vec<_> = more.into_iter().collect();
        let (repo, watch) = (&engine.repo, &engine.watch);
        let address = address(ctx, repo, &policy)?;
        let environment = &engine.let_in(ctx, facts, &address)?;
        let request = SyncRequest {
            rev,
            any_rev: !task.publish,
            address: &address,
            environment,
            local: task.local,
            today: today(),
            facts,
        };
        if task.publish
            && task.receipt.is_none()
            && let Some(report) = nothing_new(repo, objects, &policy, &request, watch)?
        {
            if ctx.global.format.is_text() {
                render::plan::up_to_date(ui, &policy.mirror.name, report.counts)?;
            }
            return Ok(report);
        }
        let mut session = Session::under(policy, repo, objects, options, &more, watch)?;
        let run = if task.publish { sync } else { plan };
        // The key is there before anything is published, or nothing is.
        let salt = task.receipt.as_ref().map(|_| Salt::open(&session)).transpose()?;
        let ended = run(&mut session, &request, &engine.watch)?;
        if let (Some(receipt), Some(salt)) = (&task.receipt, &salt) {
            receipt.write(&mut session, &ended, &address, salt, environment)?;
        }
        if ended.outcome == Outcome::Synced {
            let shows = |update: &RefUpdate| update.new.or(update.expected);
            let refs = ended.plan.refs.iter();
            let refs = refs.filter_map(|update| Some((&update.name[..], shows(update)?)));
            remember(&session, &address, (Audit::Sync, now()), refs);
        }
        engine.watch.clear();
        if ctx.global.format.is_text() {
            let shown = Shown {
                session: &mut session,
                ended: &ended,
                address: &address,
                publish: task.publish,
                redact: ctx.global.redact,
                pager: ctx.global.format == Format::Text,
            };
            render::plan::write(ui, shown)?;
        }
        Ok(ended.report(task.command, &session.policy.mirror.name))
    }
}

/// A run that did not get to a plan, as a report among others.
pub(super) fn of_error(command: &str, options: &SessionOptions, err: &CliError) -> Report {
    let mut report = Report::new(command, err.outcome());
    report.mirror.clone_from(&options.mirror);
    report.refusals = err.findings().to_vec();
    if report.refusals.is_empty() {
        report.error = Some(err.text());
    }
    report
}

/// The outcome that decides the exit status of many runs: the one that needs a
/// person most.
pub fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes
        .max_by_key(|outcome| match outcome {
            Outcome::UpToDate => 0,
            Outcome::Planned | Outcome::Synced => 1,
            Outcome::Diverged => 2,
            Outcome::Refused => 3,
            Outcome::Failed => 4,
            Outcome::Usage => 5,
            Outcome::Interrupted => 6,
        })
        .unwrap_or(Outcome::UpToDate)
}
