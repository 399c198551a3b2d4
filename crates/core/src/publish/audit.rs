// SPDX-License-Identifier: Apache-2.0
//! A live mirror, fetched into an empty repository and held against the private one.

use std::ffi::OsString;

use repo_sync_shared::{Check, Outcome, RefReport, Report, escape_bytes};

use super::{SyncRequest, check_address, claims, hints, read_refs};
use crate::error::{Failure, RunError};
use crate::git::{Address, RemoteRefs, Scratch, argument, is_absent};
use crate::progress::Progress;
use crate::report::{RawFinding, weigh};
use crate::session::Session;
use crate::verify::{StoreView, Verdict, audit_mirror};

/// What an audit of a mirror came to.
pub struct Audited {
    /// What the verifier says, what it found weighed.
    pub verdict: Verdict,
    /// How the run ended.
    pub outcome: Outcome,
    /// The refs that the mirror shows.
    pub refs: RemoteRefs,
}

impl Audited {
    /// Adds what somebody else found not to be as it should.
    pub fn disagree(&mut self, faults: Vec<String>) {
        if faults.is_empty() {
            return;
        }
        let finding = |hint| RawFinding::new(Check::VerifierDisagrees, hint).reported(None);
        self.verdict.findings.extend(faults.into_iter().map(finding));
        self.outcome = Outcome::Refused;
    }

    /// The audit as a report.
    pub fn report(&self, mirror: &str) -> Report {
        let mut report = Report::new("verify", self.outcome);
        report.mirror = Some(mirror.to_owned());
        report.refs = self
            .refs
            .iter()
            .map(|(name, id)| RefReport {
                name: escape_bytes(name),
                expected: Some(id),
                new: Some(id),
            })
            .collect();
        report.refusals.clone_from(&self.verdict.findings);
        report.warnings.clone_from(&self.verdict.warnings);
        report.foreign.clone_from(&self.verdict.foreign);
        report.audit = Some(self.verdict.audit);
        report
    }
}

/// Audits the mirror: every listed ref, with every object behind it. With `full`
/// also what lies behind refs that the manifest does not list, where nothing can be
/// explained but what is private must not be.
///
/// # Errors
/// The mirror cannot be read, or an object of the private repository cannot.
pub fn verify(
    session: &mut Session<'_>,
    request: &SyncRequest<'_>,
    full: bool,
    progress: &dyn Progress,
) -> Result<Audited, RunError> {
    check_address(session, request.address)?;
    let refs = read_refs(request, progress)?;
    hints::recognise(session, &refs, progress);
    let mut claims = claims::of_session(session);
    claims.seen = refs.iter().map(|(name, id)| (name.to_vec(), id)).collect();
    let copy = Scratch::new(request.environment)?;
    fetch(session, request, &copy, &refs, full)?;
    let view = StoreView { git: copy.git(), path: copy.path() };
    let mut verdict = audit_mirror(&claims, session.replay.objects(), &view, progress)?;
    let unlisted = verdict.unlisted.iter().map(|name| {
        let name = escape_bytes(name);
        let hint = format!("the mirror has `{name}`, which the manifest does not list");
        RawFinding::new(Check::UnknownPublicRef, hint)
    });
    let mut mirror = session.policy.mirror.clone();
    // What a waiver is for was looked at when it was published.
    mirror.waivers.clear();
    let weighed = weigh(unlisted.collect(), &mirror, &session.replay.history, request.today);
    verdict.findings.extend(weighed.refusals);
    verdict.warnings.extend(weighed.warnings);
    let outcome = if !verdict.findings.is_empty() {
        Outcome::Refused
    } else if !verdict.foreign.is_empty() {
        Outcome::Diverged
    } else {
        Outcome::UpToDate
    };
    Ok(Audited { verdict, outcome, refs })
}

/// Copies the refs of the mirror, under their own names.
fn fetch(
    session: &Session<'_>,
    request: &SyncRequest<'_>,
    copy: &Scratch,
    refs: &RemoteRefs,
    full: bool,
) -> Result<(), RunError> {
    let mirror = &session.policy.mirror;
    let is_listed = |name: &[u8]| {
        name.strip_prefix(b"refs/heads/").is_some_and(|name| mirror.branches.lists(name))
            || name
                .strip_prefix(b"refs/tags/")
                .is_some_and(|name| mirror.tags.iter().any(|pattern| pattern.matches_whole(name)))
    };
    let mut refspecs = Vec::new();
    for (name, _) in refs.iter().filter(|(name, _)| full || is_listed(name)) {
        refspecs.extend([b"+", name, b":", name, b"\n"].concat());
    }
    let absent = matches!(request.address, Address::Path(path) if is_absent(path));
    if refspecs.is_empty() || absent {
        return Ok(());
    }
    let url = request.address.as_git();
    let options = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--stdin", "--"];
    let mut args: Vec<OsString> = options.map(OsString::from).to_vec();
    args.push(argument(url.as_bytes()));
    copy.git().run(&args, &refspecs).map_err(|source| {
        let address = request.address.to_string();
        RunError::from(Failure::Unreachable { address, source })
    })?;
    Ok(())
}
