// SPDX-License-Identifier: Apache-2.0
//! What a person sees, and what a script reads.

use insta::assert_snapshot;
use serde_json::Value;

use super::onto::conflicting;
use super::{case, file, three};
use crate::common::{PULL, pairs, word};

/// What a person sees.
#[test]
fn the_screens_of_an_import() {
    let case = case();
    case.pull(three);
    assert_snapshot!(case.run(&["import", PULL, "--dry-run"], 0), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head --dry-run
    public: would import 3 commits of $ROOT/private/../mirror.git as branch `import/pull-7`
      cdf2e0d898 -> 48ec0cd89d  one
      4211f24e0e -> 8fd302d371  two
      7e4f020804 -> 5172aa8047  three

      merged as they are they keep their public ids; squashed or rebased they become new public commits:
        git merge import/pull-7
    [exit status: 0]
    ");
    assert_snapshot!(case.run(&["import", PULL], 0), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head
    public: imported 3 commits of $ROOT/private/../mirror.git as branch `import/pull-7`
      cdf2e0d898 -> 48ec0cd89d  one
      4211f24e0e -> 8fd302d371  two
      7e4f020804 -> 5172aa8047  three

      merged as they are they keep their public ids; squashed or rebased they become new public commits:
        git merge import/pull-7
    [exit status: 0]
    ");
    assert_snapshot!(case.run(&["import", PULL], 0), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head
    public: 3 commits of $ROOT/private/../mirror.git are on branch `import/pull-7` already
      cdf2e0d898 -> 48ec0cd89d  one
      4211f24e0e -> 8fd302d371  two
      7e4f020804 -> 5172aa8047  three

      merged as they are they keep their public ids; squashed or rebased they become new public commits:
        git merge import/pull-7
    [exit status: 0]
    ");
    assert_snapshot!(case.run(&["import", PULL, "--redact", "--branch", "other"], 0), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head --redact --branch other
    public: imported 3 commits of $ROOT/private/../mirror.git as branch `other`
      cdf2e0d898 -> -  one
      4211f24e0e -> -  two
      7e4f020804 -> -  three

      merged as they are they keep their public ids; squashed or rebased they become new public commits:
        git merge other
    [exit status: 0]
    ");
    case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
    assert_snapshot!(case.run(&["import", PULL], 0), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head
    public: nothing to import, all of it is here
    [exit status: 0]
    ");
    assert_snapshot!(case.run(&["sync"], 0), @"
    $ repo-sync sync --to ../mirror.git
    published 1 ref to public at $ROOT/private/../mirror.git
      refs/heads/main  50738b4c68..7e4f020804  moved forward
      commits  6: 0 published, 5 already public, 1 dropped
      files    2 newly public, 1 changed, 0 leaving
        + src/one.rs
        + src/two.rs
        ~ src/lib.rs
    [exit status: 0]
    ");
    case.pull_edit(file("cloud/bill.rs", ""));
    assert_snapshot!(case.run(&["import", PULL], 3), @"
    $ repo-sync import --to ../mirror.git refs/pull/7/head
    refused  import-path  cloud/bill.rs
             hint: public commit 0be00cdd69: nothing that is published stands there: it would be private, on the floor by built-in `cloud`
    [exit status: 3]
    ");
}

/// What is printed to be typed is one word to a shell, whoever chose the name.
#[test]
fn a_branch_is_no_command() {
    let case = case();
    let tip = case.pull(three);
    let name = "x;touch${IFS}owned;$(id)'";
    case.mirror.store(&mut case.upstream.clone().any_ref(&format!("refs/heads/{name}"), tip));
    let screen = case.run(&["import", name], 0);
    let quoted = "'import/x;touch${IFS}owned;$(id)'\\'''";
    assert!(screen.stdout.contains(&format!("    git merge {quoted}\n")), "{screen}");
}

/// What a script reads.
#[test]
fn the_object_of_an_import() {
    let case = case();
    let tip = case.pull(three).to_string();
    let report = case.import(&[PULL], 0);
    let keys: Vec<_> = report.as_object().expect("it is one").keys().cloned().collect();
    assert_snapshot!(keys.join(" "), @"branch command commits conflict error mirror outcome refusals version warnings");
    assert_eq!((word(&report, "outcome"), word(&report, "mirror")), ("synced", "public"));
    assert_eq!((&report["version"], &report["error"]), (&Value::from(1), &Value::Null));
    let pairs = pairs(&report);
    assert_eq!(pairs[2].0, tip);
    assert_eq!(pairs[2].1, case.id("import/pull-7"));
    assert!(
        report["commits"].as_array().is_some_and(|all| all.iter().all(|it| it["keeps_id"] == true))
    );
}

/// In a log that others can read nothing private is named.
#[test]
fn a_redacted_import_names_no_private_commit() {
    let case = case();
    conflicting(&case);
    for args in [&[PULL][..], &[PULL, "--branch", "onto", "--onto", "main"]] {
        for format in ["text", "json"] {
            let all = [&["import"], args, &["--redact", "--format", format]].concat();
            let screen = case.env.run([&all[..], &["--to", crate::common::TO]].concat());
            let said = format!("{}{}", screen.stdout, screen.stderr);
            let private = case.git(["rev-list", "--all"]);
            for id in private.lines() {
                assert!(!said.contains(&id[..7]), "{id} in\n{screen}");
            }
            if case.waits() {
                case.run(&["import", "--abort"], 0);
            } else {
                case.git(["branch", "--quiet", "-D", "import/pull-7"]);
            }
        }
    }
}
