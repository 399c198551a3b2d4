// SPDX-License-Identifier: Apache-2.0
//! A private directory as the filter sees it: its entries, and where they are cut.

use std::borrow::Cow;
use std::ops::Range;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};

use super::states::StateId;
use crate::object::{Outline, Run, TreeEntry};

/// How long an object id is, with which each entry ends.
const ID: usize = 20;

/// A sound tree, and what of it is not shown as it is.
pub(super) struct Sheet {
    /// Its id.
    pub(super) tree: PrivateTree,
    /// The rules at the directory.
    pub(super) state: StateId,
    outline: Outline,
    /// By the numbers of the entries, which ascend.
    cuts: Vec<Cut>,
    /// How many bytes of the entries up to each cut are not shown.
    hidden: Vec<usize>,
}

/// What has to be known of an entry that is not simply shown.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub(super) entry: usize,
    pub(super) shown: Shown,
    /// A digest of what is not shown of it; 0 if that is nothing.
    pub(super) residue: u64,
    /// Whether an alias may stand at or below it.
    pub(super) suspect: bool,
}

/// What the mirror shows of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    AsItIs,
    /// A directory of which only a part is public.
    Part(PublicTree),
    /// A file that a transform made.
    Made(ObjectId),
}

impl Sheet {
    /// `cuts` are by the numbers of the entries, which ascend.
    pub(super) fn new(tree: PrivateTree, state: StateId, outline: Outline, cuts: Vec<Cut>) -> Self {
        let hidden = |sum: &mut usize, cut: &Cut| {
            *sum += if cut.shown == Shown::Nothing { outline.place(cut.entry).len() } else { 0 };
            Some(*sum)
        };
        let hidden = cuts.iter().scan(0, hidden).collect();
        Self { tree, state, outline, cuts, hidden }
    }

    /// The bytes and the entries.
    pub(super) fn outline(&self) -> &Outline {
        &self.outline
    }

    /// All cuts.
    pub(super) fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The cuts of some entries.
    pub(super) fn cuts_of(&self, entries: Range<usize>) -> &[Cut] {
        &self.cuts[self.cuts_before(entries.start)..self.cuts_before(entries.end)]
    }

    fn cuts_before(&self, entry: usize) -> usize {
        self.cuts.partition_point(|cut| cut.entry < entry)
    }

    /// Where an entry begins in the public tree; of one that is not shown, where it would.
    /// The one behind the last begins at the end.
    pub(super) fn public_start(&self, entry: usize) -> usize {
        let hidden = self.cuts_before(entry).checked_sub(1).map_or(0, |cut| self.hidden[cut]);
        self.outline.start(entry) - hidden
    }

    /// The object that the mirror shows for an entry, which is the one of this number.
    pub(super) fn public_id(&self, number: usize, entry: &TreeEntry<'_>) -> Option<ObjectId> {
        match self.shown(number) {
            Shown::Nothing => None,
            Shown::AsItIs => Some(entry.id),
            Shown::Part(public) => Some(public.id()),
            Shown::Made(public) => Some(public),
        }
    }

    /// What is shown of an entry.
    pub(super) fn shown(&self, entry: usize) -> Shown {
        self.cuts_of(entry..entry + 1).first().map_or(Shown::AsItIs, |cut| cut.shown)
    }

    /// The bytes of the public tree.
    pub(super) fn public(&self) -> Cow<'_, [u8]> {
        let mut cuts = self.cuts.iter().filter(|cut| cut.shown != Shown::AsItIs).peekable();
        if cuts.peek().is_none() {
            return Cow::Borrowed(self.outline.raw());
        }
        let raw = self.outline.raw();
        let mut public = Vec::with_capacity(raw.len());
        let mut done = 0;
        for cut in cuts {
            let entry = self.outline.place(cut.entry);
            let id = match cut.shown {
                Shown::AsItIs => continue,
                Shown::Nothing => {
                    public.extend_from_slice(&raw[done..entry.start]);
                    done = entry.end;
                    continue;
                }
                Shown::Part(tree) => tree.id(),
                Shown::Made(file) => file,
            };
            public.extend_from_slice(&raw[done..entry.end - ID]);
            public.extend_from_slice(id.as_bytes());
            done = entry.end;
        }
        public.extend_from_slice(&raw[done..]);
        Cow::Owned(public)
    }

    /// The runs that `near` has as well, cut at entries that the mirror shows otherwise: of
    /// a workspace's files that hangs on more than themselves.
    pub(super) fn shown_alike(&self, near: &Self, runs: Vec<Run>) -> Vec<Run> {
        let is_made = |cut: &&Cut| matches!(cut.shown, Shown::Made(_));
        if !self.cuts.iter().chain(&near.cuts).any(|cut| is_made(&cut)) {
            return runs;
        }
        let mut alike = Vec::with_capacity(runs.len() + 2);
        for Run { here, there, len } in runs {
            let made_here = self.cuts_of(here..here + len).iter().filter(is_made);
            let made_there = near.cuts_of(there..there + len).iter().filter(is_made);
            let mut ends: Vec<usize> = made_here
                .map(|cut| cut.entry - here)
                .chain(made_there.map(|cut| cut.entry - there))
                .filter(|at| self.shown(here + at) != near.shown(there + at))
                .collect();
            ends.sort_unstable();
            ends.dedup();
            let mut start = 0;
            for end in ends.into_iter().chain([len]) {
                alike.push(Run { here: here + start, there: there + start, len: end - start });
                start = end + 1;
            }
        }
        alike.retain(|run| run.len > 0);
        alike
    }

    /// How many bytes of memory it takes, about.
    pub(super) fn size(&self) -> usize {
        self.outline.size() + self.cuts.len() * (size_of::<Cut>() + size_of::<usize>())
    }
}
