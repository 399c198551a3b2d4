// SPDX-License-Identifier: Apache-2.0
//! Trees for the tests of packs: made up by a generator that is the same each time.

use std::collections::BTreeMap;

use fastrand::Rng;
use repo_sync_shared::ObjectId;

use crate::object::{append_entry, entry_order};

/// The modes of the entries, each as common as it stands here.
const MODES: [&[u8]; 6] = [b"100644", b"100644", b"40000", b"40000", b"100755", b"120000"];

/// A directory that changes over time.
#[derive(Clone)]
pub(super) struct TestTree {
    rng: Rng,
    entries: BTreeMap<Vec<u8>, (&'static [u8], ObjectId)>,
}

impl TestTree {
    /// A directory with so many entries.
    pub(super) fn new(seed: u64, entries: usize) -> Self {
        let mut tree = Self { rng: Rng::with_seed(seed), entries: BTreeMap::new() };
        while tree.entries.len() < entries {
            tree.add();
        }
        tree
    }

    /// The bytes of the tree.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        let is_tree = |mode: &[u8]| mode == b"40000";
        entries.sort_by(|(a, (mode_a, _)), (b, (mode_b, _))| {
            entry_order(a, is_tree(mode_a), b, is_tree(mode_b))
        });
        let mut bytes = Vec::new();
        for (name, (mode, id)) in entries {
            append_entry(&mut bytes, mode, name, *id);
        }
        bytes
    }

    /// An entry more, with a name that need not be UTF-8.
    pub(super) fn add(&mut self) {
        let len = self.rng.usize(1..24);
        let mut name = vec![b'a' + self.rng.u8(..26)];
        name.extend((1..len).map(|_| self.rng.choice(*b"ab.-0 _\xc3\xff").expect("not empty")));
        let mode = self.rng.choice(MODES).expect("not empty");
        let id = self.id();
        self.entries.insert(name, (mode, id));
    }

    /// Another object in the place of one.
    pub(super) fn change(&mut self) {
        let id = self.id();
        if let Some(name) = self.any() {
            self.entries.entry(name).and_modify(|entry| entry.1 = id);
        }
    }

    /// A few steps of any sort, whole directories of them now and then.
    pub(super) fn evolve(&mut self) {
        let steps = if self.rng.u8(..10) == 0 { 40 } else { self.rng.usize(1..4) };
        for _ in 0..steps {
            match self.rng.u8(..6) {
                0 => self.add(),
                1 => {
                    let gone = self.any();
                    gone.map(|name| self.entries.remove(&name));
                }
                2 => {
                    let mode = self.rng.choice(MODES).expect("not empty");
                    if let Some(name) = self.any() {
                        self.entries.entry(name).and_modify(|entry| entry.0 = mode);
                    }
                }
                _ => self.change(),
            }
        }
    }

    fn any(&mut self) -> Option<Vec<u8>> {
        let count = self.entries.len();
        (count > 0)
            .then(|| self.rng.usize(..count))
            .and_then(|n| self.entries.keys().nth(n).cloned())
    }

    fn id(&mut self) -> ObjectId {
        let mut bytes = [0; 20];
        self.rng.fill(&mut bytes);
        ObjectId::from_bytes(bytes)
    }
}
