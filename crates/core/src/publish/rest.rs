// SPDX-License-Identifier: Apache-2.0
//! Whether anything happened since a run found nothing to publish.
//!
//! Such a run notes a digest of all that it went by: the policy, the private refs, what the
//! mirror shows, the day. If a later one begins with the same, it ends the same way, and
//! need not walk the history to say so. The note can only keep a run from publishing:
//! no check and no verifier is asked where nothing is sent, and none goes by it.

use std::fs;
use std::path::PathBuf;

use repo_sync_shared::{Counts, ObjectId, Outcome, RefReport, Report};
use sha2::{Digest as _, Sha256};

use super::{SyncRequest, read_refs};
use crate::canary;
use crate::error::RunError;
use crate::git::{Objects, PrivateRepo, RemoteRefs};
use crate::hex::hex;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::replay::ALGORITHM;
use crate::session::Session;

/// The report of a run that has nothing to do because nothing has changed since one that had
/// nothing to do; `None` if that is not known.
///
/// # Errors
/// The manifest of the policy tip cannot be read any more.
pub fn nothing_new(
    repo: &PrivateRepo,
    objects: &Objects<'_>,
    policy: &Policy,
    request: &SyncRequest<'_>,
    progress: &dyn Progress,
) -> Result<Option<Report>, RunError> {
    let Some(note) = fs::read_to_string(file(repo, policy)).ok().and_then(|it| Note::parse(&it))
    else {
        return Ok(None);
    };
    let local = inputs(repo, policy, request);
    if note.local != hex(&local.clone().finalize()) || repo.is_grafted() {
        return Ok(None);
    }
    // What cannot be read is the run's to tell.
    let Ok(remote) = read_refs(request, progress) else { return Ok(None) };
    if note.all != hex(&with_remote(local, &remote).finalize())
        || !canary::probe(objects, policy)?.is_empty()
    {
        return Ok(None);
    }
    let mut report = Report::new("sync", Outcome::UpToDate);
    report.mirror = Some(policy.mirror.name.clone());
    report.refs = note.refs;
    report.counts = note.counts;
    Ok(Some(report))
}

/// Notes that a plan found nothing to publish, and nothing to say.
pub(super) fn remember(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    plan: &Plan,
    remote: &RemoteRefs,
) {
    let report = plan.report("sync", &session.policy.mirror.name);
    let is_quiet =
        report.warnings.is_empty() && report.refusals.is_empty() && report.foreign.is_empty();
    if report.outcome != Outcome::UpToDate || !is_quiet {
        return;
    }
    let local = inputs(session.repo, &session.policy, request);
    let note = Note {
        local: hex(&local.clone().finalize()),
        all: hex(&with_remote(local, remote).finalize()),
        counts: report.counts,
        refs: report.refs,
    };
    let file = file(session.repo, &session.policy);
    // Without it the next run takes longer; nothing else depends on it.
    let _ = file.parent().map(fs::create_dir_all);
    let _ = fs::write(file, note.text());
}

fn file(repo: &PrivateRepo, policy: &Policy) -> PathBuf {
    repo.kept_of(&policy.mirror.name).join("rest")
}

/// All that a run goes by on this side.
fn inputs(repo: &PrivateRepo, policy: &Policy, request: &SyncRequest<'_>) -> Sha256 {
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(&ALGORITHM.to_le_bytes());
    add(policy.mirror.name.as_bytes());
    add(policy.tip.id().as_bytes());
    let stand_in = policy.stand_in.as_ref();
    add(&stand_in.map(|file| [b"+", &file.text[..]].concat()).unwrap_or_default());
    add(request.address.to_string().as_bytes());
    add(&request.rev.map(|rev| format!("+{rev}")).unwrap_or_default().into_bytes());
    add(&request
        .rev
        .and_then(|rev| repo.rev(rev).ok())
        .map_or(vec![], |it| it.id().to_hex().into()));
    add(&[u8::from(request.local)]);
    add(format!("{:?}", request.today).as_bytes());
    let mut refs: Vec<(Vec<u8>, ObjectId)> =
        policy.branches.iter().map(|it| (it.name.clone().into(), it.tip.id())).collect();
    refs.push((Vec::new(), ObjectId::NULL));
    refs.extend(repo.tags().into_iter().map(|tag| (tag.name, tag.target)));
    refs.push((Vec::new(), ObjectId::NULL));
    let mut shallow: Vec<ObjectId> = repo.shallow().into_iter().collect();
    shallow.sort_unstable();
    refs.extend(shallow.into_iter().map(|id| (Vec::new(), id)));
    for (name, id) in refs {
        add(&name);
        add(id.as_bytes());
    }
    digest
}

/// The same, and what the mirror shows.
fn with_remote(mut digest: Sha256, remote: &RemoteRefs) -> Sha256 {
    for (name, id) in remote.iter() {
        digest.update((name.len() as u64).to_le_bytes());
        digest.update(name);
        digest.update(id.as_bytes());
    }
    digest
}

/// What such a run went by, and what it reported.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    /// A digest of what it went by on this side.
    local: String,
    /// And with what the mirror showed.
    all: String,
    counts: Counts,
    refs: Vec<RefReport>,
}

impl Note {
    /// The two digests; the counts and how many refs there are; and a line for each ref: what
    /// it names, what it should name, its name.
    fn text(&self) -> String {
        let Counts { private_commits, published, dropped, already_public } = self.counts;
        let id = |id: Option<ObjectId>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let refs = self.refs.iter();
        let refs = refs.map(|it| format!("{} {} {}\n", id(it.expected), id(it.new), it.name));
        format!(
            "{} {}\n{private_commits} {published} {dropped} {already_public} {}\n{}",
            self.local,
            self.all,
            self.refs.len(),
            refs.collect::<String>()
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (local, all) = lines.next()?.split_once(' ')?;
        let numbers: Vec<u64> =
            lines.next()?.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let &[private_commits, published, dropped, already_public, count] = &numbers[..] else {
            return None;
        };
        let id = |word: &str| match word {
            "-" => Some(None),
            id => id.parse().ok().map(Some),
        };
        let a_ref = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let (expected, new) = (id(words.next()?)?, id(words.next()?)?);
            Some(RefReport { name: words.next()?.to_owned(), expected, new })
        };
        let refs: Vec<_> = lines.map(a_ref).collect::<Option<_>>()?;
        let is_whole = refs.len() as u64 == count && text.ends_with('\n');
        let counts = Counts { private_commits, published, dropped, already_public };
        let note = Self { local: local.to_owned(), all: all.to_owned(), counts, refs };
        is_whole.then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let note = Note {
            local: "a".repeat(64),
            all: "b".repeat(64),
            counts: Counts { private_commits: 4, published: 0, dropped: 1, already_public: 3 },
            refs: vec![
                RefReport {
                    name: "refs/heads/a b".to_owned(),
                    expected: Some(ObjectId::EMPTY_TREE),
                    new: Some(ObjectId::EMPTY_TREE),
                },
                RefReport { name: "refs/heads/none".to_owned(), expected: None, new: None },
            ],
        };
        let text = note.text();
        assert_eq!(Note::parse(&text).as_ref(), Some(&note));
        for cut in 0..text.len() {
            assert_eq!(Note::parse(&text[..cut]), None, "{cut} bytes");
        }
        for wrong in
            ["", "a\n", "a b\n1 2 3 4\n", "a b\n1 2 3 4 x\n", "a b\n1 2 3 4 1\nrefs/heads/x\n"]
        {
            assert_eq!(Note::parse(wrong), None, "{wrong}");
        }
    }
}
