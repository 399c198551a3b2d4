// SPDX-License-Identifier: Apache-2.0
//! The verifier's own filter: a private tree is taken apart and put together again
//! from what is public of it, entry by entry.
//!
//! Every path is judged by itself, once; a tree at a path is done once. A private
//! directory below which nothing can be public is never opened.

use std::rc::Rc;

use repo_sync_shared::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::manifest::{Rules, Sight};
use super::object::{Entry, Is, entries, git_order, push_entry};
use super::pattern::Path;
use super::stop::Stop;
use super::workspaces::{Below, Made};
use crate::git::Objects;
use crate::object::{Kind, hash};

/// How deep trees may lie within each other, as in git.
pub(super) const DEEPEST: usize = 2_048;

/// How many bytes of public trees are remembered at most.
const MOST_BYTES: usize = 64 << 20;

/// How often the trees of one commit may stand in yet another place before they are
/// taken for an attack: thirty objects can show more paths than there are grains of sand.
const MOST_PLACES: u32 = 50_000;

/// Public trees by the rules of one manifest.
pub(super) struct Filter<'r> {
    pub(super) objects: &'r Objects<'r>,
    pub(super) rules: Rc<Rules>,
    tip: Rc<Rules>,
    nodes: Vec<Node>,
    done: FxHashMap<(NodeId, ObjectId), Option<Shown>>,
    /// Trees that were done at some path since the last root tree.
    seen: FxHashSet<ObjectId>,
    /// How often one of them came again at another.
    repeated: u32,
    joined: FxHashMap<Vec<Piece>, ObjectId>,
    /// The bytes of trees that need not be the private repository's own.
    made: FxHashMap<ObjectId, Vec<u8>>,
    made_bytes: usize,
    /// Files without their private sections: the private file of each, and the other way.
    pub(super) cut: FxHashMap<ObjectId, ObjectId>,
    pub(super) whole: FxHashMap<ObjectId, ObjectId>,
    /// Public trees as they stand alone, by what they were before.
    pub(super) alone: FxHashMap<ObjectId, ObjectId>,
    pub(super) manifests: FxHashMap<ObjectId, Rc<Below>>,
    /// Files of workspaces as they stand alone, by all that they are made of.
    pub(super) edited: FxHashMap<Made, ObjectId>,
    /// The children of the trees that were opened since somebody took them.
    opened: FxHashMap<ObjectId, Vec<(ObjectId, Is)>>,
}

type NodeId = u32;

/// A private path.
struct Node {
    path: Vec<u8>,
    public: bool,
    /// Whether it, or something below it, can be public.
    open: bool,
    /// Whether a move takes it away.
    moved: bool,
    /// Whether it lies on the floor of the policy tip.
    denied: bool,
    children: FxHashMap<Box<[u8]>, NodeId>,
}

/// A public tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) tree: ObjectId,
    /// Whether a path in it lies on the floor of the policy tip.
    pub(super) denied: bool,
}

/// What stands at a public path before all is joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Piece {
    to: Vec<u8>,
    mode: Vec<u8>,
    id: ObjectId,
    is_tree: bool,
}

/// A public file that the floor of the policy tip denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) private: Vec<u8>,
    pub(super) public: Vec<u8>,
    pub(super) mode: Vec<u8>,
    pub(super) id: ObjectId,
}

/// What stands at a private path.
struct Found {
    node: NodeId,
    mode: Vec<u8>,
    id: ObjectId,
    is: Is,
}

const ROOT: NodeId = 0;

impl<'r> Filter<'r> {
    pub(super) fn new(objects: &'r Objects<'r>, rules: Rc<Rules>, tip: Rc<Rules>) -> Self {
        let mut this = Self {
            objects,
            rules,
            tip,
            nodes: Vec::new(),
            done: FxHashMap::default(),
            seen: FxHashSet::default(),
            repeated: 0,
            joined: FxHashMap::default(),
            made: FxHashMap::default(),
            made_bytes: 0,
            cut: FxHashMap::default(),
            whole: FxHashMap::default(),
            alone: FxHashMap::default(),
            manifests: FxHashMap::default(),
            edited: FxHashMap::default(),
            opened: FxHashMap::default(),
        };
        this.add(Vec::new());
        this
    }

    /// The rules it filters by.
    pub(super) fn rules(&self) -> &Rc<Rules> {
        &self.rules
    }

    /// What is public of a root tree.
    pub(super) fn root(&mut self, tree: ObjectId) -> Result<Shown, Stop> {
        let shown = self.put_together(tree)?;
        if !self.rules.cargo {
            return Ok(shown);
        }
        Ok(Shown { tree: self.alone(shown.tree, 0)?, ..shown })
    }

