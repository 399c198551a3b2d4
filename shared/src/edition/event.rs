// SPDX-License-Identifier: Apache-2.0
//! What happens in a run, as those who listen are told.

use serde::Serialize;

use super::{Principal, Subject};
use crate::{Check, Counts, Outcome, RefReport, Report};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// What the run is about, and whose it is.
    #[serde(flatten)]
    pub subject: Subject,
    /// Who started it.
    pub principal: Principal,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What can happen in a run, in the order in which it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fact", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Fact {
    /// A run starts.
    Started,
    /// It was not allowed to publish.
    Denied {
        /// Why not.
        reason: String,
    },
    /// These refs are about to be pushed; all checks and the verifier have agreed.
    Publishing {
        /// From where to where.
        refs: Vec<RefReport>,
    },
    /// The mirror took them.
    Published {
        /// From where to where.
        refs: Vec<RefReport>,
        /// The history in numbers.
        counts: Counts,
    },
    /// There was nothing to do.
    UpToDate {
        /// The history in numbers.
        counts: Counts,
    },
    /// A check found something; nothing was published.
    Refused {
        /// Which checks, each once.
        checks: Vec<Check>,
    },
    /// The mirror holds what is not ours; nothing was published.
    Diverged {
        /// How many commits that is, if they were counted.
        foreign: u64,
    },
    /// The run did not get to its end.
    Failed {
        /// Why.
        error: String,
    },
    /// Somebody stopped it.
    Interrupted,
}

impl Fact {
    /// Its name in logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Denied { .. } => "denied",
            Self::Publishing { .. } => "publishing",
            Self::Published { .. } => "published",
            Self::UpToDate { .. } => "up-to-date",
            Self::Refused { .. } => "refused",
            Self::Diverged { .. } => "diverged",
            Self::Failed { .. } => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether somebody who guards the private side should see it.
    pub const fn is_security(&self) -> bool {
        match self {
            Self::Denied { .. } | Self::Refused { .. } | Self::Diverged { .. } => true,
            Self::Started
            | Self::Publishing { .. }
            | Self::Published { .. }
            | Self::UpToDate { .. }
            | Self::Failed { .. }
            | Self::Interrupted => false,
        }
    }

    /// How a run ended, by its report.
    pub fn of(report: &Report) -> Self {
        let counts = report.counts;
        match report.outcome {
            Outcome::Synced => Self::Published { refs: report.refs.clone(), counts },
            Outcome::UpToDate | Outcome::Planned => Self::UpToDate { counts },
            Outcome::Refused => {
                let mut checks: Vec<_> = report.refusals.iter().map(|found| found.check).collect();
                checks.sort_unstable();
                checks.dedup();
                Self::Refused { checks }
            }
            Outcome::Diverged => Self::Diverged { foreign: report.foreign.len() as u64 },
            Outcome::Failed | Outcome::Usage => {
                Self::Failed { error: report.error.clone().unwrap_or_default() }
            }
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

/// What a meter shows: how much of a mirror's history is public.
///
/// A reading, not an increment. An increment that a crash swallows is gone; a reading is
/// taken again by the next run, and what was used in between is the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The mirror.
    #[serde(flatten)]
    pub subject: Subject,
    /// Private commits that have an image on it.
    pub public_commits: u64,
}

impl Reading {
    /// What a run that came to a good end read; `None` for any other.
    pub fn of(subject: &Subject, report: &Report) -> Option<Self> {
        let counts = report.counts;
        let public_commits = match report.outcome {
            Outcome::Synced => counts.already_public + counts.published,
            Outcome::UpToDate => counts.already_public,
            Outcome::Planned
            | Outcome::Refused
            | Outcome::Diverged
            | Outcome::Failed
            | Outcome::Usage
            | Outcome::Interrupted => return None,
        };
        Some(Self { subject: subject.clone(), public_commits })
    }
}

/// What a tenant has used, as far as somebody counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Usage {
    /// Mirrors that were ever read.
    pub mirrors: u64,
    /// Commits that are public on them, all told.
    pub public_commits: u64,
}

/// How a mirror is, for somebody who wants to hear of changes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As the private repository wants it.
    InOrder,
    /// A check holds it back.
    Refused,
    /// It holds commits that are not ours.
    Diverged,
    /// It could not be brought up to date.
    Failed,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 4] = [Self::InOrder, Self::Refused, Self::Diverged, Self::Failed];

    /// Its name in notices.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Refused => "refused",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }

    /// The state after a run; `None` if it says nothing about the mirror.
    pub const fn after(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Synced | Outcome::UpToDate => Some(Self::InOrder),
            Outcome::Refused => Some(Self::Refused),
            Outcome::Diverged => Some(Self::Diverged),
            Outcome::Failed | Outcome::Usage => Some(Self::Failed),
            Outcome::Planned | Outcome::Interrupted => None,
        }
    }
}

/// A mirror is in another state than it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The mirror.
    #[serde(flatten)]
    pub subject: Subject,
    /// The state before.
    pub before: State,
    /// The state now.
    pub now: State,
}
