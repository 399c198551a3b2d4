// SPDX-License-Identifier: Apache-2.0
//! `[guard]` and `[[waiver]]`: how hard a check is, and where a person let go.

use std::collections::BTreeMap;
use std::fmt;

use repo_sync_shared::{Check, Level, ObjectId, PrivateCommit};
use toml::Spanned;
use toml::value::Datetime;

use super::error::{ManifestError, Source};
use super::near::nearest;
use super::raw::{RawWaiver, Text};
use super::seam::{full_id, stated};
use crate::paths::Pattern;

/// The level of each check: its own, unless the manifest states another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    stated: BTreeMap<Check, Level>,
}

impl Guard {
    /// What a finding of `check` does to the run.
    pub fn level(&self, check: Check) -> Level {
        self.stated(check).or(check.default_level()).unwrap_or(Level::Refuse)
    }

    /// The level that the manifest states for `check`, if it does.
    pub fn stated(&self, check: Check) -> Option<Level> {
        self.stated.get(&check).copied()
    }
}

pub(super) fn guard(
    source: Source<'_>,
    raw: &BTreeMap<Text, Level>,
) -> Result<Guard, ManifestError> {
    let level = |(name, &level)| Ok((check_with_level(source, name)?, level));
    Ok(Guard { stated: raw.iter().map(level).collect::<Result<_, _>>()? })
}

/// A finding that a person has looked at and let pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The check whose findings pass.
    pub check: Check,
    /// Which of them.
    pub scope: WaiverScope,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, if there is one.
    pub expires: Option<Date>,
    /// Where the manifest says so, from 1.
    pub line: u32,
}

/// What a [`Waiver`] covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaiverScope {
    /// Findings on private paths that match.
    Path(Pattern),
    /// Findings in this object.
    Object(ObjectId),
    /// Findings of this commit and its ancestors, which were reviewed.
    Until(PrivateCommit),
}

/// A day of the calendar. It prints as `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

pub(super) fn waiver(
    source: Source<'_>,
    raw: &Spanned<RawWaiver>,
) -> Result<Waiver, ManifestError> {
    let RawWaiver { check, path, object, until, reason, expires } = raw.get_ref();
    let name = check;
    let check = check_with_level(source, name)?;
    let scope = match (path, object, until) {
        (Some(path), None, None) if check == Check::Secret => {
            let message = "a waiver for `secret` takes `object` or `until`, \
                           for the next secret may stand at the same path";
            return Err(source.error(path.span(), message));
        }
        (Some(path), None, None) => WaiverScope::Path(
            Pattern::parse(path.get_ref())
                .map_err(|err| source.error(path.span(), err.to_string()))?,
        ),
        (None, Some(object), None) => WaiverScope::Object(full_id(source, object)?),
        (None, None, Some(until)) => WaiverScope::Until(full_id(source, until)?),
        (None, None, None) => {
            let message = "a waiver needs one of `path`, `object` or `until`";
            return Err(source.error(name.span(), message));
        }
        (Some(_), Some(second), _) | (_, _, Some(second)) => {
            let message = "a waiver takes only one of `path`, `object` and `until`";
            return Err(source.error(second.span(), message));
        }
    };
    Ok(Waiver {
        check,
        scope,
        reason: stated(source, reason)?,
        expires: expires.as_ref().map(|expires| date(source, expires)).transpose()?,
        line: source.line(raw.span().start),
    })
}

/// The check of this name, which must be one that a manifest has a say in.
fn check_with_level(source: Source<'_>, name: &Text) -> Result<Check, ManifestError> {
    let with_level = || Check::ALL.iter().filter(|check| check.default_level().is_some());
    match name.get_ref().parse::<Check>() {
        Ok(check) if check.default_level().is_some() => Ok(check),
        Ok(check) => {
            let message = format!("`{check}` always refuses: it takes no level and no waiver");
            Err(source.error(name.span(), message))
        }
        Err(err) => {
            let near = nearest(name.get_ref(), with_level().map(|check| check.name()));
            Err(source.error(name.span(), err.to_string()).with_near(near))
        }
    }
}

/// A day, as a TOML local date or as a string of the same form.
fn date(source: Source<'_>, raw: &Spanned<toml::Value>) -> Result<Date, ManifestError> {
    let datetime = match raw.get_ref() {
        toml::Value::Datetime(datetime) => Some(*datetime),
        toml::Value::String(text) => text.parse::<Datetime>().ok(),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => None,
    };
    match datetime {
        Some(Datetime { date: Some(date), time: None, offset: None }) => {
            Ok(Date { year: date.year, month: date.month, day: date.day })
        }
        Some(_) | None => {
            Err(source.error(raw.span(), "not a day, expected one such as `2026-01-31`"))
        }
    }
}
