// SPDX-License-Identifier: Apache-2.0
//! Everything a sync would change, and every reason not to.
//!
//! [`Plan::make`] holds the images against what the mirror shows, judges what is
//! new, and writes nothing. Only [`publish`](crate::publish) carries a plan out.

mod branches;
mod differently;
mod files;
mod foreign;
mod idle;
pub(crate) mod judge;
pub(crate) mod leaving;
mod tags;
mod unmatched;

use std::collections::{BTreeMap, HashSet};

use repo_sync_shared::{
    Check, Counts, Finding, ObjectId, Outcome, PrivateCommit, PublicCommit, RefReport, Report,
};

use crate::error::{RunError, UsageError};
use crate::git::{Address, Environment, RemoteRefs};
use crate::manifest::Date;
use crate::replay::Fate;
use crate::report::{RawFinding, weigh};
use crate::session::Session;

pub use branches::Divergence;
pub use files::FileChanges;
pub use foreign::{Foreign, find_foreign};
pub use tags::NewTag;

/// What to plan.
pub struct Request<'a> {
    /// Publish up to this revision only.
    pub rev: Option<&'a str>,
    /// Whether the revision may lie on no listed branch.
    pub any_rev: bool,
    /// Where the mirror is.
    pub address: &'a Address,
    /// What the mirror shows.
    pub remote: &'a RemoteRefs,
    /// What git children may see.
    pub environment: &'a Environment,
    /// Publish commits that the upstream does not hold.
    pub local: bool,
    /// The day, for waivers that expire.
    pub today: Date,
}

/// Everything a sync would change.
#[must_use = "a plan changes nothing until it is published"]
pub struct Plan {
    /// The refs, branches first.
    pub refs: Vec<RefUpdate>,
    /// Annotated tags to be written.
    pub tags: Vec<NewTag>,
    /// The new images, parents first.
    pub new: Vec<u32>,
    /// The images that the mirror already holds, by number.
    pub public: Vec<bool>,
    /// The private commits that the planned refs reach, by number.
    pub reached: Vec<bool>,
    /// The planned history in numbers.
    pub counts: Counts,
    /// Findings that refuse.
    pub refusals: Vec<Finding>,
    /// Findings that warn.
    pub warnings: Vec<Finding>,
    /// How many findings were waived, by their check.
    pub waived: BTreeMap<Check, u64>,
    /// The images that annotated tags lead to, by the id of the tag object, whether
    /// new or not.
    pub annotated: Vec<(ObjectId, u32)>,
    /// All that was found, before anybody weighed it.
    found: Vec<RawFinding>,
    /// Commits on the mirror that are not ours.
    pub foreign: Vec<PublicCommit>,
    /// Branches of the mirror that cannot be moved forward.
    pub divergences: Vec<Divergence>,
}

/// One ref of the mirror, from where it was seen to where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name, as bytes: a tag may have any.
    pub name: Vec<u8>,
    /// What the mirror's ref named, if it was there.
    pub expected: Option<ObjectId>,
    /// What it should name; `None` if it has nothing to show.
    pub new: Option<ObjectId>,
}

impl RefUpdate {
    /// Whether the mirror has to move it.
    pub fn moves(&self) -> bool {
        self.new.is_some() && self.new != self.expected
    }
}

impl Plan {
    /// Plans a sync: reads, judges, and changes nothing.
    ///
    /// # Errors
    /// REV is wrong, or an object or the mirror cannot be read.
    pub fn make(session: &mut Session<'_>, request: &Request<'_>) -> Result<Self, RunError> {
        let chosen = branches::choose(session, request)?;
        let foreign = unknown_tips(session, request, &chosen)?;
        let (mut refs, divergences, mut findings) =
            branches::plan(session, request, &chosen, foreign.as_ref());
        let moves = moves(session, &refs);

        let reached =
            session.replay.history.dag.ancestors(chosen.iter().map(|branch| branch.number));
        let tags = tags::plan(session, request, &reached, &mut findings)?;
        refs.extend(tags.refs);
        let images = &session.replay.images;
        let shown = request
            .remote
            .shown()
            .filter_map(|(_, id)| images.number(PublicCommit::new(id)))
            .chain(foreign.iter().flat_map(|foreign| foreign.reached_images(images)));
        let public = images.dag.ancestors(shown);
        // A tagged commit need not be behind a public branch: a withheld merge keeps
        // the image of its first parent only.
        let tips = chosen.iter().filter_map(|branch| images.of(branch.number)).chain(tags.images);
        let new = images.new_behind(tips, &public);
        let counts = count(session, &reached, &public);

        judge::new_roots(session, &new, &public, &mut findings);
        let tip = session.policy.mirror.shape.clone();
        judge::policy_tip(session, &tip.rules, &new, &mut findings)?;
        judge::unpushed(session, request, &chosen, &new, &mut findings);
        judge::unmatched_patterns(session, &mut findings);
        idle::idle_transforms(session, &mut findings)?;
        differently::merged_differently(session, &new, &mut findings)?;
        if let Some(tip) = session.replay.history.number(session.policy.tip) {
            let mirror = session.policy.mirror.clone();
            crate::surface::judge(session, tip, &mirror, &public, &mut findings)?;
        }
        judge::unknown_refs(session, request, &refs, &mut findings);
        findings.extend(of_new_commits(session, &reached, &public));
        judge::aliases(session, &reached, &public, &mut findings)?;
        leaving::now_private(session, &moves, &mut findings)?;

        let mut plan = Self {
            refs,
            tags: tags.objects,
            new,
            public,
            reached,
            counts,
            refusals: Vec::new(),
            warnings: Vec::new(),
            waived: BTreeMap::new(),
            annotated: tags.annotated,
            found: Vec::new(),
            foreign: foreign.map(|foreign| foreign.commits).unwrap_or_default(),
            divergences,
        };
        plan.find(session, findings, request.today);
        Ok(plan)
    }

