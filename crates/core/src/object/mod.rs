// SPDX-License-Identifier: Apache-2.0
//! Raw git objects: the bytes of commits, trees and tags, read and written.
//!
//! Everything here is a pure function over bytes. Reading keeps what it reads
//! as it is, odd modes and broken dates included, so that an object that nothing
//! changes is written back with the same id; what two readers could understand
//! differently is refused with a typed error. Nothing here does I/O.

mod commit;
mod dotfiles;
mod hash;
mod header;
mod outline;
mod tag;
mod tree;
mod tree_check;

pub use commit::{
    MalformedCommit, RawCommit, commit_links, committer_time, write_commit, write_commit_with,
};
pub use dotfiles::GitFile;
pub use hash::{Kind, hash};
pub use header::OtherHeader;
pub(crate) use outline::{Outline, Run};
pub use tag::{MalformedTag, RawTag, without_signature, write_tag};
pub use tree::{
    EntryKind, MalformedTree, TreeEntries, TreeEntry, TreeFault, append_entry, entry_order,
    tree_entries,
};
pub use tree_check::{check_tree, is_dotgit};

#[cfg(test)]
pub(crate) mod git_judge;
