// SPDX-License-Identifier: Apache-2.0
//! New blobs, read and looked into on threads of their own, while the walk goes on.
//!
//! What comes of them is handed back in the order in which they were asked for, and only
//! when that order says so: a run finds the same things in the same order, however many
//! threads there are.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};

use repo_sync_shared::ObjectId;

use super::{Look, NewBlob, NewEntry};
use crate::filter::PublicFiles;
use crate::git::ObjectError;
use crate::object::EntryKind;
use crate::report::RawFinding;

/// The largest blob that is looked into, in bytes.
pub(super) const MAX_BLOB: u64 = 256 << 20;

/// Larger blobs, in bytes, wait for their turn: of many at once memory would be full.
const LARGE: u64 = 4 << 20;

/// How many are on their way at once.
const MOST: usize = 32;

/// A blob that is to be looked into, in its first place.
pub(super) struct Asked {
    kind: EntryKind,
    id: ObjectId,
    private_path: Vec<u8>,
    public_path: Vec<u8>,
    commit: u32,
}

impl Asked {
    pub(super) fn new(entry: &NewEntry<'_>) -> Self {
        Self {
            kind: entry.kind,
            id: entry.id,
            private_path: entry.private_path.to_vec(),
            public_path: entry.public_path.to_vec(),
            commit: entry.commit,
        }
    }

    pub(super) fn entry(&self) -> NewEntry<'_> {
        NewEntry {
            kind: self.kind,
            id: self.id,
            private_path: &self.private_path,
            public_path: &self.public_path,
            commit: self.commit,
        }
    }
}

/// What came of a blob.
pub(super) struct Looked {
    pub(super) asked: Asked,
    /// Its bytes; `None` if there are more than anybody looks into.
    pub(super) data: Result<Option<Arc<Vec<u8>>>, ObjectError>,
    /// What was found in them.
    pub(super) found: Vec<RawFinding>,
}

/// A blob that a thread has dealt with, or left to the one who asked.
enum Done {
    Looked(Looked),
    Large(Asked, u64),
}

/// How a thread ended with a blob: whoever waits for it is told of a panic as well.
type Answer = thread::Result<Done>;

/// Threads that read blobs. Who waits for one reads as well.
pub(super) struct Readers<'a> {
    files: &'a PublicFiles<'a>,
    looks: &'a [Box<dyn Look>],
    tasks: Sender<(usize, Asked)>,
    /// What nobody has begun.
    waiting: Arc<Mutex<Receiver<(usize, Asked)>>>,
    done: Receiver<(usize, Answer)>,
    /// What is done, but not its turn.
    early: BTreeMap<usize, Answer>,
    asked: usize,
    given: usize,
}

impl<'a> Readers<'a> {
    /// Starts the threads: as many as there are cores beside the one that walks.
    pub(super) fn start<'s>(
        scope: &'s Scope<'s, 'a>,
        files: &'a PublicFiles<'a>,
        looks: &'a [Box<dyn Look>],
    ) -> Self {
        let (ask, asked) = channel();
        let (give, given) = channel();
        let asked = Arc::new(Mutex::new(asked));
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let waiting = Arc::clone(&asked);
        for _ in 0..cores.saturating_sub(1).max(1) {
            let (asked, give) = (Arc::clone(&asked), give.clone());
            scope.spawn(move || {
                while let Some((number, blob)) = next(&asked) {
                    let done = answer(files, looks, blob);
                    if give.send((number, done)).is_err() {
                        break;
                    }
                }
            });
        }
        let early = BTreeMap::new();
        Self { files, looks, tasks: ask, waiting, done: given, early, asked: 0, given: 0 }
    }

    /// Whether the oldest blob has to be taken before another is asked for.
    pub(super) fn are_busy(&self) -> bool {
        self.asked - self.given >= MOST
    }

    /// Asks for a blob.
    pub(super) fn ask(&mut self, blob: Asked) {
        self.tasks.send((self.asked, blob)).expect("threads wait for work to the end");
        self.asked += 1;
    }

    /// The oldest blob that was asked for and not taken yet; waits for it.
    pub(super) fn take(&mut self) -> Option<Looked> {
        if self.given == self.asked {
            return None;
        }
        let done = loop {
            if let Some(done) = self.early.remove(&self.given) {
                break done;
            }
            let answer = self.done.try_recv().ok().or_else(|| self.help());
            let answer = answer.or_else(|| self.done.recv().ok());
            let (number, done) = answer.expect("each blob is answered for");
            self.early.insert(number, done);
        };
        self.given += 1;
        Some(match done {
            Ok(Done::Looked(looked)) => looked,
            Ok(Done::Large(asked, size)) => look(self.files, self.looks, asked, Ok(size)),
            Err(payload) => panic::resume_unwind(payload),
        })
    }
}

