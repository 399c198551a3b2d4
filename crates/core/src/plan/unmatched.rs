// SPDX-License-Identifier: Apache-2.0
//! Patterns that match nothing, and the name that each may have meant.

use repo_sync_shared::PrivateTree;

use crate::error::RunError;
use crate::git::Objects;
use crate::object::EntryKind;
use crate::paths::{Pattern, Rule, components, join};
use crate::tree::{entries, entry_at};

/// A rule that matches nothing, and the path that it may have meant.
pub(super) type Unmatched<'p> = (&'p Rule, Option<Vec<u8>>);

/// How many entries are looked at. In a larger tree no rule is said to match nothing.
const MOST: usize = 1_000_000;

/// The rules that match no path of a tree, each with the nearest name there is. Of a
/// tree that cannot be read whole no rule is said to match nothing: what is private may
/// be missing, and whoever needs the rest says so.
pub(super) fn unmatched<'p>(
    objects: &Objects<'_>,
    root: PrivateTree,
    rules: &[&'p Rule],
) -> Vec<Unmatched<'p>> {
    look_for(objects, root, rules).unwrap_or_default()
}

fn look_for<'p>(
    objects: &Objects<'_>,
    root: PrivateTree,
    rules: &[&'p Rule],
) -> Result<Vec<Unmatched<'p>>, RunError> {
    let mut open: Vec<&Rule> = Vec::new();
    for &rule in rules {
        let there = match rule.pattern.as_path() {
            Some(path) => entry_at(objects, root, &path)?.is_some(),
            None => false,
        };
        if !there {
            open.push(rule);
        }
    }
    let mut directories = vec![(Vec::new(), root)];
    let mut seen = 0;
    while let Some((path, tree)) = directories.pop() {
        if seen > MOST {
            open.clear();
        }
        if open.is_empty() {
            break;
        }
        for (name, (kind, id)) in entries(objects, Some(tree))? {
            seen += 1;
            let path = join(&path, &name);
            // Wide, for rules of every list: what is matched after folding is matched.
            open.retain(|rule| !rule.pattern.matches_wide(&path));
            if kind == EntryKind::Tree {
                directories.push((path, PrivateTree::new(id)));
            }
        }
    }
    open.into_iter().map(|rule| Ok((rule, nearest(objects, root, &rule.pattern)?))).collect()
}

/// The path that a literal pattern may have meant: the same up to the component
/// that is missing, and there the name that is spelt most alike.
fn nearest(
    objects: &Objects<'_>,
    root: PrivateTree,
    pattern: &Pattern,
) -> Result<Option<Vec<u8>>, RunError> {
    const ALIKE: f64 = 0.8;
    let Some(path) = pattern.as_path() else { return Ok(None) };
    let mut at = Vec::new();
    let mut tree = root;
    for name in components(&path) {
        let entries = entries(objects, Some(tree))?;
        if let Some((kind, id)) = entries.get(name) {
            at = join(&at, name);
            match kind {
                EntryKind::Tree => tree = PrivateTree::new(*id),
                _ => return Ok(None),
            }
            continue;
        }
        let wanted = String::from_utf8_lossy(name);
        let best = entries
            .keys()
            .map(|name| (strsim::jaro_winkler(&wanted, &String::from_utf8_lossy(name)), name))
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        return Ok(match best {
            Some((alike, name)) if alike >= ALIKE => Some(join(&at, name)),
            _ => None,
        });
    }
    Ok(None)
}
