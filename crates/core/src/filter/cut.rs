// SPDX-License-Identifier: Apache-2.0
//! A private tree with what is private cut out of its bytes.

use std::hash::Hasher as _;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};
use rustc_hash::FxHasher;

use super::last::Last;
use super::states::{StateId, States};
use super::{Done, Filter, FilterError};
use crate::object::{self, EntryKind, Kind, Names, TreeEntry};

/// What a commit may change without touching anything private: they say what is.
const OWN_FILES: [&[u8]; 2] = [b"sync.toml", b"sync.lock"];

/// What becomes of an entry.
struct Cut {
    shown: Shown,
    /// A digest of what is not shown of it; 0 if that is nothing.
    residue: u64,
}

enum Shown {
    Nothing,
    AsItIs,
    /// A directory of which only a part is public.
    Part(PublicTree),
}

impl Filter<'_> {
    /// Cuts out of the bytes of a tree what is private, and hashes the rest. Of a root
    /// tree only what is not as in the one before is read.
    pub(super) fn cut(&mut self, state: StateId, tree: PrivateTree) -> Result<Done, FilterError> {
        let object = self.read(tree)?;
        let data = object.data();
        if data.is_empty() {
            // One that was empty before stays only if its own path is public.
            let kept = self.states.is_public(state);
            let public = kept.then_some(PublicTree::new(ObjectId::EMPTY_TREE));
            return Ok(Done { public, residue: 0 });
        }
        let malformed = |source| FilterError::Malformed { tree, source };
        let is_root = state == States::ROOT;
        let last = if is_root { std::mem::take(&mut self.last) } else { Last::default() };
        let mut next = last.next(data);
        let mut names = Names::default();
        loop {
            next.skip(&mut names);
            let Some(entry) = next.entry() else { break };
            let entry = entry.map_err(malformed)?;
            names.check(&entry).map_err(malformed)?;
            let cut = self.judge(state, &entry)?;
            match cut.shown {
                Shown::Nothing => {}
                Shown::AsItIs => next.keep(entry.raw),
                Shown::Part(public) => {
                    next.keep(&entry.raw[..entry.raw.len() - 20]);
                    next.keep(public.id().as_bytes());
                }
            }
            next.judged(&entry, cut.residue, names.is_settled());
        }
        let done = next.finish();
        let residue = done.residue();
        let public = if done.is_whole() {
            Some(PublicTree::new(tree.id()))
        } else if done.kept().is_empty() {
            None
        } else {
            Some(PublicTree::new(object::hash(Kind::Tree, done.kept())))
        };
        if is_root {
            self.last = done;
        }
        Ok(Done { public, residue })
    }

    /// What becomes of an entry of a directory.
    fn judge(&mut self, state: StateId, entry: &TreeEntry<'_>) -> Result<Cut, FilterError> {
        let child = self.states.child(state, entry.name);
        if entry.kind() != EntryKind::Tree {
            let is_public = self.states.is_public(child);
            let is_own = state == States::ROOT && OWN_FILES.contains(&entry.name);
            let shown = match is_public && !self.states.is_moved(child) {
                true => Shown::AsItIs,
                false => Shown::Nothing,
            };
            let residue = if is_public || is_own { 0 } else { digest(entry.raw, 0) };
            return Ok(Cut { shown, residue });
        }
        let below = PrivateTree::new(entry.id);
        let public = self.tree(child, below)?;
        let residue = match self.done.get(&(child, below)) {
            Some(done) if done.residue != 0 => digest(entry.name, done.residue),
            Some(_) => 0,
            None if public.is_none() => digest(entry.raw, 0),
            None => 0,
        };
        let shown = match public.filter(|_| !self.states.is_moved(child)) {
            None => Shown::Nothing,
            Some(public) if public.id() == entry.id => Shown::AsItIs,
            Some(public) => Shown::Part(public),
        };
        Ok(Cut { shown, residue })
    }
}

/// A digest of what a directory does not show; those of its entries add up.
fn digest(bytes: &[u8], below: u64) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.write_u64(below);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use repo_sync_testing::{History, Repo, Tree};

    use super::*;
    use crate::git::PrivateRepo;
    use crate::manifest::Manifest;

    /// What is remembered of a directory holds only where the same rules are in play.
    #[test]
    fn a_directory_is_cut_by_the_rules_of_its_place() {
        let twins = &["src/a/x", "src/a/y", "src/b/x", "src/b/y"];
        let apart = "include = [\"src\"]\nexclude = [\"src/a/x\", \"src/b/y\"]";
        check(apart, twins, &["src/a/y", "src/b/x"]);
        check("include = [\"src/a/x\", \"src/b/y\"]", twins, &["src/a/x", "src/b/y"]);
        check("include = [\"src/a\", \"src/b/y\"]", twins, &["src/a/x", "src/a/y", "src/b/y"]);
        let deep = "include = [\"*/a/x\", \"*/b/y\"]\nexclude = [\"two/a\", \"one/b\"]";
        let deeper = ["one", "two"].map(|dir| twins.map(|path| path.replace("src", dir)));
        let deeper = deeper.as_flattened().iter().map(String::as_str).collect::<Vec<_>>();
        check(deep, &deeper, &["one/a/x", "two/b/y"]);
    }

    #[track_caller]
    fn check(rules: &str, private: &[&str], public: &[&str]) {
        let manifest = format!("version = 1\n{rules}\n[mirror.public]\n");
        let manifest = Manifest::parse(manifest.as_bytes(), "sync.toml").expect("it is sound");
        let shape = manifest.mirror("public").expect("it names one").shape.clone();
        let (private, root) = with_files(private);
        let repo = PrivateRepo::discover(private.path()).expect("it was just built");
        let objects = repo.objects().expect("it has objects");
        let found = Filter::new(&objects, shape).root(PrivateTree::new(root));
        assert_eq!(found.expect("the trees are sound").id(), with_files(public).1, "{rules}");
    }

    /// A repository with these files, all of them alike, and its root tree.
    fn with_files(paths: &[&str]) -> (Repo, ObjectId) {
        let add = |tree: Tree, path: &&str| tree.file(path, "");
        let repo = History::new().commit("all", |tree| paths.iter().fold(tree, add)).build();
        let root = repo.git(["rev-parse", "main^{tree}"]).parse().expect("git prints an id");
        (repo, root)
    }
}
