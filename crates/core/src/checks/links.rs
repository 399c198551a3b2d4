// SPDX-License-Identifier: Apache-2.0
//! Symbolic links: where they lead, in words alone.
//!
//! Each new link is followed twice: from its private place in the private tree, and,
//! where moves make a difference, from its public place in the public one. The words
//! of its target are followed component by component, through further links of the
//! same tree, and never by way of the file system.
//!
//! - What steps on a private path is `symlink-private`: on one that exists and is not
//!   public, or on one that the floor or an exclude rule names, whether it exists or
//!   not. The target is text that becomes public, and it names that path.
//! - What leaves the repository, or could on some system, is `symlink-escape`.
//! - What leads nowhere is no finding: links to what a build makes are common, and
//!   harmless unless that path comes to be private by the policy tip.

use std::collections::VecDeque;

use repo_sync_shared::{Check, ObjectId, escape_bytes};
use rustc_hash::FxHashSet;

use super::{Family, NewEntry};
use crate::error::RunError;
use crate::filter::{Standing, shows};
use crate::git::Objects;
use crate::object::{EntryKind, Kind};
use crate::paths::{Verdict, components};
use crate::report::RawFinding;
use crate::session::Session;

/// How many links are followed, as Linux does.
const MAX_LINKS: usize = 40;

/// The longest target that any system takes.
const MAX_TARGET: u64 = 4_096;

/// Collects links, and follows them when all was seen.
#[derive(Default)]
pub(super) struct Links {
    found: Vec<Link>,
}

/// A link in its place.
struct Link {
    private_path: Vec<u8>,
    public_path: Vec<u8>,
    id: ObjectId,
    commit: u32,
}

