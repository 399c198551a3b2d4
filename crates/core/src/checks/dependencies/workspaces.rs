// SPDX-License-Identifier: Apache-2.0
//! What the packages of a Cargo workspace inherit: a manifest says `x.workspace = true`, and
//! only that of the workspace says what `x` is, and where.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::ObjectId;
use rustc_hash::FxHashMap;
use toml::Table;

use super::super::tips::Tips;
use super::{Edge, cargo};
use crate::history::History;
use crate::paths::{components, join};

/// The workspaces of a history.
pub(in crate::checks) struct Workspaces<'r> {
    tips: Rc<Tips<'r>>,
    history: Arc<History>,
    /// What can be inherited, by the manifest that says so.
    known: RefCell<FxHashMap<ObjectId, Rc<Table>>>,
}

impl<'r> Workspaces<'r> {
    pub(in crate::checks) fn new(tips: Rc<Tips<'r>>, history: Arc<History>) -> Self {
        Self { tips, history, known: RefCell::default() }
    }

    /// What a package in `folder` inherits under this name in a commit, by number, with the
    /// directory that paths are said from. The workspace is one of those above, as cargo looks
    /// for it; where there are several, each is asked.
    pub(in crate::checks) fn inherited<'f>(
        &self,
        commit: u32,
        folder: &'f [u8],
        key: &str,
    ) -> Vec<(&'f [u8], Edge)> {
        let ends = memchr::memrchr_iter(b'/', folder).chain((!folder.is_empty()).then_some(0));
        let above = std::iter::once(folder.len()).chain(ends).map(|end| &folder[..end]);
        let mut found = Vec::new();
        for root in above {
            let path = join(root, b"Cargo.toml");
            let path: Vec<_> = components(&path).collect();
            let Some(file) = self.tips.file_in(self.history.tree(commit), &path) else { continue };
            if let Some(value) = self.shared(file).get(key) {
                found.extend(cargo::dependency(key, value).map(|edge| (root, edge)));
            }
        }
        found
    }

    fn shared(&self, manifest: ObjectId) -> Rc<Table> {
        if let Some(known) = self.known.borrow().get(&manifest) {
            return Rc::clone(known);
        }
        let read = |text: Vec<u8>| {
            let manifest = str::from_utf8(&text).ok()?.parse().ok()?;
            cargo::shared(&manifest).cloned()
        };
        let shared = Rc::new(self.tips.read(manifest).and_then(read).unwrap_or_default());
        self.known.borrow_mut().insert(manifest, Rc::clone(&shared));
        shared
    }
}
