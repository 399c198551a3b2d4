// SPDX-License-Identifier: Apache-2.0
//! What the engine says it made, as plain data. The verifier believes none of it
//! that it is asked to judge.

use std::collections::HashSet;

use repo_sync_shared::{ObjectId, PrivateCommit, PublicCommit};

/// Everything that the engine claims about a run.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// The name of the mirror.
    pub mirror: String,
    /// Where the policy is read.
    pub policy: PolicyAt,
    /// Every private commit of the history, parents first.
    pub commits: Vec<CommitClaim>,
    /// Commits whose parents this clone does not hold.
    pub shallow: HashSet<ObjectId>,
    /// The listed private branches, by short name, with their tips.
    pub branches: Vec<(String, PrivateCommit)>,
    /// The private tags, by short name, with what their refs name.
    pub tags: Vec<(Vec<u8>, ObjectId)>,
    /// The refs that are to be moved.
    pub updates: Vec<RefClaim>,
    /// The refs that the mirror shows, by full name.
    pub seen: Vec<(Vec<u8>, ObjectId)>,
    /// Commits of the mirror that are no images, with their parents, where the
    /// mirror had to be asked for them.
    pub beyond: Vec<(PublicCommit, Vec<PublicCommit>)>,
}

/// Where the manifest of the policy is.
#[derive(Clone, Debug)]
pub enum PolicyAt {
    /// In this commit.
    Commit(PrivateCommit),
    /// A text that stands in for all manifests of the history.
    StandIn(Vec<u8>),
}

impl Default for PolicyAt {
    fn default() -> Self {
        Self::StandIn(Vec::new())
    }
}

/// What became of one private commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitClaim {
    /// The commit.
    pub private: PrivateCommit,
    /// Its image, its own or the one it inherits.
    pub image: Option<PublicCommit>,
    /// Whether the image is its own.
    pub published: bool,
}

/// One ref that is to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefClaim {
    /// Its full name.
    pub name: Vec<u8>,
    /// What it names on the mirror.
    pub expected: Option<ObjectId>,
    /// What it is to name.
    pub new: ObjectId,
    /// What it is made from: the private commit of a branch, or what the private
    /// ref of a tag names.
    pub source: ObjectId,
}
