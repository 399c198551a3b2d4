// SPDX-License-Identifier: Apache-2.0
//! The bytes of a public commit or tag: message, people, quoted ids.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use repo_sync_shared::{BlobId, ObjectId, PublicCommit, PublicTree};
use rustc_hash::FxHashMap;

use super::images::{Fate, Images};
use crate::error::RunError;
use crate::git::Objects;
use crate::history::History;
use crate::manifest::Shape;
use crate::message::{
    IdentityMode, Mailmap, Quoted, QuotedIds, apply_identity, apply_identity_to_trailers,
    apply_mode, rewrite_ids,
};
use crate::object::{EntryKind, Kind, RawCommit, write_commit};
use crate::tree::entry_at;

/// What the text of one commit is read with.
pub(super) struct Context<'a, 'r> {
    pub(super) objects: &'a Objects<'r>,
    pub(super) history: &'a History,
    pub(super) images: &'a Images,
    pub(super) shape: &'a Shape,
    pub(super) commit: u32,
}

/// Rewrites texts, remembering mailmaps.
#[derive(Default)]
pub(super) struct Texts {
    mailmaps: RefCell<FxHashMap<BlobId, Rc<Mailmap>>>,
}

/// A public commit, and the mail addresses in it that are not allowed.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) refused_mails: Vec<Vec<u8>>,
}

/// The texts of a public tag, and the mail addresses in them that are not allowed.
pub(crate) struct TagTexts {
    pub(crate) tagger: Option<Vec<u8>>,
    pub(crate) message: Option<Vec<u8>>,
    pub(crate) refused_mails: Vec<Vec<u8>>,
}

impl Texts {
    /// The image of `raw` with this tree and these parents.
    pub(super) fn commit(
        &self,
        context: &Context<'_, '_>,
        raw: &RawCommit<'_>,
        tree: PublicTree,
        parents: &[PublicCommit],
    ) -> Result<Written, RunError> {
        let mailmap = self.mailmap(context)?;
        let mut people = People::new(context, mailmap.as_deref());
        let author = people.header(raw.author);
        let committer = people.header(raw.committer);
        let message =
            raw.message.map(|message| public_message(context, &mut people, message, false));
        let parents: Vec<ObjectId> = parents.iter().map(|parent| parent.id()).collect();
        let bytes = write_commit(
            tree.id(),
            &parents,
            &author,
            &committer,
            raw.encoding,
            message.as_deref(),
        );
        Ok(Written { bytes, refused_mails: people.refused })
    }

    /// One person's line as it becomes public, and the mail addresses in it that are
    /// not allowed.
    pub(super) fn person(
        &self,
        context: &Context<'_, '_>,
        who: &[u8],
    ) -> Result<(Vec<u8>, Vec<Vec<u8>>), RunError> {
        let mailmap = self.mailmap(context)?;
        let mut people = People::new(context, mailmap.as_deref());
        let who = people.header(who).into_owned();
        Ok((who, people.refused))
    }

    /// The public texts of a tag on the commit.
    pub(super) fn tag(
        &self,
        context: &Context<'_, '_>,
        tagger: Option<&[u8]>,
        message: Option<&[u8]>,
    ) -> Result<TagTexts, RunError> {
        let mailmap = self.mailmap(context)?;
        let mut people = People::new(context, mailmap.as_deref());
        let tagger = tagger.map(|tagger| people.header(tagger).into_owned());
        let message =
            message.map(|message| public_message(context, &mut people, message, true).into_owned());
        Ok(TagTexts { tagger, message, refused_mails: people.refused })
    }

    /// The mailmap of the commit's own tree, if the manifest asks for one and it is
    /// there.
    fn mailmap(&self, context: &Context<'_, '_>) -> Result<Option<Rc<Mailmap>>, RunError> {
        let IdentityMode::Mailmap(path) = &context.shape.identity else { return Ok(None) };
        let root = context.history.tree(context.commit);
        let blob = match entry_at(context.objects, root, path.as_bytes())? {
            Some((EntryKind::Blob | EntryKind::Executable, blob)) => BlobId::new(blob),
            Some(_) | None => return Ok(None),
        };
        if let Some(known) = self.mailmaps.borrow().get(&blob) {
            return Ok(Some(known.clone()));
        }
        let object = context.objects.read(blob.id(), Kind::Blob)?;
        let mailmap = Rc::new(Mailmap::parse(object.data()));
        self.mailmaps.borrow_mut().insert(blob, mailmap.clone());
        Ok(Some(mailmap))
    }
}

/// The message: first the mode, then people, then quoted ids.
fn public_message<'t>(
    context: &Context<'_, '_>,
    people: &mut People<'_>,
    message: &'t [u8],
    is_tag: bool,
) -> Cow<'t, [u8]> {
    let message = apply_mode(&context.shape.message, message);
    let message = match people.trailers(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(changed) => Cow::Owned(changed),
    };
    let mut resolve = |digits: &[u8]| quoted(context, digits, is_tag);
    match rewrite_ids(&message, &mut resolve) {
        Cow::Borrowed(_) => message,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

/// What a quoted id becomes: the image of the one published ancestor it names.
fn quoted(context: &Context<'_, '_>, digits: &[u8], is_tag: bool) -> Quoted {
    let Context { history, images, commit, .. } = *context;
    let mut named = None;
    let mut another = false;
    for candidate in history.with_prefix(digits) {
        let is_ancestor =
            if candidate == commit { is_tag } else { history.dag.is_ancestor(candidate, commit) };
        if is_ancestor && images.fate(candidate) == Fate::Published {
            if named.is_some() {
                return Quoted::Leave;
            }
            named = images.of(candidate);
        } else {
            another = true;
        }
    }
    match (named, context.shape.quoted_ids) {
        (Some(image), _) => Quoted::Public(images.id(image)),
        (None, QuotedIds::Mask) if another => Quoted::Mask,
        (None, QuotedIds::Mask | QuotedIds::Find) => Quoted::Leave,
    }
}

/// Applies the identity policy, and remembers whom it does not allow.
struct People<'a> {
    mode: &'a IdentityMode,
    mailmap: Option<&'a Mailmap>,
    refused: Vec<Vec<u8>>,
}

impl<'a> People<'a> {
    fn new(context: &Context<'a, '_>, mailmap: Option<&'a Mailmap>) -> Self {
        Self { mode: &context.shape.identity, mailmap, refused: Vec::new() }
    }

    fn header<'t>(&mut self, who: &'t [u8]) -> Cow<'t, [u8]> {
        match apply_identity(self.mode, self.mailmap, who) {
            Ok(public) => public,
            Err(refused) => {
                self.refused.extend(refused.mails);
                Cow::Borrowed(who)
            }
        }
    }

    fn trailers<'t>(&mut self, message: &'t [u8]) -> Cow<'t, [u8]> {
        match apply_identity_to_trailers(self.mode, self.mailmap, message) {
            Ok(public) => public,
            Err(refused) => {
                self.refused.extend(refused.mails);
                Cow::Borrowed(message)
            }
        }
    }
}
