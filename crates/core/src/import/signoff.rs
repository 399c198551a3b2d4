// SPDX-License-Identifier: Apache-2.0
//! Whether each commit is signed off by its author, as the Developer Certificate of Origin
//! asks (<https://developercertificate.org>).

use repo_sync_shared::{Check, PublicCommit};

use super::finding;
use crate::error::RunError;
use crate::git::Objects;
use crate::message::trailers;
use crate::object::{Kind, RawCommit};

/// Refuses commits of which one has no `Signed-off-by` of its author.
pub(super) fn check(objects: &Objects<'_>, commits: &[PublicCommit]) -> Result<(), RunError> {
    let mut findings = Vec::new();
    for &commit in commits {
        let object = objects.read(commit.id(), Kind::Commit)?;
        let Ok(raw) = RawCommit::parse(object.data()) else { continue };
        let author = person(raw.author);
        let signed = trailers(raw.message.unwrap_or_default()).iter().any(|trailer| {
            trailer.key.eq_ignore_ascii_case(b"signed-off-by") && *trailer.value == *author
        });
        if !signed {
            let hint = "it has no `Signed-off-by:` of its author; `git commit --amend --signoff`, or \
                        `git rebase --signoff` for many";
            findings.push(finding(Check::ImportSignoff, commit, None, hint.to_owned()));
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(RunError::Refused(findings)) }
}

/// Who it is, without when.
fn person(who: &[u8]) -> &[u8] {
    let end = who.iter().rposition(|&byte| byte == b'>').map_or(who.len(), |at| at + 1);
    &who[..end]
}
