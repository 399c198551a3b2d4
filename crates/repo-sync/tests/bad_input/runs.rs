// SPDX-License-Identifier: Apache-2.0
//! Runs that are stopped, and runs that meet.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use repo_sync_testing::History;

use crate::common::{Case, MANIFEST, manifest, start};

/// A run in a process group of its own, as a terminal starts one.
fn spawn(case: &Case, args: &[&str]) -> Child {
    let mut command = case.command(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.spawn().expect("the program was just built")
}

/// What a terminal does on Ctrl-C: a signal to the whole group.
fn interrupt(child: Child) -> Output {
    let group = format!("-{}", child.id());
    let status = Command::new("kill").args(["-INT", "--", &group]).status();
    assert!(status.expect("kill is there").success());
    child.wait_with_output().expect("the child was started by us")
}

#[track_caller]
fn check_interrupted(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one object, also when interrupted");
    assert_eq!(report["outcome"], "interrupted", "{report}");
    assert!(report["error"].is_string(), "{report}");
}

/// Until the run has come to where this file is made.
#[track_caller]
fn wait_for(path: &Path, child: &mut Child) {
    while !path.exists() {
        let ended = child.try_wait().expect("the child was started by us");
        assert_eq!(ended, None, "it ended before {} was there", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A hook of the mirror that says that it began, and takes its time.
fn slow_hook(case: &Case) -> std::path::PathBuf {
    let began = case.env.join("began");
    let hook = case.mirror.path().join("hooks/pre-receive");
    fs::create_dir_all(hook.with_file_name("")).expect("the scratch place is writable");
    fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\nsleep 300\n", began.display())).expect("same");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it was just written");
    began
}

#[test]
fn interrupted_during_the_push() {
    let case = Case::new(start(MANIFEST));
    let began = slow_hook(&case);
    let mut child = spawn(&case, &["sync", "--to", "$MIRROR", "--format", "json"]);
    wait_for(&began, &mut child);
    check_interrupted(&interrupt(child));
    assert!(case.mirror.refs().is_empty(), "nothing was published");
    case.mirror.accept();
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

#[test]
fn interrupted_before_the_push() {
    let case = Case::published(start(MANIFEST));
    // It takes connections, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let url = format!("http://127.0.0.1:{port}/widget.git");
    for command in ["plan", "sync"] {
        let child = spawn(&case, &[command, "--to", &url, "--format", "json"]);
        let connection = listener.accept().expect("git connects");
        check_interrupted(&interrupt(child));
        drop(connection);
    }
}

#[test]
fn killed_during_the_push() {
    let mut case = Case::published(start(MANIFEST));
    let before = case.mirror.refs();
    case.extend(|history| history.commit("more", |tree| tree.file("src/more.rs", "")));
    let began = slow_hook(&case);
    let mut child = spawn(&case, &["sync", "--to", "$MIRROR"]);
    wait_for(&began, &mut child);
    let group = format!("-{}", child.id());
    let status = Command::new("kill").args(["-KILL", "--", &group]).status();
    assert!(status.expect("kill is there").success());
    child.wait_with_output().expect("the child was started by us");
    assert_eq!(case.mirror.refs(), before);
    case.mirror.accept();
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
    case.mirror.git().run(["fsck", "--full", "--strict"]);
}

/// How many runs meet.
const MANY: usize = 8;

/// Starts them all, and then waits for each: how they ended, sorted.
fn outcomes(runs: Vec<Child>) -> Vec<String> {
    let outcome = |run: Child| {
        let output = run.wait_with_output().expect("the child was started by us");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("one object each");
        report["outcome"].as_str().expect("an outcome is text").to_owned()
    };
    let mut outcomes: Vec<_> = runs.into_iter().map(outcome).collect();
    outcomes.sort_unstable();
    outcomes
}

/// One of them publishes, and each of the others finds it done.
#[track_caller]
fn check_met(case: &Case, outcomes: &[String]) {
    let expected: Vec<_> = ["synced"].into_iter().chain(["up-to-date"; MANY - 1]).collect();
    assert_eq!(outcomes, expected);
    case.ok(&["sync", "--to", "$ROOT/alone.git"]);
    let alone = case.repo().scratch().git(case.env.join("alone.git")).run(["show-ref"]);
    assert_eq!(case.mirror.git().run(["show-ref"]), alone, "as one run alone would leave it");
    case.mirror.git().run(["fsck", "--full", "--strict"]);
    case.nothing_private();
    let next = case.run(&["sync", "--to", "$MIRROR"]).expect(0);
    assert!(next.stdout.contains("up to date") || next.stderr.contains("up to date"), "\n{next}");
}

/// A history in which a run has something to do.
fn long() -> History {
    (0..40).fold(start(&manifest("tags = [\"v*\"]\n")), |history, number| {
        history.commit(format!("more {number}"), |tree| {
            tree.file(format!("src/{number}.rs"), format!("// {number}\n"))
                .file("cloud/bill.rs", format!("// {number}\n"))
        })
    })
}

#[test]
fn many_runs_at_once() {
    for fresh in [true, false] {
        let case = Case::new(long().annotate("v1", "main", "one"));
        if !fresh {
            case.ok(&["sync", "main~20", "--to", "$MIRROR"]);
        }
        let args = ["sync", "--to", "$MIRROR", "--format", "json"];
        let runs = (0..MANY).map(|_| spawn(&case, &args)).collect();
        check_met(&case, &outcomes(runs));
    }
}

/// Clones have no lock in common: the mirror's lease decides.
#[test]
fn many_clones_at_once() {
    for fresh in [true, false] {
        let case = Case::new(long().annotate("v1", "main", "one"));
        if !fresh {
            case.ok(&["sync", "main~20", "--to", "$MIRROR"]);
        }
        let clones: Vec<_> = (0..MANY).map(|number| clone(&case, number)).collect();
        let args = |dir| ["sync", "-C", dir, "--to", "$MIRROR", "--format", "json"];
        let runs = clones.iter().map(|dir| spawn(&case, &args(dir))).collect();
        check_met(&case, &outcomes(runs));
    }
}

/// Each of them up to another commit: whoever comes last, the newest one stands there.
#[test]
fn many_clones_with_different_commits_at_once() {
    let case = Case::new(long());
    let clones: Vec<_> = (0..MANY).map(|number| clone(&case, number)).collect();
    let runs = clones.iter().enumerate().rev().map(|(number, dir)| {
        let rev = format!("main~{}", 3 * number);
        spawn(&case, &["sync", &rev, "-C", dir, "--to", "$MIRROR", "--format", "json"])
    });
    let outcomes = outcomes(runs.collect());
    assert!(outcomes.contains(&"synced".to_owned()), "{outcomes:?}");
    case.ok(&["sync", "--to", "$ROOT/alone.git"]);
    let alone = case.repo().scratch().git(case.env.join("alone.git")).run(["show-ref"]);
    assert_eq!(case.mirror.git().run(["show-ref"]), alone);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "up-to-date");
}

fn clone(case: &Case, number: usize) -> String {
    let dir = case.env.join(format!("clone-{number}")).to_string_lossy().into_owned();
    let path = case.repo().path().to_string_lossy().into_owned();
    case.repo().git(["clone", "--quiet", "--no-checkout", &path, &dir]);
    dir
}
