// SPDX-License-Identifier: Apache-2.0
//! Why a commit has an image of its own, or none.

use std::collections::BTreeSet;

use repo_sync_shared::{ObjectId, PrivateTree};

use crate::error::RunError;
use crate::git::Objects;
use crate::object::EntryKind;
use crate::paths::{Verdict, join};
use crate::session::Session;
use crate::tree::entries;

/// Why a private commit has no image of its own, in a few words.
///
/// # Errors
/// A tree cannot be read.
pub fn why_dropped(session: &Session<'_>, commit: u32) -> Result<String, RunError> {
    let replay = &session.replay;
    let history = &replay.history;
    if let Some(reason) = replay.set_aside(commit) {
        return Ok(reason);
    }
    let Some(shape) = replay.shape_in_force(commit) else {
        return Ok("no manifest governs it".to_owned());
    };
    let parents = history.dag.parents(commit);
    let before = parents.first().map(|&parent| history.tree(parent));
    let changed = first_changes(replay.objects(), before, history.tree(commit))?;
    let Some(first) = changed.first() else {
        let what =
            if parents.len() > 1 { "a merge that adds nothing" } else { "it changes nothing" };
        return Ok(what.to_owned());
    };
    if let Some(path) = changed.iter().find(|path| shape.rules.verdict(path).is_public()) {
        let path = repo_sync_shared::escape_bytes(path);
        return Ok(format!("what it changes is public already, such as `{path}`"));
    }
    let path = repo_sync_shared::escape_bytes(first);
    let verdict = shape.rules.verdict(first);
    let how = match verdict {
        Verdict::Floor(rule) => format!("on the floor, {rule}"),
        Verdict::Excluded(rule) => format!("excluded, {rule}"),
        Verdict::Unlisted | Verdict::Public(_) => "unlisted".to_owned(),
    };
    let alike = changed.iter().all(|path| shape.rules.verdict(path) == verdict);
    Ok(match (changed.len(), alike, verdict) {
        (1, _, _) => format!("`{path}` is {how}"),
        (_, true, Verdict::Unlisted) => format!("every path is unlisted, such as `{path}`"),
        (_, true, _) => format!("every path is {how}"),
        (_, false, _) => format!("every path is private; `{path}` is {how}"),
    })
}

/// The rules by which a private commit shows something new, the first few;
/// nothing for one that only joins what is public.
///
/// # Errors
/// A tree cannot be read.
pub fn why_published(session: &Session<'_>, commit: u32) -> Result<Vec<String>, RunError> {
    const FEW: usize = 3;
    let replay = &session.replay;
    let Some(shape) = replay.shape_in_force(commit) else { return Ok(Vec::new()) };
    let before = replay.history.dag.parents(commit).first();
    let before = before.map(|&parent| replay.history.tree(parent));
    let changed = first_changes(replay.objects(), before, replay.history.tree(commit))?;
    let mut rules: Vec<String> = Vec::new();
    for path in &changed {
        if let Verdict::Public(rule) = shape.rules.verdict(path)
            && rules.len() < FEW
            && !rules.contains(&rule.to_string())
        {
            rules.push(rule.to_string());
        }
    }
    Ok(rules)
}

/// Paths in which two trees differ, the first few of each directory deep enough to
/// tell files.
fn first_changes(
    objects: &Objects<'_>,
    before: Option<PrivateTree>,
    after: PrivateTree,
) -> Result<Vec<Vec<u8>>, RunError> {
    const MOST: usize = 32;
    let mut changes = Vec::new();
    let mut open = vec![(Vec::new(), before, Some(after))];
    while let Some((path, before, after)) = open.pop() {
        if before == after || changes.len() >= MOST {
            continue;
        }
        let old = entries(objects, before)?;
        let new = entries(objects, after)?;
        let names: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (old, new) = (old.get(name), new.get(name));
            if old == new {
                continue;
            }
            let path = join(&path, name);
            let tree = |entry: Option<&(EntryKind, ObjectId)>| match entry {
                Some((EntryKind::Tree, id)) => Some(PrivateTree::new(*id)),
                _ => None,
            };
            match (tree(old), tree(new)) {
                (None, None) => changes.push(path),
                (old, new) => open.push((path, old, new)),
            }
        }
    }
    changes.sort_unstable();
    Ok(changes)
}
