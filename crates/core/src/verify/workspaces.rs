// SPDX-License-Identifier: Apache-2.0
//! Public trees as they stand alone: after all that is public was put together, the files
//! of each Cargo workspace in it are made anew, from nothing but that tree.

use std::rc::Rc;

use repo_sync_shared::ObjectId;

use super::crates::{Manifests, is_telling, manifest};
use super::filter::{DEEPEST, Filter, sound};
use super::locked::lock;
use super::object::{Is, push_entry};
use super::stop::Stop;
use crate::object::{Kind, hash};

/// The manifests in and below a tree.
#[derive(Default)]
pub(super) struct Below {
    /// The directory of each, and its file.
    all: Vec<(String, ObjectId)>,
    /// The same only for the same manifests in the same places.
    digest: Option<ObjectId>,
}

/// What a file of a workspace is made of: the manifests, the file before, and which of the two
/// it is.
pub(super) type Made = (Option<ObjectId>, ObjectId, File);

/// A file that a workspace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum File {
    Manifest,
    Lock,
}

impl Filter<'_> {
    /// The same public tree, in which no workspace names a private crate.
    pub(super) fn alone(&mut self, tree: ObjectId, depth: usize) -> Result<ObjectId, Stop> {
        if let Some(&done) = self.alone.get(&tree) {
            return Ok(done);
        }
        if depth > DEEPEST {
            return Err(Stop::unsound(format!("tree {tree} lies too deep")));
        }
        let bytes = self.public_tree(tree)?;
        let mut entries = sound(tree, &bytes)?;
        for entry in &mut entries {
            let is_link = entry.mode.starts_with(b"12");
            entry.id = match (entry.is, entry.name) {
                (Is::Tree, _) => self.alone(entry.id, depth + 1)?,
                (Is::Blob, b"Cargo.toml") if !is_link => {
                    self.edit(tree, entry.id, File::Manifest)?
                }
                (Is::Blob, b"Cargo.lock") if !is_link => self.edit(tree, entry.id, File::Lock)?,
                (Is::Blob | Is::Gitlink, _) => entry.id,
            };
        }
        let done = self.write(entries);
        self.alone.insert(tree, done);
        Ok(done)
    }

    /// A file of the workspace in a public tree, as it stands alone. Most trees have the
    /// workspace of another, so it is made once.
    fn edit(&mut self, tree: ObjectId, file: ObjectId, which: File) -> Result<ObjectId, Stop> {
        let below = self.manifests(tree)?;
        let key = (below.digest, file, which);
        if let Some(&done) = self.edited.get(&key) {
            return Ok(done);
        }
        let own = self.public_file(file)?;
        let text = match which {
            File::Manifest if is_telling(&own) => Some(manifest(&self.texts(&below)?)),
            File::Lock if below.all.iter().any(|(directory, _)| directory.is_empty()) => {
                let own = String::from_utf8(own)
                    .map_err(|_| Stop::unsound("a `Cargo.lock` is no text"))?;
                Some(lock(&self.texts(&below)?, &own))
            }
            File::Manifest | File::Lock => None,
        };
        let text = text.transpose().map_err(Stop::Unsound)?;
        let done = text.map_or(file, |text| hash(Kind::Blob, text.as_bytes()));
        self.edited.insert(key, done);
        Ok(done)
    }

    /// The manifests in and below a public tree.
    fn manifests(&mut self, tree: ObjectId) -> Result<Rc<Below>, Stop> {
        if let Some(known) = self.manifests.get(&tree) {
            return Ok(Rc::clone(known));
        }
        let bytes = self.public_tree(tree)?;
        let mut found = Below::default();
        let mut told = Vec::new();
        for entry in sound(tree, &bytes)? {
            let Ok(name) = str::from_utf8(entry.name) else { continue };
            match entry.is {
                Is::Tree => {
                    let below = self.manifests(entry.id)?;
                    for (directory, id) in &below.all {
                        let path = [name, directory].join("/");
                        found.all.push((path.trim_end_matches('/').to_owned(), *id));
                    }
                    if let Some(digest) = below.digest {
                        push_entry(&mut told, b"40000", entry.name, digest);
                    }
                }
                Is::Blob if name == "Cargo.toml" && !entry.mode.starts_with(b"12") => {
                    found.all.push((String::new(), entry.id));
                    push_entry(&mut told, b"100644", entry.name, entry.id);
                }
                Is::Blob | Is::Gitlink => {}
            }
        }
        found.digest = (!told.is_empty()).then(|| hash(Kind::Tree, &told));
        let found = Rc::new(found);
        self.manifests.insert(tree, Rc::clone(&found));
        Ok(found)
    }

    /// What manifests say; one that is no text says something that nobody can read.
    fn texts(&self, below: &Below) -> Result<Manifests, Stop> {
        let mut texts = Manifests::new();
        for (directory, id) in &below.all {
            let text = self.public_file(*id)?;
            texts.insert(directory.clone(), String::from_utf8_lossy(&text).into_owned());
        }
        Ok(texts)
    }
}
