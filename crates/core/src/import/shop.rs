// SPDX-License-Identifier: Apache-2.0
//! An import, step by step: commits are laid, judged, and brought into the private
//! repository.

use std::collections::{HashMap, HashSet};

use repo_sync_shared::{Check, Finding, Outcome, PrivateCommit, PublicCommit};

use super::deliver::{self, Move};
use super::fetch::Wanted;
use super::lay::{Bench, Ground, Unlaid};
use super::onto::{Picked, Picker};
use super::state::{Rest, Waiting};
use super::{Conflict, ImportError, ImportRequest, Imported, ImportedCommit};
use crate::error::RunError;
use crate::gate::{GateRequest, Range, judge};
use crate::git::{Git, Objects, PrivateRepo, Writer};
use crate::progress::Progress;
use crate::session::Session;

/// An import under way.
pub(super) struct Shop<'a, 'r> {
    pub(super) repo: &'r PrivateRepo,
    pub(super) session: Session<'r>,
    pub(super) request: &'a ImportRequest<'a>,
    pub(super) wanted: Wanted,
    /// Git for what is made, and for the private objects.
    pub(super) made: Git,
    pub(super) progress: &'a dyn Progress,
}

/// Commits that were laid, parents first, and the branch that they are for.
pub(super) struct Laid {
    pub(super) commits: Vec<(PublicCommit, PrivateCommit)>,
    pub(super) branch: String,
    /// The subjects of the public commits.
    pub(super) subjects: HashMap<PublicCommit, Vec<u8>>,
}

impl Laid {
    fn tip(&self) -> PrivateCommit {
        self.commits.last().expect("nothing is not laid").1
    }
}

