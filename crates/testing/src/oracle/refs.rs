// SPDX-License-Identifier: Apache-2.0
//! Branches and tags: which are listed, and what they name in the mirror.

use std::collections::{BTreeMap, HashMap};

use repo_sync_shared::ObjectId;

use super::manifest::Settings;
use super::message::{rewrite_ids, unsigned};
use super::pattern::Pattern;
use super::replay::Image;
use super::{Judgement, Oracle};
use crate::census::Row;
use crate::{Kind, object_id};

type Refs = BTreeMap<String, ObjectId>;

/// All branches and tags by their short names. A branch that is only a
/// remote-tracking one counts as itself.
pub(crate) fn read(git: &crate::Git) -> (Refs, Refs) {
    let listed = git.run([
        "for-each-ref",
        "--format=%(refname) %(objectname)%(symref)",
        "refs/heads",
        "refs/remotes/origin",
        "refs/tags",
    ]);
    let (mut branches, mut tags) = (Refs::new(), Refs::new());
    for line in listed.lines() {
        let (name, id) = line.split_once(' ').expect("the format has a space");
        // A symbolic ref shows its target after the id: `origin/HEAD`.
        let Ok(id) = id.parse() else { continue };
        if let Some(name) = name.strip_prefix("refs/heads/") {
            branches.insert(name.to_owned(), id);
        } else if let Some(name) = name.strip_prefix("refs/remotes/origin/") {
            // Local branches are listed first.
            branches.entry(name.to_owned()).or_insert(id);
        } else if let Some(name) = name.strip_prefix("refs/tags/") {
            tags.insert(name.to_owned(), id);
        }
    }
    (branches, tags)
}

/// The branches that the mirror lists.
pub(crate) fn listed(settings: &Settings, all: &Refs) -> Refs {
    let patterns: Vec<_> = settings.branches.iter().map(|text| Pattern::new(text)).collect();
    let is_listed = |name: &str| patterns.iter().any(|pattern| pattern.matches_name(name));
    all.iter().filter(|(name, _)| is_listed(name)).map(|(name, &id)| (name.clone(), id)).collect()
}

impl Oracle {
    /// What each ref of the mirror names.
    pub(crate) fn refs(&self, images: &HashMap<ObjectId, Image>, out: &mut Judgement) {
        for (name, tip) in &self.branches {
            let image = &images[tip];
            let census = &mut out.census;
            census.count_if(image.own.is_none() && image.heir.is_some(), Row::BranchTipDropped);
            census.count_if(image.heir.is_none(), Row::BranchAbsent);
            if let Some(id) = image.heir {
                out.refs.insert(format!("refs/heads/{name}"), id);
            }
        }
        out.census.count_if(self.branches.len() > 1, Row::BranchesListed);
        let patterns: Vec<_> = self.settings.tags.iter().map(|text| Pattern::new(text)).collect();
        for (name, &id) in &self.tags {
            if !patterns.iter().any(|pattern| pattern.matches_name(name)) {
                out.census.count(Row::TagUnlisted);
            } else if let Some(image) = self.tag(id, images, out) {
                out.refs.insert(format!("refs/tags/{name}"), image);
            }
        }
    }

    fn tag(
        &self,
        id: ObjectId,
        images: &HashMap<ObjectId, Image>,
        out: &mut Judgement,
    ) -> Option<ObjectId> {
        let annotated = self.store.kind(id) == "tag";
        let target = if annotated { self.store.tag(id).target } else { id };
        let Some(image) = images.get(&target) else {
            out.census.count(Row::TagOffBranch);
            return None;
        };
        let Some(own) = image.own else {
            out.census.count(Row::TagOnDropped);
            return None;
        };
        if !annotated {
            out.census.count(Row::TagLightweight);
            return Some(own);
        }
        let tag = self.store.tag(id);
        assert_eq!(tag.kind, b"commit", "a listed tag names a commit");
        let mut published = self.published_ancestors(target, images);
        published.push((target, own));
        let policy = self.policies.of(target).map(|(policy, _)| policy);
        let replaced = policy.and_then(|policy| policy.replace.as_ref());
        let message = match replaced {
            Some(text) => format!("{text}\n").into_bytes(),
            None => unsigned(&tag.message).to_vec(),
        };
        let mask = policy.is_some_and(|policy| policy.mask);
        let (message, quoted) = rewrite_ids(&message, &published, &self.order, mask);
        let mut object = format!("object {own}\ntype commit\ntag ").into_bytes();
        object.extend(&tag.name);
        object.push(b'\n');
        if let Some(tagger) = &tag.tagger {
            object.extend([b"tagger ", &tagger[..], b"\n"].concat());
        }
        object.push(b'\n');
        object.extend(message);
        let census = &mut out.census;
        census.count(Row::TagAnnotated);
        census.count_if(tag.tagger.is_none(), Row::TagAnonymous);
        census.count_if(unsigned(&tag.message) != tag.message, Row::TagSigned);
        census.count_if(quoted.rewritten > 0, Row::TagQuotesId);
        Some(object_id(Kind::Tag, &object))
    }
}
