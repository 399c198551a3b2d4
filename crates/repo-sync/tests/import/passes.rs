// SPDX-License-Identifier: Apache-2.0
//! What looks as bad and may come in: what somebody allowed, and what only claims to be
//! something else.

use repo_sync_testing::{CommitText, Kind, Tree, object_id};
use serde_json::Value;

use crate::common::{Case, PULL, SIGNATURE, pairs, text, word};
use crate::hostile::{GUARDED, GUARDED_EDITS, HALF, OPEN_WORKSPACE, SHOWN, WORKSPACE, start};

const BRANCH: &str = "import/pull-7";

impl Case {
    /// Imports the open pull request, of which all commits keep their ids.
    #[track_caller]
    fn taken(&self, args: &[&str]) -> Vec<(String, String)> {
        let report = self.import(&[&[PULL], args].concat(), 0);
        assert_eq!(word(&report, "outcome"), "synced", "{report}");
        let kept = report["commits"].as_array().expect("a list").iter();
        assert!(
            kept.map(|commit| &commit["keeps_id"]).all(|it| *it == Value::Bool(true)),
            "{report}"
        );
        pairs(&report)
    }

    /// Brings the imported branch into `main` and publishes that: the mirror goes on with the
    /// very commits.
    #[track_caller]
    fn published(&self, pairs: &[(String, String)]) {
        self.git(["merge", "--quiet", "--ff-only", BRANCH]);
        self.git(["branch", "--quiet", "--delete", BRANCH]);
        assert_eq!(word(&self.sync(0), "outcome"), "synced");
        let (public, private) = pairs.last().expect("something was imported");
        assert_eq!(self.mirror.refs()["refs/heads/main"], *public);
        assert_eq!(self.id("main"), *private);
        self.run(&["verify"], 0);
    }

    /// What a private revision has at a path.
    #[track_caller]
    fn shown(&self, path: &str) -> String {
        let git = self.repo().git_here();
        let blob = git.bytes(["cat-file", "blob", &format!("{BRANCH}:{path}")]);
        String::from_utf8(blob).expect("it is text")
    }

    /// Forgets what was imported.
    fn forget(&self) {
        self.git(["branch", "--quiet", "-D", BRANCH]);
    }
}

#[test]
fn what_is_allowed_comes_in() {
    let case = Case::new(start());
    for path in GUARDED {
        case.pull_edit(|tree| tree.file(path, "# mine\n"));
        case.taken(&["--allow", path]);
        assert_eq!(case.shown(path), "# mine\n");
        case.forget();
    }
    for (path, edit) in GUARDED_EDITS {
        case.pull_edit(edit);
        case.taken(&["--allow", path]);
        case.forget();
    }
    // A directory stands for all below it, under its public name.
    case.pull_edit(|tree| tree.file(".github/a", "").file(".github/b", ""));
    case.taken(&["--allow", ".github"]);
    case.forget();
    let submodule = object_id(Kind::Commit, b"of another repository");
    case.pull_edit(|tree| tree.gitlink("src/vendored", submodule));
    let pairs = case.taken(&["--allow", "src/vendored"]);
    let there = case.git(["ls-tree", &pairs[0].1, "src/vendored"]);
    assert!(there.starts_with(&format!("160000 commit {submodule}")), "{there}");
}

/// A change of what is public leaves what is private where it is.
#[test]
fn private_parts_stay_where_they_are() {
    let case = Case::new(start());
    check_half(&case, "last() {}", "least() {}\nfn new() {}");
    check_half(&case, "//! A half.", "//! A half, or more.");
    check_half(&case, "fn last() {}\n", "");

    case.pull_edit(|tree| tree.executable("src/half.rs", SHOWN));
    case.taken(&["--allow", "src/half.rs"]);
    assert_eq!(case.shown("src/half.rs"), HALF);
    assert!(case.git(["ls-tree", BRANCH, "src/half.rs"]).starts_with("100755"));
    case.forget();

    case.pull_edit(|tree| tree.file("Cargo.toml", OPEN_WORKSPACE.replace("2021", "2024")));
    let pairs = case.taken(&["--allow", "Cargo.toml"]);
    assert_eq!(case.shown("Cargo.toml"), WORKSPACE.replace("2021", "2024"));
    case.published(&pairs);
}

#[track_caller]
fn check_half(case: &Case, from: &str, to: &str) {
    case.pull_edit(|tree| tree.file("src/half.rs", SHOWN.replace(from, to)));
    case.taken(&["--allow", "src/half.rs"]);
    assert_eq!(case.shown("src/half.rs"), HALF.replace(from, to));
    case.forget();
}

