// SPDX-License-Identifier: Apache-2.0
//! What an import is asked to do, and what it says it did.

use std::path::PathBuf;

use repo_sync_shared::{Finding, Outcome, PrivateCommit, PublicCommit};

use crate::error::{RunError, UsageError};
use crate::git::{Address, Environment};
use crate::manifest::Date;
use crate::paths::Pattern;

/// What to import, from where, and what is allowed.
#[derive(Clone, Copy, Debug)]
pub struct ImportRequest<'a> {
    /// A ref or a commit of the other side, or a range `A..B`.
    pub rev: &'a str,
    /// Where it is.
    pub address: &'a Address,
    /// Whether that is the mirror itself, and not a fork of it.
    pub is_mirror: bool,
    /// What `git` children may see.
    pub environment: &'a Environment,
    /// The branch to make; `None` for one named after what is imported.
    pub branch: Option<&'a str>,
    /// The private commit to put them on, if not on the counterpart of their base.
    pub onto: Option<PrivateCommit>,
    /// Guarded paths that may be changed.
    pub allow: &'a [Pattern],
    /// Whether each commit must be signed off by its author.
    pub require_signoff: bool,
    /// Whether to say only what would be done.
    pub dry_run: bool,
    /// The day, for waivers that expire.
    pub today: Date,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// How it ended.
    pub outcome: Outcome,
    /// The branch that was made, or would be.
    pub branch: String,
    /// The commits on it, parents first.
    pub commits: Vec<ImportedCommit>,
    /// What will speak against publishing them.
    pub warnings: Vec<Finding>,
    /// Where a person has to go on.
    pub conflict: Option<Conflict>,
}

/// One commit that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedCommit {
    /// The public commit.
    pub public: PublicCommit,
    /// The private one.
    pub private: PrivateCommit,
    /// Whether the image of the private one is the public one.
    pub keeps_id: bool,
    /// The subject of its message, untrusted bytes.
    pub subject: Vec<u8>,
}

/// A commit that does not apply where it is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The public commit.
    pub public: PublicCommit,
    /// The private one, to be picked by hand.
    pub private: PrivateCommit,
    /// The paths in conflict.
    pub paths: Vec<Vec<u8>>,
    /// How many commits come after it.
    pub rest: usize,
}

/// What the user can put right.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing of that name on the other side.
    #[error("`{0}` names no commit there")]
    Unknown(String),
    /// The branch is there already.
    #[error("there is a branch `{0}` already")]
    BranchExists(String),
    /// Git does not take this name.
    #[error("`{0}` is not a name for a branch")]
    BranchName(String),
    /// A merge cannot be put on top of another commit.
    #[error("{0} is a merge, which cannot be put on top of another commit")]
    Merge(PublicCommit),
    /// Another import is not done.
    #[error("the import into `{0}` waits for its conflict to be resolved")]
    Waits(String),
    /// No import waits.
    #[error("no import waits to be continued")]
    NoneWaits,
    /// The conflict is still there.
    #[error("`{0}` has not moved since the conflict, so it is not resolved")]
    Unresolved(String),
    /// Somebody took the branch elsewhere.
    #[error("`{0}` does not stand on the imported commits any more")]
    Elsewhere(String),
    /// The branch that would go is the one that is checked out.
    #[error("`{0}` is checked out")]
    CheckedOut(String),
    /// What was noted of an import makes no sense.
    #[error("`{}` cannot be understood", .0.display())]
    Unreadable(PathBuf),
}

impl From<ImportError> for RunError {
    fn from(err: ImportError) -> Self {
        Self::Usage(UsageError::Import(err))
    }
}
