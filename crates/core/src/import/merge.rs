// SPDX-License-Identifier: Apache-2.0
//! Three-way merges, which are git's business: of whole trees, and of one file.

use std::fs;

use repo_sync_shared::{ObjectId, PrivateCommit, PrivateTree};

use crate::error::{Failure, RunError};
use crate::git::{Git, GitError, argument};

/// A merge of two private commits.
pub(super) struct Merged {
    /// The tree; where a path conflicts, one with marks in it.
    pub(super) tree: PrivateTree,
    /// The paths that conflict, each once.
    pub(super) conflicts: Vec<Vec<u8>>,
}

/// Merges two commits as `git merge-tree` does, from what they have in common, or from `base`
/// (<https://git-scm.com/docs/git-merge-tree>, git 2.40 or newer).
pub(super) fn trees(
    git: &Git,
    base: Option<PrivateCommit>,
    ours: PrivateCommit,
    theirs: PrivateCommit,
) -> Result<Merged, RunError> {
    let mut args = vec!["merge-tree".to_owned(), "--write-tree".to_owned()];
    args.extend(["--name-only", "--no-messages", "-z"].map(str::to_owned));
    args.extend(base.map(|base| format!("--merge-base={base}")));
    args.extend([ours.to_string(), theirs.to_string()]);
    let output = git.output(&args, b"")?;
    let mut parts = output.stdout.split(|&byte| byte == 0).filter(|part| !part.is_empty());
    match (output.status.code(), parts.next().and_then(ObjectId::from_hex)) {
        (Some(0 | 1), Some(tree)) => {
            let conflicts = parts.map(<[u8]>::to_vec).collect();
            Ok(Merged { tree: PrivateTree::new(tree), conflicts })
        }
        _ => Err(failed("merge-tree", &output.stderr)),
    }
}

/// The three versions of a file.
pub(super) struct Versions<'v> {
    /// What the other two come from.
    pub(super) base: &'v [u8],
    /// With the changes that stay.
    pub(super) ours: &'v [u8],
    /// With those that come.
    pub(super) theirs: &'v [u8],
}

/// Merges one file as `git merge-file` does; `None` if the changes conflict.
pub(super) fn file(git: &Git, versions: &Versions<'_>) -> Result<Option<Vec<u8>>, RunError> {
    let dir = tempfile::tempdir()
        .map_err(|err| RunError::io("failed to create", std::env::temp_dir(), err))?;
    let mut args = vec![argument(b"merge-file"), argument(b"--stdout"), argument(b"--quiet")];
    for (name, text) in
        [("ours", versions.ours), ("base", versions.base), ("theirs", versions.theirs)]
    {
        let path = dir.path().join(name);
        fs::write(&path, text).map_err(|err| RunError::io("failed to write", &path, err))?;
        args.push(path.into_os_string());
    }
    let output = git.output(&args, b"")?;
    match output.status.code() {
        Some(0) => Ok(Some(output.stdout)),
        // So many conflicts.
        Some(1..=127) => Ok(None),
        _ => Err(failed("merge-file", &output.stderr)),
    }
}

fn failed(command: &str, stderr: &[u8]) -> RunError {
    let stderr = repo_sync_shared::escape_text(stderr.trim_ascii());
    Failure::Git(GitError::Failed { command: command.to_owned(), stderr }).into()
}
