// SPDX-License-Identifier: Apache-2.0
//! Public trees as they stand alone: after all that is public was put together, the files
//! of each Cargo workspace in it are made anew, from nothing but that tree.

use std::rc::Rc;

use repo_sync_shared::ObjectId;

use super::crates::{Manifests, is_telling, manifest};
use super::filter::{DEEPEST, Filter, sound};
use super::locked::lock;
use super::object::Is;
use super::stop::Stop;
use crate::object::{Kind, hash};

/// The manifests in and below a tree: the directory of each, and its file.
pub(super) type Below = Rc<Vec<(String, ObjectId)>>;

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
                    let manifests = self.manifests(tree)?;
                    if is_telling(&self.public_file(entry.id)?) {
                        let text = manifest(&self.texts(&manifests)?);
                        hash(Kind::Blob, text.map_err(Stop::Unsound)?.as_bytes())
                    } else {
                        entry.id
                    }
                }
                (Is::Blob, b"Cargo.lock") if !is_link => {
                    let manifests = self.manifests(tree)?;
                    if manifests.iter().any(|(directory, _)| directory.is_empty()) {
                        let own = self.public_file(entry.id)?;
                        let own = String::from_utf8(own)
                            .map_err(|_| Stop::unsound("a `Cargo.lock` is no text"))?;
                        let text = lock(&self.texts(&manifests)?, &own);
                        hash(Kind::Blob, text.map_err(Stop::Unsound)?.as_bytes())
                    } else {
                        entry.id
                    }
                }
                (Is::Blob | Is::Gitlink, _) => entry.id,
            };
        }
        let done = self.write(entries);
        self.alone.insert(tree, done);
        Ok(done)
    }

    /// The manifests in and below a public tree.
    fn manifests(&mut self, tree: ObjectId) -> Result<Below, Stop> {
        if let Some(known) = self.manifests.get(&tree) {
            return Ok(Rc::clone(known));
        }
        let bytes = self.public_tree(tree)?;
        let mut found = Vec::new();
        for entry in sound(tree, &bytes)? {
            let Ok(name) = str::from_utf8(entry.name) else { continue };
            match entry.is {
                Is::Tree => {
                    for (below, id) in self.manifests(entry.id)?.iter() {
                        let path = [name, below].join("/");
                        found.push((path.trim_end_matches('/').to_owned(), *id));
                    }
                }
                Is::Blob if name == "Cargo.toml" && !entry.mode.starts_with(b"12") => {
                    found.push((String::new(), entry.id));
                }
                Is::Blob | Is::Gitlink => {}
            }
        }
        let found = Rc::new(found);
        self.manifests.insert(tree, Rc::clone(&found));
        Ok(found)
    }

    /// What manifests say; one that is no text says something that nobody can read.
    fn texts(&self, below: &Below) -> Result<Manifests, Stop> {
        let mut texts = Manifests::new();
        for (directory, id) in below.iter() {
            let text = self.public_file(*id)?;
            texts.insert(directory.clone(), String::from_utf8_lossy(&text).into_owned());
        }
        Ok(texts)
    }
}
