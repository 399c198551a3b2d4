// SPDX-License-Identifier: Apache-2.0
//! A private tree with what is private cut out of its bytes.

use std::borrow::Cow;
use std::hash::Hasher as _;
use std::rc::Rc;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};
use rustc_hash::FxHasher;

use super::sheet::{Cut, Sheet, Shown};
use super::states::{StateId, States};
use super::{Done, Filter, FilterError};
use crate::object::{self, EntryKind, Kind, Outline, Run, TreeEntry};
use crate::paths::Reach;

/// What a commit may change without touching anything private: they say what is.
const OWN_FILES: [&[u8]; 2] = [b"sync.toml", b"sync.lock"];

impl Filter<'_> {
    /// Cuts out of the bytes of a tree what is private, and hashes the rest.
    pub(super) fn cut(&mut self, state: StateId, tree: PrivateTree) -> Result<Done, FilterError> {
        let sheet = self.sheet(state, tree)?;
        if sheet.outline().is_empty() {
            // One that was empty before stays only if its own path is public.
            let kept = self.states.is_public(state);
            let public = kept.then_some(PublicTree::new(ObjectId::EMPTY_TREE));
            return Ok(Done { public, residue: 0, suspect: false });
        }
        let public = match sheet.public() {
            Cow::Borrowed(_) => Some(PublicTree::new(tree.id())),
            Cow::Owned(kept) if kept.is_empty() => None,
            Cow::Owned(kept) => Some(PublicTree::new(object::hash(Kind::Tree, &kept))),
        };
        let residues = sheet.cuts().iter().map(|cut| cut.residue);
        let residue = residues.fold(0, u64::wrapping_add);
        // What lies below was not looked at where no rule splits anything.
        let is_whole = self.states.reach(state) == Reach::Public;
        let suspect = sheet.cuts().iter().any(|cut| cut.suspect)
            || is_whole && self.states.may_meet_floor(state);
        Ok(Done { public, residue, suspect })
    }

    /// Reads a directory, and judges those of its entries that were not judged in the one
    /// that it is likely to be like.
    ///
    /// # Errors
    /// It cannot be read, or is malformed; so for what has to be opened below.
    pub(super) fn sheet(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<Rc<Sheet>, FilterError> {
        if let Some(sheet) = self.recent.get(state, tree) {
            return Ok(sheet);
        }
        let object = self.read(tree)?;
        let near = self.recent.near(state);
        let (outline, runs) =
            Outline::read(object.data(), near.as_ref().map(|near| near.outline()))
                .map_err(|source| FilterError::Malformed { tree, source })?;
        let mut cuts = match self.states.reach(state) {
            Reach::Public if !self.transforms() => Vec::new(),
            Reach::Public | Reach::Mixed => self.cuts(state, &outline, near.as_deref(), &runs)?,
            Reach::Private => Vec::new(),
        };
        if self.edits_workspaces() {
            self.edit_workspace((state, tree), &outline, &mut cuts)?;
        }
        let sheet = Rc::new(Sheet::new(tree, state, outline, cuts));
        if let Some(near) = near.filter(|near| self.steps_from == Some((state, near.tree))) {
            self.memo.steps.add(&near, &sheet, &sheet.shown_alike(&near, runs));
        }
        self.recent.put(sheet.clone());
        Ok(sheet)
    }

    /// What has to be cut; of the `runs` it is known from `near`.
    fn cuts(
        &mut self,
        state: StateId,
        outline: &Outline,
        near: Option<&Sheet>,
        runs: &[Run],
    ) -> Result<Vec<Cut>, FilterError> {
        let mut cuts = Vec::with_capacity(near.map_or(0, |near| near.cuts().len() + 1));
        let mut done = 0;
        for run in runs.iter().chain([&Run { here: outline.len(), there: 0, len: 0 }]) {
            for number in done..run.here {
                let Some(entry) = outline.entry(number) else { break };
                if let Some(near) = near.filter(|_| entry.kind() == EntryKind::Tree) {
                    self.expect_like_twin(state, near, entry.name);
                }
                cuts.extend(self.judge(state, number, &entry)?);
            }
            let known = near.map_or(&[][..], |near| near.cuts_of(run.there..run.there + run.len));
            let here = |cut: &Cut| Cut { entry: cut.entry - run.there + run.here, ..*cut };
            cuts.extend(known.iter().map(here));
            done = run.here + run.len;
        }
        Ok(cuts)
    }

    /// The directory of this name is likely to be nearly the same as the one that `near` has
    /// under it, if that was read a short while ago.
    fn expect_like_twin(&mut self, state: StateId, near: &Sheet, name: &[u8]) {
        let outline = near.outline();
        let twin = outline.find(name, true).and_then(|number| outline.entry(number));
        let Some(twin) = twin else { return };
        let below = match self.states.reach(state) {
            Reach::Public | Reach::Private => state,
            Reach::Mixed => self.states.child(state, name),
        };
        if let Some(sheet) = self.recent.get(below, PrivateTree::new(twin.id)) {
            self.recent.expect_like(sheet);
        }
    }

    /// What becomes of an entry of a directory; `None` if it is simply shown.
    fn judge(
        &mut self,
        state: StateId,
        number: usize,
        entry: &TreeEntry<'_>,
    ) -> Result<Option<Cut>, FilterError> {
        if self.states.reach(state) == Reach::Public {
            return self.judge_whole(state, number, entry);
        }
        let child = self.states.child(state, entry.name);
        let is_moved = self.states.is_moved(child);
        let is_alias = self.states.is_alias(child);
        let cut = if entry.kind() == EntryKind::Tree {
            let below = PrivateTree::new(entry.id);
            let public = self.tree(child, below)?;
            let done = self.done(child, below);
            let residue = match done {
                Some(done) if done.residue != 0 => digest(entry.name, done.residue),
                Some(_) => 0,
                None if public.is_none() => digest(entry.raw, 0),
                None => 0,
            };
            let below_is =
                done.map_or_else(|| self.states.may_meet_floor(child), |done| done.suspect);
            let shown = match public.filter(|_| !is_moved) {
                None => Shown::Nothing,
                Some(public) if public.id() == entry.id => Shown::AsItIs,
                Some(public) => Shown::Part(public),
            };
            Cut { entry: number, shown, residue, suspect: is_alias || below_is }
        } else {
            let is_public = self.states.is_public(child);
            let is_own = state == States::ROOT && OWN_FILES.contains(&entry.name);
            let shown = if is_public && !is_moved { self.file(entry)? } else { Shown::Nothing };
            let residue = if is_public || is_own { 0 } else { digest(entry.raw, 0) };
            Cut { entry: number, shown, residue, suspect: is_alias }
        };
        let matters = cut.shown != Shown::AsItIs || cut.residue != 0 || cut.suspect;
        Ok(matters.then_some(cut))
    }

    /// The same in a directory where all is public, which is opened for its files only.
    fn judge_whole(
        &mut self,
        state: StateId,
        number: usize,
        entry: &TreeEntry<'_>,
    ) -> Result<Option<Cut>, FilterError> {
        let shown = match entry.kind() {
            EntryKind::Tree => match self.tree(state, PrivateTree::new(entry.id))? {
                Some(public) if public.id() != entry.id => Shown::Part(public),
                Some(_) | None => Shown::AsItIs,
            },
            _ => self.file(entry)?,
        };
        let cut = Cut { entry: number, shown, residue: 0, suspect: false };
        Ok((shown != Shown::AsItIs).then_some(cut))
    }

    /// What is shown of a public file.
    fn file(&mut self, entry: &TreeEntry<'_>) -> Result<Shown, FilterError> {
        let public = self.stripped(entry.id, entry.kind())?;
        Ok(if public == entry.id { Shown::AsItIs } else { Shown::Made(public) })
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
    use std::sync::Arc;

    use repo_sync_testing::{History, Repo, Tree};

    use super::super::test_trees::{generated, shape};
    use super::*;
    use crate::atlas::Atlas;
    use crate::git::PrivateRepo;
    use crate::manifest::Manifest;

    /// Whatever came before, a tree is seen as if it came first: sound or not.
    #[test]
    fn a_tree_is_filtered_alike_whatever_came_before() {
        let dir = tempfile::tempdir().expect("there is room");
        let trees = generated(dir.path());
        let private = PrivateRepo::discover(dir.path()).expect("it was just made");
        let objects = private.objects().expect("it was just made");
        let shape = shape();
        let mut busy = Filter::new(&objects, shape.clone());
        let mut sound = 0;
        for tree in trees {
            let see = |filter: &mut Filter<'_>| {
                let public = filter.root(tree).map_err(|err| format!("{err:?}"))?;
                Ok::<_, String>((public, filter.residue(tree).expect("it was filtered")))
            };
            let alone = see(&mut Filter::new(&objects, shape.clone()));
            assert_eq!(see(&mut busy), alone, "{tree}");
            sound += usize::from(alone.is_ok());
        }
        assert!((200..1_400).contains(&sound), "{sound}");
    }

    /// Who goes by what an earlier run found out comes to the same.
    #[test]
    fn a_tree_is_filtered_alike_whatever_is_remembered() {
        let dir = tempfile::tempdir().expect("there is room");
        let trees = generated(dir.path());
        let private = PrivateRepo::discover(dir.path()).expect("it was just made");
        let objects = private.objects().expect("it was just made");
        let shape = shape();
        let mut remembered = 0;
        for trees in trees.chunks(4) {
            let mut before = Filter::new(&objects, shape.clone());
            let _ = before.root(trees[0]);
            let atlas = Arc::new(Atlas::of(before.directories(), &shape));
            for &tree in trees {
                let mut see = |atlas: Option<&Arc<Atlas>>| {
                    let mut filter = Filter::new(&objects, shape.clone());
                    filter.go_by(atlas.cloned());
                    let public = filter.root(tree).map_err(|err| format!("{err:?}"))?;
                    let aliases = filter.aliases(tree).map_err(|err| format!("{err:?}"))?;
                    let done = filter.memo.done.keys().copied().collect::<Vec<_>>();
                    let known = done
                        .into_iter()
                        .filter(|&(state, tree)| filter.remembered(state, tree).is_some());
                    remembered += known.count();
                    Ok::<_, String>((
                        public,
                        filter.residue(tree).expect("it was filtered"),
                        aliases,
                    ))
                };
                assert_eq!(see(Some(&atlas)), see(None), "{tree}");
            }
        }
        assert!(remembered > 400, "{remembered}");
    }

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

    /// In the run itself, and in a later one that goes by what it found out.
    #[track_caller]
    fn check(rules: &str, private: &[&str], public: &[&str]) {
        let manifest = format!("version = 1\n{rules}\n[mirror.public]\n");
        let manifest = Manifest::parse(manifest.as_bytes(), "sync.toml").expect("it is sound");
        let shape = manifest.mirror("public").expect("it names one").shape.clone();
        let (private, root) = with_files(private);
        let repo = PrivateRepo::discover(private.path()).expect("it was just built");
        let objects = repo.objects().expect("it has objects");
        let root = PrivateTree::new(root);
        let mut atlas = None;
        for _ in 0..2 {
            let mut filter = Filter::new(&objects, shape.clone());
            filter.go_by(atlas.take());
            let found = filter.root(root).expect("the trees are sound");
            assert_eq!(found.id(), with_files(public).1, "{rules}");
            filter.memo.done.remove(&(States::ROOT, root));
            atlas = Some(Arc::new(Atlas::of(filter.directories(), &shape)));
        }
    }

    /// A repository with these files, all of them alike, and its root tree.
    fn with_files(paths: &[&str]) -> (Repo, ObjectId) {
        let add = |tree: Tree, path: &&str| tree.file(path, "");
        let repo = History::new().commit("all", |tree| paths.iter().fold(tree, add)).build();
        let root = repo.git(["rev-parse", "main^{tree}"]).parse().expect("git prints an id");
        (repo, root)
    }
}
