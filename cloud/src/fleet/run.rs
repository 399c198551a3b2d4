// SPDX-License-Identifier: LicenseRef-Proprietary
//! All mirrors of a fleet, brought up to date.
//!
//! Each in a process of its own, which is this program with `sync`: what one repository does to
//! its process, be it a crash, is no other's business. A process sees the variables that are
//! listed here and the fleet file; it has its tenant's directory for temporary files, and
//! what it says goes there and nowhere else.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use repo_sync_shared::edition::Subject;
use repo_sync_shared::{Counts, Outcome, Report};
use serde::{Deserialize, Serialize};

use super::{Fleet, Repository, VARIABLE};
use crate::FleetSummary;
use crate::files::{self, REPORT, TEMPORARY, make_directory, write_whole};

/// What a run may see of the environment of the fleet's.
const PASSED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "SSH_AUTH_SOCK",
    "GIT_SSH_COMMAND",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    #[cfg(debug_assertions)]
    "REPO_SYNC_TEST_VENDOR_KEY",
];

/// What came of one mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Which repository.
    pub repository: String,
    /// Which of its mirrors.
    pub mirror: String,
    /// How its run ended.
    pub outcome: Outcome,
    /// The history in numbers.
    pub counts: Counts,
    /// The checks that refused.
    pub checks: Vec<String>,
    /// What failed, if the run did not get to its end.
    pub error: Option<String>,
}

/// What came of one tenant's mirrors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TenantReport {
    /// Which tenant.
    pub tenant: String,
    /// In numbers.
    #[serde(flatten)]
    pub summary: FleetSummary,
    /// One by one, in the order of the fleet file.
    pub mirrors: Vec<Done>,
}

/// Of what a run reports, what a fleet wants to know.
#[derive(Deserialize)]
struct Said {
    outcome: Outcome,
    #[serde(default)]
    counts: Counts,
    #[serde(default)]
    refusals: Vec<Refusal>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    check: String,
}

/// How mirrors are brought up to date.
pub struct How<'a> {
    /// So many at a time.
    pub jobs: usize,
    /// This program.
    pub program: &'a Path,
    /// Whether private names and ids are kept out of what is said.
    pub redact: bool,
}

/// Brings the mirrors of these tenants up to date, and tells `done` of each.
///
/// The first mirror of every tenant comes before the second of any, so that one with a
/// thousand does not keep the others waiting.
///
/// # Errors
/// A tenant's directory cannot be written. What a run cannot do is in its report.
pub fn run(
    fleet: &Fleet,
    tenants: &[String],
    how: &How<'_>,
    done: &mut dyn FnMut(&Subject, &Done),
) -> io::Result<Vec<TenantReport>> {
    let chosen =
        fleet.tenants.iter().filter(|tenant| tenants.is_empty() || tenants.contains(&tenant.name));
    let mut queue = Vec::new();
    let mut reports = BTreeMap::new();
    for tenant in chosen {
        let directory = fleet.directory(&tenant.name);
        make_directory(&directory.join(TEMPORARY))?;
        reports.insert(tenant.name.clone(), Vec::new());
        let mirrors = tenant.repositories.iter().flat_map(|repository| {
            repository.mirrors.iter().map(move |mirror| (repository, mirror))
        });
        let turns = mirrors.enumerate();
        queue.extend(turns.map(|(turn, (repository, mirror))| (turn, repository, mirror)));
    }
    let mut order: Vec<usize> = (0..queue.len()).collect();
    order.sort_by_key(|&at| queue[at].0);
    let next = AtomicUsize::new(0);
    let mut all = BTreeMap::new();
    let (queue, order, next) = (&queue, &order, &next);
    thread::scope(|scope| {
        let (sender, ended) = mpsc::channel();
        for _ in 0..how.jobs.clamp(1, queue.len().max(1)) {
            let sender = sender.clone();
            scope.spawn(move || {
                while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (_, repository, mirror) = &queue[at];
                    // Who receives waits for the last of us.
                    let _ = sender.send((at, one(fleet, repository, mirror, how)));
                }
            });
        }
        drop(sender);
        for (at, one) in ended {
            let (_, repository, mirror) = &queue[at];
            let subject = Subject { scope: repository.scope.clone(), mirror: (*mirror).clone() };
            done(&subject, &one);
            all.insert(at, one);
        }
    });
    for (at, one) in all {
        let (_, repository, _) = &queue[at];
        let of_tenant: Option<&mut Vec<Done>> = reports.get_mut(repository.scope.tenant());
        of_tenant.expect("its tenant was chosen").push(one);
    }
    let report = |(tenant, mirrors): (String, Vec<Done>)| {
        let runs: Vec<Report> = mirrors
            .iter()
            .map(|one| Report { counts: one.counts, ..Report::new("sync", one.outcome) })
            .collect();
        let report = TenantReport { summary: FleetSummary::of(&runs), tenant, mirrors };
        let text = serde_json::to_vec_pretty(&report)?;
        write_whole(&fleet.directory(&report.tenant).join(REPORT), &text)?;
        Ok(report)
    };
    reports.into_iter().map(report).collect()
}

/// Brings one mirror up to date. What goes wrong with it stays with it.
fn one(fleet: &Fleet, repository: &Repository, mirror: &str, how: &How<'_>) -> Done {
    let name = repository.scope.repository();
    let directory = fleet.directory(repository.scope.tenant());
    let mut command = Command::new(how.program);
    command.arg("-C").arg(&repository.path);
    command.args(["sync", "--format", "json", "--color", "never", "--no-progress"]);
    if how.redact {
        command.arg("--redact");
    }
    command.args(["--mirror", mirror]).stdin(Stdio::null()).env_clear();
    command.envs(PASSED.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command.env(VARIABLE, &fleet.file).env("TMPDIR", directory.join(TEMPORARY));
    let ended = command.output();
    if let Ok(output) = &ended {
        // Only for people; what counts is in the report, the log and the outbox.
        let files = files::run_files(&directory, name, mirror);
        let _ = files[0].parent().map(make_directory);
        for (file, text) in files.iter().zip([&output.stdout, &output.stderr]) {
            let _ = write_whole(file, text);
        }
    }
    let said = ended.map_err(|err| format!("failed to run `{}`: {err}", how.program.display()));
    let said = said.and_then(|output| understand(&output)).unwrap_or_else(|error| Said {
        outcome: Outcome::Failed,
        counts: Counts::default(),
        refusals: Vec::new(),
        error: Some(error),
    });
    let mut checks: Vec<_> = said.refusals.into_iter().map(|refusal| refusal.check).collect();
    checks.sort_unstable();
    checks.dedup();
    Done {
        repository: name.to_owned(),
        mirror: mirror.to_owned(),
        outcome: said.outcome,
        counts: said.counts,
        checks,
        error: said.error,
    }
}

/// What a process says, unless it died or says one thing and exits with another.
fn understand(output: &Output) -> Result<Said, String> {
    let Some(status) = output.status.code() else {
        return Err(format!("the run died: {}", output.status));
    };
    let said: Said = serde_json::from_slice(&output.stdout)
        .map_err(|err| format!("the run ended with {status} and no report: {err}"))?;
    match i32::from(said.outcome.exit_code()) == status {
        true => Ok(said),
        false => Err(format!("the run ended with {status} and reports otherwise")),
    }
}
