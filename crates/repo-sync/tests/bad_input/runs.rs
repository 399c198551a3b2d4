// SPDX-License-Identifier: Apache-2.0
//! Runs that are stopped, and runs that meet.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::common::{Case, MANIFEST, start};

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

#[test]
fn two_runs_at_once() {
    for fresh in [true, false] {
        let case = Case::new(start(MANIFEST));
        if !fresh {
            case.ok(&["sync", "main~1", "--to", "$MIRROR"]);
        }
        let args = ["sync", "--to", "$MIRROR", "--format", "json"];
        let runs = [(); 3].map(|()| spawn(&case, &args));
        let mut outcomes = runs.map(|run| {
            let output = run.wait_with_output().expect("the child was started by us");
            assert_eq!(
                output.status.code(),
                Some(0),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let report: serde_json::Value =
                serde_json::from_slice(&output.stdout).expect("one object each");
            report["outcome"].as_str().expect("an outcome is text").to_owned()
        });
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["synced", "up-to-date", "up-to-date"]);
    }
}

/// Two clones have no lock in common: the mirror's lease decides.
#[test]
fn two_clones_at_once() {
    let case = Case::new(start(MANIFEST));
    let path = case.repo().path().to_string_lossy().into_owned();
    for name in ["one", "two"] {
        let to = case.env.join(name);
        case.repo().git(["clone", "--quiet", &path, &to.to_string_lossy()]);
    }
    let args = |dir| ["sync", "-C", dir, "--to", "$MIRROR", "--format", "json"];
    let runs = ["$ROOT/one", "$ROOT/two"].map(|dir| spawn(&case, &args(dir)));
    for run in runs {
        let output = run.wait_with_output().expect("the child was started by us");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(case.mirror.git().run(["rev-list", "--count", "main"]), "2");
}
