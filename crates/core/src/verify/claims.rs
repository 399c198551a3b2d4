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
    /// Which of them stand between what is published and what is planned, if the others
    /// need not be looked at.
    pub since: Option<Since>,
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

/// The end of a history: one published commit, and all that is not behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// The places of these commits in [`Claims::commits`], the published one first.
    pub commits: Vec<u32>,
    /// The bytes of its image.
    pub image: Vec<u8>,
}

impl Claims {
    /// The same claims about the end of the history only, if its beginning is known, and
    /// the bytes of the image of its first commit.
    pub(super) fn narrowed(&self) -> Option<(Self, &[u8])> {
        let Since { commits, image } = self.since.as_ref()?;
        let claims = commits.iter().map(|&place| self.commits.get(place as usize).copied());
        let commits = claims.collect::<Option<Vec<_>>>().filter(|claims| !claims.is_empty())?;
        // One by one: a long history is not worth copying to be left out.
        let narrow = Self {
            mirror: self.mirror.clone(),
            policy: self.policy.clone(),
            commits,
            since: None,
            shallow: self.shallow.clone(),
            branches: self.branches.clone(),
            tags: self.tags.clone(),
            updates: self.updates.clone(),
            seen: self.seen.clone(),
            beyond: self.beyond.clone(),
        };
        Some((narrow, image))
    }
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
