// SPDX-License-Identifier: Apache-2.0
//! The gate: what private commits would make public, judged before they are where
//! a sync would publish them.
//!
//! [`judge`] takes a range of private commits, asks no mirror, and shows what the
//! range would newly publish to the same checks that a sync runs. The policy is
//! that of the range's base, which the range itself cannot edit. [`judge_push`] takes
//! what git is about to push to a mirror, past the sync.

mod exposure;
mod policy;
mod push;
mod staged;

use repo_sync_shared::{Check, Counts, Finding, Outcome, PrivateCommit, Report};
use rustc_hash::FxHashSet;

use crate::checks::{Subject, inspect};
use crate::error::{RunError, UsageError};
use crate::ledger::Ledger;
use crate::manifest::Date;
use crate::plan::judge::{aliases, new_roots, policy_tip};
use crate::plan::leaving::now_private;
use crate::progress::Progress;
use crate::report::{RawFinding, Weight, weigh};
use crate::session::Session;

pub use exposure::{Exposed, Exposure};
pub use policy::sessions;
pub use push::{MalformedPush, PushedRef, judge_push, mirror_at};
pub use staged::Staged;

/// The private commits that `head` has and `base` has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Where they would be merged.
    pub base: PrivateCommit,
    /// What would be merged.
    pub head: PrivateCommit,
}

/// What to judge, and how hard.
#[derive(Clone, Copy, Debug)]
pub struct GateRequest {
    /// Which commits.
    pub range: Range,
    /// Whether what only the base's manifest holds back is a warning: for somebody
    /// who edits it and has not shown it to anybody yet.
    pub lighter: bool,
    /// The day, for waivers that expire.
    pub today: Date,
}

/// What a range would make public, and what speaks against it.
pub struct Judged {
    /// The images that would be new, parents first.
    pub new: Vec<u32>,
    /// The files that would be.
    pub exposure: Exposure,
    /// The commits of the range in numbers.
    pub counts: Counts,
    /// Findings that refuse.
    pub refusals: Vec<Finding>,
    /// Findings that warn.
    pub warnings: Vec<Finding>,
}

impl Judged {
    /// The judgement as a report.
    pub fn report(&self, command: &str, mirror: &str) -> Report {
        let outcome = if !self.refusals.is_empty() {
            Outcome::Refused
        } else if self.new.is_empty() {
            Outcome::UpToDate
        } else {
            Outcome::Planned
        };
        let mut report = Report::new(command, outcome);
        report.mirror = Some(mirror.to_owned());
        report.counts = self.counts;
        report.refusals.clone_from(&self.refusals);
        report.warnings.clone_from(&self.warnings);
        report
    }
}

/// Judges what a range would make public. The session must have been opened with
/// both ends of it.
///
/// # Errors
/// An object cannot be read, or the run was interrupted.
pub fn judge(
    session: &mut Session<'_>,
    request: &GateRequest,
    progress: &dyn Progress,
) -> Result<Judged, RunError> {
    let Range { base, head } = request.range;
    let history = &session.replay.history;
    let number = |commit: PrivateCommit| {
        let mirror = session.policy.mirror.name.clone();
        let unknown = || UsageError::NotOnABranch { rev: commit.to_string(), mirror };
        history.number(commit).ok_or_else(unknown)
    };
    let (base, head) = (number(base)?, number(head)?);
    let before = history.dag.ancestors([base]);
    let mut range = history.dag.ancestors([head]);
    for (one, &before) in range.iter_mut().zip(&before) {
        *one &= !before;
    }
    let images = &session.replay.images;
    let of_base = history.numbers().filter(|&commit| before[commit as usize]);
    let public = images.dag.ancestors(of_base.filter_map(|commit| images.of(commit)));
    let new = images.new_behind(images.of(head), &public);
    if session.look_at(&new, progress)? {
        return judge(session, request, progress);
    }
    let counts = crate::plan::count(session, &range, &public);

    let mut found: Vec<RawFinding> = session
        .replay
        .findings
        .iter()
        .filter(|finding| finding.commit.is_none_or(|commit| range[commit as usize]))
        .cloned()
        .collect();
    new_roots(session, &new, &public, &mut found);
    aliases(session, &range, &public, &mut found)?;
    policies(session, request, head, &new, &mut found)?;
    widened(session, request, head, &public, &mut found)?;
    leaves(session, base, head, &mut found)?;
    let subject = Subject { new: &new, public: &public, tags: &[], refs: &[] };
    found.extend(inspect(session, subject, progress)?);
    let exposure = Exposure::find(session, &new, base, head)?;
    remember(session, &public);

    let (mirror, history) = (&session.policy.mirror, &session.replay.history);
    let mut weighed = weigh(found, mirror, history, request.today);
    // A range is a part only: other commits may need the waivers that it does not.
    weighed.warnings.retain(|warning| warning.check != Check::WaiverUnused);
    let (refusals, warnings) = (weighed.refusals, weighed.warnings);
    Ok(Judged { new, exposure, counts, refusals, warnings })
}

