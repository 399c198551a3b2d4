// SPDX-License-Identifier: Apache-2.0
//! Whether the words of a text name a private path.
//!
//! Few words are so common as those that directories are called by. What counts is
//! therefore a path that leads somewhere private *now*: from the root, from the
//! folder of the file that says it, or at the end of a longer path.

use std::ops::Range;

use super::tips::{Found, Tips};
use crate::paths::components;

/// A longer run is no path that a person wrote.
const MAX_TOKEN: usize = 4096;

/// How directories and files are called everywhere: a path of nothing else names
/// the layout of any project.
const LAYOUT: &[&[u8]] = &[
    b".cargo",
    b".circleci",
    b".config",
    b".gitattributes",
    b".github",
    b".gitignore",
    b".vscode",
    b"Cargo.lock",
    b"Cargo.toml",
    b"LICENSE",
    b"Makefile",
    b"README",
    b"README.md",
    b"__init__.py",
    b"app",
    b"bench",
    b"benches",
    b"bin",
    b"build",
    b"build.rs",
    b"ci",
    b"ci.yml",
    b"config",
    b"config.toml",
    b"crates",
    b"dist",
    b"doc",
    b"docs",
    b"example",
    b"examples",
    b"include",
    b"index.html",
    b"index.js",
    b"index.ts",
    b"lib",
    b"lib.rs",
    b"main.c",
    b"main.go",
    b"main.py",
    b"main.rs",
    b"main.yml",
    b"mod.rs",
    b"package.json",
    b"packages",
    b"release.yml",
    b"scripts",
    b"settings.json",
    b"setup.py",
    b"source",
    b"spec",
    b"src",
    b"target",
    b"test",
    b"test.yml",
    b"tests",
    b"tools",
    b"util",
    b"utils",
    b"workflows",
];

/// What the first component of an absolute path is on any machine.
const SYSTEM: &[&[u8]] = &[
    b"bin", b"boot", b"dev", b"etc", b"home", b"lib", b"lib64", b"mnt", b"opt", b"proc", b"root",
    b"run", b"sbin", b"srv", b"sys", b"tmp", b"usr", b"var",
];

/// What stands before the path in the address of a file on a forge.
const FORGE: &[&[u8]] = &[b"blame", b"blob", b"commits", b"raw", b"src", b"tree"];

/// The folder of a file, in both repositories.
#[derive(Clone, Copy)]
pub(super) struct Folders<'a> {
    pub(super) private: &'a [u8],
    pub(super) public: &'a [u8],
}

/// A run of bytes that can be a path.
pub(super) struct Token<'t> {
    /// Where it is.
    pub(super) range: Range<usize>,
    parts: Vec<&'t [u8]>,
    start: Start,
    /// Whether `*` follows its last slash.
    is_glob: bool,
}

/// How a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// With a name.
    Name,
    /// With a slash.
    Slash,
    /// With `.` or `..`.
    Dots,
    /// With a variable, which is no part of it any more.
    Variable,
    /// With `https://` and a host.
    Address,
}

impl<'t> Token<'t> {
    /// The path around the component at `at`, which ends in a slash or backslash;
    /// `None` if that is the end of a longer name.
    pub(super) fn around(text: &'t [u8], at: &Range<usize>) -> Option<Self> {
        let separator = text[at.end - 1];
        let is_part = |byte: &u8| *byte == separator || is_name_byte(*byte);
        let before = &text[at.start.saturating_sub(MAX_TOKEN)..at.start];
        if before.last().is_some_and(|&byte| is_name_byte(byte)) && text[at.start] != b'.' {
            return None;
        }
        let start = at.start - before.iter().rev().take_while(|byte| is_part(byte)).count();
        let after = text[at.end..].iter().take(MAX_TOKEN).take_while(|byte| is_part(byte)).count();
        let range = start..at.end + after;
        let token = &text[range.clone()];
        let mut parts: Vec<&[u8]> =
            token.split(|&byte| byte == separator).filter(|part| !part.is_empty()).collect();
        // The end of a sentence is none of a path.
        if let Some(last) = parts.pop_if(|last| !is_dots(last) && last.ends_with(b".")) {
            let end = last.iter().rposition(|&byte| byte != b'.').map_or(0, |at| at + 1);
            parts.push(&last[..end]);
        }
        let before = start.checked_sub(1).map(|before| text[before]);
        let start = match (before, token) {
            (Some(b':'), [b'/', b'/', ..]) => Start::Address,
            (Some(b'}' | b')'), [first, ..]) if *first == separator => Start::Variable,
            (Some(b'$'), _) if !parts.is_empty() => {
                parts.remove(0);
                Start::Variable
            }
            (_, [first, ..]) if *first == separator => Start::Slash,
            _ => match parts.first() {
                Some(&(b"." | b"..")) => Start::Dots,
                Some(_) | None => Start::Name,
            },
        };
        let is_glob = token.last() == Some(&separator) && text.get(range.end) == Some(&b'*');
        Some(Self { range, parts, start, is_glob })
    }

    /// The private path that it names, if it names one; `folders` are those of the
    /// file that says it.
    pub(super) fn private_path(
        &self,
        tips: &Tips<'_>,
        folders: Option<Folders<'_>>,
    ) -> Option<Vec<u8>> {
        let parts = &self.parts[..];
        match self.start {
            Start::Dots => {
                let dots = parts.iter().take_while(|part| is_dots(part)).count();
                match folders {
                    Some(folders) => match relative(tips, parts, folders) {
                        Relative::Public => None,
                        Relative::Private(path) => Some(path),
                        Relative::Nowhere => ending(tips, &parts[dots..], 2),
                    },
                    None => ending(tips, &parts[dots..], 2),
                }
            }
            Start::Slash if parts.first().is_some_and(|first| SYSTEM.contains(first)) => None,
            Start::Name | Start::Slash | Start::Variable => self.named_from_root(tips, folders),
            Start::Address => {
                let on_forge = parts.iter().position(|part| FORGE.contains(part));
                // After `blob` come a ref, which may hold slashes, and the path.
                on_forge
                    .and_then(|at| endings(tips, parts.get(at + 2..)?, 2))
                    .or_else(|| endings(tips, parts.get(1..)?, 3))
            }
        }
    }

