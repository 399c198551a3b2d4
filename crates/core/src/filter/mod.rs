// SPDX-License-Identifier: Apache-2.0
//! Tree in, public tree out.
//!
//! A [`Filter`] holds one shape: path rules and moves. It answers for root trees
//! with the id of what the mirror shows of them ([`Filter::root`]), remembering
//! each subtree by its id and the rules that are still in play there. A subtree
//! that no rule can split keeps its id and is not even opened, unless the shape has
//! transforms: then its files are looked for, and read if they may have to be made anew.
//!
//! [`Filter::list`] lists a public directory entry by entry, for those who write,
//! compare or export trees. Nothing here knows commits, and nothing is written.

mod ahead;
mod aliases;
mod brought;
mod cut;
mod holdings;
mod list;
mod listing;
mod locate;
mod made;
mod moves;
mod private;
mod recent;
mod sheet;
mod skeleton;
mod standing;
mod states;
mod step;
mod transformed;
mod walk;

#[cfg(test)]
mod test_trees;
#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::sync::Arc;

use repo_sync_shared::{ObjectId, PrivateTree, PublicTree};
use rustc_hash::FxHashMap;

use crate::atlas::Atlas;
use crate::git::{self, ObjectError, Objects};
use crate::manifest::Shape;
use crate::object::{Kind, MalformedTree, check_tree};
use crate::paths::Reach;
use crate::transform::{Markers, TransformError};

pub(crate) use ahead::{Ahead, KnownSteps, Seed};
pub(crate) use holdings::{Holdings, Unseen};
pub use list::Directory;
pub use listing::{Entry, Listing};
pub(crate) use locate::locate;
pub use made::Transforms;
pub(crate) use made::{PublicFile, PublicFiles};
pub(crate) use private::{PrivateIds, PrivateWalk, Visit};
pub(crate) use standing::Standing;
pub(crate) use step::{New, Step};
pub use walk::{Opened, Place, Shown, Visitor, shows, walk};
pub(crate) use walk::{listed_at, walk_below};

use aliases::Aliases;
use brought::Founds;
use made::{Made, Part};
use moves::Targets;
use recent::Recent;
use skeleton::Skeleton;
use states::{StateId, States};
use step::Steps;

/// How deep a tree may be, as git's own `core.maxTreeDepth`.
pub(crate) const MAX_DEPTH: usize = 2_048;

/// What a mirror shows of a tree of which nothing is public.
const NOTHING: PublicTree = PublicTree::new(ObjectId::EMPTY_TREE);

/// Filters trees of one repository by one shape.
pub struct Filter<'r> {
    objects: &'r Objects<'r>,
    states: States,
    targets: Targets,
    memo: Memo,
    /// What was found out before, and is seen by others as well.
    settled: Arc<Memo>,
    /// What was found out in earlier runs.
    atlas: Option<Arc<Atlas>>,
    /// Public directories that several private ones make up.
    unions: FxHashMap<Vec<(StateId, PrivateTree)>, Option<PublicTree>>,
    aliases: Aliases,
    collisions: Vec<Collision>,
    depth: usize,
    /// A root tree that was read.
    held: Option<(PrivateTree, Rc<git::Object<'r>>)>,
    recent: Recent,
    /// The tree at which the next step begins, if it is to be kept.
    steps_from: Option<(StateId, PrivateTree)>,
    /// What private sections stand between.
    markers: Option<Arc<Markers>>,
    /// The files that transforms made, for all filters that share what is settled.
    made: Made,
}

/// What filtering made of trees.
#[derive(Default)]
struct Memo {
    /// Root trees, as far as moves make more of them than a directory.
    roots: FxHashMap<PrivateTree, PublicTree>,
    /// What the moves bring of root trees.
    found: Founds,
    done: FxHashMap<(StateId, PrivateTree), Done>,
    steps: Steps,
    /// Public files by the private ones, as sections being cut leaves them.
    files: FxHashMap<ObjectId, ObjectId>,
    /// Public files of workspaces, by skeleton and private file.
    workspaces: FxHashMap<(ObjectId, Part, ObjectId), ObjectId>,
    /// The manifests below a directory.
    skeletons: FxHashMap<(StateId, PrivateTree), Option<Arc<Skeleton>>>,
}

/// What filtering made of a directory.
#[derive(Clone, Copy)]
struct Done {
    /// What the mirror shows of it.
    public: Option<PublicTree>,
    /// A digest of what it does not show.
    residue: u64,
    /// Whether an alias may stand at or below one of its entries.
    suspect: bool,
}

/// Two entries that would stand on one public path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The private path of the one.
    pub one: Vec<u8>,
    /// The private path of the other.
    pub other: Vec<u8>,
}

/// Why a tree could not be filtered.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// A tree or blob on the way could not be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A tree on the way is none that git would make.
    #[error("tree {tree} is malformed")]
    Malformed {
        /// Its id.
        tree: PrivateTree,
        /// What is wrong with it.
        source: MalformedTree,
    },
    /// A public file could not be made.
    #[error("{source}")]
    Transform {
        /// The private file.
        blob: ObjectId,
        /// Why; in a box, for trees are filtered by functions that call themselves.
        source: Box<TransformError>,
    },
    /// Directories within directories, without end.
    #[error("tree {0} lies more than {MAX_DEPTH} directories deep")]
    TooDeep(PrivateTree),
}

