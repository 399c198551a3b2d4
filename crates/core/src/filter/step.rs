// SPDX-License-Identifier: Apache-2.0
//! What a root tree shows that the one before it did not: found when the tree is filtered,
//! and kept, so that whoever writes the public trees of a long history need not read the
//! private ones again.
//!
//! A history has a [`Step`] for nearly every commit, so they lie packed in long arrays.

use std::ops::Range;

use repo_sync_shared::{ObjectId, PrivateTree};
use rustc_hash::FxHashMap;

use super::sheet::Sheet;
use crate::object::{Run, TreeEntry, entry_order, tree_entries};

/// How long an object id is.
const ID: usize = 20;

/// How many bytes of steps an array holds: one that had to grow would be there twice.
const CHUNK: usize = 1 << 20;

/// A step with more bytes is not kept: it is no less to read than the tree.
const MOST: usize = 1 << 16;

/// The steps of a history.
#[derive(Default)]
pub(super) struct Steps {
    places: FxHashMap<PrivateTree, Place>,
    chunks: Vec<Vec<u8>>,
}

/// Where a step lies: the tree that it begins at, the sizes, and the changes.
struct Place {
    chunk: u32,
    start: u32,
    end: u32,
}

/// What makes one public root tree of another.
#[derive(Clone, Copy)]
pub(crate) struct Step<'s> {
    /// The private tree that it begins at.
    pub(crate) before: PrivateTree,
    /// How many bytes the one has, and the other.
    pub(crate) sizes: (usize, usize),
    changes: &'s [u8],
}

/// One place where two public root trees differ.
pub(crate) struct Change<'s> {
    /// The bytes of the tree before that go; an empty range where none does. Of an entry
    /// that names another object, and is else the same, only the id goes.
    pub(crate) gone: Range<usize>,
    /// What comes in their place.
    pub(crate) new: Option<New<'s>>,
}

/// A public entry that is new in its place.
#[derive(Clone, Copy)]
pub(crate) struct New<'s> {
    /// The entry, as its bytes stand in the public tree.
    pub(crate) entry: TreeEntry<'s>,
    /// The private object behind it.
    pub(crate) private: ObjectId,
    /// The private and the public object of the same name and sort before, if there was
    /// one.
    pub(crate) old: Option<(ObjectId, ObjectId)>,
}

impl<'s> Change<'s> {
    /// The bytes that come in the place of those that go.
    pub(crate) fn bytes(&self) -> &'s [u8] {
        let Some(New { entry, .. }) = self.new else { return b"" };
        &entry.raw[if self.gone.len() == ID { entry.raw.len() - ID } else { 0 }..]
    }
}

impl Steps {
    /// Keeps the step from one root tree to another; `runs` are what both have.
    pub(super) fn add(&mut self, before: &Sheet, after: &Sheet, runs: &[Run]) {
        let mut chunk = self.chunks.pop().unwrap_or_default();
        if chunk.len() + ID + MOST > chunk.capacity() {
            self.chunks.extend((!chunk.is_empty()).then_some(chunk));
            chunk = Vec::with_capacity(CHUNK);
        }
        let start = chunk.len();
        chunk.extend_from_slice(before.tree.id().as_bytes());
        let is_kept = write(before, after, runs, &mut chunk).is_some();
        if is_kept {
            let place = |at: usize| u32::try_from(at).expect("an array is short, and memory ends");
            let (start, end) = (place(start), place(chunk.len()));
            let place = Place { chunk: place(self.chunks.len()), start, end };
            self.places.insert(after.tree, place);
        } else {
            chunk.truncate(start);
        }
        self.chunks.push(chunk);
    }

