// SPDX-License-Identifier: Apache-2.0
//! What whatever fills an extension point has to keep to, as tests to be called.
//!
//! One function for each point. It takes an implementation, does to it what a run may do,
//! and panics where it breaks a promise of the trait; the open defaults pass them as
//! everybody else's. [`fakes`] stand in for the points in tests of what calls them.
//!
//! All of this is behind the cargo feature `conformance`, which is for
//! `[dev-dependencies]` alone: a program never holds it, and who writes an extension needs no other
//! package than the one with the traits.

pub mod fakes;

use std::time::SystemTime;

use super::{
    About, AuditLogger, CredentialProvider, Decision, Edition, Entitlements, Event, Fact, Feature,
    Keeping, Notice, Notifier, Operation, Place, Point, Principal, Reading, Reason, State, Subject,
    TenantProvider, UsageTracker,
};
use crate::{Check, Counts};

/// A name and a version that the registry takes, the same each time.
#[track_caller]
fn introduces_itself(point: Point, about: impl Fn() -> About) {
    let first = about();
    assert!(!first.name.trim().is_empty(), "{point}: it has no name");
    assert_eq!(first, about(), "{point}: it is something else each time");
    let ours = point.version();
    assert_eq!(first.written_for.major, ours.major, "{point}: the registry refuses it");
}

/// A denial says why.
#[track_caller]
fn says_why(decision: &Decision) {
    if let Decision::Denied { reason } = decision {
        assert!(!reason.trim().is_empty(), "a denial says why");
    }
}

