// SPDX-License-Identifier: Apache-2.0
//! `[[seam]]` and `[[withhold]]`: where histories join, and what stays behind.

use std::str::FromStr;

use repo_sync_shared::{InvalidId, PrivateCommit, PublicCommit, PublicTree};
use toml::Spanned;

use super::error::{ManifestError, Source};
use super::people::commit_message;
use super::raw::{RawSeam, RawWithhold, Text};

/// A commit of the private history that begins, or goes on with, a public one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seam {
    /// Settled up to here: this commit and its ancestors.
    pub private: PrivateCommit,
    /// What the mirror already has, with its tree; `None` for a new root.
    pub public: Option<(PublicCommit, PublicTree)>,
    /// The message of the commit that joins the two, without the newline at its end.
    pub message: String,
    /// The filtered tree that a person agreed to, although it is not the tree of
    /// `public`.
    pub accept: Option<PublicTree>,
    /// Where the manifest says so, from 1.
    pub line: u32,
}

/// The message of a seam that states none.
const DEFAULT_MESSAGE: &str = "Public snapshot";

/// A seam, and the mirror that it is for; all of them if `None`.
pub(super) fn seam(
    source: Source<'_>,
    raw: &Spanned<RawSeam>,
) -> Result<(Option<String>, Seam), ManifestError> {
    let line = source.line(raw.span().start);
    let RawSeam { private, public, public_tree, mirror, message, accept } = raw.get_ref();
    let public = match (public, public_tree) {
        (Some(public), Some(tree)) => Some((full_id(source, public)?, full_id(source, tree)?)),
        (None, None) => None,
        (Some(public), None) => {
            return Err(source.error(public.span(), "`public` needs `public-tree` beside it"));
        }
        (None, Some(tree)) => {
            return Err(source.error(tree.span(), "`public-tree` needs `public` beside it"));
        }
    };
    if let (None, Some(accept)) = (public, accept) {
        let message = "`accept` needs `public` beside it: a new root differs from nothing";
        return Err(source.error(accept.span(), message));
    }
    let message = match message {
        Some(message) => commit_message(source, message)?,
        None => DEFAULT_MESSAGE.to_owned(),
    };
    let seam = Seam {
        private: full_id(source, private)?,
        public,
        message,
        accept: accept.as_ref().map(|tree| full_id(source, tree)).transpose()?,
        line,
    };
    Ok((mirror.as_ref().map(|mirror| mirror.get_ref().clone()), seam))
}

/// Commits that have no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withhold {
    /// Which.
    pub commits: WithheldCommits,
    /// Why.
    pub reason: String,
    /// Where the manifest says so, from 1.
    pub line: u32,
}

/// The commits of a [`Withhold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithheldCommits {
    /// This one.
    One(PrivateCommit),
    /// `A..B`: those that the second reaches and the first does not.
    Range(PrivateCommit, PrivateCommit),
}

pub(super) fn withhold(
    source: Source<'_>,
    raw: &Spanned<RawWithhold>,
) -> Result<Withhold, ManifestError> {
    let RawWithhold { commits, reason } = raw.get_ref();
    let text = commits.get_ref();
    let id = |id: &str| {
        id.parse().map_err(|_: InvalidId| {
            let message = format!("`{text}` is neither a full commit id nor two with `..` between");
            source.error(commits.span(), message)
        })
    };
    let withheld = match text.split_once("..") {
        None => WithheldCommits::One(id(text)?),
        Some((from, to)) => WithheldCommits::Range(id(from)?, id(to)?),
    };
    Ok(Withhold {
        commits: withheld,
        reason: stated(source, reason)?,
        line: source.line(raw.span().start),
    })
}

/// A full id: a short one may name another object tomorrow.
pub(super) fn full_id<Id: FromStr<Err = InvalidId>>(
    source: Source<'_>,
    text: &Text,
) -> Result<Id, ManifestError> {
    text.get_ref().parse().map_err(|err: InvalidId| source.error(text.span(), err.to_string()))
}

/// A reason that says something.
pub(super) fn stated(source: Source<'_>, reason: &Text) -> Result<String, ManifestError> {
    match reason.get_ref().trim() {
        "" => Err(source.error(reason.span(), "`reason` must say why")),
        _ => Ok(reason.get_ref().clone()),
    }
}
