// SPDX-License-Identifier: Apache-2.0
//! Several mirrors at once: while one waits for git and the network, another goes on.
//!
//! Each is published as if it were alone, on a thread and with a repository handle of its
//! own; whatever becomes of it, the others go on. Shared is only the reader of private
//! objects. Words and reports come in the order of the manifest.

use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use repo_sync_core::git::Objects;
use repo_sync_core::policy::Policy;
use repo_sync_core::session::SessionOptions;
use repo_sync_shared::Report;

use super::run::{Task, of_error, one};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::CliError;
use crate::ui::{Aside, Ui};

/// How many at once, at most: each takes memory for a whole history, and works on all cores
/// where that helps.
const MOST: usize = 2;

/// A mirror to be published, and where to say what became of it.
struct Job {
    options: SessionOptions,
    ui: Ui,
    aside: Aside,
    done: Sender<(Aside, Report)>,
}

/// How many mirrors of the manifest may be worked on at once.
///
/// One after the other is who has somebody at a terminal, whom git may ask for a password, and
/// who runs commands of `[standalone]`, which have to end in time.
fn at_once(engine: &Engine, objects: &Objects<'_>, mirrors: &[SessionOptions]) -> usize {
    let runs_commands = |options: &SessionOptions| {
        let policy =
            Policy::load(&engine.repo, objects, &options.policy, options.mirror.as_deref());
        // What cannot be read is told where it is that mirror's turn.
        let standalone = policy.ok().and_then(|policy| policy.mirror.standalone);
        standalone.is_some_and(|standalone| standalone.sync)
    };
    if io::stdin().is_terminal() || mirrors.iter().any(runs_commands) {
        return 1;
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    MOST.min(cores).min(mirrors.len())
}

/// Does a task for all mirrors: a report of each, or `None` if it has to be one after the other.
///
/// # Errors
/// The manifest cannot be read, the repository not be opened, or nothing be written.
pub(super) fn run(
    ctx: &Context,
    ui: &mut Ui,
    engine: &Engine,
    objects: &Objects<'_>,
    task: &Task,
) -> Result<Option<Vec<Report>>, CliError> {
    let mirrors = engine.mirrors(ctx, objects)?;
    let at_once = at_once(engine, objects, &mirrors);
    if at_once < 2 {
        return Ok(None);
    }
    objects.expect_again();
    let (jobs, ended): (Vec<_>, Vec<_>) = mirrors
        .into_iter()
        .map(|options| {
            let ((ui, aside), (done, ended)) = (ui.aside(), channel());
            (Job { options, ui, aside, done }, ended)
        })
        .unzip();
    let jobs = &Mutex::new(jobs.into_iter());
    let engines = (0..at_once).map(|_| engine.beside(ctx)).collect::<Result<Vec<_>, _>>()?;
    thread::scope(|scope| {
        for engine in engines {
            scope.spawn(move || {
                while let Some(job) = next(jobs) {
                    job.run(ctx, &engine, objects, task);
                }
            });
        }
        let mut reports = Vec::new();
        for ended in ended {
            // Without an answer a thread has panicked, and the scope says so.
            let Ok((aside, report)) = ended.recv() else { break };
            engine.watch.clear();
            ui.repeat(&aside)?;
            reports.push(report);
        }
        Ok(Some(reports))
    })
}

/// The next mirror that nobody has taken.
fn next(jobs: &Mutex<impl Iterator<Item = Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).next()
}

impl Job {
    /// Does the task, and hands on what was said and what became of it.
    fn run(mut self, ctx: &Context, engine: &Engine, objects: &Objects<'_>, task: &Task) {
        let report = one(ctx, &mut self.ui, engine, objects, &self.options, task);
        let report = report.unwrap_or_else(|err| of_error(task.command, &self.options, &err));
        // Nobody listens any more if stdout cannot be written, which is said there.
        let _ = self.done.send((self.aside, report));
    }
}
