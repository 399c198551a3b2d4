// SPDX-License-Identifier: Apache-2.0
//! Which tags become public, and the tag objects that are made for them.

use repo_sync_shared::{Check, ObjectId, PrivateCommit, escape_bytes, escape_text};

use super::{RefUpdate, Request, notice};
use crate::error::RunError;
use crate::git::PrivateTag;
use crate::object::{self, Kind, RawTag, without_signature, write_tag};
use crate::report::RawFinding;
use crate::session::Session;

/// An annotated tag as the mirror will hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTag {
    /// The id of the tag object.
    pub id: ObjectId,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The image it names, by number.
    pub image: u32,
}

/// The tags that a plan publishes.
#[derive(Default)]
pub(super) struct Tags {
    /// Their refs.
    pub(super) refs: Vec<RefUpdate>,
    /// The images they lead to, by number.
    pub(super) images: Vec<u32>,
    /// The tag objects to be written.
    pub(super) objects: Vec<NewTag>,
    /// All tag objects of the refs, and the images that they lead to.
    pub(super) annotated: Vec<(ObjectId, u32)>,
}

/// What a private tag leads to.
enum Target {
    /// A commit, directly.
    Lightweight(PrivateCommit),
    /// A commit, by way of this tag object.
    Annotated(PrivateCommit, ObjectId),
    /// Something that a mirror must not show.
    Other(String),
}

/// Plans every listed tag on a published commit that the planned branches reach.
pub(super) fn plan(
    session: &mut Session<'_>,
    request: &Request<'_>,
    reached: &[bool],
    findings: &mut Vec<RawFinding>,
) -> Result<Tags, RunError> {
    let mut planned = Tags::default();
    let patterns = session.policy.mirror.tags.clone();
    let is_listed =
        |tag: &PrivateTag| patterns.iter().any(|pattern| pattern.matches_whole(&tag.name));
    let tags = if patterns.is_empty() { Vec::new() } else { session.repo.tags() };
    for tag in tags.into_iter().filter(is_listed) {
        let shown = escape_bytes(&tag.name);
        let (commit, object) = match target(session, &tag)? {
            Target::Lightweight(commit) => (commit, None),
            Target::Annotated(commit, object) => (commit, Some(object)),
            Target::Other(what) => {
                if request.rev.is_none() {
                    let hint = format!(
                        "tag `{shown}` names {what}, and only a tag of a commit can be public; take it off \
                         `tags`, or sync a branch by name"
                    );
                    findings.push(RawFinding {
                        object: Some(tag.target),
                        ..RawFinding::new(Check::TagTarget, hint)
                    });
                }
                continue;
            }
        };
        let number = session.replay.history.number(commit);
        let on_branch = number.filter(|&number| reached[number as usize]);
        let image = on_branch.and_then(|number| session.replay.images.own(number));
        let (Some(number), Some(image)) = (on_branch, image) else {
            // With REV, a tag elsewhere is simply not asked for.
            if request.rev.is_none() {
                let hint = format!(
                    "tag `{shown}` stays private: its commit has no image on a listed branch"
                );
                findings.push(notice(Check::TagPrivate, number, hint));
            }
            continue;
        };
        let new = match object {
            None => session.replay.images.id(image).id(),
            Some(object) => {
                let new = rebuild(session, &tag, object, number, image, findings)?;
                let id = new.id;
                planned.objects.push(new);
                id
            }
        };
        let name = [b"refs/tags/", &tag.name[..]].concat();
        match request.remote.get(&name) {
            Some(seen) if seen != new => {
                planned.objects.retain(|tag| tag.id != new);
                let hint = format!(
                    "tag `{shown}` stays at {seen} on the mirror: a public tag never moves"
                );
                findings.push(notice(Check::TagKept, Some(number), hint));
            }
            expected => {
                planned.refs.push(RefUpdate { name, expected, new: Some(new) });
                planned.images.push(image);
            }
        }
    }
    planned.annotated = planned.objects.iter().map(|tag| (tag.id, tag.image)).collect();
    let Tags { refs, objects, .. } = &mut planned;
    objects.retain(|tag| refs.iter().any(|one| one.moves() && one.new == Some(tag.id)));
    Ok(planned)
}

fn target(session: &Session<'_>, tag: &PrivateTag) -> Result<Target, RunError> {
    let commit = PrivateCommit::new(tag.target);
    if session.replay.history.number(commit).is_some() {
        return Ok(Target::Lightweight(commit));
    }
    let objects = session.replay.objects();
    match objects.kind(tag.target)? {
        Kind::Commit => Ok(Target::Lightweight(commit)),
        kind @ (Kind::Tree | Kind::Blob) => Ok(Target::Other(format!("a {}", kind.name()))),
        Kind::Tag => {
            let object = objects.read(tag.target, Kind::Tag)?;
            Ok(match RawTag::parse(object.data()) {
                Ok(RawTag { target, target_kind: Kind::Commit, .. }) => {
                    Target::Annotated(PrivateCommit::new(target), tag.target)
                }
                Ok(RawTag { target_kind, .. }) => {
                    Target::Other(format!("a {}", target_kind.name()))
                }
                Err(err) => Target::Other(format!("a malformed tag object ({err})")),
            })
        }
    }
}

/// The tag object anew, on the image, under the name of its ref.
fn rebuild(
    session: &mut Session<'_>,
    tag: &PrivateTag,
    object: ObjectId,
    commit: u32,
    image: u32,
    findings: &mut Vec<RawFinding>,
) -> Result<NewTag, RunError> {
    let object = session.replay.objects().read(object, Kind::Tag)?;
    let raw = RawTag::parse(object.data()).map_err(|err| {
        let commit = session.replay.history.id(commit);
        RunError::refusal(Check::TagTarget, Some(commit), None, err.to_string())
    })?;
    let message = raw.message.map(without_signature);
    let texts = session.replay.tag_texts(commit, raw.tagger, message)?;
    for mail in &texts.refused_mails {
        let hint = format!(
            "`{}` in tag `{}` is of none of the domains that `[identity]` allows",
            escape_text(mail),
            escape_bytes(&tag.name),
        );
        findings.push(RawFinding::at(Check::Identity, commit, hint));
    }
    let target = session.replay.images.id(image).id();
    let bytes = write_tag(
        target,
        Kind::Commit,
        &tag.name,
        texts.tagger.as_deref(),
        texts.message.as_deref(),
    );
    Ok(NewTag { id: object::hash(Kind::Tag, &bytes), bytes, image })
}
