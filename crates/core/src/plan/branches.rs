// SPDX-License-Identifier: Apache-2.0
//! Where each listed branch of the mirror should stand.

use repo_sync_shared::{Check, PrivateCommit, PublicCommit};

use super::{Foreign, RefUpdate, Request, not_on_a_branch, notice, short};
use crate::error::RunError;
use crate::report::RawFinding;
use crate::session::Session;

/// A branch that is planned, and the private commit it is planned for.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) commit: PrivateCommit,
    pub(super) number: u32,
}

impl Chosen {
    pub(super) fn full_name(&self) -> String {
        format!("refs/heads/{}", self.name)
    }
}

/// A branch of the mirror that cannot be moved forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The short name of the branch.
    pub branch: String,
    /// The private tip.
    pub private: PrivateCommit,
    /// Its image.
    pub image: Option<PublicCommit>,
    /// The mirror's tip.
    pub mirror: PublicCommit,
    /// The tree of the mirror's tip, where it could be read.
    pub mirror_tree: Option<repo_sync_shared::PublicTree>,
    /// The newest image of ours that the mirror's branch holds.
    pub merge_base: Option<PublicCommit>,
}

/// The branches that are planned: all that are listed, or the one that REV is on.
pub(super) fn choose(
    session: &Session<'_>,
    request: &Request<'_>,
) -> Result<Vec<Chosen>, RunError> {
    let history = &session.replay.history;
    let number = |commit| history.number(commit).expect("the walk began at the listed branches");
    let branches = &session.policy.branches;
    let Some(rev) = request.rev else {
        let all = branches.iter().map(|branch| Chosen {
            name: branch.name.clone(),
            commit: branch.tip,
            number: number(branch.tip),
        });
        return Ok(all.collect());
    };
    let commit = session.repo.rev(rev)?;
    let short_name = rev.strip_prefix("refs/heads/").unwrap_or(rev);
    let by_name = branches.iter().find(|branch| branch.name == short_name && branch.tip == commit);
    let by_history = || {
        let at = history.number(commit)?;
        branches.iter().find(|branch| history.dag.is_ancestor(at, number(branch.tip)))
    };
    let branch =
        by_name.or_else(by_history).or(if request.any_rev { branches.first() } else { None });
    let branch = branch.ok_or_else(|| not_on_a_branch(session, rev))?;
    let number = history.number(commit).ok_or_else(|| not_on_a_branch(session, rev))?;
    Ok(vec![Chosen { name: branch.name.clone(), commit, number }])
}

/// Holds each chosen branch against the mirror.
pub(super) fn plan(
    session: &Session<'_>,
    request: &Request<'_>,
    chosen: &[Chosen],
    foreign: Option<&Foreign>,
) -> (Vec<RefUpdate>, Vec<Divergence>, Vec<RawFinding>) {
    let images = &session.replay.images;
    let mut refs = Vec::new();
    let mut divergences = Vec::new();
    let mut findings = Vec::new();
    for branch in chosen {
        let name = branch.full_name();
        let expected = request.remote.get(name.as_bytes());
        let image = images.of(branch.number);
        let mut new = image.map(|image| images.id(image).id());
        if let Some(seen) = expected {
            let seen = PublicCommit::new(seen);
            let relation = match (images.number(seen), image) {
                (Some(at), Some(image)) if images.dag.is_ancestor(at, image) => Relation::Forward,
                (Some(at), Some(image)) if images.dag.is_ancestor(image, at) => Relation::Behind,
                // A branch that shows nothing is behind whatever the mirror shows.
                (Some(_), None) => Relation::Behind,
                (None, Some(image))
                    if foreign.is_some_and(|foreign| {
                        foreign.bases_above(seen).any(|base| {
                            images
                                .number(base)
                                .is_some_and(|base| images.dag.is_ancestor(base, image))
                        })
                    }) =>
                {
                    Relation::Forward
                }
                (Some(_) | None, Some(image))
                    if foreign.is_some_and(|foreign| {
                        foreign.commits.is_empty() && foreign.descends(seen, images.id(image))
                    }) =>
                {
                    Relation::Behind
                }
                (Some(_) | None, _) => Relation::Apart,
            };
            match relation {
                Relation::Forward => {}
                Relation::Behind => {
                    new = expected;
                    if request.rev.is_none() {
                        findings.push(behind(branch, seen));
                    }
                }
                Relation::Apart => {
                    divergences.push(Divergence {
                        branch: branch.name.clone(),
                        private: branch.commit,
                        image: image.map(|image| images.id(image)),
                        mirror: seen,
                        mirror_tree: foreign
                            .and_then(|foreign| foreign.tree(seen))
                            .or_else(|| images.number(seen).map(|at| images.tree(at))),
                        merge_base: merge_base(session, foreign, seen, image),
                    });
                }
            }
        }
        refs.push(RefUpdate { name: name.into_bytes(), expected, new });
    }
    (refs, divergences, findings)
}

/// How the image of a branch stands to the mirror's tip.
enum Relation {
    /// It descends from it, or is it.
    Forward,
    /// The mirror is ahead.
    Behind,
    /// Neither.
    Apart,
}

fn behind(branch: &Chosen, seen: PublicCommit) -> RawFinding {
    let hint = format!(
        "private `{}` at {} stands behind the mirror's {}; nothing is moved back",
        branch.name,
        short(branch.commit),
        seen.short(),
    );
    notice(Check::BranchBehind, Some(branch.number), hint)
}

/// The newest image of ours that both the branch and the mirror's tip hold.
fn merge_base(
    session: &Session<'_>,
    foreign: Option<&Foreign>,
    seen: PublicCommit,
    image: Option<u32>,
) -> Option<PublicCommit> {
    let images = &session.replay.images;
    match images.number(seen) {
        Some(at) => images.dag.merge_base(at, image?).map(|base| images.id(base)),
        None => {
            let newest = foreign?.reached_images(images).max()?;
            Some(images.id(images.dag.merge_base(newest, image?)?))
        }
    }
}