impl<'r> Shop<'_, 'r> {
    /// Makes the private commits, and a session that knows their images. An original that
    /// could never be sent is recorded only where the mirror holds it.
    pub(super) fn lay(
        &self,
        objects: &'r Objects<'r>,
        writer: &Writer,
    ) -> Result<(Vec<(PublicCommit, PrivateCommit)>, Session<'r>), RunError> {
        let mut unrecorded = HashSet::new();
        loop {
            let mut bench = Bench {
                objects,
                writer,
                git: &self.made,
                allow: self.request.allow,
                policy: self.session.policy.mirror.shape.clone(),
                filters: Vec::new(),
                known: HashMap::new(),
            };
            let mut laid = Vec::with_capacity(self.wanted.commits.len());
            for &public in &self.wanted.commits {
                if self.progress.interrupted() {
                    return Err(RunError::Interrupted);
                }
                let parents = self.wanted.parents(public);
                let record = !unrecorded.contains(&public);
                match bench.lay(&self.session, public, parents, record) {
                    Ok(Ground { commit, .. }) => laid.push((public, commit)),
                    Err(Unlaid::Refused(findings)) => return Err(RunError::Refused(findings)),
                    Err(Unlaid::Run(err)) => return Err(err),
                }
            }
            let tips: Vec<PrivateCommit> = laid.last().map(|&(_, tip)| tip).into_iter().collect();
            let proof = self.session.reopened(&tips, self.progress)?;
            let unsendable = proof.replay.findings.iter().filter_map(|finding| {
                let commit = finding.commit.filter(|_| finding.check == Check::OriginalUnheld)?;
                let commit = proof.replay.history.id(commit);
                laid.iter().find(|&&(_, private)| private == commit).map(|&(public, _)| public)
            });
            let unsendable: Vec<_> =
                unsendable.filter(|public| !self.wanted.held.contains(public)).collect();
            if unsendable.is_empty() {
                return Ok((laid, proof));
            }
            unrecorded.extend(unsendable);
        }
    }

    /// Holds the commits against all checks, as the next sync would: what no private
    /// repository should hold either refuses, the rest is told.
    pub(super) fn judge(
        &self,
        proof: &mut Session<'r>,
        laid: &Laid,
    ) -> Result<Vec<Finding>, RunError> {
        let base = self.session.policy.branches[0].tip;
        let range = Range { base, head: laid.tip() };
        let request = GateRequest { range, lighter: false, today: self.request.today };
        let judged = judge(proof, &request, self.progress)?;
        let of: HashMap<_, _> = laid.commits.iter().map(|&(public, it)| (it, public)).collect();
        let mut refusals = Vec::new();
        let mut warnings = Vec::new();
        for mut found in judged.refusals.into_iter().chain(judged.warnings) {
            let public = found.commit.take().and_then(|commit| of.get(&commit).copied());
            if let Some(public) = public {
                found.hint = format!("public commit {}: {}", public.id().short(), found.hint);
            }
            if harms_private(found.check) {
                refusals.push(found);
            } else if found.check != Check::PolicyWidened
                && public.is_none_or(|public| !self.wanted.held.contains(&public))
            {
                // What a base says that was narrowed since widens nothing when it is merged.
                warnings.push(found);
            }
        }
        if refusals.is_empty() { Ok(warnings) } else { Err(RunError::Refused(refusals)) }
    }

    /// Makes the branch.
    pub(super) fn deliver(
        &self,
        proof: &Session<'_>,
        laid: &Laid,
        warnings: Vec<Finding>,
    ) -> Result<Imported, RunError> {
        let commit = |&(public, private): &(PublicCommit, PrivateCommit)| ImportedCommit {
            public,
            private,
            keeps_id: proof.replay.image_of(private) == Some(public),
            subject: laid.subjects[&public].clone(),
        };
        let imported = Imported {
            outcome: Outcome::Planned,
            branch: laid.branch.clone(),
            commits: laid.commits.iter().map(commit).collect(),
            warnings,
            conflict: None,
        };
        if self.request.dry_run {
            return Ok(imported);
        }
        let name = format!("refs/heads/{}", laid.branch);
        match self.repo.local_branch(&laid.branch) {
            Some(tip) if tip == laid.tip() => {
                return Ok(Imported { outcome: Outcome::UpToDate, ..imported });
            }
            Some(_) => return Err(ImportError::BranchExists(laid.branch.clone()).into()),
            None => {}
        }
        self.bring(&[laid.tip()])?;
        let moves = [Move { name, to: Some(laid.tip()), from: None }];
        deliver::refs(self.repo, self.request.environment, &moves)?;
        Ok(Imported { outcome: Outcome::Synced, ..imported })
    }

    /// Puts the commits on top of another one, as far as that goes.
    pub(super) fn rebase(
        &self,
        mut picker: Picker<'_, '_>,
        laid: &Laid,
        warnings: Vec<Finding>,
    ) -> Result<Imported, RunError> {
        if let Some(&merge) =
            self.wanted.commits.iter().find(|&&commit| self.wanted.parents(commit).len() > 1)
        {
            return Err(ImportError::Merge(merge).into());
        }
        if self.repo.local_branch(&laid.branch).is_some() {
            return Err(ImportError::BranchExists(laid.branch.clone()).into());
        }
        let mut commits = Vec::new();
        let mut conflict = None;
        for (number, &(public, private)) in laid.commits.iter().enumerate() {
            match picker.pick(private)? {
                Picked::As(private) => {
                    let keeps_id = picker.image == Some(public);
                    let subject = laid.subjects[&public].clone();
                    commits.push(ImportedCommit { public, private, keeps_id, subject });
                }
                Picked::Conflict(paths) => {
                    let rest = laid.commits.len() - number - 1;
                    conflict = Some((number, Conflict { public, private, paths, rest }));
                    break;
                }
            }
        }
        let branch = laid.branch.clone();
        let (outcome, conflict) = if self.request.dry_run {
            (Outcome::Planned, conflict.map(|(_, conflict)| conflict))
        } else {
            self.bring(&[picker.at, laid.tip()])?;
            let (at, environment) = (picker.at, self.request.environment);
            let name = format!("refs/heads/{branch}");
            let mut moves = vec![Move { name, to: Some(at), from: None }];
            let waiting = conflict.as_ref().map(|&(number, _)| {
                let rest = laid.commits[number..].iter();
                let rest = rest.map(|&(public, private)| Rest { public, private }).collect();
                Waiting { version: 1, branch: branch.clone(), at, rest, tip: laid.tip() }
            });
            if let Some(waiting) = &waiting {
                let to = Some(waiting.tip);
                moves.push(Move { name: waiting.keeper(), to, from: None });
            }
            deliver::refs(self.repo, environment, &moves)?;
            if let Some(waiting) = &waiting {
                waiting.save(self.repo, &self.session.policy.mirror.name)?;
            }
            let outcome = if conflict.is_some() { Outcome::Failed } else { Outcome::Synced };
            (outcome, conflict.map(|(_, conflict)| conflict))
        };
        Ok(Imported { outcome, branch, commits, warnings, conflict })
    }

    /// Copies commits into the private repository, without any ref to them.
    fn bring(&self, tips: &[PrivateCommit]) -> Result<(), RunError> {
        let history = &self.session.replay.history;
        let mut known: Vec<PrivateCommit> =
            self.session.policy.branches.iter().map(|it| it.tip).collect();
        known.extend(self.request.onto);
        known.retain(|&commit| history.number(commit).is_some());
        deliver::objects(&self.made, self.repo, self.request.environment, tips, &known)
    }
}

/// Whether what a check finds is no better in a private repository than on a mirror.
fn harms_private(check: Check) -> bool {
    matches!(
        check,
        Check::PathDenied
            | Check::PathNarrowed
            | Check::PathAlias
            | Check::PathCollision
            | Check::SymlinkPrivate
            | Check::SymlinkEscape
            | Check::MalformedTree
            | Check::MalformedCommit
            | Check::ObjectType
            | Check::ObjectCorrupt
            | Check::ObjectMissing
            | Check::TreeDepth
            | Check::LeftMarker
            | Check::ManifestInvalid
            | Check::ManifestMissing
            | Check::NewRoot
    )
}
