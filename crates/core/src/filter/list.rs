// SPDX-License-Identifier: Apache-2.0
//! A public directory, entry by entry.
//!
//! Without moves a public directory comes from one private directory. With moves
//! it is the union of several: what stays there, and what is brought there.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};

use super::brought::Moved;
use super::listing::{Entries, Entry, From, Listed, Listing, Origin};
use super::made::Part;
use super::moves::{TargetNode, Targets};
use super::skeleton::Skeleton;
use super::states::{StateId, States};
use super::transformed::is_file;
use super::{Collision, Filter, FilterError};
use crate::object::{self, EntryKind, Kind, entry_order};
use crate::paths::{Reach, join};

/// A directory as the mirror shows it.
#[derive(Clone)]
pub struct Directory {
    pub(super) sources: Vec<Source>,
    brought: Option<Brought>,
}

/// A private directory that a public one shows.
#[derive(Clone)]
pub(super) struct Source {
    tree: PrivateTree,
    state: StateId,
    pub(super) path: Vec<u8>,
}

/// What moves bring to places below a directory, in one commit.
#[derive(Clone)]
struct Brought {
    node: TargetNode,
    moved: Rc<[Option<Moved>]>,
}

impl Filter<'_> {
    /// The public directory that the mirror shows of a root tree.
    ///
    /// # Errors
    /// A tree on the way to a move cannot be read, or is malformed.
    pub fn directory(&mut self, root: PrivateTree) -> Result<Directory, FilterError> {
        let source = Source { tree: root, state: States::ROOT, path: Vec::new() };
        if self.targets.is_empty() {
            return Ok(Directory { sources: vec![source], brought: None });
        }
        let moved: Rc<[Option<Moved>]> = self.moved(root)?.into();
        let mut sources = vec![source];
        if self.states.is_moved(States::ROOT) {
            sources.clear();
        }
        let node = Targets::ROOT;
        sources.extend(self.brought_trees(node, &moved));
        let file = self.brought_files(node, &moved).next();
        if let Some(other) = file.map(|file| file.path.clone()) {
            self.collisions.push(Collision { one: Vec::new(), other });
        }
        let brought = self.targets.has_children(node).then_some(Brought { node, moved });
        self.simplified(Directory { sources, brought })
    }

    /// Lists a public directory.
    ///
    /// # Errors
    /// A tree cannot be read, or is malformed.
    pub fn list(&mut self, directory: &Directory) -> Result<Rc<Listing>, FilterError> {
        self.list_beside(directory, None)
    }

    /// The same, where `near` is a directory, listed by this filter, that it is likely to be
    /// like.
    pub(super) fn list_beside(
        &mut self,
        directory: &Directory,
        near: Option<&Listing>,
    ) -> Result<Rc<Listing>, FilterError> {
        let ([source], None) = (&directory.sources[..], &directory.brought) else {
            return Ok(Rc::new(self.list_union(directory)?.0));
        };
        if let Some(near) = near.and_then(|near| near.sheet(source.state)) {
            self.recent.expect_like(near);
        }
        self.list_source(source).map(Rc::new)
    }

    /// The public directory behind an entry of `parent`, if it is one.
    pub fn below(&mut self, parent: &Directory, entry: &Entry<'_>) -> Option<Directory> {
        match entry.from {
            _ if entry.kind != EntryKind::Tree => None,
            From::Sheet(tree) => {
                let source = self.source_below(&parent.sources[0], entry.name, tree);
                Some(Directory { sources: vec![source], brought: None })
            }
            From::Union(Origin::Merged(directory)) => Some((**directory).clone()),
            From::Union(_) => None,
        }
    }

    /// The public directory behind a private one that stands under this name in the root,
    /// where no move brings anything there.
    pub(super) fn directory_of_root(&mut self, name: &[u8], tree: PrivateTree) -> Directory {
        let source = Source { tree, state: self.states.at(name), path: name.to_vec() };
        Directory { sources: vec![source], brought: None }
    }

    fn source_below(&mut self, parent: &Source, name: &[u8], tree: ObjectId) -> Source {
        let state = match self.states.reach(parent.state) {
            Reach::Public | Reach::Private => parent.state,
            Reach::Mixed => self.states.child(parent.state, name),
        };
        Source { tree: PrivateTree::new(tree), state, path: join(&parent.path, name) }
    }

    /// The id of a public directory, `None` if it is not there at all.
    pub(super) fn directory_tree(
        &mut self,
        directory: &Directory,
    ) -> Result<Option<PublicTree>, FilterError> {
        if let ([source], None) = (&directory.sources[..], &directory.brought) {
            return self.tree(source.state, source.tree);
        }
        // What moves bring below is another thing in each commit.
        let key = directory.brought.is_none().then(|| {
            directory.sources.iter().map(|source| (source.state, source.tree)).collect::<Vec<_>>()
        });
        if let Some(public) = key.as_ref().and_then(|key| self.unions.get(key)) {
            return Ok(*public);
        }
        let place = directory.sources.first().map_or(ObjectId::EMPTY_TREE, |one| one.tree.id());
        let collisions = self.collisions.len();
        let public = self.deeper(PrivateTree::new(place), |this| this.union_tree(directory))?;
        // Each commit is told of its collisions.
        if let Some(key) = key.filter(|_| self.collisions.len() == collisions) {
            self.unions.insert(key, public);
        }
        Ok(public)
    }

    /// The id of a directory with several sources.
    fn union_tree(&mut self, directory: &Directory) -> Result<Option<PublicTree>, FilterError> {
        let (listing, _) = self.list_union(directory)?;
        if listing.is_empty() {
            // The union of directories that were empty before is one.
            for source in &directory.sources {
                if self.tree(source.state, source.tree)?.is_some() {
                    return Ok(Some(PublicTree::new(ObjectId::EMPTY_TREE)));
                }
            }
            return Ok(None);
        }
        Ok(Some(PublicTree::new(object::hash(Kind::Tree, &listing.tree_bytes()))))
    }

    /// One private directory, what is private or moved away left out.
    fn list_source(&mut self, source: &Source) -> Result<Listing, FilterError> {
        match self.states.reach(source.state) {
            Reach::Private => Ok(Listing(Entries::Union(Vec::new()))),
            Reach::Public | Reach::Mixed => {
                Ok(Listing(Entries::Sheet(self.sheet(source.state, source.tree)?)))
            }
        }
    }

    /// Several private directories and what moves bring, as one; and its skeleton, where
    /// that matters.
    fn list_union(
        &mut self,
        directory: &Directory,
    ) -> Result<(Listing, Option<Arc<Skeleton>>), FilterError> {
        let mut union: BTreeMap<Vec<u8>, Claims> = BTreeMap::new();
        for (number, source) in directory.sources.iter().enumerate() {
            let listing = self.list_source(source)?;
            for entry in listing.iter() {
                let claims = union.entry(entry.name.to_vec()).or_default();
                match entry.from {
                    From::Sheet(tree) if entry.kind == EntryKind::Tree => {
                        claims.tree_mode.get_or_insert_with(|| entry.mode.to_vec());
                        claims.trees.push(self.source_below(source, entry.name, tree));
                    }
                    From::Sheet(private) => claims.files.push(File {
                        mode: entry.mode.to_vec(),
                        private,
                        id: entry.id,
                        kind: entry.kind,
                        origin: Origin::Source(number),
                    }),
                    From::Union(_) => unreachable!("a source is one directory"),
                }
            }
        }
        if let Some(Brought { node, moved }) = &directory.brought {
            for (name, child) in self.targets.children(*node) {
                let claims = union.entry(name.to_vec()).or_default();
                claims.trees.extend(self.brought_trees(child, moved));
                claims.files.extend(self.brought_files(child, moved).map(|file| File {
                    mode: file.mode.clone(),
                    private: file.id,
                    id: file.id,
                    kind: file.kind,
                    origin: Origin::File(file.path.clone()),
                }));
                if self.targets.has_children(child) {
                    claims.brought = Some(Brought { node: child, moved: moved.clone() });
                }
            }
        }
        self.settle(directory, union)
    }

    /// One entry for each name; a second claim to it is a collision.
    fn settle(
        &mut self,
        parent: &Directory,
        union: BTreeMap<Vec<u8>, Claims>,
    ) -> Result<(Listing, Option<Arc<Skeleton>>), FilterError> {
        let mut settled: Vec<(Vec<u8>, File)> = Vec::with_capacity(union.len());
        for (name, claims) in union {
            let directory = Directory { sources: claims.trees, brought: claims.brought };
            let directory = self.simplified(directory)?;
            let tree = self.directory_tree(&directory)?.map(|tree| {
                let private = match &directory.sources[..] {
                    [one] => one.tree.id(),
                    _ => ObjectId::NULL,
                };
                let mode = claims.tree_mode.unwrap_or_else(|| b"40000".to_vec());
                let origin = Origin::Merged(Box::new(directory));
                File { mode, private, id: tree.id(), kind: EntryKind::Tree, origin }
            });
            let mut all = tree.into_iter().chain(claims.files);
            let Some(first) = all.next() else { continue };
            if let Some(second) = all.next() {
                let path = |file: &File| file.origin.private_path(parent, &name);
                let (one, other) = (path(&first), path(&second));
                self.collisions.push(Collision { one, other });
            }
            settled.push((name, first));
        }
        settled.sort_by(|(a, x), (b, y)| entry_order(a, x.kind.is_tree(), b, y.kind.is_tree()));
        let skeleton = self.transform_union(&mut settled)?;
        let listed = settled.into_iter().map(|(name, file)| {
            let File { mode, private, id, kind, origin } = file;
            Listed { mode, name, id, kind, as_is: private == id, origin }
        });
        Ok((Listing(Entries::Union(listed.collect())), skeleton))
    }

    /// Transforms the files of a union where they come to stand; what was made of them
    /// where they come from may not hold there.
    fn transform_union(
        &mut self,
        settled: &mut [(Vec<u8>, File)],
    ) -> Result<Option<Arc<Skeleton>>, FilterError> {
        if !self.transforms() {
            return Ok(None);
        }
        let (mut manifest, mut below) = (None, Vec::new());
        for (name, file) in settled.iter_mut() {
            if is_file(file.kind) {
                file.id = self.stripped(file.private, file.kind)?;
                manifest = manifest.or((&name[..] == b"Cargo.toml").then_some(file.private));
            } else if let Origin::Merged(directory) = &file.origin
                && self.edits_workspaces()
            {
                let skeleton = self.skeleton_of(directory)?;
                below.extend(skeleton.map(|skeleton| (name.as_slice().into(), skeleton)));
            }
        }
        if !self.edits_workspaces() {
            return Ok(None);
        }
        let skeleton = Skeleton::new(manifest, below).map(Arc::new);
        for (name, file) in settled.iter_mut().filter(|(_, file)| is_file(file.kind)) {
            if let (Some(skeleton), Some(part)) = (&skeleton, Part::named(name)) {
                file.id = self.without_crates(skeleton, part, file.private, file.id)?;
            }
        }
        Ok(skeleton)
    }

    /// The skeleton of a public directory.
    fn skeleton_of(&mut self, directory: &Directory) -> Result<Option<Arc<Skeleton>>, FilterError> {
        match (&directory.sources[..], &directory.brought) {
            ([source], None) => self.skeleton(source.state, source.tree),
            _ => Ok(self.list_union(directory)?.1),
        }
    }

    /// Leaves out the sources and moves that bring nothing, so that what is left
    /// is seen to have one source if it has.
    fn simplified(&mut self, mut directory: Directory) -> Result<Directory, FilterError> {
        if directory.sources.len() > 1 || directory.brought.is_some() {
            let mut kept = Vec::with_capacity(directory.sources.len());
            for source in directory.sources {
                if self.tree(source.state, source.tree)?.is_some() {
                    kept.push(source);
                }
            }
            directory.sources = kept;
        }
        if directory.brought.as_ref().is_some_and(|brought| !self.brings_anything(brought)) {
            directory.brought = None;
        }
        Ok(directory)
    }

    fn brings_anything(&self, brought: &Brought) -> bool {
        self.targets.children(brought.node).any(|(_, child)| {
            self.targets.moves(child).iter().any(|&number| brought.moved[number].is_some())
                || self.brings_anything(&Brought { node: child, moved: brought.moved.clone() })
        })
    }

    /// The directories that moves bring to exactly this place.
    fn brought_trees(&self, node: TargetNode, moved: &[Option<Moved>]) -> Vec<Source> {
        let here = self.targets.moves(node).iter().filter_map(|&number| moved[number].as_ref());
        here.filter(|one| one.kind == EntryKind::Tree)
            .map(|one| Source {
                tree: PrivateTree::new(one.id),
                state: one.state,
                path: one.path.clone(),
            })
            .collect()
    }

    /// The public files that moves bring to exactly this place.
    fn brought_files<'m>(
        &self,
        node: TargetNode,
        moved: &'m [Option<Moved>],
    ) -> impl Iterator<Item = &'m Moved> {
        self.targets
            .moves(node)
            .iter()
            .filter_map(|&number| moved[number].as_ref())
            .filter(|one| one.kind != EntryKind::Tree && self.states.is_public(one.state))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// All that wants to stand under one name.
#[derive(Default)]
struct Claims {
    trees: Vec<Source>,
    tree_mode: Option<Vec<u8>>,
    files: Vec<File>,
    brought: Option<Brought>,
}

struct File {
    mode: Vec<u8>,
    /// The object behind it; of a directory of several, none.
    private: ObjectId,
    id: ObjectId,
    kind: EntryKind,
    origin: Origin,
}
