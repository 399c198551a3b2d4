// SPDX-License-Identifier: Apache-2.0
//! The verifier's own making of public tags.

use repo_sync_shared::ObjectId;

use super::judge::Judge;
use super::object::{Headed, write_tag};
use super::people::Public;
use super::stop::Stop;
use super::text::unsigned;
use crate::object::{Kind, hash};

/// A tag as the mirror may show it.
pub(super) struct PublicTag {
    /// What its ref names.
    pub(super) names: ObjectId,
    /// The image that it leads to.
    pub(super) commit: ObjectId,
    /// Its message, if it has an object of its own.
    pub(super) message: Option<Vec<u8>>,
}

impl Judge<'_> {
    /// The public tag of a private one; `None` if its commit has no image.
    pub(super) fn tag(&mut self, name: &[u8], target: ObjectId) -> Result<Option<PublicTag>, Stop> {
        let objects = self.history.objects;
        let annotated = self.history.number(target).is_none() && objects.kind(target)? == Kind::Tag;
        if !annotated {
            let image = self.history.number(target).and_then(|commit| self.images.own(commit));
            let id = image.map(|image| self.images.id(image));
            return Ok(id.map(|id| PublicTag { names: id, commit: id, message: None }));
        }
        let object = objects.read(target, Kind::Tag)?;
        let unread = |fault: String| Stop::Unsound(format!("private tag {target}: {fault}"));
        let raw = Headed::read(object.data()).map_err(unread)?;
        if raw.required("type").map_err(unread)? != b"commit" {
            return Ok(None);
        }
        let named = ObjectId::from_hex(raw.required("object").map_err(unread)?);
        let Some(commit) = named.and_then(|id| self.history.number(id)) else { return Ok(None) };
        let Some(image) = self.images.own(commit).map(|image| self.images.id(image)) else {
            return Ok(None);
        };
        let Some((rules, mailmap)) = self.texts_of(commit)? else { return Ok(None) };
        let public = Public { people: &rules.people, mailmap: mailmap.as_deref() };
        let tagger = raw.one("tagger").map_err(unread)?.map(|tagger| public.header(tagger));
        let message = raw.message.map(unsigned);
        let message =
            message.map(|text| self.message(commit, &rules, &public, text, true)).transpose()?;
        let bytes = write_tag(image, name, tagger.as_deref(), message.as_deref());
        let names = hash(Kind::Tag, &bytes);
        Ok(Some(PublicTag { names, commit: image, message: Some(message.unwrap_or_default()) }))
    }
}