impl Family for Links {
    fn entry(&mut self, entry: &NewEntry<'_>, _found: &mut Vec<RawFinding>) {
        match entry.kind {
            EntryKind::Symlink => self.found.push(Link {
                private_path: entry.private_path.to_vec(),
                public_path: entry.public_path.to_vec(),
                id: entry.id,
                commit: entry.commit,
            }),
            EntryKind::Blob | EntryKind::Executable | EntryKind::Tree | EntryKind::Gitlink => {}
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        if found.iter().any(|finding| finding.check == Check::TreeDepth) {
            // Links beyond number, and refused for that.
            return Ok(());
        }
        let mut told = FxHashSet::default();
        for link in &self.found {
            let Some(fault) = link.fault(session)? else { continue };
            let (check, hint, rule) = fault.finding();
            if told.insert((&link.private_path, link.id, check)) {
                let finding = RawFinding::at(check, link.commit, hint);
                found.push(RawFinding {
                    object: Some(link.id),
                    rule,
                    ..finding.path(link.private_path.clone())
                });
            }
        }
        Ok(())
    }
}

/// What is wrong with a link.
enum Fault {
    /// It steps on this private path, by this rule if one names it.
    Private(Vec<u8>, Option<String>),
    /// It leaves the repository.
    Escape(&'static str),
}

impl Fault {
    fn finding(self) -> (Check, String, Option<String>) {
        match self {
            Self::Private(path, rule) => {
                let hint = format!(
                    "this link names `{}`, which is private; point it at something public, or \
                     exclude it",
                    escape_bytes(&path)
                );
                (Check::SymlinkPrivate, hint, rule)
            }
            Self::Escape(why) => {
                let hint = format!("this link {why}; point it at something public, or exclude it");
                (Check::SymlinkEscape, hint, None)
            }
        }
    }
}

impl Link {
    fn fault(&self, session: &mut Session<'_>) -> Result<Option<Fault>, RunError> {
        let Some(target) = target(session.replay.objects(), self.id)? else {
            return Ok(Some(Fault::Escape(TOO_LONG)));
        };
        let mut privately = |path: &[u8]| private_step(session, self.commit, path);
        let path = match follow(&self.private_path, &target, &mut privately)? {
            End::Fault(fault) => return Ok(Some(fault)),
            End::At(path) => path,
        };
        if let Some(fault) = came_later(session, self.commit, &path)? {
            return Ok(Some(fault));
        }
        if !session.replay.shape_of(self.commit).moves.is_empty() {
            let mut publicly = |path: &[u8]| public_step(session, self.commit, path);
            if let End::Fault(fault) = follow(&self.public_path, &target, &mut publicly)? {
                return Ok(Some(fault));
            }
        }
        Ok(odd(&target).map(Fault::Escape))
    }
}

const TOO_LONG: &str = "has a target that is too long for any system";

/// The words of a link; `None` if there are too many.
fn target(objects: &Objects<'_>, id: ObjectId) -> Result<Option<Vec<u8>>, RunError> {
    let (_, size) = objects.header(id)?;
    if size > MAX_TARGET {
        return Ok(None);
    }
    Ok(Some(objects.read(id, Kind::Blob)?.data().to_vec()))
}

/// Why systems could read a target in different ways, if they could.
fn odd(target: &[u8]) -> Option<&'static str> {
    if target.contains(&b'\\') {
        Some("has a backslash in its target, which separates names on some systems")
    } else if target.contains(&0) {
        Some("has a NUL in its target, where systems cut it off")
    } else {
        None
    }
}

/// What a link meets on its way.
enum Step {
    Fault(Fault),
    /// Another link, with this target.
    Link(Vec<u8>),
    Other,
}

/// Where a link leads.
enum End {
    Fault(Fault),
    At(Vec<u8>),
}

/// Follows `target` from the directory of `link`; `step` says what stands at each
/// path on the way.
fn follow(
    link: &[u8],
    target: &[u8],
    step: &mut dyn FnMut(&[u8]) -> Result<Step, RunError>,
) -> Result<End, RunError> {
    let escape = |why| Ok(End::Fault(Fault::Escape(why)));
    let mut at: Vec<Vec<u8>> = components(link).map(<[u8]>::to_vec).collect();
    let mut ahead = VecDeque::new();
    let mut next = target.to_vec();
    for _ in 0..MAX_LINKS {
        if is_absolute(&next) {
            return escape("leads to an absolute path");
        }
        // A link gives way to its target.
        at.pop();
        for name in names(&next).rev() {
            ahead.push_front(name.to_vec());
        }
        loop {
            let Some(name) = ahead.pop_front() else { return Ok(End::At(at.join(&b'/'))) };
            if name == b".." {
                if at.pop().is_none() {
                    return escape("leads out of the repository");
                }
                continue;
            }
            at.push(name);
            match step(&at.join(&b'/'))? {
                Step::Fault(fault) => return Ok(End::Fault(fault)),
                Step::Other => {}
                Step::Link(target) => {
                    next = target;
                    break;
                }
            }
        }
    }
    escape("leads through more links than any system follows")
}

/// The names in a target, as the most generous system reads it.
fn names(target: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let end = memchr::memchr(0, target).unwrap_or(target.len());
    let names = target[..end].split(|byte| matches!(byte, b'/' | b'\\'));
    names.filter(|name| !name.is_empty() && *name != b".")
}

/// Whether a target begins at a root: `/`, `\\`, `C:\\`.
fn is_absolute(target: &[u8]) -> bool {
    match target {
        [b'/' | b'\\', ..] => true,
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => {
            matches!(rest.first(), None | Some(b'/' | b'\\'))
        }
        _ => false,
    }
}

/// What a link meets at a path of the private tree.
fn private_step(session: &mut Session<'_>, commit: u32, path: &[u8]) -> Result<Step, RunError> {
    if let Some(rule) = denied(session, commit, path) {
        return Ok(Step::Fault(Fault::Private(path.to_vec(), Some(rule))));
    }
    match standing(session, commit, path)? {
        Standing::Private => Ok(Step::Fault(Fault::Private(path.to_vec(), None))),
        Standing::Absent => Ok(Step::Other),
        Standing::Public(kind, id) => link_step(session, kind, id),
    }
}

/// What a link meets at a path of the public tree. One that is not there may name a
/// private path all the same.
fn public_step(session: &mut Session<'_>, commit: u32, path: &[u8]) -> Result<Step, RunError> {
    let replay = &mut session.replay;
    let image = replay.images.own(commit).expect("what brings a new entry has an image");
    let Some(shown) = replay.shown(image)? else { return Ok(Step::Other) };
    let found =
        shows(replay.filters(), &shown, path).map_err(|err| replay.unfiltered(&err, commit))?;
    match found {
        Some((kind, id)) => link_step(session, kind, id),
        None => match private_step(session, commit, path)? {
            fault @ Step::Fault(_) => Ok(fault),
            Step::Link(_) | Step::Other => Ok(Step::Other),
        },
    }
}

fn link_step(session: &Session<'_>, kind: EntryKind, id: ObjectId) -> Result<Step, RunError> {
    match kind {
        EntryKind::Symlink => Ok(match target(session.replay.objects(), id)? {
            Some(target) => Step::Link(target),
            None => Step::Fault(Fault::Escape(TOO_LONG)),
        }),
        EntryKind::Blob | EntryKind::Executable | EntryKind::Tree | EntryKind::Gitlink => {
            Ok(Step::Other)
        }
    }
}

/// The rule that makes a path private, there or not: one of the commit's own, or one
/// of the floor at the policy tip.
fn denied(session: &Session<'_>, commit: u32, path: &[u8]) -> Option<String> {
    let own = session.replay.shape_in_force(commit)?;
    let rule = match own.rules.verdict(path) {
        Verdict::Floor(rule) | Verdict::Excluded(rule) => Some(rule),
        Verdict::Public(_) | Verdict::Unlisted => {
            session.policy.mirror.shape.rules.floor_rule(path)
        }
    };
    rule.map(ToString::to_string)
}

fn standing(session: &mut Session<'_>, commit: u32, path: &[u8]) -> Result<Standing, RunError> {
    let tree = session.replay.history.tree(commit);
    match session.replay.filter_of(commit) {
        Some(filter) => filter.standing(tree, path),
        None => Ok(Standing::Absent),
    }
}

/// Whether a path that was not there when the link was made is private by now.
fn came_later(
    session: &mut Session<'_>,
    commit: u32,
    path: &[u8],
) -> Result<Option<Fault>, RunError> {
    let Some(tip) = session.replay.history.number(session.policy.tip) else { return Ok(None) };
    if standing(session, commit, path)? != Standing::Absent {
        return Ok(None);
    }
    let ends = path.iter().enumerate().filter(|&(_, &byte)| byte == b'/').map(|(at, _)| at);
    for end in ends.chain([path.len()]) {
        let step = &path[..end];
        // What was there then was judged as it was then.
        if standing(session, commit, step)? == Standing::Absent
            && let Step::Fault(fault) = private_step(session, tip, step)?
        {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}
