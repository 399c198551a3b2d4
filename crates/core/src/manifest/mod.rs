// SPDX-License-Identifier: Apache-2.0
//! `sync.toml`, first as written, then as meant; a line and a caret for every
//! mistake.
//!
//! [`Manifest`] is the strict reading, for the tip whose policy holds: it cannot
//! exist unless all of it makes sense. [`PastManifest`] is the lenient one, for
//! older commits: it looks only at what shapes the image ([`Shape`]).
//!
//! Nothing here matches paths, reads files or knows a repository.

mod check;
mod error;
mod guard;
mod loose;
mod mirror;
mod moves;
mod names;
mod near;
mod past;
mod people;
mod raw;
mod seam;
mod shape;
mod standalone;
#[cfg(test)]
mod tests;

pub use check::{CheckSettings, Term};
pub use error::ManifestError;
pub use guard::{Date, Guard, Waiver, WaiverScope};
pub use loose::{LooseMirror, loose_mirrors};
pub use mirror::Mirror;
pub use moves::Move;
pub use names::Branches;
pub use past::PastManifest;
pub use seam::{Seam, WithheldCommits, Withhold};
pub use shape::Shape;
pub use standalone::{ShellLine, Standalone};

use error::Source;

/// A `sync.toml` as meant: every key known, patterns compiled, names and ids
/// checked, contradictions refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its mirrors, at least one, in the order of the file.
    pub mirrors: Vec<Mirror>,
}

impl Manifest {
    /// Reads a manifest strictly; `file` is what errors call it.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &[u8], file: &str) -> Result<Self, ManifestError> {
        let source = Source::new(text, file)?;
        let raw = raw::strict(source)?;
        Ok(Self { mirrors: mirror::mirrors(source, &raw)? })
    }

    /// The mirror of this name.
    pub fn mirror(&self, name: &str) -> Option<&Mirror> {
        self.mirrors.iter().find(|mirror| mirror.name == name)
    }
}