    /// Adds findings, and weighs all there are.
    pub(crate) fn find(&mut self, session: &Session<'_>, more: Vec<RawFinding>, today: Date) {
        self.found.extend(more);
        let (mirror, history) = (&session.policy.mirror, &session.replay.history);
        let weighed = weigh(self.found.clone(), mirror, history, today);
        (self.refusals, self.warnings) = (weighed.refusals, weighed.warnings);
        self.waived = weighed.waived;
        if self.new.is_empty() {
            // Where nothing was looked at, no waiver had a chance.
            self.warnings.retain(|warning| warning.check != Check::WaiverUnused);
        }
    }

    /// What the mirror would have to do.
    pub fn updates(&self) -> impl Iterator<Item = &RefUpdate> {
        self.refs.iter().filter(|update| update.moves())
    }

    /// How the run stands before anything is published.
    pub fn outcome(&self) -> Outcome {
        if !self.refusals.is_empty() {
            Outcome::Refused
        } else if !self.divergences.is_empty() {
            Outcome::Diverged
        } else if self.updates().next().is_none() {
            Outcome::UpToDate
        } else {
            Outcome::Planned
        }
    }

    /// The plan as a report.
    pub fn report(&self, command: &str, mirror: &str) -> Report {
        let mut report = Report::new(command, self.outcome());
        report.mirror = Some(mirror.to_owned());
        report.refs = self
            .refs
            .iter()
            .map(|update| RefReport {
                name: repo_sync_shared::escape_bytes(&update.name),
                expected: update.expected,
                new: update.new,
            })
            .collect();
        report.counts = self.counts;
        report.refusals.clone_from(&self.refusals);
        report.warnings.clone_from(&self.warnings);
        report.foreign.clone_from(&self.foreign);
        report
    }
}

/// The tips of planned refs that are no image of ours, looked at on the mirror.
fn unknown_tips(
    session: &Session<'_>,
    request: &Request<'_>,
    chosen: &[branches::Chosen],
) -> Result<Option<Foreign>, RunError> {
    let images = &session.replay.images;
    let unknown = chosen.iter().any(|branch| {
        let tip = request.remote.get(branch.full_name().as_bytes());
        tip.is_some_and(|tip| match images.number(PublicCommit::new(tip)) {
            None => true,
            // Of a commit that a seam joins, only the mirror knows what it stands on.
            Some(at) => {
                images.source(at).is_none()
                    && images.of(branch.number).is_some_and(|own| !images.dag.is_ancestor(at, own))
            }
        })
    });
    if !unknown {
        return Ok(None);
    }
    let seams: HashSet<PublicCommit> =
        session.policy.mirror.seams.iter().filter_map(|seam| Some(seam.public?.0)).collect();
    let names = chosen.iter().map(branches::Chosen::full_name);
    let names: Vec<String> =
        names.filter(|name| request.remote.get(name.as_bytes()).is_some()).collect();
    let foreign = find_foreign(request.address, request.environment, &names, &seams, |id| {
        images.number(id).is_some()
    })?;
    Ok(Some(foreign))
}

/// The images between which branches move forward.
fn moves(session: &Session<'_>, branches: &[RefUpdate]) -> Vec<(u32, u32)> {
    let images = &session.replay.images;
    let number = |id: Option<ObjectId>| images.number(PublicCommit::new(id?));
    let moving = branches.iter().filter(|branch| branch.moves());
    let moves = moving.filter_map(|branch| Some((number(branch.expected)?, number(branch.new)?)));
    moves.filter(|&(from, to)| images.dag.is_ancestor(from, to)).collect()
}

/// What becomes of the private commits that are reached, where the mirror holds the
/// public images.
pub(crate) fn count(session: &Session<'_>, reached: &[bool], public: &[bool]) -> Counts {
    let images = &session.replay.images;
    let mut counts = Counts::default();
    for commit in session.replay.history.numbers().filter(|&commit| reached[commit as usize]) {
        counts.private_commits += 1;
        match (images.fate(commit), images.of(commit)) {
            (Fate::Published, Some(image)) if public[image as usize] => counts.already_public += 1,
            (Fate::Published, _) => counts.published += 1,
            (Fate::Dropped, _) => counts.dropped += 1,
        }
    }
    counts
}

/// What the replay found, as far as it is about planned commits that are not
/// public yet.
fn of_new_commits(session: &Session<'_>, reached: &[bool], public: &[bool]) -> Vec<RawFinding> {
    let images = &session.replay.images;
    let is_new = |commit: u32| {
        reached[commit as usize] && images.own(commit).is_none_or(|image| !public[image as usize])
    };
    let replay = &session.replay;
    replay.findings.iter().filter(|finding| finding.commit.is_none_or(is_new)).cloned().collect()
}

/// The branch a revision is published on, or why it cannot be.
fn not_on_a_branch(session: &Session<'_>, rev: &str) -> UsageError {
    UsageError::NotOnABranch { rev: rev.to_owned(), mirror: session.policy.mirror.name.clone() }
}

/// A notice about a ref of the mirror.
fn notice(check: Check, commit: Option<u32>, hint: String) -> RawFinding {
    RawFinding { commit, ..RawFinding::new(check, hint) }
}

/// A commit as a person is told of it.
fn short(commit: PrivateCommit) -> String {
    commit.short()
}
