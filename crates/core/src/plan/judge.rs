// SPDX-License-Identifier: Apache-2.0
//! The checks of a plan that need more than one commit, or the mirror, to judge.

use repo_sync_shared::{Check, escape_bytes};
use rustc_hash::FxHashSet;

use super::branches::Chosen;
use super::{RefUpdate, Request, notice};
use crate::error::RunError;
use crate::filter::{Entry, Opened, Place, Visitor};
use crate::paths::{PathRules, Rule, Verdict};
use crate::report::{RawFinding, Weight};
use crate::session::Session;

/// A new root on top of a published history usually means that the mapping broke.
pub(crate) fn new_roots(
    session: &Session<'_>,
    new: &[u32],
    public: &[bool],
    findings: &mut Vec<RawFinding>,
) {
    let images = &session.replay.images;
    // What else the mirror shows is not ours, and no history to continue.
    let first_publication = !public.contains(&true);
    let roots = new
        .iter()
        .filter(|&&image| images.dag.parents(image).is_empty())
        .filter(|&&image| {
            !images.source(image).is_some_and(|commit| session.replay.is_seam(commit))
        })
        .skip(usize::from(first_publication));
    for &root in roots {
        let hint = "a root commit unrelated to what is published; if the history was rewritten, join \
                    it with a `[[seam]]`";
        findings.push(RawFinding {
            commit: images.source(root),
            weight: if first_publication { Weight::Lighter } else { Weight::Usual },
            ..RawFinding::new(Check::NewRoot, hint)
        });
    }
}

/// Holds what each new commit adds or changes against the rules of the policy tip:
/// what the commit's own manifest said does not help.
pub(crate) fn policy_tip(
    session: &mut Session<'_>,
    tip: &PathRules,
    new: &[u32],
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let replay = &mut session.replay;
    for &image in new {
        let Some(commit) = replay.images.source(image) else { continue };
        if replay.shape_of(commit).rules == *tip {
            continue;
        }
        let seen = FxHashSet::default();
        let mut judge = TipJudge { tip, commit, seen, looked: 0, findings };
        replay.walk_new(image, &mut judge)?;
    }
    Ok(())
}

struct TipJudge<'a> {
    tip: &'a PathRules,
    commit: u32,
    seen: FxHashSet<Vec<u8>>,
    looked: usize,
    findings: &'a mut Vec<RawFinding>,
}

/// How many files of one commit are held against the policy tip. Thirty objects can
/// show more paths than a run has time for.
const MOST_FILES: usize = 200_000;

impl Visitor for TipJudge<'_> {
    fn tree(&mut self, opened: &Opened<'_>) -> bool {
        if self.looked > MOST_FILES && self.looked < usize::MAX {
            let hint = "files stand in too many places to hold each against the policy tip; exclude \
                        them, or withhold the commit";
            let finding = RawFinding::at(Check::TreeDepth, self.commit, hint);
            self.findings.push(finding.path(opened.path.to_vec()));
            self.looked = usize::MAX;
        }
        self.looked < usize::MAX
    }

    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, _old: bool) {
        self.looked = self.looked.saturating_add(1);
        let path = place.private_path(entry);
        let (check, rule, hint) = match self.tip.verdict(&path) {
            Verdict::Public(_) => return,
            Verdict::Floor(rule) => {
                let hint = "this path is on the floor of the policy tip; withhold the commit, or take \
                            the path out of it";
                (Check::PathDenied, Some(rule), hint)
            }
            Verdict::Excluded(rule) => (Check::PathNarrowed, Some(rule), NARROWED),
            Verdict::Unlisted => (Check::PathNarrowed, None, NARROWED),
        };
        if self.seen.insert(path.clone()) {
            let finding = RawFinding::at(check, self.commit, hint).path(path);
            self.findings.push(RawFinding {
                object: Some(entry.id),
                rule: rule.map(ToString::to_string),
                ..finding
            });
        }
    }
}

const NARROWED: &str = "the commit's own manifest publishes this path, that of the policy tip does not; \
                        withhold the commit, or waive it if the path may be public";