/// Spares the next judgement, by hand or by a hook, what leads up to the `public` images, by
/// number. One that had to look behind what is remembered stood in the past, and leaves
/// it as it is.
fn remember(session: &Session<'_>, public: &[bool]) {
    if !session.options.from_scratch {
        Ledger::renew(session, public);
    }
}

/// Whether the head loosens more than the lock of the base allows, so that widening is
/// told before it is merged.
fn widened(
    session: &mut Session<'_>,
    request: &GateRequest,
    head: u32,
    public: &[bool],
    found: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let Some(mirror) = policy::mirror_at_head(session, request.range.head)? else { return Ok(()) };
    let mut widened = Vec::new();
    crate::surface::judge(session, head, &mirror, public, &mut widened)?;
    if request.lighter {
        widened.iter_mut().for_each(|finding| finding.weight = Weight::Lighter);
    }
    found.append(&mut widened);
    Ok(())
}

/// Whether merging the head would take something to a private path, from the files that the
/// mirror shows of where the two parted.
fn leaves(
    session: &mut Session<'_>,
    base: u32,
    head: u32,
    found: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let images = &session.replay.images;
    let (Some(base), Some(head)) = (images.of(base), images.of(head)) else { return Ok(()) };
    let Some(parted) = images.dag.merge_base(base, head) else { return Ok(()) };
    now_private(session, &[(parted, head)], found)
}

const WIDENED: &str = "the manifest of the base does not publish this path: the range itself makes it \
                       public; whoever may decide that can judge the range by its own manifest, with \
                       `--policy-rev`";

/// Holds the new images against the manifest of the base, which speaks now, and
/// against that of the head, which will speak once it is merged.
fn policies(
    session: &mut Session<'_>,
    request: &GateRequest,
    head: u32,
    new: &[u32],
    found: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let now = session.policy.mirror.shape.clone();
    let later = match policy::at_head(session, request.range.head)? {
        policy::AtHead::Same => None,
        policy::AtHead::Shape(shape) => Some(shape),
        policy::AtHead::Invalid { line, hint } => {
            let known = found.iter().any(|finding| {
                finding.check == Check::ManifestInvalid && finding.commit == Some(head)
            });
            if !known {
                let finding = RawFinding::at(Check::ManifestInvalid, head, hint);
                let finding = finding.path(crate::policy::MANIFEST.into());
                found.push(RawFinding { line, ..finding });
            }
            None
        }
    };
    let mut by_later = Vec::new();
    if let Some(later) = &later {
        policy_tip(session, &later.rules, new, &mut by_later)?;
    }
    let mut by_now = Vec::new();
    policy_tip(session, &now.rules, new, &mut by_now)?;
    let key = |it: &RawFinding| (it.check, it.commit, it.path.clone());
    let held_later: FxHashSet<_> = by_later.iter().map(key).collect();
    let held_now: FxHashSet<_> = by_now.iter().map(key).collect();
    by_later.retain(|finding| !held_now.contains(&key(finding)));
    if later.is_some() {
        let widened = |it: &&mut RawFinding| {
            it.check == Check::PathNarrowed && !held_later.contains(&key(it))
        };
        for finding in by_now.iter_mut().filter(widened) {
            WIDENED.clone_into(&mut finding.hint);
            if request.lighter {
                finding.weight = Weight::Lighter;
            }
        }
    }
    found.append(&mut by_now);
    found.append(&mut by_later);
    Ok(())
}