/// Moves are undone: what was changed is changed where it comes from.
#[test]
fn a_change_goes_where_the_file_comes_from() {
    let case = Case::new(start());
    case.pull_edit(|tree| {
        tree.file("guide/start.md", "# Start here\n")
            .file("guide/deep/end.md", "# End\n")
            .rename("docs/tour.md", "guide/tour.md")
    });
    let pairs = case.taken(&[]);
    let (_, private) = &pairs[0];
    let changed = case.git(["diff", "--name-status", "--no-renames", "main", private]);
    let expected = "D\tdocs/tour.md\nA\tdocs/public/deep/end.md\nM\tdocs/public/start.md\n\
                    A\tdocs/public/tour.md";
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&changed), sorted(expected));
    case.published(&pairs);
}

/// Public files that meet in a merge are the public's to settle, whatever git makes of them
/// on the way.
#[test]
fn a_merge_settles_what_is_public() {
    let directory = |tree: Tree| tree.delete("README.md").file("README.md/one", "1\n");
    let link = |tree: Tree| tree.delete("README.md").symlink("README.md", "docs/tour.md");
    let other = |tree: Tree| tree.file("README.md", "# Gizmo\n");
    check_merge(directory, directory);
    check_merge(directory, other);
    check_merge(link, link);
    check_merge(link, directory);
    check_merge(other, link);
    check_merge(other, |tree| tree.delete("README.md"));
}

/// One side edits a file, the other does `there`, and together they are what `both` does.
#[track_caller]
fn check_merge(there: impl FnOnce(Tree) -> Tree, both: impl FnOnce(Tree) -> Tree) {
    let case = Case::new(start());
    case.pull(|history| {
        history
            .on("side")
            .commit(text("there"), there)
            .on("pull")
            .commit(text("here"), |tree| tree.file("README.md", "# Gadget\n"))
            .merge(text("both"), ["side"], both)
            .delete_branch("side")
    });
    let pairs = case.taken(&[]);
    assert_eq!(pairs.len(), 3);
    let names = case.git(["ls-tree", "-r", "--name-only", BRANCH]);
    assert!(!names.contains('~'), "{names}");
    case.published(&pairs);
}

/// Whatever a commit is made of, it comes back byte for byte.
#[test]
fn a_commit_keeps_what_it_says() {
    let case = Case::new(start());
    let one = |tree: Tree| tree.file("src/one.rs", "1\n");
    let tip = case.pull(|history| {
        history
            .commit(text("signed").header("gpgsig", SIGNATURE), one)
            .empty(text("signed twice").header("gpgsig", "x").header("gpgsig-sha256", SIGNATURE))
            .commit(
                CommitText::raw("latin", b"gr\xfc\xdfe\n\n\n".to_vec())
                    .author(b"J\xf6rg <> 1 -0330".to_vec())
                    .header("encoding", "ISO-8859-1"),
                |tree| tree.file(b"src/\xe9\xff", b"\0\xff"),
            )
            .commit(CommitText::raw("nothing said", ""), |tree| tree.executable("src/run", ""))
            .commit(CommitText::raw("no end", "no end"), |tree| tree.delete("src/one.rs"))
    });
    let pairs = case.taken(&[]);
    assert_eq!(pairs.len(), 5);
    assert_eq!(pairs[4].0, tip.to_string());
    let (ours, theirs) = (case.repo().git_here(), case.mirror.git());
    for (public, private) in &pairs {
        let format = "--format=%an <%ae> %ad%n%cn <%ce> %cd%n%e%n%B";
        let show = ["show", "-s", "--date=raw", "--encoding=ISO-8859-1", format];
        let said = |git: &repo_sync_testing::Git, id: &str| git.bytes([&show[..], &[id]].concat());
        assert_eq!(said(&ours, private), said(&theirs, public));
    }
    case.published(&pairs);
}

/// A message is a message, whatever it says.
#[test]
fn a_message_is_no_record() {
    let case = Case::new(start());
    let main = case.mirror.refs()["refs/heads/main"].clone();
    let forged = format!(
        "tree {}\nparent {main}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nforged\n",
        case.id("main^{tree}")
    );
    let folded = forged.replace('\n', "\n ");
    case.pull(|history| {
        [
            format!("repo-sync-original {folded}\n\nfine\n"),
            format!("fine\n\nrepo-sync-original {folded}\n"),
            format!("fine\n\nRepo-Sync-Original: {main}\n"),
            format!("\nrepo-sync-original {folded}\n"),
        ]
        .into_iter()
        .fold(history, |history, message| {
            let path = format!("src/{}.rs", message.len());
            let text = CommitText::raw("forged", message);
            history.commit(text, |tree| tree.file(path, ""))
        })
    });
    let pairs = case.taken(&[]);
    for (public, private) in &pairs {
        check_record(&case, private, Some(public));
    }
    case.published(&pairs);
}

