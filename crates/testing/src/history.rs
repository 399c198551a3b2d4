// SPDX-License-Identifier: Apache-2.0
//! A private repository in a few lines.
//!
//! [`History`] has one author and a clock that ticks a second per commit: the same
//! calls give the same ids on every machine. Everything is made in memory and
//! stored at once by [`History::build`].

use std::collections::{BTreeMap, HashMap, HashSet};

use repo_sync_shared::ObjectId;

use crate::git::Git;
use crate::objects::{Kind, Objects};
use crate::oracle::Store;
use crate::repo::Repo;
use crate::text::{CommitText, EPOCH, TagText};
use crate::tree::Tree;

/// Commits, branches and tags to be.
///
/// A commit goes on the current branch, `main` at first, and is found again by its
/// message. Where a commit is asked for, it is named by a branch, a tag, or such a
/// label, in this order.
#[derive(Clone, Debug)]
pub struct History {
    objects: Objects,
    commits: HashMap<ObjectId, Made>,
    ids: BTreeMap<String, ObjectId>,
    refs: BTreeMap<String, ObjectId>,
    current: String,
    clock: u64,
}

#[derive(Clone, Debug)]
struct Made {
    parents: Vec<ObjectId>,
    tree: Tree,
    order: u64,
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// Nothing yet, on the branch `main`.
    pub fn new() -> Self {
        Self {
            objects: Objects::default(),
            commits: HashMap::new(),
            ids: BTreeMap::new(),
            refs: BTreeMap::new(),
            current: "main".to_owned(),
            clock: EPOCH,
        }
    }

    /// What the repository that `git` runs in holds, to go on from: each commit is found
    /// by its full id. The clock goes on with the number of commits.
    pub(crate) fn read(git: &Git) -> Self {
        let store = Store::read(git);
        let mut history = Self::new();
        let listed = git.run(["rev-list", "--all", "--topo-order", "--reverse"]);
        for line in listed.lines() {
            let id: ObjectId = line.parse().expect("git lists full ids");
            let commit = store.commit(id);
            history.clock += 1;
            let tree = Tree::of(store.leaves(commit.tree));
            let made = Made { parents: commit.parents, tree, order: history.clock };
            history.commits.insert(id, made);
            history.ids.insert(line.to_owned(), id);
        }
        let refs = git.run(["for-each-ref", "--format=%(objectname) %(refname)"]);
        for line in refs.lines() {
            let (id, name) = line.split_once(' ').expect("the format has a space");
            history.set_ref(name, id.parse().expect("git lists full ids"));
        }
        history
    }

    /// A commit on the current branch, with its first parent's tree as `edit`
    /// leaves it.
    #[must_use]
    pub fn commit(self, text: impl Into<CommitText>, edit: impl FnOnce(Tree) -> Tree) -> Self {
        self.merge(text, [], edit)
    }

    /// A commit that changes nothing.
    #[must_use]
    pub fn empty(self, text: impl Into<CommitText>) -> Self {
        self.commit(text, |tree| tree)
    }

    /// A commit on the current branch whose further parents are `others`. What they
    /// changed is merged in, then comes `edit`.
    #[must_use]
    pub fn merge<const N: usize>(
        mut self,
        text: impl Into<CommitText>,
        others: [&str; N],
        edit: impl FnOnce(Tree) -> Tree,
    ) -> Self {
        let first = self.refs.get(&branch_ref(&self.current)).copied();
        let mut tree = first.map_or_else(Tree::default, |id| self.commits[&id].tree.clone());
        let mut parents: Vec<_> = first.into_iter().collect();
        for other in others {
            let other = self.find(other);
            tree = match first {
                Some(first) => self.merged(tree, first, other),
                None => tree.merge(&Tree::default(), self.tree_of(other)),
            };
            parents.push(other);
        }
        let id = self.add(text, &parents, edit(tree));
        self.refs.insert(branch_ref(&self.current), id);
        self
    }

    /// Goes on with a branch; a new one begins at the current tip.
    #[must_use]
    pub fn on(mut self, branch: &str) -> Self {
        if let Some(&tip) = self.refs.get(&branch_ref(&self.current)) {
            self.refs.entry(branch_ref(branch)).or_insert(tip);
        }
        self.current = branch.to_owned();
        self
    }

