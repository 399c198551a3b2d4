// SPDX-License-Identifier: Apache-2.0
//! `standalone`: what runs in the public tree, what it sees there, and what stops it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use insta::assert_snapshot;
use repo_sync_testing::{History, Screen, TestEnv};
use serde_json::Value;

use crate::common::env;

/// A manifest with these lines under `[standalone]`. Commands may write to `$OUT`.
fn manifest(standalone: &str) -> String {
    format!(
        "version = 1\ninclude = [\"src\", \"Cargo.*\"]\n[mirror.public]\n\
         [standalone]\nenv = [\"OUT\"]\n{standalone}\n"
    )
}

/// The program in a repository with one public and one private file, and a directory
/// `$OUT` beside it. Temporary files go to one of our own.
fn widget(standalone: &str) -> TestEnv {
    with_files(standalone, &[])
}

fn with_files(standalone: &str, files: &[(&str, &str)]) -> TestEnv {
    let history = History::new().commit("start", |tree| {
        let tree = tree.file("sync.toml", manifest(standalone)).file("src/hello.txt", "hello\n");
        let tree = tree.file("cloud/bill.txt", "how we bill\n");
        files.iter().fold(tree, |tree, (path, text)| tree.file(path, text))
    });
    let env = env(history.build());
    let [out, tmp] = ["out", "tmp"].map(|name| env.join(name));
    for dir in [&out, &tmp] {
        fs::create_dir(dir).expect("the scratch place is writable");
    }
    env.var("OUT", out).var("TMPDIR", tmp)
}

fn report(screen: &Screen) -> Value {
    serde_json::from_str(&screen.stdout).unwrap_or_else(|err| panic!("{err}\n{screen}"))
}

/// What is said of the one command that fails.
#[track_caller]
fn fault(env: &TestEnv) -> String {
    let screen = env.run(["standalone", "--format", "json"]).expect(3);
    let report = report(&screen);
    let refusals = report["refusals"].as_array().expect("a list");
    assert_eq!((refusals.len(), &report["outcome"]), (1, &"refused".into()), "{screen}");
    assert_eq!(refusals[0]["check"], "standalone");
    assert_eq!(left_over(env), [""; 0]);
    refusals[0]["hint"].as_str().expect("a text").to_owned()
}

/// What is left where temporary files go.
fn left_over(env: &TestEnv) -> Vec<String> {
    let entries = fs::read_dir(env.join("tmp")).expect("it is there");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(|entry| name(entry.expect("it can be read"))).collect()
}

#[test]
fn commands_run_in_the_public_tree_one_after_another() {
    let env = widget("commands = [\"cat src/hello.txt\", \"test ! -e cloud\"]");
    assert_snapshot!("standalone", env.run(["standalone"]));
    assert_snapshot!("standalone_verbose", env.run(["standalone", "-v"]).stderr);
    let json = report(&env.run(["standalone", "--format", "json"]).expect(0));
    assert_eq!((&json["outcome"], &json["command"]), (&"up-to-date".into(), &"standalone".into()));
    assert_eq!(left_over(&env), [""; 0]);
}

#[test]
fn the_first_command_that_fails_is_the_last() {
    let commands = "[\"true\", \"echo one; echo two >&2; (exit 7)\", \"touch $OUT/third\"]";
    let env = widget(&format!("commands = {commands}"));
    assert_snapshot!("standalone_fails", env.run(["standalone"]));
    assert_snapshot!("standalone_fails_redacted", env.run(["standalone", "--redact"]));
    assert!(fault(&env).ends_with("ended with exit status 7\n| one\n| two"));
    assert!(!env.join("out/third").exists());
}

#[test]
fn another_revision_is_looked_at_by_the_policy_tip() {
    let mut env = widget("commands = [\"cat src/hello.txt\"]");
    env.repo_mut().extend(|history| history.commit("hide", |tree| tree.delete("src/hello.txt")));
    assert!(fault(&env).contains("exit status 1"));
    let start = env.repo().id("start").to_string();
    env.run(["standalone", "--rev", &start]).expect(0);
}

