// SPDX-License-Identifier: Apache-2.0
//! A private directory, reduced to what a walk over all of them has to know: the
//! directories in it, the manifests of packages, and whether any file is public or
//! private.
//!
//! That hangs on the tree and on the rules in play there, and on nothing else.

use repo_sync_shared::ObjectId;

use super::packages::is_manifest;
use crate::object::{EntryKind, tree_entries};
use crate::paths::{PathRules, Position, Reach};

/// What is in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sketch {
    /// Whether a file, link or gitlink in it is public.
    pub(super) public: bool,
    /// Whether one is private.
    pub(super) private: bool,
    /// The directories in it.
    pub(super) directories: Vec<(Vec<u8>, ObjectId)>,
    /// The manifests of packages in it.
    pub(super) manifests: Vec<Manifest>,
}

/// A file in which a package may say what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) name: Vec<u8>,
    pub(super) file: ObjectId,
    pub(super) is_public: bool,
}

impl Sketch {
    /// The directory of these bytes, in which the rules stand at `position`. Entries that
    /// cannot be read are not there.
    pub(super) fn of(tree: &[u8], rules: &PathRules, position: &Position) -> Self {
        let mut this = Self::default();
        for entry in tree_entries(tree).flatten() {
            let is_file = match entry.kind() {
                EntryKind::Tree => {
                    this.directories.push((entry.name.to_vec(), entry.id));
                    continue;
                }
                EntryKind::Blob | EntryKind::Executable => true,
                EntryKind::Symlink | EntryKind::Gitlink => false,
            };
            let is_manifest = is_file && is_manifest(entry.name);
            if this.public && this.private && !is_manifest {
                continue;
            }
            let is_public = match position.reach() {
                Reach::Public => true,
                Reach::Private => false,
                Reach::Mixed => position.descend(rules, entry.name).is_public(),
            };
            this.public |= is_public;
            this.private |= !is_public;
            if is_manifest {
                let (name, file) = (entry.name.to_vec(), entry.id);
                this.manifests.push(Manifest { name, file, is_public });
            }
        }
        this
    }

    /// Whether files are public, 1, and private, 2; then for each directory and manifest
    /// what it is, its id, its name and a zero.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = vec![u8::from(self.public) | u8::from(self.private) << 1];
        let mut put = |what: u8, id: ObjectId, name: &[u8]| {
            out.extend([&[what], &id.as_bytes()[..], name, &[0]].concat());
        };
        for (name, id) in &self.directories {
            put(DIRECTORY, *id, name);
        }
        for Manifest { name, file, is_public } in &self.manifests {
            put(if *is_public { PUBLIC } else { PRIVATE }, *file, name);
        }
        out
    }

    /// The sketch of these bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&flags, mut rest) = bytes.split_first()?;
        let mut this = Self { public: flags & 1 != 0, private: flags & 2 != 0, ..Self::default() };
        while let Some((&what, after)) = rest.split_first() {
            let (id, after) = after.split_first_chunk()?;
            let (id, end) = (ObjectId::from_bytes(*id), after.iter().position(|&byte| byte == 0)?);
            let name = after[..end].to_vec();
            rest = &after[end + 1..];
            match what {
                DIRECTORY => this.directories.push((name, id)),
                PUBLIC | PRIVATE => {
                    this.manifests.push(Manifest { name, file: id, is_public: what == PUBLIC });
                }
                _ => return None,
            }
        }
        Some(this)
    }
}

/// What the bytes of a sketch name.
const DIRECTORY: u8 = 0;
const PUBLIC: u8 = 1;
const PRIVATE: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::append_entry;
    use crate::paths::{Origin, Pattern, Rule};

    fn rules(include: &str, exclude: &str) -> PathRules {
        let rule = |text| Rule {
            pattern: Pattern::parse(text).expect("the row holds a pattern"),
            origin: Origin::BuiltIn,
        };
        PathRules::new(vec![rule(include)], vec![rule(exclude)], Vec::new())
    }

    /// The sketch of a directory of the root, `modes` and names in a line, as text.
    #[track_caller]
    fn check(entries: &str, expected: &str) {
        let mut tree = Vec::new();
        for entry in entries.split_whitespace() {
            let (mode, name) = entry.split_once(':').expect("a mode and a name");
            append_entry(&mut tree, mode.as_bytes(), name.as_bytes(), ObjectId::EMPTY_TREE);
        }
        let rules = rules("src", "**/private-*");
        let position = Position::root(&rules).descend(&rules, b"src");
        let sketch = Sketch::of(&tree, &rules, &position);
        let bytes = sketch.bytes();
        assert_eq!(Sketch::read(&bytes), Some(sketch.clone()), "{entries}");
        for end in 0..bytes.len() {
            assert_ne!(Sketch::read(&bytes[..end]), Some(sketch.clone()), "{end} bytes");
        }
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let Sketch { public, private, directories, manifests } = sketch;
        let directories = directories.iter().map(|(name, _)| format!(" {}/", text(name)));
        let manifests = manifests.iter().map(|it| {
            let sort = if it.is_public { "public" } else { "private" };
            format!(" {sort} {}", text(&it.name))
        });
        let names: String = directories.chain(manifests).collect();
        assert_eq!(format!("{} {}{names}", u8::from(public), u8::from(private)), expected);
    }

    #[test]
    fn a_directory_is_reduced_to_what_is_asked_of_it() {
        check("", "0 0");
        check("100644:a 100644:b", "1 0");
        check("100644:private-a", "0 1");
        check("100755:a 40000:d 120000:private-l 40000:private-d", "1 1 d/ private-d/");
        check("160000:private-g", "0 1");
        check("40000:Cargo.toml 120000:go.mod", "1 0 Cargo.toml/");
        check("100644:Cargo.toml 100644:package.json", "1 0 public Cargo.toml public package.json");
        check("100644:a 100644:private-a 100755:go.mod", "1 1 public go.mod");
    }
}
