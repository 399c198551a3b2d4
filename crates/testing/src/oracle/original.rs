// SPDX-License-Identifier: Apache-2.0
//! Imported commits: when the public commit that a private one records is its image.

use std::collections::HashMap;

use repo_sync_shared::ObjectId;

use super::manifest::Policy;
use super::message::{Quoted, rewrite_ids};
use super::replay::Image;
use super::store::Commit;
use super::{Judgement, Oracle};

/// What the original of a private commit must say, for the commit to be its import.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its public tree.
    pub(crate) tree: ObjectId,
    /// Its message by the ordinary rule.
    pub(crate) message: Vec<u8>,
}

/// A recorded commit that every reader reads alike.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) bytes: Vec<u8>,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) message: Vec<u8>,
    pub(crate) is_signed: bool,
    tree: ObjectId,
    author: Vec<u8>,
    encoding: Option<Vec<u8>>,
}

impl Oracle {
    /// What an import in the place of this commit would record.
    pub(crate) fn place(&mut self, judgement: &Judgement, id: ObjectId) -> Option<Place> {
        let tree = self.public_tree(id)?;
        let commit = self.store.commit(id);
        let (policy, _) = self.policies.of(id)?;
        let own = judgement.map.iter().copied().collect::<HashMap<_, _>>();
        let before = self.ancestors[&id].iter();
        let published: Vec<_> = before.filter_map(|&one| Some((one, own[&one]?))).collect();
        let (message, _) = self.public_message(&commit, policy, &published);
        Some(Place { tree, message })
    }

    /// The original that a commit records, if it is the image of the commit, whose
    /// public tree is `tree`.
    pub(crate) fn original(
        &self,
        id: ObjectId,
        policy: &Policy,
        tree: ObjectId,
        images: &HashMap<ObjectId, Image>,
    ) -> Option<Original> {
        let commit = self.store.commit(id);
        // Two records are none.
        let [bytes] = &commit.originals[..] else { return None };
        let original = read(bytes)?;
        // It stands where the import stands, and shows what the import shows of itself.
        let heirs: Option<Vec<_>> = commit.parents.iter().map(|it| images[it].heir).collect();
        if commit.parents.is_empty() || heirs? != original.parents || tree != original.tree {
            return None;
        }
        // It says what the import says, in private or in public.
        let published = self.published_ancestors(id, images);
        let (message, _) = self.public_message(&commit, policy, &published);
        let same = commit.author == original.author && commit.encoding == original.encoding;
        let said = original.message == commit.message || original.message == message;
        (same && said).then_some(original)
    }

    /// The message of a commit by the ordinary rule.
    pub(crate) fn public_message(
        &self,
        commit: &Commit,
        policy: &Policy,
        published: &[(ObjectId, ObjectId)],
    ) -> (Vec<u8>, Quoted) {
        let message = match &policy.replace {
            Some(text) => format!("{text}\n").into_bytes(),
            None => commit.message.clone(),
        };
        rewrite_ids(&message, published, &self.order, policy.mask)
    }
}

/// A commit, if every header stands once and in its place. All that is generated has
/// a message, so a commit that ends before it is the original of none.
fn read(bytes: &[u8]) -> Option<Original> {
    let end = bytes.windows(2).position(|two| two == b"\n\n")?;
    if bytes.contains(&0) {
        return None;
    }
    let mut headers: Vec<Vec<&[u8]>> = Vec::new();
    for line in bytes[..end].split(|&byte| byte == b'\n') {
        if line.starts_with(b" ") {
            headers.last_mut()?.push(line);
        } else {
            headers.push(vec![line]);
        }
    }
    let name = |header: &Vec<&[u8]>| {
        let line = header[0];
        let space = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
        String::from_utf8_lossy(&line[..space]).into_owned()
    };
    let names: Vec<String> = headers.iter().map(name).collect();
    let count = |name: &str| names.iter().filter(|known| *known == name).count();
    let parents = count("parent");
    let mut fixed = vec!["tree"];
    fixed.extend(vec!["parent"; parents]);
    fixed.extend(["author", "committer"]);
    let in_place = names.len() >= fixed.len() && names[..fixed.len()] == fixed[..];
    let once = ["tree", "author", "committer"].iter().all(|name| count(name) == 1);
    if !in_place || !once || count("encoding") > 1 {
        return None;
    }
    for (header, name) in headers.iter().zip(&names) {
        let is_plain = header.len() == 1 && header[0].len() > name.len();
        if !is_plain && [&fixed[..], &["encoding"]].concat().contains(&name.as_str()) {
            return None;
        }
    }
    let value = |at: usize| headers[at][0][names[at].len() + 1..].to_vec();
    let id = |at: usize| {
        let hex = String::from_utf8(value(at)).ok()?;
        hex.parse::<ObjectId>().ok().filter(|id| id.to_string() == hex)
    };
    Some(Original {
        bytes: bytes.to_vec(),
        tree: id(0)?,
        parents: (1..=parents).map(id).collect::<Option<_>>()?,
        author: value(parents + 1),
        encoding: names.iter().position(|name| name == "encoding").map(value),
        message: bytes[end + 2..].to_vec(),
        is_signed: count("gpgsig") + count("gpgsig-sha256") > 0,
    })
}
