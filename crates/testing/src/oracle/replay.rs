// SPDX-License-Identifier: Apache-2.0
//! Commits: which have an image, on which parents, with which bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use repo_sync_shared::ObjectId;

use super::manifest::{Place, Policy, Seam};
use super::message::publishes_empty;
use super::original::Original;
use super::policy::Source;
use super::store::{Commit, Leaf};
use super::{Judgement, Oracle};
use crate::census::{Census, Row};
use crate::{Kind, object_id};

/// What became of a private commit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Image {
    /// Its own image, if it is published.
    pub(crate) own: Option<ObjectId>,
    /// Its own image, or the one that its children inherit.
    pub(crate) heir: Option<ObjectId>,
}

/// A public commit: its parents and tree.
#[derive(Clone, Debug)]
struct Public {
    parents: Vec<ObjectId>,
    tree: ObjectId,
}

/// A parent of a commit in the mirror, before reduction.
#[derive(Clone, Copy, Debug)]
struct Parent {
    image: ObjectId,
    published: bool,
}

/// The replay as it stands.
#[derive(Debug)]
struct Replay {
    images: HashMap<ObjectId, Image>,
    public: BTreeMap<ObjectId, Public>,
    out: Judgement,
}

impl Oracle {
    /// What a mirror must look like.
    pub fn judge(&mut self) -> Judgement {
        let out = Judgement {
            map: Vec::new(),
            heirs: BTreeMap::new(),
            refs: BTreeMap::new(),
            trees: BTreeMap::new(),
            parents: BTreeMap::new(),
            files: BTreeMap::new(),
            census: Census::default(),
        };
        let mut replay = Replay { images: HashMap::new(), public: BTreeMap::new(), out };
        for id in self.order.clone() {
            let own = self.image(id, &mut replay);
            let parents = self.store.commit(id).parents;
            let inherited = parents.iter().find_map(|parent| replay.images[parent].heir);
            let heir = own.or(inherited);
            replay.images.insert(id, Image { own, heir });
            replay.out.heirs.extend(heir.map(|heir| (id, heir)));
            replay.out.map.push((id, own));
        }
        let roots = replay.public.values().filter(|public| public.parents.is_empty()).count();
        let Replay { images, public, mut out } = replay;
        out.census.count_if(roots > 1, Row::SeveralRoots);
        out.trees = public.iter().map(|(&id, public)| (id, public.tree)).collect();
        out.parents = public.into_iter().map(|(id, public)| (id, public.parents)).collect();
        self.refs(&images, &mut out);
        out
    }

    /// The leaves of a commit that its policy makes public, where they land.
    pub(crate) fn public_leaves(&self, id: ObjectId) -> Option<Vec<Leaf>> {
        let (policy, _) = self.policies.of(id)?;
        Some(self.filter(policy, self.store.commit(id).tree))
    }

    fn filter(&self, policy: &Policy, tree: ObjectId) -> Vec<Leaf> {
        let mut public = BTreeMap::new();
        for (path, mode, id) in self.store.leaves(tree) {
            if let Place::Public(path) = policy.place(&path) {
                let is_file = mode.starts_with("100");
                let cut = if is_file { policy.cut(self.store.bytes(id)) } else { None };
                let leaf = (mode, cut.map_or(id, |cut| object_id(Kind::Blob, &cut)));
                let before = public.insert(path, leaf);
                assert!(before.is_none(), "two entries on one public path in {tree}");
            }
        }
        // A directory that others fill is not empty any more.
        let paths: Vec<_> = public.keys().cloned().collect();
        let filled = |dir: &[u8]| {
            let below = [dir, b"/"].concat();
            dir.is_empty() || paths.iter().any(|path| path.starts_with(&below))
        };
        public
            .into_iter()
            .filter(|(path, (mode, _))| mode != "40000" || !filled(path))
            .map(|(path, (mode, id))| (path, mode, id))
            .collect()
    }

