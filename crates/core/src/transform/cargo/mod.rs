// SPDX-License-Identifier: Apache-2.0
//! Cargo workspaces without what is private of them: `Cargo.toml` and `Cargo.lock`.
//!
//! Everything follows from the public files alone: which `Cargo.toml`s the mirror shows in
//! and below a directory, and what they say. So a path is private if the mirror shows no
//! `Cargo.toml` there, and nobody has to ask a rule, the network, or cargo. A path that
//! leads out of the directory says nothing here; the checks ask where it leads.

mod lock;
mod manifest;
mod packages;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use toml_edit::Document;

pub use lock::lock;
pub use manifest::manifest;

/// The public `Cargo.toml`s in and below a directory, by the directories that hold them;
/// the one of the directory itself stands at the empty path.
pub type Manifests = BTreeMap<String, Vec<u8>>;

/// Why a workspace could not be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CargoError {
    /// It says something of a workspace, and is no TOML.
    #[error("`{}` is no TOML that cargo could read: {reason}", file(.directory))]
    Manifest {
        /// Where it stands, from the workspace.
        directory: String,
        /// The line at fault, from 1.
        line: Option<u32>,
        /// What is wrong with it.
        reason: String,
    },
    /// The lock file is none that cargo writes.
    #[error("`Cargo.lock` is none that cargo could read: {reason}")]
    Lock {
        /// The line at fault, from 1.
        line: Option<u32>,
        /// What is wrong with it.
        reason: String,
    },
    /// Public crates are built with a package that a private crate stands in for.
    #[error(
        "public crates depend on `{name}`, and `[patch]` puts a private crate in its place; make \
         that crate public, or depend on another version"
    )]
    Patched {
        /// The package.
        name: String,
    },
}

impl CargoError {
    /// The line at fault, from 1.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::Manifest { line, .. } | Self::Lock { line, .. } => *line,
            Self::Patched { .. } => None,
        }
    }
}

/// A text that is TOML; or the line where it is not, and why.
fn document(text: &[u8]) -> Result<Document<String>, (Option<u32>, String)> {
    let line = |at: usize| {
        let breaks = memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count();
        u32::try_from(breaks + 1).ok()
    };
    let read = str::from_utf8(text);
    let read = read.map_err(|err| (line(err.valid_up_to()), "it is not UTF-8".to_owned()))?;
    Document::parse(read.to_owned()).map_err(|err| {
        let at = err.span().map(|span| span.start);
        (at.and_then(line), err.message().to_owned())
    })
}

fn file(directory: &str) -> String {
    if directory.is_empty() { "Cargo.toml".to_owned() } else { format!("{directory}/Cargo.toml") }
}
