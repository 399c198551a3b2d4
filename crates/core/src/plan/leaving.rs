// SPDX-License-Identifier: Apache-2.0
//! What leaves the public tree because it is private now: `now-private`.
//!
//! What a branch of the mirror shows is held against what it would show. A file that goes
//! became private if its path is still there and the rules hold it back, or if its bytes came
//! to a private path in one of the commits between. Else it was deleted, as files are. Only
//! what differs is read: a run that takes nothing from the public tree does no more than see
//! that it does not.

use std::collections::BTreeMap;

use repo_sync_shared::{Check, ObjectId, PrivateTree, escape_bytes};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::checks::is_telling;
use crate::error::RunError;
use crate::filter::{Entry, Opened, Place, Visitor, walk};
use crate::git::Objects;
use crate::object::{EntryKind, Kind};
use crate::paths::{PathRules, Position, Reach, Verdict, join};
use crate::report::RawFinding;
use crate::session::Session;
use crate::tree::{entries, entry_at};

/// How many files that leave are looked at. Thirty objects can show more paths than a run has
/// time for.
const MOST_FILES: usize = 200_000;

/// Larger files are not alike by chance.
const LARGE: u64 = 1 << 20;

/// Notes what goes from the public tree to a private path where a branch moves from one image
/// to another, each topmost directory or file once.
///
/// # Errors
/// A public tree cannot be read.
pub(crate) fn now_private(
    session: &mut Session<'_>,
    moves: &[(u32, u32)],
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let mut told = FxHashSet::default();
    for &(from, to) in moves {
        let mut leaving = Leaving::default();
        let replay = &mut session.replay;
        let (Some(old), Some(new)) = (replay.shown(from)?, replay.shown(to)?) else { continue };
        let walked = walk(replay.filters(), &new, &[old], &mut leaving);
        let shown_by = replay.images.shown_by(to);
        walked.map_err(|err| match shown_by {
            Some(commit) => replay.unfiltered(&err, commit),
            None => RunError::unfiltered(&err, None),
        })?;
        let mut gone: Vec<Gone> = leaving.gone.into_values().collect();
        if gone.is_empty() {
            continue;
        }
        hold(session, to, &mut gone);
        follow(session, (from, to), &mut gone);
        let mut found = gone.into_iter().filter_map(Gone::finding).collect::<Vec<_>>();
        found.retain(|finding| told.insert(finding.path.clone()));
        findings.append(&mut found);
    }
    Ok(())
}

/// All that stood at a public path, or below it, where nothing is left.
struct Gone {
    /// Its private path.
    path: Vec<u8>,
    /// The files that were there, at their private paths.
    files: Vec<(Vec<u8>, ObjectId)>,
    why: Option<Why>,
}

/// Why something is private now.
enum Why {
    /// It is still there, and no longer public: by this rule, if it is not silence.
    Held(Option<String>),
    /// It went there, in this commit.
    Moved(Vec<u8>, u32),
}

const HELD: &str = "its path is private now, so it leaves the public tree; its past stays public";

impl Gone {
    fn finding(self) -> Option<RawFinding> {
        let finding = match self.why? {
            Why::Held(rule) => RawFinding { rule, ..RawFinding::new(Check::NowPrivate, HELD) },
            Why::Moved(to, commit) => {
                let hint = format!(
                    "it went to the private path `{}`, so it leaves the public tree; its past \
                     stays public",
                    escape_bytes(&to)
                );
                RawFinding::at(Check::NowPrivate, commit, hint)
            }
        };
        Some(finding.path(self.path))
    }
}

/// Collects what a public tree does not show any more.
#[derive(Default)]
struct Leaving {
    /// How long the paths are of the public directories that are open, and stay.
    open: Vec<usize>,
    /// By the public path of each.
    gone: BTreeMap<Vec<u8>, Gone>,
    files: usize,
}

impl Visitor for Leaving {
    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        self.open.push(opened.path.len());
        true
    }

    fn leave(&mut self, _opened: &Opened<'_>) {
        self.open.pop();
    }

    fn file(&mut self, _entry: &Entry<'_>, _place: &Place<'_>, _old: bool) {}

    fn asks_for_gone(&self) -> bool {
        self.files < MOST_FILES
    }

    fn gone(&mut self, entry: &Entry<'_>, place: &Place<'_>) {
        self.files += 1;
        let (public, private) = (place.public_path(entry), place.private_path(entry));
        let stays = self.open.last().copied().unwrap_or_default();
        let name = stays + usize::from(stays > 0);
        let below = public.iter().skip(name).position(|&byte| byte == b'/');
        let (top, below) = public.split_at(below.map_or(public.len(), |at| name + at));
        let path = || private.strip_suffix(below).unwrap_or(&private).to_vec();
        let new = || Gone { path: path(), files: Vec::new(), why: None };
        let gone = self.gone.entry(top.to_vec()).or_insert_with(new);
        if entry.kind != EntryKind::Gitlink {
            gone.files.push((private, entry.id));
        }
    }
}

