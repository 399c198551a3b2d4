// SPDX-License-Identifier: Apache-2.0
//! Whether the tip shows more than was reviewed: `policy-widened`.

use repo_sync_shared::{Check, PrivateCommit};

use super::terms::{loosened, terms};
use super::{LOCK, LockFile, Locked, entries, locked_at};
use crate::error::RunError;
use crate::manifest::{Manifest, Mirror};
use crate::object::{EntryKind, Kind};
use crate::policy::MANIFEST;
use crate::report::RawFinding;
use crate::session::Session;
use crate::tree::entry_at;

const ADVICE: &str = "if that is meant, run `repo-sync plan --write-lock` and have the change of \
                      `sync.lock` reviewed";

/// Holds the commit `tip`, whose manifest says `mirror`, against the newest commit that
/// is public already, where that has a lock. `public` says which images are.
///
/// # Errors
/// A tree or file of one of the two cannot be read.
pub(crate) fn judge(
    session: &mut Session<'_>,
    tip: u32,
    mirror: &Mirror,
    public: &[bool],
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let Some(base) = newest_public(session, tip, public) else { return Ok(()) };
    let name = mirror.name.clone();
    let Some(old) = lock_of(session, base, &name)? else { return Ok(()) };
    let mut widened = |hint: String| {
        findings.push(RawFinding::at(Check::PolicyWidened, tip, hint));
    };
    let new = match lock_of(session, tip, &name)? {
        Some(Ok(lock)) => lock,
        Some(Err(err)) => {
            widened(format!(
                "`{LOCK}` cannot be read: {err}; write it anew with `repo-sync plan --write-lock`"
            ));
            return Ok(());
        }
        None => {
            widened(format!(
                "`{LOCK}` no longer speaks of this mirror, so nobody would see it widen; {ADVICE}"
            ));
            return Ok(());
        }
    };
    let now = locked_at(session, tip, mirror)?;
    // A lock that cannot be read listed nothing. What is public is public, listed or not.
    let mut known = old.unwrap_or_default().entries;
    if let Some(shown) = session.replay.filtered(base)? {
        known.extend(entries(session, &shown)?);
    }
    known.extend(new.entries);
    for entry in now.entries.difference(&known) {
        widened(format!("the mirror would show `{entry}`, which `{LOCK}` does not list; {ADVICE}"));
    }
    if new.policy == now.policy {
        return Ok(());
    }
    let base = session.replay.history.id(base);
    let Some(then) = policy_at(session, base, &name)? else {
        widened(format!(
            "the policy cannot be compared with that of the published commit; {ADVICE}"
        ));
        return Ok(());
    };
    for term in loosened(&then, &terms(mirror)) {
        widened(format!("the policy is looser than when it was last published: {term}; {ADVICE}"));
    }
    Ok(())
}

/// Whether the policy tip has a lock that speaks of this mirror.
///
/// # Errors
/// The root of the tip cannot be read.
pub fn is_locked(session: &Session<'_>) -> Result<bool, RunError> {
    let tip = session.replay.history.number(session.policy.tip);
    let Some(tip) = tip else { return Ok(false) };
    Ok(lock_of(session, tip, &session.policy.mirror.name)?.is_some())
}

/// The newest commit below the tip whose image the mirror holds.
fn newest_public(session: &Session<'_>, tip: u32, public: &[bool]) -> Option<u32> {
    let replay = &session.replay;
    let below = replay.history.dag.ancestors([tip]);
    replay.history.numbers().rev().find(|&commit| {
        let image = replay.images.own(commit);
        below[commit as usize] && image.is_some_and(|image| public[image as usize])
    })
}

type MaybeLock = Option<Result<Locked, super::LockError>>;

/// What the lock of a commit says of a mirror; `None` if there is none.
fn lock_of(session: &Session<'_>, commit: u32, mirror: &str) -> Result<MaybeLock, RunError> {
    let Some(text) = file_at(session, session.replay.history.id(commit), LOCK)? else {
        return Ok(None);
    };
    Ok(LockFile::parse(&text).map(|mut file| file.mirrors.remove(mirror)).transpose())
}

/// What the manifest of a commit says of a mirror; `None` if that cannot be told.
fn policy_at(
    session: &Session<'_>,
    commit: PrivateCommit,
    mirror: &str,
) -> Result<Option<std::collections::BTreeSet<super::terms::Term>>, RunError> {
    let Some(text) = file_at(session, commit, MANIFEST)? else { return Ok(None) };
    let manifest = Manifest::parse(&text, MANIFEST).ok();
    Ok(manifest.and_then(|manifest| manifest.mirror(mirror).map(terms)))
}

/// The bytes of a plain file in the root of a commit.
fn file_at(
    session: &Session<'_>,
    commit: PrivateCommit,
    name: &str,
) -> Result<Option<Vec<u8>>, RunError> {
    let replay = &session.replay;
    let Some(number) = replay.history.number(commit) else { return Ok(None) };
    let root = replay.history.tree(number);
    match entry_at(replay.objects(), root, name.as_bytes())? {
        Some((EntryKind::Blob | EntryKind::Executable, blob)) => {
            Ok(Some(replay.objects().read(blob, Kind::Blob)?.data().to_vec()))
        }
        Some(_) | None => Ok(None),
    }
}
