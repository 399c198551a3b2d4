// SPDX-License-Identifier: Apache-2.0
//! What is private now: the trees of the policy tip and of the planned branches, by
//! the rules of the policy tip.
//!
//! [`Tips::find`] answers for one path. Directories are read when they are asked
//! for, each once. One that cannot be read is empty here: that what is private may
//! be missing is a promise of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};
use rustc_hash::{FxHashMap, FxHashSet};

use super::sketch::Sketch;
use crate::atlas::{Atlas, Key};
use crate::git::Objects;
use crate::manifest::Shape;
use crate::object::{EntryKind, Kind, commit_links};
use crate::paths::{Position, Reach, components, join};
use crate::session::Session;
use crate::tree::{Entries, entries};

/// A path of more components is named by nobody, and walked by nobody.
const MAX_DEPTH: usize = 512;

/// How many paths are remembered; a history can name any number of them.
const MAX_KNOWN: usize = 100_000;

/// No manifest of a package is larger, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The trees, and what of them is public.
pub(crate) struct Tips<'r> {
    objects: &'r Objects<'r>,
    shape: Arc<Shape>,
    atlas: Option<Arc<Atlas>>,
    roots: Vec<PrivateTree>,
    names: FxHashSet<Vec<u8>>,
    listed: RefCell<FxHashMap<ObjectId, Rc<Entries>>>,
    sketches: RefCell<FxHashMap<(ObjectId, Position), Rc<Sketch>>>,
    below: RefCell<FxHashMap<(ObjectId, Position), Below>>,
    found: RefCell<FxHashMap<Vec<u8>, Option<Found>>>,
}

/// How far a path leads into the trees, and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How many components of the path are there.
    pub(super) depth: usize,
    /// Whether those are all.
    pub(super) whole: bool,
    /// Whether nothing at or below that place is public.
    pub(super) is_private: bool,
}

/// What is at or below a directory.
#[derive(Clone, Copy, Debug, Default)]
struct Below {
    public: bool,
    private: bool,
}

impl<'r> Tips<'r> {
    pub(super) fn new(session: &Session<'r>) -> Self {
        let objects = session.replay.objects();
        let history = &session.replay.history;
        let tree = |tip: PrivateCommit| match history.number(tip) {
            Some(number) => Some(history.tree(number)),
            // With a policy from elsewhere.
            None => {
                let object = objects.read(tip.id(), Kind::Commit).ok()?;
                Some(PrivateTree::new(commit_links(object.data()).ok()?.0))
            }
        };
        let branches = session.policy.branches.iter().map(|branch| branch.tip);
        let mut roots = Vec::new();
        for root in std::iter::once(session.policy.tip).chain(branches).filter_map(tree) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        let mut this = Self {
            objects,
            shape: session.policy.mirror.shape.clone(),
            atlas: session.atlas.clone(),
            roots,
            names: FxHashSet::default(),
            listed: RefCell::default(),
            sketches: RefCell::default(),
            below: RefCell::default(),
            found: RefCell::default(),
        };
        let mut names = FxHashSet::default();
        for root in &this.roots {
            this.walk(root.id(), &Position::root(&this.shape.rules), 0, &mut names);
        }
        this.names = names;
        this
    }

    /// The rule that holds a private path back, as a report names it.
    pub(super) fn rule(&self, path: &[u8]) -> Option<String> {
        self.shape.rules.verdict(path).rule().map(ToString::to_string)
    }

