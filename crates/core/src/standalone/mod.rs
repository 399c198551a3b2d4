// SPDX-License-Identifier: Apache-2.0
//! Whether the public tree stands alone: the commands of `[standalone]`, run in a place
//! that holds it and nothing else.
//!
//! [`run`] exports the public tree of a commit to a scratch place outside of the private
//! repository, asks cargo what it is made of, and runs each command there: in a clean
//! environment, within limits, in a process group of its own that is gone afterwards.
//! `before_push` does so on behalf of a sync, which a note spares commands that have
//! passed already.
//!
//! This is no sandbox. The commands are the user's own, and may do what the user may.

mod cargo;
mod child;
mod note;
mod place;

use repo_sync_shared::{Check, Finding, ObjectId, PrivateCommit, PublicCommit};

use crate::checks::private_crates;
use crate::error::{RunError, UsageError};
use crate::export::export;
use crate::git::Environment;
use crate::manifest::Standalone;
use crate::plan::Plan;
use crate::progress::{Phase, Progress};
use crate::report::RawFinding;
use crate::session::Session;

use child::{Limits, shell};
use note::Note;
use place::Place;

/// What a step of [`run`] came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was run, as the manifest writes it, or as cargo is called.
    pub command: String,
    /// What it printed, both streams together.
    pub output: Vec<u8>,
    /// What is wrong, if anything is.
    pub finding: Option<Finding>,
}

/// Runs what the policy tip says in the public tree of `commit`, up to the first step that
/// fails, and hands each step to `ended`. Nothing is spared. Whether all of them passed.
///
/// # Errors
/// The manifest has no `[standalone]`; the tree cannot be exported; the user stopped the
/// run.
pub fn run(
    session: &mut Session<'_>,
    commit: PrivateCommit,
    environment: &Environment,
    progress: &dyn Progress,
    ended: &mut dyn FnMut(&Step),
) -> Result<bool, RunError> {
    let settings = session.policy.mirror.standalone.clone().ok_or(UsageError::NoStandalone)?;
    let mut run = Run::begin(session, &settings, commit, environment, progress)?;
    let tree = run.tree(session)?;
    let note = Note::of(session, &settings, tree, environment);
    let mut passed = true;
    for line in run.steps(false) {
        let Some(Came { output, fault }) = run.step(session, line)? else { continue };
        passed = fault.is_none();
        let finding = fault.map(|finding| finding.reported(Some(&session.replay.history)));
        ended(&Step { command: run.text(line).to_owned(), output, finding });
        if !passed {
            break;
        }
    }
    run.end();
    if passed {
        note.remember();
    }
    Ok(passed)
}

/// Runs what the policy tip asks for before a push, if it moves the first branch: that is
/// what a clone of the mirror shows. What fails is in the plan then.
///
/// Commands that have passed on the same tree are spared; what we ask of cargo ourselves
/// is not.
///
/// # Errors
/// The tree cannot be exported; the user stopped the run.
pub(crate) fn before_push(
    session: &mut Session<'_>,
    plan: &mut Plan,
    today: crate::manifest::Date,
    environment: &Environment,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let settings = session.policy.mirror.standalone.clone().filter(|settings| settings.sync);
    let Some(settings) = settings else { return Ok(()) };
    let Some(commit) = to_be_shown(session, plan) else { return Ok(()) };
    let mut run = Run::begin(session, &settings, commit, environment, progress)?;
    let tree = run.tree(session)?;
    let note = Note::of(session, &settings, tree, environment);
    let mut found = Vec::new();
    for line in run.steps(note.is_known()) {
        let came = run.step(session, line)?;
        if let Some(finding) = came.and_then(|came| came.fault) {
            found.push(finding);
            break;
        }
    }
    run.end();
    if found.is_empty() {
        note.remember();
    } else {
        plan.find(session, found, today);
    }
    Ok(())
}

