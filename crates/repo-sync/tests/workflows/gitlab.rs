// SPDX-License-Identifier: Apache-2.0
//! The component for GitLab: each script as it is written, in one shell, as GitLab's runner does.

use std::collections::BTreeMap;
use std::fs;

use repo_sync_testing::server::Sshd;
use repo_sync_testing::{BareMirror, Screen, TestEnv};
use serde::Deserialize;
use serde_json::Value;

use crate::import::Sides;
use crate::{env, history, root, shell, subjects};

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    variables: BTreeMap<String, String>,
    script: Vec<String>,
    rules: Vec<Value>,
}

/// The jobs of the component, with these inputs.
fn jobs(inputs: &[(&str, &str)]) -> BTreeMap<String, Job> {
    let text = fs::read_to_string(root().join("templates/repo-sync.yml"));
    let text = text.expect("it is part of the workspace");
    let (head, jobs) = text.split_once("\n---\n").expect("a component has a head");
    let head: Value = serde_saphyr::from_str(head).expect("it is YAML");
    let mut jobs = jobs.to_owned();
    for (name, input) in head["spec"]["inputs"].as_object().expect("it has inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value = given.or(input["default"].as_str());
        let value = value.unwrap_or_else(|| panic!("the input `{name}` is needed"));
        jobs = jobs.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!jobs.contains("$[["), "an input is not declared: {jobs}");
    serde_saphyr::from_str(&jobs).expect("it is YAML")
}

/// Runs a job in a clone of the repository.
fn run(env: &TestEnv, job: &Job, rev: &str, variables: &[(&str, &str)]) -> Screen {
    let place = env.join("builds");
    let _ = fs::remove_dir_all(&place);
    let origin = env.repo().path();
    assert_eq!(job.variables["GIT_DEPTH"], "0", "the whole history is needed");
    let git = env.repo().git_here();
    git.run(["clone".as_ref(), "--quiet".as_ref(), origin.as_os_str(), place.as_os_str()]);
    env.repo().scratch().git(&place).run(["checkout", "--quiet", "--detach", rev]);
    let mut env = shell("bash", env.repo()).in_dir(place);
    for (name, value) in &job.variables {
        env = env.var(name, value);
    }
    for (name, value) in variables {
        env = env.var(*name, *value);
    }
    env.run(["-eo", "pipefail", "-c", &job.script.join("\n")])
}

#[test]
fn the_main_branch_is_published() {
    let env = env(history().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    let sshd = Sshd::start(env.repo().scratch());
    let [key, hosts] = ["key", "hosts"].map(|name| env.join(name));
    fs::write(&key, sshd.deploy_key()).expect("the scratch place is writable");
    fs::write(&hosts, sshd.known_hosts()).expect("the scratch place is writable");
    let jobs = jobs(&[("image", "any"), ("mirror", &sshd.url(mirror.path()))]);
    let variables = [
        ("REPO_SYNC_DEPLOY_KEY", &*key.to_string_lossy()),
        ("REPO_SYNC_KNOWN_HOSTS", &*hosts.to_string_lossy()),
    ];
    run(&env, &jobs["repo-sync"], "origin/main", &variables).expect(0);
    assert_eq!(subjects(&mirror), "say hello\nstart");
    let report = fs::read_to_string(env.join("builds/sync.json")).expect("it is an artifact");
    assert!(report.contains("\"outcome\":\"synced\""), "{report}");
}

#[test]
fn a_merge_request_is_judged() {
    let check = |text: &str, status: i32| {
        let change = history()
            .branch("feature", "say hello")
            .commit("a change", |tree| tree.file("src/x.rs", text));
        let env = env(change.build());
        let jobs = jobs(&[("image", "any"), ("mirror", "unused")]);
        let target = [("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")];
        let screen = run(&env, &jobs["repo-sync-check"], "origin/feature", &target).expect(status);
        assert!(screen.stdout.contains("+ src/x.rs"), "{screen}");
    };
    check("pub fn x() {}\n", 0);
    check("// see cloud/bill.rs\n", 3);
}

const REQUEST: &str = "refs/merge-requests/7/head";

/// Runs the import of request 7, with further variables.
fn import(sides: &Sides, more: &[(&str, &str)]) -> Screen {
    let mirror = sides.mirror.path().to_string_lossy();
    let inputs = [("image", "any"), ("mirror", "unused"), ("mirror-to-read", &*mirror)];
    let variables = [&[("REPO_SYNC_IMPORT", "7")][..], more].concat();
    run(&sides.env, &jobs(&inputs)["repo-sync-import"], "origin/main", &variables)
}

#[test]
fn a_merge_request_of_the_mirror_becomes_a_branch() {
    let sides = Sides::new();
    sides.propose(REQUEST, &[("say hello", "src/hello.rs", "pub fn hello() {}\n")]);
    let before = sides.refs();
    let screen = import(&sides, &[]).expect(0);
    assert!(screen.stdout.contains("say hello"), "{screen}");
    let mut after = sides.refs();
    let made = after.remove("refs/heads/import/merge-requests-7").expect("the branch was pushed");
    assert_eq!(after, before, "nothing else moved");
    sides.merge_and_sync(&made, REQUEST);
    // All of it is here now.
    let before = sides.refs();
    import(&sides, &[]).expect(0);
    assert_eq!(sides.refs(), before);
}

#[test]
fn a_merge_request_that_edits_ci_changes_nothing() {
    let sides = Sides::new();
    let edit = ("run faster", ".github/workflows/ci.yml", "on: pull_request_target\n");
    sides.propose(REQUEST, &[("say hello", "src/hello.rs", "pub fn hello() {}\n"), edit]);
    let before = sides.refs();
    let screen = import(&sides, &[]).expect(3);
    assert!(screen.stderr.contains("refused  import-guarded"), "{screen}");
    assert_eq!(sides.refs(), before);
    import(&sides, &[("REPO_SYNC_ALLOW", ".github")]).expect(0);
    sides.merge_and_sync("import/merge-requests-7", REQUEST);
}

/// **Invariant:** a pipeline that imports publishes nothing.
#[test]
fn an_import_is_no_sync() {
    let jobs = jobs(&[("image", "any"), ("mirror", "unused")]);
    let [never, ..] = &jobs["repo-sync"].rules[..] else { panic!("it has rules") };
    assert_eq!((&never["if"], &never["when"]), (&"$REPO_SYNC_IMPORT".into(), &"never".into()));
    let [only] = &jobs["repo-sync-import"].rules[..] else { panic!("it has one rule") };
    let condition = only["if"].as_str().expect("it is a text");
    assert!(
        condition.starts_with("$REPO_SYNC_IMPORT && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH &&")
    );
}
