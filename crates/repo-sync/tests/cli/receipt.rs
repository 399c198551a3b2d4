// SPDX-License-Identifier: Apache-2.0
//! `sync --receipt`: what it says, and whether it is true.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::process::Command;

use insta::assert_snapshot;
use repo_sync_core::git::{Environment, PrivateRepo};
use repo_sync_core::progress::Silent;
use repo_sync_core::receipt::{check, is_signed};
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_testing::{TagText, TestEnv};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::common::{MANIFEST, env, widget};

const SYNC: [&str; 6] = ["sync", "--to", "../mirror.git", "--receipt", "../receipt.json", "-q"];

/// A repository whose mirror shows tags.
fn tagged() -> TestEnv {
    let manifest = MANIFEST.replace("branches", "tags = [\"v*\"]\nbranches");
    env(widget()
        .commit("list tags", |tree| tree.file("sync.toml", manifest))
        .commit("say more", |tree| tree.file("src/more.rs", "// more\n"))
        .tag("v1")
        .build())
}

fn receipt(env: &TestEnv) -> Value {
    let text = fs::read(env.join("receipt.json")).expect("a receipt was written");
    serde_json::from_slice(&text).expect("a receipt is JSON")
}

#[test]
fn a_receipt_says_what_was_published_and_nothing_private() {
    let env = tagged();
    env.run(SYNC).expect(0);
    let mut shown = receipt(&env);
    let text = shown.to_string();
    // The checks are those of the program, and grow with it.
    shown["predicate"]["checks"] = Value::Null;
    shown["predicate"]["engineVersion"] = "x".into();
    for one in shown["predicate"]["refs"].as_array_mut().expect("there are refs") {
        let commitment = one["privateCommitment"].take();
        assert_eq!(commitment.as_str().map(str::len), Some(64));
    }
    let shown = serde_json::to_string_pretty(&shown).expect("it is JSON");
    assert_snapshot!("receipt", shown.replace(&*env.join("").to_string_lossy(), "$ROOT/"));
    assert!(!shown.contains("/private"), "{shown}");

    for private in env.repo().git(["rev-list", "--all"]).lines() {
        assert!(!text.contains(private), "{private}");
    }
    for private in ["cloud", "secrets", "internal", "bill", "plan"] {
        assert!(!text.contains(private), "{private}");
    }
    let salt = env.repo().path().join(".git/repo-sync/public/salt");
    let mode = fs::metadata(salt).expect("the key is kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn its_objects_are_those_that_git_finds() {
    let mut env = tagged();
    env.run(SYNC).expect(0);
    assert_eq!(receipt(&env)["predicate"]["newObjects"], found(&env, &[]));
    let before = env.repo().git(["-C", "../mirror.git", "rev-parse", "main", "v1"]);
    let before: Vec<&str> = before.lines().collect();
    env.repo_mut().extend(|history| {
        history
            .commit("move", |tree| {
                tree.delete("src/hello.rs").file("src/deep/hello.rs", "// hello\n")
            })
            .commit("new", |tree| tree.file("src/new.rs", "// new\n"))
            .commit("back", |tree| {
                tree.delete("src/deep/hello.rs").file("src/hello.rs", "// hello\n")
            })
            .annotate("v2", "main", TagText::from("two"))
    });
    env.run(SYNC).expect(0);
    let again = receipt(&env);
    assert_eq!(again["predicate"]["newObjects"], found(&env, &before));
    assert_eq!(again["predicate"]["commitCount"], 3);
    let digests = again["subject"].as_array().expect("there are subjects").iter();
    let kinds: Vec<_> = digests.map(|it| it["digest"]["gitTag"].is_string()).collect();
    assert_eq!(kinds, [false, false, true]);
    assert_eq!(faults(&env, &again), Vec::<String>::new());

    env.run(SYNC).expect(0);
    let nothing = receipt(&env);
    assert_eq!(nothing["predicate"]["newObjects"]["count"], 0);
    for one in nothing["predicate"]["refs"].as_array().expect("there are refs") {
        assert_eq!(one["before"], one["after"]);
    }
    assert_eq!(faults(&env, &nothing), Vec::<String>::new());
}

/// The objects of the mirror that `before` does not reach, as a stranger counts them.
fn found(env: &TestEnv, before: &[&str]) -> Value {
    let list = |tips: &[&str]| -> BTreeSet<String> {
        let args = ["-C", "../mirror.git", "rev-list", "--objects", "--no-object-names"];
        let listed = env.repo().git([&args[..], tips].concat());
        listed.lines().map(str::to_owned).collect()
    };
    let mut ids = list(&["--all"]);
    if !before.is_empty() {
        let known = list(before);
        ids.retain(|id| !known.contains(id));
    }
    let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let digest = Sha256::digest(lines);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!({ "count": ids.len(), "sha256": digest })
}

#[test]
fn a_receipt_that_was_touched_is_found_out() {
    let env = tagged();
    env.run(SYNC).expect(0);
    let good = receipt(&env);
    assert_eq!(faults(&env, &good), Vec::<String>::new());
    let other = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let ours = good["predicate"]["refs"][0]["before"].clone();
    assert!(ours.is_null());
    for (path, value) in [
        ("/predicate/refs/0/tree", Value::from(other)),
        ("/predicate/refs/0/commit", other.into()),
        ("/predicate/refs/0/after", other.into()),
        ("/predicate/refs/0/before", good["predicate"]["refs"][0]["after"].clone()),
        ("/predicate/refs/0/privateCommitment", "00".repeat(32).into()),
        ("/predicate/commitCount", 1.into()),
        ("/predicate/newObjects/count", 1.into()),
        ("/predicate/newObjects/sha256", "00".repeat(32).into()),
        ("/predicate/manifestDigest/sha256", "00".repeat(32).into()),
        ("/predicate/algorithm", 2.into()),
        ("/subject/0/digest/gitCommit", other.into()),
        ("/subject/0/name", "elsewhere#refs/heads/other".into()),
        ("/predicateType", "other".into()),
    ] {
        let mut touched = good.clone();
        *touched.pointer_mut(path).expect("a receipt has it") = value;
        assert_ne!(faults(&env, &touched), Vec::<String>::new(), "{path}");
    }
    let mut more = good.clone();
    more["predicate"]["more"] = 1.into();
    assert_ne!(faults(&env, &more), Vec::<String>::new());
}

fn faults(env: &TestEnv, receipt: &Value) -> Vec<String> {
    let repo = PrivateRepo::discover(env.repo().path()).expect("it is a repository");
    let objects = repo.objects().expect("it has objects");
    let options = SessionOptions::default();
    let mut session = Session::open(&repo, &objects, &options, &[], &Silent).expect("it replays");
    let checked = check(&mut session, receipt.to_string().as_bytes(), None);
    checked.expect("everything can be read").faults
}

#[test]
fn a_run_that_published_nothing_new_and_one_that_was_refused() {
    let marker = format!("# repo-sync: {}\n", "private");
    let repo = widget().commit("mark", |tree| tree.file("docs/notes.md", marker)).build();
    let env = env(repo);
    env.run(SYNC).expect(3);
    assert!(!env.join("receipt.json").exists());
    env.run(SYNC.iter().chain(&["--all"])).expect(2);
}

/// Where a receipt goes may be no file, and must not become one.
#[test]
fn a_receipt_goes_into_a_pipe() {
    let env = tagged();
    let pipe = env.join("receipt.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).expect("somebody writes into it")
    });
    env.run(SYNC).expect(0);
    let there = fs::symlink_metadata(&pipe).expect("it is still there");
    assert!(there.file_type().is_fifo());
    let text = reader.join().expect("it only reads");
    assert!(text.contains("\"predicate\""), "{text}");
}

