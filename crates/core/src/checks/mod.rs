// SPDX-License-Identifier: Apache-2.0
//! What must not become public although its path may.
//!
//! [`inspect`] walks the exact set of new public objects, never a diff as text and
//! never a checkout, and shows each to every family of checks: a file of this module
//! each. A family says what it found; level and waiver are not its business.

mod blobs;
mod content;
mod dependencies;
mod dictionary;
mod encoding;
mod gitmodules;
mod inspect;
mod licence_texts;
mod licences;
mod line_runs;
mod lines;
mod links;
mod mention;
mod mixed;
mod names;
mod packages;
mod page_links;
mod path_list;
mod private_ids;
mod provenance;
mod readings;
mod references;
mod scan;
pub mod secrets;
mod similar;
mod sketch;
mod submodules;
mod tips;
mod workflows;

use std::rc::Rc;
use std::thread;

use repo_sync_shared::{Check, Level, ObjectId};

use crate::error::RunError;
use crate::filter::{Entry, Listing, Opened, Place};
use crate::object::EntryKind;
use crate::report::RawFinding;
use crate::session::Session;

pub use inspect::{Subject, inspect};
pub(crate) use packages::private_crates;
pub(crate) use provenance::is_telling;
pub(crate) use tips::Tips;

/// A file, link or gitlink that is new in its place.
struct NewEntry<'a> {
    /// What it is.
    kind: EntryKind,
    /// The object.
    id: ObjectId,
    /// Where the private repository has it.
    private_path: &'a [u8],
    /// Where the mirror will show it.
    public_path: &'a [u8],
    /// The private commit that brings it, by number.
    commit: u32,
}

/// A public directory whose list of entries is new, told once, with the first place
/// that shows it.
struct NewDirectory<'a> {
    /// Its entries, those included that are not new.
    listing: &'a Listing,
    /// The numbers of those whose name or mode no public parent has in this place.
    new: Vec<usize>,
    /// The numbers of those that no public parent may have just so in this place.
    candidates: &'a [usize],
    /// The place.
    place: Place<'a>,
    /// What stood in the same place in the public parents.
    old: &'a [(ObjectId, Rc<Listing>)],
    /// The private commit that brings it, by number.
    commit: u32,
}

/// A blob that becomes public, told once, with the first place that shows it. The
/// target of a link is one, too.
struct NewBlob<'a> {
    /// The place.
    entry: &'a NewEntry<'a>,
    /// Its bytes.
    data: &'a [u8],
}

/// Which words of a commit, tag or ref a [`NewText`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextKind {
    /// The message of a commit, as the mirror will show it.
    CommitMessage,
    /// The message of an annotated tag, as the mirror will show it.
    TagMessage,
    /// The short name of a branch or tag.
    RefName,
}

/// Words outside of files that become public.
struct NewText<'a> {
    /// Which ones.
    kind: TextKind,
    /// The words.
    data: &'a [u8],
    /// The charset that the commit declares.
    encoding: Option<&'a [u8]>,
    /// The private commit they belong to, by number.
    commit: u32,
}

impl<'a> NewDirectory<'a> {
    fn new(opened: &Opened<'a>, commit: u32) -> Self {
        let Opened { shown, path, listing, old, candidates } = *opened;
        let is_new = |number: &usize| {
            let known = |entry: &Entry<'_>, old: &Listing| {
                let found = old.find(entry.name, entry.kind.is_tree());
                found.is_some_and(|found| found.mode == entry.mode)
            };
            let entry = listing.get(*number);
            entry.is_some_and(|entry| !old.iter().any(|(_, old)| known(&entry, old)))
        };
        let new = candidates.iter().copied().filter(is_new).collect();
        let place = Place { directory: &shown.directory, path };
        Self { listing, new, candidates, place, old, commit }
    }

    /// The entries whose name or mode no public parent has in this place.
    fn new_entries(&self) -> impl Iterator<Item = Entry<'a>> {
        self.new.iter().filter_map(|&number| self.listing.get(number))
    }

    /// Whether no parent has such an entry under this name in the same place.
    fn is_new(&self, name: &[u8], such: impl Fn(&Entry<'_>) -> bool) -> bool {
        let named = |old: &'a Listing| {
            [false, true].into_iter().filter_map(move |is_tree| old.find(name, is_tree))
        };
        !self.old.iter().flat_map(|(_, old)| named(old)).any(|entry| such(&entry))
    }

    /// A finding about one of the entries.
    fn finding(&self, entry: &Entry<'_>, check: Check, hint: impl Into<String>) -> RawFinding {
        RawFinding {
            object: Some(entry.id),
            ..RawFinding::at(check, self.commit, hint).path(self.place.private_path(entry))
        }
    }
}

