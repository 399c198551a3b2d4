// SPDX-License-Identifier: Apache-2.0
//! Whose manifest judges a range.

use std::sync::Arc;

use repo_sync_shared::PrivateCommit;

use super::Range;
use crate::error::{RunError, UsageError};
use crate::git::{Objects, PrivateRepo};
use crate::manifest::{Manifest, Mirror, Shape};
use crate::policy::{Policy, PolicySource, manifest_at};
use crate::session::{Session, SessionOptions};

/// The sessions in which a range is to be judged, one for each mirror that is
/// asked for: the policy is read at the base, or at the head for a mirror that
/// only the head knows. A stand-in or a revision that the user names comes first.
///
/// # Errors
/// No manifest, or none that names the mirror.
pub fn sessions(
    repo: &PrivateRepo,
    objects: &Objects<'_>,
    options: &SessionOptions,
    all: bool,
    range: Range,
) -> Result<Vec<SessionOptions>, RunError> {
    let stated = options.policy.stand_in.is_some() || options.policy.rev.is_some();
    let at = |commit: PrivateCommit| PolicySource {
        rev: Some(commit.to_string()),
        ..options.policy.clone()
    };
    let of = |policy: &PolicySource, name: &str| SessionOptions {
        policy: policy.clone(),
        mirror: Some(name.to_owned()),
        ..options.clone()
    };
    if stated {
        if !all {
            return Ok(vec![options.clone()]);
        }
        let names = Policy::mirror_names(repo, objects, &options.policy)?;
        return Ok(names.iter().map(|name| of(&options.policy, name)).collect());
    }
    let (base, head) = (at(range.base), at(range.head));
    let names_at = |policy: &PolicySource| match Policy::mirror_names(repo, objects, policy) {
        Err(RunError::Usage(UsageError::NoManifest(_))) => Ok(Vec::new()),
        other => other,
    };
    let known = names_at(&base)?;
    // A mistake in the head's manifest is for the judgement to tell.
    let later = names_at(&head).unwrap_or_default();
    let mut sessions: Vec<_> = known.iter().map(|name| of(&base, name)).collect();
    sessions.extend(later.iter().filter(|name| !known.contains(name)).map(|name| of(&head, name)));
    if all {
        return Ok(sessions);
    }
    let wanted = |session: &SessionOptions| match (&options.mirror, &session.mirror) {
        (None, _) => true,
        (wanted, name) => wanted == name,
    };
    let mut chosen: Vec<_> = sessions.into_iter().filter(wanted).collect();
    if chosen.len() == 1 {
        return Ok(chosen);
    }
    // None or several: opening a session says so in the usual words.
    let policy = if known.is_empty() { head } else { base };
    chosen.clear();
    chosen.push(SessionOptions { policy, ..options.clone() });
    Ok(chosen)
}

/// What the manifest of the head says of the mirror, if it can be read and does.
pub(super) fn mirror_at_head(
    session: &Session<'_>,
    head: PrivateCommit,
) -> Result<Option<Mirror>, RunError> {
    let policy = &session.policy;
    if policy.stand_in.is_some() || policy.tip == head {
        return Ok(Some(policy.mirror.clone()));
    }
    match manifest_at(session.replay.objects(), head) {
        Ok(text) => {
            let manifest = Manifest::parse(&text, policy.manifest_name()).ok();
            Ok(manifest.and_then(|it| it.mirror(&policy.mirror.name).cloned()))
        }
        // The replay tells of a manifest that is gone, or is no file.
        Err(RunError::Usage(_)) => Ok(None),
        Err(err) => Err(err),
    }
}

/// What the manifest of the head says, beside that of the base.
pub(super) enum AtHead {
    /// The same, or nothing of its own about this mirror.
    Same,
    /// Other rules, which will hold once the range is merged.
    Shape(Arc<Shape>),
    /// It cannot be used.
    Invalid {
        /// Where it is wrong.
        line: Option<u32>,
        /// How.
        hint: String,
    },
}

/// Reads the manifest of the head as a sync would after the merge.
pub(super) fn at_head(session: &Session<'_>, head: PrivateCommit) -> Result<AtHead, RunError> {
    let policy = &session.policy;
    if policy.stand_in.is_some() || policy.tip == head {
        return Ok(AtHead::Same);
    }
    let text = match manifest_at(session.replay.objects(), head) {
        Ok(text) => text,
        // The replay tells of a manifest that is gone, or is no file.
        Err(RunError::Usage(_)) => return Ok(AtHead::Same),
        Err(err) => return Err(err),
    };
    let names = || std::iter::once(&policy.mirror.name).chain(&policy.mirror.was);
    match Manifest::parse(&text, policy.manifest_name()) {
        Err(err) => Ok(AtHead::Invalid { line: Some(err.line), hint: err.to_string() }),
        Ok(manifest) => {
            let mirror = names().find_map(|name| manifest.mirror(name));
            Ok(match mirror {
                Some(mirror) if mirror.shape.rules != policy.mirror.shape.rules => {
                    AtHead::Shape(mirror.shape.clone())
                }
                Some(_) | None => AtHead::Same,
            })
        }
    }
}
