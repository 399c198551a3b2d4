// SPDX-License-Identifier: Apache-2.0
//! Bare repositories that stand for a host's.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::git::{Git, Scratch};
use crate::history::History;

/// A bare repository with the settings of a host.
#[derive(Clone, Debug)]
pub struct BareMirror {
    scratch: Arc<Scratch>,
    path: PathBuf,
}

impl BareMirror {
    /// An empty one at `name` in the scratch place.
    pub fn new(scratch: &Arc<Scratch>, name: &str) -> Self {
        let path = scratch.join(name);
        let git = scratch.git(scratch.root());
        git.run([
            "init".as_ref(),
            "--quiet".as_ref(),
            "--bare".as_ref(),
            "--initial-branch=main".as_ref(),
            path.as_os_str(),
        ]);
        Self { scratch: Arc::clone(scratch), path }
    }

    /// Takes only what `git fsck` accepts, and no ref backwards, as hosts do.
    #[must_use]
    pub fn strict(self) -> Self {
        self.config("receive.denyNonFastForwards", "true")
            .config("transfer.fsckObjects", "true")
            .config("receive.denyDeletes", "true")
    }

    /// Refuses every push with `message`.
    #[must_use]
    pub fn rejecting(self, message: &str) -> Self {
        let hook = self.path.join("hooks/pre-receive");
        let quoted = message.replace('\'', "'\\''");
        fs::create_dir_all(hook.with_file_name("")).expect("the scratch place is writable");
        fs::write(&hook, format!("#!/bin/sh\necho '{quoted}' >&2\nexit 1\n"))
            .expect("the scratch place is writable");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))
            .expect("the hook was just written by us");
        self
    }

    /// Takes pushes again.
    pub fn accept(&self) {
        fs::remove_file(self.path.join("hooks/pre-receive")).expect("it was rejecting");
    }

    /// One setting of the repository.
    #[must_use]
    pub fn config(self, key: &str, value: &str) -> Self {
        self.git().run(["config", key, value]);
        self
    }

    /// Another one at `name` with all that it holds, as hosts make one for who wants to
    /// contribute.
    #[must_use]
    pub fn fork(&self, name: &str) -> Self {
        let path = self.scratch.join(name);
        let git = self.scratch.git(self.scratch.root());
        let args = ["clone", "--quiet", "--mirror"].map(AsRef::<OsStr>::as_ref);
        git.run(args.into_iter().chain([self.path.as_os_str(), path.as_os_str()]));
        Self { scratch: Arc::clone(&self.scratch), path }
    }

    /// What it holds, to go on from: each commit is found by its full id.
    pub fn history(&self) -> History {
        History::read(&self.git())
    }

    /// Stores what was added to its [history](Self::history), sound or not, and sets all
    /// refs of that.
    pub fn store(&self, history: &mut History) {
        history.store(&self.git());
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Git in it.
    pub fn git(&self) -> Git {
        self.scratch.git(&self.path)
    }

    /// All refs with the ids they name.
    pub fn refs(&self) -> BTreeMap<String, String> {
        let listed = self.git().run(["for-each-ref", "--format=%(refname) %(objectname)"]);
        let pairs = listed.lines().filter_map(|line| line.split_once(' '));
        pairs.map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
    }
}
