// SPDX-License-Identifier: Apache-2.0
//! `check`: what a change would make public, before it can.

use std::fs;

use insta::assert_snapshot;
use repo_sync_testing::{History, Repo};
use serde_json::Value;

use crate::common::{MANIFEST, env, widget};

const RANGE: [&str; 3] = ["check", "--range", "main..topic"];

/// Our marker, in two parts so that this file itself has none.
fn marked() -> String {
    format!("# Notes\n\n# repo-sync: {}\n", "private")
}

/// A branch with a public file of each fate, and private ones.
fn topic() -> History {
    widget()
        .on("topic")
        .commit("try something", |tree| {
            tree.file("src/tried.rs", "// by mistake\n").file("cloud/price.rs", "// price\n")
        })
        .commit("explain it", |tree| {
            tree.delete("src/tried.rs")
                .file("docs/public/more.md", "More.\n")
                .file("src/hello.rs", "// hello, you\n")
                .delete("README.md")
        })
        .commit("plan it", |tree| tree.file("docs/internal/plan.md", "today\n"))
}

#[test]
fn a_range_shows_what_merging_it_would_publish() {
    let env = env(topic().build());
    assert_snapshot!("check_range", env.run(RANGE));
    assert_snapshot!("check_range_redacted", env.run(RANGE.iter().chain(&["--redact"])));
    let nothing = env.run(["check", "--range", "topic..main"]).expect(0);
    assert!(nothing.stdout.contains("commits  0: 0 would become public"), "{nothing}");
    assert!(!env.join("mirror.git").exists());
}

#[test]
fn a_range_is_reported_to_scripts() {
    let env = env(topic().build());
    let json = |flags: &[&str]| -> Value {
        let screen = env.run(RANGE.iter().chain(&["--format", "json"]).chain(flags)).expect(0);
        assert_eq!(screen.stderr, "");
        serde_json::from_str(&screen.stdout).expect("one object")
    };
    let report = json(&[]);
    assert_eq!((&report["outcome"], &report["command"]), (&"planned".into(), &"check".into()));
    assert_eq!(report["counts"]["published"], 2);
    let exposure = &report["exposure"];
    assert_eq!(exposure["commits"].as_array().map(Vec::len), Some(2));
    let added = &exposure["added"];
    assert_eq!(added[0]["path"], "guide/more.md");
    assert_eq!(added[0]["private_path"], "docs/public/more.md");
    assert_eq!((&added[1]["path"], &added[1]["at_head"]), (&"src/tried.rs".into(), &false.into()));
    assert_eq!(exposure["changed"][0]["path"], "src/hello.rs");
    assert_eq!(exposure["leaving"][0]["path"], "README.md");
    let all = json(&["--all"]);
    assert_eq!(all["mirrors"][0]["exposure"], *exposure);
    assert_eq!(json(&["--redact"])["exposure"], Value::Null);
}

#[test]
fn a_finding_stands_at_its_file_and_line() {
    let env = env(widget()
        .on("topic")
        .commit("take notes", |tree| tree.file("docs/my notes.md", marked()))
        .build());
    assert_snapshot!("check_refused", env.run(RANGE));
    let github = env.run(RANGE.iter().chain(&["--format", "github"])).expect(3);
    let mut annotations = github.stdout.lines().filter(|line| line.starts_with("::"));
    let annotation = annotations.next().expect("it refuses");
    assert!(annotation.starts_with("::error file=docs/my notes.md,line=3,title=left-marker::"));
    for (command, status) in [(&RANGE[..], 3), (&["plan", "topic", "--to", "../m.git"], 3)] {
        let screen = env.run(command.iter().chain(&["--format", "sarif"])).expect(status);
        let log: Value = serde_json::from_str(&screen.stdout).expect("one object");
        assert_eq!(log["version"], "2.1.0");
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "left-marker");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "docs/my%20notes.md");
        assert_eq!(place["region"]["startLine"], 3);
    }
    let mut log: Value = {
        let screen = env.run(RANGE.iter().chain(&["--format", "sarif"]));
        serde_json::from_str(&screen.stdout).expect("one object")
    };
    // The rules are those of the program, and grow with it.
    log["runs"][0]["tool"]["driver"]["rules"] = Value::Array(Vec::new());
    log["runs"][0]["tool"]["driver"]["version"] = "x".into();
    log["runs"][0]["results"][0]["ruleIndex"] = 0.into();
    assert_snapshot!("check_sarif", serde_json::to_string_pretty(&log).expect("it is JSON"));
}

