// SPDX-License-Identifier: Apache-2.0
//! What a filter leaves out: the files at private paths, for checks on where public
//! bytes come from, and whether two trees differ in anything private.

use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree};
use rustc_hash::{FxHashMap, FxHashSet};

use super::states::{StateId, States};
use super::{Filter, FilterError};
use crate::git::{Object, Objects};
use crate::object::{EntryKind, Kind, TreeEntry, tree_entries};
use crate::paths::{Reach, join};

/// What stood at private paths, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrivateIds {
    /// Files.
    pub(crate) files: Vec<ObjectId>,
    /// Directories of which all is private.
    pub(crate) directories: Vec<ObjectId>,
}

impl PrivateIds {
    /// Whether a file stood at a private path.
    pub(crate) fn has_file(&self, id: ObjectId) -> bool {
        self.files.binary_search(&id).is_ok()
    }

    /// The same, and these.
    pub(crate) fn and(
        mut self,
        files: impl IntoIterator<Item = ObjectId>,
        directories: impl IntoIterator<Item = ObjectId>,
    ) -> Self {
        self.files.extend(files);
        self.directories.extend(directories);
        for ids in [&mut self.files, &mut self.directories] {
            ids.sort_unstable();
            ids.dedup();
        }
        self
    }
}

/// A walk over the private files of many trees that opens each directory once.
#[derive(Default)]
pub(crate) struct PrivateWalk<'r> {
    /// What need not be opened, because another walk did.
    known: Option<Arc<PrivateIds>>,
    /// Directories of which all is private.
    whole: FxHashSet<PrivateTree>,
    /// Digests of what is private in the others, by the number of the filter.
    parts: FxHashSet<(usize, StateId, u64)>,
    /// What was read last at each path, by the number of the filter: a directory is
    /// nearly always like the one before it.
    last: FxHashMap<(usize, Vec<u8>), Object<'r>>,
    /// How many bytes `last` holds.
    held: usize,
    /// How many directories could not be read. What is private may be missing.
    pub(crate) unreadable: u32,
}

/// Is told of a file: the path of its directory, its name, the object.
pub(crate) type Visit<'v> = dyn FnMut(&[u8], &[u8], ObjectId) + 'v;

/// How many bytes of directories are kept to compare with.
const MOST_HELD: usize = 64 << 20;

/// A directory that is still to be opened.
struct Open {
    /// The rules in play; `None` where all is private.
    state: Option<StateId>,
    tree: PrivateTree,
    path: Vec<u8>,
}

impl<'r> PrivateWalk<'r> {
    /// A walk that goes on from another.
    pub(crate) fn after(known: Option<Arc<PrivateIds>>) -> Self {
        Self { known, ..Self::default() }
    }

    /// The directories that were opened of which all is private.
    pub(crate) fn whole_directories(&self) -> impl Iterator<Item = ObjectId> {
        self.whole.iter().map(|tree| tree.id())
    }

    /// Whether another walk opened a directory of which all is private.
    fn knows(&self, directory: PrivateTree) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|it| it.directories.binary_search(&directory.id()).is_ok())
    }

    /// Keeps a directory in place of the one that stood there before.
    fn keep(&mut self, key: (usize, Vec<u8>), object: Object<'r>) {
        if self.held > MOST_HELD {
            self.last.clear();
            self.held = 0;
        }
        self.held += object.data().len();
        if let Some(old) = self.last.insert(key, object) {
            self.held -= old.data().len();
        }
    }
}

