// SPDX-License-Identifier: Apache-2.0
//! Random changes to a tree.
//!
//! Every file name is used once, so that no move makes two paths one; and what is
//! below `cloud` and `secrets` never leaves it, so that it is a leak wherever it
//! turns up.

use fastrand::Rng;
use repo_sync_shared::ObjectId;

use super::words::{NEVER, content, word};
use crate::tree::Tree;

const PUBLIC: [&str; 6] = ["src", "src/deep/er", "docs", "docs/public", "lib", "lib/deep"];
const BETWEEN: [&str; 4] = ["lab", "docs/internal", "docs/drafts", "lib"];
const NEVER_PUBLIC: [&str; 4] = ["cloud", "cloud/bill", "secrets", "Cloud"];

/// Names that were not used yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    count: usize,
    /// Whether files may have private sections.
    sections: bool,
}

impl Names {
    pub(crate) fn new(sections: bool) -> Self {
        Self { sections, ..Self::default() }
    }

    /// A text that most likely is public, perhaps with a section that is not.
    fn text(&self, rng: &mut Rng) -> Vec<u8> {
        let mut text = content(rng, "tok-");
        if self.sections && text.len().is_multiple_of(2) && text.ends_with(b"\n") {
            let at = text.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            let at = if text.len().is_multiple_of(4) { at } else { 0 };
            let section = format!("// repo-sync: private\n{NEVER}here\n// repo-sync: end\n");
            text.splice(at..at, section.into_bytes());
        }
        text
    }

    fn next(&mut self, rng: &mut Rng) -> Vec<u8> {
        self.count += 1;
        let count = self.count;
        match rng.u8(..12) {
            0 => [format!("n{count}-").as_bytes(), b"\xe9\xff.rs"].concat(),
            1 => format!("n{count} \u{fc}\u{1f980}.rs").into_bytes(),
            2 => format!("n{count} \"'$(x).rs").into_bytes(),
            3 => format!("n{count}.key").into_bytes(),
            _ => format!("n{count}.rs").into_bytes(),
        }
    }

    fn path(&mut self, rng: &mut Rng, dirs: &[&str]) -> Vec<u8> {
        let dir = rng.choice(dirs).expect("a list of directories");
        [dir.as_bytes(), b"/", &self.next(rng)].concat()
    }
}

/// A change that a mirror most likely shows.
pub(crate) fn change_public(rng: &mut Rng, names: &mut Names, tree: Tree) -> Tree {
    let known = below(&tree, &["src/", "docs/", "lib/"]);
    let known = rng.choice(known);
    let text = names.text(rng);
    match (rng.u8(..16), known) {
        (0..=3, Some(path)) => tree.file(path, text),
        (4, Some(path)) => tree.delete(path),
        (5, Some(path)) => {
            let to = names.path(rng, &PUBLIC);
            tree.rename(path, to)
        }
        (6, _) => tree.executable(names.path(rng, &PUBLIC), text),
        (7, _) => {
            // In one directory, so that the target is as public as the link.
            tree.symlink([b"src/".to_vec(), names.next(rng)].concat(), "n0.rs")
        }
        (8, _) => {
            let module = ObjectId::from_bytes(std::array::from_fn(|_| rng.u8(..)));
            tree.gitlink(names.path(rng, &PUBLIC), module)
        }
        (9, _) => tree.empty_dir([names.path(rng, &PUBLIC), b".d".to_vec()].concat()),
        (10, _) => tree.blob(names.path(rng, &PUBLIC), "100664", text),
        (11, Some(path)) => swap(rng, names, tree, &path, text),
        (12, _) => {
            let name = ["README.md", "LICENSE", "unlisted.txt"][rng.usize(..3)];
            tree.file(name, text)
        }
        _ => tree.file(names.path(rng, &PUBLIC), text),
    }
}

/// A file becomes a directory, or a directory of its own a file.
fn swap(rng: &mut Rng, names: &mut Names, tree: Tree, path: &[u8], text: Vec<u8>) -> Tree {
    let dir = path.iter().rposition(|&byte| byte == b'/').map(|at| &path[..at]);
    match dir.filter(|dir| dir.ends_with(b".rs")) {
        Some(dir) => tree.file(dir, text),
        None => tree.file([path, b"/", &names.next(rng)].concat(), text),
    }
}

/// A change that no mirror shows, or not yet.
pub(crate) fn change_private(rng: &mut Rng, names: &mut Names, tree: Tree) -> Tree {
    let known = below(&tree, &["cloud/", "secrets/", "Cloud/"]);
    let text = content(rng, NEVER);
    match (rng.u8(..10), rng.choice(known)) {
        (0..=2, Some(path)) => tree.file(path, text),
        (3, Some(path)) => tree.delete(path),
        (4, _) => {
            let name = word(rng, NEVER);
            tree.empty_dir([b"cloud/", name.as_bytes()].concat())
        }
        (5..=6, _) => {
            let text = content(rng, "tok-");
            tree.file(names.path(rng, &BETWEEN), text)
        }
        _ => {
            let dir = rng.choice(NEVER_PUBLIC).expect("a list of directories");
            let path = format!("{dir}/{}", word(rng, NEVER));
            tree.file(path, text)
        }
    }
}

/// A rename between what is public and what is not.
pub(crate) fn cross_the_border(rng: &mut Rng, names: &mut Names, tree: Tree) -> Tree {
    let (from, to): (&[&str], &[&str]) = if rng.bool() {
        (&["lab/", "docs/internal/", "docs/drafts/"], &PUBLIC)
    } else {
        (&["src/", "docs/", "lib/"], &["lab", "docs/internal", "attic"])
    };
    match rng.choice(below(&tree, from)) {
        Some(path) => {
            let to = names.path(rng, to);
            tree.rename(path, to)
        }
        None => change_private(rng, names, tree),
    }
}

fn below(tree: &Tree, dirs: &[&str]) -> Vec<Vec<u8>> {
    let is_below = |path: &&Vec<u8>| dirs.iter().any(|dir| path.starts_with(dir.as_bytes()));
    let plain = |path: &&Vec<u8>| tree.entries()[*path].mode == "100644";
    tree.entries().keys().filter(is_below).filter(plain).cloned().collect()
}