    /// Goes on with a new branch that begins at `at`.
    #[must_use]
    pub fn branch(mut self, branch: &str, at: &str) -> Self {
        self.refs.insert(branch_ref(branch), self.find(at));
        self.current = branch.to_owned();
        self
    }

    /// Goes on with a new branch that has no commit yet, so that the next one is a
    /// root.
    #[must_use]
    pub fn orphan(mut self, branch: &str) -> Self {
        self.refs.remove(&branch_ref(branch));
        self.current = branch.to_owned();
        self
    }

    /// Forgets a branch, not its commits.
    #[must_use]
    pub fn delete_branch(mut self, branch: &str) -> Self {
        self.refs.remove(&branch_ref(branch));
        self
    }

    /// A lightweight tag on the current tip.
    #[must_use]
    pub fn tag(self, name: &str) -> Self {
        let current = self.current.clone();
        self.tag_at(name, &current)
    }

    /// A lightweight tag on `at`.
    #[must_use]
    pub fn tag_at(mut self, name: &str, at: &str) -> Self {
        let target = self.find(at);
        self.set_ref(&tag_ref(name), target);
        self
    }

    /// An annotated tag on `at`, which may be a tag.
    #[must_use]
    pub fn annotate(mut self, name: &str, at: &str, text: impl Into<TagText>) -> Self {
        let target = self.find(at);
        self.tag_object(name, target, &text.into());
        self
    }

    /// A ref of any name to any object.
    #[must_use]
    pub fn any_ref(mut self, name: &str, id: ObjectId) -> Self {
        self.set_ref(name, id);
        self
    }

    /// Stores an object of any bytes and gives its id.
    pub fn object(&mut self, kind: Kind, bytes: impl Into<Vec<u8>>) -> ObjectId {
        self.objects.put(kind, bytes.into())
    }

    /// A commit with exactly these parents and this tree, on no branch.
    pub fn add(
        &mut self,
        text: impl Into<CommitText>,
        parents: &[ObjectId],
        mut tree: Tree,
    ) -> ObjectId {
        let text = text.into();
        self.clock += 1;
        let root = tree.write(&mut self.objects);
        let id = self.objects.put(Kind::Commit, text.object(root, parents, self.clock));
        self.ids.insert(text.label, id);
        let made = Made { parents: parents.to_vec(), tree, order: self.clock };
        self.commits.insert(id, made);
        id
    }

    /// Stores an annotated tag of any object, with its ref.
    pub fn tag_object(&mut self, name: &str, target: ObjectId, text: &TagText) -> ObjectId {
        let kind = self.objects.kind(target).expect("a tag's target was made here").name();
        let tag = self.objects.put(Kind::Tag, text.object(name, target, kind, self.clock));
        self.set_ref(&tag_ref(name), tag);
        tag
    }

    /// Points a ref at an object.
    pub fn set_ref(&mut self, name: &str, id: ObjectId) {
        self.refs.insert(name.to_owned(), id);
    }

    /// The content of a commit that was made here.
    pub fn tree_of(&self, commit: ObjectId) -> &Tree {
        &self.commits[&commit].tree
    }

    /// The parents of a commit that was made here.
    pub fn parents_of(&self, commit: ObjectId) -> &[ObjectId] {
        &self.commits[&commit].parents
    }

