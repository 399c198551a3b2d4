// SPDX-License-Identifier: Apache-2.0
//! Holds a receipt against the private repository, and against what a mirror shows.

use std::collections::HashSet;

use repo_sync_shared::{BlobId, ObjectId, PublicCommit};

use super::{PREDICATE, RefState, STATEMENT, Salt, Statement, objects::Reach, sha256};
use crate::error::RunError;
use crate::git::RemoteRefs;
use crate::object::Kind;
use crate::policy::{ManifestEntry, manifest_entry};
use crate::replay::ALGORITHM;
use crate::session::Session;

/// What a receipt came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The refs that it is about.
    pub refs: u64,
    /// The commits that it says are new.
    pub commits: u64,
    /// The objects that it says are new.
    pub objects: u64,
    /// What is not as it says; empty if all of it is true. Names nothing private.
    pub faults: Vec<String>,
}

/// Makes everything that a receipt says again from the private repository: refs,
/// trees, new commits and objects, the manifest, and the private commits behind the
/// keyed hashes, where the key is still there. `remote` is what the mirror shows, if
/// somebody asked: each ref must be there, at the commit of the receipt or further on.
///
/// # Errors
/// An object cannot be read.
pub fn check(
    session: &mut Session<'_>,
    receipt: &[u8],
    remote: Option<&RemoteRefs>,
) -> Result<Checked, RunError> {
    let mut checked = Checked::default();
    let statement: Statement = match serde_json::from_slice(receipt) {
        Ok(statement) => statement,
        Err(err) => {
            checked.faults.push(format!("it is no receipt: {err}"));
            return Ok(checked);
        }
    };
    let Statement { kind, subject, predicate_type, predicate } = &statement;
    let faults = &mut checked.faults;
    let mut expect = |holds: bool, fault: &str| {
        if !holds {
            faults.push(fault.to_owned());
        }
    };
    expect(kind == STATEMENT && predicate_type == PREDICATE, "it is a statement of another kind");
    expect(predicate.algorithm == ALGORITHM, "it is of another algorithm");
    expect(subject.len() == predicate.refs.len(), "its subjects are not its refs");
    for (subject, one) in subject.iter().zip(&predicate.refs) {
        let named = subject.name.ends_with(&format!("#{}", one.name));
        let same = subject.digest.values().all(|id| *id == one.after) && subject.digest.len() == 1;
        expect(named && same, &format!("its subject for `{}` is not the ref", one.name));
    }
    let salt = Salt::find(session)?;
    let mut reach = Reach::default();
    for one in &predicate.refs {
        if let Err(fault) = judge(session, one, salt.as_ref(), &mut reach) {
            checked.faults.push(format!("`{}` {fault}", one.name));
        }
        if let Some(remote) = remote
            && !is_shown(session, one, remote)
        {
            checked.faults.push(format!("the mirror does not show `{}` as it says", one.name));
        }
    }
    if checked.faults.is_empty() {
        let (commits, objects) = reach.count(session)?;
        if commits != predicate.commit_count {
            checked.faults.push(format!("it brings {commits} new commits"));
        }
        if objects != predicate.new_objects {
            checked.faults.push(format!("it brings {} other new objects", objects.count));
        }
    }
    if !is_ours(session, &predicate.manifest_digest.sha256)? {
        checked.faults.push("no commit has the manifest that it names".to_owned());
    }
    checked.refs = predicate.refs.len() as u64;
    checked.commits = predicate.commit_count;
    checked.objects = predicate.new_objects.count;
    Ok(checked)
}

/// Whether a ref is what the replay makes of a private commit.
fn judge(
    session: &Session<'_>,
    one: &RefState,
    salt: Option<&Salt>,
    reach: &mut Reach,
) -> Result<(), String> {
    let images = &session.replay.images;
    let Some(image) = images.number(one.commit) else {
        return Err(format!("stands at {}, which is not ours", one.commit));
    };
    if images.tree(image).id() != one.tree {
        return Err(format!("shows the tree {}", images.tree(image)));
    }
    let tag = (one.commit.id() != one.after).then_some(one.after);
    let before = match one.before {
        None => None,
        Some(before) if before == one.after => Some(image),
        Some(_) if tag.is_some() => return Err("is a tag that moved".to_owned()),
        Some(before) => match images.number(PublicCommit::new(before)) {
            Some(before) if images.dag.is_ancestor(before, image) => Some(before),
            Some(_) => return Err("was moved back".to_owned()),
            None => None,
        },
    };
    reach.after(image, tag);
    if let Some(before) = before {
        reach.before(before, tag);
    }
    let (Some(salt), Some(commitment)) = (salt, &one.private_commitment) else { return Ok(()) };
    // Private commits that differ in private things only share their image.
    let history = &session.replay.history;
    let mut private = history.numbers().filter(|&commit| images.own(commit) == Some(image));
    if private.any(|commit| salt.commitment(history.id(commit)) == *commitment) {
        return Ok(());
    }
    Err("is tied to another private commit, or with another key".to_owned())
}

/// Whether the mirror shows a ref where the receipt has it, or further on.
fn is_shown(session: &Session<'_>, one: &RefState, remote: &RemoteRefs) -> bool {
    let name = repo_sync_shared::unescape_bytes(&one.name);
    let Some(seen) = remote.get(&name) else { return false };
    let images = &session.replay.images;
    let number = |id: ObjectId| images.number(PublicCommit::new(id));
    seen == one.after
        || match (number(one.after), number(seen)) {
            (Some(after), Some(seen)) => images.dag.is_ancestor(after, seen),
            (None, _) | (_, None) => false,
        }
}

/// Whether a manifest of this digest is one of the private history, or stands in.
fn is_ours(session: &Session<'_>, digest: &str) -> Result<bool, RunError> {
    if let Some(file) = &session.policy.stand_in {
        return Ok(sha256(&file.text) == digest);
    }
    let objects = session.replay.objects();
    let history = &session.replay.history;
    let mut seen = HashSet::<BlobId>::new();
    let mut trees = HashSet::new();
    // The newest first: a receipt is seldom old.
    for commit in history.numbers().rev() {
        if !trees.insert(history.tree(commit)) {
            continue;
        }
        let root = objects.read(history.tree(commit).id(), Kind::Tree)?;
        if let ManifestEntry::File(blob) = manifest_entry(root.data())
            && seen.insert(blob)
            && sha256(objects.read(blob.id(), Kind::Blob)?.data()) == digest
        {
            return Ok(true);
        }
    }
    Ok(false)
}
