// SPDX-License-Identifier: Apache-2.0
//! Editions, and the points at which one extends the other.
//!
//! The open edition is whole, and another one is the same program with more in its
//! [`Registry`]. What that may be is said here: [`Feature`]s, each with the answers from
//! which its place follows, and six small traits, the extension points, each with a
//! version of its own and an open default in [`open`]. The engine tells them what
//! happened and asks what it has to ask; which edition it runs in it never asks.
//!
//! Safety is not among the questions: [`Operation`] has no variant for a check, a
//! verification or a refusal, so nothing can gate one.

#[cfg(feature = "conformance")]
pub mod conformance;
mod credential;
mod event;
mod feature;
pub mod open;
mod points;
mod registry;
mod scope;

pub use credential::{Credential, Secret};
pub use event::{Event, Fact, Notice, Reading, State, Usage};
pub use feature::{Answers, Edition, Feature, Owner, Placement, Reason};
pub use points::{
    About, AuditLogger, CredentialProvider, Entitlements, ExtensionError, Keeping, Limits,
    Notifier, TenantProvider, UsageTracker,
};
pub use registry::{Builder, Point, Registry, RegistryError, Slot, Version};
pub use scope::{Decision, InvalidScope, Operation, Place, Principal, Scope, Subject};
