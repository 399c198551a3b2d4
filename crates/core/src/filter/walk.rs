// SPDX-License-Identifier: Apache-2.0
//! What one public tree has that others have not.

use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

use repo_sync_shared::{ObjectId, PrivateTree};

use super::list::Directory;
use super::listing::{Entry, Listing};
use super::{Filter, FilterError, MAX_DEPTH};
use crate::object::{EntryKind, entry_order};
use crate::paths::{components, join};

/// Sees the entries in which a public tree differs from all trees it is held
/// against.
pub trait Visitor {
    /// A directory that the private repository holds as it is, before it is opened; `old`
    /// are those that stood in the same place. It is walked if the answer is `true`.
    fn opens(&mut self, _shown: &Shown, _path: &[u8], _old: &[Shown]) -> bool {
        true
    }

    /// A directory that is new, or new in this place. Its entries follow if the answer is
    /// `true`.
    fn tree(&mut self, _opened: &Opened<'_>) -> bool {
        true
    }

    /// All that is new in a directory was told of.
    fn leave(&mut self, _opened: &Opened<'_>) {}

    /// A file, link or gitlink that is new in this place: `old` is whether
    /// another stood at its path before.
    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, old: bool);

    /// Whether to look for what is not there any more, which may be very much.
    fn asks_for_gone(&self) -> bool {
        false
    }

    /// A file, link or gitlink that is not there any more; told only who asks for it, and
    /// only where the tree is held against a single other.
    fn gone(&mut self, _entry: &Entry<'_>, _place: &Place<'_>) {}
}

/// A directory that a walk comes by.
pub struct Opened<'a> {
    /// The directory.
    pub shown: &'a Shown,
    /// Its public path.
    pub path: &'a [u8],
    /// Its entries.
    pub listing: &'a Listing,
    /// What stood in the same place, with the ids of the trees.
    pub old: &'a [(ObjectId, Rc<Listing>)],
    /// The numbers of the entries that may be new in this place. Every other is there in
    /// one of `old`, just as it is.
    pub candidates: &'a [usize],
}

/// Where an entry stands.
pub struct Place<'a> {
    /// The public directory that holds it.
    pub directory: &'a Directory,
    /// The public path of that directory.
    pub path: &'a [u8],
}

impl Place<'_> {
    /// The public path of an entry in this place.
    pub fn public_path(&self, entry: &Entry<'_>) -> Vec<u8> {
        join(self.path, entry.name)
    }

    /// The private path of an entry in this place.
    pub fn private_path(&self, entry: &Entry<'_>) -> Vec<u8> {
        entry.private_path(self.directory)
    }
}

/// A public tree and the directory behind it.
#[derive(Clone)]
pub struct Shown {
    /// The filter that reads the directory, by its number.
    pub filter: usize,
    /// The directory.
    pub directory: Directory,
    /// Its tree.
    pub tree: ObjectId,
    /// Whether the private repository holds this very tree.
    pub as_is: bool,
}

impl Shown {
    /// The private path behind it; of one with several sources, that of the first.
    pub(crate) fn private_path(&self) -> &[u8] {
        self.directory.sources.first().map_or(b"", |source| &source.path)
    }

