// SPDX-License-Identifier: Apache-2.0
//! What a run tells and asks, and what comes of the answers.

use repo_sync_shared::edition::conformance::fakes::{Failing, Recorder};
use repo_sync_shared::edition::{About, AuditLogger, Builder, Scope};
use repo_sync_testing::{BareMirror, History, Repo, Tree};

use super::*;
use crate::git::{Address, Environment};
use crate::manifest::Date;
use crate::progress::Silent;
use crate::publish::{SyncRequest, sync};
use crate::session::{Session, SessionOptions};

fn history() -> History {
    let manifest = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
    History::new().commit("start", |tree: Tree| {
        tree.file("sync.toml", manifest).file("src/a", "a\n").file("cloud/x", "secret\n")
    })
}

/// A run as the command line makes one: what it said, and how many refs the mirror has then.
fn run(repo: &Repo, mirror: &BareMirror, builder: Builder) -> (Result<Report, String>, usize) {
    let registry = builder.build().expect("the fakes are of our version");
    let private = PrivateRepo::discover(repo.path()).expect("it was just built");
    let facts = Facts::of(&registry, &private, "public", Principal::Local).expect("it is ours");
    let ended = facts.begin().and_then(|()| {
        let objects = private.objects()?;
        let options = SessionOptions::default();
        let mut session = Session::open(&private, &objects, &options, &[], &Silent)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let request = SyncRequest {
            rev: None,
            any_rev: false,
            address: &Address::Path(mirror.path().to_owned()),
            environment: &Environment::new([("PATH".into(), path)]),
            local: true,
            today: Date { year: 2024, month: 1, day: 1 },
            facts: Some(&facts),
        };
        Ok(sync(&mut session, &request, &Silent)?.report("sync", "public"))
    });
    let ended = match ended {
        Ok(mut report) => {
            let unheard = facts.ended(&report);
            report.warnings = unheard;
            Ok(report)
        }
        Err(err) => {
            let mut report = Report::new("sync", repo_sync_shared::Outcome::Failed);
            report.error = Some(err.to_string());
            facts.ended(&report);
            Err(err.to_string())
        }
    };
    (ended, mirror.refs().len())
}

#[test]
fn what_happens_is_told_in_its_order() {
    let mut repo = history().build();
    let mirror = BareMirror::new(repo.scratch(), "mirror.git");
    let all = Recorder::default();
    let told = || Registry::builder().audit(all.clone()).usage(all.clone()).notifier(all.clone());
    let (ended, refs) = run(&repo, &mirror, told());
    assert_eq!((ended.expect("it is published").warnings, refs), (vec![], 1));
    run(&repo, &mirror, told()).0.expect("there is nothing to do");
    repo.extend(|more| more.commit("leak", |tree| tree.file("src/b", "see cloud/x\n")));
    run(&repo, &mirror, told()).0.expect("a refusal is no error");
    let facts = ["started", "publishing", "published", "started", "up-to-date", "started"];
    assert_eq!(all.facts(), [&facts[..], &["refused"]].concat());
    let told = all.told();
    assert_eq!(told.readings.iter().map(|it| it.public_commits).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(told.security.iter().map(|it| it.fact.name()).collect::<Vec<_>>(), ["refused"]);
    assert_eq!(told.notices.iter().map(|it| it.now).collect::<Vec<_>>(), [State::Refused]);
    let Fact::Publishing { refs } = &told.events[1].fact else { panic!("{told:?}") };
    assert_eq!((refs[0].name.as_str(), refs[0].expected), ("refs/heads/main", None));
}

#[test]
fn who_only_listens_and_fails_is_a_warning() {
    for keeping in [Keeping::Tries, Keeping::Nothing] {
        let repo = history().build();
        let mirror = BareMirror::new(repo.scratch(), "mirror.git");
        let failing = Failing { keeping };
        let builder = Registry::builder().audit(failing).usage(failing).notifier(failing);
        let (ended, refs) = run(&repo, &mirror, builder);
        let warnings = ended.expect("it is published all the same").warnings;
        let checks: Vec<_> = warnings.iter().map(|warning| warning.check).collect();
        // The start, the push, the end, and a reading; the state has not changed.
        assert_eq!((checks, refs), (vec![Check::ListenerFailed; 4], 1));
    }
}

#[test]
fn no_record_no_publish() {
    /// Takes what happens, until something is about to be pushed.
    struct FullDisk;

    impl AuditLogger for FullDisk {
        fn about(&self) -> About {
            About::new("full", <dyn AuditLogger>::VERSION)
        }

        fn keeping(&self) -> Keeping {
            Keeping::First
        }

        fn log(&self, event: &Event) -> Result<(), ExtensionError> {
            match &event.fact {
                Fact::Publishing { .. } => Err(ExtensionError::new("the disk is full")),
                Fact::Started | Fact::Failed { .. } => Ok(()),
                other => panic!("nothing else happens: {other:?}"),
            }
        }

        fn export(&self, _: &Scope, _: &mut dyn std::io::Write) -> Result<(), ExtensionError> {
            Ok(())
        }
    }

    let said = "the audit log takes no record, so nothing was published: ";
    let repo = history().build();
    let mirror = BareMirror::new(repo.scratch(), "mirror.git");
    let (ended, refs) = run(&repo, &mirror, Registry::builder().audit(FullDisk));
    assert_eq!((ended, refs), (Err(format!("{said}the disk is full")), 0));
    let failing = Failing { keeping: Keeping::First };
    let (ended, refs) = run(&repo, &mirror, Registry::builder().audit(failing));
    assert_eq!((ended, refs), (Err(format!("{said}it fails at everything")), 0));
}

#[test]
fn a_denial_is_on_record_and_ends_the_run() {
    let repo = history().build();
    let mirror = BareMirror::new(repo.scratch(), "mirror.git");
    let all = Recorder::default();
    let quota = Recorder::default().denying("there is nothing left");
    let (ended, refs) = run(&repo, &mirror, Registry::builder().usage(quota).audit(all.clone()));
    let said = "this run may not publish: there is nothing left";
    assert_eq!((ended, refs), (Err(said.to_owned()), 0));
    assert_eq!(all.facts(), ["started", "denied"]);
    assert_eq!(all.told().security.len(), 1);
}
