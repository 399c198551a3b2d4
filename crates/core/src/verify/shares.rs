// SPDX-License-Identifier: Apache-2.0
//! Many commits, judged on all cores. Each is judged by itself, so it does not matter by
//! whom: only what their images show, and what is wrong with them, is put together.

use std::num::NonZero;
use std::thread;

use repo_sync_shared::{Finding, ObjectId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::claims::Claims;
use super::judge::{Judge, Take};
use super::stop::Stop;
use crate::error::RunError;
use crate::git::Objects;
use crate::object::Kind;
use crate::progress::{Phase, Progress};

/// Fewer commits than these are not worth another reading of the history. Tests share a few.
const SHARE: usize = if cfg!(test) { 4 } else { 4_096 };

/// What is wanted of all that an image shows, by its id.
pub(super) type How<'h> = dyn Fn(ObjectId) -> Take + Sync + 'h;

/// What came of a share.
struct Judged {
    wanted: FxHashMap<ObjectId, Kind>,
    findings: Vec<Finding>,
}

/// Judges commits, parents first; `how` says what is wanted of what the claimed image of
/// each shows.
pub(super) fn judge_all(
    judge: &mut Judge<'_>,
    claims: &Claims,
    commits: &[u32],
    how: &How<'_>,
    progress: &dyn Progress,
) -> Result<(), Stop> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    // Of a narrow history the claims are not all.
    let most = if judge.history.is_narrow() { 1 } else { commits.len() / SHARE };
    let shares = cores.min(most);
    if shares < 2 {
        return judge_share(judge, commits, how, progress);
    }
    let (own, others) = commits.split_at(commits.len().div_ceil(shares));
    let (objects, before) = (judge.history.objects, judge.before.clone());
    thread::scope(|scope| {
        let others = others.chunks(own.len());
        let apart = |share| judge_apart(objects, claims, &before, share, how, progress);
        let helpers: Vec<_> = others.map(|share| scope.spawn(move || apart(share))).collect();
        judge_share(judge, own, how, progress)?;
        for helper in helpers {
            let judged = match helper.join() {
                Ok(judged) => judged?,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            judge.findings.extend(judged.findings);
            for (id, kind) in judged.wanted {
                if judge.wanted.insert(id, kind).is_some_and(|before| before != kind) {
                    judge.disagree(None, None, format!("{id} is a tree and a file"));
                }
            }
        }
        Ok(())
    })
}

/// Judges a share of the commits from nothing but the claims, and what is public already.
fn judge_apart(
    objects: &Objects<'_>,
    claims: &Claims,
    before: &FxHashSet<ObjectId>,
    share: &[u32],
    how: &How<'_>,
    progress: &dyn Progress,
) -> Result<Judged, Stop> {
    let mut judge = Judge::new(objects, claims, false, progress)?;
    judge.before.clone_from(before);
    judge_share(&mut judge, share, how, progress)?;
    Ok(Judged { wanted: judge.wanted, findings: judge.findings })
}

fn judge_share(
    judge: &mut Judge<'_>,
    share: &[u32],
    how: &How<'_>,
    progress: &dyn Progress,
) -> Result<(), Stop> {
    for (number, &commit) in (1..).zip(share) {
        let image = judge.images.own(commit).map(|image| judge.images.id(image));
        judge.judge(commit, image.map_or(Take::Nothing, how))?;
        if number % 256 == 0 {
            progress.advance(Phase::Verify, 256);
            if progress.interrupted() {
                return Err(RunError::Interrupted.into());
            }
        }
    }
    Ok(())
}