#[test]
fn a_receipt_that_cannot_be_written() {
    for place in ["../nowhere/receipt.json", "..", "/dev/full"] {
        let env = tagged();
        let screen = env.run(["sync", "--to", "../mirror.git", "--receipt", place]).expect(1);
        let says = "the mirror is up to date, but there is no receipt of it";
        assert!(screen.stderr.contains(says), "{screen}");
        assert!(screen.stderr.contains("failed to write `"), "{screen}");
        let again = env.run(SYNC).expect(0);
        assert_eq!(receipt(&env)["predicate"]["newObjects"]["count"], 0, "{again}");
    }
}

#[test]
fn a_receipt_is_signed_with_a_key() {
    let env = tagged();
    let key = env.join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.expect("ssh-keygen runs").success());
    env.run(SYNC.iter().chain(&["--sign-key", "../key"])).expect(0);
    let public = fs::read_to_string(env.join("key.pub")).expect("it was made");
    let allowed = env.join("allowed");
    fs::write(&allowed, format!("robot {public}")).expect("the scratch place is writable");
    let bytes = fs::read(env.join("receipt.json")).expect("it was written");
    let environment = Environment::new(std::env::vars_os());
    let signed = |bytes: &[u8], who: &str| {
        is_signed(bytes, &env.join("receipt.json.sig"), &allowed, who, &environment)
            .expect("ssh-keygen runs")
    };
    assert!(signed(&bytes, "robot"));
    assert!(!signed(&bytes, "somebody"));
    assert!(!signed(&[&bytes[..], b"\n"].concat(), "robot"));

    let screen = env.run(SYNC.iter().chain(&["--sign-key", "../no-key"])).expect(1);
    assert!(screen.stderr.contains("the mirror is up to date, but"), "{screen}");
    assert!(screen.stderr.contains("did not sign"), "{screen}");
}

#[test]
fn verify_holds_a_receipt_against_both_sides() {
    let env = tagged();
    env.run(SYNC).expect(0);
    let verify = ["verify", "--to", "../mirror.git", "--receipt", "../receipt.json"];
    env.run(verify).expect(0);
    let file = env.join("receipt.json");
    let text = fs::read_to_string(&file).expect("it was written");
    let touched = text.replace("\"algorithm\": 1", "\"algorithm\": 2");
    assert_ne!(touched, text);
    fs::write(&file, touched).expect("the scratch place is writable");
    let screen = env.run(verify).expect(3);
    assert!(screen.stderr.contains("it is of another algorithm"), "{screen}");
    env.run(["verify", "--to", "../mirror.git", "--receipt", "../none.json"]).expect(2);
}
