// SPDX-License-Identifier: Apache-2.0
//! What a mirror shows, written as include patterns.
//!
//! The trees of the mirror's newest commits are held against those of the private
//! history: what both have under one path and with one id is a pattern, and a
//! directory that differs is opened. A public entry that the private tree lacks
//! means that this is not the pair that was looked for.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use repo_sync_shared::{Check, ObjectId};

use crate::error::{Failure, RunError, UsageError};
use crate::git::{Address, Environment, Git, Objects, PrivateRepo, Scratch};
use crate::history::History;
use crate::object::{EntryKind, Kind, tree_entries};
use crate::paths::join;
use crate::progress::Progress;

/// How many commits of the mirror are tried: some may have been made there.
const NEWEST: &str = "--depth=20";

/// The patterns that make a private commit show what the mirror's branch shows.
///
/// # Errors
/// The mirror cannot be read, or shows what no private commit holds.
pub fn derive(
    repo: &PrivateRepo,
    objects: &Objects<'_>,
    address: &Address,
    environment: &Environment,
    branch: &str,
    progress: &dyn Progress,
) -> Result<Vec<String>, RunError> {
    let tip = repo.branch(branch).ok_or_else(|| UsageError::NoSuchBranch(branch.to_owned()))?.tip;
    let history = History::walk(objects, &[tip], &repo.shallow(), progress)?;
    let scratch = Scratch::new(environment)?;
    let git = scratch.git();
    let refspec = format!("+refs/heads/{branch}:refs/mirror");
    let url = address.as_git();
    let fetch = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        NEWEST,
        "--filter=blob:none",
        "--",
        &url,
        &refspec,
    ];
    git.run(&fetch, b"")
        .map_err(|source| Failure::Unreachable { address: address.to_string(), source })?;
    let list = ["rev-list", "--first-parent", "--format=%T", "--no-commit-header", "refs/mirror"];
    let listing = git.run(&list, b"")?;
    let public_trees = listing.split(|&b| b == b'\n').filter_map(ObjectId::from_hex);
    let mut compare = Compare { git, objects, opened: HashMap::new(), differ: HashSet::new() };
    let mut tried = HashSet::new();
    for public in public_trees.filter(|&tree| tree != ObjectId::EMPTY_TREE) {
        for commit in history.numbers().rev() {
            if progress.interrupted() {
                return Err(RunError::Interrupted);
            }
            let private = history.tree(commit).id();
            if !tried.insert((public, private)) {
                continue;
            }
            let mut found = Vec::new();
            if compare.directory(public, private, b"", &mut found)? {
                return Ok(found);
            }
        }
    }
    let hint = format!(
        "no private commit holds all that one of the newest commits of `{branch}` at {address} shows; \
         write `sync.toml` by hand, with the moves there are, and run this again"
    );
    Err(RunError::refusal(Check::SeamDiffers, None, None, hint))
}

struct Compare<'a> {
    git: &'a Git,
    objects: &'a Objects<'a>,
    /// The mirror's trees that were read.
    opened: HashMap<ObjectId, Rc<Vec<Entry>>>,
    /// Pairs of trees of which the public one is not a part of the private one.
    differ: HashSet<(ObjectId, ObjectId)>,
}

struct Entry {
    mode: Vec<u8>,
    name: Vec<u8>,
    id: ObjectId,
    kind: EntryKind,
}

impl Compare<'_> {
    /// Whether the private directory holds all of the public one; then `found`
    /// has the patterns for it.
    fn directory(
        &mut self,
        public: ObjectId,
        private: ObjectId,
        path: &[u8],
        found: &mut Vec<String>,
    ) -> Result<bool, RunError> {
        if self.differ.contains(&(public, private)) {
            return Ok(false);
        }
        let ours = entries(self.objects.read(private, Kind::Tree)?.data());
        for entry in &*self.public_entries(public)? {
            let Some(own) = ours.iter().find(|own| own.name == entry.name) else {
                self.differ.insert((public, private));
                return Ok(false);
            };
            let path = join(path, &entry.name);
            let is_part = if own.id == entry.id && own.mode == entry.mode {
                let pattern = pattern(&path);
                let is_some = pattern.is_some();
                found.extend(pattern);
                is_some
            } else if own.kind.is_tree() && entry.kind.is_tree() {
                self.directory(entry.id, own.id, &path, found)?
            } else {
                false
            };
            if !is_part {
                self.differ.insert((public, private));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A directory of the mirror, read through git because it is no object of ours.
    fn public_entries(&mut self, tree: ObjectId) -> Result<Rc<Vec<Entry>>, RunError> {
        if let Some(known) = self.opened.get(&tree) {
            return Ok(known.clone());
        }
        let object = self.git.run(&["cat-file", "tree", &tree.to_string()], b"")?;
        let entries = Rc::new(entries(&object));
        self.opened.insert(tree, entries.clone());
        Ok(entries)
    }
}

fn entries(tree: &[u8]) -> Vec<Entry> {
    let owned = tree_entries(tree).flatten().map(|entry| Entry {
        mode: entry.mode.to_vec(),
        name: entry.name.to_vec(),
        id: entry.id,
        kind: entry.kind(),
    });
    owned.collect()
}

/// The pattern that means this path alone; `None` for a name that a manifest
/// cannot hold.
fn pattern(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    if path.chars().any(char::is_control) {
        return None;
    }
    let mut pattern = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '!' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Pattern;

    #[test]
    fn a_derived_pattern_means_its_path_and_no_other() {
        for path in ["src/lib.rs", "a*b", "[x]", "{a,b}", "!no", "back\\slash", "q?", "name,"] {
            let text = pattern(path.as_bytes()).expect("it is text");
            let pattern = Pattern::parse(&text).expect("it is a pattern");
            assert!(pattern.matches_exact(path.as_bytes()), "{text} is not {path}");
            for other in ["aXb", "x", "a", "b", "no", "qq", "src/lib_rs"] {
                assert!(!pattern.matches_exact(other.as_bytes()), "{text} is {other}");
            }
        }
        assert_eq!(pattern(b"latin-\xe9"), None);
        assert_eq!(pattern(b"new\nline"), None);
    }
}
