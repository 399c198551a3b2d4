// SPDX-License-Identifier: LicenseRef-Proprietary
//! Without a licence: unavailable, never unsafe.

use std::fs;

use serde_json::Value;

use crate::common::{TestFleet, list, text};

/// Unlicensed in each way that there is.
fn unlicensed(fleet: &TestFleet, how: &str) {
    match how {
        "absent" => fs::remove_file(fleet.file("licence.json")).expect("it was there"),
        "forged" => {
            let good = fs::read_to_string(fleet.file("licence.json")).expect("it is there");
            let mut forged: Value = serde_json::from_str(&good).expect("it is JSON");
            forged["payload"] = "e30=".into();
            fs::write(fleet.file("licence.json"), forged.to_string()).expect("it is ours");
        }
        "expired" => fleet.license("2020-01-01", 10),
        other => panic!("`{other}` is no way to be without a licence"),
    }
}

#[test]
fn without_a_licence_nothing_is_published_and_everything_is_looked_at() {
    for how in ["absent", "forged", "expired"] {
        let mut fleet = TestFleet::new(1, 1, &[]);
        fleet.run(["fleet", "sync"]).expect(0);
        fleet.members[0].repo.extend(|history| {
            history.commit("leak", |tree| tree.file("src/d.rs", "// see inner/b.rs\n"))
        });
        unlicensed(&fleet, how);
        fleet.run(["licence"]).expect(1);
        let screen = fleet.run(["fleet", "sync"]).expect(1);
        assert!(screen.stderr.contains("nothing is published for tenants"), "{how}: {screen}");

        let member = fleet.member("tenant-0", 0);
        let env = fleet.env.clone().in_dir(member.repo.path());
        let env = env.var("REPO_SYNC_FLEET", fleet.file("fleet.toml"));
        let denied = env.run(["sync"]).expect(1);
        assert!(denied.stderr.contains("this run may not publish"), "{how}: {denied}");
        assert_eq!(member.mirror.git().run(["rev-list", "--count", "main"]), "3", "{how}");
        // What keeps something from getting out works as ever.
        env.run(["plan"]).expect(3);
        env.run(["check", "--range", "main~1..main"]).expect(3);
        env.run(["verify"]).expect(0);
        fleet.run(["audit", "verify"]).expect(0);
        fleet.run(["audit", "export", "tenant-0"]).expect(0);
    }
}

#[test]
fn in_the_time_of_grace_all_works_and_is_complained_of() {
    let fleet = TestFleet::new(1, 1, &[]);
    fleet.license("2020-01-01", u16::MAX);
    let screen = fleet.run(["fleet", "sync"]).expect(0);
    assert!(
        screen.stderr.contains("warning: the licence of Acme expired on 2020-01-01"),
        "{screen}"
    );
}

#[test]
fn the_edition_says_what_the_licence_allows() {
    let fleet = TestFleet::new(1, 1, &[]);
    let env = fleet.env.clone().var("REPO_SYNC_FLEET", fleet.file("fleet.toml"));
    let said = || {
        let screen = env.run(["edition", "--json"]).expect(0);
        serde_json::from_str::<Value>(&screen.stdout).expect("it is JSON")
    };
    let licensed = said();
    assert_eq!(licensed["edition"], "cloud");
    assert!(list(&licensed["features"]).iter().all(|row| row["allowed"] == true), "{licensed}");
    let filled: Vec<_> =
        list(&licensed["extension_points"]).iter().map(|it| text(&it["filled_by"])).collect();
    let expected =
        ["fleet-file", "outbox", "hash-chain", "licence-file", "tenant-keys", "tenant-notices"];
    assert_eq!(filled, expected);
    unlicensed(&fleet, "expired");
    let expired = said();
    for row in list(&expired["features"]) {
        assert_eq!(row["allowed"] == true, row["edition"] == "community", "{row}");
    }
}

#[test]
fn a_licence_is_for_so_many() {
    check("", 4);
    check(", \"tenants\": 1", 2);
    check(", \"mirrors\": 3", 3);
    check(", \"tenants\": 1, \"mirrors\": 3", 2);

    #[track_caller]
    fn check(limits: &str, published: usize) {
        let fleet = TestFleet::new(2, 2, &[]);
        fleet.license_for("2999-12-31", 0, limits);
        let said = fleet.sync();
        let synced = said.values().filter(|(outcome, _)| outcome == "synced").count();
        assert_eq!(synced, published, "{limits}: {said:?}");
        let held = said.values().filter(|(_, why)| why.contains("the licence is for "));
        assert_eq!(held.count(), 4 - published, "{limits}: {said:?}");
    }
}

/// OpenSSL as the judge: what it signs is a licence, so a vendor needs no tool of ours.
#[test]
fn a_licence_that_openssl_signed_is_good() {
    use std::process::Command;

    let fleet = TestFleet::new(1, 1, &[]);
    let at = |name: &str| fleet.file(name).display().to_string();
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).output().expect("openssl is installed");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let (key, payload, signature) = (at("key.pem"), at("payload"), at("signature"));
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &key]);
    let public = openssl(&["pkey", "-in", &key, "-pubout", "-outform", "DER"]);
    let digits: String =
        public[public.len() - 32..].iter().map(|byte| format!("{byte:02x}")).collect();
    let terms = r#"{"version":1,"holder":"Umbra","features":["fleet"],"expires":"2999-12-31"}"#;
    fs::write(&payload, terms).expect("it is ours");
    openssl(&["pkeyutl", "-sign", "-rawin", "-inkey", &key, "-in", &payload, "-out", &signature]);
    let [payload, signature] = [&payload, &signature]
        .map(|file| String::from_utf8(openssl(&["base64", "-A", "-in", file])).expect("base64"));
    let licence = format!("{{\"payload\":\"{payload}\",\"signature\":\"{signature}\"}}");
    fs::write(fleet.file("licence.json"), licence).expect("it is ours");
    let env = fleet.env.clone().var("REPO_SYNC_TEST_VENDOR_KEY", digits);
    let screen = env.run(["licence"]).expect(0);
    assert!(screen.stdout.contains("licensed to Umbra until 2999-12-31"), "{screen}");
    fleet.run(["licence"]).expect(1);
}
