// SPDX-License-Identifier: LicenseRef-Proprietary
//! Fifty repositories of five tenants: what goes wrong with one stays with it, nothing crosses,
//! and usage adds up however often a run dies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Member, PUBLIC_COMMITS, TestFleet, corrupt, kill_after_push, word_of};

const TENANTS: usize = 5;
const EACH: usize = 10;

/// Five tenants of ten repositories. One repository is corrupt, one is over the quota of its
/// tenant, and one would publish a secret.
fn troubled() -> TestFleet {
    let mut fleet = TestFleet::new(TENANTS, EACH, &[("tenant-2", "{ mirrors = 9 }")]);
    corrupt(fleet.member("tenant-1", 4), "main:src");
    let leak = fleet.members.iter_mut().find(|it| it.tenant == "tenant-3" && it.name == "widget-6");
    // Of no account; put together here so that this file holds none either.
    let token = format!("ghp_{}", "k3Jd8sLq0Zx7Vb2Nm5Tr9Yw1Pc4Ff6Hg8Uo0");
    leak.expect("it is one of the fifty").repo.extend(|history| {
        history.commit("leak", |tree| tree.file("src/key.rs", format!("let key = \"{token}\";\n")))
    });
    fleet
}

/// The three that wait for a person, as a fleet reports them.
fn trouble() -> BTreeMap<String, (String, String)> {
    let row = |name: &str, outcome: &str, why: &str| {
        (name.to_owned(), (outcome.to_owned(), why.to_owned()))
    };
    let quota = "this run may not publish: over quota: `tenant-2` has 9 mirrors, and this one is \
                 beyond them";
    BTreeMap::from([
        row("tenant-1/widget-4", "refused", "object-corrupt"),
        row("tenant-2/widget-9", "failed", quota),
        row("tenant-3/widget-6", "refused", "secret"),
    ])
}

#[test]
fn what_goes_wrong_with_one_stays_with_it() {
    let fleet = troubled();
    let (said, waiting) = split(fleet.sync(), "synced");
    assert_eq!((said.len(), waiting), (47, trouble()));
    every_mirror_is_as_it_should_be(&fleet);
    usage_adds_up(&fleet);
    nothing_crosses(&fleet);
    // The same again is nothing to do, and costs nothing.
    let (said, waiting) = split(fleet.sync(), "up-to-date");
    assert_eq!((said.len(), waiting), (47, trouble()));
    usage_adds_up(&fleet);
    fleet.run(["audit", "verify"]).expect(0);
}

#[test]
fn killed_half_way_and_run_again_it_adds_up_once() {
    let fleet = troubled();
    // The mirror has what was pushed, and nobody lives to write down that it was used.
    let victim = fleet.member("tenant-4", 5);
    let hook = kill_after_push(victim);
    let killed = fleet.run(["fleet", "sync", "--jobs", "1"]);
    assert_eq!(killed.status, -1, "a signal ends it: {killed}");
    fs::remove_file(hook).expect("it was there");
    assert_eq!(victim.mirror.refs().len(), 1, "it was published");
    let read = fleet.events("tenant-4");
    assert!(!read.iter().any(|event| event["data"]["repository"] == "widget-5"), "{read:?}");
    let before: usize = (0..TENANTS).map(|it| fleet.events(&format!("tenant-{it}")).len()).sum();
    assert!((1..47).contains(&before), "it was killed half-way, after {before}");

    let said = fleet.sync();
    assert_eq!(said["tenant-4/widget-5"].0, "up-to-date");
    let waiting: BTreeMap<_, _> = said
        .into_iter()
        .filter(|(_, (outcome, _))| !["synced", "up-to-date"].contains(&&**outcome))
        .collect();
    assert_eq!(waiting, trouble());
    every_mirror_is_as_it_should_be(&fleet);
    usage_adds_up(&fleet);
    nothing_crosses(&fleet);
    fleet.run(["audit", "verify"]).expect(0);
}

#[test]
fn a_run_that_dies_anywhere_is_counted_once() {
    // With the extension points called in between, these are all places where it may matter.
    for milestone in ["RefsRead", "Verified", "MirrorToBeMade", "Pushed", "ReadBack"] {
        let fleet = TestFleet::new(1, 2, &[]);
        let one = &fleet.member("tenant-0", 0).repo;
        let dying = fleet
            .env
            .clone()
            .var("REPO_SYNC_FLEET", fleet.file("fleet.toml"))
            .var("REPO_SYNC_DIE_AT", milestone);
        let died = dying.in_dir(one.path()).run(["sync"]);
        assert_eq!(died.status, -1, "{milestone}: {died}");
        fleet.sync();
        usage_adds_up(&fleet);
        fleet.run(["audit", "verify"]).expect(0);
    }
}