#[test]
fn private_files_cannot_be_reached_from_there() {
    check("cat ../cloud/bill.txt", false);
    check("cat ../private/cloud/bill.txt", false);
    check("cat ../../private/cloud/bill.txt", false);
    check("ls cloud", false);
    check("cat sync.toml", false);
    check("git rev-parse --git-dir", false);
    check("cat src/hello.txt", true);

    #[track_caller]
    fn check(command: &str, reads: bool) {
        let env = widget(&format!("commands = [\"{command}\"]"));
        let screen = env.run(["standalone", "-v"]);
        assert_eq!(screen.status, if reads { 0 } else { 3 }, "{screen}");
        assert!(!screen.stderr.contains("how we bill"), "{screen}");
    }
}

#[test]
fn a_place_within_the_private_repository_is_none() {
    let env = widget("commands = [\"true\"]");
    for inside in ["private", "private/.git"] {
        let env = env.clone().var("TMPDIR", env.join(inside));
        assert_eq!(env.run(["standalone"]).status, 2, "{inside}");
    }
    assert_snapshot!(
        "standalone_inside",
        env.clone().var("TMPDIR", env.join("private")).run(["standalone"])
    );
}

#[test]
fn the_environment_is_clean() {
    let env = widget("commands = [\"env > $OUT/env\", \"echo $HOME $TMPDIR > $OUT/places\"]")
        .var("GIT_DIR", "nowhere")
        .var("CI_TOKEN", "t0ken")
        .var("CARGO_HOME", "somewhere")
        .var("RUSTFLAGS", "-D warnings");
    env.run(["standalone"]).expect(0);
    let seen = fs::read_to_string(env.join("out/env")).expect("the command wrote it");
    let mut names: Vec<_> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // What a shell sets by itself.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort_unstable();
    let ours = ["GIT_CEILING_DIRECTORIES", "HOME", "LC_ALL", "OUT", "PATH", "TMPDIR", "TZ"];
    assert_eq!(names, ours);
    let places = fs::read_to_string(env.join("out/places")).expect("the command wrote it");
    let tmp = env.join("tmp").to_string_lossy().into_owned();
    for (place, name) in places.split_whitespace().zip(["home", "tmp"]) {
        assert!(place.starts_with(&tmp) && place.ends_with(name), "{places}");
    }
}

#[test]
fn a_command_that_takes_too_long_is_stopped() {
    let env = widget("commands = [\"echo still here; sleep 1000\"]\ntime-limit = 1");
    let fault = fault(&env);
    assert!(fault.contains("stopped at its `time-limit` of 1 s"), "{fault}");
    assert!(fault.ends_with("| still here"), "{fault}");
}

#[test]
fn a_flood_is_held_back() {
    let env = widget("commands = [\"yes\"]\noutput-limit = 1000");
    let fault = fault(&env);
    assert!(fault.contains("stopped at its `output-limit` of 1000 bytes"), "{fault}");
    assert!(fault.len() < 2000, "{fault}");
}

#[test]
fn what_a_command_prints_is_escaped() {
    let env = widget("commands = ['''printf '\\033[31mred\\033[0m\\377\\n'; exit 1''']");
    let fault = fault(&env);
    assert!(fault.ends_with("\n| \\u{1b}[31mred\\u{1b}[0m\\xff"), "{fault}");
}

#[test]
fn no_child_outlives_its_command() {
    check("sleep 1000 & echo $! > $OUT/pid", 0);
    check("sleep 1000 & echo $! > $OUT/pid; exit 1", 3);
    check("sleep 1000 & echo $! > $OUT/pid; wait", 3);
    check("(sleep 1000 & echo $! > $OUT/pid; exec yes > /dev/null) & wait", 3);
    check("trap '' TERM INT HUP; sleep 1000 & echo $! > $OUT/pid; wait", 3);

    #[track_caller]
    fn check(command: &str, status: i32) {
        let env = widget(&format!("commands = [\"{command}\"]\ntime-limit = 1"));
        env.run(["standalone"]).expect(status);
        wait_for_end(&env.join("out/pid"));
    }
}

/// Waits for the process whose id is in a file: it was killed, and goes soon. One that has
/// ended may be there in name until it is asked for its status.
#[track_caller]
fn wait_for_end(pid: &Path) {
    let pid = fs::read_to_string(pid).expect("the command wrote it");
    let lives = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z"))
    };
    for _ in 0..500 {
        if !lives() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("process {pid} lives on");
}

