// SPDX-License-Identifier: Apache-2.0
//! Merged otherwise than as it is: new public commits, and no error.

use std::fs;

use super::{case, three};
use crate::common::{Case, PULL, word};

/// Squashed in private: one new public commit.
#[test]
fn a_squash_is_a_new_commit() {
    let case = case();
    let tip = case.pull(three).to_string();
    case.import(&[PULL], 0);
    case.git(["merge", "--quiet", "--squash", "import/pull-7"]);
    case.git(["commit", "--quiet", "-m", "all three"]);
    case.goes_on();
    assert_eq!(case.log(), "all three, say hello, start");
    let (ours, theirs) = ("main^{tree}".to_owned(), format!("{tip}^{{tree}}"));
    let git = case.mirror.git();
    assert_eq!(git.run(["rev-parse", &ours]), git.run(["rev-parse", &theirs]));
}

/// Rebased, or picked: new public commits, with the author that they had.
#[test]
fn a_rebase_makes_new_commits() {
    for pick in [false, true] {
        let case = case();
        case.pull(three);
        case.import(&[PULL], 0);
        case.commit("src/ours.rs", "// ours\n", "ours");
        if pick {
            case.git(["cherry-pick", "main~1..import/pull-7"]);
        } else {
            case.git(["rebase", "--quiet", "main", "import/pull-7"]);
            case.git(["switch", "--quiet", "main"]);
            case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
        }
        case.goes_on();
        assert_eq!(case.log(), "three, two, one, ours, say hello, start");
        let author = case.mirror.git().run(["log", "-1", "--format=%an", "main"]);
        assert_eq!(author, "Pat Outside");
    }
}

/// Amended: where what is public of it is the same, the commit keeps its id, and else it is
/// a new one.
#[test]
fn an_amended_import_keeps_its_id_if_it_can() {
    check_amended(true, |case| amend(case, "cloud/for-them.rs", "// more\n", &["--no-edit"]));
    check_amended(false, |case| amend(case, "src/for-them.rs", "// more\n", &["--no-edit"]));
    check_amended(false, |case| amend(case, "cloud/x", "", &["-m", "in other words"]));
    let author = "--author=Quinn <quinn@example.org>";
    check_amended(false, move |case| amend(case, "cloud/x", "", &["--no-edit", author]));
    // Who committed it, and when, is nothing of the public one.
    check_amended(true, |case| {
        case.git(["-c", "user.name=x", "commit", "--quiet", "--amend", "--no-edit"]);
    });
}

fn amend(case: &Case, path: &str, content: &str, args: &[&str]) {
    let file = case.repo().path().join(path);
    fs::write(file, content).expect("the scratch place is writable");
    case.git(["add", "--all"]);
    case.repo().git([&["commit", "--quiet", "--amend"], args].concat());
}

#[track_caller]
fn check_amended(keeps: bool, amend: impl FnOnce(&Case)) {
    let case = case();
    let tip = case.pull(three).to_string();
    case.import(&[PULL], 0);
    case.git(["merge", "--quiet", "--ff-only", "import/pull-7"]);
    amend(&case);
    case.git(["branch", "--quiet", "-D", "import/pull-7"]);
    let parent = case.mirror.git().run(["rev-parse", &format!("{tip}~1")]);
    case.goes_on();
    let public = case.mirror.refs()["refs/heads/main"].clone();
    assert_eq!(public == tip, keeps, "{public}");
    // What comes before it was not touched.
    assert_eq!(case.mirror.git().run(["rev-parse", "main~1"]), parent);
}

/// Merged in public, and differently in private: only merging it as it is goes on.
#[test]
fn what_is_public_already_must_be_merged_as_it_is() {
    let case = case();
    let tip = case.merged_publicly(three).to_string();
    case.import(&["main"], 0);
    case.git(["merge", "--quiet", "--squash", "import/main"]);
    case.git(["commit", "--quiet", "-m", "squashed"]);
    assert_eq!(word(&case.sync(4), "outcome"), "diverged");
    // It is not too late.
    case.git(["merge", "--quiet", "--no-edit", "import/main"]);
    case.goes_on();
    let git = case.mirror.git();
    assert!(git.try_run(["merge-base", "--is-ancestor", &tip, "main"]).status.success());
}
