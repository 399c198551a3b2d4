// SPDX-License-Identifier: Apache-2.0
//! Objects of packs that are wanted again and again, as by each of several mirrors.
//!
//! What is kept has been hashed, and its bytes cannot change any more. Nothing makes way
//! for another: histories are read from one end to the other, so what was read last is what
//! will be wanted last.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;

use super::packs::Known;

/// How many bytes are kept.
const MOST: usize = 64 << 20;

/// No larger object is kept, in bytes: rather many small ones.
const LARGEST: usize = 64 << 10;

/// What keeping an object takes beside its bytes, more or less.
const BESIDE: usize = 128;

/// So many parts make it unlikely that one thread waits for another.
const PARTS: usize = 64;

/// Objects by their ids, for all threads.
pub(super) struct Kept {
    parts: [RwLock<FxHashMap<ObjectId, Known>>; PARTS],
    room: AtomicUsize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::with_room(MOST)
    }
}

impl Kept {
    fn with_room(bytes: usize) -> Self {
        Self { parts: std::array::from_fn(|_| RwLock::default()), room: AtomicUsize::new(bytes) }
    }

    /// The object of this id, if it is kept.
    pub(super) fn get(&self, id: ObjectId) -> Option<Known> {
        self.part(id).read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Keeps an object whose bytes are those of its id, if there is room.
    pub(super) fn put(&self, id: ObjectId, known: &Known) {
        let size = known.1.len();
        let take = |room: usize| room.checked_sub(size + BESIDE);
        let has_room =
            || self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok();
        if size <= LARGEST && has_room() {
            let mut part = self.part(id).write().unwrap_or_else(PoisonError::into_inner);
            part.insert(id, known.clone());
        }
    }

    fn part(&self, id: ObjectId) -> &RwLock<FxHashMap<ObjectId, Known>> {
        &self.parts[usize::from(id.as_bytes()[0]) % PARTS]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::object::{Kind, hash};

    #[test]
    fn what_came_first_stays_and_the_rest_is_not_kept() {
        let kept = Kept::with_room(10 * (BESIDE + 1_000));
        assert!((0..10).all(|number| is_kept(&kept, number, 1_000)));
        assert!((10..20).all(|number| !is_kept(&kept, number, 1_000)), "there is no more room");
        let (first, _) = object(0, 1_000);
        assert!(kept.get(first).is_some(), "nothing makes way");
    }

    #[test]
    fn no_large_object_is_kept() {
        let kept = Kept::default();
        assert!(is_kept(&kept, 0, LARGEST));
        assert!(!is_kept(&kept, 1, LARGEST + 1));
    }

    fn object(number: usize, size: usize) -> (ObjectId, Vec<u8>) {
        let mut data = number.to_string().into_bytes();
        data.resize(size, b' ');
        (hash(Kind::Blob, &data), data)
    }

    /// Whether an object is kept as it is.
    fn is_kept(kept: &Kept, number: usize, size: usize) -> bool {
        let (id, data) = object(number, size);
        kept.put(id, &(Kind::Blob, Arc::new(data.clone())));
        kept.get(id).is_some_and(|(kind, found)| kind == Kind::Blob && *found == data)
    }
}
