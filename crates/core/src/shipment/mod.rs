// SPDX-License-Identifier: Apache-2.0
//! The exact objects that a plan would send.
//!
//! A new commit brings its own object, the trees and files that none of its
//! public parents has, and nothing else. Filtered trees and commits are ours to
//! write; what the private repository holds under the same id is copied from it.

mod packer;
mod wholes;

use std::io;
use std::ops::Range;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashSet;

use crate::cores::{block, in_order};
use crate::error::RunError;
use crate::filter::listed_at;
use crate::git::Objects;
use crate::object::Kind;
use crate::plan::Plan;
use crate::progress::{Phase, Progress};
use crate::replay::{Images, Replay};
use crate::report::RawFinding;
use crate::staging::{Boundary, Encoded, Encoder, MAX_DEPTH};

use packer::{Counter, Packer, Way};
use wholes::{Whole, look_into};

/// Takes the objects. What is a delta comes after its base.
pub(crate) trait Sink {
    /// Whether an object of ours was written.
    fn holds(&self, id: ObjectId) -> bool;

    /// Whether an object of ours was written, and one more delta may stand on it.
    fn bears(&self, id: ObjectId) -> bool;

    /// An object that is ours to write, if it was not written before.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(&mut self, object: Encoded) -> io::Result<()>;

    /// An object that is copied from the private repository, with the public path
    /// that shows it.
    ///
    /// # Errors
    /// It cannot be noted.
    fn copy(&mut self, id: ObjectId, path: &[u8]) -> io::Result<()>;
}

/// How many commits a thread takes at a time, at most: neighbours have much in common.
const BLOCK: usize = 128;

/// Why objects could not be sent.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The run has to end.
    Run(RunError),
    /// The sink failed.
    Sink(io::Error),
}

impl From<RunError> for SendError {
    fn from(err: RunError) -> Self {
        Self::Run(err)
    }
}

impl From<io::Error> for SendError {
    fn from(err: io::Error) -> Self {
        Self::Sink(err)
    }
}

/// What is left to send when everything of our own is sent: directories that are copied
/// whole, of the boundary and of the plan.
pub(crate) struct Left {
    boundary: Vec<Whole>,
    new: Vec<Whole>,
    /// Whether what came with the boundary came with its files.
    with_files: bool,
    /// What is missing, or no file where a file should be.
    unreadable: Vec<RawFinding>,
}

/// Sends what is ours of the boundary and of the plan, and what stands beside it in
/// directories that were filtered.
pub(crate) fn send(
    replay: &mut Replay<'_>,
    plan: &Plan,
    boundary: &Boundary,
    sink: &mut dyn Sink,
    progress: &dyn Progress,
) -> Result<Left, SendError> {
    let trees_only = !boundary.with_files;
    let seed = replay.seed();
    let mut counter = Counter::new(sink);
    let start = || Packer::new(seed.replay(), trees_only);
    let work = |packer: &mut Packer<'_>, block: Range<usize>| {
        for &image in &boundary.commits[block] {
            let with_trees = boundary.with_trees.binary_search(&image).is_ok();
            packer.public_commit(image, with_trees)?;
        }
        Ok(packer.take())
    };
    let size = block(boundary.commits.len(), BLOCK);
    in_order(boundary.commits.len(), size, start, work, |packed: Result<_, SendError>| {
        counter.hand_on(packed?, |image, path| whole_tree(replay, image, path))
    })?;
    if trees_only {
        // A tree that came with the boundary has no files yet: a new commit that shows
        // it in another place must bring them, for git may not see that they are public.
        counter.forget();
    }
    let of_boundary = std::mem::take(&mut counter.wholes);
    let ways = ways(&replay.images, plan);
    let start = || Packer::new(seed.replay(), false);
    let work = |packer: &mut Packer<'_>, block: Range<usize>| {
        if progress.interrupted() {
            return Err(RunError::Interrupted.into());
        }
        let commits = block.len() as u64;
        for &image in &plan.new[block] {
            packer.new_commit(image, ways[image as usize])?;
        }
        Ok((commits, packer.take()))
    };
    let size = block(plan.new.len(), BLOCK);
    in_order(plan.new.len(), size, start, work, |packed: Result<_, SendError>| {
        let (commits, packed) = packed?;
        progress.advance(Phase::Stage, commits);
        counter.hand_on(packed, |image, path| whole_tree(replay, image, path))
    })?;
    let mut encoder = Encoder::new();
    for tag in &plan.tags {
        let tag = encoder.whole(Kind::Tag, tag.id, &tag.bytes)?;
        counter.sink.write(tag)?;
    }
    let Counter { wholes: new, unreadable, .. } = counter;
    Ok(Left { boundary: of_boundary, new, with_files: boundary.with_files, unreadable })
}

/// The public tree that an image shows at a path, whole.
fn whole_tree(
    replay: &mut Replay<'_>,
    image: u32,
    path: &[u8],
) -> Result<Option<Encoded>, SendError> {
    let Some(shown) = replay.shown(image)? else { return Ok(None) };
    let Some((id, listing)) =
        listed_at(replay.filters(), shown, path).map_err(|err| RunError::unfiltered(&err, None))?
    else {
        return Ok(None);
    };
    Ok(Some(Encoder::new().whole(Kind::Tree, id, &listing.tree_bytes())?))
}

/// How each image's tree is written. Steps lead from trees that are new as well, so that
/// these come before them; and now and then a tree is whole, so that none is the end of a
/// long chain of deltas.
fn ways(images: &Images, plan: &Plan) -> Vec<Way> {
    let mut ways = vec![Way::Walk; images.len()];
    let mut depths = vec![0; images.len()];
    let is_public = |&parent: &u32| plan.public[parent as usize] || images.source(parent).is_none();
    for &image in &plan.new {
        let parents = images.dag.parents(image);
        let Some(&first) = parents.first() else { continue };
        if parents.iter().any(is_public) {
            continue;
        }
        let depth = (depths[first as usize] + 1) % (MAX_DEPTH + 1);
        depths[image as usize] = depth;
        ways[image as usize] = if depth == 0 { Way::Whole } else { Way::Step };
    }
    ways
}

/// Sends the rest; what is missing, or no file where a file should be, comes back as
/// findings.
pub(crate) fn send_left(
    objects: &Objects<'_>,
    left: Left,
    copy: &mut dyn FnMut(ObjectId, &[u8]) -> io::Result<()>,
    progress: &dyn Progress,
) -> Result<Vec<RawFinding>, SendError> {
    let Left { boundary, new, with_files, mut unreadable } = left;
    let mut known = FxHashSet::default();
    for (wholes, files) in [(boundary, with_files), (new, true)] {
        for brought in look_into(objects, &wholes, files, &mut known, progress)? {
            match brought.place {
                Ok(path) => copy(brought.id, &path)?,
                Err(finding) => unreadable.push(*finding),
            }
        }
        if !with_files {
            // As above: no file came with the boundary.
            known.clear();
        }
    }
    Ok(unreadable)
}