    /// The same, before anything is done to workspaces.
    fn put_together(&mut self, tree: ObjectId) -> Result<Shown, Stop> {
        const NOTHING: Shown = Shown { tree: ObjectId::EMPTY_TREE, denied: false };
        if self.made_bytes > MOST_BYTES {
            self.made.clear();
            self.made_bytes = 0;
            self.done.clear();
            self.joined.clear();
            self.alone.clear();
            self.manifests.clear();
        }
        self.seen.clear();
        self.repeated = 0;
        if self.rules.moves.is_empty() {
            return Ok(self.tree(ROOT, tree, 0)?.unwrap_or(NOTHING));
        }
        let (mut pieces, mut denied) = (Vec::new(), false);
        if !self.nodes[ROOT as usize].moved
            && let Some(shown) = self.tree(ROOT, tree, 0)?
        {
            denied |= shown.denied;
            pieces.push(Piece {
                to: Vec::new(),
                mode: DIRECTORY.to_vec(),
                id: shown.tree,
                is_tree: true,
            });
        }
        let moves = Rc::clone(&self.rules);
        for (from, to) in &moves.moves {
            let Some(Found { node, mode, id, is }) = self.find(tree, from)? else { continue };
            let Node { public, denied: on_floor, .. } = self.nodes[node as usize];
            match is {
                Is::Tree => {
                    if let Some(shown) = self.tree(node, id, 0)? {
                        denied |= shown.denied;
                        let mode = DIRECTORY.to_vec();
                        pieces.push(Piece { to: to.clone(), mode, id: shown.tree, is_tree: true });
                    }
                }
                Is::Blob | Is::Gitlink if public => {
                    denied |= on_floor;
                    let id = self.without_sections(is, &mode, id)?;
                    pieces.push(Piece { to: to.clone(), mode, id, is_tree: false });
                }
                Is::Blob | Is::Gitlink => {}
            }
        }
        // What stands higher comes first, so that its modes hold.
        pieces.sort_by_key(|piece| names(&piece.to).count());
        let tree = match self.joined.get(&pieces) {
            Some(&tree) => tree,
            None => {
                let tree = self.join(&pieces)?;
                self.joined.insert(pieces, tree);
                tree
            }
        };
        Ok(Shown { tree, denied })
    }

    /// What is public of the tree at a private path; `None` if nothing is left.
    fn tree(&mut self, node: NodeId, tree: ObjectId, depth: usize) -> Result<Option<Shown>, Stop> {
        if !self.nodes[node as usize].open {
            return Ok(None);
        }
        if let Some(&shown) = self.done.get(&(node, tree)) {
            return Ok(shown);
        }
        if depth > DEEPEST {
            return Err(Stop::unsound(format!("tree {tree} lies too deep")));
        }
        if !self.seen.insert(tree) {
            self.repeated += 1;
            if self.repeated > MOST_PLACES {
                let what =
                    format!("tree {tree} and others stand in too many places to look at each");
                return Err(Stop::unsound(what));
            }
        }
        let object = self.objects.read(tree, Kind::Tree)?;
        let entries = sound(tree, object.data())?;
        let mut bytes = Vec::with_capacity(object.data().len());
        let mut children = Vec::with_capacity(entries.len());
        let mut denied = false;
        for entry in &entries {
            let child = self.child(node, entry.name);
            let Node { moved, public, denied: on_floor, .. } = self.nodes[child as usize];
            if moved {
                continue;
            }
            let id = match entry.is {
                Is::Tree => match self.tree(child, entry.id, depth + 1)? {
                    None => continue,
                    Some(shown) => {
                        denied |= shown.denied;
                        shown.tree
                    }
                },
                Is::Blob | Is::Gitlink if public => {
                    denied |= on_floor;
                    self.without_sections(entry.is, entry.mode, entry.id)?
                }
                Is::Blob | Is::Gitlink => continue,
            };
            push_entry(&mut bytes, entry.mode, entry.name, id);
            children.push((id, entry.is));
        }
        let public = self.nodes[node as usize].public;
        let shown = if bytes == object.data() {
            // One that was empty before stays only if its own path is public.
            (!bytes.is_empty() || public).then_some(Shown { tree, denied })
        } else if bytes.is_empty() {
            None
        } else {
            Some(Shown { tree: self.keep(bytes), denied })
        };
        if let Some(shown) = shown {
            self.opened.insert(shown.tree, children);
        }
        self.done.insert((node, tree), shown);
        Ok(shown)
    }