#[test]
fn an_interrupt_ends_all_of_it() {
    for command in ["standalone", "sync"] {
        let env = widget("commands = [\"sleep 1000 & echo $! > $OUT/pid; wait\"]\nsync = true");
        let args = [command, "--format", "json", "--to", "../mirror.git"];
        let mut run = env.command(args);
        let run = run.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = run.spawn().expect("the program can be started");
        let pid = env.join("out/pid");
        while fs::read(&pid).map_or(true, |text| text.is_empty()) {
            assert_eq!(run.try_wait().expect("it is ours"), None, "it ended too early");
            std::thread::sleep(Duration::from_millis(10));
        }
        let status = Command::new("kill").args(["-INT", &run.id().to_string()]).status();
        assert!(status.expect("kill is there").success());
        let output = run.wait_with_output().expect("it is ours");
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        wait_for_end(&pid);
        assert_eq!(left_over(&env), [""; 0]);
        assert!(!env.join("mirror.git").exists());
    }
}

#[test]
fn directories_that_cannot_be_written_to_are_removed_as_well() {
    let env = widget("commands = [\"mkdir -p a/b; touch a/b/c; chmod -R a-w a\"]");
    env.run(["standalone"]).expect(0);
    assert_eq!(left_over(&env), [""; 0]);
}

#[test]
fn a_manifest_that_says_nothing_of_it_is_wrong_usage() {
    let bare = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
    let history = History::new().commit("start", |tree| tree.file("sync.toml", bare));
    assert_snapshot!("standalone_not_said", env(history.build()).run(["standalone"]));
}

#[test]
fn a_sync_publishes_nothing_that_does_not_stand_alone() {
    let env = widget("commands = [\"echo no; false\"]\nsync = true");
    env.run(["plan", "--to", "../mirror.git"]).expect(0);
    let screen = env.run(["sync", "--to", "../mirror.git"]).expect(3);
    assert_snapshot!("standalone_sync", screen.stderr);
    assert!(!env.join("mirror.git").exists());
    let json = env.run(["sync", "--to", "../mirror.git", "--format", "json"]).expect(3);
    assert_eq!(report(&json)["refusals"][0]["check"], "standalone");

    let silent = widget("commands = [\"false\"]");
    silent.run(["sync", "--to", "../mirror.git"]).expect(0);
}

#[test]
fn a_sync_spares_what_has_passed() {
    let mut env = widget("commands = [\"echo ran >> $OUT/log\"]\nsync = true");
    let mut mirrors = 0;
    let mut check = |env: &TestEnv, what: &str, runs: usize| {
        mirrors += 1;
        env.run(["sync", "--to", &format!("../mirror-{mirrors}.git")]).expect(0);
        let log = fs::read_to_string(env.join("out/log")).expect("it ran once");
        assert_eq!(log.lines().count(), runs, "{what}");
    };
    check(&env, "the first time", 1);
    check(&env, "again", 1);
    env.run(["standalone"]).expect(0);
    check(&env, "`standalone` itself always runs", 2);
    let note = env.join("private/.git/repo-sync/public/standalone");
    let mut text = fs::read(&note).expect("it was written");
    text[70] ^= 1;
    fs::write(&note, text).expect("it is ours");
    check(&env, "with a damaged note", 3);
    check(&env, "and again", 3);
    env = env.clone().var("TZ", "CET");
    check(&env, "with another environment", 4);
    let other = manifest("commands = [\"echo ran it >> $OUT/log\"]\nsync = true");
    env.repo_mut()
        .extend(|history| history.commit("another command", |tree| tree.file("sync.toml", other)));
    check(&env, "another command on the same tree", 5);
    env.repo_mut().extend(|history| history.commit("more", |tree| tree.file("src/more.txt", "")));
    check(&env, "another tree", 6);
    env.repo_mut().extend(|history| history.commit("bill", |tree| tree.file("cloud/b.txt", "")));
    check(&env, "a private change", 6);
}

#[test]
fn a_failure_is_not_remembered() {
    let env = widget("commands = [\"test -e $OUT/ready\"]\nsync = true");
    env.run(["sync", "--to", "../mirror.git"]).expect(3);
    fs::write(env.join("out/ready"), "").expect("the scratch place is writable");
    env.run(["sync", "--to", "../mirror.git"]).expect(0);
}

