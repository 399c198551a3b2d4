// SPDX-License-Identifier: Apache-2.0
//! Directories that the private repository holds just as the mirror shows them, and what
//! each has that those before it in the same place had not.
//!
//! No rule can split such a directory, so nothing has to be filtered: its trees are
//! compared as they lie, over all cores. What comes of it is the same for any number of
//! threads.

use std::collections::VecDeque;
use std::rc::Rc;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};
use rustc_hash::FxHashSet;

use crate::cores::{Blocks, share};
use crate::error::RunError;
use crate::filter::{FilterError, MAX_DEPTH};
use crate::git::{Object, Objects};
use crate::object::{EntryKind, Kind, TreeEntry, check_tree, entry_order, tree_entries};
use crate::paths::join;
use crate::progress::Progress;
use crate::report::RawFinding;

/// How many directories a thread takes at a time: neighbours have much in common.
const BLOCK: usize = 64;

/// How many trees a thread keeps at hand: one commit's are the next one's old ones.
const RECENT: usize = 64;

/// A directory that stands in the mirror as it is.
pub(super) struct Whole {
    pub(super) tree: ObjectId,
    /// Those that stood in the same place before, whose objects need not be brought.
    pub(super) old: Vec<ObjectId>,
    pub(super) private_path: Vec<u8>,
    pub(super) public_path: Vec<u8>,
    pub(super) commit: Number,
}

/// The private commit that shows it first, by number and id.
pub(super) type Number = (u32, PrivateCommit);

/// An object to bring, with the public path that shows it, or why it cannot be.
pub(super) enum Brought {
    Object(ObjectId, Vec<u8>),
    Unreadable(Box<RawFinding>),
}

/// Everything in `wholes` that is not in `known`, each object at its first place;
/// `known` has it then. Files only if `with_files`.
///
/// # Errors
/// A tree cannot be read or is malformed, or the user stopped the run.
pub(super) fn look_into(
    objects: &Objects<'_>,
    wholes: &[Whole],
    with_files: bool,
    known: &mut FxHashSet<ObjectId>,
    progress: &dyn Progress,
) -> Result<Vec<Brought>, RunError> {
    let before: &FxHashSet<ObjectId> = known;
    let work = |shared: &Blocks| {
        let mut looker = Looker {
            objects,
            with_files,
            before,
            recent: VecDeque::new(),
            seen: FxHashSet::default(),
            found: Vec::new(),
        };
        let mut blocks: Vec<(usize, Vec<Brought>)> = Vec::new();
        while let Some(block) = shared.take() {
            if progress.interrupted() {
                return Err(RunError::Interrupted);
            }
            for whole in &wholes[block.clone()] {
                looker.whole(whole)?;
            }
            blocks.push((block.start, std::mem::take(&mut looker.found)));
        }
        Ok(blocks)
    };
    let found = share(wholes.len(), BLOCK, work);
    let found = found.into_iter().collect::<Result<Vec<_>, RunError>>()?;
    let mut blocks: Vec<_> = found.into_iter().flatten().collect();
    blocks.sort_by_key(|(start, _)| *start);
    let all = blocks.into_iter().flat_map(|(_, found)| found);
    // Two threads may have met one object; the first place counts.
    Ok(all
        .filter(|one| match one {
            Brought::Object(id, _) => known.insert(*id),
            Brought::Unreadable(_) => true,
        })
        .collect())
}

/// What one thread has met.
struct Looker<'a> {
    objects: &'a Objects<'a>,
    with_files: bool,
    before: &'a FxHashSet<ObjectId>,
    recent: VecDeque<(ObjectId, Rc<Object<'a>>)>,
    seen: FxHashSet<ObjectId>,
    found: Vec<Brought>,
}

/// A directory on the way, with those that stood in its place, and how deep it lies.
struct Open {
    tree: ObjectId,
    old: Vec<ObjectId>,
    /// Below the whole directory; empty for itself.
    path: Vec<u8>,
    depth: usize,
}

impl<'a> Looker<'a> {
    fn whole(&mut self, whole: &Whole) -> Result<(), RunError> {
        let first = Open { tree: whole.tree, old: whole.old.clone(), path: Vec::new(), depth: 0 };
        let mut open = vec![first];
        while let Some(directory) = open.pop() {
            if !self.is_new(directory.tree) {
                continue;
            }
            let failed = |err: FilterError| {
                let path = join(&whole.private_path, &directory.path);
                RunError::unfiltered(&err, Some(whole.commit.1)).placed(whole.commit.1, Some(&path))
            };
            if directory.depth == MAX_DEPTH {
                return Err(failed(FilterError::TooDeep(PrivateTree::new(directory.tree))));
            }
            let public = join(&whole.public_path, &directory.path);
            self.found.push(Brought::Object(directory.tree, public));
            let below = self.directory(whole, &directory).map_err(failed)?;
            // The first entry is to be the next.
            open.extend(below.into_iter().rev());
        }
        Ok(())
    }

    fn is_new(&mut self, id: ObjectId) -> bool {
        !self.before.contains(&id) && self.seen.insert(id)
    }

