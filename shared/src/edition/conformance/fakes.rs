// SPDX-License-Identifier: Apache-2.0
//! What stands in for an extension in tests: one that remembers all it is told, and
//! one that fails at everything.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::edition::{
    About, AuditLogger, Decision, Event, ExtensionError, Keeping, Notice, Notifier, Operation,
    Reading, Scope, Subject, Usage, UsageTracker, Version,
};

/// The mirror `public` of a repository `widget` of this tenant.
///
/// # Panics
/// The tenant's name is not plain.
pub fn subject(tenant: &str) -> Subject {
    let scope = Scope::new(tenant, "widget").expect("a test gives a plain name");
    Subject { scope, mirror: "public".to_owned() }
}

/// Remembers all that it is told. A clone remembers in the same place, so that a test can
/// look at what it gave away.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    told: Arc<Mutex<Told>>,
    counts_twice: bool,
    forgets: bool,
    denies: Option<String>,
}

/// What a [`Recorder`] was told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// To be kept.
    pub events: Vec<Event>,
    /// Of these, what a guard of the private side should see.
    pub security: Vec<Event>,
    /// Readings.
    pub readings: Vec<Reading>,
    /// Changes of state.
    pub notices: Vec<Notice>,
}

impl Recorder {
    /// One that counts a reading each time that it is told.
    #[must_use]
    pub fn counting_twice(self) -> Self {
        Self { counts_twice: true, ..self }
    }

    /// One that loses what was logged first.
    #[must_use]
    pub fn forgetting(self) -> Self {
        Self { forgets: true, ..self }
    }

    /// One that allows nothing, for this reason.
    #[must_use]
    pub fn denying(self, reason: &str) -> Self {
        Self { denies: Some(reason.to_owned()), ..self }
    }

    /// What it was told until now.
    pub fn told(&self) -> Told {
        self.lock().clone()
    }

    /// The names of what was logged, in order.
    pub fn facts(&self) -> Vec<&'static str> {
        self.lock().events.iter().map(|event| event.fact.name()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditLogger for Recorder {
    fn about(&self) -> About {
        About::new("recorder", Version::new(1, 0))
    }

    fn keeping(&self) -> Keeping {
        Keeping::Tries
    }

    fn log(&self, event: &Event) -> Result<(), ExtensionError> {
        self.lock().events.push(event.clone());
        Ok(())
    }

    fn log_security(&self, event: &Event) -> Result<(), ExtensionError> {
        self.lock().security.push(event.clone());
        self.log(event)
    }

    fn export(&self, scope: &Scope, out: &mut dyn Write) -> Result<(), ExtensionError> {
        let told = self.told();
        let mine = told.events.iter().filter(|event| event.subject.scope == *scope);
        for event in mine.skip(usize::from(self.forgets)) {
            serde_json::to_writer(&mut *out, event)
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out))
                .map_err(|err| ExtensionError::new("failed to export").because(err))?;
        }
        Ok(())
    }
}

impl UsageTracker for Recorder {
    fn about(&self) -> About {
        About::new("recorder", Version::new(1, 0))
    }

    fn track(&self, reading: &Reading) -> Result<(), ExtensionError> {
        self.lock().readings.push(reading.clone());
        Ok(())
    }

    fn check_quota(&self, _: &Subject, _: Operation) -> Result<Decision, ExtensionError> {
        Ok(self.denies.as_ref().map_or(Decision::Allowed, Decision::denied))
    }

    fn summary(&self, scope: &Scope) -> Result<Option<Usage>, ExtensionError> {
        let told = self.told();
        let mut shown = BTreeMap::new();
        for reading in told.readings.iter().filter(|it| it.subject.scope == *scope) {
            let most: &mut u64 = shown.entry(reading.subject.to_string()).or_default();
            *most = match self.counts_twice {
                true => *most + reading.public_commits,
                false => reading.public_commits.max(*most),
            };
        }
        let public_commits = shown.values().sum();
        Ok(Some(Usage { mirrors: shown.len() as u64, public_commits }))
    }
}

impl Notifier for Recorder {
    fn about(&self) -> About {
        About::new("recorder", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError> {
        self.lock().notices.push(notice.clone());
        Ok(())
    }
}

/// Fails at everything that it is told.
#[derive(Clone, Copy, Debug)]
pub struct Failing {
    /// What it makes of that, as a log.
    pub keeping: Keeping,
}

impl Failing {
    fn fails<T>() -> Result<T, ExtensionError> {
        Err(ExtensionError::new("it fails at everything"))
    }
}

impl AuditLogger for Failing {
    fn about(&self) -> About {
        About::new("failing", Version::new(1, 0))
    }

    fn keeping(&self) -> Keeping {
        self.keeping
    }

    fn log(&self, _: &Event) -> Result<(), ExtensionError> {
        Self::fails()
    }

    fn export(&self, _: &Scope, _: &mut dyn Write) -> Result<(), ExtensionError> {
        Self::fails()
    }
}

impl UsageTracker for Failing {
    fn about(&self) -> About {
        About::new("failing", Version::new(1, 0))
    }

    fn track(&self, _: &Reading) -> Result<(), ExtensionError> {
        Self::fails()
    }

    fn check_quota(&self, _: &Subject, _: Operation) -> Result<Decision, ExtensionError> {
        Ok(Decision::Allowed)
    }

    fn summary(&self, _: &Scope) -> Result<Option<Usage>, ExtensionError> {
        Self::fails()
    }
}

impl Notifier for Failing {
    fn about(&self) -> About {
        About::new("failing", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, _: &Notice) -> Result<(), ExtensionError> {
        Self::fails()
    }
}