impl Readers<'_> {
    /// Deals with a blob that nobody has begun, if there is one.
    fn help(&self) -> Option<(usize, Answer)> {
        // A thread that has the lock waits for blobs: there is none.
        let (number, blob) = self.waiting.try_lock().ok()?.try_recv().ok()?;
        Some((number, answer(self.files, self.looks, blob)))
    }
}

fn answer(files: &PublicFiles<'_>, looks: &[Box<dyn Look>], blob: Asked) -> Answer {
    panic::catch_unwind(AssertUnwindSafe(|| work(files, looks, blob)))
}

/// The next blob to read; `None` if there will be none.
fn next(asked: &Mutex<Receiver<(usize, Asked)>>) -> Option<(usize, Asked)> {
    asked.lock().ok()?.recv().ok()
}

fn work(files: &PublicFiles<'_>, looks: &[Box<dyn Look>], asked: Asked) -> Done {
    match files.size(asked.id) {
        Ok(size) if size > LARGE => Done::Large(asked, size),
        size => Done::Looked(look(files, looks, asked, size)),
    }
}

fn look(
    files: &PublicFiles<'_>,
    looks: &[Box<dyn Look>],
    asked: Asked,
    size: Result<u64, ObjectError>,
) -> Looked {
    let data = size.and_then(|size| match size {
        size if size > MAX_BLOB => Ok(None),
        _ => files.read(asked.id).map(|file| Some(file.into_shared())),
    });
    let mut found = Vec::new();
    if let Ok(Some(data)) = &data {
        let entry = asked.entry();
        let blob = NewBlob { entry: &entry, data };
        for look in looks {
            look.blob(&blob, &mut found);
        }
    }
    Looked { asked, data, found }
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::Check;
    use repo_sync_testing::{History, Kind, Tree, object_id};

    use super::*;
    use crate::filter::Filter;
    use crate::git::PrivateRepo;

    /// Says of each blob how it begins, and does not survive a certain one.
    struct Repeat;

    impl Look for Repeat {
        fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
            assert!(!blob.data.starts_with(b"bomb"), "it went off");
            let begin = &blob.data[..blob.data.len().min(9)];
            found.push(blob.finding(Check::Secret, String::from_utf8_lossy(begin)));
        }
    }

    /// Asks for blobs with these texts, and takes them as a walk does: what comes of
    /// each, in the order in which they come.
    fn looked(texts: &[Vec<u8>]) -> Vec<String> {
        let add =
            |tree: Tree, (number, text): (usize, &Vec<u8>)| tree.file(number.to_string(), text);
        let all = |tree| texts.iter().enumerate().filter(|it| it.1 != GONE).fold(tree, add);
        let repo = History::new().commit("all", all).build();
        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        let objects = private.objects().expect("it has objects");
        let files = Filter::files(&objects, &[]);
        let looks: Vec<Box<dyn Look>> = vec![Box::new(Repeat)];
        thread::scope(|scope| {
            let mut readers = Readers::start(scope, &files, &looks);
            let mut seen = Vec::new();
            let mut take = |readers: &mut Readers<'_>| {
                let looked = readers.take()?;
                let found = looked.found.iter().map(|finding| finding.hint.clone());
                seen.push(match looked.data {
                    Ok(Some(_)) => found.collect::<String>(),
                    Ok(None) => "too large".to_owned(),
                    Err(_) => "gone".to_owned(),
                });
                Some(())
            };
            for text in texts {
                if readers.are_busy() {
                    take(&mut readers);
                }
                readers.ask(Asked::new(&NewEntry {
                    kind: EntryKind::Blob,
                    id: object_id(Kind::Blob, text),
                    private_path: b"a",
                    public_path: b"a",
                    commit: 0,
                }));
            }
            while take(&mut readers).is_some() {}
            seen
        })
    }

    const GONE: &[u8] = b"gone";

    #[test]
    fn blobs_come_back_in_the_order_of_the_walk() {
        let mut texts: Vec<Vec<u8>> = (0..300).map(|number| format!("{number}").into()).collect();
        texts[7] = vec![b'x'; usize::try_from(LARGE).expect("it fits") + 1];
        texts[8] = GONE.to_vec();
        let mut expected: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        expected[7] = "x".repeat(9);
        expected[8] = "gone".to_owned();
        assert_eq!(looked(&texts), expected);
        assert_eq!(looked(&[]), [""; 0]);
    }

    #[test]
    #[should_panic(expected = "it went off")]
    fn a_thread_that_panics_ends_the_run() {
        let texts: Vec<Vec<u8>> = (0..100).map(|number| format!("{number}").into()).collect();
        looked(&[&texts[..], &[b"bomb".to_vec()], &texts[..]].concat());
    }
}
