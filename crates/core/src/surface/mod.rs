// SPDX-License-Identifier: Apache-2.0
//! The public surface as a reviewed file: `sync.lock`.
//!
//! A manifest can be loosened by one character. `sync.lock` says beside it what the
//! mirror shows near its root, and which policy that came from, so that whoever
//! widens the policy changes a second file that says in plain words what becomes
//! public. A plan refuses a tip that is looser than what was published last,
//! unless its lock says so.

mod file;
mod judge;
mod terms;

pub use file::{LOCK, LockError, LockFile, Locked};
pub use judge::is_locked;
pub(crate) use judge::judge;

use std::collections::BTreeSet;

use repo_sync_shared::{PrivateCommit, escape_bytes};

use crate::error::{RunError, UsageError};
use crate::filter::Shown;
use crate::manifest::{Manifest, Mirror};
use crate::session::Session;

/// A lock for mirrors that show nothing yet.
pub fn empty(manifest: &Manifest) -> LockFile {
    let locked =
        |mirror| Locked { policy: terms::digest(&terms::terms(mirror)), ..Locked::default() };
    LockFile::new(manifest.mirrors.iter().map(|it| (it.name.clone(), locked(it))).collect())
}

/// What the lock of this mirror should say in a commit with which the session was opened,
/// under the policy of the session.
///
/// # Errors
/// A tree of the commit cannot be read, or the session knows nothing of it.
pub fn current(session: &mut Session<'_>, commit: PrivateCommit) -> Result<Locked, RunError> {
    let mirror = session.policy.mirror.clone();
    let number = session.replay.history.number(commit);
    let unknown =
        || UsageError::NotOnABranch { rev: commit.to_string(), mirror: mirror.name.clone() };
    locked_at(session, number.ok_or_else(unknown)?, &mirror)
}

/// What the lock of a commit should say whose manifest says `mirror`.
fn locked_at(session: &mut Session<'_>, commit: u32, mirror: &Mirror) -> Result<Locked, RunError> {
    let policy = terms::digest(&terms::terms(mirror));
    let shown = session.replay.filtered(commit)?;
    let entries = shown.map(|shown| entries(session, &shown)).transpose()?.unwrap_or_default();
    Ok(Locked { entries, policy })
}

/// The entries of the public root, and the directories of each directory there; a
/// directory with a slash at its end.
fn entries(session: &mut Session<'_>, root: &Shown) -> Result<BTreeSet<String>, RunError> {
    let failed = |err| RunError::unfiltered(&err, None);
    let mut entries = BTreeSet::new();
    let filters = session.replay.filters();
    for entry in filters[root.filter].list(&root.directory).map_err(failed)?.iter() {
        let name = escape_bytes(entry.name);
        let Some(directory) = filters[root.filter].below(&root.directory, &entry) else {
            entries.insert(name);
            continue;
        };
        for below in filters[root.filter].list(&directory).map_err(failed)?.iter() {
            if below.kind.is_tree() {
                entries.insert(format!("{name}/{}/", escape_bytes(below.name)));
            }
        }
        entries.insert(format!("{name}/"));
    }
    Ok(entries)
}