    /// The image of one commit whose parents have been judged.
    fn image(&mut self, id: ObjectId, replay: &mut Replay) -> Option<ObjectId> {
        let commit = self.store.commit(id);
        if self.withheld.contains(&id) {
            replay.out.census.count(Row::Withheld);
            return None;
        }
        let seam = self.settings.seams.iter().find(|seam| seam.private == id).cloned();
        if let Some(seam) = seam {
            return Some(self.seam_image(id, &commit, &seam, replay));
        }
        let seams = &self.settings.seams;
        if !seams.is_empty() && !seams.iter().any(|seam| self.is_ancestor(seam.private, id)) {
            replay.out.census.count(Row::BehindSeam);
            return None;
        }
        let Some((policy, source)) = self.policies.of(id).cloned() else {
            replay.out.census.count(Row::SaysNothing);
            return None;
        };
        let leaves = self.filter(&policy, commit.tree);
        let tree = self.maker.make(&leaves);
        if let Some(original) = self.original(id, &policy, tree, &replay.images) {
            return Some(keep(original, &commit, tree, leaves, replay));
        }
        replay.out.census.count_if(!commit.originals.is_empty(), Row::RecordForged);
        let parents = reduce(&commit, replay);
        let base = match parents.first() {
            Some(first) => replay.public[first].tree,
            None => ObjectId::EMPTY_TREE,
        };
        let merged = commit.parents.len() > 1;
        if parents.len() < 2 && tree == base {
            let kept = publishes_empty(&commit.message, &self.maker.git);
            let census = &mut replay.out.census;
            let private_base =
                commit.parents.first().map_or(ObjectId::EMPTY_TREE, |p| self.store.commit(*p).tree);
            if parents.is_empty() && kept {
                census.count(Row::EmptyRoot);
            }
            if parents.is_empty() || !kept {
                census.count_if(merged, Row::MergeDropped);
                let was_empty = private_base == commit.tree;
                census.count_if(!merged && was_empty, Row::WasEmpty);
                census.count_if(!merged && !was_empty, Row::BecameEmpty);
                return None;
            }
            census.count(Row::EmptyKept);
        }
        let census = &mut replay.out.census;
        census.count_if(parents.len() == 1 && merged && tree != base, Row::MergeOrdinary);
        census.count_if(parents.len() == 2, Row::MergeKept);
        census.count_if(parents.len() > 2, Row::OctopusKept);
        census.count_if(parents.len() > 1 && tree == base, Row::MergeKeptEqual);
        census.count_if(commit.parents.len() < 2 && tree != base, Row::Ordinary);
        census.count_if(source == Source::Adoption, Row::BeforeManifest);
        let withheld = commit.parents.iter().any(|parent| self.withheld.contains(parent));
        census.count_if(withheld, Row::WithheldArrives);
        self.count_texts(&commit, census);
        self.count_trees(&commit, &policy, &leaves, census);

        let published = self.published_ancestors(id, &replay.images);
        let (message, quoted) = self.public_message(&commit, &policy, &published);
        census.count_if(quoted.rewritten > 0, Row::QuotedId);
        census.count_if(quoted.masked > 0, Row::MaskedId);
        let lines = (&commit.author[..], &commit.committer[..], commit.encoding.as_deref());
        Some(publish(tree, parents, lines, &message, leaves, replay))
    }

    fn seam_image(
        &mut self,
        id: ObjectId,
        commit: &Commit,
        seam: &Seam,
        replay: &mut Replay,
    ) -> ObjectId {
        let leaves = self.public_leaves(id).expect("a seam's commit has a policy");
        let tree = self.maker.make(&leaves);
        let census = &mut replay.out.census;
        let after = self.settings.seams.iter().any(|other| self.is_ancestor(other.private, id));
        census.count_if(after, Row::SeamAfterSeam);
        if let (Some(public), true) = (seam.public, seam.public_tree == Some(tree)) {
            census.count(Row::SeamEqual);
            replay.public.insert(public, Public { parents: Vec::new(), tree });
            replay.out.files.insert(public, leaves.into_iter().collect());
            return public;
        }
        match seam.public {
            None => census.count(Row::SeamRoot),
            Some(_) => {
                assert_eq!(seam.accept, Some(tree), "the seam accepts another tree");
                census.count(Row::SeamDiffers);
            }
        }
        let message = format!("{}\n", seam.message).into_bytes();
        let lines = (&commit.committer[..], &commit.committer[..], None);
        publish(tree, seam.public.into_iter().collect(), lines, &message, leaves, replay)
    }

    /// The proper ancestors of a commit that are published, with their images.
    pub(crate) fn published_ancestors(
        &self,
        id: ObjectId,
        images: &HashMap<ObjectId, Image>,
    ) -> Vec<(ObjectId, ObjectId)> {
        let before = self.ancestors[&id].iter();
        before.filter_map(|&ancestor| Some((ancestor, images[&ancestor].own?))).collect()
    }

