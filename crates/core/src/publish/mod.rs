// SPDX-License-Identifier: Apache-2.0
//! Carrying a plan out: stage, push, read back.
//!
//! Nothing is written outside the staging store before the push, and the push is
//! one atomic step: a run may die anywhere, and the next one finishes the work.

#[cfg(test)]
mod alone;
mod audit;
mod claims;
mod hints;
mod push;
mod rest;
mod since;
#[cfg(test)]
mod tests;

use repo_sync_shared::{Audit, Check, Finding, Outcome, PublicCommit, Report};

use crate::canary;
use crate::checks::{Subject, inspect};
use crate::error::{Failure, RunError, UsageError};
use crate::facts::Facts;
use crate::git::{Address, Environment, Git, RemoteRefs, is_absent};
use crate::ledger::Ledger;
use crate::manifest::Date;
use crate::plan::{Plan, Request, find_foreign};
use crate::progress::{Milestone, Phase, Progress};
use crate::session::Session;
use crate::staging::Staging;
use crate::standalone::before_push;
use crate::verify::{StoreView, audit_store};

pub use audit::{Audited, verify};
pub use rest::nothing_new;

use push::Pushed;

/// How often a mirror that moves under our hands is looked at again. Who has lost to
/// seven others that each published something is not told to give up.
const TRIES: u32 = 10;

/// What to publish, and where.
pub struct SyncRequest<'a> {
    /// Publish up to this revision only.
    pub rev: Option<&'a str>,
    /// Whether the revision may lie on no listed branch: for plans.
    pub any_rev: bool,
    /// Where the mirror is.
    pub address: &'a Address,
    /// What git children may see.
    pub environment: &'a Environment,
    /// Publish commits that the upstream does not hold.
    pub local: bool,
    /// The day, for waivers that expire.
    pub today: Date,
    /// Who is told what happens, and may have to be told before the push; nobody for a run that
    /// does not publish.
    pub facts: Option<&'a Facts>,
}

/// What a run came to.
pub struct Ended {
    /// The last plan.
    pub plan: Plan,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, if that is neither success nor in the plan.
    pub error: Option<String>,
    /// What the verifier looked at, if the run got that far.
    pub audit: Option<Audit>,
}

impl Ended {
    /// A run that ends with its plan.
    fn of(plan: Plan) -> Self {
        Self { outcome: plan.outcome(), plan, error: None, audit: None }
    }

    /// The run as a report.
    pub fn report(&self, command: &str, mirror: &str) -> Report {
        let mut report = self.plan.report(command, mirror);
        report.outcome = self.outcome;
        report.error.clone_from(&self.error);
        report.audit = self.audit;
        report
    }
}