    /// The step that leads to a root tree, if it was kept.
    pub(super) fn to(&self, tree: PrivateTree) -> Option<Step<'_>> {
        let Place { chunk, start, end } = *self.places.get(&tree)?;
        let mut bytes = &self.chunks[chunk as usize][start as usize..end as usize];
        let before = PrivateTree::new(ObjectId::from_slice(bytes.split_off(..ID)?)?);
        let sizes = (number(&mut bytes)?, number(&mut bytes)?);
        Some(Step { before, sizes, changes: bytes })
    }

    /// Takes over those of another.
    pub(super) fn extend(&mut self, other: Self) {
        let first = u32::try_from(self.chunks.len()).expect("memory ends");
        self.chunks.extend(other.chunks);
        let here =
            |(tree, place): (_, Place)| (tree, Place { chunk: first + place.chunk, ..place });
        self.places.extend(other.places.into_iter().map(here));
    }
}

/// Writes the sizes and all changes; `None` if they are too long.
fn write(before: &Sheet, after: &Sheet, runs: &[Run], out: &mut Vec<u8>) -> Option<()> {
    let most = out.len() + MOST;
    for sheet in [before, after] {
        put_number(sheet.public_start(sheet.outline().len()), out)?;
    }
    let end = Run { here: after.outline().len(), there: before.outline().len(), len: 0 };
    let (mut here, mut there) = (0, 0);
    for run in runs.iter().chain([&end]) {
        let mut olds =
            (there..run.there).filter_map(|number| Public::of(before, number)).peekable();
        for new in (here..run.here).filter_map(|number| Public::of(after, number)) {
            while let Some(old) = olds.next_if(|old| old.order(&new).is_lt()) {
                put(&old.place, None, most, out)?;
            }
            let twin = olds.next_if(|old| old.order(&new).is_eq());
            if twin.as_ref().is_some_and(|old| old.is_shown_like(&new)) {
                continue;
            }
            let next = twin.as_ref().or(olds.peek()).map(|old| old.place.start);
            let next = next.unwrap_or_else(|| before.public_start(run.there));
            let gone = match &twin {
                Some(old) if old.private.mode == new.private.mode => {
                    old.place.end - ID..old.place.end
                }
                Some(old) => old.place.clone(),
                None => next..next,
            };
            put(&gone, Some((&new, twin.as_ref())), most, out)?;
        }
        for old in olds {
            put(&old.place, None, most, out)?;
        }
        (here, there) = (run.here + run.len, run.there + run.len);
    }
    Some(())
}

/// An entry of which the mirror shows something.
struct Public<'s> {
    private: TreeEntry<'s>,
    id: ObjectId,
    /// Where it stands in the public tree.
    place: Range<usize>,
}

impl<'s> Public<'s> {
    fn of(sheet: &'s Sheet, number: usize) -> Option<Self> {
        let private = sheet.outline().entry(number)?;
        let id = sheet.public_id(number, &private)?;
        let start = sheet.public_start(number);
        Some(Self { private, id, place: start..start + private.raw.len() })
    }

    /// Whether the mirror shows the same of another.
    fn is_shown_like(&self, other: &Self) -> bool {
        (self.id, self.private.mode) == (other.id, other.private.mode)
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let (one, two) = (&self.private, &other.private);
        entry_order(one.name, one.kind().is_tree(), two.name, two.kind().is_tree())
    }
}

/// A change is where bytes go, twice four bytes; how long the new entry is, two bytes; the
/// entry and its private id; and the ids before, which are null if there are none.
fn put(
    gone: &Range<usize>,
    new: Option<(&Public<'_>, Option<&Public<'_>>)>,
    most: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    put_number(gone.start, out)?;
    put_number(gone.end, out)?;
    let len = new.map_or(0, |(new, _)| new.private.raw.len());
    out.extend(u16::try_from(len).ok()?.to_le_bytes());
    if let Some((new, old)) = new {
        let (head, id) = new.private.raw.split_at(len.checked_sub(ID)?);
        out.extend_from_slice(head);
        out.extend_from_slice(new.id.as_bytes());
        out.extend_from_slice(id);
        let old = old.map_or([ObjectId::NULL; 2], |old| [old.private.id, old.id]);
        out.extend(old.iter().flat_map(|id| id.as_bytes()));
    }
    (out.len() <= most).then_some(())
}