    /// Brings the files of a directory that are new in it, and returns its directories
    /// that are.
    fn directory(&mut self, whole: &Whole, directory: &Open) -> Result<Vec<Open>, FilterError> {
        let object = self.read(directory.tree)?;
        let old = directory.old.iter().map(|&old| self.read(old)).collect::<Result<Vec<_>, _>>()?;
        let mut others: Vec<_> =
            old.iter().map(|old| tree_entries(old.data()).flatten().peekable()).collect();
        let mut below = Vec::new();
        for entry in tree_entries(object.data()) {
            let tree = PrivateTree::new(directory.tree);
            let entry = entry.map_err(|source| FilterError::Malformed { tree, source })?;
            let mut same = false;
            let mut before = Vec::new();
            for other in &mut others {
                while other.next_if(|other| precedes(other, &entry)).is_some() {}
                let Some(other) = other.next_if(|other| stands_for(other, &entry)) else {
                    continue;
                };
                same |= (other.id, other.mode) == (entry.id, entry.mode);
                before.push(other.id);
            }
            if same {
                continue;
            }
            match entry.kind() {
                EntryKind::Tree => below.push(Open {
                    tree: entry.id,
                    old: before,
                    path: join(&directory.path, entry.name),
                    depth: directory.depth + 1,
                }),
                EntryKind::Gitlink => {}
                EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => {
                    self.file(whole, directory, &entry);
                }
            }
        }
        Ok(below)
    }

    fn file(&mut self, whole: &Whole, directory: &Open, entry: &TreeEntry<'_>) {
        if !self.with_files || !self.is_new(entry.id) {
            return;
        }
        let path = join(&directory.path, entry.name);
        // The type, too: a tree or a commit must not pass for a file.
        self.found.push(match self.objects.blob_size(entry.id) {
            Ok(_) => Brought::Object(entry.id, join(&whole.public_path, &path)),
            Err(err) => {
                let finding = RawFinding::unreadable(&err).path(join(&whole.private_path, &path));
                let commit = Some(whole.commit.0);
                Brought::Unreadable(Box::new(RawFinding { commit, ..finding }))
            }
        });
    }

    fn read(&mut self, id: ObjectId) -> Result<Rc<Object<'a>>, FilterError> {
        if let Some((_, object)) = self.recent.iter().find(|(known, _)| *known == id) {
            return Ok(Rc::clone(object));
        }
        let object = Rc::new(self.objects.read(id, Kind::Tree)?);
        let tree = PrivateTree::new(id);
        check_tree(object.data()).map_err(|source| FilterError::Malformed { tree, source })?;
        self.recent.truncate(RECENT - 1);
        self.recent.push_front((id, Rc::clone(&object)));
        Ok(object)
    }
}

fn precedes(one: &TreeEntry<'_>, other: &TreeEntry<'_>) -> bool {
    let (is_tree, other_is_tree) = (one.kind().is_tree(), other.kind().is_tree());
    entry_order(one.name, is_tree, other.name, other_is_tree).is_lt()
}

/// Whether two entries are of one name and sort.
fn stands_for(one: &TreeEntry<'_>, other: &TreeEntry<'_>) -> bool {
    one.name == other.name && one.kind().is_tree() == other.kind().is_tree()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use repo_sync_testing::History;

    use super::*;
    use crate::git::PrivateRepo;
    use crate::progress::Silent;

    /// More directories than one thread takes at a time: each object is brought once, and
    /// in the same order every time.
    #[test]
    fn a_long_history_brings_each_object_once() {
        let mut history = History::new();
        for number in 0..150 {
            let path = format!("src/{}/{}.rs", number % 7, number % 20);
            let text = format!("{}\n", number % 90);
            history = history.commit(number.to_string(), |tree| tree.file(path, text));
        }
        let repo = history.build();
        let lines = |args: &[&str]| -> Vec<String> {
            repo.git(args.iter().copied()).lines().map(str::to_owned).collect()
        };
        let id = |text: &String| text.parse::<ObjectId>().expect("git prints ids");
        let mut commits: Vec<ObjectId> = lines(&["rev-list", "main"]).iter().map(id).collect();
        commits.reverse();
        let trees: Vec<ObjectId> =
            commits.iter().map(|it| id(&repo.git(["rev-parse", &format!("{it}:src")]))).collect();
        let whole = |(number, &tree): (usize, &ObjectId)| Whole {
            tree,
            old: number.checked_sub(1).map(|before| trees[before]).into_iter().collect(),
            private_path: b"src".to_vec(),
            public_path: b"src".to_vec(),
            commit: (0, PrivateCommit::new(commits[number])),
        };
        let wholes: Vec<Whole> = trees.iter().enumerate().map(whole).collect();

        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        let objects = private.objects().expect("it has objects");
        let brought = || {
            let mut known = FxHashSet::default();
            let brought = look_into(&objects, &wholes, true, &mut known, &Silent);
            let brought = brought.expect("the trees are sound").into_iter().map(|one| match one {
                Brought::Object(id, _) => id,
                Brought::Unreadable(_) => panic!("everything is there"),
            });
            brought.collect::<Vec<_>>()
        };
        let found = brought();
        let set: BTreeSet<ObjectId> = found.iter().copied().collect();
        assert_eq!(set.len(), found.len(), "each once");
        assert_eq!(found, brought(), "in the same order");
        let all = lines(&["rev-list", "--objects", "--no-object-names", "main"]);
        let roots = lines(&["log", "--format=%T", "main"]);
        let others: BTreeSet<ObjectId> = roots.iter().map(id).chain(commits.clone()).collect();
        let expected = all.iter().map(id).filter(|id| !others.contains(id));
        assert_eq!(set, expected.collect());
    }
}