/// Those with an outcome, and the others.
type Said = BTreeMap<String, (String, String)>;

fn split(said: Said, outcome: &str) -> (Said, Said) {
    said.into_iter().partition(|(_, (it, _))| it == outcome)
}

fn is_in_trouble(member: &Member) -> bool {
    trouble().contains_key(&format!("{}/{}", member.tenant, member.name))
}

fn every_mirror_is_as_it_should_be(fleet: &TestFleet) {
    for member in &fleet.members {
        let commits = match member.mirror.refs().is_empty() {
            true => "0".to_owned(),
            false => member.mirror.git().run(["rev-list", "--count", "--all"]),
        };
        let expected = if is_in_trouble(member) { 0 } else { PUBLIC_COMMITS };
        assert_eq!(commits, expected.to_string(), "{}/{}", member.tenant, member.name);
    }
}

/// For each mirror that was published the events say its commits, once, and no two events have
/// one id.
#[track_caller]
fn usage_adds_up(fleet: &TestFleet) {
    let mut ids = BTreeSet::new();
    let mut used = BTreeMap::<(String, String), u64>::new();
    let tenants: BTreeSet<_> = fleet.members.iter().map(|member| &member.tenant).collect();
    for tenant in tenants {
        for event in fleet.events(tenant) {
            let id = event["id"].as_str().expect("an event has an id").to_owned();
            assert!(ids.insert(id), "no id comes twice: {event}");
            assert_eq!(
                (&event["specversion"], &event["data"]["tenant"]),
                (&"1.0".into(), &tenant[..].into())
            );
            let repository = event["data"]["repository"].as_str().expect("it names one");
            let quantity = event["data"]["quantity"].as_u64().expect("it is a number");
            *used.entry((tenant.clone(), repository.to_owned())).or_default() += quantity;
        }
    }
    let published = fleet.members.iter().filter(|member| !member.mirror.refs().is_empty());
    let expected: BTreeMap<_, _> = published
        .map(|member| ((member.tenant.clone(), member.name.clone()), PUBLIC_COMMITS))
        .collect();
    assert_eq!(used, expected);
}

/// Neither a tenant's files nor its repositories nor its mirrors hold a name or a word of another.
fn nothing_crosses(fleet: &TestFleet) {
    for number in 0..TENANTS {
        let tenant = format!("tenant-{number}");
        let mut seen = Vec::new();
        collect(&fleet.file("state").join(&tenant), &mut seen);
        assert!(seen.len() > EACH, "{tenant} has files: {seen:?}");
        for member in fleet.members.iter().filter(|member| member.tenant == tenant) {
            collect(&member.repo.path().join(".git/repo-sync"), &mut seen);
            if !member.mirror.refs().is_empty() {
                let all = member.mirror.git().run(["log", "-p", "--all"]);
                seen.push((format!("mirror of {tenant}/{}", member.name), all.into_bytes()));
            }
        }
        for other in (0..TENANTS).filter(|&other| other != number) {
            let other = format!("tenant-{other}");
            for (name, bytes) in &seen {
                for word in [&other, &word_of(&other)] {
                    let found = bytes.windows(word.len()).any(|it| it == word.as_bytes());
                    assert!(!found, "{name} of {tenant} names `{word}`");
                }
            }
        }
        let own: Value = serde_json::from_slice(
            &fs::read(fleet.of_tenant(&tenant, "report.json")).expect("each has a report"),
        )
        .expect("it is JSON");
        assert_eq!(own["tenant"], *tenant);
    }
    let [files, tenants] =
        [fs::read_dir(fleet.file("state")).into_iter().flatten().count(), TENANTS];
    assert_eq!(files, tenants, "there is nothing that belongs to nobody");
}

fn collect(folder: &Path, seen: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("it is ours").path();
        if path.is_dir() {
            collect(&path, seen);
        } else {
            let bytes = fs::read(&path).expect("it is ours");
            seen.push((path.display().to_string(), bytes));
        }
    }
}
