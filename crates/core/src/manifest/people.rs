// SPDX-License-Identifier: Apache-2.0
//! `[message]` and `[identity]`: a mode, and the one other key that it reads.
//!
//! A key that the stated mode does not read is an error: it would be a wish that
//! nobody hears.

use toml::Spanned;

use super::error::{ManifestError, Source};
use super::moves::path;
use super::raw::{RawIdentity, RawIdentityMode, RawIds, RawMessage, RawMessageMode, Text};
use crate::message::{IdentityMode, MessageMode, QuotedIds};

/// The mailmap of a manifest that states none.
const DEFAULT_MAILMAP: &str = ".mailmap";

pub(super) fn message(
    source: Source<'_>,
    raw: &RawMessage,
) -> Result<(MessageMode, QuotedIds), ManifestError> {
    let RawMessage { mode, text, ids } = raw;
    let kind = mode.as_ref().map_or(RawMessageMode::Keep, |mode| *mode.get_ref());
    let mode = match (kind, text) {
        (RawMessageMode::Keep, None) => MessageMode::Keep,
        (RawMessageMode::PublicSection, None) => MessageMode::PublicSection,
        (RawMessageMode::Replace, Some(text)) => {
            MessageMode::Replace(commit_message(source, text)?)
        }
        (RawMessageMode::Replace, None) => return Err(needs(source, mode, "replace", "text")),
        (RawMessageMode::Keep | RawMessageMode::PublicSection, Some(text)) => {
            return Err(belongs(source, text, "text", "replace"));
        }
    };
    let ids = match ids {
        None | Some(RawIds::Find) => QuotedIds::Find,
        Some(RawIds::Mask) => QuotedIds::Mask,
    };
    Ok((mode, ids))
}

/// A text that can be the message of a commit.
pub(super) fn commit_message(source: Source<'_>, text: &Text) -> Result<String, ManifestError> {
    if text.get_ref().trim().is_empty() {
        return Err(source.error(text.span(), "a commit message cannot be empty"));
    }
    if text.get_ref().contains('\0') {
        return Err(source.error(text.span(), "a commit message cannot hold a null character"));
    }
    Ok(text.get_ref().clone())
}

pub(super) fn identity(
    source: Source<'_>,
    raw: &RawIdentity,
) -> Result<IdentityMode, ManifestError> {
    let RawIdentity { mode, mailmap, domains, overwrite } = raw;
    let kind = mode.as_ref().map_or(RawIdentityMode::Keep, |mode| *mode.get_ref());
    if let Some(text) = mailmap.as_ref().filter(|_| kind != RawIdentityMode::Mailmap) {
        return Err(belongs(source, text, "mailmap", "mailmap"));
    }
    if let Some(list) = domains.as_ref().filter(|_| kind != RawIdentityMode::AllowDomains) {
        return Err(belongs(source, list, "domains", "allow-domains"));
    }
    if let Some(text) = overwrite.as_ref().filter(|_| kind != RawIdentityMode::Overwrite) {
        return Err(belongs(source, text, "overwrite", "overwrite"));
    }
    match kind {
        RawIdentityMode::Keep => Ok(IdentityMode::Keep),
        RawIdentityMode::Mailmap => mailmap_path(source, mailmap.as_ref()),
        RawIdentityMode::AllowDomains => match domains {
            Some(list) => allow_domains(source, list),
            None => Err(needs(source, mode, "allow-domains", "domains")),
        },
        RawIdentityMode::Overwrite => match overwrite {
            Some(text) => person(source, text),
            None => Err(needs(source, mode, "overwrite", "overwrite")),
        },
    }
}

fn mailmap_path(source: Source<'_>, text: Option<&Text>) -> Result<IdentityMode, ManifestError> {
    match text {
        None => Ok(IdentityMode::Mailmap(DEFAULT_MAILMAP.to_owned())),
        Some(text) => match path(source, text)? {
            "" => Err(source.error(text.span(), "`mailmap` must name a file")),
            path => Ok(IdentityMode::Mailmap(path.to_owned())),
        },
    }
}

/// Domains in lower case, in order and once each: so the same wish is equal to
/// itself, however it was written.
fn allow_domains(
    source: Source<'_>,
    list: &Spanned<Vec<Text>>,
) -> Result<IdentityMode, ManifestError> {
    if list.get_ref().is_empty() {
        return Err(source.error(list.span(), "`domains` must list at least one domain"));
    }
    let domain = |text: &Text| {
        let domain = text.get_ref().to_lowercase();
        let named = domain.split('.').all(|label| !label.is_empty());
        if named && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')) {
            Ok(domain)
        } else {
            let message =
                format!("`{}` is no domain, expected one such as `acme.example`", text.get_ref());
            Err(source.error(text.span(), message))
        }
    };
    let mut domains = list.get_ref().iter().map(domain).collect::<Result<Vec<_>, _>>()?;
    domains.sort_unstable();
    domains.dedup();
    Ok(IdentityMode::AllowDomains(domains))
}

/// `Name <mail>`, as git writes it into a commit.
fn person(source: Source<'_>, text: &Text) -> Result<IdentityMode, ManifestError> {
    let whole = text.get_ref().as_str();
    let is_part = |part: &str| {
        !part.is_empty()
            && part == part.trim()
            && !part.contains(['<', '>'])
            && !part.chars().any(char::is_control)
    };
    let parts = whole.strip_suffix('>').and_then(|rest| rest.split_once(" <"));
    match parts {
        Some((name, mail)) if is_part(name) && is_part(mail) => {
            Ok(IdentityMode::Overwrite(whole.to_owned()))
        }
        Some(_) | None => {
            let message = format!("`{whole}` is not of the form `Name <mail>`");
            Err(source.error(text.span(), message))
        }
    }
}

/// The error for a mode without the key that it reads.
fn needs<T>(source: Source<'_>, mode: &Option<Spanned<T>>, name: &str, key: &str) -> ManifestError {
    let span = mode.as_ref().map_or(0..0, Spanned::span);
    source.error(span, format!("`mode = \"{name}\"` needs the key `{key}` beside it"))
}

/// The error for a key without the mode that reads it.
fn belongs<T>(source: Source<'_>, value: &Spanned<T>, key: &str, mode: &str) -> ManifestError {
    source.error(value.span(), format!("`{key}` is only read with `mode = \"{mode}\"`"))
}
