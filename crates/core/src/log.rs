// SPDX-License-Identifier: Apache-2.0
//! Commits as a log shows them: a subject, an author, a day.

use repo_sync_shared::PrivateCommit;

use crate::error::RunError;
use crate::message::subject;
use crate::object::{Kind, MalformedCommit, RawCommit, committer_time};
use crate::policy::{ManifestEntry, manifest_entry};
use crate::replay::Replay;

/// What a log says of one commit. All of it is untrusted bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// The subject of its message, in one line.
    pub subject: Vec<u8>,
    /// The name of its author, without the mail address.
    pub author: Vec<u8>,
    /// When it was committed, in seconds since 1970, if it says so.
    pub time: Option<i64>,
    /// Whether it has several parents.
    pub merge: bool,
}

impl LogLine {
    fn parse(bytes: &[u8]) -> Result<Self, MalformedCommit> {
        let raw = RawCommit::parse(bytes)?;
        let name = raw.author.split(|&b| b == b'<').next().unwrap_or_default();
        Ok(Self {
            subject: raw.message.map(subject).unwrap_or_default(),
            author: name.trim_ascii_end().to_vec(),
            time: committer_time(raw.committer),
            merge: raw.parents.len() > 1,
        })
    }
}

/// The line of a private commit, by its number.
///
/// # Errors
/// The commit cannot be read any more.
pub fn private_line(replay: &Replay<'_>, commit: u32) -> Result<LogLine, RunError> {
    let id: PrivateCommit = replay.history.id(commit);
    let object = replay.objects().read(id.id(), Kind::Commit);
    let object = object.map_err(|err| RunError::unreadable(&err, Some(id), None))?;
    LogLine::parse(object.data()).map_err(|err| RunError::malformed_commit(id, &err))
}

/// The line of an image as the mirror shows it; `None` for one that a seam found
/// there.
///
/// # Errors
/// The private commit cannot be read any more.
pub fn public_line(replay: &mut Replay<'_>, image: u32) -> Result<Option<LogLine>, RunError> {
    let Some(bytes) = replay.commit_bytes(image)? else { return Ok(None) };
    let line = LogLine::parse(&bytes).expect("the replay writes sound commits");
    Ok(Some(line))
}

/// Whether the tree of a private commit has no manifest at all.
///
/// # Errors
/// The tree cannot be read any more.
pub fn lacks_manifest(replay: &Replay<'_>, commit: u32) -> Result<bool, RunError> {
    let root = replay.objects().read(replay.history.tree(commit).id(), Kind::Tree)?;
    Ok(manifest_entry(root.data()) == ManifestEntry::Absent)
}
