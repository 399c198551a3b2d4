// SPDX-License-Identifier: Apache-2.0
//! What the mirror shows of a single private path: for checks on what public
//! things point at.

use repo_sync_shared::{ObjectId, PrivateTree};

use super::{Filter, FilterError};
use crate::error::RunError;
use crate::object::EntryKind;
use crate::paths::components;
use crate::tree::entry_at;

/// What stands at a private path of one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing.
    Absent,
    /// Something of which the mirror shows all or a part.
    Public(EntryKind, ObjectId),
    /// Something of which the mirror shows nothing.
    Private,
}

impl Filter<'_> {
    /// What stands at a private path below `root`.
    ///
    /// # Errors
    /// A tree on the way cannot be read, or is malformed.
    pub(crate) fn standing(
        &mut self,
        root: PrivateTree,
        path: &[u8],
    ) -> Result<Standing, RunError> {
        let Some((kind, id)) = entry_at(self.objects, root, path)? else {
            return Ok(Standing::Absent);
        };
        let state = self.states.at(path);
        let public = match kind {
            EntryKind::Tree => {
                self.moves_out_of(path)
                    || self
                        .tree(state, PrivateTree::new(id))
                        .map_err(|err: FilterError| RunError::unfiltered(&err, None))?
                        .is_some()
            }
            EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink | EntryKind::Gitlink => {
                self.states.is_public(state)
            }
        };
        Ok(if public { Standing::Public(kind, id) } else { Standing::Private })
    }

    /// Whether a move takes something from below this path to another place: then
    /// what is left there says nothing about what is public of it.
    fn moves_out_of(&self, path: &[u8]) -> bool {
        self.targets.from().iter().any(|from| {
            components(path).zip(components(from)).all(|(a, b)| a == b)
                && components(from).count() > components(path).count()
        })
    }
}
