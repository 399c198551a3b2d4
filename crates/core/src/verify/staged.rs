// SPDX-License-Identifier: Apache-2.0
//! A staging store before a push: every new image made again, every object
//! accounted for, every ref on its way forward.

use repo_sync_shared::{Audit, ObjectId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::{Claims, RefClaim};
use super::judge::{Judge, Take, finding};
use super::shares::judge_all;
use super::stop::Stop;
use super::store::{Held, StoreView};
use super::{Verdict, packed, settled};
use crate::error::RunError;
use crate::git::Objects;
use crate::object::Kind;
use crate::progress::{Phase, Progress};

/// Audits a store from which the claimed refs are to be pushed.
///
/// What is new to the mirror is made again from the private side, and must lie in
/// the store; what else lies there must be public already.
///
/// # Errors
/// Disk or git failed, an object cannot be read, the user stopped the run. Whatever
/// the two sides do not agree on is no error but a finding.
pub fn audit_store(
    claims: &Claims,
    objects: &Objects<'_>,
    store: &StoreView<'_>,
    progress: &dyn Progress,
) -> Result<Verdict, RunError> {
    progress.start(Phase::Verify, None);
    let verdict = settled(audit(claims, objects, store, progress));
    progress.finish(Phase::Verify);
    verdict
}

fn audit(
    claims: &Claims,
    objects: &Objects<'_>,
    store: &StoreView<'_>,
    progress: &dyn Progress,
) -> Result<Verdict, Stop> {
    let held = read(store, progress)?;
    // Most of a long history is behind what is published, and says nothing of what is
    // new. Only where the two sides agree is that the end of it.
    if let Some((narrow, first)) = claims.narrowed() {
        match judge(&narrow, Some(first), objects, &held, store, progress) {
            Ok(judged) => {
                let verdict = conclude(claims, judged, &held, store)?;
                if verdict.findings.is_empty() {
                    return Ok(verdict);
                }
            }
            Err(Stop::Run(err)) => return Err(Stop::Run(err)),
            Err(Stop::Narrow | Stop::Unsound(_)) => {}
        }
    }
    let judged = judge(claims, None, objects, &held, store, progress)?;
    conclude(claims, judged, &held, store)
}

/// Adds what is to say of the store.
fn conclude(
    claims: &Claims,
    (mut judge, judged): (Judge<'_>, u64),
    held: &Holdings,
    store: &StoreView<'_>,
) -> Result<Verdict, Stop> {
    let audit = Audit {
        objects: held.objects.len() as u64,
        bytes: held.bytes,
        commits: judged,
        refs: claims.updates.len() as u64,
        waivers: judge.settings.waivers,
        skipped: 0,
    };
    account(&mut judge, held);
    for fault in store.faults() {
        judge.disagree(None, None, fault);
    }
    for (name, _) in store.refs()? {
        let name = repo_sync_shared::escape_bytes(&name);
        judge.disagree(None, None, format!("the store has a ref `{name}`"));
    }
    Ok(Verdict { audit, findings: judge.findings, ..Verdict::default() })
}

/// Judges all that is new, and how many commits that were. `first` is the image of the
/// first commit, if that stands for all that is behind it.
fn judge<'r>(
    claims: &Claims,
    first: Option<&[u8]>,
    objects: &'r Objects<'r>,
    held: &Holdings,
    store: &StoreView<'_>,
    progress: &dyn Progress,
) -> Result<(Judge<'r>, u64), Stop> {
    let mut judge = Judge::new(objects, claims, first.is_some(), progress)?;
    let public = judge.images.behind(&claims.seen, &judge.beyond);
    let tags = refs(&mut judge, claims)?;
    let expected = expected(&judge, claims, &tags, &public);

    // What the mirror has comes first: it need not be in the store.
    let bases: FxHashSet<ObjectId> =
        judge.settings.seams.iter().filter_map(|seam| Some(seam.public?.0)).collect();
    for commit in held.commits() {
        if let Some(image) = judge.images.number(commit)
            && public[image as usize]
        {
            judge.take_as_public(image)?;
        }
        if bases.contains(&commit) {
            judge.before.insert(commit);
            judge.before.extend(store.listed(commit)?);
        } else if first.is_some() && judge.images.number(commit).is_none() {
            return Err(Stop::Narrow);
        }
    }
    let to_judge = commits_to_judge(&judge, claims, &public);
    for &commit in &to_judge {
        for image in judge.images.parents(&judge.history, commit) {
            if public[image as usize] {
                judge.take_as_public(image)?;
            }
        }
    }
    if let Some(image) = first {
        judge.prove_first(image)?;
        // What is public is judged here as well: the ids show that it stands on the first.
        let settled: FxHashSet<u32> = to_judge.iter().copied().collect();
        for commit in judge.history.numbers().skip(1).filter(|one| !settled.contains(one)) {
            judge.judge(commit, Take::Nothing)?;
        }
    }
    let how = |id: ObjectId| if expected.contains_key(&id) { Take::New } else { Take::Nothing };
    judge_all(&mut judge, claims, &to_judge, &how, progress)?;
    judge.wanted.extend(expected);
    Ok((judge, to_judge.len() as u64))
}

/// The private commits whose images nobody has judged yet: what the planned refs
/// reach, but for what led to an image that is public.
fn commits_to_judge(judge: &Judge<'_>, claims: &Claims, public: &[bool]) -> Vec<u32> {
    let history = &judge.history;
    let mut settled = vec![false; history.graph.len()];
    for commit in history.numbers().rev() {
        let own = judge.images.own(commit);
        settled[commit as usize] |= own.is_some_and(|image| public[image as usize]);
        // What a seam settles, or what is withheld, says nothing of its parents.
        if settled[commit as usize] && !judge.is_set_aside(commit) {
            for &parent in history.parents(commit) {
                settled[parent as usize] = true;
            }
        }
        settled[commit as usize] &= own.is_none_or(|image| public[image as usize]);
    }
    let sources = claims.updates.iter().filter_map(|update| history.number(update.source));
    // A tag object leads to a commit that a planned branch reaches.
    let planned = claims.branches.iter().filter_map(|(_, tip)| history.number(tip.id()));
    let planned = planned.filter(|_| claims.updates.iter().any(|one| is_tag(&one.name)));
    let reached = history.graph.behind(sources.chain(planned));
    history.numbers().filter(|&one| reached[one as usize] && !settled[one as usize]).collect()
}

fn is_tag(name: &[u8]) -> bool {
    name.starts_with(b"refs/tags/")
}

/// The new commits and tags that the store must hold.
fn expected(
    judge: &Judge<'_>,
    claims: &Claims,
    tags: &[(ObjectId, ObjectId)],
    public: &[bool],
) -> FxHashMap<ObjectId, Kind> {
    let images = &judge.images;
    let branches = claims.updates.iter().filter_map(|update| images.number(update.new));
    let tagged = tags.iter().filter_map(|(_, commit)| images.number(*commit));
    let behind = images.graph.behind(branches.chain(tagged));
    let new =
        (0..).zip(behind.iter().zip(public)).filter(|(_, (behind, public))| **behind && !**public);
    let commits = new
        .map(|(image, _)| images.id(image))
        // The public commit of a seam is the mirror's own.
        .filter(|id| {
            !judge
                .settings
                .seams
                .iter()
                .any(|seam| seam.public.is_some_and(|(public, _)| public == *id))
        })
        .map(|id| (id, Kind::Commit));
    let tags = tags.iter().filter(|(tag, commit)| tag != commit);
    commits.chain(tags.map(|(tag, _)| (*tag, Kind::Tag))).collect()
}

/// Looks at every ref that is to be moved; the tags among them, each with the
/// image that it leads to.
fn refs(judge: &mut Judge<'_>, claims: &Claims) -> Result<Vec<(ObjectId, ObjectId)>, Stop> {
    let mut tags = Vec::new();
    for update in &claims.updates {
        let fault = match (
            update.name.strip_prefix(b"refs/heads/"),
            update.name.strip_prefix(b"refs/tags/"),
        ) {
            (Some(name), _) => branch(judge, claims, update, name),
            (None, Some(name)) => {
                let tag = judge.tag(name, update.source)?;
                tags.extend(tag.as_ref().map(|tag| (tag.names, tag.commit)));
                let found = tag.as_ref().map(|tag| tag.names);
                if let Some(message) = tag.and_then(|tag| tag.message) {
                    judge.look_for_private_ids(None, &message);
                }
                tag_fault(judge, claims, update, name, found)
            }
            (None, None) => Some("it is neither a branch nor a tag".to_owned()),
        };
        if let Some(fault) = fault {
            let name = repo_sync_shared::escape_bytes(&update.name);
            judge.disagree(None, None, format!("`{name}` is to move to {}: {fault}", update.new));
        }
    }
    Ok(tags)
}

fn branch(judge: &Judge<'_>, claims: &Claims, update: &RefClaim, name: &[u8]) -> Option<String> {
    let (history, images) = (&judge.history, &judge.images);
    if !judge.settings.lists_branch(name) {
        return Some("the manifest lists no such branch".to_owned());
    }
    let tip = claims.branches.iter().find(|(known, _)| known.as_bytes() == name);
    let tip = tip.and_then(|(_, tip)| history.number(tip.id()));
    let source = history.number(update.source);
    let (Some(tip), Some(source)) = (tip, source) else {
        return Some("there is no such private branch".to_owned());
    };
    if !history.graph.reaches(tip, source) {
        return Some(format!("private commit {} is not on that branch", update.source));
    }
    let image = images.of(source).map(|image| images.id(image));
    if image != Some(update.new) {
        return Some(format!("{} is no image of private commit {}", update.new, update.source));
    }
    let expected = update.expected?;
    (!images.descends(update.new, expected, &judge.beyond))
        .then(|| format!("that does not descend from {expected}, where it stands"))
}

fn tag_fault(
    judge: &Judge<'_>,
    claims: &Claims,
    update: &RefClaim,
    name: &[u8],
    found: Option<ObjectId>,
) -> Option<String> {
    if !judge.settings.lists_tag(name) {
        return Some("the manifest lists no such tag".to_owned());
    }
    if !claims.tags.iter().any(|(known, target)| known == name && *target == update.source) {
        return Some("there is no such private tag".to_owned());
    }
    match (found, update.expected) {
        (None, _) => Some("its commit has no image".to_owned()),
        (Some(found), _) if found != update.new => Some(format!("the verifier makes it {found}")),
        (Some(_), Some(_)) => Some("a public tag never moves".to_owned()),
        (Some(_), None) => None,
    }
}

/// What a store holds.
#[derive(Default)]
struct Holdings {
    objects: Vec<(ObjectId, Kind)>,
    bytes: u64,
    faults: Vec<String>,
}

impl Holdings {
    fn commits(&self) -> impl Iterator<Item = ObjectId> {
        let commits = self.objects.iter().filter(|(_, kind)| *kind == Kind::Commit);
        commits.map(|(id, _)| *id)
    }
}

fn read(store: &StoreView<'_>, progress: &dyn Progress) -> Result<Holdings, Stop> {
    let mut holdings = Holdings::default();
    if let Some(read) = packed::read_all(store.path, progress)? {
        holdings.bytes = read.iter().map(|(_, _, size)| size).sum();
        holdings.objects = read.into_iter().map(|(id, kind, _)| (id, kind)).collect();
        return Ok(holdings);
    }
    store.read_all(progress, |held| {
        let Held { id, kind, size, hashed, .. } = held;
        holdings.objects.push((id, kind));
        holdings.bytes += size;
        if hashed != id {
            holdings.faults.push(format!("{kind} {id} in the store hashes to {hashed}"));
        }
    })?;
    Ok(holdings)
}

/// All that is wanted is in the store, and nothing else.
fn account(judge: &mut Judge<'_>, held: &Holdings) {
    let (wanted, before) = (&judge.wanted, &judge.before);
    let mut faults = held.faults.clone();
    for &(id, kind) in &held.objects {
        match wanted.get(&id) {
            Some(expected) if *expected == kind => {}
            Some(expected) => {
                faults.push(format!("{id} is a {kind}, but its place asks for a {expected}"));
            }
            None if before.contains(&id) => {}
            None => {
                faults
                    .push(format!("{kind} {id} lies in the store, and nothing public explains it"));
            }
        }
    }
    let found: FxHashSet<ObjectId> = held.objects.iter().map(|(id, _)| *id).collect();
    let mut missing: Vec<_> = wanted.iter().filter(|(id, _)| !found.contains(id)).collect();
    missing.sort_unstable_by_key(|(id, _)| **id);
    faults.extend(missing.iter().map(|(id, kind)| format!("{kind} {id} is not in the store")));
    judge.findings.extend(faults.into_iter().map(|fault| finding(None, None, fault)));
}
