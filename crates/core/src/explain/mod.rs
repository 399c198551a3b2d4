// SPDX-License-Identifier: Apache-2.0
//! Why a path is public or private: the rule behind it, where it lands, and the
//! first commit that shows it. Why a commit has an image or none is in `reasons`.

mod reasons;

use std::sync::Arc;

use repo_sync_shared::{PrivateCommit, PublicCommit};

use crate::error::RunError;
use crate::filter::{Transforms, shows};
use crate::manifest::{PastManifest, Shape};
use crate::object::{EntryKind, Kind};
use crate::paths::{Position, Reach};
use crate::policy::{MANIFEST, ManifestEntry, manifest_entry};
use crate::session::Session;
use crate::tree::entry_at;

pub use reasons::{why_dropped, why_published};

/// The answer about one path.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The private path.
    pub path: Vec<u8>,
    /// Whether the commit has it.
    pub exists: bool,
    /// Whether the mirror may show it.
    pub public: bool,
    /// Whether it is a directory in which the rules may tell entries apart.
    pub mixed: bool,
    /// The verdict in words, such as ``private, on the floor by built-in `cloud` ``.
    pub verdict: String,
    /// The rule that decided, as reports name it.
    pub rule: Option<String>,
    /// Where it lands in the public tree, if it is public.
    pub public_path: Option<Vec<u8>>,
    /// What was done to it, if it is a public file of this commit.
    pub transforms: Transforms,
    /// The first commit, private and public, that shows something at that place.
    pub first: Option<(PrivateCommit, PublicCommit)>,
}

/// Explains a private path, by the manifest in force for `commit`.
///
/// # Errors
/// A tree cannot be read.
pub fn explain(
    session: &mut Session<'_>,
    commit: PrivateCommit,
    path: &[u8],
) -> Result<Explanation, RunError> {
    let number = session.replay.history.number(commit);
    let shape = match number {
        Some(number) => shape_as_written(session, number)?,
        None => session.policy.mirror.shape.clone(),
    };
    let verdict = shape.rules.verdict(path);
    let replay = &session.replay;
    let kind = match number {
        Some(number) => entry_at(replay.objects(), replay.history.tree(number), path)?,
        None => None,
    };
    let public_path = verdict.is_public().then(|| lands_at(&shape, path));
    let first = match &public_path {
        Some(public) => first_shown(session, commit, public)?,
        None => None,
    };
    Ok(Explanation {
        path: path.to_vec(),
        exists: kind.is_some(),
        public: verdict.is_public(),
        mixed: matches!(kind, Some((EntryKind::Tree, _))) && is_mixed(&shape, path),
        verdict: verdict.to_string(),
        rule: verdict.rule().map(ToString::to_string),
        transforms: done_to(session, number, public_path.as_deref())?,
        public_path,
        first,
    })
}

/// What transforms do to what a commit shows at a public path.
fn done_to(
    session: &mut Session<'_>,
    commit: Option<u32>,
    path: Option<&[u8]>,
) -> Result<Transforms, RunError> {
    let (Some(commit), Some(path)) = (commit, path) else { return Ok(Transforms::default()) };
    let Some(shown) = session.replay.filtered(commit)? else { return Ok(Transforms::default()) };
    let found = shows(session.replay.filters(), &shown, path);
    let found = found.map_err(|err| RunError::unfiltered(&err, None))?;
    let files = session.replay.files();
    Ok(found.map(|(_, id)| files.done_to(id)).unwrap_or_default())
}

/// The shape in force for a commit, with the lines of its own manifest if it has
/// one: shapes that say the same are shared, whatever their lines are.
fn shape_as_written(session: &Session<'_>, commit: u32) -> Result<Arc<Shape>, RunError> {
    let Session { replay, policy, .. } = session;
    if policy.stand_in.is_some() {
        return Ok(policy.mirror.shape.clone());
    }
    let objects = replay.objects();
    let root = objects.read(replay.history.tree(commit).id(), Kind::Tree)?;
    if let ManifestEntry::File(blob) = manifest_entry(root.data())
        && let Ok(own) = PastManifest::parse(objects.read(blob.id(), Kind::Blob)?.data(), MANIFEST)
        && let Some(shape) = own.shape(&policy.mirror.name, &policy.mirror.was)
    {
        return Ok(shape.clone());
    }
    Ok(replay.shape_in_force(commit).unwrap_or_else(|| policy.mirror.shape.clone()))
}

fn is_mixed(shape: &Shape, directory: &[u8]) -> bool {
    let root = Position::root(&shape.rules);
    let names = directory.split(|&b| b == b'/');
    names.fold(root, |at, name| at.descend(&shape.rules, name)).reach() == Reach::Mixed
}

/// Where a public path of the private tree stands in the public one.
pub fn lands_at(shape: &Shape, path: &[u8]) -> Vec<u8> {
    let below = |from: &[u8]| -> Option<Vec<u8>> {
        if from.is_empty() || path == from {
            return Some(path[from.len()..].to_vec());
        }
        path.strip_prefix(from)?.strip_prefix(b"/").map(<[u8]>::to_vec)
    };
    let longest = shape
        .moves
        .iter()
        .filter_map(|one| Some((one, below(one.from.as_bytes())?)))
        .max_by_key(|(one, _)| one.from.len());
    match longest {
        None => path.to_vec(),
        Some((one, rest)) => {
            let parts = [one.to.as_bytes(), &rest];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&b'/')
        }
    }
}

/// The first image, in the order of the history, that has something at a public
/// path and leads up to `commit`.
fn first_shown(
    session: &mut Session<'_>,
    commit: PrivateCommit,
    path: &[u8],
) -> Result<Option<(PrivateCommit, PublicCommit)>, RunError> {
    let replay = &mut session.replay;
    let Some(image) = replay.history.number(commit).and_then(|number| replay.images.of(number))
    else {
        return Ok(None);
    };
    let leads_up = replay.images.dag.ancestors([image]);
    for image in replay.images.numbers().filter(|&image| leads_up[image as usize]) {
        let Some(shown) = replay.shown(image)? else { continue };
        let found = shows(replay.filters(), &shown, path)
            .map_err(|err| RunError::unfiltered(&err, None))?;
        if found.is_some() {
            let source = replay.images.shown_by(image).map(|number| replay.history.id(number));
            return Ok(source.map(|source| (source, replay.images.id(image))));
        }
    }
    Ok(None)
}