/// The words of a stranger are no commands to the forge that shows them.
#[test]
fn a_subject_is_no_command() {
    let subject = "say ##[add-mask]hello";
    let env = env(widget().on("topic").commit(subject, |tree| tree.file("src/a.rs", "a")).build());
    for args in [&RANGE[..], &["plan", "topic", "--to", "../m.git"]] {
        let text = env.run(args).expect(0).stdout;
        assert!(text.contains(subject), "{text}");
        let forge = env.run(args.iter().chain(&["--format", "github"])).expect(0).stdout;
        assert!(forge.contains("say ##\u{200b}[add-mask]hello"), "{forge}");
    }
}

#[test]
fn a_run_that_cannot_be_carried_out_is_a_log_too() {
    let env = env(widget().build());
    let screen = env.run(["check", "--range", "main..nowhere", "--format", "sarif"]).expect(2);
    let log: Value = serde_json::from_str(&screen.stdout).expect("one object");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    for args in [&["check"][..], &["check", "--range", "main"], &["check", "--range", "a...b"]] {
        env.run(args).expect(2);
    }
}

#[test]
fn the_base_decides_what_the_range_may_publish() {
    let wide = MANIFEST.replace("\"src\", ", "\"src\", \"tools\", ");
    let mut env = env(widget()
        .on("topic")
        .commit("publish tools", |tree| tree.file("sync.toml", &wide).file("tools/a.rs", "// a\n"))
        .build());
    let screen = env.run(RANGE).expect(3);
    assert!(screen.stderr.contains("path-narrowed"), "{screen}");
    assert!(screen.stderr.contains("`--policy-rev`"), "{screen}");
    env.run(RANGE.iter().chain(&["--policy-rev", "topic"])).expect(0);

    // A floor that the range adds counts as well.
    let narrow = MANIFEST.replace("\"secrets\"", "\"secrets\", \"src/hello.rs\"");
    env.repo_mut().extend(|history| {
        history
            .branch("topic", "main")
            .commit("greet", |tree| tree.file("src/hello.rs", "// greet\n"))
            .commit("hide it", |tree| tree.file("sync.toml", narrow))
    });
    let screen = env.run(RANGE).expect(3);
    assert!(screen.stderr.contains("path-denied"), "{screen}");

    // What cannot be read after the merge would stop every sync.
    let broken = format!("{MANIFEST}\n[guard]\nsecrets = \"warn\"\n");
    env.repo_mut().extend(|history| {
        history.branch("topic", "main").commit("slip", |tree| tree.file("sync.toml", broken))
    });
    let screen = env.run(RANGE).expect(3);
    let line = MANIFEST.lines().count() + 3;
    assert!(screen.stderr.contains(&format!("sync.toml:{line}")), "{screen}");
    assert!(screen.stderr.contains("did you mean `secret`?"), "{screen}");
}

#[test]
fn a_range_may_bring_the_first_manifest() {
    let repo = History::new()
        .commit("start", |tree| tree.file("src/a.rs", ""))
        .on("topic")
        .commit("adopt", |tree| tree.file("sync.toml", MANIFEST).file("src/b.rs", ""))
        .build();
    let screen = env(repo).run(RANGE).expect(0);
    assert!(screen.stdout.contains("1 would become public, 0 are already"), "{screen}");
    assert!(screen.stdout.contains("+ src/b.rs"), "{screen}");
}

