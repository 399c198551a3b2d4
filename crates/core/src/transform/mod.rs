// SPDX-License-Identifier: Apache-2.0
//! What `[transform]` makes of public files: bytes in, bytes out.
//!
//! A manifest may ask for two things. [`Markers`] cut private sections out of any text;
//! [`cargo`] takes private crates out of `Cargo.toml` and `Cargo.lock`. Nothing here reads
//! a repository, knows a commit, or asks a rule.
//!
//! # What an image may depend on
//!
//! What becomes of a file must follow from the commit alone, and be cheap to know again
//! when a thousand commits have the same file. So each transform says what it looks at:
//!
//! - A section is cut by the bytes of its file. Neither its path nor its name counts, so
//!   what is known of a blob is known of it everywhere.
//! - A workspace is edited by the **public** manifests in and below its directory, with
//!   their sections cut, and by the lock file beside it. Their ids and paths together are
//!   a *skeleton*: the public tree with nothing but `Cargo.toml`s in it.
//!   Two commits with the same skeleton and the same lock file have the same workspace,
//!   whatever else they changed. Private manifests are not asked: a path is private when
//!   nothing public stands there.
//!
//! Sections go first, so that a dependency between markers is none when the lock file is
//! pruned. A file that cannot be transformed ends the run: passed over, it would publish
//! what was to be cut.

pub mod cargo;
mod cuts;
mod lines;

pub use cargo::CargoError;
pub use lines::{LinesError, Markers, MarkersError};

/// What a manifest wants done to public files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transform {
    /// Whether workspaces lose their private members.
    pub cargo: bool,
    /// The markers of private sections.
    pub lines: Option<Markers>,
}

impl Transform {
    /// Whether nothing is asked for.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a public file could not be transformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransformError {
    /// A private section of it.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// A private crate in it.
    #[error(transparent)]
    Cargo(#[from] CargoError),
}
