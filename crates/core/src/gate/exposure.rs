// SPDX-License-Identifier: Apache-2.0
//! The files that a range would make public, wherever in its history they are.

use std::collections::BTreeMap;

use crate::error::RunError;
use crate::filter::{Entry, Place, Shown, Visitor, shows};
use crate::replay::Replay;
use crate::session::Session;

/// What a range would do to the public files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Files that the base does not show.
    pub added: Vec<Exposed>,
    /// Files that the base shows in another form.
    pub changed: Vec<Exposed>,
    /// Files that go; their past stays public.
    pub leaving: Vec<Exposed>,
}

/// A file that a range would make public, or take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Where the mirror shows it.
    pub public_path: Vec<u8>,
    /// Where the private repository has it.
    pub private_path: Vec<u8>,
    /// The first private commit of the range that touches it, by number.
    pub commit: u32,
    /// Whether the head still shows it; if not, its history does.
    pub at_head: bool,
}

impl Exposure {
    /// Holds each new image against its parents, and sorts what that shows by
    /// whether the base shows it already.
    pub(super) fn find(
        session: &mut Session<'_>,
        new: &[u32],
        base: u32,
        head: u32,
    ) -> Result<Self, RunError> {
        let replay = &mut session.replay;
        let mut touched = Touched::default();
        for &image in new {
            let Some(commit) = replay.images.source(image) else { continue };
            touched.commit = commit;
            replay.walk_new(image, &mut touched)?;
        }
        let (base, head) = (tip(replay, base)?, tip(replay, head)?);
        let mut is_shown = |shown: &Option<Shown>, path: &[u8]| match shown {
            Some(shown) => {
                shows(replay.filters(), shown, path).map_err(|err| RunError::unfiltered(&err, None))
            }
            None => Ok(None),
        };
        let mut exposure = Self::default();
        for (public_path, (private_path, commit)) in touched.files {
            let before = is_shown(&base, &public_path)?.is_some();
            let at_head = is_shown(&head, &public_path)?.is_some();
            let list = match (before, at_head) {
                (false, _) => &mut exposure.added,
                (true, true) => &mut exposure.changed,
                (true, false) => &mut exposure.leaving,
            };
            list.push(Exposed { public_path, private_path, commit, at_head });
        }
        Ok(exposure)
    }
}

/// What the mirror would show of a commit.
fn tip(replay: &mut Replay<'_>, commit: u32) -> Result<Option<Shown>, RunError> {
    match replay.images.of(commit) {
        Some(image) => replay.shown(image),
        None => Ok(None),
    }
}

/// Every public path in which a commit differs from its parents, with its private
/// path and the first commit.
#[derive(Default)]
struct Touched {
    files: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    commit: u32,
}

impl Visitor for Touched {
    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, _old: bool) {
        let commit = self.commit;
        self.files
            .entry(place.public_path(entry))
            .or_insert_with(|| (place.private_path(entry), commit));
    }

    fn asks_for_gone(&self) -> bool {
        true
    }

    fn gone(&mut self, entry: &Entry<'_>, place: &Place<'_>) {
        self.file(entry, place, true);
    }
}
