// SPDX-License-Identifier: Apache-2.0
//! From ids to the small numbers under which they are kept, in about ten bytes an id.
//!
//! A long history has several such tables, and one that held the ids themselves would
//! hold each a second time. So [`Numbers`] is asked with a function that knows them.

use repo_sync_shared::ObjectId;

/// A slot that is free.
const FREE: u32 = u32::MAX;

/// The numbers of ids that somebody else holds.
#[derive(Default)]
pub(crate) struct Numbers {
    /// As many as a power of two, and at least half of them free; or none at all.
    slots: Vec<u32>,
    len: usize,
}

impl Numbers {
    /// None yet, and room for so many.
    pub(crate) fn with_capacity(ids: usize) -> Self {
        let mut this = Self::default();
        if ids > 0 {
            this.make_room(ids);
        }
        this
    }

    /// The numbers of these ids, which differ: 0, 1 and so on.
    pub(crate) fn of(ids: impl ExactSizeIterator<Item = ObjectId> + Clone) -> Self {
        let mut this = Self::with_capacity(ids.len());
        for (number, id) in (0..).zip(ids) {
            this.put(id, number);
        }
        this
    }

    /// The number of an id; `id_of` says which id a number stands for.
    pub(crate) fn get(&self, id: ObjectId, id_of: impl Fn(u32) -> ObjectId) -> Option<u32> {
        let mut at = self.first_slot(id)?;
        loop {
            match self.slots[at] {
                FREE => return None,
                number if id_of(number) == id => return Some(number),
                _ => at = self.next(at),
            }
        }
    }

    /// Takes up an id that is not there yet; `id_of` knows those that are.
    pub(crate) fn insert(&mut self, id: ObjectId, number: u32, id_of: impl Fn(u32) -> ObjectId) {
        if self.slots.len() < 2 * (self.len + 1) {
            let numbers = std::mem::take(&mut self.slots);
            self.make_room(self.len + 1);
            self.len = 0;
            for number in numbers.into_iter().filter(|&number| number != FREE) {
                self.put(id_of(number), number);
            }
        }
        self.put(id, number);
    }

    fn make_room(&mut self, len: usize) {
        self.slots = vec![FREE; (2 * len).next_power_of_two()];
    }

    fn put(&mut self, id: ObjectId, number: u32) {
        let Some(mut at) = self.first_slot(id) else { return };
        while self.slots[at] != FREE {
            at = self.next(at);
        }
        self.slots[at] = number;
        self.len += 1;
    }

    /// An id is a hash already.
    fn first_slot(&self, id: ObjectId) -> Option<usize> {
        let hash = u64::from_le_bytes(*id.as_bytes().first_chunk()?) as usize;
        Some(hash & self.slots.len().checked_sub(1)?)
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids of which many begin alike.
    fn ids(count: u32) -> Vec<ObjectId> {
        let id = |number: u32| {
            let mut id = [7; 20];
            id[0] = (number % 3) as u8;
            id[16..].copy_from_slice(&number.to_be_bytes());
            ObjectId::from_bytes(id)
        };
        (0..count).map(id).collect()
    }

    #[test]
    fn each_id_has_its_number() {
        for count in [0, 1, 2, 3, 100] {
            let all = ids(count + 1);
            let (ids, id_of) = (&all[..count as usize], |number: u32| all[number as usize]);
            let mut grown = Numbers::default();
            for (number, &id) in (0..).zip(ids) {
                assert_eq!(grown.get(id, id_of), None);
                grown.insert(id, number, id_of);
            }
            for numbers in [grown, Numbers::of(ids.iter().copied())] {
                for (number, &id) in (0..).zip(ids) {
                    assert_eq!(numbers.get(id, id_of), Some(number), "of {count}");
                }
                assert_eq!(numbers.get(all[count as usize], id_of), None, "of {count}");
            }
        }
    }
}