    /// A directory of the root, of which the mirror shows a part.
    pub(crate) fn part(
        filters: &mut [Filter<'_>],
        filter: usize,
        name: &[u8],
        private: ObjectId,
        tree: ObjectId,
    ) -> Self {
        let directory = filters[filter].directory_of_root(name, PrivateTree::new(private));
        Self { filter, directory, tree, as_is: private == tree }
    }

    /// The public directory behind an entry of this one.
    fn child(&self, filters: &mut [Filter<'_>], entry: &Entry<'_>) -> Option<Self> {
        let directory = filters[self.filter].below(&self.directory, entry)?;
        Some(Self { filter: self.filter, directory, tree: entry.id, as_is: entry.as_is })
    }
}

/// Walks `new` and tells `visitor` where it differs from every one of `old`.
///
/// A directory that one of `old` has under the same path with the same id is
/// passed over unopened.
///
/// # Errors
/// A tree cannot be read, or is malformed.
pub fn walk(
    filters: &mut [Filter<'_>],
    new: &Shown,
    old: &[Shown],
    visitor: &mut dyn Visitor,
) -> Result<(), FilterError> {
    if old.iter().any(|old| old.tree == new.tree) {
        return Ok(());
    }
    walk_directory(filters, new, old, b"", visitor, 0)
}

/// The same for a directory of the root; `path` is its public path.
///
/// # Errors
/// As of [`walk`].
pub(crate) fn walk_below(
    filters: &mut [Filter<'_>],
    new: &Shown,
    old: Option<Shown>,
    path: &[u8],
    visitor: &mut dyn Visitor,
) -> Result<(), FilterError> {
    walk_directory(filters, new, old.as_slice(), path, visitor, 1)
}

fn walk_directory(
    filters: &mut [Filter<'_>],
    new: &Shown,
    old: &[Shown],
    path: &[u8],
    visitor: &mut dyn Visitor,
    depth: usize,
) -> Result<(), FilterError> {
    if depth == MAX_DEPTH {
        return Err(FilterError::TooDeep(PrivateTree::new(new.tree)));
    }
    if new.as_is && !visitor.opens(new, path, old) {
        return Ok(());
    }
    let mut before = Vec::with_capacity(old.len());
    for shown in old {
        before.push((shown.tree, filters[shown.filter].list(&shown.directory)?));
    }
    let near = old.iter().zip(&before).find(|(old, _)| old.filter == new.filter);
    let near = near.map(|(_, (_, near))| &**near);
    let listing = filters[new.filter].list_beside(&new.directory, near)?;
    let asks_for_gone = visitor.asks_for_gone() && old.len() == 1;
    let mut passed = before.first().filter(|_| asks_for_gone).map(|(_, old)| Cursor::new(old));
    let candidates: Vec<usize> = match near {
        Some(near) if !asks_for_gone => listing.differing(near),
        _ => listing.numbers().collect(),
    };
    let opened =
        Opened { shown: new, path, listing: &listing, old: &before, candidates: &candidates };
    if !visitor.tree(&opened) {
        return Ok(());
    }
    let place = Place { directory: &new.directory, path };
    for entry in candidates.iter().filter_map(|&number| listing.get(number)) {
        if let (Some(passed), [shown]) = (&mut passed, old) {
            let place = Place { directory: &shown.directory, path };
            while let Some(entry) = passed.next_before(&entry) {
                gone(filters, shown.filter, &entry, &place, visitor, depth)?;
            }
        }
        let mut same = false;
        let mut replaced = false;
        let mut below = Vec::new();
        for (shown, (_, old)) in old.iter().zip(&before) {
            let Some(found) = old.find(entry.name, entry.kind.is_tree()) else { continue };
            same |= found.id == entry.id && found.mode == entry.mode;
            replaced |= found.kind != EntryKind::Tree;
            below.extend(shown.child(filters, &found));
        }
        if same {
            continue;
        }
        match new.child(filters, &entry) {
            Some(child) if below.iter().all(|below| below.tree != child.tree) => {
                let path = join(path, entry.name);
                walk_directory(filters, &child, &below, &path, visitor, depth + 1)?;
            }
            Some(_) => {}
            None => visitor.file(&entry, &place, replaced),
        }
    }
    if let (Some(passed), [shown]) = (&mut passed, old) {
        let place = Place { directory: &shown.directory, path };
        while let Some(entry) = passed.next() {
            gone(filters, shown.filter, &entry, &place, visitor, depth)?;
        }
    }
    visitor.leave(&opened);
    Ok(())
}

/// What a public tree has at a path, if anything.
///
/// # Errors
/// A tree cannot be read, or is malformed.
pub fn shows(
    filters: &mut [Filter<'_>],
    shown: &Shown,
    path: &[u8],
) -> Result<Option<(EntryKind, ObjectId)>, FilterError> {
    let mut found = (EntryKind::Tree, shown.tree);
    let mut at = Some(shown.clone());
    for name in components(path) {
        let Some(shown) = at else { return Ok(None) };
        let listing = filters[shown.filter].list(&shown.directory)?;
        let Some(entry) = listing.iter().find(|entry| entry.name == name) else {
            return Ok(None);
        };
        found = (entry.kind, entry.id);
        at = shown.child(filters, &entry);
    }
    Ok(Some(found))
}

/// The public directory that a tree has at a path, with the id of its tree, if one is there.
///
/// # Errors
/// A tree cannot be read, or is malformed.
pub(crate) fn listed_at(
    filters: &mut [Filter<'_>],
    mut shown: Shown,
    path: &[u8],
) -> Result<Option<(ObjectId, Rc<Listing>)>, FilterError> {
    let mut listing = filters[shown.filter].list(&shown.directory)?;
    for name in components(path) {
        let entry = listing.find(name, true);
        let Some(child) = entry.and_then(|entry| shown.child(filters, &entry)) else {
            return Ok(None);
        };
        listing = filters[child.filter].list(&child.directory)?;
        shown = child;
    }
    Ok(Some((shown.tree, listing)))
}

/// Tells of every file at and below an entry that is not there any more.
fn gone(
    filters: &mut [Filter<'_>],
    filter: usize,
    entry: &Entry<'_>,
    place: &Place<'_>,
    visitor: &mut dyn Visitor,
    depth: usize,
) -> Result<(), FilterError> {
    let Some(directory) = filters[filter].below(place.directory, entry) else {
        visitor.gone(entry, place);
        return Ok(());
    };
    if !visitor.asks_for_gone() {
        return Ok(());
    }
    let path = join(place.path, entry.name);
    if depth == MAX_DEPTH {
        return Err(FilterError::TooDeep(PrivateTree::new(entry.id)));
    }
    let listing = filters[filter].list(&directory)?;
    let place = Place { directory: &directory, path: &path };
    for entry in listing.iter() {
        gone(filters, filter, &entry, &place, visitor, depth + 1)?;
    }
    Ok(())
}

/// A listing that is read along with another one in the same order, for what only it has.
struct Cursor<'l> {
    listing: &'l Listing,
    rest: Range<usize>,
}

impl<'l> Cursor<'l> {
    fn new(listing: &'l Listing) -> Self {
        Self { listing, rest: listing.numbers() }
    }

    /// The next entry that stands before `entry`; one of the same name and sort is passed
    /// over.
    fn next_before(&mut self, entry: &Entry<'_>) -> Option<Entry<'l>> {
        loop {
            let here = self.rest.clone().find_map(|at| Some((at, self.listing.get(at)?)));
            let (at, here) = here?;
            let order =
                entry_order(here.name, here.kind.is_tree(), entry.name, entry.kind.is_tree());
            if order == Ordering::Greater {
                return None;
            }
            self.rest.start = at + 1;
            if order == Ordering::Less {
                return Some(here);
            }
        }
    }

    /// The next entry, whatever it is.
    fn next(&mut self) -> Option<Entry<'l>> {
        self.rest.find_map(|at| self.listing.get(at))
    }
}