#[test]
fn what_is_staged_is_checked_as_if_committed_and_nothing_is_left_behind() {
    let env = env(widget().build());
    let repo = env.repo();
    repo.checkout();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(repo.path().join(name).parent().expect("it lies in the work tree"))
            .and_then(|()| fs::write(repo.path().join(name), text))
            .expect("the work tree is writable");
    };
    let nothing = env.run(["check", "--staged"]).expect(0);
    assert!(nothing.stdout.contains("files    0 newly public"), "{nothing}");
    write("src/new.rs", "// new\n");
    write("docs/unstaged.md", "later\n");
    repo.git(["add", "src"]);
    let before = (objects(repo), index(repo));
    let screen = env.run(["check", "--staged"]).expect(0).to_string();
    assert_eq!((objects(repo), index(repo)), before);
    assert_snapshot!(screen, @r"
    $ repo-sync check --staged
    check of what is staged for public
      commits  1: 1 would become public, 0 are already, 0 would not
      files    1 newly public, 0 changed, 0 leaving
        + src/new.rs
    [exit status: 0]
    ");

    write("docs/notes.md", &marked());
    repo.git(["add", "docs"]);
    let screen = env.run(["check", "--staged"]).expect(3);
    assert!(screen.stderr.contains("docs/notes.md:3"), "{screen}");

    // Who widens the manifest has not shown it to anybody yet.
    repo.git(["reset", "--quiet", "--hard"]);
    write("sync.toml", &MANIFEST.replace("\"src\", ", "\"src\", \"tools\", "));
    write("tools/a.rs", "");
    repo.git(["add", "sync.toml", "tools"]);
    let screen = env.run(["check", "--staged"]).expect(0);
    assert!(screen.stderr.contains("warning  path-narrowed"), "{screen}");
}

#[test]
fn another_index_and_a_merge_in_progress_are_what_git_would_commit() {
    let env = env(widget()
        .on("topic")
        .commit("mark", |tree| tree.file("docs/notes.md", marked()))
        .commit("unmark", |tree| tree.file("docs/notes.md", "fine\n"))
        .build());
    let repo = env.repo();
    repo.checkout();
    repo.git(["merge", "--quiet", "--no-commit", "--no-ff", "topic"]);
    let screen = env.run(["check", "--staged"]).expect(3);
    assert!(screen.stderr.contains("left-marker"), "the merge brings its history: {screen}");
    repo.git(["merge", "--abort"]);

    // `git commit -a` and `git commit PATH` give their hooks an index of their own.
    let other = env.join("other-index");
    fs::copy(repo.path().join(".git/index"), &other).expect("there is an index");
    fs::write(repo.path().join("src/hello.rs"), marked()).expect("the work tree is writable");
    let git = repo.git_here().env("GIT_INDEX_FILE", other.to_str().expect("it is ASCII"));
    git.run(["add", "src/hello.rs"]);
    env.run(["check", "--staged"]).expect(0);
    env.clone().var("GIT_INDEX_FILE", &other).run(["check", "--staged"]).expect(3);
}

fn objects(repo: &Repo) -> String {
    repo.git(["count-objects", "-v"])
}

fn index(repo: &Repo) -> Vec<u8> {
    fs::read(repo.path().join(".git/index")).expect("there is an index")
}

#[test]
fn conflicts_cannot_be_checked() {
    let env = env(widget()
        .on("topic")
        .commit("here", |tree| tree.file("src/hello.rs", "// here\n"))
        .on("main")
        .commit("there", |tree| tree.file("src/hello.rs", "// there\n"))
        .build());
    env.repo().checkout();
    assert!(!env.repo().git_here().try_run(["merge", "topic"]).status.success());
    let screen = env.run(["check", "--staged"]).expect(1);
    assert!(screen.stderr.contains("src/hello.rs"), "{screen}");
}
