// SPDX-License-Identifier: Apache-2.0
//! A repository on disk that a [`History`] was written to.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repo_sync_shared::ObjectId;

use crate::git::{Git, Scratch};
use crate::history::History;

/// A private repository in a place of its own, removed with the last handle to it.
#[derive(Clone, Debug)]
pub struct Repo {
    scratch: Arc<Scratch>,
    path: PathBuf,
    history: History,
}

impl Repo {
    /// Writes the files of an empty repository by hand, because `git init` would
    /// cost as much as all the rest.
    pub(crate) fn create(mut history: History, bare: bool) -> Self {
        let scratch = Arc::new(Scratch::new());
        let path = scratch.join("private");
        let git_dir = if bare { path.clone() } else { path.join(".git") };
        for dir in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            fs::create_dir_all(git_dir.join(dir)).expect("the scratch place is writable");
        }
        let head = "ref: refs/heads/main\n";
        let config = format!("[core]\n\trepositoryformatversion = 0\n\tbare = {bare}\n");
        fs::write(git_dir.join("HEAD"), head).expect("the scratch place is writable");
        fs::write(git_dir.join("config"), config).expect("the scratch place is writable");
        history.store(&scratch.git(&path));
        Self { scratch, path, history }
    }

    /// Where it is: the worktree, or the git directory of a bare one.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place around it.
    pub fn scratch(&self) -> &Arc<Scratch> {
        &self.scratch
    }

    /// The id of the branch, tag or commit of this name.
    #[track_caller]
    pub fn id(&self, name: &str) -> ObjectId {
        self.history.find(name)
    }

    /// What it was made from.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Adds to it: `more` goes on where the history ended.
    pub fn extend(&mut self, more: impl FnOnce(History) -> History) {
        self.history = more(self.history.clone());
        self.history.store(&self.scratch.git(&self.path));
    }

    /// Takes up what others did in it, to [extend](Self::extend) that: commits are found by
    /// their full ids only.
    pub fn reread(&mut self) {
        self.history = History::read(&self.git_here());
    }

    /// Runs git in it and gives its stdout without the final newline; panics if
    /// it fails.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.git_here().run(args)
    }

    /// Git in it, for what [`Repo::git`] cannot say.
    pub fn git_here(&self) -> Git {
        self.scratch.git(&self.path)
    }

    /// Makes loose objects of all that lie in packs.
    ///
    /// # Panics
    /// The scratch place cannot be read or written.
    pub fn loosen(&self) {
        let packs = self.path().join(".git/objects/pack");
        let aside = self.path().join(".git/packs");
        fs::rename(&packs, &aside).expect("both are in the scratch place");
        fs::create_dir(&packs).expect("it was just moved away");
        for entry in fs::read_dir(&aside).expect("it was just moved here") {
            let path = entry.expect("the scratch place is readable").path();
            if path.extension().is_some_and(|ext| ext == "pack") {
                let pack = fs::read(&path).expect("the scratch place is readable");
                self.git_here().input(["unpack-objects", "-q"], &pack);
            }
        }
        fs::remove_dir_all(&aside).expect("the scratch place is writable");
    }

    /// Fills the worktree.
    pub fn checkout(&self) {
        self.git(["reset", "--quiet", "--hard"]);
    }

    /// Replaces the id of each labelled commit by `<label>`, for snapshots that
    /// should survive a change of the history.
    pub fn name_ids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (label, id) in self.history.ids() {
            text = text.replace(&id.to_string(), &format!("<{label}>"));
        }
        text
    }
}
