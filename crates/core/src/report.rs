// SPDX-License-Identifier: Apache-2.0
//! Findings on their way: first as found, then weighed by level and waiver.

use std::collections::BTreeMap;

use repo_sync_shared::{Check, Finding, Level, ObjectId, escape_bytes};

use crate::git::ObjectError;
use crate::history::History;
use crate::manifest::{Date, Mirror, Waiver, WaiverScope};

/// How the level of a finding is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// What the manifest states for the check, or the check's default.
    Usual,
    /// What the manifest states, or a warning.
    Lighter,
    /// It refuses, whatever the manifest states, and nothing waives it.
    Always,
}

/// Something that a check found, before anybody weighed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFinding {
    /// The check.
    pub check: Check,
    /// The private commit, by its number in the history.
    pub commit: Option<u32>,
    /// The private path.
    pub path: Option<Vec<u8>>,
    /// The object.
    pub object: Option<ObjectId>,
    /// Whether the finding is about the bytes of that object, wherever it stands.
    pub content: bool,
    /// The line of the file, from 1.
    pub line: Option<u32>,
    /// The rule and its place.
    pub rule: Option<String>,
    /// What to do.
    pub hint: String,
    /// How the level is found.
    pub weight: Weight,
}

impl RawFinding {
    /// A finding about the run as a whole.
    pub fn new(check: Check, hint: impl Into<String>) -> Self {
        let (hint, weight) = (hint.into(), Weight::Usual);
        Self {
            check,
            commit: None,
            path: None,
            object: None,
            content: false,
            line: None,
            rule: None,
            hint,
            weight,
        }
    }

    /// A finding about an object that cannot be read.
    pub(crate) fn unreadable(source: &ObjectError) -> Self {
        let (check, hint) = crate::error::unreadable(source);
        let (ObjectError::Missing { id, .. }
        | ObjectError::Corrupt { id, .. }
        | ObjectError::Type { id, .. }) = source;
        Self { object: Some(*id), ..Self::new(check, hint) }
    }

    /// A finding about a commit.
    pub fn at(check: Check, commit: u32, hint: impl Into<String>) -> Self {
        Self { commit: Some(commit), ..Self::new(check, hint) }
    }

    /// With the path it is about.
    #[must_use]
    pub fn path(self, path: Vec<u8>) -> Self {
        Self { path: Some(path), ..self }
    }

    /// With the line of the file, from 1.
    #[must_use]
    pub fn line(self, line: u32) -> Self {
        Self { line: Some(line), ..self }
    }

    /// With the rule that it breaks.
    #[must_use]
    pub fn rule(self, rule: impl ToString) -> Self {
        Self { rule: Some(rule.to_string()), ..self }
    }

    /// As a report shows it.
    pub fn reported(self, history: Option<&History>) -> Finding {
        Finding {
            check: self.check,
            commit: self.commit.and_then(|commit| history.map(|history| history.id(commit))),
            path: self.path.as_deref().map(escape_bytes),
            line: self.line,
            rule: self.rule,
            hint: self.hint,
        }
    }
}

/// What findings come to.
#[derive(Clone, Debug, Default)]
pub struct Weighed {
    /// Those that refuse.
    pub refusals: Vec<Finding>,
    /// Those that only warn.
    pub warnings: Vec<Finding>,
    /// How many were waived, by their check.
    pub waived: BTreeMap<Check, u64>,
}

/// Weighs findings by the levels and waivers of the policy tip; `today` decides
/// which waivers have expired.
pub fn weigh(
    findings: Vec<RawFinding>,
    mirror: &Mirror,
    history: &History,
    today: Date,
) -> Weighed {
    let mut weighed = Weighed::default();
    let mut used = vec![false; mirror.waivers.len()];
    for finding in findings {
        let level = match finding.check.default_level() {
            None if finding.check.is_notice() => Level::Warn,
            None => Level::Refuse,
            Some(usual) => match (finding.weight, mirror.guard.stated(finding.check)) {
                (Weight::Always, _) => Level::Refuse,
                (_, Some(stated)) => stated,
                (Weight::Usual, None) => usual,
                (Weight::Lighter, None) => Level::Warn,
            },
        };
        let list = match level {
            Level::Off => continue,
            Level::Warn => &mut weighed.warnings,
            Level::Refuse => &mut weighed.refusals,
        };
        let waived = mirror.waivers.iter().position(|waiver| {
            finding.weight != Weight::Always
                && waiver.check == finding.check
                && waives(waiver, &finding, history, today)
        });
        match waived {
            Some(waiver) => {
                used[waiver] = true;
                *weighed.waived.entry(finding.check).or_default() += 1;
            }
            None => list.push(finding.reported(Some(history))),
        }
    }
    for (waiver, _) in mirror.waivers.iter().zip(&used).filter(|&(_, &used)| !used) {
        let what = if is_expired(waiver, today) { "has expired" } else { "waives nothing" };
        let hint = format!("this waiver of `{}` {what}; remove it", waiver.check);
        let notice = RawFinding::new(Check::WaiverUnused, hint);
        weighed
            .warnings
            .push(notice.rule(format_args!("sync.toml:{}", waiver.line)).reported(None));
    }
    weighed
}

fn is_expired(waiver: &Waiver, today: Date) -> bool {
    waiver.expires.is_some_and(|day| day < today)
}

fn waives(waiver: &Waiver, finding: &RawFinding, history: &History, today: Date) -> bool {
    if is_expired(waiver, today) {
        return false;
    }
    match &waiver.scope {
        WaiverScope::Path(pattern) => {
            finding.path.as_deref().is_some_and(|path| pattern.matches_exact(path))
        }
        WaiverScope::Object(id) => {
            let commit = finding.commit.map(|commit| history.id(commit).id());
            finding.object == Some(*id) || commit == Some(*id)
        }
        WaiverScope::Until(id) => match (history.number(*id), finding.commit) {
            (Some(until), Some(commit)) => history.dag.is_ancestor(commit, until),
            (None, _) | (_, None) => false,
        },
    }
}