impl FilterError {
    /// The object that could not be read or trusted.
    pub(crate) fn object(&self) -> ObjectId {
        match self {
            Self::Object(
                ObjectError::Missing { id, .. }
                | ObjectError::Corrupt { id, .. }
                | ObjectError::Type { id, .. },
            ) => *id,
            Self::Malformed { tree, .. } | Self::TooDeep(tree) => tree.id(),
            Self::Transform { blob, .. } => *blob,
        }
    }
}

impl<'r> Filter<'r> {
    /// A filter for this shape.
    pub fn new(objects: &'r Objects<'r>, shape: Arc<Shape>) -> Self {
        Self {
            objects,
            targets: Targets::new(&shape.moves),
            markers: shape.transform.lines.clone().map(Arc::new),
            made: Made::default(),
            states: States::new(shape),
            memo: Memo::default(),
            settled: Arc::default(),
            atlas: None,
            unions: FxHashMap::default(),
            aliases: Aliases::default(),
            collisions: Vec::new(),
            depth: 0,
            held: None,
            recent: Recent::default(),
            steps_from: None,
        }
    }

    /// The shape it filters by.
    pub fn shape(&self) -> &Arc<Shape> {
        self.states.shape()
    }

    /// The public tree of a root tree; the empty tree if nothing of it is public.
    ///
    /// # Errors
    /// A tree that has to be opened cannot be read, or is malformed.
    pub fn root(&mut self, tree: PrivateTree) -> Result<PublicTree, FilterError> {
        if self.targets.is_empty() {
            return Ok(self.tree(States::ROOT, tree)?.unwrap_or(NOTHING));
        }
        let known = self.settled.roots.get(&tree).or_else(|| self.memo.roots.get(&tree));
        if let Some(&public) = known {
            return Ok(public);
        }
        let collisions = self.collisions.len();
        let root = self.directory(tree)?;
        let public = self.directory_tree(&root)?.unwrap_or(NOTHING);
        // Each commit is told of its collisions.
        if self.collisions.len() == collisions {
            self.memo.roots.insert(tree, public);
        }
        Ok(public)
    }

    /// The same, where `before` is a root tree that `tree` is likely to be like; the step
    /// from there is kept.
    ///
    /// # Errors
    /// As of [`root`](Self::root).
    pub(crate) fn root_after(
        &mut self,
        before: Option<PrivateTree>,
        tree: PrivateTree,
    ) -> Result<PublicTree, FilterError> {
        if let Some(Ok(before)) = before.map(|before| self.sheet(States::ROOT, before)) {
            // Moves bring what no root tree shows.
            let leads_on = self.targets.is_empty();
            self.steps_from = leads_on.then_some((States::ROOT, before.tree));
            self.recent.expect_like(before);
        }
        let public = self.root(tree);
        self.steps_from = None;
        public
    }

    /// The public tree of a root tree that was filtered before, where no move brings
    /// anything there.
    pub(crate) fn known_root(&self, tree: PrivateTree) -> Option<PublicTree> {
        let done = self.done(States::ROOT, tree).filter(|_| self.targets.is_empty())?;
        Some(done.public.unwrap_or(NOTHING))
    }

    /// The collisions met since the last call.
    pub fn take_collisions(&mut self) -> Vec<Collision> {
        std::mem::take(&mut self.collisions)
    }

    /// The public form of a private directory, for which the rules stand at
    /// `state`, moves out of it cut. `None` if nothing is left of it.
    fn tree(
        &mut self,
        state: StateId,
        tree: PrivateTree,
    ) -> Result<Option<PublicTree>, FilterError> {
        match self.states.reach(state) {
            Reach::Public if !self.transforms() => return Ok(Some(PublicTree::new(tree.id()))),
            Reach::Private => return Ok(None),
            Reach::Public | Reach::Mixed => {}
        }
        if let Some(done) = self.done(state, tree) {
            return Ok(done.public);
        }
        let done = match self.remembered(state, tree) {
            Some(done) => done,
            None => self.deeper(tree, |this| this.cut(state, tree))?,
        };
        self.memo.done.insert((state, tree), done);
        Ok(done.public)
    }

    /// What filtering made of a directory, if it came by.
    fn done(&self, state: StateId, tree: PrivateTree) -> Option<Done> {
        let key = (state, tree);
        self.settled.done.get(&key).or_else(|| self.memo.done.get(&key)).copied()
    }

    /// Opens a directory, unless it lies too deep.
    fn deeper<T>(
        &mut self,
        tree: PrivateTree,
        open: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        if self.depth == MAX_DEPTH {
            return Err(FilterError::TooDeep(tree));
        }
        self.depth += 1;
        let opened = open(self);
        self.depth -= 1;
        opened
    }

    /// Reads a root tree, sound or not, and keeps it at hand until the next: each move
    /// begins its way at the root.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn hold(&mut self, root: PrivateTree) -> Result<Rc<git::Object<'r>>, FilterError> {
        let object = self.read(root)?;
        self.held = Some((root, object.clone()));
        Ok(object)
    }

    /// The bytes of a tree, sound.
    fn open(&self, tree: PrivateTree) -> Result<Rc<git::Object<'r>>, FilterError> {
        let object = self.read(tree)?;
        check_tree(object.data()).map_err(|source| FilterError::Malformed { tree, source })?;
        Ok(object)
    }

    /// The bytes of a tree.
    fn read(&self, tree: PrivateTree) -> Result<Rc<git::Object<'r>>, FilterError> {
        if let Some((held, object)) = &self.held
            && *held == tree
        {
            return Ok(object.clone());
        }
        let objects: &'r Objects<'r> = self.objects;
        Ok(Rc::new(objects.read(tree.id(), Kind::Tree)?))
    }
}