    fn named_from_root(&self, tips: &Tips<'_>, folders: Option<Folders<'_>>) -> Option<Vec<u8>> {
        let parts = without_dots(&self.parts, Vec::new())?;
        if parts.is_empty() || tips.is_public(&parts) {
            return None;
        }
        if let Some(folders) = folders {
            // A path within a package is said from the package's folder.
            let folder: Vec<_> = components(folders.private).collect();
            for above in (1..=folder.len()).rev() {
                let path = [&folder[..above], &parts[..]].concat();
                match tips.find(&path) {
                    Some(found) if found.whole && !found.is_private => return None,
                    Some(found) if found.whole && above == folder.len() => {
                        return is_telling(&parts).then(|| path.join(&b'/'));
                    }
                    Some(_) | None => {}
                }
            }
        }
        // Elsewhere `etc/*` is what a package has.
        let of_root = folders.is_some_and(|it| it.public.is_empty() || it.public.starts_with(b"."));
        match tips.find(&parts) {
            Some(found) if found.is_private => {
                let named = found.depth >= 2 || (self.is_glob && parts.len() == 1 && of_root);
                named_by(&parts, found).filter(|_| named)
            }
            // A public path, though it may not be there any more.
            Some(_) => None,
            None => endings(tips, parts.get(1..)?, 2),
        }
    }
}

/// The private directory that a manifest in `folder` names, perhaps with wildcards at
/// its end.
pub(super) fn member(tips: &Tips<'_>, folder: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let parts: Vec<_> = components(path).collect();
    let end = parts.iter().rposition(|part| !part.contains(&b'*'))? + 1;
    let path = without_dots(&parts[..end], components(folder).collect())?;
    let found = tips.find(&path).filter(|found| found.whole && found.is_private);
    found.map(|_| path.join(&b'/'))
}

/// What the target of a link leads to, if that is private: from the folder of the page, or
/// from the root.
pub(super) fn linked(tips: &Tips<'_>, target: &[u8], folders: Folders<'_>) -> Option<Vec<u8>> {
    let parts: Vec<_> = components(target).collect();
    let root = Folders { private: b"", public: b"" };
    match relative(tips, &parts, if target.starts_with(b"/") { root } else { folders }) {
        Relative::Private(path) => Some(path),
        Relative::Public | Relative::Nowhere => None,
    }
}

/// What a path with dots leads to.
enum Relative {
    Public,
    Private(Vec<u8>),
    Nowhere,
}

fn relative(tips: &Tips<'_>, parts: &[&[u8]], folders: Folders<'_>) -> Relative {
    let from = |folder| without_dots(parts, components(folder).collect());
    if from(folders.public).is_some_and(|path| path.is_empty() || tips.is_public(&path)) {
        return Relative::Public;
    }
    let Some(path) = from(folders.private).filter(|path| !path.is_empty()) else {
        return Relative::Nowhere;
    };
    match tips.find(&path) {
        Some(found) if !found.is_private && found.whole => Relative::Public,
        Some(found) if found.is_private && found.whole => Relative::Private(path.join(&b'/')),
        // Into a private directory, if not to something that is there.
        Some(found) if found.is_private => {
            named_by(&path, found).map_or(Relative::Nowhere, Relative::Private)
        }
        Some(_) | None => Relative::Nowhere,
    }
}

/// The private path that the whole of `parts` is, with at least so many components.
fn ending(tips: &Tips<'_>, parts: &[&[u8]], at_least: usize) -> Option<Vec<u8>> {
    let parts = without_dots(parts, Vec::new())?;
    let found = tips.find(&parts).filter(|found| found.whole && found.is_private)?;
    // What begins like any project is another one's, unless more of it is ours.
    let enough = match found.depth {
        2 => at_least == 2 && !LAYOUT.contains(&parts[0]),
        depth => depth >= at_least,
    };
    named_by(&parts, found).filter(|_| enough)
}

/// The private path at the end of a longer one.
fn endings(tips: &Tips<'_>, parts: &[&[u8]], at_least: usize) -> Option<Vec<u8>> {
    (0..parts.len()).find_map(|from| ending(tips, &parts[from..], at_least))
}

/// As much of a path as is there, unless any project has such a path.
fn named_by(parts: &[&[u8]], found: Found) -> Option<Vec<u8>> {
    let named = &parts[..found.depth];
    is_telling(named).then(|| named.join(&b'/'))
}

fn is_telling(parts: &[&[u8]]) -> bool {
    parts.iter().any(|part| !LAYOUT.contains(part))
}

/// The components below a folder, without `.` and `..`; `None` above the root.
fn without_dots<'t>(parts: &[&'t [u8]], mut folder: Vec<&'t [u8]>) -> Option<Vec<&'t [u8]>> {
    for part in parts {
        match *part {
            b"." => {}
            b".." => {
                folder.pop()?;
            }
            name => folder.push(name),
        }
    }
    Some(folder)
}

fn is_dots(part: &[u8]) -> bool {
    matches!(part, b"." | b"..")
}

/// Bytes of names in paths as texts write them. Those of other alphabets are among
/// them.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.+@~%".contains(&byte) || byte >= 0x80
}
