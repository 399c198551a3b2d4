// SPDX-License-Identifier: Apache-2.0
//! The entries of a public directory.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use repo_sync_shared::ObjectId;

use super::list::Directory;
use super::sheet::Sheet;
use super::states::StateId;
use crate::object::{EntryKind, append_entry, entry_order};
use crate::paths::join;

/// The entries of a [`Directory`], in git's order.
pub struct Listing(pub(super) Entries);

pub(super) enum Entries {
    /// Of one private directory, numbered as they are there.
    Sheet(Rc<Sheet>),
    /// Of several.
    Union(Vec<Listed>),
}

/// An entry of a directory that several private ones make up.
pub(super) struct Listed {
    pub(super) mode: Vec<u8>,
    pub(super) name: Vec<u8>,
    pub(super) id: ObjectId,
    pub(super) kind: EntryKind,
    /// Whether the object is the private repository's own, not a filtered copy.
    pub(super) as_is: bool,
    pub(super) origin: Origin,
}

/// Where an entry of a union comes from.
#[derive(Clone)]
pub(super) enum Origin {
    /// A file of the directory's source of this number, under its own name.
    Source(usize),
    /// A file that was moved here from another place.
    File(Vec<u8>),
    /// A directory, with all that makes it up.
    Merged(Box<Directory>),
}

impl Origin {
    /// The private path of what came from here into `parent`, under this name.
    pub(super) fn private_path(&self, parent: &Directory, name: &[u8]) -> Vec<u8> {
        match self {
            Self::Source(number) => join(&parent.sources[*number].path, name),
            Self::File(path) => path.clone(),
            Self::Merged(directory) => {
                directory.sources.first().map(|source| source.path.clone()).unwrap_or_default()
            }
        }
    }
}

/// One entry of a public directory.
#[derive(Clone, Copy)]
pub struct Entry<'l> {
    /// The mode's bytes as they stand in the private tree.
    pub mode: &'l [u8],
    /// The name in the public directory.
    pub name: &'l [u8],
    /// The public object.
    pub id: ObjectId,
    /// What it is.
    pub kind: EntryKind,
    /// Whether the private repository holds this very object, so that it can be
    /// copied; a filtered tree is ours to write.
    pub as_is: bool,
    pub(super) from: From<'l>,
}

#[derive(Clone, Copy)]
pub(super) enum From<'l> {
    /// The directory's one source, which has this object there.
    Sheet(ObjectId),
    Union(&'l Origin),
}

impl Entry<'_> {
    /// The private path of an entry that is a file of `parent`.
    pub fn private_path(&self, parent: &Directory) -> Vec<u8> {
        match self.from {
            From::Sheet(_) => join(&parent.sources[0].path, self.name),
            From::Union(origin) => origin.private_path(parent, self.name),
        }
    }
}

impl Listing {
    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        self.numbers().filter_map(|number| self.get(number))
    }

    /// The numbers that entries may have; not each has one that is public.
    pub fn numbers(&self) -> Range<usize> {
        0..match &self.0 {
            Entries::Sheet(sheet) => sheet.outline().len(),
            Entries::Union(listed) => listed.len(),
        }
    }

    /// The entry of this number, if it is public.
    pub fn get(&self, number: usize) -> Option<Entry<'_>> {
        match &self.0 {
            Entries::Sheet(sheet) => {
                let entry = sheet.outline().entry(number)?;
                let id = sheet.public_id(number, &entry)?;
                Some(Entry {
                    mode: entry.mode,
                    name: entry.name,
                    id,
                    kind: entry.kind(),
                    as_is: id == entry.id,
                    from: From::Sheet(entry.id),
                })
            }
            Entries::Union(listed) => listed.get(number).map(|listed| Entry {
                mode: &listed.mode,
                name: &listed.name,
                id: listed.id,
                kind: listed.kind,
                as_is: listed.as_is,
                from: From::Union(&listed.origin),
            }),
        }
    }

    /// The public entry of this name that is a directory, or is none.
    pub fn find(&self, name: &[u8], is_tree: bool) -> Option<Entry<'_>> {
        let number = match &self.0 {
            Entries::Sheet(sheet) => sheet.outline().find(name, is_tree)?,
            Entries::Union(listed) => {
                let order =
                    |one: &Listed| entry_order(&one.name, one.kind.is_tree(), name, is_tree);
                listed.binary_search_by(order).ok()?
            }
        };
        self.get(number)
    }

    /// The numbers of the entries that `other`, of the same filter, may not have just so;
    /// where it cannot be seen at a glance, all of them.
    pub(super) fn differing(&self, other: &Self) -> Vec<usize> {
        match (&self.0, &other.0) {
            (Entries::Sheet(this), Entries::Sheet(other)) if this.state == other.state => {
                let runs = this.shown_alike(other, this.outline().runs(other.outline()));
                this.outline().between(&runs).collect()
            }
            _ => self.numbers().collect(),
        }
    }

    /// The sheet behind it, if the rules stand at `state` there.
    pub(super) fn sheet(&self, state: StateId) -> Option<Rc<Sheet>> {
        match &self.0 {
            Entries::Sheet(sheet) => Some(sheet.clone()).filter(|sheet| sheet.state == state),
            Entries::Union(_) => None,
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The bytes of the tree object.
    pub fn tree_bytes(&self) -> Cow<'_, [u8]> {
        if let Entries::Sheet(sheet) = &self.0 {
            return sheet.public();
        }
        let mut tree = Vec::new();
        for entry in self.iter() {
            append_entry(&mut tree, entry.mode, entry.name, entry.id);
        }
        Cow::Owned(tree)
    }
}
