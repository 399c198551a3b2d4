// SPDX-License-Identifier: Apache-2.0
//! Work that is spread over all cores, a block at a time.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What is to be done, and how far it was handed out.
pub(crate) struct Blocks {
    len: usize,
    block: usize,
    next: AtomicUsize,
}

impl Blocks {
    /// The next items that nobody has taken.
    pub(crate) fn take(&self) -> Option<Range<usize>> {
        let start = self.next.fetch_add(self.block, Ordering::Relaxed);
        (start < self.len).then(|| start..self.len.min(start + self.block))
    }
}

/// Lets as many threads as there are cores, and blocks of `block` among `len` items for,
/// take from the blocks, this one among them: what each came to.
pub(crate) fn share<T: Send>(
    len: usize,
    block: usize,
    work: impl Fn(&Blocks) -> T + Sync,
) -> Vec<T> {
    let blocks = Blocks { len, block, next: AtomicUsize::new(0) };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let helpers = cores.min(len.div_ceil(block)).saturating_sub(1);
    thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(|| work(&blocks))).collect();
        let own = work(&blocks);
        let joined = helpers.into_iter().map(|helper| match helper.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(joined).collect()
    })
}
