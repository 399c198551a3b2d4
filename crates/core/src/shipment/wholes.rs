// SPDX-License-Identifier: Apache-2.0
//! Directories that the private repository holds just as the mirror shows them, and what
//! each has that those before it in the same place had not.
//!
//! No rule can split such a directory, so nothing has to be filtered: its trees are
//! compared as they lie, over all cores. What comes of it is the same for any number of
//! threads.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};
use rustc_hash::FxHashSet;

use crate::cores::in_order;
use crate::error::RunError;
use crate::filter::{FilterError, MAX_DEPTH};
use crate::git::Objects;
use crate::object::{EntryKind, Kind, Outline, TreeEntry};
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

/// An object to bring.
pub(super) struct Brought {
    pub(super) id: ObjectId,
    /// The public path that shows it, or why it cannot be brought.
    pub(super) place: Result<Vec<u8>, Box<RawFinding>>,
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
    let start = || Looker {
        objects,
        with_files,
        before,
        recent: VecDeque::new(),
        seen: FxHashSet::default(),
        found: Vec::new(),
    };
    let work = |looker: &mut Looker<'_>, block: Range<usize>| {
        if progress.interrupted() {
            return Err(RunError::Interrupted);
        }
        wholes[block].iter().try_for_each(|whole| looker.whole(whole))?;
        Ok(std::mem::take(&mut looker.found))
    };
    let (mut brought, mut ids) = (Vec::new(), FxHashSet::default());
    in_order(wholes.len(), BLOCK, start, work, |found: Result<Vec<Brought>, RunError>| {
        // Two threads may have met one object; the first place counts.
        brought.extend(found?.into_iter().filter(|one| ids.insert(one.id)));
        Ok::<_, RunError>(())
    })?;
    known.extend(ids);
    Ok(brought)
}

/// What one thread has met.
struct Looker<'a> {
    objects: &'a Objects<'a>,
    with_files: bool,
    before: &'a FxHashSet<ObjectId>,
    recent: VecDeque<(ObjectId, Rc<Outline>)>,
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

impl Looker<'_> {
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
            self.found.push(Brought { id: directory.tree, place: Ok(public) });
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
        let old: Vec<Rc<Outline>> =
            directory.old.iter().map(|&old| self.read(old, None)).collect::<Result<_, _>>()?;
        let near = old.first();
        let tree = self.read(directory.tree, near)?;
        let runs = near.map(|near| tree.runs(near)).unwrap_or_default();
        let mut below = Vec::new();
        for entry in tree.between(&runs).filter_map(|number| tree.entry(number)) {
            let mut same = false;
            let mut before = Vec::new();
            for other in &old {
                let found = other.find(entry.name, entry.kind().is_tree());
                let Some(other) = found.and_then(|number| other.entry(number)) else { continue };
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
        let place = match self.objects.blob_size(entry.id) {
            Ok(_) => Ok(join(&whole.public_path, &path)),
            Err(err) => {
                let finding = RawFinding::unreadable(&err).path(join(&whole.private_path, &path));
                let commit = Some(whole.commit.0);
                Err(Box::new(RawFinding { commit, ..finding }))
            }
        };
        self.found.push(Brought { id: entry.id, place });
    }

    /// A tree, sound, read beside one that is likely to be like it.
    fn read(
        &mut self,
        id: ObjectId,
        near: Option<&Rc<Outline>>,
    ) -> Result<Rc<Outline>, FilterError> {
        if let Some((_, outline)) = self.recent.iter().find(|(known, _)| *known == id) {
            return Ok(Rc::clone(outline));
        }
        let object = self.objects.read(id, Kind::Tree)?;
        let tree = PrivateTree::new(id);
        let outline = Outline::read(object.data(), near.map(|near| &**near));
        let (outline, _) = outline.map_err(|source| FilterError::Malformed { tree, source })?;
        let outline = Rc::new(outline);
        self.recent.truncate(RECENT - 1);
        self.recent.push_front((id, Rc::clone(&outline)));
        Ok(outline)
    }
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
            let brought = brought.expect("the trees are sound").into_iter();
            let brought = brought.map(|one| one.place.map(|_| one.id).expect("all is there"));
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