/// Tries a [`TenantProvider`] in places of which at least one is somebody's.
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn tenants(provider: &dyn TenantProvider, places: &[Place<'_>]) {
    introduces_itself(Point::Tenants, || provider.about());
    let mut known = 0;
    for place in places {
        let Ok(scope) = provider.scope(place) else { continue };
        known += 1;
        let again = provider.scope(place).expect("what was somebody's stays somebody's");
        assert_eq!(scope, again, "the same place is whose it was");
        for principal in [Principal::Local, Principal::Named("nobody\n\u{1b}[31m".to_owned())] {
            let may = |_| provider.may(&principal, &scope, Operation::Publish);
            let [first, second] = [0, 1].map(may).map(|it| it.expect("it can be said"));
            says_why(&first);
            assert_eq!(first, second, "the same question has the same answer");
        }
    }
    assert!(known > 0, "one of the places is somebody's");
}

/// Tries a [`UsageTracker`] that has not read these mirrors yet. They are of two tenants.
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn usage(tracker: &dyn UsageTracker, subject: &Subject, other: &Subject) {
    introduces_itself(Point::Usage, || tracker.about());
    assert_ne!(subject.scope.tenant(), other.scope.tenant(), "two tenants are needed");
    let used = |of: &Subject| tracker.summary(&of.scope).expect("it can be read");
    let read = |public_commits| {
        let reading = Reading { subject: subject.clone(), public_commits };
        tracker.track(&reading).expect("it can be kept");
    };
    let before = used(other);
    let start = used(subject);
    for (shows, counts) in [(3, 3), (3, 3), (5, 5), (4, 5), (5, 5), (9, 9)] {
        read(shows);
        match (used(subject), start) {
            (Some(now), Some(start)) => {
                let more = now.public_commits - start.public_commits;
                assert_eq!(more, counts, "after a reading of {shows}");
                assert_eq!(now.mirrors - start.mirrors, 1, "it is one mirror");
            }
            (None, None) => {}
            (now, start) => panic!("who counts goes on counting: {start:?}, then {now:?}"),
        }
    }
    assert_eq!(used(other), before, "what one tenant uses is not the other's");
    says_why(&tracker.check_quota(subject, Operation::Publish).expect("it can be said"));
}

/// Tries an [`AuditLogger`] that has nothing of these mirrors yet. They are of two tenants.
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn audit(logger: &dyn AuditLogger, subject: &Subject, other: &Subject) {
    introduces_itself(Point::Audit, || logger.about());
    let logged = every_fact();
    for fact in &logged {
        for subject in [subject, other] {
            let event = Event {
                subject: subject.clone(),
                principal: Principal::Named("A \u{202e} \"name\"\n".to_owned()),
                fact: fact.clone(),
            };
            let kept = match fact.is_security() {
                true => logger.log_security(&event),
                false => logger.log(&event),
            };
            kept.expect("it can be kept");
        }
    }
    let mut out = Vec::new();
    logger.export(&subject.scope, &mut out).expect("it can be exported");
    let out = String::from_utf8(out).expect("an export is text");
    if logger.keeping() == Keeping::Nothing {
        assert_eq!(out, "", "who keeps nothing has nothing");
        return;
    }
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of an export is an object"))
        .collect();
    let names: Vec<_> = lines.iter().filter_map(|line| line["fact"].as_str()).collect();
    let expected: Vec<_> = logged.iter().map(Fact::name).collect();
    assert_eq!(names, expected, "all that happened, the oldest first");
    let mine = |line: &serde_json::Value| line["tenant"] == subject.scope.tenant();
    assert!(lines.iter().all(mine), "the export of a tenant holds what is its own");
}

/// Tries an [`Entitlements`].
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn entitlements(entitlements: &dyn Entitlements) {
    introduces_itself(Point::Entitlements, || entitlements.about());
    let edition = entitlements.edition();
    for &feature in Feature::ALL {
        let decision = entitlements.allows(feature);
        says_why(&decision);
        let placement = feature.placement();
        if placement.edition == Edition::Community {
            assert!(decision.is_allowed(), "`{feature}` is everybody's");
        }
        if placement.because == Reason::Safety {
            assert!(decision.is_allowed(), "`{feature}` is safety, which is never sold");
        }
        if !edition.includes(placement.edition) {
            assert!(!decision.is_allowed(), "`{feature}` is not in the {edition} edition");
        }
    }
}

/// Tries a [`CredentialProvider`] for a scope that it knows.
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn credentials(provider: &dyn CredentialProvider, subject: &Subject) {
    introduces_itself(Point::Credentials, || provider.about());
    for address in ["git@host.example:acme/widget.git", "https://host.example/widget", "../widget"]
    {
        let credential = provider.credential(&subject.scope, address);
        let credential = credential.expect("there is a credential, if only git's own");
        assert!(!credential.is_expired(SystemTime::now()), "an expired credential is none");
    }
}

/// Tries a [`Notifier`].
///
/// # Panics
/// It breaks a promise.
#[track_caller]
pub fn notifier(notifier: &dyn Notifier, subject: &Subject) {
    introduces_itself(Point::Notices, || notifier.about());
    let listens = notifier.listens();
    for before in State::ALL {
        for now in State::ALL {
            if now == before {
                continue;
            }
            let hostile = Subject { mirror: "a\n\u{1b}[31m\u{202e}".to_owned(), ..subject.clone() };
            for subject in [subject.clone(), hostile] {
                notifier.notify(&Notice { subject, before, now }).expect("somebody can be told");
            }
        }
    }
    assert_eq!(notifier.listens(), listens, "who listens goes on listening");
}

/// Each thing that can happen, once, in an order of a bad day.
fn every_fact() -> Vec<Fact> {
    let counts = Counts::default();
    vec![
        Fact::Started,
        Fact::Denied { reason: "no".to_owned() },
        Fact::Publishing { refs: Vec::new() },
        Fact::Published { refs: Vec::new(), counts },
        Fact::UpToDate { counts },
        Fact::Refused { checks: vec![Check::Secret] },
        Fact::Diverged { foreign: 2 },
        Fact::Failed { error: "the disk \"x\"\nis full".to_owned() },
        Fact::Interrupted,
    ]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::fakes::{Recorder, subject};
    use super::*;
    use crate::edition::open::{Ambient, Community, KeepsNothing, NoNotices, OneTenant, Unmetered};

    #[test]
    fn the_open_defaults_keep_to_it() {
        let (acme, umbra) = (subject("acme"), subject("umbra"));
        let place = |path| Place { git_dir: Path::new(path), root: Path::new(path) };
        tenants(&OneTenant, &[place("/srv/widget"), place("/"), place("/srv/a b")]);
        usage(&Unmetered, &acme, &umbra);
        audit(&KeepsNothing, &acme, &umbra);
        entitlements(&Community);
        credentials(&Ambient, &acme);
        notifier(&NoNotices, &acme);
    }

    #[test]
    fn the_fakes_keep_to_it() {
        let recorder = Recorder::default();
        usage(&recorder, &subject("acme"), &subject("umbra"));
        audit(&recorder, &subject("acme"), &subject("umbra"));
        notifier(&recorder, &subject("acme"));
    }

    #[test]
    #[should_panic(expected = "after a reading of 3")]
    fn a_tracker_that_counts_twice_is_found() {
        let recorder = Recorder::default().counting_twice();
        usage(&recorder, &subject("acme"), &subject("umbra"));
    }

    #[test]
    #[should_panic(expected = "all that happened, the oldest first")]
    fn a_log_that_forgets_is_found() {
        let recorder = Recorder::default().forgetting();
        audit(&recorder, &subject("acme"), &subject("umbra"));
    }
}