    /// The commit and everything before it.
    pub fn ancestors(&self, commit: ObjectId) -> HashSet<ObjectId> {
        let mut seen = HashSet::new();
        let mut todo = vec![commit];
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                todo.extend(&self.commits[&id].parents);
            }
        }
        seen
    }

    /// The object that a branch, tag or label names.
    #[track_caller]
    pub fn find(&self, name: &str) -> ObjectId {
        let found = [branch_ref(name), tag_ref(name)].iter().find_map(|name| self.refs.get(name));
        let found = found.or_else(|| self.ids.get(name));
        *found.unwrap_or_else(|| panic!("no branch, tag or commit `{name}` was made"))
    }

    /// `tree`, a successor of what `one` holds, with what `other` changed since the
    /// newest commit that both descend from.
    pub(crate) fn merged(&self, tree: Tree, one: ObjectId, other: ObjectId) -> Tree {
        match self.newest_common_ancestor(one, other) {
            Some(base) => tree.merge(self.tree_of(base), self.tree_of(other)),
            None => tree.merge(&Tree::default(), self.tree_of(other)),
        }
    }

    /// Everything as a repository with a worktree that is not checked out.
    pub fn build(self) -> Repo {
        Repo::create(self, false)
    }

    /// Everything as a bare repository.
    pub fn build_bare(self) -> Repo {
        Repo::create(self, true)
    }

    /// Stores what is new and sets all refs, in the repository that `git` runs in.
    pub(crate) fn store(&mut self, git: &Git) {
        self.objects.write(git);
        let updates: String =
            self.refs.iter().map(|(name, id)| format!("update {name} {id}\n")).collect();
        git.input(["update-ref", "--no-deref", "--stdin"], updates.as_bytes());
    }

    pub(crate) fn ids(&self) -> &BTreeMap<String, ObjectId> {
        &self.ids
    }

    fn newest_common_ancestor(&self, one: ObjectId, other: ObjectId) -> Option<ObjectId> {
        let ancestors = self.ancestors(one);
        let common = self.ancestors(other).into_iter().filter(|id| ancestors.contains(id));
        common.max_by_key(|id| self.commits[id].order)
    }
}

fn branch_ref(name: &str) -> String {
    format!("refs/heads/{name}")
}

fn tag_ref(name: &str) -> String {
    format!("refs/tags/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SIGNATURE;

    #[test]
    fn git_accepts_whatever_a_test_can_say() {
        let repo = everything().build();
        repo.git(["fsck", "--full", "--no-dangling"]);
        let listed = repo.git(["ls-tree", "-r", "-t", "main"]);
        let names: Vec<_> = listed.lines().filter_map(|line| line.split_once('\t')).collect();
        let shown: Vec<_> = names.iter().map(|(entry, name)| (&entry[..6], *name)).collect();
        let expected = [
            ("040000", "empty"),
            ("100644", r#""latin-\351""#),
            ("120000", "link"),
            ("160000", "module"),
            ("040000", "src"),
            ("100755", "src/run"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(repo.git(["rev-list", "--count", "--merges", "main"]), "1");
        assert_eq!(repo.git(["rev-list", "--max-parents=0", "main"]).lines().count(), 2);
        assert_eq!(repo.git(["cat-file", "-t", "v1-tag"]), "tag");
    }

    #[test]
    fn the_same_calls_give_the_same_ids() {
        let ids = |repo: Repo| repo.git(["for-each-ref"]);
        assert_eq!(ids(everything().build()), ids(everything().build_bare()));
    }

    #[test]
    fn a_merge_brings_in_what_the_others_changed() {
        let repo = History::new()
            .commit("start", |tree| tree.file("a", "1").file("b", "1").file("c", "1"))
            .on("side")
            .commit("there", |tree| tree.file("b", "2").delete("c").file("d", "2"))
            .on("main")
            .commit("here", |tree| tree.file("a", "3"))
            .merge("join", ["side"], |tree| tree)
            .build();
        let shown = |name: &str| repo.git(["show", &format!("main:{name}")]);
        assert_eq!([shown("a"), shown("b"), shown("d")], ["3", "2", "2"]);
        assert_eq!(repo.git(["ls-tree", "--name-only", "main"]), "a\nb\nd");
    }

    fn everything() -> History {
        let submodule = crate::object_id(Kind::Commit, b"of another repository");
        let raw = CommitText::raw("latin", b"gr\xfc\xdfe".to_vec())
            .author("Zo\u{eb} <> 12 +0545")
            .header("encoding", "ISO-8859-1")
            .header("gpgsig", SIGNATURE);
        History::new()
            .commit("start", |tree| tree.executable("src/run", "#!").symlink("link", "src/run"))
            .commit(raw, |tree| tree.file(b"latin-\xe9", "").gitlink("module", submodule))
            .annotate("v1", "main", TagText::from("one").signed())
            .annotate("v1-tag", "v1", TagText::from("tag of a tag").anonymous())
            .orphan("other")
            .commit("another root", |tree| tree.empty_dir("empty"))
            .on("main")
            .merge("octopus", ["other", "start"], |tree| tree)
            .tag("light")
    }
}
