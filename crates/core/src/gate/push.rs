// SPDX-License-Identifier: Apache-2.0
//! A push by hand: whether it goes to a mirror, and whether it may.
//!
//! To a mirror goes only what a sync would send: an image of ours, forward, to the
//! branch it belongs to. Everything else is refused, whatever it is.

use repo_sync_shared::{
    Check, ObjectId, Outcome, PrivateCommit, PublicCommit, Report, escape_bytes,
};

use super::remember;
use crate::checks::{Subject, inspect};
use crate::error::RunError;
use crate::git::{Objects, PrivateRepo, Rewrites, same_place};
use crate::manifest::{Date, loose_mirrors};
use crate::plan::judge::policy_tip;
use crate::policy::{PolicySource, manifest_at};
use crate::progress::Progress;
use crate::report::{RawFinding, weigh};
use crate::session::{Session, SessionOptions};

/// One ref that git is about to push, as its hook is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedRef {
    /// What the user named, such as `refs/heads/main`, `HEAD~` or `(delete)`.
    pub local_name: Vec<u8>,
    /// The object that is pushed; the null id: the ref is deleted.
    pub local: ObjectId,
    /// The full name of the ref on the other side.
    pub remote_name: Vec<u8>,
    /// What it names there; the null id: it is not there.
    pub remote: ObjectId,
}

/// A line that is none of git's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {0} of the input is not `<local ref> <local id> <remote ref> <remote id>`")]
pub struct MalformedPush(pub usize);

impl PushedRef {
    /// Reads what git writes to its hook before a push
    /// (<https://git-scm.com/docs/githooks#_pre_push>).
    ///
    /// # Errors
    /// A line is none of git's.
    pub fn parse(input: &[u8]) -> Result<Vec<Self>, MalformedPush> {
        let Some(lines) = input.strip_suffix(b"\n") else {
            return if input.is_empty() { Ok(Vec::new()) } else { Err(MalformedPush(1)) };
        };
        let read = |(number, line): (usize, &[u8])| Self::line(line).ok_or(MalformedPush(number));
        (1..).zip(lines.split(|&b| b == b'\n')).map(read).collect()
    }

    /// From the right: what the user named may hold spaces.
    fn line(line: &[u8]) -> Option<Self> {
        // Git writes lower-case digits.
        let id = |hex: &[u8]| ObjectId::from_hex(hex).filter(|id| id.to_hex() == *hex);
        let mut words = line.rsplitn(4, |&b| b == b' ');
        let remote = id(words.next()?)?;
        let remote_name = words.next().filter(|name| name.starts_with(b"refs/"))?.to_vec();
        let local = id(words.next()?)?;
        let local_name = words.next().filter(|name| !name.is_empty())?.to_vec();
        Some(Self { local_name, local, remote_name, remote })
    }
}

/// The mirror that an address leads to, and where to read its policy, if it is one
/// of the manifest: of the commit at HEAD, of the main branch, or of a mirror's
/// first branch. Reads these manifests and nothing else.
///
/// # Errors
/// A commit or its manifest cannot be read.
pub fn mirror_at(
    repo: &PrivateRepo,
    objects: &Objects<'_>,
    options: &SessionOptions,
    url: &str,
    rewrites: &Rewrites,
) -> Result<Option<SessionOptions>, RunError> {
    let base = repo.work_dir().unwrap_or_else(|| repo.git_dir());
    let leads_to =
        |mirror: &str| rewrites.all(mirror).iter().any(|mirror| same_place(mirror, url, base));
    if let Some(file) = &options.policy.stand_in {
        let known = loose_mirrors(&file.text).into_iter().find(|it| leads_to(&it.url));
        return Ok(known.map(|it| SessionOptions { mirror: it.name, ..options.clone() }));
    }
    let mut open: Vec<_> = match &options.policy.rev {
        Some(rev) => vec![repo.rev(rev)?],
        None => {
            let branches = ["main", "HEAD"].into_iter().filter_map(|name| repo.branch(name));
            repo.head().ok().into_iter().chain(branches.map(|branch| branch.tip)).collect()
        }
    };
    let mut next = 0;
    while let Some(&commit) = open.get(next) {
        next += 1;
        if open[..next - 1].contains(&commit) {
            continue;
        }
        let text = match manifest_at(objects, commit) {
            Ok(text) => text,
            // No manifest there, or none that any command would read.
            Err(RunError::Usage(_)) => continue,
            Err(err) => return Err(err),
        };
        let mirrors = loose_mirrors(&text);
        if let Some(found) = mirrors.iter().find(|it| leads_to(&it.url)) {
            // Where HEAD says it, the policy is found in the usual way.
            let at_head = repo.head().ok() == Some(commit);
            let rev = (!at_head).then(|| commit.to_string());
            let rev = options.policy.rev.clone().or(rev);
            let policy = PolicySource { rev, ..options.policy.clone() };
            let mirror = found.name.clone();
            return Ok(Some(SessionOptions { policy, mirror, ..options.clone() }));
        }
        if options.policy.rev.is_none() {
            let first = mirrors.iter().filter_map(|it| repo.branch(it.first_branch.as_deref()?));
            open.extend(first.map(|branch| branch.tip));
        }
    }
    Ok(None)
}

