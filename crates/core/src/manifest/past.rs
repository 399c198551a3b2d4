// SPDX-License-Identifier: Apache-2.0
//! The manifest of an older commit: only what shapes the image is looked at.
//!
//! What it once said of levels, seams or urls is history, and a mistake in it
//! stops nobody. A key that nobody knows is passed over too, unless it looks like
//! one that shapes the image.

use std::sync::Arc;

use super::error::{ManifestError, Source};
use super::names::Branches;
use super::raw;
use super::shape::{Shape, Shaper};

/// What a manifest says about the images of commits, for each mirror it names.
#[derive(Clone, Debug)]
pub struct PastManifest {
    mirrors: Vec<PastMirror>,
}

#[derive(Clone, Debug)]
struct PastMirror {
    name: String,
    first_branch: Option<String>,
    shape: Arc<Shape>,
}

impl PastManifest {
    /// Reads a manifest leniently; `file` is what errors call it.
    ///
    /// # Errors
    /// Text that is not TOML, another `version`, and mistakes in the keys that
    /// shape the image or in what looks like one of them.
    pub fn parse(text: &[u8], file: &str) -> Result<Self, ManifestError> {
        let source = Source::new(text, file)?;
        let (raw, mut first_branches) = raw::lenient(source)?;
        let shaper = Shaper::new(source, &raw)?;
        let mirror = |(name, mirror): (&raw::Text, &raw::RawMirror)| {
            let name = name.get_ref().clone();
            let first_branch =
                first_branches.remove(&name).unwrap_or_else(|| Some(Branches::default().first));
            Ok(PastMirror { first_branch, shape: shaper.shape(mirror)?, name })
        };
        let mirrors = raw.mirrors_in_order().map(mirror).collect::<Result<_, _>>()?;
        Ok(Self { mirrors })
    }

    /// The names of its mirrors, in the order of the file.
    pub fn mirror_names(&self) -> impl Iterator<Item = &str> {
        self.mirrors.iter().map(|mirror| mirror.name.as_str())
    }

    /// What shapes the image for the mirror `name`, or for the first of the names
    /// in `was` that this manifest knows; `None` if it knows neither.
    pub fn shape(&self, name: &str, was: &[String]) -> Option<&Arc<Shape>> {
        self.mirror(name, was).map(|mirror| &mirror.shape)
    }

    /// The first of the branches of that mirror: where its policy tip is.
    ///
    /// `None` if the manifest knows no such mirror, or what it says of `branches`
    /// does not begin with a text.
    pub fn first_branch(&self, name: &str, was: &[String]) -> Option<&str> {
        self.mirror(name, was).and_then(|mirror| mirror.first_branch.as_deref())
    }

    fn mirror(&self, name: &str, was: &[String]) -> Option<&PastMirror> {
        let named = |name: &str| self.mirrors.iter().find(|mirror| mirror.name == name);
        named(name).or_else(|| was.iter().find_map(|was| named(was)))
    }
}
