// SPDX-License-Identifier: Apache-2.0
//! What `[transform]` makes of the files of a public directory.
//!
//! Sections are cut blob by blob, each once. A workspace is edited where its manifest
//! stands, after all that is below was filtered: a directory knows its skeleton then, and
//! that with the file is the key of what was found out before.

use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree};

use super::made::{Part, Recipe};
use super::sheet::{Cut, Shown};
use super::skeleton::Skeleton;
use super::states::StateId;
use super::{Filter, FilterError};
use crate::object::{EntryKind, Kind, Outline, TreeEntry, hash};
use crate::paths::Reach;

impl Filter<'_> {
    /// Whether any public file may have to be made.
    pub(super) fn transforms(&self) -> bool {
        self.markers.is_some() || self.edits_workspaces()
    }

    /// Whether workspaces lose their private members.
    pub(super) fn edits_workspaces(&self) -> bool {
        self.shape().transform.cargo
    }

    /// A public file without its private sections.
    #[inline(never)]
    pub(super) fn stripped(
        &mut self,
        id: ObjectId,
        kind: EntryKind,
    ) -> Result<ObjectId, FilterError> {
        let Some(markers) = self.markers.as_ref().filter(|_| is_file(kind)) else { return Ok(id) };
        if let Some(&public) = self.settled.files.get(&id).or_else(|| self.memo.files.get(&id)) {
            return Ok(public);
        }
        let recipe = Recipe { private: id, markers: Some(markers.clone()), workspace: None };
        let public = self.make(id, recipe)?;
        self.memo.files.insert(id, public);
        Ok(public)
    }

    /// A file of a workspace, public as `base`, without private crates.
    pub(super) fn without_crates(
        &mut self,
        skeleton: &Arc<Skeleton>,
        part: Part,
        private: ObjectId,
        base: ObjectId,
    ) -> Result<ObjectId, FilterError> {
        if !skeleton.has_manifest() {
            return Ok(base);
        }
        let key = (skeleton.id, part, private);
        let known = self.settled.workspaces.get(&key);
        if let Some(&public) = known.or_else(|| self.memo.workspaces.get(&key)) {
            return Ok(public);
        }
        let workspace = Some((part, skeleton.clone()));
        let recipe = Recipe { private, markers: self.markers.clone(), workspace };
        let public = self.make(base, recipe)?;
        self.memo.workspaces.insert(key, public);
        Ok(public)
    }

    /// Makes a file and notes how, unless it stays what it is known to be.
    fn make(&mut self, known: ObjectId, recipe: Recipe) -> Result<ObjectId, FilterError> {
        let Some(made) = recipe.make(self.objects)? else { return Ok(known) };
        let public = hash(Kind::Blob, &made);
        if public != known {
            self.made.note(public, recipe, made.len() as u64);
        }
        Ok(public)
    }

    /// Edits the files of the workspace that a directory may be, where `cuts` say what else
    /// is shown of it; and notes its skeleton.
    ///
    /// Never inlined: its caller is on the stack once for each directory down to a file.
    #[inline(never)]
    pub(super) fn edit_workspace(
        &mut self,
        (state, tree): (StateId, PrivateTree),
        outline: &Outline,
        cuts: &mut Vec<Cut>,
    ) -> Result<(), FilterError> {
        let mut below = Vec::new();
        let mut files = Vec::new();
        let mut own = cuts.iter().peekable();
        for number in 0..outline.len() {
            let Some(entry) = outline.entry(number) else { break };
            let shown =
                own.next_if(|cut| cut.entry == number).map_or(Shown::AsItIs, |cut| cut.shown);
            if shown == Shown::Nothing {
                continue;
            }
            if entry.kind().is_tree() {
                let child = self.state_below(state, entry.name);
                let skeleton = self.skeleton(child, PrivateTree::new(entry.id))?;
                below.extend(skeleton.map(|skeleton| (entry.name.into(), skeleton)));
            } else if let Some(part) = Part::named(entry.name).filter(|_| is_file(entry.kind())) {
                files.push((number, part, entry));
            }
        }
        let manifest = files.iter().find(|(_, part, _)| *part == Part::Manifest);
        let skeleton = Skeleton::new(manifest.map(|(_, _, entry)| entry.id), below).map(Arc::new);
        let edited = files
            .iter()
            .map(|(number, part, entry)| {
                Ok((*number, self.file_of_workspace(skeleton.as_ref(), *part, entry)?))
            })
            .collect::<Result<Vec<_>, FilterError>>()?;
        for (number, shown) in edited {
            let at = cuts.partition_point(|cut| cut.entry < number);
            match cuts.get_mut(at).filter(|cut| cut.entry == number) {
                // What was taken over from another directory may not hold in this one.
                Some(cut) => cut.shown = shown,
                None if shown == Shown::AsItIs => {}
                None => cuts.insert(at, Cut { entry: number, shown, residue: 0, suspect: false }),
            }
        }
        self.memo.skeletons.insert((state, tree), skeleton);
        Ok(())
    }

    fn file_of_workspace(
        &mut self,
        skeleton: Option<&Arc<Skeleton>>,
        part: Part,
        entry: &TreeEntry<'_>,
    ) -> Result<Shown, FilterError> {
        let base = self.stripped(entry.id, entry.kind())?;
        let public = match skeleton {
            Some(skeleton) => self.without_crates(skeleton, part, entry.id, base)?,
            None => base,
        };
        Ok(if public == entry.id { Shown::AsItIs } else { Shown::Made(public) })
    }

    /// The skeleton of a directory.
    pub(super) fn skeleton(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<Option<Arc<Skeleton>>, FilterError> {
        let key = (state, tree);
        for memo in [&*self.settled, &self.memo] {
            if let Some(skeleton) = memo.skeletons.get(&key) {
                return Ok(skeleton.clone());
            }
        }
        // It is noted when the directory is read.
        self.deeper(tree, |this| this.sheet(state, tree))?;
        Ok(self.memo.skeletons.get(&key).cloned().flatten())
    }

    /// The rules at an entry of a directory. Where no rule splits anything any more, they
    /// are the same all the way down.
    pub(super) fn state_below(&mut self, state: StateId, name: &[u8]) -> StateId {
        match self.states.reach(state) {
            Reach::Public | Reach::Private => state,
            Reach::Mixed => self.states.child(state, name),
        }
    }
}

/// Whether an entry has text of its own: a link's is a path, and a submodule has none.
pub(super) fn is_file(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Blob | EntryKind::Executable => true,
        EntryKind::Tree | EntryKind::Symlink | EntryKind::Gitlink => false,
    }
}
