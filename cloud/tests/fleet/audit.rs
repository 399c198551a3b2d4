// SPDX-License-Identifier: LicenseRef-Proprietary
//! The audit log: what is in it, and that no byte of it is changed unseen.

use std::fs;

use repo_sync_cloud::audit::verify::{Tampered, verify};
use serde_json::Value;

use crate::common::{TestFleet, lines, list};

const TENANT: &str = "tenant-0";

/// A fleet with a log of six records.
fn logged() -> (TestFleet, Vec<u8>) {
    let fleet = TestFleet::new(1, 2, &[]);
    fleet.run(["fleet", "sync", "--jobs", "1"]).expect(0);
    let text = fs::read(fleet.of_tenant(TENANT, "audit.jsonl")).expect("it is there");
    (fleet, text)
}

fn facts(records: &[Value]) -> Vec<String> {
    let name = |record: &Value| {
        let [repository, fact] = ["repository", "fact"].map(|it| crate::common::text(&record[it]));
        format!("{repository} {fact}")
    };
    records.iter().map(name).collect()
}

#[test]
fn what_happened_is_on_record_before_it_counts() {
    let (fleet, _) = logged();
    let records = lines(&fleet.of_tenant(TENANT, "audit.jsonl"));
    let of = |name: &str| ["started", "publishing", "published"].map(|it| format!("{name} {it}"));
    assert_eq!(facts(&records), [of("widget-0"), of("widget-1")].concat());
    let exported = fleet.run(["audit", "export", TENANT]).expect(0).stdout;
    assert_eq!(exported.lines().count(), 6);
    fleet.run(["audit", "export", "nobody"]).expect(2);
}

#[test]
fn one_byte_changed_is_found_and_the_record_named() {
    let (_, text) = logged();
    assert_eq!(verify(TENANT, &text, None).expect("it is as it was written").records, 6);
    let mut number = 1;
    for at in 0..text.len() {
        for change in [1, 0x20, 0x80] {
            let mut changed = text.clone();
            changed[at] ^= change;
            match verify(TENANT, &changed, None) {
                Err(Tampered::Record { number: named, .. }) => assert_eq!(named, number, "at {at}"),
                other => panic!("a change at {at} is not found: {other:?}"),
            }
        }
        number += u64::from(text[at] == b'\n');
    }
}

#[test]
fn records_that_are_gone_or_moved_are_missed() {
    let (_, text) = logged();
    let records: Vec<_> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let head = verify(TENANT, &text, None).expect("it is as it was written").head;
    let check = |order: &[usize], holds: Option<&str>, bad: Option<u64>| {
        let text: Vec<u8> = order.iter().flat_map(|&at| records[at]).copied().collect();
        let found = match verify(TENANT, &text, holds) {
            Ok(_) => None,
            Err(Tampered::Record { number, .. }) => Some(number),
            Err(Tampered::Missing(_)) => Some(0),
        };
        assert_eq!(found, bad, "{order:?}");
    };
    check(&[0, 2, 3, 4, 5], None, Some(2));
    check(&[1, 2, 3, 4, 5], None, Some(1));
    check(&[0, 1, 1, 2, 3, 4, 5], None, Some(3));
    check(&[1, 0, 2, 3, 4, 5], None, Some(1));
    // The end can go unseen by the log alone, but not by who kept the last hash.
    check(&[0, 1, 2, 3, 4], None, None);
    check(&[0, 1, 2, 3, 4, 5], Some(&head), None);
    check(&[0, 1, 2, 3, 4], Some(&head), Some(0));
    assert!(verify("tenant-1", &text, None).is_err(), "it is the log of another");
    assert!(verify(TENANT, &text[..text.len() - 9], None).is_err(), "it is cut off");
}

#[test]
fn the_command_names_the_record_and_nothing_is_published_upon_a_bad_one() {
    let (mut fleet, mut text) = logged();
    let clean = fleet.run(["audit", "verify", "--format", "json"]).expect(0).stdout;
    let clean: Value = serde_json::from_str(&clean).expect("it is JSON");
    let head = crate::common::text(&list(&clean["logs"])[0]["head"]);
    fleet.run(["audit", "verify", TENANT, "--holds", &head]).expect(0);
    fleet.run(["audit", "verify", TENANT, "--holds", "0000"]).expect(3);

    let last = text.len() - 100;
    text[last] ^= 1;
    let file = fleet.of_tenant(TENANT, "audit.jsonl");
    fs::write(&file, &text).expect("it is ours");
    let screen = fleet.run(["audit", "verify"]).expect(3);
    assert!(screen.stderr.contains("tenant-0  record 6 is bad: "), "{screen}");

    fleet.members[0].repo.extend(|history| history.commit("new", |it| it.file("src/d.rs", "//\n")));
    for (name, (outcome, why)) in fleet.sync() {
        assert_eq!(outcome, "failed", "{name}");
        assert!(why.contains("the audit log takes no record, so nothing was published"), "{why}");
    }
    assert_eq!(fleet.members[0].mirror.git().run(["rev-list", "--count", "main"]), "3");
    assert_eq!(fs::read(&file).expect("it is ours"), text, "the evidence is left as it was");
}

#[test]
fn a_record_whose_writer_died_is_quoted_by_the_next() {
    let (fleet, mut text) = logged();
    text.extend(b"{\"seq\":7,\"ti");
    fs::write(fleet.of_tenant(TENANT, "audit.jsonl"), &text).expect("it is ours");
    fleet.run(["audit", "verify"]).expect(3);
    fleet.run(["fleet", "sync"]).expect(0);
    fleet.run(["audit", "verify"]).expect(0);
    let records = lines(&fleet.of_tenant(TENANT, "audit.jsonl"));
    assert_eq!(records[6]["torn"], "{\"seq\":7,\"ti");
}