    /// The children of a public tree that this filter made or found.
    pub(super) fn children(&self, tree: ObjectId) -> Result<Vec<(ObjectId, Is)>, Stop> {
        if let Some(children) = self.opened.get(&tree) {
            return Ok(children.clone());
        }
        let bytes = self.public_tree(tree)?;
        Ok(sound(tree, &bytes)?.iter().map(|entry| (entry.id, entry.is)).collect())
    }

    /// Forgets which trees were opened.
    pub(super) fn close(&mut self) {
        if !self.opened.is_empty() {
            self.opened = FxHashMap::default();
        }
    }

    /// The files of a root tree that are public by these rules and denied by the
    /// floor of the policy tip.
    pub(super) fn denied(&mut self, tree: ObjectId) -> Result<Vec<Denied>, Stop> {
        let mut found = Vec::new();
        let mut open = vec![(ROOT, tree)];
        while let Some((node, tree)) = open.pop() {
            let object = self.objects.read(tree, Kind::Tree)?;
            for entry in sound(tree, object.data())? {
                let child = self.child(node, entry.name);
                let at = &self.nodes[child as usize];
                match entry.is {
                    Is::Tree if at.open => open.push((child, entry.id)),
                    Is::Blob | Is::Gitlink if at.public && at.denied => {
                        let (private, public) = (at.path.clone(), self.moved(&at.path));
                        let id = self.without_sections(entry.is, entry.mode, entry.id)?;
                        found.push(Denied { private, public, mode: entry.mode.to_vec(), id });
                    }
                    Is::Tree | Is::Blob | Is::Gitlink => {}
                }
            }
        }
        Ok(found)
    }

    /// Whether a root tree shows this very file at the same place.
    pub(super) fn shows(&mut self, tree: ObjectId, file: &Denied) -> Result<bool, Stop> {
        let Some(found) = self.find(tree, &file.private)? else { return Ok(false) };
        let id = self.without_sections(found.is, &found.mode, found.id)?;
        let same = (&found.mode, id) == (&file.mode, file.id);
        let public = self.nodes[found.node as usize].public;
        Ok(same && public && self.moved(&file.private) == file.public)
    }

    /// Where a private path stands in the mirror.
    fn moved(&self, path: &[u8]) -> Vec<u8> {
        for (from, to) in &self.rules.moves {
            let below = match path.strip_prefix(&from[..]) {
                Some(below) if from.is_empty() || below.is_empty() => below,
                Some([b'/', below @ ..]) => below,
                Some(_) | None => continue,
            };
            let parts: Vec<&[u8]> =
                [&to[..], below].into_iter().filter(|part| !part.is_empty()).collect();
            return parts.join(&b'/');
        }
        path.to_vec()
    }

    /// What stands at a private path.
    fn find(&mut self, root: ObjectId, path: &[u8]) -> Result<Option<Found>, Stop> {
        let mut found = Found { node: ROOT, mode: DIRECTORY.to_vec(), id: root, is: Is::Tree };
        let end = names(path).fold(ROOT, |node, name| self.child(node, name));
        if !self.nodes[end as usize].open {
            return Ok(None);
        }
        for name in names(path) {
            if found.is != Is::Tree {
                return Ok(None);
            }
            let object = self.objects.read(found.id, Kind::Tree)?;
            let entries = sound(found.id, object.data())?;
            let Some(entry) = entries.iter().find(|entry| entry.name == name) else {
                return Ok(None);
            };
            let node = self.child(found.node, name);
            found = Found { node, mode: entry.mode.to_vec(), id: entry.id, is: entry.is };
        }
        Ok(Some(found))
    }

    /// One tree of all pieces.
    fn join(&mut self, pieces: &[Piece]) -> Result<ObjectId, Stop> {
        let mut root = ObjectId::EMPTY_TREE;
        for piece in pieces {
            let path: Vec<&[u8]> = names(&piece.to).collect();
            root = self.put(root, &path, piece)?;
        }
        Ok(root)
    }