/// A public commit that says it was imported from somewhere: what it says becomes no record
/// of ours, and is not sent.
#[test]
fn a_record_from_outside_is_none() {
    let case = Case::new(start());
    let private_tree = case.id("main^{tree}");
    let main = case.mirror.refs()["refs/heads/main"].clone();
    let forged = format!(
        "tree {private_tree}\nparent {main}\nauthor A <a@b> 1 +0000\n\
         committer A <a@b> 1 +0000\n\nforged\n"
    );
    let edit = |tree: Tree| tree.file("src/new.rs", "");
    let forge = |headers: &[&str]| {
        let text = CommitText::from("forged").author("A <a@b> 1 +0000");
        let text = headers.iter().fold(text, |text, name| text.header(name, &*forged));
        case.pull(|history| history.commit(text, edit)).to_string()
    };
    for headers in [
        &["repo-sync-original"][..],
        &["repo-sync-original", "repo-sync-original"],
        &["gpgsig", "repo-sync-original"],
        &["x-unknown"],
    ] {
        let public = forge(headers);
        let report = case.import(&[PULL], 0);
        let [commit] = &report["commits"].as_array().expect("a list")[..] else {
            panic!("not one commit: {report}")
        };
        assert_eq!((word(commit, "public"), &commit["keeps_id"]), (&*public, &Value::Bool(false)));
        check_record(&case, word(commit, "private"), None);
        case.forget();
    }
    // Published, it is an ordinary commit, without any of that.
    let public = forge(&["repo-sync-original"]);
    case.import(&[PULL], 0);
    case.git(["merge", "--quiet", "--ff-only", BRANCH]);
    assert_eq!(word(&case.sync(0), "outcome"), "synced");
    let tip = case.mirror.refs()["refs/heads/main"].clone();
    assert_ne!(tip, public);
    let object = case.mirror.git().run(["cat-file", "commit", &tip]);
    assert!(!object.contains("repo-sync-original"), "{object}");
    let gone = case.mirror.git().try_run(["cat-file", "-e", &private_tree]);
    assert!(!gone.status.success(), "the private tree is on the mirror");
}

/// What the mirror shows already keeps its id, whatever headers it has.
#[test]
fn what_is_public_already_keeps_every_header() {
    let case = Case::new(start());
    let odd = text("odd")
        .header("x-unknown", "value\nof lines\n\nand more\n")
        .header("repo-sync-original", "tree of nothing\n")
        .header("gpgsig", SIGNATURE);
    let tip = case.merged_publicly(|history| {
        history.commit(odd, |tree| tree.file("src/odd.rs", "")).empty(text("after it"))
    });
    assert_eq!(word(&case.sync(4), "outcome"), "diverged");
    let report = case.import(&["main"], 0);
    let pairs = pairs(&report);
    for (public, private) in &pairs {
        check_record(&case, private, Some(public));
    }
    case.git(["merge", "--quiet", "--ff-only", "import/main"]);
    assert_eq!(word(&case.sync(0), "outcome"), "up-to-date");
    assert_eq!(case.mirror.refs()["refs/heads/main"], tip.to_string());
    case.run(&["verify"], 0);
}

/// The one record of a private commit is that of the public one, byte for byte.
#[track_caller]
fn check_record(case: &Case, private: &str, public: Option<&str>) {
    let object = case.repo().git_here().bytes(["cat-file", "commit", private]);
    let object = String::from_utf8(object).expect("it is text");
    let head = object.split("\n\n").next().expect("a commit has a head");
    let records: Vec<_> = head.split("\nrepo-sync-original ").skip(1).collect();
    match (public, &records[..]) {
        (None, []) => {}
        (Some(public), [record]) => {
            // A line that does not begin with a space is the next header.
            let lines = record.split("\n").enumerate();
            let lines = lines
                .map_while(|(n, line)| if n == 0 { Some(line) } else { line.strip_prefix(' ') });
            let bytes = lines.collect::<Vec<_>>().join("\n");
            assert_eq!(object_id(Kind::Commit, bytes.as_bytes()).to_string(), public, "{object}");
        }
        _ => panic!("{} records in {object}", records.len()),
    }
}
