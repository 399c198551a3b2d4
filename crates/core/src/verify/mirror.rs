// SPDX-License-Identifier: Apache-2.0
//! A mirror, audited from outside on a copy of it: every ref, every object.

use repo_sync_shared::{Audit, Check, Finding, ObjectId, PublicCommit, escape_bytes};
use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::Claims;
use super::judge::{Judge, Take, finding};
use super::object::Headed;
use super::shares::judge_all;
use super::stop::Stop;
use super::store::{Held, StoreView};
use super::{Verdict, settled};
use crate::error::RunError;
use crate::git::Objects;
use crate::object::Kind;
use crate::progress::{Phase, Progress};

/// Audits a copy of a mirror. Its refs are those of the mirror, under their own
/// names; those that `claims` does not list are looked at only for objects that are
/// private.
///
/// # Errors
/// Disk or git failed, an object cannot be read, the user stopped the run. Whatever
/// the two sides do not agree on is no error but a finding.
pub fn audit_mirror(
    claims: &Claims,
    objects: &Objects<'_>,
    copy: &StoreView<'_>,
    progress: &dyn Progress,
) -> Result<Verdict, RunError> {
    progress.start(Phase::Verify, None);
    let verdict = settled(audit(claims, objects, copy, progress));
    progress.finish(Phase::Verify);
    verdict
}

fn audit(
    claims: &Claims,
    objects: &Objects<'_>,
    copy: &StoreView<'_>,
    progress: &dyn Progress,
) -> Result<Verdict, Stop> {
    let mut judge = Judge::new(objects, claims, false, progress)?;
    let commits: FxHashSet<ObjectId> = copy.commits()?.into_iter().collect();
    let judged = judge_shown(&mut judge, claims, &commits, progress)?;
    let refs = copy.refs()?;
    let mut audit = Audit {
        commits: judged,
        refs: refs.len() as u64,
        waivers: judge.settings.waivers,
        ..Audit::default()
    };
    let mut warnings = Vec::new();
    tags(&mut judge, claims, &refs, &mut warnings)?;
    let unexplained = read(&judge, copy, &mut audit, progress)?;
    let Unexplained { faults, objects: rest, texts } = unexplained;
    judge.findings.extend(faults.into_iter().map(|fault| finding(None, None, fault)));
    let foreign = explain(&mut judge, copy, &refs, rest, &texts, &mut warnings)?;
    let seen = claims.seen.iter().map(|(name, _)| name);
    let unlisted = seen.filter(|name| !is_listed(&judge, name) && !is_of_a_forge(name));
    let unlisted = unlisted.cloned().collect();
    Ok(Verdict { audit, findings: judge.findings, warnings, foreign, unlisted })
}

/// Judges every commit that the mirror shows an image of, and all before it.
fn judge_shown(
    judge: &mut Judge<'_>,
    claims: &Claims,
    commits: &FxHashSet<ObjectId>,
    progress: &dyn Progress,
) -> Result<u64, Stop> {
    let (history, images) = (&judge.history, &judge.images);
    let own = |commit| images.own(commit).map(|image| images.id(image));
    let shown: Vec<(u32, ObjectId)> = history
        .numbers()
        .filter_map(|commit| Some((commit, own(commit).filter(|id| commits.contains(id))?)))
        .collect();
    let behind = history.graph.behind(shown.iter().map(|(commit, _)| *commit));
    let behind: Vec<u32> = history.numbers().filter(|&one| behind[one as usize]).collect();
    let how = |id| if commits.contains(&id) { Take::Shown } else { Take::Nothing };
    judge_all(judge, claims, &behind, &how, progress)?;
    judge.wanted.extend(shown.into_iter().map(|(_, id)| (id, Kind::Commit)));
    Ok(behind.len() as u64)
}

/// Looks at the tags of the mirror that the manifest lists.
fn tags(
    judge: &mut Judge<'_>,
    claims: &Claims,
    refs: &[(Vec<u8>, ObjectId)],
    warnings: &mut Vec<Finding>,
) -> Result<(), Stop> {
    for (name, seen) in refs {
        let Some(short) = name.strip_prefix(b"refs/tags/") else { continue };
        if !judge.settings.lists_tag(short) {
            continue;
        }
        let private = claims.tags.iter().find(|(known, _)| known == short);
        let public = match private {
            Some((_, target)) => judge.tag(short, *target)?,
            None => None,
        };
        match public {
            Some(tag) if tag.names == *seen => {
                if tag.names != tag.commit {
                    judge.wanted.insert(tag.names, Kind::Tag);
                }
            }
            Some(_) | None => {
                let name = escape_bytes(short);
                let hint = format!(
                    "tag `{name}` stands at {seen} on the mirror, which the private tag does not explain"
                );
                warnings.push(Finding { check: Check::TagKept, ..finding(None, None, hint) });
            }
        }
    }
    Ok(())
}

/// What the copy holds beyond the images of ours.
#[derive(Default)]
struct Unexplained {
    faults: Vec<String>,
    objects: Vec<(ObjectId, Kind)>,
    /// Commits and tags among them.
    texts: FxHashMap<ObjectId, Vec<u8>>,
}