/// The private commit whose tree the mirror's first branch is about to show; `None` if it
/// stays where it is.
fn to_be_shown(session: &Session<'_>, plan: &Plan) -> Option<PrivateCommit> {
    let first = format!("refs/heads/{}", session.policy.mirror.branches.first);
    let update = plan.updates().find(|update| update.name == first.as_bytes())?;
    let images = &session.replay.images;
    let image = images.number(PublicCommit::new(update.new?))?;
    Some(session.replay.history.id(images.shown_by(image)?))
}

/// What a step came to.
struct Came<F> {
    /// What it printed.
    output: Vec<u8>,
    /// What is wrong, if anything is.
    fault: Option<F>,
}

/// What is to be run.
#[derive(Clone, Copy)]
enum Line {
    /// Ask cargo.
    Cargo,
    /// The command of this number.
    Command(usize),
}

/// A run that is under way. The place is made when the first step needs it.
struct Run<'a> {
    settings: &'a Standalone,
    commit: PrivateCommit,
    number: u32,
    environment: &'a Environment,
    progress: &'a dyn Progress,
    place: Option<Place>,
}

impl<'a> Run<'a> {
    fn begin(
        session: &Session<'_>,
        settings: &'a Standalone,
        commit: PrivateCommit,
        environment: &'a Environment,
        progress: &'a dyn Progress,
    ) -> Result<Self, RunError> {
        let number = session.replay.history.number(commit);
        let number = number.ok_or(UsageError::NothingGoverns(commit))?;
        let place = None;
        Ok(Self { settings, commit, number, environment, progress, place })
    }

    /// The public tree that is looked at.
    fn tree(&self, session: &mut Session<'_>) -> Result<ObjectId, RunError> {
        let shown = session.replay.filtered(self.number)?;
        Ok(shown.ok_or(UsageError::NothingGoverns(self.commit))?.tree)
    }

    /// What is to be run, in order; without the commands if these are known to pass.
    fn steps(&self, known: bool) -> Vec<Line> {
        let cargo = self.settings.cargo.then_some(Line::Cargo);
        let commands = if known { 0 } else { self.settings.commands.len() };
        let lines: Vec<_> = cargo.into_iter().chain((0..commands).map(Line::Command)).collect();
        self.progress.start(Phase::Standalone, Some(lines.len() as u64));
        lines
    }

    fn text(&self, line: Line) -> &str {
        match line {
            Line::Cargo => cargo::COMMAND,
            Line::Command(number) => &self.settings.commands[number].text,
        }
    }

    /// Runs one step. `None` if it is none for this tree.
    fn step(
        &mut self,
        session: &mut Session<'_>,
        line: Line,
    ) -> Result<Option<Came<RawFinding>>, RunError> {
        if self.place.is_none() {
            let place = Place::new(session.repo, self.settings, self.environment)?;
            export(session, self.commit, &place.tree(), self.progress)?;
            self.place = Some(place);
        }
        let place = self.place.as_ref().expect("it was just made");
        let limits = Limits { time: self.settings.time_limit, output: self.settings.output_limit };
        let (came, stated) = match line {
            Line::Cargo => {
                let private = private_crates(session);
                (cargo::ask(place, &private, limits, self.progress)?, self.settings.line)
            }
            Line::Command(number) => {
                let command = &self.settings.commands[number];
                let ran = child::run(place.set_up(shell(&command.text)), limits, self.progress)?;
                (Some(ran.came(&command.text)), command.line)
            }
        };
        self.progress.advance(Phase::Standalone, 1);
        let found = |hint| {
            let finding = RawFinding::at(Check::Standalone, self.number, hint);
            finding.rule(format_args!("sync.toml:{stated} `[standalone]`"))
        };
        Ok(came.map(|Came { output, fault }| Came { output, fault: fault.map(found) }))
    }

    fn end(self) {
        self.progress.finish(Phase::Standalone);
    }
}
