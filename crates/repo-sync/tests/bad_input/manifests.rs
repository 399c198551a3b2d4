// SPDX-License-Identifier: Apache-2.0
//! Manifests that are missing, wrong, or not what they should be: at the policy
//! tip a mistake of the user, in an older commit a reason to stop there.

use std::fs;

use crate::common::{Case, MANIFEST, has, manifest, start};

#[test]
fn no_manifest() {
    let case = Case::new(start(MANIFEST).commit("lose", |tree| tree.delete("sync.toml")));
    let tip = case.repo().id("main");
    for command in ["plan", "sync", "map"] {
        let says = format!("there is no `sync.toml` in commit {tip}");
        case.bad(&[command, "--to", "$MIRROR"], 2, &[&says, "repo-sync init"]);
    }
}

#[test]
fn a_mistake_at_the_policy_tip() {
    wrong("", &["line 1, column 1", "version"]);
    wrong("version = 1\n", &["mirror"]);
    wrong("version = 2\n[mirror.public]\n", &["line 1, column 11", "version = 2", "^"]);
    wrong("version = 1\nexlude = []\n", &["line 2, column 1", "^^^^^^", "did you mean `exclude`?"]);
    wrong("version = 1\ninclude = []\ninclude = []\n", &["line 3, column 1", "duplicate key"]);
    wrong("version = 1\ninclude = [\"a**b\"]\n[mirror.public]\n", &["line 2, column 12", "a**b"]);
    wrong("version = 1\ninclude = [\"src\", \"cloud/x\"]\n[mirror.public]\n", &["line 2", "floor"]);
    wrong("version = 1\ninclude = [\"/src\"]\n[mirror.public]\n", &["line 2, column 12", "/src"]);
    wrong("version = 1\ninclude = [\"src\"\n", &["line 2"]);
    wrong("\u{feff}version = \u{7}1\n", &["line 1"]);
}

#[track_caller]
fn wrong(text: &str, words: &[&str]) {
    let case = Case::published(start(MANIFEST));
    let mut case = case;
    case.extend(|history| history.commit("mistake", |tree| tree.file("sync.toml", text)));
    for command in ["plan", "sync", "map"] {
        let words = [&["cannot use `sync.toml`"], words].concat();
        case.bad(&[command, "--to", "$MIRROR"], 2, &words);
    }
}

#[test]
fn a_manifest_that_is_not_text() {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        history.commit("latin", |tree| tree.file("sync.toml", b"# gr\xfc\xdfe\n"))
    });
    case.bad(&["sync", "--to", "$MIRROR"], 2, &["cannot use `sync.toml`", "line 1, column 5"]);
}

#[test]
fn a_pattern_that_matches_nothing() {
    let text = MANIFEST.replace("\"README.md\"", "\"README.md\", \"srcx/lib.rs\"");
    let case = Case::new(start(&text));
    case.warned("pattern-unmatched", &["`srcx/lib.rs` matches nothing", "did you mean `src`?"]);
}

/// Patterns that a careless matcher would try for ever, or expand beyond all memory.
#[test]
fn a_pattern_without_end() {
    for pattern in [
        "*".repeat(1_000_000),
        "a*".repeat(2_000) + "b",
        "*a".repeat(100_000),
        "**/".repeat(1_000) + "x",
        "**/a/".repeat(200) + "x",
        "{a,b}".repeat(40),
        "{a,{b,{c,d}}}".repeat(20),
        "{".repeat(100_000),
        "[a-z]".repeat(50_000),
        "x/".repeat(1_000),
    ] {
        for list in ["include", "exclude", "private"] {
            let text = match list {
                "include" => MANIFEST.replace("\"src\"", &format!("\"src\", \"{pattern}\"")),
                list => MANIFEST.replace("[mirror", &format!("{list} = [\"{pattern}\"]\n[mirror")),
            };
            let name = ["src/", &*"a".repeat(200)].concat();
            let deep = ["src", &*"/a".repeat(300), "/y"].concat();
            let history = start(&text).commit("names", |tree| tree.file(name, "").file(deep, ""));
            let case = Case::new(history).limited("ulimit -t 60; ulimit -v 4194304");
            let screen = case.run(&["sync", "--to", "$MIRROR"]);
            let start = &pattern[..pattern.len().min(20)];
            assert!([0, 2, 3].contains(&screen.status), "{list} {start}: {}", screen.status);
        }
    }
}