/// Private paths that meet the floor by another spelling only, each at the first
/// commit that has it and is not behind the mirror's tips. An exact pattern of the
/// policy tip settles what they are.
pub(crate) fn aliases(
    session: &mut Session<'_>,
    reached: &[bool],
    public: &[bool],
    findings: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let replay = &mut session.replay;
    let shown = replay.images.numbers().filter(|&image| public[image as usize]);
    let old = replay.history.dag.ancestors(shown.filter_map(|it| replay.images.shown_by(it)));
    let tip = &session.policy.mirror.shape.rules;
    let mut seen = FxHashSet::default();
    for commit in replay.history.numbers() {
        if old[commit as usize] || !reached[commit as usize] {
            continue;
        }
        for path in replay.aliases(commit)?.iter() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let mut settling = tip.floor().iter().chain(tip.exclude());
            if settling.any(|rule| rule.pattern.matches_exact(path)) {
                continue;
            }
            let hint = "some file systems take this path for one on the floor; rename it, or list \
                        it in `private` or `exclude` as it is spelt";
            let rule = tip.floor_rule(path).map(ToString::to_string);
            let finding = RawFinding::at(Check::PathAlias, commit, hint).path(path.clone());
            findings.push(RawFinding { rule, ..finding });
        }
    }
    Ok(())
}

/// What only this clone has is nobody's to publish yet.
pub(super) fn unpushed(
    session: &Session<'_>,
    request: &Request<'_>,
    chosen: &[Chosen],
    new: &[u32],
    findings: &mut Vec<RawFinding>,
) {
    if request.local || new.is_empty() {
        return;
    }
    for branch in chosen {
        let Some((upstream, held)) = session.repo.upstream(&branch.name) else { continue };
        let ahead = session.repo.ahead(branch.commit, held);
        if ahead == 0 {
            continue;
        }
        let hint = format!(
            "`{}` is ahead of its upstream `{upstream}` by {ahead}; push first, or insist with `--local`",
            branch.name,
        );
        findings.push(RawFinding::at(Check::Unpushed, branch.number, hint));
    }
}

/// Refs of the mirror that no run of ours made. Those of pull requests are the
/// forge's own.
pub(super) fn unknown_refs(
    session: &Session<'_>,
    request: &Request<'_>,
    planned: &[RefUpdate],
    findings: &mut Vec<RawFinding>,
) {
    let mirror = &session.policy.mirror;
    for (name, _) in request.remote.iter() {
        let of_the_forge =
            [&b"refs/pull/"[..], b"refs/merge-requests/", b"refs/changes/", b"refs/keep-around/"];
        let listed = match (name.strip_prefix(b"refs/heads/"), name.strip_prefix(b"refs/tags/")) {
            (Some(branch), _) => {
                session.policy.branches.iter().any(|one| one.name.as_bytes() == branch)
            }
            (None, Some(tag)) => mirror.tags.iter().any(|pattern| pattern.matches_whole(tag)),
            (None, None) => of_the_forge.iter().any(|prefix| name.starts_with(prefix)),
        };
        if listed || planned.iter().any(|update| update.name == name) {
            continue;
        }
        let gone =
            name.strip_prefix(b"refs/heads/").is_some_and(|branch| mirror.branches.lists(branch));
        let hint = if gone {
            format!("`{}` stays on the mirror, but its private branch is gone", escape_bytes(name))
        } else {
            format!("the mirror has `{}`, which the manifest does not list", escape_bytes(name))
        };
        findings.push(RawFinding::new(Check::UnknownPublicRef, hint));
    }
}

/// Patterns that match nothing at the policy tip, each with the nearest name.
pub(super) fn unmatched_patterns(session: &Session<'_>, findings: &mut Vec<RawFinding>) {
    for name in &session.policy.unmatched {
        let hint = format!("no private branch is called `{name}`");
        findings.push(notice(Check::BranchGone, None, hint));
    }
    let Some(tip) = session.replay.history.number(session.policy.tip) else { return };
    let shape = session.policy.mirror.shape.clone();
    let rules = &shape.rules;
    let stated: Vec<&Rule> = rules
        .include()
        .iter()
        .chain(rules.exclude())
        .chain(rules.floor().iter().filter(|rule| rule.origin != crate::paths::Origin::BuiltIn))
        .collect();
    let tree = session.replay.history.tree(tip);
    for (rule, nearest) in super::unmatched::unmatched(session.replay.objects(), tree, &stated) {
        let near = nearest.map(|name| format!("; did you mean `{}`?", escape_bytes(&name)));
        let hint = format!(
            "`{}` matches nothing in the policy tip{}",
            rule.pattern,
            near.unwrap_or_default()
        );
        findings.push(notice(Check::PatternUnmatched, None, hint).rule(rule));
    }
}