impl<'r> Filter<'r> {
    /// Tells `visit` of the files below a root tree that stand at private paths: the
    /// directory's path, the name, the object. What an earlier call of the same walk
    /// told of at the same path may be left out.
    ///
    /// `number` is the filter's own, so that one walk can go through several.
    pub(crate) fn private_files(
        &mut self,
        number: usize,
        root: PrivateTree,
        walk: &mut PrivateWalk<'r>,
        visit: &mut Visit<'_>,
    ) {
        let mut open = vec![Open { state: Some(States::ROOT), tree: root, path: Vec::new() }];
        while let Some(Open { state, tree, path }) = open.pop() {
            let is_new = match state {
                None => !walk.knows(tree) && walk.whole.insert(tree),
                Some(state) => match self.done(state, tree) {
                    Some(done) if done.residue == 0 => false,
                    Some(done) => walk.parts.insert((number, state, done.residue)),
                    // A directory that no rule splits, or that was never filtered.
                    None => self.states.reach(state) != Reach::Public,
                },
            };
            if !is_new {
                continue;
            }
            let objects: &'r Objects<'r> = self.objects;
            let Ok(object) = objects.read(tree.id(), Kind::Tree) else {
                walk.unreadable += 1;
                continue;
            };
            let key = (number, path);
            let old = walk.last.get(&key).map_or(&b""[..], Object::data);
            for entry in unlike(object.data(), old) {
                let Ok(entry) = entry else {
                    walk.unreadable += 1;
                    break;
                };
                let below = state.map(|state| self.states.child(state, entry.name));
                let reach = below.map_or(Reach::Private, |below| self.states.reach(below));
                match entry.kind() {
                    EntryKind::Gitlink => {}
                    EntryKind::Tree if reach == Reach::Public => {}
                    EntryKind::Tree => open.push(Open {
                        state: below.filter(|_| reach == Reach::Mixed),
                        tree: PrivateTree::new(entry.id),
                        path: join(&key.1, entry.name),
                    }),
                    EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => {
                        if !below.is_some_and(|below| self.states.is_public(below)) {
                            visit(&key.1, entry.name, entry.id);
                        }
                    }
                }
            }
            walk.keep(key, object);
        }
    }

    /// A number that two root trees share when they differ in nothing private. The
    /// manifest and its lock do not count.
    ///
    /// # Errors
    /// A tree that has to be opened cannot be read, or is malformed.
    pub(crate) fn residue(&mut self, root: PrivateTree) -> Result<u64, FilterError> {
        self.tree(States::ROOT, root)?;
        Ok(self.done(States::ROOT, root).map_or(0, |done| done.residue))
    }
}

/// The entries of a tree, without those at its beginning and its end that another
/// tree has as well.
fn unlike<'d>(
    data: &'d [u8],
    old: &[u8],
) -> impl Iterator<Item = Result<TreeEntry<'d>, crate::object::MalformedTree>> {
    let most = data.len().min(old.len());
    let start = common(data.chunks(CHUNK), old.chunks(CHUNK));
    let end = common(data.rchunks(CHUNK), old.rchunks(CHUNK));
    let end = data.len() - end.min(most - start);
    let offset = |entry: &TreeEntry<'_>| entry.raw.as_ptr() as usize - data.as_ptr() as usize;
    tree_entries(data)
        .skip_while(move |entry| {
            entry.as_ref().is_ok_and(|entry| offset(entry) + entry.raw.len() <= start)
        })
        .take_while(move |entry| entry.as_ref().map_or(true, |entry| offset(entry) < end))
}

/// How many bytes are compared at once.
const CHUNK: usize = 512;

/// How many bytes lie in chunks that are equal, up to the first that is not.
fn common<'a>(a: impl Iterator<Item = &'a [u8]>, b: impl Iterator<Item = &'a [u8]>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::append_entry;

    fn tree(names: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut tree = Vec::new();
        for name in names {
            let name = format!("{name:03}");
            append_entry(&mut tree, b"100644", name.as_bytes(), ObjectId::EMPTY_TREE);
        }
        tree
    }

    /// Whatever was there before, each entry that was not is told of.
    #[test]
    fn what_is_new_is_told_of() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..500 {
            let mut some = || (0..40).filter(|_| random.u8(..8) > 0).collect::<Vec<u32>>();
            let (old, new) = (some(), some());
            let data = tree(new.iter().copied());
            let told: Vec<_> = unlike(&data, &tree(old.iter().copied()))
                .map(|entry| entry.expect("it was just made").name.to_vec())
                .collect();
            for name in new.iter().filter(|name| !old.contains(name)) {
                assert!(
                    told.contains(&format!("{name:03}").into_bytes()),
                    "{name}: {old:?} {new:?}"
                );
            }
        }
        let same = tree(0..40);
        assert_eq!(unlike(&same, &same).count(), 0);
        assert_eq!(unlike(&same, &[]).count(), 40);
    }
}