/// A workspace at the root of a tree, and what is there to be built.
const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = ";
const MEMBER: &str =
    "[package]\nname = \"widget\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[dependencies]\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"widget\"\nversion = \"1.0.0\"\n";

/// The same with a public package in `src`, `members` as given, and its lock file.
fn package(settings: &str, members: &str, more: &[(&str, &str)]) -> TestEnv {
    let workspace = format!("{WORKSPACE}{members}\n");
    let files = [
        ("Cargo.toml", &*workspace),
        ("src/Cargo.toml", MEMBER),
        ("src/src/lib.rs", ""),
        ("Cargo.lock", LOCK),
    ];
    let env = with_files(settings, &[&files[..], more].concat());
    // The cargo that runs this test, and its compiler.
    let bin = PathBuf::from(std::env::var_os("CARGO").expect("cargo runs the tests"));
    let bin = bin.parent().expect("cargo lies in a directory").display().to_string();
    let path = std::env::var("PATH").expect("git is found by it");
    env.var("PATH", format!("{bin}:{path}"))
}

#[test]
fn cargo_is_asked_what_the_public_workspace_is_made_of() {
    let env = package("cargo = true", "[\"src\"]", &[]);
    assert_snapshot!("standalone_cargo", env.run(["standalone"]));

    // A member that is not there, though every clone of the private repository has it.
    let member = MEMBER.replace("widget", "bill");
    let env = package("cargo = true", "[\"src\", \"ops\"]", &[("ops/Cargo.toml", &member)]);
    let fault = fault(&env);
    assert!(
        fault.contains("`cargo metadata --locked --offline --format-version 1` ended"),
        "{fault}"
    );

    let mut env = package("cargo = true", "[\"src\"]", &[]);
    let aside = env.join("aside");
    fs::create_dir_all(aside.join("src")).expect("the scratch place is writable");
    fs::write(aside.join("Cargo.toml"), MEMBER.replace("widget", "aside")).expect("same");
    fs::write(aside.join("src/lib.rs"), "").expect("same");
    let depends = format!("{MEMBER}aside = {{ path = {:?} }}\n", aside);
    let entry =
        "[[package]]\nname = \"aside\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"widget\"";
    let lock = LOCK.replace("[[package]]\nname = \"widget\"", entry);
    let lock = format!("{lock}dependencies = [\n \"aside\",\n]\n");
    env.repo_mut().extend(|history| {
        history.commit("lead out", |tree| {
            tree.file("src/Cargo.toml", depends).file("Cargo.lock", lock)
        })
    });
    let fault = self::fault(&env);
    assert!(fault.ends_with("the crate `aside` lies outside of the tree"), "{fault}");
}

#[test]
fn without_a_workspace_at_the_root_cargo_is_not_asked() {
    let env = widget("cargo = true");
    let screen = env.run(["standalone"]).expect(0);
    assert_eq!(screen.stderr, "The public tree stands alone: 0 commands passed.\n");
}

#[test]
fn cargo_is_asked_whatever_a_note_says() {
    let settings = "cargo = true\nsync = true\ncommands = [\"echo ran >> $OUT/log\"]";
    let env = package(settings, "[\"src\"]", &[]);
    env.run(["sync", "--to", "../one.git"]).expect(0);
    // Another cargo, of which no note knows as its directory is the same.
    let bin = env.join("bin");
    fs::create_dir(&bin).expect("the scratch place is writable");
    let path = std::env::var("PATH").expect("git is found by it");
    let env = env.var("PATH", format!("{}:{path}", bin.display()));
    let fake = |text: &str| {
        fs::write(bin.join("cargo"), format!("#!/bin/sh\n{text}\n")).expect("same");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(bin.join("cargo"), mode).expect("same");
    };
    fake("echo '{\"packages\":[]}'");
    env.run(["sync", "--to", "../two.git"]).expect(0);
    fake("exit 101");
    env.run(["sync", "--to", "../three.git"]).expect(3);
    assert!(!env.join("three.git").exists());
    let log = fs::read_to_string(env.join("out/log")).expect("it ran");
    assert_eq!(log.lines().count(), 2, "once for each of both paths to cargo");
}
