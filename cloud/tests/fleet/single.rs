// SPDX-License-Identifier: LicenseRef-Proprietary
//! One repository at a time, and what the extension points promise.

use std::path::Path;
use std::sync::Arc;

use repo_sync_cloud::audit::Chain;
use repo_sync_cloud::credentials::TenantKeys;
use repo_sync_cloud::fleet::Fleet;
use repo_sync_cloud::licence::{Licence, Licensed};
use repo_sync_cloud::notices::TenantNotices;
use repo_sync_cloud::tenants::FleetTenants;
use repo_sync_cloud::usage::Outbox;
use repo_sync_shared::edition::{Limits, Place, conformance};

use crate::common::{TestFleet, lines};

#[test]
fn what_fills_the_extension_points_keeps_to_what_they_promise() {
    let fleet = TestFleet::new(2, 1, &[]);
    let shared = Ok(Arc::new(Fleet::read(&fleet.file("fleet.toml")).expect("it makes sense")));
    let read = || shared.clone();
    let subjects: Vec<_> = read().expect("it was read").subjects().collect();
    let [subject, other] = &subjects[..] else { panic!("two tenants of one mirror") };
    let places: Vec<_> = fleet.members.iter().map(|member| member.repo.path()).collect();
    let place = |path: &'static Path| Place { git_dir: path, root: path };
    let known = places.iter().map(|path| Place { git_dir: path, root: path });
    let all: Vec<_> = known.chain([place(Path::new("/nobody's"))]).collect();
    conformance::tenants(&FleetTenants::new(read(), Licence::Absent), &all);
    conformance::usage(&Outbox::new(read(), Limits::default()), subject, other);
    conformance::audit(&Chain::new(read()), subject, other);
    conformance::entitlements(&Licensed::new(Licence::Absent));
    conformance::credentials(&TenantKeys::new(read()), subject);
    conformance::notifier(&TenantNotices::new(read()), subject);
}

#[test]
fn without_a_fleet_it_is_the_open_program() {
    let fleet = TestFleet::new(1, 1, &[]);
    let member = fleet.member("tenant-0", 0);
    let env = fleet.env.clone().in_dir(member.repo.path());
    env.run(["sync"]).expect(0);
    env.run(["verify"]).expect(0);
    assert!(!fleet.file("state").exists(), "nothing is counted for anybody");
}

#[test]
fn a_repository_that_is_nobodys_is_not_published_and_can_be_looked_at() {
    let fleet = TestFleet::new(1, 1, &[]);
    let stranger = TestFleet::new(1, 1, &[]);
    let member = stranger.member("tenant-0", 0);
    let env = fleet.env.clone().in_dir(member.repo.path());
    let env = env.var("REPO_SYNC_FLEET", fleet.file("fleet.toml"));
    let screen = env.run(["sync"]).expect(1);
    assert!(screen.stderr.contains("is not in the fleet file"), "{screen}");
    env.run(["plan"]).expect(0);
    // A fleet file that cannot be read keeps nobody from looking either.
    let broken = env.var("REPO_SYNC_FLEET", fleet.file("no-such-file"));
    broken.run(["sync"]).expect(1);
    broken.run(["plan"]).expect(0);
    assert!(member.mirror.refs().is_empty());
}

#[test]
fn a_tenant_that_used_up_its_commits_publishes_no_more() {
    let mut fleet = TestFleet::new(1, 1, &[("tenant-0", "{ commits = 3 }")]);
    fleet.run(["fleet", "sync"]).expect(0);
    let more = |history: repo_sync_testing::History| {
        history.commit("new", |tree| tree.file("src/d.rs", "// d\n"))
    };
    fleet.members[0].repo.extend(more);
    let said = &fleet.sync()["tenant-0/widget-0"];
    assert_eq!(said.0, "failed");
    assert!(said.1.contains("over quota: `tenant-0` has used its 3 commits"), "{}", said.1);
    let used = fleet.run(["usage"]).expect(0).stdout;
    assert_eq!(used, "tenant-0  3 public commits on 1 mirrors\n");
    let notices = lines(&fleet.of_tenant("tenant-0", "notices.jsonl"));
    let states: Vec<_> = notices.iter().map(|notice| &notice["now"]).collect();
    assert_eq!(states, ["failed"]);
}

#[test]
fn what_is_about_one_mirror_is_not_for_a_fleet() {
    let fleet = TestFleet::new(1, 1, &[]);
    for flags in [&["--to", "../x"][..], &["--mirror", "x"], &["--all"], &["--manifest", "x"]] {
        let screen = fleet.run([&["fleet", "sync"], flags].concat()).expect(2);
        assert!(screen.stderr.contains("is about one mirror"), "{screen}");
    }
    fleet.run(["fleet", "sync", "--tenant", "nobody"]).expect(2);
    fleet.run(["fleet", "sync", "--jobs", "0"]).expect(2);
    assert!(fleet.member("tenant-0", 0).mirror.refs().is_empty());
}

#[test]
fn a_fleet_says_what_waits_for_a_person() {
    let mut fleet = TestFleet::new(2, 1, &[]);
    fleet.members[1].repo.extend(|history| {
        history.commit("leak", |tree| tree.file("src/d.rs", "// see inner/b.rs\n"))
    });
    let screen = fleet.run(["fleet", "sync", "--jobs", "1"]).expect(3);
    assert_eq!(
        screen.stdout,
        "tenant-0  1 of 1 mirrors in order, 3 commits published\n\
         tenant-1  0 of 1 mirrors in order, 0 commits published\n  \
         widget-0:public  refused, private-reference\n"
    );
    assert_eq!(
        screen.stderr,
        "tenant-0/widget-0:public: synced\n\
         tenant-1/widget-0:public: refused, private-reference\n"
    );
    // The private path is in the tenant's own report, unless it was asked to be left out.
    let report = fleet.of_tenant("tenant-1", "runs/widget-0/public.json");
    let said = || std::fs::read_to_string(&report).expect("each run leaves one");
    assert!(said().contains("inner/b.rs"));
    fleet.run(["fleet", "sync", "--redact"]).expect(3);
    assert!(!said().contains("inner/b.rs"), "{}", said());
}