fn put_number(number: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend(u32::try_from(number).ok()?.to_le_bytes());
    Some(())
}

impl<'s> Step<'s> {
    /// Where the two trees differ, in their order.
    pub(crate) fn changes(self) -> impl Iterator<Item = Change<'s>> {
        let mut rest = self.changes;
        std::iter::from_fn(move || take(&mut rest))
    }
}

/// What [`put`] wrote.
fn take<'s>(rest: &mut &'s [u8]) -> Option<Change<'s>> {
    let gone = number(rest)?..number(rest)?;
    let len = rest.split_off(..2)?.try_into().ok().map(u16::from_le_bytes)?;
    if len == 0 {
        return Some(Change { gone, new: None });
    }
    let entry = tree_entries(rest.split_off(..usize::from(len))?).next()?.ok()?;
    let mut id = || ObjectId::from_slice(rest.split_off(..ID)?);
    let (private, old) = (id()?, (id()?, id()?));
    let old = (old.0 != ObjectId::NULL).then_some(old);
    Some(Change { gone, new: Some(New { entry, private, old }) })
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = rest.split_off(..4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes) as usize)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::Filter;
    use super::super::states::States;
    use super::super::test_trees::{generated, shape};
    use super::*;
    use crate::git::PrivateRepo;

    /// A step makes the one public tree of the other, and names each entry that is new.
    #[test]
    fn a_step_leads_from_one_public_tree_to_the_other() {
        let dir = tempfile::tempdir().expect("there is room");
        let trees = generated(dir.path());
        let private = PrivateRepo::discover(dir.path()).expect("it was just made");
        let objects = private.objects().expect("it was just made");
        let mut filter = Filter::new(&objects, shape());
        for pair in trees.windows(2) {
            let _ = filter.root_after(Some(pair[0]), pair[1]);
        }
        filter.share();
        let known = filter.steps();
        let (mut checked, mut replaced) = (0, 0);
        for pair in trees.windows(2) {
            let Some(step) = known.to(pair[1]).filter(|step| step.before == pair[0]) else {
                continue;
            };
            let mut sheet = |tree| filter.sheet(States::ROOT, tree).expect("it was read before");
            let (before, after): (Rc<Sheet>, Rc<Sheet>) = (sheet(pair[0]), sheet(pair[1]));
            let (base, target) = (before.public(), after.public());
            assert_eq!(step.sizes, (base.len(), target.len()));
            let (mut made, mut done) = (Vec::new(), 0);
            for change in step.changes() {
                made.extend_from_slice(&base[done..change.gone.start]);
                made.extend_from_slice(change.bytes());
                done = change.gone.end;
            }
            made.extend_from_slice(&base[done..]);
            assert!(made == *target, "from {} to {}", pair[0], pair[1]);

            let entries = |tree| tree_entries(tree).map(|entry| entry.expect("it is sound"));
            let new = entries(&target).filter(|new| entries(&base).all(|old| old.raw != new.raw));
            let told: Vec<New<'_>> = step.changes().filter_map(|change| change.new).collect();
            assert!(new.eq(told.iter().map(|new| new.entry)), "from {} to {}", pair[0], pair[1]);
            for New { entry, old, .. } in told {
                let is_twin = |other: &TreeEntry<'_>| {
                    other.name == entry.name && other.kind().is_tree() == entry.kind().is_tree()
                };
                let twin = entries(&base).find(is_twin).map(|twin| twin.id);
                assert_eq!(old.map(|(_, public)| public), twin);
                replaced += usize::from(twin.is_some());
            }
            checked += 1;
        }
        assert!(checked > 400 && replaced > 50, "{checked} steps, {replaced} replaced");
    }
}
