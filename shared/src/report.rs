// SPDX-License-Identifier: Apache-2.0
//! What a run reports: one object for scripts, the source of what a person sees.
//!
//! The field names are fixed: scripts rely on them. Paths in a report are
//! escaped by [`escape_bytes`](crate::escape_bytes), so they are always text.

use serde::{Deserialize, Serialize};

use crate::{Check, PublicCommit};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The mirror took what was planned, or the private repository what was to be imported.
    Synced,
    /// The mirror already holds all of it.
    UpToDate,
    /// A plan that a sync would carry out.
    Planned,
    /// A check found something; nothing was published.
    Refused,
    /// The mirror holds commits that are not ours, or kept moving.
    Diverged,
    /// Disk, git or network failed.
    Failed,
    /// The command line or the manifest is wrong.
    Usage,
    /// Stopped by the user.
    Interrupted,
}

impl Outcome {
    /// The exit status of a process that ends so.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Synced | Self::UpToDate | Self::Planned => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Diverged => 4,
            Self::Interrupted => 130,
        }
    }
}

/// One ref of the mirror, from where it was seen to where it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefReport {
    /// The full name, such as `refs/heads/main`.
    pub name: String,
    /// The object that the mirror's ref named, or `None` if it was absent. A
    /// branch names a commit, a tag perhaps a tag object.
    pub expected: Option<crate::ObjectId>,
    /// What it should name; `None` if it should be absent.
    pub new: Option<crate::ObjectId>,
}

/// Commits of the private history that is planned, by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All commits that the planned refs reach.
    pub private_commits: u64,
    /// Those with an image that is new to the mirror.
    pub published: u64,
    /// Those without an image.
    pub dropped: u64,
    /// Those whose image the mirror already holds.
    pub already_public: u64,
}

/// What the verifier looked at, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Objects that were read and hashed again, every one that there is.
    pub objects: u64,
    /// The bytes of these objects.
    pub bytes: u64,
    /// Private commits whose images were made again.
    pub commits: u64,
    /// Refs that were looked at.
    pub refs: u64,
    /// Waivers that the policy tip states.
    pub waivers: u64,
    /// Objects that were not looked at: none.
    pub skipped: u64,
}

/// What a check found, where, by which rule, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check that found it.
    pub check: Check,
    /// The private commit, if it is about one.
    pub commit: Option<crate::PrivateCommit>,
    /// The private path, escaped, if it is about one.
    pub path: Option<String>,
    /// The line of that file, from 1, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The rule and its place, such as ``sync.toml:9 `cloud` ``.
    pub rule: Option<String>,
    /// What to do next.
    pub hint: String,
}

/// One run for one mirror, as `--format json` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The format of this object; 1.
    pub version: u32,
    /// The command that ran.
    pub command: String,
    /// The mirror's name in the manifest, once it is known.
    pub mirror: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The planned refs.
    pub refs: Vec<RefReport>,
    /// The planned history in numbers.
    pub counts: Counts,
    /// Findings that refuse.
    pub refusals: Vec<Finding>,
    /// Findings that only warn.
    pub warnings: Vec<Finding>,
    /// Commits of the mirror that are not ours.
    pub foreign: Vec<PublicCommit>,
    /// What failed, in one text, if the run did not get to its end.
    pub error: Option<String>,
    /// What the verifier looked at, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
}

impl Report {
    /// A report about nothing yet.
    pub fn new(command: &str, outcome: Outcome) -> Self {
        Self {
            version: 1,
            command: command.to_owned(),
            mirror: None,
            outcome,
            refs: Vec::new(),
            counts: Counts::default(),
            refusals: Vec::new(),
            warnings: Vec::new(),
            foreign: Vec::new(),
            error: None,
            audit: None,
        }
    }
}

/// The runs of `--all`, one for each mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fleet {
    /// The format of this object; 1.
    pub version: u32,
    /// The command that ran.
    pub command: String,
    /// One report for each mirror, in the manifest's order.
    pub mirrors: Vec<Report>,
}
