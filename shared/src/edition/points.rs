// SPDX-License-Identifier: Apache-2.0
//! The extension points: six small traits, each versioned by itself.
//!
//! Facts go one way. The engine tells what happened; what comes of it is the business
//! of whoever fills the point. One that only listens and fails is a warning and never fails a
//! publish, with one exception that it has to ask for ([`Keeping::First`]).
//!
//! An implementation writes down the version it was written for as a number of its
//! own ([`About`]), not as the constant of the trait: that one moves with us.

use std::error::Error;
use std::io::Write;

use super::{
    Credential, Decision, Edition, Event, Feature, Notice, Operation, Place, Principal, Reading,
    Scope, Subject, Usage, Version,
};

/// What fills an extension point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name, for `repo-sync edition`.
    pub name: String,
    /// The version of the trait that it was written for.
    pub written_for: Version,
}

impl About {
    /// A name, and the version of the trait that was in force when it was written.
    pub fn new(name: impl Into<String>, written_for: Version) -> Self {
        Self { name: name.into(), written_for }
    }
}

/// An extension point could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct ExtensionError {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ExtensionError {
    /// What could not be done, as a fragment: ``failed to write `file` ``.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What could not be done and each cause, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.what.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// Says whose a run is, and who may do what there.
///
/// The open edition: everything belongs to one tenant, and who can start the program
/// may do all of it. Another one: tenants from a file, a session or a token.
pub trait TenantProvider: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// Whose a run in this place is. The same place gives the same answer.
    ///
    /// # Errors
    /// It cannot be said; then nothing is published from there.
    fn scope(&self, place: &Place<'_>) -> Result<Scope, ExtensionError>;

    /// Whether somebody may do this there.
    ///
    /// # Errors
    /// It cannot be said; then it is not done.
    fn may(
        &self,
        principal: &Principal,
        scope: &Scope,
        operation: Operation,
    ) -> Result<Decision, ExtensionError>;
}

impl dyn TenantProvider {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}

/// Counts what is used, and says whether there is enough left.
///
/// The open edition: nothing is counted, all is allowed. Another one: events for a bill.
pub trait UsageTracker: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// Takes a reading. The same one twice counts once, and one that shows less than an
    /// earlier one of the same mirror counts nothing.
    ///
    /// # Errors
    /// It could not be kept. The run goes on; the next one reads again.
    fn track(&self, reading: &Reading) -> Result<(), ExtensionError>;

    /// Whether there is enough left to begin this. Asked before a run reads anything.
    ///
    /// # Errors
    /// It cannot be said; then it is not done.
    fn check_quota(
        &self,
        subject: &Subject,
        operation: Operation,
    ) -> Result<Decision, ExtensionError>;

    /// What the tenant of a scope has used; `None` where nobody counts.
    ///
    /// # Errors
    /// It cannot be read.
    fn summary(&self, scope: &Scope) -> Result<Option<Usage>, ExtensionError>;
}

impl dyn UsageTracker {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}

/// What a log makes of an event that it cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It keeps nothing anyway.
    Nothing,
    /// It is a pity: the run goes on with a warning.
    Tries,
    /// No record, no publish: what is about to be done has to be on record first.
    First,
}

/// Keeps what happened, for whoever asks later.
///
/// The open edition: lines of JSON in a file, if one was named. Another one: a log in which no
/// byte can be changed unseen, and without which nothing is published.
pub trait AuditLogger: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// What it makes of an event that it cannot keep.
    fn keeping(&self) -> Keeping;

    /// Keeps an event. Once it returns, the event outlasts the process.
    ///
    /// # Errors
    /// It could not be kept.
    fn log(&self, event: &Event) -> Result<(), ExtensionError>;

    /// Keeps an event that somebody who guards the private side should see.
    ///
    /// # Errors
    /// It could not be kept.
    fn log_security(&self, event: &Event) -> Result<(), ExtensionError> {
        self.log(event)
    }

    /// Writes all that is kept of the tenant of a scope, a JSON object a line, the oldest
    /// first. Each holds the fields of an [`Event`].
    ///
    /// # Errors
    /// It cannot be read, or not be written.
    fn export(&self, scope: &Scope, out: &mut dyn Write) -> Result<(), ExtensionError>;
}

impl dyn AuditLogger {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}

/// How much an edition allows; `None` is without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Tenants in one fleet.
    pub tenants: Option<u64>,
    /// Mirrors in one fleet.
    pub mirrors: Option<u64>,
}

/// Says which edition this is, and what it allows.
///
/// The open edition: the features of its own column, without limits. Another one: what a
/// licence says. All that the open edition has is allowed everywhere, with or without one.
pub trait Entitlements: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// Which edition this is.
    fn edition(&self) -> Edition;

    /// Whether a feature can be used. A feature of the open edition always can.
    fn allows(&self, feature: Feature) -> Decision;

    /// How much of it.
    fn limits(&self) -> Limits;
}

impl dyn Entitlements {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}

/// Lets `git` in at a remote.
///
/// The open edition: as git itself is set up (agent, key, askpass, a token in the environment).
/// Another one: a key for each tenant, tokens that live an hour, a vault.
pub trait CredentialProvider: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// How a scope is let in at an address. Never one that has expired.
    ///
    /// # Errors
    /// There is none to be had.
    fn credential(&self, scope: &Scope, address: &str) -> Result<Credential, ExtensionError>;
}

impl dyn CredentialProvider {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}

/// Tells people that the state of a mirror has changed.
///
/// The open edition: a line in a file, or a post to an address, if one was named. Another one:
/// chat, tickets.
pub trait Notifier: Send + Sync {
    /// What this is, and what it was written for.
    fn about(&self) -> About;

    /// Whether anybody hears. Where nobody does, no state is remembered either.
    fn listens(&self) -> bool;

    /// Tells. Called when a mirror is in another state than after the run before.
    ///
    /// # Errors
    /// Nobody could be told; the run goes on.
    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError>;
}

impl dyn Notifier {
    /// The version of this trait.
    pub const VERSION: Version = Version::new(1, 0);
}
