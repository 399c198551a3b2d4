// SPDX-License-Identifier: Apache-2.0
//! Public files that the private repository does not hold: how each is made, and reading
//! public files whichever they are.
//!
//! What is kept of a made file is not its bytes but the way there, which is short. It is
//! noted before anybody is told of the file, and for all threads at once.

use std::sync::{Arc, Mutex, PoisonError};

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use super::FilterError;
use super::skeleton::Skeleton;
use crate::git::{Object, ObjectError, Objects};
use crate::object::{Kind, hash};
use crate::transform::{CargoError, Markers, TransformError, cargo};

/// The files that a filter made, by their public ids: how, and how many bytes they have.
#[derive(Clone, Default)]
pub(crate) struct Made(Arc<Mutex<FxHashMap<ObjectId, (Recipe, u64)>>>);

/// How a public file is made.
#[derive(Clone)]
pub(super) struct Recipe {
    /// The private file.
    pub(super) private: ObjectId,
    /// What its private sections stand between.
    pub(super) markers: Option<Arc<Markers>>,
    /// The workspace that it belongs to, and as what.
    pub(super) workspace: Option<(Part, Arc<Skeleton>)>,
}

/// A file of a Cargo workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Manifest,
    Lock,
}

impl Part {
    /// Each with the name of the file.
    pub(super) const ALL: [(Self, &[u8]); 2] =
        [(Self::Manifest, b"Cargo.toml"), (Self::Lock, b"Cargo.lock")];

    /// What a file of this name is.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(part, _)| *part)
    }
}

impl Recipe {
    /// The public bytes; `None` if they are the private ones.
    pub(super) fn make(&self, objects: &Objects<'_>) -> Result<Option<Vec<u8>>, FilterError> {
        let failed = |blob, source: TransformError| {
            let source = Box::new(source);
            FilterError::Transform { blob, source }
        };
        let base = |id: ObjectId| {
            let object = objects.read(id, Kind::Blob)?;
            let stripped = self.markers.as_ref().map(|markers| markers.strip(object.data()));
            let stripped = stripped.transpose().map_err(|err| failed(id, err.into()))?.flatten();
            Ok::<_, FilterError>((object, stripped))
        };
        let (object, stripped) = base(self.private)?;
        let Some((part, skeleton)) = &self.workspace else { return Ok(stripped) };
        let mut manifests = cargo::Manifests::new();
        for (directory, id) in skeleton.manifests() {
            let (object, stripped) = base(id)?;
            manifests.insert(directory, stripped.unwrap_or_else(|| object.data().to_vec()));
        }
        let edited = match part {
            Part::Manifest => cargo::manifest(&manifests),
            Part::Lock => {
                let lock = stripped.as_deref().unwrap_or_else(|| object.data());
                cargo::lock(&manifests, lock)
            }
        };
        let edited = edited.map_err(|err| {
            // The file at fault may be another one that it needs.
            let blob = match &err {
                CargoError::Manifest { directory, .. } => skeleton.manifest_in(directory),
                CargoError::Lock { .. } | CargoError::Patched { .. } => None,
            };
            failed(blob.unwrap_or(self.private), err.into())
        })?;
        Ok(edited.or(stripped))
    }
}

impl Made {
    /// Notes how a file of so many bytes is made.
    pub(super) fn note(&self, id: ObjectId, recipe: Recipe, size: u64) {
        self.all(|made| drop(made.insert(id, (recipe, size))));
    }

    /// Takes over what another filter made.
    pub(super) fn extend(&self, other: &Self) {
        let others = other.all(std::mem::take);
        self.all(|made| made.extend(others));
    }

    /// What was done to make a file; nothing of one that is the private repository's own.
    fn done_to(&self, id: ObjectId) -> Option<Transforms> {
        let cargo = self.all(|made| made.get(&id).map(|(recipe, _)| recipe.workspace.is_some()))?;
        Some(Transforms { cargo, lines: !cargo })
    }

    fn get(&self, id: ObjectId) -> Option<Recipe> {
        self.all(|made| made.get(&id).map(|(recipe, _)| recipe.clone()))
    }

    /// How many bytes it has. To make it again only for that would take long.
    fn size(&self, id: ObjectId) -> Option<u64> {
        self.all(|made| made.get(&id).map(|(_, size)| *size))
    }

    fn all<T>(&self, with: impl FnOnce(&mut FxHashMap<ObjectId, (Recipe, u64)>) -> T) -> T {
        // A map is whole after every step on it.
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was done to a public file. Of a workspace's file it is not told whether sections
/// were cut as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transforms {
    /// Private crates were taken out of it.
    pub cargo: bool,
    /// Private sections were.
    pub lines: bool,
}

/// Reads public files, from any thread.
pub(crate) struct PublicFiles<'r> {
    objects: &'r Objects<'r>,
    made: Vec<Made>,
}

/// A public file.
pub(crate) enum PublicFile<'r> {
    /// One that the private repository holds.
    AsItIs(Object<'r>),
    /// One that was made.
    Made(Vec<u8>),
}

impl PublicFile<'_> {
    /// The bytes.
    pub(crate) fn data(&self) -> &[u8] {
        match self {
            Self::AsItIs(object) => object.data(),
            Self::Made(data) => data,
        }
    }

    /// The bytes, to be handed from thread to thread.
    pub(crate) fn into_shared(self) -> Arc<Vec<u8>> {
        match self {
            Self::AsItIs(object) => object.into_shared(),
            Self::Made(data) => Arc::new(data),
        }
    }
}

impl<'r> PublicFiles<'r> {
    /// Those that these filters made, and those of the private repository.
    pub(super) fn new(objects: &'r Objects<'r>, made: Vec<Made>) -> Self {
        Self { objects, made }
    }

    /// A public file.
    ///
    /// # Errors
    /// It, or what it is made of, cannot be read.
    pub(crate) fn read(&self, id: ObjectId) -> Result<PublicFile<'r>, ObjectError> {
        match self.made(id)? {
            Some(made) => Ok(PublicFile::Made(made)),
            None => Ok(PublicFile::AsItIs(self.objects.read(id, Kind::Blob)?)),
        }
    }

    /// How many bytes a public file has.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn size(&self, id: ObjectId) -> Result<u64, ObjectError> {
        match self.made.iter().find_map(|made| made.size(id)) {
            Some(size) => Ok(size),
            None => self.objects.blob_size(id),
        }
    }

    /// What was done to a public file.
    pub(crate) fn done_to(&self, id: ObjectId) -> Transforms {
        self.made.iter().find_map(|made| made.done_to(id)).unwrap_or_default()
    }

    /// A file that was made; `None` if the private repository is to be asked.
    ///
    /// # Errors
    /// What it is made of cannot be read any more.
    pub(crate) fn made(&self, id: ObjectId) -> Result<Option<Vec<u8>>, ObjectError> {
        let Some(recipe) = self.made.iter().find_map(|made| made.get(id)) else { return Ok(None) };
        let corrupt = |reason| ObjectError::Corrupt { id, kind: Kind::Blob, reason };
        let made = match recipe.make(self.objects) {
            Ok(made) => made.unwrap_or_default(),
            Err(FilterError::Object(err)) => return Err(err),
            Err(err) => return Err(corrupt(err.to_string())),
        };
        let found = hash(Kind::Blob, &made);
        if found != id {
            return Err(corrupt(format!("it was made again as {found}")));
        }
        Ok(Some(made))
    }
}
