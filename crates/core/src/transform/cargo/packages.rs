// SPDX-License-Identifier: Apache-2.0
//! The public packages of a workspace: its members, and what these reach by paths.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{Package, Place, Workspace, matches, parse};
use super::{CargoError, Manifests};

/// The public packages of a workspace.
pub(super) struct Packages {
    pub(super) workspace: Workspace,
    /// By their directories.
    pub(super) all: BTreeMap<String, Package>,
    /// Those that are members because the workspace says so.
    pub(super) members: BTreeSet<String>,
    /// Whether a member lies elsewhere: what it uses of the workspace nobody can see.
    pub(super) goes_outside: bool,
}

impl Packages {
    /// Reads the manifests that matter.
    ///
    /// # Errors
    /// One of them is no TOML.
    pub(super) fn read(manifests: &Manifests) -> Result<Self, CargoError> {
        let root = manifests.get("").map_or(&b""[..], Vec::as_slice);
        let root = parse("", root)?;
        let workspace = Workspace::read(root.as_table());
        let mut this = Self {
            all: BTreeMap::new(),
            members: BTreeSet::from([String::new()]),
            goes_outside: false,
            workspace,
        };
        for pattern in &this.workspace.members {
            match matches(manifests, pattern) {
                Some(found) => this.members.extend(found),
                None => this.goes_outside = true,
            }
        }
        this.members.retain(|member| member.is_empty() || !this.workspace.excludes(member));
        let patches = &this.workspace.patches;
        let patches = patches.iter().filter_map(|patch| patch.place(manifests, ""));
        let mut open: Vec<String> = this.members.iter().cloned().collect();
        open.extend(patches.filter_map(Place::public));
        while let Some(directory) = open.pop() {
            let Some(text) = manifests.get(&directory) else { continue };
            if this.all.contains_key(&directory) {
                continue;
            }
            let read = parse(&directory, text)?;
            let Some(package) = Package::read(read.as_table(), &this.workspace) else { continue };
            let places = package.dependencies.iter();
            let places =
                places.filter_map(|one| this.workspace.place_of(manifests, &directory, one));
            open.extend(places.filter_map(Place::public));
            this.all.insert(directory, package);
        }
        Ok(this)
    }

    /// Whether a public package takes this dependency from the workspace.
    pub(super) fn inherits(&self, key: &str) -> bool {
        let all = self.all.values().flat_map(|package| &package.dependencies);
        self.goes_outside || all.into_iter().any(|one| one.inherits && one.key == key)
    }
}

impl Place {
    fn public(self) -> Option<String> {
        match self {
            Self::Public(directory) => Some(directory),
            Self::Private | Self::Outside => None,
        }
    }
}