    /// The public tree with a piece added at a path.
    fn put(&mut self, tree: ObjectId, path: &[&[u8]], piece: &Piece) -> Result<ObjectId, Stop> {
        let collides = || {
            let path = String::from_utf8_lossy(&piece.to).escape_debug().to_string();
            Stop::unsound(format!("two entries stand on the public path `{path}`"))
        };
        let Some((name, below)) = path.split_first() else {
            return if piece.is_tree { self.unite(tree, piece.id) } else { Err(collides()) };
        };
        let bytes = self.public_tree(tree)?;
        let mut entries = sound(tree, &bytes)?;
        match entries.iter().position(|entry| entry.name == *name) {
            Some(at) if entries[at].is == Is::Tree => {
                if below.is_empty() && !piece.is_tree {
                    return Err(collides());
                }
                entries[at].id = self.put(entries[at].id, below, piece)?;
            }
            Some(_) => return Err(collides()),
            None if below.is_empty() => {
                let is = if piece.is_tree { Is::Tree } else { Is::Blob };
                entries.push(Entry { mode: &piece.mode, name, id: piece.id, is });
            }
            None => {
                let id = self.put(ObjectId::EMPTY_TREE, below, piece)?;
                entries.push(Entry { mode: DIRECTORY, name, id, is: Is::Tree });
            }
        }
        Ok(self.write(entries))
    }

    /// Two public trees as one; the modes of the first hold.
    fn unite(&mut self, one: ObjectId, other: ObjectId) -> Result<ObjectId, Stop> {
        if other == ObjectId::EMPTY_TREE {
            return Ok(one);
        }
        if one == ObjectId::EMPTY_TREE {
            return Ok(other);
        }
        let (bytes, other_bytes) = (self.public_tree(one)?, self.public_tree(other)?);
        let mut entries = sound(one, &bytes)?;
        for entry in sound(other, &other_bytes)? {
            match entries.iter().position(|known| known.name == entry.name) {
                None => entries.push(entry),
                Some(at) if entries[at].is == Is::Tree && entry.is == Is::Tree => {
                    entries[at].id = self.unite(entries[at].id, entry.id)?;
                }
                Some(_) => {
                    let name = String::from_utf8_lossy(entry.name).escape_debug().to_string();
                    return Err(Stop::unsound(format!("two entries stand on one public `{name}`")));
                }
            }
        }
        Ok(self.write(entries))
    }

    pub(super) fn write(&mut self, mut entries: Vec<Entry<'_>>) -> ObjectId {
        entries.sort_by(git_order);
        let mut bytes = Vec::new();
        for entry in &entries {
            push_entry(&mut bytes, entry.mode, entry.name, entry.id);
        }
        self.keep(bytes)
    }

    fn keep(&mut self, bytes: Vec<u8>) -> ObjectId {
        let id = hash(Kind::Tree, &bytes);
        self.made_bytes += bytes.len();
        self.made.insert(id, bytes);
        id
    }

    /// The bytes of a public tree.
    pub(super) fn public_tree(&self, tree: ObjectId) -> Result<Vec<u8>, Stop> {
        if tree == ObjectId::EMPTY_TREE {
            return Ok(Vec::new());
        }
        match self.made.get(&tree) {
            Some(bytes) => Ok(bytes.clone()),
            None => Ok(self.objects.read(tree, Kind::Tree)?.data().to_vec()),
        }
    }

    fn child(&mut self, node: NodeId, name: &[u8]) -> NodeId {
        let parent = &self.nodes[node as usize];
        if let Some(&child) = parent.children.get(name) {
            return child;
        }
        let slash: &[u8] = if parent.path.is_empty() { b"" } else { b"/" };
        let child = self.add([&parent.path, slash, name].concat());
        self.nodes[node as usize].children.insert(name.into(), child);
        child
    }

    fn add(&mut self, path: Vec<u8>) -> NodeId {
        let (sight, below, denied) = match Path::new(&path) {
            None => (Sight::Unlisted, true, false),
            Some(path) => {
                let sight = self.rules.sight(&path);
                let below = match sight {
                    Sight::Public => true,
                    Sight::Unlisted => self.rules.can_be_public_below(&path),
                    Sight::Excluded | Sight::Floor => false,
                };
                (sight, below, self.tip.sight(&path) == Sight::Floor)
            }
        };
        let node = Node {
            public: sight == Sight::Public,
            open: below,
            moved: self.rules.moves.iter().any(|(from, _)| *from == path),
            denied,
            children: FxHashMap::default(),
            path,
        };
        self.nodes.push(node);
        NodeId::try_from(self.nodes.len() - 1).expect("there are fewer paths than 2^32")
    }
}

/// The mode that git gives a directory.
const DIRECTORY: &[u8] = b"40000";

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

pub(super) fn sound(tree: ObjectId, bytes: &[u8]) -> Result<Vec<Entry<'_>>, Stop> {
    entries(bytes).map_err(|fault| Stop::unsound(format!("tree {tree}: {fault}")))
}