/// Plans without publishing, and looks at every object that would be sent.
///
/// # Errors
/// REV is wrong, or an object or the mirror cannot be read.
pub fn plan(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<Ended, RunError> {
    check_address(session, request.address)?;
    let remote = read_refs(request, progress)?;
    hints::recognise(session, &remote, progress);
    let mut plan = make_plan(session, request, &remote, progress)?;
    check(session, request, &mut plan, progress)?;
    Ok(Ended::of(plan))
}

/// Plans without a look at the objects that would be sent: for who asks where a mirror
/// stands, and publishes nothing.
///
/// # Errors
/// As of [`plan`].
pub(crate) fn outline(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<Plan, RunError> {
    check_address(session, request.address)?;
    let remote = read_refs(request, progress)?;
    hints::recognise(session, &remote, progress);
    Plan::make(session, &request.with(&remote))
}

/// A plan, after every rule was put to a test.
fn make_plan(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    remote: &RemoteRefs,
    progress: &dyn Progress,
) -> Result<Plan, RunError> {
    let mut plan = Plan::make(session, &request.with(remote))?;
    if session.look_at(&plan.new, progress)? {
        plan = Plan::make(session, &request.with(remote))?;
    }
    let faults = canary::probe(session.replay.objects(), &session.policy)?;
    if !faults.is_empty() {
        plan.find(session, faults, request.today);
    }
    Ok(plan)
}

/// Publishes what there is to publish.
///
/// # Errors
/// Disk, git or network failed, or an object cannot be read. What a check refuses,
/// and a mirror that diverged, are no errors but the outcome.
pub fn sync(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<Ended, RunError> {
    check_address(session, request.address)?;
    let mut remote = read_refs(request, progress)?;
    progress.reached(Milestone::RefsRead);
    let mut staging = None;
    for _ in 0..TRIES {
        hints::recognise(session, &remote, progress);
        let mut plan = make_plan(session, request, &remote, progress)?;
        progress.reached(Milestone::Planned);
        if plan.outcome() != Outcome::Planned {
            rest::remember(session, request, &plan, &remote);
            if plan.outcome() == Outcome::UpToDate {
                Ledger::renew(session, &plan.public);
            }
            return Ok(Ended::of(plan));
        }
        if staging.is_none() {
            let name = &session.policy.mirror.name;
            let opened = Staging::open(session.repo, name, request.environment)?;
            progress.reached(Milestone::Locked);
            let waited = opened.waited();
            staging = Some(opened);
            // Who had the store until now may have published. What others publish in the
            // meantime, from here or elsewhere, the leases of the push find.
            if waited {
                remote = read_refs(request, progress)?;
                continue;
            }
        }
        let Some(staging) = &mut staging else { continue };
        check(session, request, &mut plan, progress)?;
        progress.reached(Milestone::Checked);
        if plan.outcome() != Outcome::Planned {
            return Ok(Ended::of(plan));
        }
        let audit = stage(session, request, staging, &mut plan, &remote, progress)?;
        if plan.outcome() != Outcome::Planned {
            return Ok(Ended { audit, ..Ended::of(plan) });
        }
        before_push(session, &mut plan, request.today, request.environment, progress)?;
        if plan.outcome() != Outcome::Planned {
            return Ok(Ended { audit, ..Ended::of(plan) });
        }
        match carry_out(session, request, staging, &plan, &remote, progress)? {
            Pushed::Done => {
                return Ok(Ended { plan, outcome: Outcome::Synced, error: None, audit });
            }
            Pushed::Moved => remote = read_refs(request, progress)?,
        }
    }
    let plan = Plan::make(session, &request.with(&remote))?;
    let outcome = match plan.outcome() {
        Outcome::Planned => Outcome::Diverged,
        other => other,
    };
    let error = "the mirror kept moving while we tried to publish; nothing was published";
    Ok(Ended { plan, outcome, error: Some(error.to_owned()), audit: None })
}

/// Writes what the replay made of a history that no mirror shows yet, its commits and
/// filtered trees, into a staging store, and nothing else: what is left of a rewriting tool
/// without checks, files and push, to be timed beside others. Returns the length of the
/// pack in bytes.
///
/// # Errors
/// As of [`sync`], and a plan that is refused.
pub fn rewrite(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<u64, RunError> {
    let remote = RemoteRefs::default();
    let plan = make_plan(session, request, &remote, progress)?;
    if plan.outcome() != Outcome::Planned {
        return Err(RunError::Refused(plan.refusals));
    }
    let name = &session.policy.mirror.name;
    let mut staging = Staging::open(session.repo, name, request.environment)?;
    Ok(staging.write(session, &plan, &remote, request.address, progress)?.bytes)
}

/// Stages a plan and asks the verifier about the store. What either finds is in the
/// plan then.
fn stage(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    staging: &mut Staging,
    plan: &mut Plan,
    remote: &RemoteRefs,
    progress: &dyn Progress,
) -> Result<Option<Audit>, RunError> {
    let missing = staging.fill(session, plan, remote, request.address, progress)?;
    progress.reached(Milestone::Filled);
    if !missing.is_empty() {
        plan.find(session, missing, request.today);
        return Ok(None);
    }
    let store = StoreView { git: staging.git(), path: staging.path() };
    let claims = claims::of_plan(session, request, plan, remote)?;
    progress.reached(Milestone::Claimed);
    let verdict = audit_store(&claims, session.replay.objects(), &store, progress)?;
    progress.reached(Milestone::Verified);
    plan.refusals.extend(verdict.findings);
    plan.warnings.extend(staging.warning().map(cache_warning));
    Ok(Some(verdict.audit))
}

/// Pushes what was staged, and sees that it arrived.
fn carry_out(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    staging: &Staging,
    plan: &Plan,
    remote: &RemoteRefs,
    progress: &dyn Progress,
) -> Result<Pushed, RunError> {
    if let Some(facts) = request.facts {
        facts.publishing(plan.report("sync", &session.policy.mirror.name).refs)?;
    }
    progress.reached(Milestone::MirrorToBeMade);
    make_mirror(session, request)?;
    progress.reached(Milestone::MirrorMade);
    if progress.interrupted() {
        return Err(RunError::Interrupted);
    }
    let updates: Vec<_> = plan.updates().collect();
    progress.start(Phase::Push, Some(updates.len() as u64));
    progress.reached(Milestone::ToBePushed);
    let pushed = push::push(staging.git(), request.address, &updates);
    progress.reached(Milestone::Pushed);
    let pushed = match pushed.map_err(|err| or_interrupted(err, progress)) {
        // Whatever the mirror said: somebody else was quicker.
        Err(RunError::Failed(Failure::Rejected { .. }))
            if RemoteRefs::read(request.address, request.environment)
                .is_ok_and(|now| now != *remote) =>
        {
            Pushed::Moved
        }
        pushed => pushed?,
    };
    progress.finish(Phase::Push);
    if let Pushed::Done = pushed {
        read_back(session, request, plan, progress)?;
        progress.reached(Milestone::ReadBack);
        progress.reached(Milestone::HintsToBeWritten);
        hints::remember(session, plan);
        let mut public = plan.public.clone();
        plan.new.iter().for_each(|&image| public[image as usize] = true);
        Ledger::renew(session, &public);
        progress.reached(Milestone::HintsWritten);
    }
    Ok(pushed)
}

impl SyncRequest<'_> {
    fn with<'b>(&'b self, remote: &'b RemoteRefs) -> Request<'b> {
        Request {
            rev: self.rev,
            any_rev: self.any_rev,
            address: self.address,
            remote,
            environment: self.environment,
            local: self.local,
            today: self.today,
        }
    }
}

/// Shows every new object to the checks.
fn check(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    plan: &mut Plan,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let subject =
        Subject { new: &plan.new, public: &plan.public, tags: &plan.tags, refs: &plan.refs };
    let found = inspect(session, subject, progress)?;
    plan.find(session, found, request.today);
    Ok(())
}

fn cache_warning(hint: &str) -> Finding {
    let hint = hint.to_owned();
    Finding {
        check: Check::CacheUnavailable,
        commit: None,
        path: None,
        line: None,
        rule: None,
        hint,
    }
}

fn or_interrupted(err: RunError, progress: &dyn Progress) -> RunError {
    if progress.interrupted() { RunError::Interrupted } else { err }
}

/// What the mirror shows now.
fn read_refs(request: &SyncRequest<'_>, progress: &dyn Progress) -> Result<RemoteRefs, RunError> {
    RemoteRefs::read(request.address, request.environment).map_err(|source| {
        let address = request.address.to_string();
        or_interrupted(Failure::Unreachable { address, source }.into(), progress)
    })
}

/// A path may be a mirror if there is a repository, or nothing at all.
fn check_address(session: &Session<'_>, address: &Address) -> Result<(), RunError> {
    let Address::Path(path) = address else { return Ok(()) };
    if is_absent(path) {
        return Ok(());
    }
    let Ok(repo) = git2::Repository::open(path) else {
        return Err(UsageError::NotAMirror(path.clone()).into());
    };
    let same = |a: &std::path::Path, b: &std::path::Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(repo.commondir(), session.repo.git_dir()) {
        return Err(UsageError::MirrorIsPrivate(path.clone()).into());
    }
    Ok(())
}

/// The embedded default: a path where nothing is becomes a bare repository, so
/// that a first try needs no server.
fn make_mirror(session: &Session<'_>, request: &SyncRequest<'_>) -> Result<(), RunError> {
    let Address::Path(path) = request.address else { return Ok(()) };
    if !is_absent(path) {
        return Ok(());
    }
    let branch = format!("--initial-branch={}", session.policy.mirror.branches.first);
    let path = path.to_string_lossy();
    let args = ["init", "--quiet", "--bare", "--template=", &branch, "--", &path];
    Git::anywhere(request.environment).run(&args, b"")?;
    Ok(())
}

/// Each new id is there, or an ancestor of what is.
fn read_back(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<(), RunError> {
    let remote = read_refs(request, progress)?;
    for update in plan.updates() {
        let found = remote.get(&update.name);
        if found == update.new {
            continue;
        }
        let name = String::from_utf8_lossy(&update.name).into_owned();
        let lost = || Failure::ReadBack { name: name.clone() };
        let (Some(_), Some(ours)) = (found, update.new) else { return Err(lost().into()) };
        // Somebody may have gone on from what we published.
        let ours = PublicCommit::new(ours);
        let images = &session.replay.images;
        let beyond = find_foreign(
            request.address,
            request.environment,
            std::slice::from_ref(&name),
            &std::iter::once(ours).collect(),
            |id| images.number(id).is_some(),
        )?;
        if !beyond.reaches(ours) {
            return Err(lost().into());
        }
    }
    Ok(())
}
