// SPDX-License-Identifier: Apache-2.0
//! The verifier's readings of single texts as plain data, for who holds them against
//! the engine's. Nothing of a run comes here.

use std::collections::BTreeMap;

use repo_sync_shared::ObjectId;

use super::crates::{is_telling, manifest};
use super::locked;
use super::manifest::{Rules, Settings, Sight};
use super::object::{self, Headed, Is};
use super::original::Original;
use super::pattern::{Path, Pattern};
use super::people::{Mailmap, People, Public};
use super::sections::Sections;
use super::text::{self, Mode, Quoted};
use super::trailers::publishes_empty;
use crate::object::Kind;

/// An entry of a tree: mode, name, id, and what it names.
pub(crate) type Entry<'a> = (&'a [u8], &'a [u8], ObjectId, Kind);

/// The entries of a tree.
pub(crate) fn tree(data: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let kind = |is| match is {
        Is::Tree => Kind::Tree,
        Is::Blob => Kind::Blob,
        Is::Gitlink => Kind::Commit,
    };
    let read = object::entries(data)?;
    Ok(read.into_iter().map(|it| (it.mode, it.name, it.id, kind(it.is))).collect())
}

/// The bytes of the commit that the verifier makes of a commit, with nothing private
/// in it to leave out.
pub(crate) fn commit(data: &[u8]) -> Result<Vec<u8>, String> {
    let read = Headed::read(data)?;
    let (tree, parents) = read.links()?;
    let people = [read.required("author")?, read.required("committer")?];
    Ok(object::write_commit(tree, &parents, people, read.one("encoding")?, read.message))
}

/// A commit as it is read where an imported one records it: tree, parents, author and
/// committer, encoding, message, and the names of the other headers.
pub(crate) type Recorded<'a> =
    (ObjectId, Vec<ObjectId>, [&'a [u8]; 2], Option<&'a [u8]>, Option<&'a [u8]>, Vec<&'a [u8]>);

/// A commit, where an imported one records it.
pub(crate) fn original(data: &[u8]) -> Option<Recorded<'_>> {
    let Original { tree, parents, author, committer, encoding, message, others } =
        Original::read(data)?;
    Some((tree, parents, [author, committer], encoding, message, others))
}

/// The bytes of the tag that the verifier makes of a tag on `commit`.
pub(crate) fn tag(data: &[u8], commit: ObjectId) -> Result<Vec<u8>, String> {
    let read = Headed::read(data)?;
    let (name, tagger) = (read.required("tag")?, read.one("tagger")?);
    Ok(object::write_tag(commit, name, tagger, read.message.map(text::unsigned)))
}

/// The subject and the public section of a message.
pub(crate) fn public_section(message: &[u8]) -> Vec<u8> {
    Mode::PublicSection.apply(message)
}

/// A message with all ids that it quotes masked.
pub(crate) fn masked(message: &[u8]) -> Vec<u8> {
    let masked = text::with_ids(message, |_| Ok::<_, std::convert::Infallible>(Quoted::Masked));
    masked.unwrap_or_else(|never| match never {})
}

/// Whether a message asks to be published although its commit changes nothing.
pub(crate) fn asks_for_empty(message: &[u8]) -> bool {
    publishes_empty(message)
}

/// An author's line and a message, with `one` in place of everybody.
pub(crate) fn overwritten(one: &str, who: &[u8], message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let people = People::Overwrite(one.to_owned());
    let public = Public { people: &people, mailmap: None };
    (public.header(who), public.message(message))
}

/// An author's line and a message under a mailmap.
pub(crate) fn mapped(mailmap: &[u8], who: &[u8], message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mailmap = Mailmap::read(mailmap);
    let people = People::Mailmap(String::new());
    let public = Public { people: &people, mailmap: Some(&mailmap) };
    (public.header(who), public.message(message))
}

/// Whether a text is a pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    Pattern::new(text).is_ok()
}

/// Whether a pattern matches the whole name of a branch or tag.
pub(crate) fn matches_name(pattern: &str, name: &[u8]) -> bool {
    Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_name(name))
}

/// A file without its private sections, or why nobody can say.
pub(crate) fn without_sections(markers: [&str; 2], file: &[u8]) -> Result<Vec<u8>, String> {
    let [begin, end] = markers.map(str::to_owned);
    Sections { begin, end }.cut(file)
}

/// The manifest of a workspace, and its lock file if it has one, as they stand alone: from
/// the public manifests by their directories.
pub(crate) fn alone(
    manifests: &BTreeMap<String, Vec<u8>>,
    lock: Option<&[u8]>,
) -> Result<Vec<u8>, String> {
    let text = |(directory, text): (&String, &Vec<u8>)| {
        (directory.clone(), String::from_utf8_lossy(text).into_owned())
    };
    let own = manifests.get("").ok_or("there is no manifest")?;
    let manifests = manifests.iter().map(text).collect();
    let made = match lock {
        None if !is_telling(own) => return Ok(own.clone()),
        None => manifest(&manifests),
        Some(lock) => locked::lock(&manifests, str::from_utf8(lock).map_err(|it| it.to_string())?),
    };
    made.map(String::into_bytes)
}

/// What a path is to a manifest of these include, exclude and floor patterns.
pub(crate) fn sight([include, exclude, floor]: [&[&str]; 3], path: &[u8]) -> Option<Sight> {
    let list = |texts: &[&str]| {
        texts.iter().map(|text| Pattern::new(text)).collect::<Result<Vec<_>, _>>().ok()
    };
    let rules = Rules {
        include: list(include)?,
        exclude: list(exclude)?,
        floor: list(floor)?,
        moves: Vec::new(),
        message: Mode::Keep,
        mask: false,
        people: People::Keep,
        sections: None,
        cargo: false,
        key: String::new(),
    };
    Some(rules.sight(&Path::new(path)?))
}

/// What the policy tip says of one mirror, besides the rules.
pub(crate) struct Said {
    pub(crate) first_branch: String,
    /// Its name and those that it had.
    pub(crate) names: Vec<String>,
    pub(crate) seams: usize,
}

/// The settings of a mirror.
pub(crate) fn settings(manifest: &[u8], mirror: &str) -> Result<Said, String> {
    let Settings { first_branch, names, seams, .. } = Settings::read(manifest, mirror)?;
    Ok(Said { first_branch, names, seams: seams.len() })
}
