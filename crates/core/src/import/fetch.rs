// SPDX-License-Identifier: Apache-2.0
//! Which public commits are to be imported, and their objects.
//!
//! First only commits are fetched, to see which of them are ours; then what the others
//! hold, and nothing of what lies behind.

use std::collections::{HashMap, HashSet};

use repo_sync_shared::{ObjectId, PublicCommit};

use super::{ImportError, ImportRequest};
use crate::error::{Failure, RunError};
use crate::git::{RemoteRefs, Scratch};
use crate::plan::{Foreign, find_foreign};
use crate::session::Session;

/// The commits that are to be imported.
pub(super) struct Wanted {
    /// They, parents first.
    pub(super) commits: Vec<PublicCommit>,
    /// Those that a listed branch of the mirror holds already.
    pub(super) held: HashSet<PublicCommit>,
    /// What to ask for.
    head: Named,
    foreign: Foreign,
}

/// One end of what was asked for, and how to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    /// A full ref name, or a full id.
    name: String,
    commit: PublicCommit,
}

impl Wanted {
    /// Finds what `request` asks for that is not ours.
    ///
    /// # Errors
    /// Nothing is called so; the other side cannot be read.
    pub(super) fn find(
        session: &Session<'_>,
        request: &ImportRequest<'_>,
    ) -> Result<Self, RunError> {
        let ImportRequest { address, environment, rev, .. } = *request;
        let unreachable = |source| Failure::Unreachable { address: address.to_string(), source };
        let refs = RemoteRefs::read(address, environment).map_err(unreachable)?;
        let (from, to) = match rev.split_once("..") {
            Some((from, to)) => (Some(from), to),
            None => (None, rev),
        };
        let head = named(&refs, to).ok_or_else(|| ImportError::Unknown(to.to_owned()))?;
        let branches = listed(session, &refs, request);
        let mut names = vec![head.name.clone()];
        names.extend(branches.iter().map(|branch| branch.name.clone()));
        let images = &session.replay.images;
        let is_ours = |commit| images.number(commit).is_some();
        let bases = session.policy.mirror.seams.iter();
        let bases = bases.filter_map(|seam| Some(seam.public?.0)).collect();
        let foreign = find_foreign(address, environment, &names, &bases, is_ours)?;
        if !foreign.reaches(head.commit) {
            return Err(ImportError::Unknown(to.to_owned()).into());
        }
        let behind_head = foreign.behind([head.commit]);
        let mut commits: Vec<PublicCommit> =
            foreign.commits.iter().rev().copied().filter(|it| behind_head.contains(it)).collect();
        if let Some(from) = from {
            let known = named(&refs, from).map(|named| named.commit);
            let from = known.or_else(|| from.parse().ok());
            let from = from.filter(|&from| foreign.reaches(from) || is_ours(from));
            let from = from.ok_or_else(|| ImportError::Unknown(rev.to_owned()))?;
            let behind = foreign.behind([from]);
            commits.retain(|commit| !behind.contains(commit));
        }
        let held = foreign.behind(branches.iter().map(|branch| branch.commit));
        Ok(Self { commits, held, head, foreign })
    }

    /// The parents of a commit.
    pub(super) fn parents(&self, commit: PublicCommit) -> &[PublicCommit] {
        self.foreign.parents(commit)
    }

    /// Fetches the commits with all that they hold.
    ///
    /// # Errors
    /// The other side cannot be read, or sends what git does not take.
    pub(super) fn fetch(
        &self,
        request: &ImportRequest<'_>,
        scratch: &Scratch,
    ) -> Result<(), RunError> {
        let ImportRequest { address, .. } = *request;
        let url = address.as_git();
        let depth = format!("--depth={}", self.depth());
        let refspec = format!("+{}:refs/import/head", self.head.name);
        let args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &depth, "--", &url];
        let fetched = scratch.git().run(&[&args[..], &[refspec.as_str()]].concat(), b"");
        fetched.map_err(|source| Failure::Unreachable { address: address.to_string(), source })?;
        Ok(())
    }

    /// How many commits away from the head the farthest is, the head itself being one.
    fn depth(&self) -> usize {
        let wanted: HashSet<_> = self.commits.iter().copied().collect();
        let mut distance = HashMap::from([(self.head.commit, 1)]);
        let mut open = std::collections::VecDeque::from([self.head.commit]);
        while let Some(commit) = open.pop_front() {
            let next = distance[&commit] + 1;
            for &parent in self.foreign.parents(commit) {
                if wanted.contains(&parent) && !distance.contains_key(&parent) {
                    distance.insert(parent, next);
                    open.push_back(parent);
                }
            }
        }
        distance.into_values().max().unwrap_or(1)
    }
}

/// The branches of the mirror that its manifest lists; none of a fork.
fn listed(session: &Session<'_>, refs: &RemoteRefs, request: &ImportRequest<'_>) -> Vec<Named> {
    let is_listed = |name: &str| {
        let short = name.strip_prefix("refs/heads/");
        session.policy.branches.iter().any(|branch| Some(branch.name.as_str()) == short)
    };
    let all = refs.iter().filter(|_| request.is_mirror);
    let named = all.filter_map(|(name, id)| {
        let name = str::from_utf8(name).ok().filter(|name| is_listed(name))?;
        Some(Named { name: name.to_owned(), commit: PublicCommit::new(id) })
    });
    named.collect()
}

/// The ref of this name, as git finds one, or the commit of this id.
fn named(refs: &RemoteRefs, name: &str) -> Option<Named> {
    for prefix in ["", "refs/", "refs/tags/", "refs/heads/"] {
        let full = format!("{prefix}{name}");
        if let Some(id) = refs.peeled(full.as_bytes()).filter(|_| full.starts_with("refs/")) {
            return Some(Named { name: full, commit: PublicCommit::new(id) });
        }
    }
    if let Some(id) = ObjectId::from_hex(name.as_bytes()) {
        return Some(Named { name: id.to_string(), commit: PublicCommit::new(id) });
    }
    // The beginning of an id, if a ref stands there.
    let digits = name.to_ascii_lowercase();
    if digits.len() < 7 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut found: Vec<ObjectId> =
        refs.iter().map(|(_, id)| id).filter(|id| id.to_string().starts_with(&digits)).collect();
    found.sort_unstable();
    found.dedup();
    let &[id] = &found[..] else { return None };
    Some(Named { name: id.to_string(), commit: PublicCommit::new(id) })
}