    /// The longest beginning of a path that is there; `None` if not even the first
    /// component is.
    pub(super) fn find(&self, path: &[&[u8]]) -> Option<Found> {
        let key = path.join(&b'/');
        if let Some(&found) = self.found.borrow().get(&key) {
            return found;
        }
        // Where two tips differ, the longer way counts, and what is public in one.
        let found = self
            .roots
            .iter()
            .filter_map(|&root| self.find_in(root, path))
            .max_by_key(|found| (found.depth, !found.is_private));
        let mut known = self.found.borrow_mut();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, found);
        found
    }

    /// Whether something stands at a path of the mirror.
    pub(super) fn is_public(&self, path: &[&[u8]]) -> bool {
        let shows = |private: &[&[u8]]| {
            self.find(private).is_some_and(|found| found.whole && !found.is_private)
        };
        let whole = path.join(&b'/');
        let moved = self.shape.moves.iter().any(|one| {
            let rest = match one.to.as_bytes() {
                b"" => Some(&whole[..]),
                to if whole == to => Some(&b""[..]),
                to => whole.strip_prefix(to).and_then(|rest| rest.strip_prefix(b"/")),
            };
            rest.is_some_and(|rest| {
                let private = join(one.from.as_bytes(), rest);
                shows(&components(&private).collect::<Vec<_>>())
            })
        });
        moved || shows(path)
    }

    /// The names that a path into something private has to hold: of each private
    /// directory, and of each directory that holds something private beside what is
    /// public.
    pub(super) fn names(&self) -> &FxHashSet<Vec<u8>> {
        &self.names
    }

    /// The manifests of packages in one sort of place: their names, and the files.
    pub(super) fn manifests(&self, place: FilesIn) -> Vec<(Vec<u8>, ObjectId)> {
        let mut manifests =
            Manifests { tips: self, place, seen: FxHashSet::default(), found: vec![] };
        for root in &self.roots {
            manifests.collect(root.id(), &Position::root(&self.shape.rules), 0);
        }
        manifests.found
    }

    /// The bytes of a file, if it can be read and is no larger than a text that a
    /// person wrote.
    pub(super) fn read(&self, file: ObjectId) -> Option<Vec<u8>> {
        let (kind, size) = self.objects.header(file).ok()?;
        let object =
            (kind == Kind::Blob && size <= MAX_FILE).then(|| self.objects.read(file, kind));
        Some(object?.ok()?.data().to_vec())
    }

    /// The file at a path of any commit's tree.
    pub(super) fn file_in(&self, root: PrivateTree, path: &[&[u8]]) -> Option<ObjectId> {
        let mut at = (EntryKind::Tree, root.id());
        for name in path {
            // There are many such trees: not worth remembering.
            let entries = (at.0 == EntryKind::Tree).then(|| self.read_tree(at.1));
            at = *entries?.get(*name)?;
        }
        match at.0 {
            EntryKind::Blob | EntryKind::Executable => Some(at.1),
            EntryKind::Tree | EntryKind::Symlink | EntryKind::Gitlink => None,
        }
    }

    fn find_in(&self, root: PrivateTree, path: &[&[u8]]) -> Option<Found> {
        let rules = &self.shape.rules;
        let mut at = (EntryKind::Tree, root.id());
        let mut position = Position::root(rules);
        let mut depth = 0;
        for name in path.iter().take(MAX_DEPTH) {
            if at.0 != EntryKind::Tree {
                break;
            }
            let entries = self.list(at.1);
            let Some(&entry) = entries.get(*name) else { break };
            at = entry;
            position = position.descend(rules, name);
            depth += 1;
        }
        let is_file = at.0 != EntryKind::Tree;
        let public =
            if is_file { position.is_public() } else { self.below(at.1, &position, depth).public };
        (depth > 0).then_some(Found { depth, whole: depth == path.len(), is_private: !public })
    }

    fn below(&self, tree: ObjectId, position: &Position, depth: usize) -> Below {
        match position.reach() {
            Reach::Public => Below { public: true, private: false },
            Reach::Private => Below { public: false, private: true },
            Reach::Mixed => self.walk(tree, position, depth, &mut FxHashSet::default()),
        }
    }

    /// What is below a directory in which rules tell entries apart; each directory
    /// is walked once, whatever its places.
    fn walk(
        &self,
        tree: ObjectId,
        position: &Position,
        depth: usize,
        names: &mut FxHashSet<Vec<u8>>,
    ) -> Below {
        let key = (tree, position.clone());
        if let Some(&below) = self.below.borrow().get(&key) {
            return below;
        }
        let mut all = Below::default();
        if depth < MAX_DEPTH {
            let sketch = self.sketch(tree, position);
            all = Below { public: sketch.public, private: sketch.private };
            for (name, id) in &sketch.directories {
                let position = position.descend(&self.shape.rules, name);
                let below = match position.reach() {
                    Reach::Mixed => self.walk(*id, &position, depth + 1, names),
                    Reach::Public | Reach::Private => self.below(*id, &position, depth + 1),
                };
                if below.private {
                    names.insert(name.clone());
                }
                all.public |= below.public;
                all.private |= below.private;
            }
        }
        self.below.borrow_mut().insert(key, all);
        all
    }

    /// What the walks over all of a tree need of a directory.
    fn sketch(&self, tree: ObjectId, position: &Position) -> Rc<Sketch> {
        let key = (tree, position.clone());
        if let Some(known) = self.sketches.borrow().get(&key) {
            return known.clone();
        }
        let remembered = self.atlas.as_ref().and_then(|atlas| atlas.get(&sketch_key(&key)));
        let sketch = match remembered.and_then(Sketch::read) {
            Some(sketch) => Rc::new(sketch),
            None => {
                let Ok(object) = self.objects.read(tree, Kind::Tree) else { return Rc::default() };
                Rc::new(Sketch::of(object.data(), &self.shape.rules, position))
            }
        };
        self.sketches.borrow_mut().insert(key, sketch.clone());
        sketch
    }

    /// All directories that were gone through, for later runs.
    pub(crate) fn directories(&self) -> Vec<(Key, Vec<u8>)> {
        let sketches = self.sketches.borrow();
        sketches.iter().map(|(key, sketch)| (sketch_key(key), sketch.bytes())).collect()
    }

    fn list(&self, tree: ObjectId) -> Rc<Entries> {
        if let Some(known) = self.listed.borrow().get(&tree) {
            return known.clone();
        }
        let read = Rc::new(self.read_tree(tree));
        self.listed.borrow_mut().insert(tree, read.clone());
        read
    }

    fn read_tree(&self, tree: ObjectId) -> Entries {
        entries(self.objects, Some(PrivateTree::new(tree))).unwrap_or_default()
    }
}

