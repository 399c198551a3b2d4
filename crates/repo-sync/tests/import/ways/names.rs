// SPDX-License-Identifier: Apache-2.0
//! What can be named, and what is said of what cannot.

use super::{case, three};
use crate::common::{PULL, pairs, word};

/// Whatever names it, what comes is what it names.
#[test]
fn a_pull_request_by_any_name() {
    let case = case();
    let tip = case.pull(three).to_string();
    let git = case.mirror.git();
    git.run(["update-ref", "refs/heads/fix/a", &tip]);
    git.run(["update-ref", "refs/merge-requests/3/head", &tip]);
    git.run(["tag", "light", &tip]);
    git.run(["tag", "-a", "-m", "noted", "noted", &tip]);
    let listed = git.run(["rev-list", "--reverse", &format!("main..{tip}")]);
    let all: Vec<_> = listed.lines().collect();
    let (one, two, short) = (all[0], all[1], &tip[..10]);
    let rows = [
        (tip.clone(), &all[..], format!("import/{short}")),
        (tip[..12].to_owned(), &all, format!("import/{}", &tip[..12])),
        (PULL.to_owned(), &all, "import/pull-7".to_owned()),
        ("pull/7/head".to_owned(), &all, "import/pull-7".to_owned()),
        ("merge-requests/3/head".to_owned(), &all, "import/merge-requests-3".to_owned()),
        ("fix/a".to_owned(), &all, "import/fix/a".to_owned()),
        ("refs/heads/fix/a".to_owned(), &all, "import/fix/a".to_owned()),
        ("light".to_owned(), &all, "import/light".to_owned()),
        ("noted".to_owned(), &all, "import/noted".to_owned()),
        ("main..fix/a".to_owned(), &all, "import/fix/a".to_owned()),
        (format!("main..{tip}"), &all, format!("import/{short}")),
        (format!("main..{two}"), &all[..2], format!("import/{}", &two[..10])),
        (one.to_owned(), &all[..1], format!("import/{}", &one[..10])),
    ];
    for (rev, expected, branch) in rows {
        let report = case.import(&[&rev, "--dry-run"], 0);
        assert_eq!(word(&report, "outcome"), "planned", "{rev}");
        let publics: Vec<_> = pairs(&report).into_iter().map(|(public, _)| public).collect();
        assert_eq!(publics, expected, "{rev}");
        assert_eq!(word(&report, "branch"), branch, "{rev}");
    }
    // The same on a fork, which has no branch of ours.
    let _fork = case.mirror.fork("fork.git");
    for rev in ["fix/a", PULL, &tip] {
        let report = case.import(&[rev, "--from", "../fork.git", "-n"], 0);
        assert_eq!(pairs(&report).len(), 3, "{rev}");
    }
}

/// A part of a pull request needs what comes before it.
#[test]
fn the_end_of_a_range_stands_on_its_beginning() {
    let case = case();
    let tip = case.pull(three).to_string();
    let one = case.mirror.git().run(["rev-parse", &format!("{tip}~2")]);
    let range = format!("{one}..{PULL}");
    let before = case.state();
    let report = case.import(&[&range], 3);
    assert_eq!(report["refusals"][0]["check"], "import-base", "{report}");
    assert!(case.state() == before);
    // Once that is merged here, the rest has its ground.
    case.import(&[&one, "--branch", "first"], 0);
    case.git(["merge", "--quiet", "--ff-only", "first"]);
    let report = case.import(&[&range, "--branch", "second"], 0);
    assert_eq!(pairs(&report).len(), 2, "{report}");
    case.git(["merge", "--quiet", "--ff-only", "second"]);
    case.goes_on();
    assert_eq!(case.mirror.refs()["refs/heads/main"], tip);
}

#[test]
fn what_cannot_be_is_said_with_a_way_on() {
    let case = case();
    case.pull(three);
    case.usage(&["nothing"], "`nothing` names no commit there");
    case.usage(&["refs/pull/8/head"], "names no commit there");
    case.usage(&["abcdefabc"], "names no commit there");
    case.usage(&[&format!("nothing..{PULL}")], "names no commit there");
    case.usage(&[PULL, "--branch", "a..b"], "`a..b` is not a name for a branch");
    case.usage(&[PULL, "--branch", "main"], "there is a branch `main` already");
    case.usage(&[PULL, "--onto", "nothing"], "nothing");
    case.usage(&["--continue"], "no import waits");
    case.usage(&["--abort"], "no import waits");
    let screen = case.run(&["import", PULL, "--allow", "../x"], 2);
    assert!(screen.stderr.contains("--allow ../x"), "{screen}");
    // An id that git does not get is no mistake of who typed it.
    let screen = case.run(&["import", &"ab".repeat(20)], 1);
    assert!(screen.stderr.contains("not our ref"), "{screen}");
    let screen = case.env.run(["import", PULL, "--to", "../nowhere.git"]).expect(2);
    assert!(screen.stderr.contains("names no commit there"), "{screen}");
}
