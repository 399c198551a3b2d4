// SPDX-License-Identifier: Apache-2.0
//! Somebody who does not listen, and a disk that has no room for what is said.

use std::fs::{self, File};
use std::process::{Output, Stdio};

use crate::common::{Case, MANIFEST, start};

/// Every command that says something, in every form.
const SAYING: &[&[&str]] = &[
    &["plan", "--to", "$MIRROR"],
    &["plan", "--to", "$MIRROR", "-v"],
    &["plan", "--to", "$MIRROR", "--format", "json"],
    &["plan", "--to", "$MIRROR", "--format", "sarif"],
    &["plan", "--to", "$MIRROR", "--format", "github"],
    &["check", "--range", "main~1..main"],
    &["check", "--range", "main~1..main", "--format", "json"],
    &["explain", "src/lib.rs"],
    &["map"],
    &["sync", "--to", "$MIRROR"],
    &["sync", "--to", "$ROOT/other.git", "--format", "json"],
    &["verify", "--to", "$MIRROR"],
];

fn run(case: &Case, args: &[&str], stdout: impl Into<Stdio>) -> (Output, String) {
    let output = case.command(args).stdout(stdout).output().expect("the program was just built");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    (output, said)
}

#[test]
fn a_report_for_which_there_is_no_room() {
    let case = Case::new(start(MANIFEST));
    for args in SAYING {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let (output, said) = run(&case, args, full);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert_eq!(said.matches("Error: ").count(), 1, "{args:?}: {said}");
        for words in ["failed to write to stdout", "No space left on device"] {
            assert!(said.contains(words), "{args:?}: {said}");
        }
        assert_eq!(said.contains("all was published"), args[0] == "sync", "{args:?}: {said}");
    }
    // Nothing but the words was lost.
    for place in ["$MIRROR", "$ROOT/other.git"] {
        assert_eq!(case.ok(&["sync", "--to", place])["outcome"], "up-to-date");
    }
}

#[test]
fn a_reader_who_has_left() {
    let case = Case::new(start(MANIFEST));
    for args in SAYING {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let (output, said) = run(&case, args, writer);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        assert!(!said.contains("Error"), "{args:?}: {said}");
    }
}

/// Errors and progress go where nobody reads, too.
#[test]
fn nobody_at_all() {
    let case = Case::published(start(MANIFEST));
    for (args, status) in [(&["map"][..], 0), (&["map", "nowhere"], 1), (&["nonsense"], 2)] {
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let mut command = case.command(args);
        command.stdout(writer.try_clone().expect("a pipe has two ends")).stderr(writer);
        let ended = command.status().expect("the program was just built");
        assert_eq!(ended.code(), Some(status), "{args:?}");
    }
}

#[test]
fn a_lock_that_cannot_be_written() {
    let case = Case::new(start(MANIFEST));
    case.repo().checkout();
    fs::create_dir(case.repo().path().join("sync.lock")).expect("the scratch place is writable");
    let words = ["failed to write `$ROOT/private/sync.lock`", "Is a directory"];
    case.bad(&["plan", "--write-lock"], 1, &words);
}
