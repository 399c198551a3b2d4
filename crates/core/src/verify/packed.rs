// SPDX-License-Identifier: Apache-2.0
//! The packs of a store, read on all cores, each object once and in the order in which they
//! lie: next to those that it is a delta of.
//!
//! An object counts only if its bytes hash to the id under which git would find it. Of a
//! store that is in any way other than it should be, nothing is said here, and git reads it.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use repo_sync_shared::ObjectId;

use crate::error::RunError;
use crate::git::{PackReader, Packs};
use crate::object::Kind;
use crate::progress::{Phase, Progress};

/// How many objects a thread takes at once.
const BLOCK: usize = 2_048;

/// An object whose bytes are those of its id: that, its kind and its size.
pub(super) type Read = (ObjectId, Kind, u64);

/// Every object of the store at `path`, each once, by id; `None` if git has to read it.
///
/// # Errors
/// The user stopped the run.
pub(super) fn read_all(
    path: &Path,
    progress: &dyn Progress,
) -> Result<Option<Vec<Read>>, RunError> {
    let Some(packs) = Packs::all_of(&path.join("objects")) else { return Ok(None) };
    let Some(blocks) = packs.blocks(BLOCK) else { return Ok(None) };
    let next = AtomicUsize::new(0);
    let given_up = AtomicBool::new(false);
    let work = || {
        let mut reader = PackReader::new(packs.clone());
        let mut read = Vec::new();
        while !given_up.load(Ordering::Relaxed)
            && let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed))
        {
            match reader.block(block) {
                Some(all) => read.extend(all),
                None => given_up.store(true, Ordering::Relaxed),
            }
            progress.advance(Phase::Verify, block.len() as u64);
            if progress.interrupted() {
                given_up.store(true, Ordering::Relaxed);
            }
        }
        read
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(blocks.len());
    let mut read = thread::scope(|scope| {
        let helpers: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let own = work();
        let helped = helpers.into_iter().map(|one| match one.join() {
            Ok(read) => read,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        helped.fold(own, |mut all, mut more| {
            all.append(&mut more);
            all
        })
    });
    if progress.interrupted() {
        return Err(RunError::Interrupted);
    }
    if given_up.into_inner() {
        return Ok(None);
    }
    read.sort_unstable_by_key(|(id, _, _)| *id);
    read.dedup_by_key(|(id, _, _)| *id);
    Ok(Some(read))
}