#[test]
fn a_manifest_that_is_not_a_plain_file_at_the_tip() {
    let link = start(MANIFEST).commit("link", |tree| tree.symlink("sync.toml", "src/lib.rs"));
    let directory = start(MANIFEST).commit("dir", |tree| tree.file("sync.toml/a", ""));
    for history in [link, directory] {
        let case = Case::new(history);
        let says = format!("`sync.toml` in commit {} is not a plain file", case.repo().id("main"));
        for command in ["plan", "sync"] {
            case.bad(&[command, "--to", "$MIRROR"], 2, &[&says, "commit it as a plain file"]);
        }
    }
}

/// A mistake in the past stops at its commit, and withholding that is the way on.
#[test]
fn a_mistake_in_an_older_commit() {
    stops("manifest-invalid", |tree| tree.file("sync.toml", "version = 1\nexlude = []\n"));
    stops("manifest-invalid", |tree| tree.file("sync.toml", "no toml"));
    stops("manifest-invalid", |tree| tree.file("sync.toml", b"\xff\xfe"));
    stops("manifest-invalid", |tree| tree.symlink("sync.toml", "src/lib.rs"));
    stops("manifest-invalid", |tree| tree.delete("sync.toml").file("sync.toml/a", ""));
    stops("manifest-missing", |tree| tree.delete("sync.toml"));
}

#[track_caller]
fn stops(check: &str, spoil: impl FnOnce(repo_sync_testing::Tree) -> repo_sync_testing::Tree) {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        history
            .commit("spoilt", |tree| spoil(tree.file("src/new.rs", "// while spoilt\n")))
            .commit("mended", |tree| tree.delete("sync.toml").file("sync.toml", MANIFEST))
    });
    let spoilt = case.repo().id("spoilt");
    case.refused_at(check, Some("spoilt"), None, &["[[withhold]]"]);
    let map = case.bad_map();
    assert!(has(&map["refusals"], check), "{map}");

    let withhold = format!("[[withhold]]\ncommits = \"{spoilt}\"\nreason = \"a typo\"\n");
    case.extend(|history| {
        history.commit("withhold", |tree| tree.file("sync.toml", manifest(&withhold)))
    });
    let synced = case.ok(&["sync", "--to", "$MIRROR"]);
    assert_eq!(synced["outcome"], "synced");
    let log = case.mirror.git().run(["log", "--format=%s", "main"]);
    assert_eq!(log, "mended\nsay hello\nstart");
    assert_eq!(case.mirror.git().run(["show", "main:src/new.rs"]), "// while spoilt");
}

impl Case {
    #[track_caller]
    fn bad_map(&self) -> serde_json::Value {
        self.bad(&["map"], 3, &["withhold"])
    }
}

#[test]
fn a_stand_in_that_cannot_be_used() {
    let case = Case::new(start(MANIFEST).commit("lose", |tree| tree));
    let file = case.env.join("edit.toml");
    let args = |command| [command, "--manifest", "$ROOT/edit.toml", "--to", "$MIRROR"];
    case.bad(&args("plan"), 2, &["failed to read `$ROOT/edit.toml`", "No such file"]);
    case.bad(&["plan", "--manifest", "$ROOT", "--to", "$MIRROR"], 2, &["failed to read `$ROOT`"]);
    fs::write(&file, "version = 1\nexlude = []\n").expect("the scratch place is writable");
    for command in ["plan", "sync"] {
        case.bad(&args(command), 2, &["edit.toml", "line 2, column 1", "did you mean `exclude`?"]);
    }
    fs::write(&file, MANIFEST).expect("the scratch place is writable");
    let says =
        ["cannot stand in", "has a `sync.toml` of its own", "repo-sync plan --manifest FILE"];
    case.bad(&args("sync"), 2, &says);
    assert_eq!(case.ok(&args("plan"))["outcome"], "planned");
}

#[test]
fn adoption_that_is_not_clear() {
    let one = start(MANIFEST);
    let two = one
        .orphan("other")
        .commit("elsewhere", |tree| {
            tree.file("sync.toml", manifest("tags = [\"v*\"]\n").replace("README.md", "COPYING"))
        })
        .on("main")
        .merge("join", ["other"], |tree| tree);
    let case = Case::new(two);
    for command in ["plan", "sync"] {
        let words = ["bring the mirror in with different manifests", "adopt = "];
        case.bad(&[command, "--to", "$MIRROR"], 2, &words);
    }
    let wrong = format!("adopt = \"{}\"\n", "1".repeat(40));
    let mut case = case;
    case.extend(|history| history.commit("adopt", |tree| tree.file("sync.toml", manifest(&wrong))));
    case.bad(&["sync", "--to", "$MIRROR"], 2, &["does not bring the mirror in"]);
}
