// SPDX-License-Identifier: Apache-2.0
//! What happens in a run, told to the extension points.
//!
//! [`Facts`] is one run of one mirror as they see it. Whoever starts a run that may
//! publish asks [`Facts::begin`] first, hands it down with the
//! [request](crate::publish::SyncRequest), and closes with [`Facts::ended`], however the run
//! came out. Who listens, and in which edition, is the registry's business.
//!
//! A listener that fails is a warning (`listener-failed`). A question that is not answered is
//! no yes, and where the log insists on it, what is not on record is not pushed.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use repo_sync_shared::edition::{
    Decision, Event, ExtensionError, Fact, Keeping, Notice, Operation, Place, Principal, Reading,
    Registry, State, Subject,
};
use repo_sync_shared::{Check, Finding, RefReport, Report};

use crate::error::{Failure, RunError};
use crate::git::PrivateRepo;

/// One run of one mirror, as the extension points see it.
pub struct Facts {
    registry: Arc<Registry>,
    subject: Subject,
    principal: Principal,
    /// Where the state of the mirror after the last run is noted, for notices.
    state: PathBuf,
    denied: AtomicBool,
    unheard: Mutex<Vec<String>>,
}

impl Facts {
    /// A run that `principal` starts for a mirror. Tells and asks nothing but whose it is.
    ///
    /// # Errors
    /// Nobody knows whose the repository is.
    pub fn of(
        registry: &Arc<Registry>,
        repo: &PrivateRepo,
        mirror: &str,
        principal: Principal,
    ) -> Result<Self, RunError> {
        let git_dir = repo.git_dir();
        let place = Place { git_dir, root: repo.work_dir().unwrap_or(git_dir) };
        let scope = registry.tenants().scope(&place).map_err(unanswered)?;
        Ok(Self {
            registry: Arc::clone(registry),
            subject: Subject { scope, mirror: mirror.to_owned() },
            principal,
            state: repo.kept_of(mirror).join("state"),
            denied: AtomicBool::default(),
            unheard: Mutex::default(),
        })
    }

    /// What the run is about, and whose it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The run starts: tells so, and asks whether it may publish and has enough left to.
    ///
    /// # Errors
    /// It may not, nobody can say, or it has to be on record and cannot.
    pub fn begin(&self) -> Result<(), RunError> {
        self.record(Fact::Started)?;
        let (registry, publish) = (&self.registry, Operation::Publish);
        let may = registry.tenants().may(&self.principal, &self.subject.scope, publish);
        self.heed(may)?;
        self.heed(registry.usage().check_quota(&self.subject, publish))
    }

    /// These refs are about to be pushed.
    ///
    /// # Errors
    /// It has to be on record and cannot: nothing may be pushed.
    pub(crate) fn publishing(&self, refs: Vec<RefReport>) -> Result<(), RunError> {
        self.record(Fact::Publishing { refs })
    }

    /// The run is over, and this is its report. Gives what is to be added to it: who could not be
    /// told.
    pub fn ended(&self, report: &Report) -> Vec<Finding> {
        // A denial was told when it happened, and is why the run failed.
        if !self.denied.load(Ordering::Relaxed) {
            self.hear(self.tell(Fact::of(report)));
        }
        if let Some(reading) = Reading::of(&self.subject, report) {
            self.hear(self.registry.usage().track(&reading));
        }
        if let Some(now) = State::after(report.outcome) {
            self.notice(now);
        }
        let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        unheard.drain(..).map(warning).collect()
    }

    /// Acts on a decision: a denial is on record before it ends the run.
    fn heed(&self, decision: Result<Decision, ExtensionError>) -> Result<(), RunError> {
        match decision.map_err(unanswered)? {
            Decision::Allowed => Ok(()),
            Decision::Denied { reason } => {
                self.denied.store(true, Ordering::Relaxed);
                self.hear(self.tell(Fact::Denied { reason: reason.clone() }));
                Err(Failure::Denied(reason).into())
            }
        }
    }

    /// Puts on record what comes next. Where the log insists, it comes next only then.
    fn record(&self, fact: Fact) -> Result<(), RunError> {
        match (self.tell(fact), self.registry.audit().keeping()) {
            (Ok(()), _) => Ok(()),
            (Err(err), Keeping::First) => Err(Failure::Unrecorded(err.chain()).into()),
            (Err(err), Keeping::Tries | Keeping::Nothing) => {
                self.hear(Err(err));
                Ok(())
            }
        }
    }

    fn tell(&self, fact: Fact) -> Result<(), ExtensionError> {
        let event =
            Event { subject: self.subject.clone(), principal: self.principal.clone(), fact };
        match event.fact.is_security() {
            true => self.registry.audit().log_security(&event),
            false => self.registry.audit().log(&event),
        }
    }

    /// Tells of a change of state. A note that is lost makes for one notice too many or too few,
    /// and nothing else.
    fn notice(&self, now: State) {
        let notifier = self.registry.notifier();
        if !notifier.listens() {
            return;
        }
        let noted = fs::read_to_string(&self.state).unwrap_or_default();
        let known = State::ALL.into_iter().find(|state| state.name() == noted.trim_end());
        // Of a mirror that nobody heard of all is well.
        let before = known.unwrap_or(State::InOrder);
        if before != now {
            let told = notifier.notify(&Notice { subject: self.subject.clone(), before, now });
            if told.is_err() {
                // The next run tries again.
                return self.hear(told);
            }
        }
        if known != Some(now) {
            let _ = self.state.parent().map(fs::create_dir_all);
            let _ = fs::write(&self.state, format!("{}\n", now.name()));
        }
    }

    fn hear(&self, told: Result<(), ExtensionError>) {
        if let Err(err) = told {
            self.unheard.lock().unwrap_or_else(PoisonError::into_inner).push(err.chain());
        }
    }
}

fn unanswered(err: ExtensionError) -> RunError {
    Failure::Unanswered(err.chain()).into()
}

fn warning(hint: String) -> Finding {
    let check = Check::ListenerFailed;
    Finding { check, commit: None, path: None, line: None, rule: None, hint }
}

#[cfg(test)]
mod tests;