    fn count_texts(&self, commit: &Commit, census: &mut Census) {
        let dropped = commit.others > 0 || !commit.originals.is_empty();
        census.count_if(dropped, Row::HeadersDropped);
        census.count_if(commit.encoding.is_some(), Row::EncodingKept);
        census.count_if(!commit.message.ends_with(b"\n"), Row::NoFinalNewline);
        census.count_if(std::str::from_utf8(&commit.message).is_err(), Row::BytesInMessage);
    }

    fn count_trees(&self, commit: &Commit, policy: &Policy, leaves: &[Leaf], census: &mut Census) {
        let all = self.store.leaves(commit.tree);
        let landed = |path: &[u8]| policy.place(path);
        let is_private = |path: &[u8]| landed(path) == Place::Private;
        let dirs: BTreeSet<&[u8]> = all
            .iter()
            .filter_map(|(path, _, _)| Some(&path[..path.iter().position(|&b| b == b'/')?]))
            .collect();
        for dir in dirs {
            let below = [dir, b"/"].concat();
            let inside: Vec<_> = all.iter().filter(|leaf| leaf.0.starts_with(&below)).collect();
            let private = inside.iter().filter(|leaf| is_private(&leaf.0)).count();
            census.count_if(private == 0, Row::TreeWhole);
            census.count_if(private == inside.len(), Row::TreeGoes);
            census.count_if(private > 0 && private < inside.len(), Row::TreeCut);
        }
        let modes = |mode: &str| leaves.iter().any(|leaf| leaf.1 == mode);
        let is_cut = |leaf: &Leaf| !all.iter().any(|private| private.2 == leaf.2);
        census.count_if(leaves.iter().any(is_cut), Row::SectionCut);
        census.count_if(modes("40000"), Row::EmptyTreeStays);
        census.count_if(modes("100755"), Row::Executable);
        census.count_if(modes("120000"), Row::Symlink);
        census.count_if(modes("160000"), Row::Gitlink);
        census.count_if(modes("100664"), Row::LegacyMode);
        let bytes = |leaf: &Leaf| std::str::from_utf8(&leaf.0).is_err();
        census.count_if(leaves.iter().any(bytes), Row::BytesInPath);
        let moved = |leaf: &&Leaf| matches!(landed(&leaf.0), Place::Public(to) if to != leaf.0);
        census.count_if(all.iter().any(|leaf| moved(&leaf)), Row::Moved);

        let [parent] = commit.parents[..] else { return };
        let Some((before, _)) = self.policies.of(parent) else { return };
        let then = self.store.leaves(self.store.commit(parent).tree);
        let was_private = |leaf: &&Leaf| before.place(&leaf.0) == Place::Private;
        let is_public = |leaf: &&Leaf| landed(&leaf.0) != Place::Private;
        let same_content = |a: &Leaf, b: &Leaf| a.2 == b.2 && a.0 != b.0;
        let gone = |leaf: &&Leaf| !all.iter().any(|now| now.0 == leaf.0);
        let new = |leaf: &&Leaf| !then.iter().any(|old| old.0 == leaf.0);
        let arrives =
            then.iter().filter(was_private).filter(gone).any(|old| {
                all.iter().filter(is_public).filter(new).any(|now| same_content(old, now))
            });
        census.count_if(arrives, Row::PrivateToPublic);
        let leaves_us = then.iter().filter(|leaf| !was_private(leaf)).filter(gone).any(|old| {
            all.iter().filter(|leaf| !is_public(leaf)).filter(new).any(|now| same_content(old, now))
        });
        census.count_if(leaves_us, Row::PublicToPrivate);
        let stays = |leaf: &&Leaf| all.contains(leaf);
        let widened = then.iter().filter(stays).any(|leaf| was_private(&leaf) && is_public(&leaf));
        let narrowed =
            then.iter().filter(stays).any(|leaf| !was_private(&leaf) && !is_public(&leaf));
        census.count_if(widened, Row::Widened);
        census.count_if(narrowed, Row::Narrowed);
        let kind = |leaves: &[Leaf], path: &[u8]| {
            let below = [path, b"/"].concat();
            let file = leaves.iter().any(|leaf| leaf.0 == path);
            let dir = leaves.iter().any(|leaf| leaf.0.starts_with(&below));
            (file, dir)
        };
        let swapped = all.iter().filter(is_public).any(|leaf| {
            let parts = (0..leaf.0.len()).filter(|&at| leaf.0[at] == b'/');
            kind(&then, &leaf.0) == (false, true)
                || parts.map(|at| &leaf.0[..at]).any(|dir| kind(&then, dir) == (true, false))
        });
        census.count_if(swapped, Row::FileDirectorySwap);
    }
}

