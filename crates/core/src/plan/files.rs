// SPDX-License-Identifier: Apache-2.0
//! Which files a plan makes public, and which it takes from the public tree.

use repo_sync_shared::ObjectId;

use super::Plan;
use crate::error::RunError;
use crate::filter::{Entry, Opened, Place, Visitor, walk};
use crate::replay::Replay;

/// The difference between what the mirror shows and what it would show, in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChanges {
    /// Public paths that appear.
    pub added: Vec<Vec<u8>>,
    /// Public paths whose content or mode changes.
    pub changed: Vec<Vec<u8>>,
    /// Public paths that go; their past stays public.
    pub gone: Vec<Vec<u8>>,
    /// Whether there are more, which nobody counted.
    pub more: bool,
}

/// So many are listed. Thirty objects can show more paths than a disk has room for.
const MOST: usize = 1_000_000;

impl Visitor for FileChanges {
    fn tree(&mut self, _opened: &Opened<'_>) -> bool {
        self.more |= self.added.len() + self.changed.len() > MOST;
        !self.more
    }

    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, old: bool) {
        let list = if old { &mut self.changed } else { &mut self.added };
        list.push(place.public_path(entry));
    }

    fn asks_for_gone(&self) -> bool {
        !self.more
    }

    fn gone(&mut self, entry: &Entry<'_>, place: &Place<'_>) {
        self.gone.push(place.public_path(entry));
        self.more |= self.gone.len() > MOST;
    }
}

impl Plan {
    /// What the refs of this plan change in files, all branches together.
    ///
    /// # Errors
    /// A tree cannot be read.
    pub fn files(&self, replay: &mut Replay<'_>) -> Result<FileChanges, RunError> {
        let mut changes = FileChanges::default();
        let image = |replay: &Replay<'_>, id: Option<ObjectId>| {
            replay.images.number(repo_sync_shared::PublicCommit::new(id?))
        };
        for update in self.updates() {
            let Some(new) = image(replay, update.new) else { continue };
            let Some(new) = replay.shown(new)? else { continue };
            let old = match image(replay, update.expected) {
                Some(old) => replay.shown(old)?,
                None => None,
            };
            let old: Vec<_> = old.into_iter().collect();
            walk(replay.filters(), &new, &old, &mut changes)
                .map_err(|err| RunError::unfiltered(&err, None))?;
        }
        for list in [&mut changes.added, &mut changes.changed, &mut changes.gone] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(changes)
    }
}
