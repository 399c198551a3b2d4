// SPDX-License-Identifier: Apache-2.0
//! Work that is spread over all cores, a block at a time.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

/// How many blocks may be done before their turn. Nobody works ahead without end while a
/// slow block is under way.
const AHEAD: usize = 16;

/// Into how many blocks for each core little work is cut.
const FEW: usize = 4;

/// Less than this is too little for a block: neighbours have much in common.
const LEAST: usize = 16;

/// How many of `len` items a thread takes at a time: `most` of many, and of fewer so many that
/// all threads have something to do.
pub(crate) fn block(len: usize, most: usize) -> usize {
    block_among(cores(), len, most)
}

fn block_among(cores: usize, len: usize, most: usize) -> usize {
    len.div_ceil(FEW * cores).clamp(LEAST.min(most), most)
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// What is to be done, and how far it was handed out.
pub(crate) struct Blocks {
    len: usize,
    block: usize,
    next: AtomicUsize,
}

impl Blocks {
    fn new(len: usize, block: usize) -> Self {
        Self { len, block, next: AtomicUsize::new(0) }
    }

    /// How many threads can help.
    fn helpers(&self) -> usize {
        cores().min(self.len.div_ceil(self.block)).saturating_sub(1)
    }

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
    let blocks = Blocks::new(len, block);
    thread::scope(|scope| {
        let helpers: Vec<_> =
            (0..blocks.helpers()).map(|_| scope.spawn(|| work(&blocks))).collect();
        let own = work(&blocks);
        let joined = helpers.into_iter().map(|helper| match helper.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(joined).collect()
    })
}

/// The same, where what comes of each block is handed to `take` on this thread, in the
/// order of the blocks. `start` makes what a thread needs for its work. After an error of
/// `take` no more is done.
pub(crate) fn in_order<S, T: Send, E>(
    len: usize,
    block: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Range<usize>) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let blocks = Blocks::new(len, block);
    let (blocks, start, work) = (&blocks, &start, &work);
    thread::scope(|scope| {
        let (send, receive) = sync_channel(AHEAD);
        for _ in 0..blocks.helpers() {
            let send = send.clone();
            scope.spawn(move || {
                let mut state = start();
                while let Some(range) = blocks.take() {
                    let first = range.start;
                    if send.send((first, work(&mut state, range))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut state = start();
        let mut early = BTreeMap::new();
        let mut next = 0;
        while next < len {
            early.extend(receive.try_iter());
            if let Some(done) = early.remove(&next) {
                take(done)?;
                next += block;
                continue;
            }
            let own = if early.len() < AHEAD { blocks.take() } else { None };
            let done = match own {
                Some(range) => (range.start, work(&mut state, range)),
                // Without an answer a helper has panicked, and the scope says so.
                None => match receive.recv() {
                    Ok(done) => done,
                    Err(_) => break,
                },
            };
            early.insert(done.0, done.1);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_worked_on_once() {
        let done = share(1_000, 7, |blocks| {
            std::iter::from_fn(|| blocks.take()).flatten().collect::<Vec<usize>>()
        });
        let mut all: Vec<usize> = done.into_iter().flatten().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1_000));
        assert_eq!(share(0, 7, |blocks| blocks.take()), [None]);
    }

    #[test]
    fn what_comes_of_blocks_is_taken_in_their_order() {
        for (len, block) in [(0, 3), (1, 3), (1_000, 3), (1_000, 1), (5, 100)] {
            let mut taken = Vec::new();
            let work = |worked: &mut usize, range: Range<usize>| {
                *worked += 1;
                if range.start.is_multiple_of(5) {
                    thread::yield_now();
                }
                range
            };
            let take = |range: Range<usize>| {
                taken.extend(range);
                Ok::<_, ()>(())
            };
            assert_eq!(in_order(len, block, || 0, work, take), Ok(()));
            assert!(taken.into_iter().eq(0..len), "{len} by {block}");
        }
    }

    #[test]
    fn little_work_is_cut_smaller() {
        for (len, most, expected) in
            [(0, 256, 16), (20, 256, 16), (300, 256, 38), (4_096, 256, 256), (9_999, 128, 128)]
        {
            assert_eq!(block_among(2, len, most), expected, "{len} by {most}");
        }
        assert_eq!(block_among(2, 1_000, 8), 8);
        assert_eq!(block_among(16, 300, 256), 16);
    }

    #[test]
    fn an_error_ends_the_work() {
        let take = |first| if first < 40 { Ok(()) } else { Err(first) };
        let first = in_order(1_000_000_000, 10, || (), |(), range| range.start, take);
        assert_eq!(first, Err(40));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_thread_that_panics_ends_the_run() {
        assert!(Blocks::new(2, 1).helpers() > 0, "a scoped thread panicked, had there been one");
        let own = thread::current().id();
        let work = |_: &mut (), range: Range<usize>| {
            assert!(thread::current().id() == own || range.start < 50, "it went off");
            thread::yield_now();
        };
        let _ = in_order(100_000, 1, || (), work, Ok::<(), ()>);
    }
}