/// The parents that a commit has in the mirror.
fn reduce(commit: &Commit, replay: &mut Replay) -> Vec<ObjectId> {
    // (1) Parents without an image go.
    let mut parents: Vec<Parent> = Vec::new();
    let mut duplicates = false;
    for parent in &commit.parents {
        let image = replay.images[parent];
        let Some(heir) = image.heir else { continue };
        let published = image.own.is_some();
        // (2) Duplicates join, counting as published if one of them was.
        match parents.iter_mut().find(|known| known.image == heir) {
            Some(known) => {
                known.published |= published;
                duplicates = true;
            }
            None => parents.push(Parent { image: heir, published }),
        }
    }
    // (3) A parent that only inherited what another one has in its past anyway.
    let survives = |at: usize| {
        let parent = parents[at];
        let known = |other: &Parent| is_public_ancestor(&replay.public, parent.image, other.image);
        at == 0 || parent.published || !parents.iter().any(known)
    };
    let kept: Vec<_> =
        (0..parents.len()).filter(|&at| survives(at)).map(|at| parents[at].image).collect();
    if commit.parents.len() > 1 {
        let heir = |parent: &ObjectId| replay.images[parent].heir;
        let without = commit.parents.iter().filter(|parent| heir(parent).is_none()).count();
        let first_gone = heir(&commit.parents[0]).is_none();
        let census = &mut replay.out.census;
        census.count_if(without > 0, Row::MergeParentWithoutImage);
        census.count_if(first_gone && !kept.is_empty(), Row::MergeFirstVanished);
        census.count_if(duplicates, Row::MergeDuplicates);
        census.count_if(kept.len() < parents.len(), Row::MergeInheritedAncestor);
    }
    kept
}

fn is_public_ancestor(
    public: &BTreeMap<ObjectId, Public>,
    ancestor: ObjectId,
    of: ObjectId,
) -> bool {
    let parents = |id: &ObjectId| public.get(id).map_or(&[][..], |public| &public.parents);
    let mut seen = BTreeSet::new();
    let mut todo = parents(&of).to_vec();
    while let Some(id) = todo.pop() {
        if id == ancestor {
            return true;
        }
        if seen.insert(id) {
            todo.extend(parents(&id));
        }
    }
    false
}

/// An original comes back as it was.
fn keep(
    original: Original,
    commit: &Commit,
    tree: ObjectId,
    leaves: Vec<Leaf>,
    replay: &mut Replay,
) -> ObjectId {
    let Original { bytes, parents, message, is_signed, .. } = original;
    let census = &mut replay.out.census;
    census.count(Row::Original);
    census.count_if(is_signed, Row::OriginalSigned);
    census.count_if(parents.len() > 1, Row::OriginalMerge);
    census.count_if(replay.public[&parents[0]].tree == tree, Row::OriginalEmpty);
    census.count_if(message != commit.message, Row::OriginalQuotes);
    let id = object_id(Kind::Commit, &bytes);
    replay.public.insert(id, Public { parents, tree });
    replay.out.files.insert(id, leaves.into_iter().collect());
    id
}

/// Author, committer and encoding.
type Lines<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);

fn publish(
    tree: ObjectId,
    parents: Vec<ObjectId>,
    (author, committer, encoding): Lines<'_>,
    message: &[u8],
    leaves: Vec<Leaf>,
    replay: &mut Replay,
) -> ObjectId {
    let mut object = format!("tree {tree}\n").into_bytes();
    for parent in &parents {
        object.extend(format!("parent {parent}\n").into_bytes());
    }
    let mut line = |name: &[u8], value: &[u8]| object.extend([name, b" ", value, b"\n"].concat());
    line(b"author", author);
    line(b"committer", committer);
    if let Some(encoding) = encoding {
        line(b"encoding", encoding);
    }
    object.push(b'\n');
    object.extend(message);
    let id = object_id(Kind::Commit, &object);
    replay.public.insert(id, Public { parents, tree });
    replay.out.files.insert(id, leaves.into_iter().collect());
    id
}