fn read(
    judge: &Judge<'_>,
    copy: &StoreView<'_>,
    audit: &mut Audit,
    progress: &dyn Progress,
) -> Result<Unexplained, Stop> {
    let mut unexplained = Unexplained::default();
    let mut found: FxHashSet<ObjectId> = FxHashSet::default();
    copy.read_all(progress, |held| {
        let Held { id, kind, size, hashed, text } = held;
        audit.objects += 1;
        audit.bytes += size;
        found.insert(id);
        match judge.wanted.get(&id) {
            _ if hashed != id => {
                unexplained.faults.push(format!("{kind} {id} on the mirror hashes to {hashed}"));
            }
            Some(expected) if *expected == kind => {}
            Some(expected) => {
                let fault = format!("{id} is a {kind}, but its place asks for a {expected}");
                unexplained.faults.push(fault);
            }
            None => {
                unexplained.objects.push((id, kind));
                unexplained.texts.extend(text.map(|text| (id, text)));
            }
        }
    })?;
    let mut missing: Vec<_> = judge.wanted.iter().filter(|(id, _)| !found.contains(id)).collect();
    missing.sort_unstable_by_key(|(id, _)| **id);
    let missing = missing.iter().map(|(id, kind)| format!("{kind} {id} is not on the mirror"));
    unexplained.faults.extend(missing);
    Ok(unexplained)
}

/// Finds out whose the rest is: of a history that a seam goes on from, foreign, of
/// refs that nobody lists, or a leak. Foreign commits come back.
fn explain(
    judge: &mut Judge<'_>,
    copy: &StoreView<'_>,
    refs: &[(Vec<u8>, ObjectId)],
    rest: Vec<(ObjectId, Kind)>,
    texts: &FxHashMap<ObjectId, Vec<u8>>,
    warnings: &mut Vec<Finding>,
) -> Result<Vec<PublicCommit>, Stop> {
    let bases: Vec<ObjectId> =
        judge.settings.seams.iter().filter_map(|seam| Some(seam.public?.0)).collect();
    let settled = behind(texts, bases.iter().copied());
    let (listed, others): (Vec<_>, Vec<_>) =
        refs.iter().partition(|(name, _)| is_listed(judge, name));
    let on_listed = behind(texts, listed.iter().map(|(_, id)| *id));
    let unlisted: FxHashSet<ObjectId> = others.iter().map(|(_, id)| *id).collect();
    let commits = || rest.iter().filter(|(_, kind)| *kind == Kind::Commit).map(|(id, _)| *id);
    let (before, others): (Vec<_>, Vec<_>) = commits().partition(|id| settled.contains(id));
    let before = reached(copy, &before)?;
    let unlisted = rest.iter().map(|(id, _)| *id).filter(|id| unlisted.contains(id));
    let theirs = reached(copy, &others.iter().copied().chain(unlisted).collect::<Vec<_>>())?;
    let foreign = others.iter().filter(|id| on_listed.contains(id));
    let foreign = foreign.map(|&id| PublicCommit::new(id)).collect();
    for (id, kind) in rest.into_iter().filter(|(id, _)| !before.contains(id)) {
        // Whoever brought it: what is private here was never theirs to show.
        let private = match kind {
            Kind::Commit => judge.history.number(id).is_some(),
            Kind::Tree => id != ObjectId::EMPTY_TREE && judge.history.objects.contains(id),
            Kind::Tag => judge.history.objects.contains(id),
            Kind::Blob => false,
        };
        if private {
            let what = "is the private repository's, and no image shows it";
            judge.disagree(None, None, format!("{kind} {id} {what}"));
        } else if kind == Kind::Tag {
            note_tag(texts.get(&id), id, warnings);
        } else if kind != Kind::Commit && !theirs.contains(&id) {
            let what = "lies on the mirror, and nothing public explains it";
            judge.disagree(None, None, format!("{kind} {id} {what}"));
        }
    }
    Ok(foreign)
}

fn is_listed(judge: &Judge<'_>, name: &[u8]) -> bool {
    match (name.strip_prefix(b"refs/heads/"), name.strip_prefix(b"refs/tags/")) {
        (Some(branch), _) => judge.settings.lists_branch(branch),
        (None, Some(tag)) => judge.settings.lists_tag(tag),
        (None, None) => false,
    }
}

/// Refs that a forge makes of itself, for pull requests and the like.
fn is_of_a_forge(name: &[u8]) -> bool {
    let prefixes = ["pull", "merge-requests", "changes", "keep-around"];
    prefixes.iter().any(|prefix| name.starts_with(format!("refs/{prefix}/").as_bytes()))
}

fn reached(copy: &StoreView<'_>, commits: &[ObjectId]) -> Result<FxHashSet<ObjectId>, Stop> {
    let ids = if commits.is_empty() { Vec::new() } else { copy.reached(commits)? };
    Ok(ids.into_iter().collect())
}

fn note_tag(text: Option<&Vec<u8>>, id: ObjectId, warnings: &mut Vec<Finding>) {
    let Some(text) = text else { return };
    let sound = Headed::read(text).is_ok_and(|read| {
        let mut names = read.names();
        names.all(|name| matches!(name, b"object" | b"type" | b"tag" | b"tagger"))
    });
    if !sound {
        let hint = format!("tag object {id} on the mirror has headers that no public tag has");
        warnings.push(Finding { check: Check::TagKept, ..finding(None, None, hint) });
    }
}

/// These commits and those behind them, as far as their texts are known; a tag
/// leads to what it names.
fn behind(
    texts: &FxHashMap<ObjectId, Vec<u8>>,
    from: impl Iterator<Item = ObjectId>,
) -> FxHashSet<ObjectId> {
    let mut met = FxHashSet::default();
    let mut open: Vec<ObjectId> = from.collect();
    while let Some(id) = open.pop() {
        if !met.insert(id) {
            continue;
        }
        let Some(read) = texts.get(&id).and_then(|text| Headed::read(text).ok()) else { continue };
        match read.links() {
            Ok((_, parents)) => open.extend(parents),
            Err(_) => open.extend(read.one("object").ok().flatten().and_then(ObjectId::from_hex)),
        }
    }
    met
}
