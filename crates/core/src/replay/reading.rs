// SPDX-License-Identifier: Apache-2.0
//! The private commits, read by the other cores ahead of the replay: that is a chain from
//! commit to commit, and most of it would be waiting for their bytes.

use std::ops::Range;

use super::Terms;
use crate::cores::in_order;
use crate::error::RunError;
use crate::git::{ObjectError, Objects};
use crate::history::History;
use crate::object::Kind;

/// How many commits a thread reads at a time.
const BLOCK: usize = 256;

/// A commit as the replay comes to it.
pub(super) enum Read {
    /// The ledger knows what became of it, under this number.
    Remembered(u32),
    /// No manifest governs it, so nobody asks what it says.
    Ungoverned,
    /// The number of the shape in force, and its bytes.
    Governed(u32, Result<Vec<u8>, ObjectError>),
}

/// Reads all of a history and hands it to `take` on this thread, parents first, some
/// commits at a time.
///
/// # Errors
/// Those of `take`, which end the reading.
pub(super) fn each_block(
    objects: &Objects<'_>,
    history: &History,
    terms: &Terms,
    take: impl FnMut(Vec<(u32, Read)>) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let read = |commit: u32| {
        let governed_by = terms.in_force.shape(commit);
        let read = match (history.remembered(commit), governed_by) {
            (Some(known), _) => Read::Remembered(known),
            (None, None) => Read::Ungoverned,
            (None, Some(shape)) => {
                let object = objects.read(history.id(commit).id(), Kind::Commit);
                Read::Governed(shape, object.map(|object| object.data().to_vec()))
            }
        };
        (commit, read)
    };
    let read_block = |(): &mut (), block: Range<usize>| {
        history.numbers().skip(block.start).take(block.len()).map(read).collect()
    };
    in_order(history.len(), BLOCK, || (), read_block, take)
}