fn sketch_key((tree, position): &(ObjectId, Position)) -> Key {
    Key::new(&("sketch", position), *tree)
}

/// Which files of a tree are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilesIn {
    /// Those in directories that are wholly private.
    PrivateDirectories,
    /// Those that are public.
    Public,
}

/// Directories whose packages are other people's, or only there to be tested with.
const NOT_OURS: &[&[u8]] = &[
    b"fixtures",
    b"node_modules",
    b"test",
    b"testdata",
    b"tests",
    b"third-party",
    b"third_party",
    b"vendor",
];

struct Manifests<'a, 'r> {
    tips: &'a Tips<'r>,
    place: FilesIn,
    seen: FxHashSet<(ObjectId, Position)>,
    found: Vec<(Vec<u8>, ObjectId)>,
}

impl Manifests<'_, '_> {
    fn collect(&mut self, tree: ObjectId, position: &Position, depth: usize) {
        if depth >= MAX_DEPTH || !self.seen.insert((tree, position.clone())) {
            return;
        }
        let tips = self.tips;
        let in_private = !tips.below(tree, position, depth).public;
        let sketch = tips.sketch(tree, position);
        for manifest in &sketch.manifests {
            let there = match self.place {
                FilesIn::PrivateDirectories => in_private,
                FilesIn::Public => manifest.is_public,
            };
            if there {
                self.found.push((manifest.name.clone(), manifest.file));
            }
        }
        for (name, id) in &sketch.directories {
            let position = position.descend(&tips.shape.rules, name);
            match (position.reach(), self.place) {
                _ if NOT_OURS.contains(&&name[..]) => {}
                (Reach::Public, FilesIn::PrivateDirectories)
                | (Reach::Private, FilesIn::Public) => {}
                (Reach::Public | Reach::Private | Reach::Mixed, _) => {
                    self.collect(*id, &position, depth + 1);
                }
            }
        }
    }
}