/// Judges a push to the session's mirror.
///
/// # Errors
/// An object cannot be read, or the run was interrupted.
pub fn judge_push(
    session: &mut Session<'_>,
    pushed: &[PushedRef],
    today: Date,
    progress: &dyn Progress,
) -> Result<Report, RunError> {
    let mut found = Vec::new();
    let images = &session.replay.images;
    let mut public = vec![false; images.len()];
    let mut tips = Vec::new();
    for one in pushed {
        match may_move(session, one) {
            Ok((before, after)) => {
                tips.push(after);
                let behind = images.dag.ancestors(before);
                public.iter_mut().zip(behind).for_each(|(public, behind)| *public |= behind);
            }
            Err(finding) => found.push(finding),
        }
    }
    let wanted = images.dag.ancestors(tips);
    let is_new = |&image: &u32| {
        wanted[image as usize] && !public[image as usize] && images.source(image).is_some()
    };
    let new: Vec<u32> = images.numbers().filter(is_new).collect();
    if session.look_at(&new, progress)? {
        return judge_push(session, pushed, today, progress);
    }
    let images = &session.replay.images;
    if !new.is_empty() {
        // A sync would have looked at these first.
        let commits: Vec<_> = new.iter().filter_map(|&image| images.source(image)).collect();
        let of_new = |it: &&RawFinding| it.commit.is_some_and(|commit| commits.contains(&commit));
        found.extend(session.replay.findings.iter().filter(of_new).cloned());
        let tip = session.policy.mirror.shape.clone();
        policy_tip(session, &tip.rules, &new, &mut found)?;
        let subject = Subject { new: &new, public: &public, tags: &[], refs: &[] };
        found.extend(inspect(session, subject, progress)?);
    }
    remember(session, &public);
    let (mirror, history) = (&session.policy.mirror, &session.replay.history);
    let mut weighed = weigh(found, mirror, history, today);
    weighed.warnings.retain(|warning| warning.check != Check::WaiverUnused);
    let refused = !weighed.refusals.is_empty();
    let mut report =
        Report::new("check", if refused { Outcome::Refused } else { Outcome::Planned });
    report.mirror = Some(mirror.name.clone());
    report.refusals = weighed.refusals;
    report.warnings = weighed.warnings;
    Ok(report)
}

/// The images from and to which a ref would move, if it may.
fn may_move(session: &Session<'_>, pushed: &PushedRef) -> Result<(Option<u32>, u32), RawFinding> {
    let images = &session.replay.images;
    let history = &session.replay.history;
    let name = escape_bytes(&pushed.remote_name);
    let refuse = |why: String| RawFinding::new(Check::RawPush, format!("{why}; {WAY}"));
    if pushed.local == ObjectId::NULL {
        return Err(refuse(format!("`{name}` would be deleted, and nothing public is taken back")));
    }
    let Some(branch) = pushed.remote_name.strip_prefix(b"refs/heads/") else {
        return Err(refuse(format!("`{name}` is no branch")));
    };
    let listed = session.policy.branches.iter().find(|it| it.name.as_bytes() == branch);
    let Some(listed) = listed else {
        return Err(refuse(format!("the mirror does not list the branch `{name}`")));
    };
    let Some(image) = images.number(PublicCommit::new(pushed.local)) else {
        let private = PrivateCommit::new(pushed.local);
        let finding = refuse(format!("{} is no public commit of ours", pushed.local.short()));
        return Err(RawFinding { commit: history.number(private), ..finding });
    };
    let tip = history.number(listed.tip).and_then(|tip| images.of(tip));
    if !tip.is_some_and(|tip| images.dag.is_ancestor(image, tip)) {
        let short = pushed.local.short();
        return Err(refuse(format!("{short} is public, but not on the branch `{name}`")));
    }
    if pushed.remote == ObjectId::NULL {
        return Ok((None, image));
    }
    match images.number(PublicCommit::new(pushed.remote)) {
        Some(before) if images.dag.is_ancestor(before, image) => Ok((Some(before), image)),
        Some(_) => Err(refuse(format!("`{name}` would be moved back"))),
        None => Err(refuse(format!(
            "`{name}` stands at {}, which is not ours, and would be overwritten",
            pushed.remote.short()
        ))),
    }
}

const WAY: &str = "to a mirror, only `repo-sync sync` pushes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_hook_are_read() {
        let (a, z) = ("a".repeat(40), "0".repeat(40));
        let one = |text: String| PushedRef::parse(text.as_bytes()).map(|mut refs| refs.remove(0));
        let main = one(format!("refs/heads/main {a} refs/heads/main {z}\n"));
        assert_eq!(main.expect("it is one of git's").remote, ObjectId::NULL);
        let odd = one(format!("HEAD^{{/fix a bug}} {a} refs/heads/x {a}\n"));
        assert_eq!(odd.expect("a name may hold spaces").local_name, b"HEAD^{/fix a bug}");
        let gone = one(format!("(delete) {z} refs/heads/x {a}\n"));
        assert_eq!(gone.expect("a deletion").local, ObjectId::NULL);
        assert_eq!(PushedRef::parse(b""), Ok(Vec::new()));
        for (wrong, line) in [
            ("\n".to_owned(), 1),
            (format!("refs/heads/main {a} refs/heads/main {a}"), 1),
            (format!("refs/heads/main {a} refs/heads/main {a}\n\n"), 2),
            (format!("refs/heads/main {a} refs/heads/main\n"), 1),
            (format!("refs/heads/main {a} main {a}\n"), 1),
            (format!(" {a} refs/heads/main {a}\n"), 1),
            (format!("refs/heads/main {} refs/heads/main {a}\n", &a[1..]), 1),
            (format!("refs/heads/main {} refs/heads/main {a}\n", a.to_uppercase()), 1),
        ] {
            assert_eq!(PushedRef::parse(wrong.as_bytes()), Err(MalformedPush(line)), "{wrong}");
        }
    }
}
