// SPDX-License-Identifier: LicenseRef-Proprietary
//! What tenants use, as events for a bill.
//!
//! Each tenant has an outbox: a file of CloudEvents (<https://cloudevents.io>, structured mode),
//! one a line. An event says by how much the meter of a mirror moved since the event before,
//! and its id follows from that alone: whoever moves the same meter between the same two
//! readings makes the same event, so a run that died between its push and its event costs nothing, the
//! next one makes it, and one that is sent twice is known by its id.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use repo_sync_shared::edition::{
    About, Decision, ExtensionError, Limits, Operation, Reading, Scope, Subject, Usage,
    UsageTracker, Version,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::files::{Lines, USAGE, read_lines};
use crate::fleet::{Shared, known};

const TYPE: &str = "io.repo-sync.public-commits.v1";

/// A CloudEvent about one mirror's meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageEvent {
    specversion: String,
    /// The same for the same step of the same meter, whoever reads it and when.
    pub id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    time: String,
    datacontenttype: String,
    /// The step.
    pub data: Step,
}

/// By how much a meter moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    /// Whose mirror it is.
    pub tenant: String,
    /// Of which repository.
    pub repository: String,
    /// The mirror's name.
    pub mirror: String,
    /// What the meter showed before.
    pub from: u64,
    /// What it shows now.
    pub to: u64,
    /// The difference.
    pub quantity: u64,
}

impl UsageEvent {
    fn new(subject: &Subject, from: u64, to: u64) -> Self {
        let (tenant, repository) = (subject.scope.tenant(), subject.scope.repository());
        let mut id = Sha256::new();
        let (first, last) = (from.to_string(), to.to_string());
        for part in [TYPE, tenant, repository, &subject.mirror, &first, &last] {
            id.update((part.len() as u64).to_le_bytes());
            id.update(part);
        }
        Self {
            specversion: "1.0".to_owned(),
            id: hex(&id.finalize()),
            source: format!("urn:repo-sync:{tenant}"),
            kind: TYPE.to_owned(),
            subject: format!("{repository}:{}", subject.mirror),
            time: Timestamp::now().to_string(),
            datacontenttype: "application/json".to_owned(),
            data: Step {
                tenant: tenant.to_owned(),
                repository: repository.to_owned(),
                mirror: subject.mirror.clone(),
                from,
                to,
                quantity: to - from,
            },
        }
    }
}

/// The bytes as lower-case digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the meters of one tenant show, by repository and mirror.
type Meters = BTreeMap<(String, String), u64>;

fn meters(text: &[u8]) -> io::Result<Meters> {
    let mut meters = Meters::new();
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let Step { repository, mirror, to, .. } = serde_json::from_slice::<UsageEvent>(line)?.data;
        meters.insert((repository, mirror), to);
    }
    Ok(meters)
}

/// The outboxes of a fleet.
pub struct Outbox {
    fleet: Shared,
    limits: Limits,
}

impl Outbox {
    /// The outboxes of a fleet, under the limits of a licence.
    pub fn new(fleet: Shared, limits: Limits) -> Self {
        Self { fleet, limits }
    }

    fn read(&self, tenant: &str) -> Result<Usage, ExtensionError> {
        let file = known(&self.fleet)?.directory(tenant).join(USAGE);
        let read = read_lines(&file).and_then(|text| {
            // A line that somebody is about to write is not there yet.
            let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            meters(&text[..whole])
        });
        let meters = read.map_err(|err| {
            ExtensionError::new(format!("failed to read `{}`", file.display())).because(err)
        })?;
        Ok(Usage { mirrors: meters.len() as u64, public_commits: meters.values().sum() })
    }
}

impl UsageTracker for Outbox {
    fn about(&self) -> About {
        About::new("outbox", Version::new(1, 0))
    }

    fn track(&self, reading: &Reading) -> Result<(), ExtensionError> {
        let Reading { subject, public_commits: now } = reading;
        let file = known(&self.fleet)?.directory(subject.scope.tenant()).join(USAGE);
        let add = || -> io::Result<()> {
            let mut lines = Lines::open(&file)?;
            let meters = meters(&lines.text()?)?;
            let key = (subject.scope.repository().to_owned(), subject.mirror.clone());
            let before = meters.get(&key).copied().unwrap_or_default();
            if *now <= before {
                return Ok(());
            }
            lines.add(serde_json::to_vec(&UsageEvent::new(subject, before, *now))?)
        };
        add().map_err(|err| {
            ExtensionError::new(format!("failed to write to `{}`", file.display())).because(err)
        })
    }

    fn check_quota(
        &self,
        subject: &Subject,
        operation: Operation,
    ) -> Result<Decision, ExtensionError> {
        let fleet = known(&self.fleet)?;
        let Operation::Publish = operation;
        let name = subject.scope.tenant();
        let Some(tenant) = fleet.tenant(name) else {
            return Ok(Decision::denied(format!("there is no tenant `{name}`")));
        };
        // By the place in the file, so that the answer does not depend on who asks first.
        let Some(number) = tenant.subjects().position(|other| other == *subject) else {
            let file = fleet.file.display();
            return Ok(Decision::denied(format!("`{subject}` is not in the fleet file `{file}`")));
        };
        if let Some(limit) = tenant.quota.mirrors
            && number as u64 >= limit
        {
            return Ok(Decision::denied(format!(
                "over quota: `{name}` has {limit} mirrors, and this one is beyond them"
            )));
        }
        if let Some(limit) = self.limits.mirrors
            && fleet.subjects().take_while(|other| other != subject).count() as u64 >= limit
        {
            return Ok(Decision::denied(format!("the licence is for {limit} mirrors")));
        }
        if let Some(limit) = tenant.quota.commits
            && self.read(name)?.public_commits >= limit
        {
            return Ok(Decision::denied(format!(
                "over quota: `{name}` has used its {limit} commits"
            )));
        }
        Ok(Decision::Allowed)
    }

    fn summary(&self, scope: &Scope) -> Result<Option<Usage>, ExtensionError> {
        self.read(scope.tenant()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_event_follows_from_the_step_alone() {
        let subject = |tenant, repository, mirror: &str| Subject {
            scope: Scope::new(tenant, repository).expect("both are plain"),
            mirror: mirror.to_owned(),
        };
        let widget = subject("acme", "widget", "public");
        let id = |subject: &Subject, from, to| UsageEvent::new(subject, from, to).id;
        assert_eq!(id(&widget, 1, 3), id(&widget, 1, 3));
        let others = [
            id(&widget, 1, 4),
            id(&widget, 0, 3),
            id(&widget, 11, 13),
            id(&subject("acme", "widgetp", "ublic"), 1, 3),
            id(&subject("acmew", "idget", "public"), 1, 3),
        ];
        for other in others {
            assert_ne!(id(&widget, 1, 3), other);
        }
    }
}
