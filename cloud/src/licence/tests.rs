// SPDX-License-Identifier: LicenseRef-Proprietary
//! Licences, good and bad, on several days.

use ed25519_dalek::{Signer as _, SigningKey};

use super::*;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn public(key: &SigningKey) -> String {
    crate::usage::hex(key.verifying_key().as_bytes())
}

fn signed(payload: &str, key: &SigningKey) -> String {
    let signature = STANDARD.encode(key.sign(payload.as_bytes()).to_bytes());
    let payload = STANDARD.encode(payload);
    format!("{{\"payload\": \"{payload}\", \"signature\": \"{signature}\"}}\n")
}

const TERMS: &str = r#"{"version": 1, "holder": "Acme", "features": ["fleet", "audit-chain"],
    "expires": "2030-06-15", "grace-days": 10, "tenants": 5}"#;

#[test]
fn a_licence_is_good_then_honoured_then_expired() {
    check("2030-06-15", "licensed to Acme until 2030-06-15", true);
    check("2030-06-16", "expired on 2030-06-15 and is honoured for 9 more days", true);
    check("2030-06-25", "expired on 2030-06-15 and is honoured for 0 more days", true);
    check("2030-06-26", "the licence of Acme expired on 2030-06-15", false);

    #[track_caller]
    fn check(today: &str, said: &str, good: bool) {
        let place = tempfile::tempdir().expect("there is room");
        let file = place.path().join("licence.json");
        fs::write(&file, signed(TERMS, &key())).expect("it is ours");
        let today = today.parse().expect("the row holds a day");
        let licence = Licence::read(&file, Some(&public(&key())), today);
        assert!(licence.to_string().ends_with(said), "{licence}");
        assert_eq!(licence.allows(Feature::Fleet).is_allowed(), good);
        // It does not name it, however good it is.
        assert!(!licence.allows(Feature::UsageEvents).is_allowed());
        assert_eq!(licence.limits().tenants, good.then_some(5));
        safety_is_never_sold(&licence);
    }
}

#[test]
fn what_the_vendor_did_not_sign_is_no_licence() {
    let (ours, other) = (key(), SigningKey::from_bytes(&[8; 32]));
    let good = signed(TERMS, &ours);
    check(&good, Some(&public(&ours)), "licensed to Acme");
    check(&good, Some(&public(&other)), "the vendor did not sign it");
    check(&good, None, "built without the vendor's key");
    check(&good, Some("12"), "built with a key that is none");
    check(&signed(TERMS, &other), Some(&public(&ours)), "the vendor did not sign it");
    check("", Some(&public(&ours)), "the licence is not valid");
    check("{\"payload\": \"\", \"signature\": \"\"}", Some(&public(&ours)), "it is not signed");
    let later = signed(&TERMS.replace("\"version\": 1", "\"version\": 2"), &ours);
    check(&later, Some(&public(&ours)), "its terms are of version 2");
    let unknown = signed(&TERMS.replace("tenants", "all"), &ours);
    check(&unknown, Some(&public(&ours)), "unknown field `all`");
    // The terms of one with the signature of another.
    let more = signed(&TERMS.replace("\"tenants\": 5", "\"tenants\": 6"), &ours);
    let [payload, _] = halves(&more);
    let [_, signature] = halves(&good);
    let mixed = format!("{{\"payload\": \"{payload}\", \"signature\": \"{signature}\"}}");
    check(&mixed, Some(&public(&ours)), "the vendor did not sign it");

    fn halves(text: &str) -> [String; 2] {
        let signed: Signed = serde_json::from_str(text).expect("it was just made");
        [signed.payload, signed.signature]
    }

    #[track_caller]
    fn check(text: &str, key: Option<&str>, said: &str) {
        let place = tempfile::tempdir().expect("there is room");
        let file = place.path().join("licence.json");
        fs::write(&file, text).expect("it is ours");
        let licence = Licence::read(&file, key, jiff::civil::date(2030, 1, 1));
        assert!(licence.to_string().contains(said), "{licence}");
        let good = said.starts_with("licensed");
        assert_eq!(licence.allows(Feature::Fleet).is_allowed(), good, "{licence}");
        safety_is_never_sold(&licence);
    }
}

/// Neither an expired nor a forged licence takes anything away that the open edition has.
#[track_caller]
fn safety_is_never_sold(licence: &Licence) {
    repo_sync_shared::edition::conformance::entitlements(&Licensed::new(licence.clone()));
}

#[test]
fn no_licence_takes_nothing_away() {
    safety_is_never_sold(&Licence::Absent);
    assert!(!Licence::Absent.allows(Feature::Fleet).is_allowed());
}