impl NewBlob<'_> {
    /// A finding about these bytes.
    fn finding(&self, check: Check, hint: impl Into<String>) -> RawFinding {
        RawFinding { content: true, ..self.entry.finding(check, hint) }
    }
}

impl NewEntry<'_> {
    /// A finding about this entry.
    fn finding(&self, check: Check, hint: impl Into<String>) -> RawFinding {
        RawFinding {
            object: Some(self.id),
            ..RawFinding::at(check, self.commit, hint).path(self.private_path.to_vec())
        }
    }
}

/// Checks that remember nothing of what they see, so that any thread may ask them about
/// any blob.
trait Look: Send + Sync {
    /// Sees each new blob once.
    fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>);

    /// Sees each new message and name.
    fn text(&self, _text: &NewText<'_>, _found: &mut Vec<RawFinding>) {}

    /// Says what stands in its own way, blobs or none.
    fn finish(&self, _found: &mut Vec<RawFinding>) {}
}

/// Checks that look for the same sort of thing. What a family does not care for it
/// passes over.
trait Family {
    /// Whether it has to see each entry in every place where it is new, even if a
    /// directory with all that is below it was seen before in another.
    fn minds_every_place(&self) -> bool {
        false
    }

    /// Sees each new list of entries once.
    fn directory(&mut self, _directory: &NewDirectory<'_>, _found: &mut Vec<RawFinding>) {}

    /// Sees each entry that is new in its place; the same object may come again in
    /// another.
    fn entry(&mut self, _entry: &NewEntry<'_>, _found: &mut Vec<RawFinding>) {}

    /// Sees each new blob once.
    fn blob(&mut self, _blob: &NewBlob<'_>, _found: &mut Vec<RawFinding>) {}

    /// Sees each new message and name.
    fn text(&mut self, _text: &NewText<'_>, _found: &mut Vec<RawFinding>) {}

    /// Says what can only be said when all was seen; and takes back what was not right.
    ///
    /// # Errors
    /// An object that is needed cannot be read.
    fn finish(
        &mut self,
        _session: &mut Session<'_>,
        _found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        Ok(())
    }
}

/// What is asked of everything new.
struct Checks<'r> {
    /// Those that remember nothing.
    looks: Vec<Box<dyn Look>>,
    families: Vec<Box<dyn Family + 'r>>,
}

/// Every check there is, for a run with so many new images.
///
/// # Errors
/// What one needs of the private repository cannot be read.
fn checks<'r>(session: &mut Session<'r>, new_images: usize) -> Result<Checks<'r>, RunError> {
    let rules = scan::Wanted::find(session)?;
    // One core compiles while another reads what is private.
    thread::scope(|scope| {
        let secrets = scope.spawn(|| rules.compile());
        let Checks { mut looks, families } = without_secrets(session, new_images)?;
        let secrets = secrets.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        looks.push(Box::new(secrets));
        Ok(Checks { looks, families })
    })
}

/// The same, but for what looks for secrets.
fn without_secrets<'r>(
    session: &mut Session<'r>,
    new_images: usize,
) -> Result<Checks<'r>, RunError> {
    let tips = Rc::new(Tips::new(session));
    session.tips = session.atlas.is_some().then(|| tips.clone());
    let guard = session.policy.mirror.guard.clone();
    let on = |check| guard.level(check) != Level::Off;
    let phrases = &session.policy.mirror.check.phrases;
    let mut looks: Vec<Box<dyn Look>> =
        vec![Box::new(content::Content), Box::new(licences::Licences::new(phrases)?)];
    let mut families: Vec<Box<dyn Family + 'r>> = vec![
        Box::new(encoding::Encodings),
        Box::<links::Links>::default(),
        Box::new(names::Names),
        Box::new(private_ids::PrivateIds::new(session)),
        Box::new(references::References::new(session, tips)?),
        Box::<submodules::Submodules>::default(),
    ];
    if on(Check::MovedFromPrivate) {
        families.push(Box::<provenance::Provenance>::default());
    }
    if on(Check::SimilarToPrivate) {
        let (similar, overlaps) = similar::Similar::new(session, new_images);
        looks.extend(overlaps.map(|overlaps| Box::new(overlaps) as Box<dyn Look>));
        families.push(Box::new(similar));
    }
    if on(Check::MixedCommit) {
        families.push(Box::<mixed::Mixed>::default());
    }
    Ok(Checks { looks, families })
}
