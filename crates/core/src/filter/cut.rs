// SPDX-License-Identifier: Apache-2.0
//! A private tree with what is private cut out of its bytes.

use std::hash::Hasher as _;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};
use rustc_hash::FxHasher;

use super::states::{StateId, States};
use super::{Done, Filter, FilterError};
use crate::object::{self, EntryKind, Kind, Names, TreeEntry, tree_entries};

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
    /// Cuts out of the bytes of a tree what is private, and hashes the rest.
    pub(super) fn cut(&mut self, state: StateId, tree: PrivateTree) -> Result<Done, FilterError> {
        if state == States::ROOT {
            return self.cut_root(tree);
        }
        let object = self.open(tree)?;
        let data = object.data();
        if data.is_empty() {
            return Ok(self.cut_empty(state));
        }
        let mut kept = Kept::new(data);
        let mut residue = 0_u64;
        let mut end = 0;
        for entry in tree_entries(data) {
            let entry = entry.map_err(|source| FilterError::Malformed { tree, source })?;
            let start = end;
            end += entry.raw.len();
            let cut = self.judge(state, &entry)?;
            residue = residue.wrapping_add(cut.residue);
            match cut.shown {
                Shown::Nothing => kept.cut(start, end),
                Shown::AsItIs => {}
                Shown::Part(public) => kept.replace(end - 20, end, public.id().as_bytes()),
            }
        }
        let public = match kept.finish() {
            None => Some(PublicTree::new(tree.id())),
            Some([]) => None,
            Some(bytes) => Some(PublicTree::new(object::hash(Kind::Tree, bytes))),
        };
        Ok(Done { public, residue })
    }

    /// The same for a root tree, by what is not as in the one before.
    fn cut_root(&mut self, tree: PrivateTree) -> Result<Done, FilterError> {
        let object = self.read(tree)?;
        let data = object.data();
        if data.is_empty() {
            return Ok(self.cut_empty(States::ROOT));
        }
        let malformed = |source| FilterError::Malformed { tree, source };
        let mut next = std::mem::take(&mut self.last).next(data);
        let mut names = Names::default();
        loop {
            next.skip(&mut names);
            let Some(entry) = next.entry() else { break };
            let entry = entry.map_err(malformed)?;
            names.check(&entry).map_err(malformed)?;
            let cut = self.judge(States::ROOT, &entry)?;
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
        let last = next.finish();
        let residue = last.residue();
        let public = if last.is_whole() {
            Some(PublicTree::new(tree.id()))
        } else if last.kept().is_empty() {
            None
        } else {
            Some(PublicTree::new(object::hash(Kind::Tree, last.kept())))
        };
        self.last = last;
        Ok(Done { public, residue })
    }

    /// A directory that was empty before stays only if its own path is public.
    fn cut_empty(&self, state: StateId) -> Done {
        let kept = self.states.is_public(state);
        Done { public: kept.then_some(PublicTree::new(ObjectId::EMPTY_TREE)), residue: 0 }
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

/// The bytes of a tree while pieces of it are cut out or replaced. Nothing is
/// copied until the first difference.
struct Kept<'d> {
    data: &'d [u8],
    out: Vec<u8>,
    /// Up to here `data` is dealt with.
    done: usize,
}

impl<'d> Kept<'d> {
    fn new(data: &'d [u8]) -> Self {
        Self { data, out: Vec::new(), done: 0 }
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.replace(from, to, &[]);
    }

    fn replace(&mut self, from: usize, to: usize, with: &[u8]) {
        if self.out.capacity() == 0 {
            self.out.reserve(self.data.len());
        }
        self.out.extend_from_slice(&self.data[self.done..from]);
        self.out.extend_from_slice(with);
        self.done = to;
    }

    /// The new bytes, or `None` if nothing was changed.
    fn finish(&mut self) -> Option<&[u8]> {
        if self.done == 0 {
            return None;
        }
        self.out.extend_from_slice(&self.data[self.done..]);
        Some(&self.out)
    }
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
