// SPDX-License-Identifier: Apache-2.0
//! `private-id` and `encoding`: what messages and files must not quote, and in which
//! charset a message can be read.

use repo_sync_testing::{CommitText, History, TagText};

use crate::common::{MANIFEST, findings, plan, refused, start, warned};

#[test]
fn a_clean_history_is_no_finding() {
    assert_eq!(refused(MANIFEST, |history| history), [""; 0]);
    assert_eq!(warned(MANIFEST, |history| history), [""; 0]);
}

/// A history with a dropped commit, and one that only another branch has.
fn with_private_commits() -> History {
    start(MANIFEST)
        .commit("price", |tree| tree.file("cloud/price.rs", "3"))
        .commit("open", |tree| tree.file("docs/open.txt", "open"))
        .on("topic")
        .commit("secret plan", |tree| tree.file("docs/plan.txt", "soon"))
        .on("main")
}

#[test]
fn a_message_that_quotes_a_private_commit() {
    #[track_caller]
    fn check(quoted: &str, digits: usize, expected: &[&str]) {
        let history = with_private_commits();
        let id = &history.find(quoted).to_string()[..digits];
        let message = format!("fix\n\nsince {id}, see");
        let found = findings(
            &plan(history.commit(message, |tree| tree.file("docs/a.txt", "a"))),
            "refusals",
        );
        assert_eq!(found, expected, "{quoted} in {digits} digits");
    }
    let ids = ["private-id"];
    check("price", 40, &ids);
    check("price", 12, &ids);
    check("price", 7, &ids);
    check("price", 6, &[]);
    check("secret plan", 10, &ids);
    // It becomes the id of its image.
    check("open", 40, &[]);
    check("open", 7, &[]);
}

#[test]
fn a_run_of_digits_that_names_nothing() {
    for message in ["since deadbeef0", "0000000", "abc1234..fed9876", "1234567 bytes"] {
        let history = with_private_commits();
        let report = plan(history.commit(message, |tree| tree.file("docs/a.txt", "a")));
        assert_eq!(findings(&report, "refusals"), [""; 0], "{message}");
    }
}

#[test]
fn an_id_that_only_some_other_ref_reaches() {
    for name in ["refs/stash", "refs/notes/commits", "refs/remotes/fork/topic", "refs/pull/3/head"]
    {
        let mut history = with_private_commits();
        let parent = history.find("open");
        let id = history.add("aside", &[parent], history.tree_of(parent).clone());
        let history = history
            .any_ref(name, id)
            .commit(format!("after {id}"), |tree| tree.file("docs/a.txt", "a"));
        assert_eq!(findings(&plan(history), "refusals"), ["private-id"], "{name}");
    }
}

#[test]
fn the_message_of_a_tag() {
    let tags = format!("{MANIFEST}tags = [\"*\"]\n");
    let found = refused(&tags, |history| {
        let history = history
            .commit("price", |tree| tree.file("cloud/price.rs", "3"))
            .commit("open", |tree| tree.file("docs/open.txt", "open"));
        let (price, open) = (history.find("price"), history.find("open"));
        history.annotate("v1", "main", TagText::raw(format!("after {price}\n"))).annotate(
            "v2",
            "main",
            TagText::raw(format!("made of {open}\n")),
        )
    });
    assert_eq!(found, ["private-id"]);
}

#[test]
fn a_mask_takes_what_the_listed_branches_hold() {
    let masked = format!("{MANIFEST}[message]\nids = \"mask\"\n");
    let found = refused(&masked, |history| {
        let history = history.commit("price", |tree| tree.file("cloud/price.rs", "3"));
        let message = format!("after {}", history.find("price"));
        history.commit(message, |tree| tree.file("docs/a.txt", "a"))
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_file_that_quotes_a_private_commit() {
    #[track_caller]
    fn check(path: &str, text: impl Fn(&str) -> String, expected: &[&str]) {
        let history = with_private_commits();
        let id = history.find("price").to_string();
        let report = plan(history.commit("more", |tree| tree.file(path, text(&id))));
        assert_eq!(findings(&report, "refusals"), expected, "{path}");
    }
    check(
        ".git-blame-ignore-revs.txt",
        |id| format!("# format\n{id}\n"),
        &["private-id .git-blame-ignore-revs.txt:2"],
    );
    check("docs/a.txt", |id| format!("see x/{id}."), &["private-id docs/a.txt:1"]);
    check("docs/a.bin", |id| format!("\0{id}"), &["private-id docs/a.bin"]);
    check("docs/a.txt", |id| format!("{} {id}8 {}", &id[..39], id.to_uppercase()), &[]);
    check("docs/a.txt", |_| "da39a3ee5e6b4b0d3255bfef95601890afd80709\n".to_owned(), &[]);
}

/// A commit of which nothing was left out is its own image.
#[test]
fn an_id_that_is_public_as_well() {
    let manifest = "version = 1\ninclude = [\"*\"]\n[mirror.public]\n";
    let history = History::new().commit("start", |tree| tree.file("README.md", "hello\n"));
    let first = history.find("start");
    let history = history
        .commit(format!("after {first}"), |tree| tree.file("docs/a.txt", first.to_string()))
        .commit("publish", |tree| tree.file("sync.toml", manifest));
    assert_eq!(findings(&plan(history), "refusals"), [""; 0]);
}

#[test]
fn a_charset_that_is_unknown_or_wrong() {
    let check = |charset: &str, message: &[u8], expected: &[&str]| {
        let text = CommitText::raw("odd", message.to_vec()).header("encoding", charset);
        let found =
            refused(MANIFEST, |history| history.commit(text, |tree| tree.file("docs/a.txt", "a")));
        assert_eq!(found, expected, "{charset}");
    };
    check("ISO-8859-1", b"gr\xfc\xdfe\n", &[]);
    check("UTF-8", "grüße\n".as_bytes(), &[]);
    check("UTF-8", b"gr\xfc\xdfe\n", &["encoding"]);
    check("UTF-7", b"+AGM-loud\n", &["encoding"]);
    check("ISO-2022-JP", b"plain\n", &["encoding"]);
    check("klingon", b"plain\n", &["encoding"]);
}