/// Finds what is still where it was, and held back by the rules of the new image.
fn hold(session: &Session<'_>, to: u32, gone: &mut [Gone]) {
    let replay = &session.replay;
    let Some(commit) = replay.images.shown_by(to) else { return };
    let (shape, root) = (replay.shape_of(commit), replay.history.tree(commit));
    // Of private directories some may be missing: what nobody can see is not told.
    let is_there =
        |path: &[u8]| entry_at(replay.objects(), root, path).is_ok_and(|entry| entry.is_some());
    for gone in gone.iter_mut().filter(|gone| is_there(&gone.path)) {
        let held = gone.files.iter().find_map(|(path, _)| {
            let rule = match shape.rules.verdict(path) {
                Verdict::Public(_) => return None,
                Verdict::Floor(rule) | Verdict::Excluded(rule) => Some(rule.to_string()),
                Verdict::Unlisted => None,
            };
            is_there(path).then_some(rule)
        });
        gone.why = held.map(Why::Held);
    }
}

/// Finds what the commits between two images took to private paths.
fn follow(session: &Session<'_>, (from, to): (u32, u32), gone: &mut [Gone]) {
    let replay = &session.replay;
    let (images, history) = (&replay.images, &replay.history);
    let mut wanted: FxHashMap<ObjectId, Vec<usize>> = FxHashMap::default();
    for (number, one) in gone.iter().enumerate().filter(|(_, one)| one.why.is_none()) {
        for &(_, blob) in &one.files {
            wanted.entry(blob).or_default().push(number);
        }
    }
    let (Some(from), Some(to)) = (images.shown_by(from), images.shown_by(to)) else { return };
    if wanted.is_empty() {
        return;
    }
    let (before, after) = (history.dag.ancestors([from]), history.dag.ancestors([to]));
    let was_there = |path: &[u8]| {
        entry_at(replay.objects(), history.tree(from), path).is_ok_and(|entry| entry.is_some())
    };
    let shape = replay.shape_of(to);
    let objects = replay.objects();
    let mut search = Search { objects, rules: &shape.rules, seen: FxHashSet::default() };
    for commit in history.numbers() {
        if before[commit as usize] || !after[commit as usize] {
            continue;
        }
        let parents = history.dag.parents(commit).iter().map(|&parent| history.tree(parent));
        search.arrivals(history.tree(commit), parents.collect(), &mut |path, blob| {
            let Some(numbers) = wanted.get(&blob) else { return };
            if !tells(objects, blob) {
                return;
            }
            for &number in numbers {
                let one = &mut gone[number];
                let file = one.files.iter().find(|(_, it)| *it == blob).map(|(path, _)| path);
                // A file that takes its directory along made a new one of it.
                let below = file.and_then(|file| file.strip_prefix(&one.path[..]));
                let top = below.and_then(|below| path.strip_suffix(below));
                let top = top.filter(|top| !was_there(top)).unwrap_or(path);
                one.why.get_or_insert_with(|| Why::Moved(top.to_vec(), commit));
            }
        });
    }
}

/// Whether a file is one that another would hardly be like by chance.
fn tells(objects: &Objects<'_>, blob: ObjectId) -> bool {
    match objects.header(blob) {
        Ok((_, size)) if size > LARGE => true,
        Ok(_) => objects.read(blob, Kind::Blob).is_ok_and(|object| is_telling(object.data())),
        Err(_) => false,
    }
}

/// A search through what commits bring to private paths.
struct Search<'a, 'r> {
    objects: &'a Objects<'r>,
    rules: &'a PathRules,
    /// What was looked at already: a directory, those that it was held against, its rules.
    seen: FxHashSet<(PrivateTree, Vec<PrivateTree>, Position)>,
}

impl Search<'_, '_> {
    /// Tells of the files that a root tree has at private paths and none of `parents` has there.
    /// A directory that cannot be read has none: what is private may be missing.
    fn arrivals(
        &mut self,
        root: PrivateTree,
        parents: Vec<PrivateTree>,
        visit: &mut dyn FnMut(&[u8], ObjectId),
    ) {
        let mut open = vec![(root, parents, Position::root(self.rules), Vec::new())];
        while let Some((tree, old, position, path)) = open.pop() {
            let key = (tree, old, position);
            if key.1.contains(&tree) || self.seen.contains(&key) {
                continue;
            }
            let Ok(now) = entries(self.objects, Some(tree)) else { continue };
            let read = |&tree: &PrivateTree| entries(self.objects, Some(tree)).unwrap_or_default();
            let old: Vec<_> = key.1.iter().map(read).collect();
            for (name, entry) in now {
                if old.iter().any(|old| old.get(&name) == Some(&entry)) {
                    continue;
                }
                let below = key.2.descend(self.rules, &name);
                let path = join(&path, &name);
                match entry.0 {
                    EntryKind::Gitlink => {}
                    EntryKind::Tree if below.reach() == Reach::Public => {}
                    EntryKind::Tree => {
                        let old = old.iter().filter_map(|old| match old.get(&name) {
                            Some(&(EntryKind::Tree, id)) => Some(PrivateTree::new(id)),
                            Some(_) | None => None,
                        });
                        open.push((PrivateTree::new(entry.1), old.collect(), below, path));
                    }
                    EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => {
                        if !below.is_public() {
                            visit(&path, entry.1);
                        }
                    }
                }
            }
            self.seen.insert(key);
        }
    }
}
