// SPDX-License-Identifier: Apache-2.0
//! What becomes of each commit, by the replay and by the verifier: which have an
//! image, on which parents, and with which words.

use repo_sync_testing::{CommitText, History, TagText, Tree};

use super::{MANIFEST, Run};

/// Rows are commits by their labels: `-` for one without any image, `as X` for one
/// that inherits the image of X, and the parents of an image of its own.
#[track_caller]
fn check(history: History, rows: &[(&str, &str)]) {
    let mut run = Run::new(history);
    assert_eq!(run.audit(), [], "the verifier agrees");
    let images: Vec<_> = rows.iter().map(|(label, _)| (*label, *run.claim(label))).collect();
    let named = |image: &str| {
        let mut own = images.iter().filter(|(_, claim)| claim.published);
        let known = own.find(|(_, claim)| claim.image.is_some_and(|id| id.to_string() == image));
        known.map_or_else(|| image.to_owned(), |(label, _)| (*label).to_owned())
    };
    let fates = images.iter().map(|(label, claim)| {
        let Some(image) = claim.image else { return (*label, "-".to_owned()) };
        if !claim.published {
            return (*label, format!("as {}", named(&image.to_string())));
        }
        let text = run.read(&run.git(), image.id());
        let text = String::from_utf8_lossy(&text).into_owned();
        let parents = text.lines().filter_map(|line| line.strip_prefix("parent ")).map(named);
        (*label, parents.collect::<Vec<_>>().join(" "))
    });
    let expected = rows.iter().map(|(label, fate)| (*label, (*fate).to_owned()));
    assert_eq!(fates.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

fn start() -> History {
    History::new().commit("start", |tree: Tree| {
        tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "x\n")
    })
}

fn public(path: &str) -> impl Fn(Tree) -> Tree {
    move |tree| tree.file(format!("src/{path}"), path)
}

fn hidden(path: &str) -> impl Fn(Tree) -> Tree {
    move |tree| tree.file(format!("cloud/{path}"), path)
}

#[test]
fn a_commit_that_changes_nothing_public_is_dropped() {
    let keep = |label| CommitText::raw(label, format!("{label}\n\nPublish-Empty: yes\n"));
    check(
        start()
            .commit("more", public("b"))
            .commit("hidden", hidden("y"))
            .commit("still", hidden("z"))
            .commit(keep("kept"), hidden("k"))
            .commit("last", public("c")),
        &[
            ("start", ""),
            ("more", "start"),
            ("hidden", "as more"),
            ("still", "as more"),
            ("kept", "more"),
            ("last", "kept"),
        ],
    );
    let bare = History::new()
        .commit(keep("nothing"), |tree: Tree| tree.file("sync.toml", MANIFEST))
        .commit("first", public("a"))
        .commit("gone", |tree| tree.delete("src"));
    check(bare, &[("nothing", "-"), ("first", ""), ("gone", "first")]);
}

#[test]
fn a_merge_keeps_what_says_something() {
    let two = || start().on("side").commit("beside", public("s")).on("main");
    check(
        two().commit("on", public("m")).merge("join", ["side"], |tree| tree),
        &[("start", ""), ("beside", "start"), ("on", "start"), ("join", "on beside")],
    );
    // As `git merge --no-ff` leaves it.
    check(
        two().merge("join", ["side"], |tree| tree),
        &[("join", "start beside"), ("beside", "start"), ("start", "")],
    );
    let quiet = || start().on("side").commit("quiet", hidden("q")).on("main");
    check(
        quiet().commit("on", public("m")).merge("join", ["side"], |tree| tree),
        &[("start", ""), ("quiet", "as start"), ("on", "start"), ("join", "as on")],
    );
    check(
        quiet().commit("on", hidden("m")).merge("join", ["side"], public("j")),
        &[("start", ""), ("on", "as start"), ("join", "start")],
    );
    // The one that now stands first stays, though nothing of it is its own.
    check(
        two().commit("on", hidden("m")).merge("join", ["side"], |tree| tree),
        &[("start", ""), ("beside", "start"), ("on", "as start"), ("join", "start beside")],
    );
    check(
        start()
            .commit("on", public("m"))
            .branch("one", "start")
            .branch("two", "start")
            .on("one")
            .commit("first", public("1"))
            .on("two")
            .commit("second", hidden("2"))
            .on("main")
            .merge("join", ["one", "two"], |tree| tree),
        &[
            ("start", ""),
            ("on", "start"),
            ("first", "start"),
            ("second", "as start"),
            ("join", "on first"),
        ],
    );
}

#[test]
fn the_first_manifest_speaks_for_what_was_before_it() {
    let early = || History::new().commit("early", public("a")).commit("quiet", hidden("x"));
    let adopt = |tree: Tree| tree.file("sync.toml", MANIFEST);
    check(
        early().commit("adopt", adopt).commit("late", public("b")),
        &[("early", ""), ("quiet", "as early"), ("adopt", "as early"), ("late", "early")],
    );
    // A repository that is merged in says nothing about what is public.
    check(
        early()
            .commit("adopt", adopt)
            .orphan("other")
            .commit("foreign", |tree| tree.clear().file("src/f", "f\n"))
            .on("main")
            .merge("join", ["other"], |tree| tree),
        &[("early", ""), ("foreign", "-"), ("join", "early")],
    );
    // The same manifest in two places is one.
    check(
        early()
            .branch("side", "quiet")
            .commit("adopt", adopt)
            .on("side")
            .commit("too", adopt)
            .commit("beside", public("s"))
            .on("main")
            .merge("join", ["side"], |tree| tree),
        &[
            ("early", ""),
            ("adopt", "as early"),
            ("too", "as early"),
            ("beside", "early"),
            ("join", "early beside"),
        ],
    );
    // One that names another mirror is no manifest of ours.
    let other = MANIFEST.replace("mirror.public", "mirror.other").replace("\"src\"", "\"none\"");
    check(
        early().commit("other", |tree| tree.file("sync.toml", other)).commit("adopt", adopt),
        &[("early", ""), ("quiet", "as early"), ("other", "as early"), ("adopt", "as early")],
    );
    let former = MANIFEST.replace("mirror.public", "mirror.former").replace(", \"docs\"", "");
    let renamed = MANIFEST.replace("[mirror.public]", "[mirror.public]\nwas = [\"former\"]");
    check(
        History::new()
            .commit("start", |tree: Tree| tree.file("sync.toml", former).file("docs/d", "d\n"))
            .commit("more", public("a"))
            .commit("rename", |tree| tree.file("sync.toml", renamed)),
        &[("start", "-"), ("more", ""), ("rename", "more")],
    );
}

#[test]
fn what_is_withheld_arrives_with_the_next() {
    let history = || {
        start().commit("one", public("1")).commit("two", public("2")).commit("three", public("3"))
    };
    let tip = |commits: String| {
        let text = format!("{MANIFEST}[[withhold]]\ncommits = \"{commits}\"\nreason = \"no\"\n");
        history().commit("tip", |tree| tree.file("sync.toml", text).file("src/t", "t\n"))
    };
    let id = |label: &str| history().find(label).to_string();
    check(
        tip(id("two")),
        &[("start", ""), ("one", "start"), ("two", "as one"), ("three", "one"), ("tip", "three")],
    );
    check(
        tip(format!("{}..{}", id("start"), id("two"))),
        &[("start", ""), ("one", "as start"), ("two", "as start"), ("three", "start")],
    );
    check(tip(id("start")), &[("start", "-"), ("one", ""), ("two", "one")]);
}

#[test]
fn a_seam_settles_what_was_before_it() {
    let history = || {
        start()
            .on("side")
            .commit("beside", public("s"))
            .on("main")
            .commit("here", hidden("h"))
            .commit("on", public("o"))
            .merge("join", ["side"], |tree| tree)
    };
    let here = history().find("here");
    let seam = |more: &str| format!("{MANIFEST}[[seam]]\nprivate = \"{here}\"\n{more}");
    let with = |text: String| history().commit("tip", |tree| tree.file("sync.toml", text));
    let rows = [
        ("start", "-"),
        ("beside", "-"),
        ("here", ""),
        ("on", "here"),
        ("join", "on"),
        ("tip", "as join"),
    ];
    check(with(seam("")), &rows);
    let mut run = Run::new(with(seam("message = \"From here\"\n")));
    assert!(run.image_bytes("here").ends_with("\n\nFrom here\n"));
    assert_eq!(run.audit(), []);
}

/// A message under a manifest with these lines. `[X]` stands for the id of the commit
/// X, `[X:8]` for its first digits: of the private commit in `message`, of its image in
/// `expected`.
#[track_caller]
fn words(lines: &str, message: &str, expected: &str) {
    let manifest = format!("{MANIFEST}{lines}");
    let start = |tree: Tree| {
        let people = "Ada L. <ada@new> <ada@old>\n<bob@new> Bob <bob@old>\n";
        tree.file("sync.toml", manifest).file("src/a", "a\n").file(".mailmap", people)
    };
    let history = History::new().commit("start", start).commit("hidden", hidden("x"));
    let text = with_ids(message, |label| history.find(label).to_string());
    let who = |name| format!("{name} <{name}@old> 1700000000 +0130");
    let text = CommitText::raw("end", text).author(who("ada")).committer(who("bob"));
    let history = history.commit(text, public("e")).annotate(
        "v1",
        "end",
        TagText::from("one").tagger(who("ada")).signed(),
    );
    let mut run = Run::new(history);
    let found = run.audit();
    let full = message.contains("[hidden]") && !lines.contains("mask");
    assert_eq!(!found.is_empty(), full && expected.contains("[hidden]"), "{found:#?}");
    let image = run.image_bytes("end");
    let (head, shown) = image.split_once("\n\n").expect("a commit has a message");
    let people: Vec<_> = head.lines().filter(|line| line.contains('>')).collect();
    let expected = expected.replace("[hidden", "[private hidden");
    let expected = with_ids(&expected, |label| match label.strip_prefix("private ") {
        Some(label) => run.repo.id(label).to_string(),
        None => run.image(label).to_string(),
    });
    assert_eq!(format!("{}\n\n{shown}", people.join("\n")), expected);
}

fn with_ids(text: &str, mut id: impl FnMut(&str) -> String) -> String {
    let mut parts = text.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(']').expect("a row closes its brackets");
        let (label, len) = name.split_once(':').unwrap_or((name, "40"));
        let len: usize = len.parse().expect("a row says how many digits");
        out.extend([&id(label)[..len], rest]);
    }
    out
}

const AS_THEY_ARE: &str =
    "author ada <ada@old> 1700000000 +0130\ncommitter bob <bob@old> 1700000000 +0130\n\n";

#[test]
fn ids_in_messages_become_public() {
    let kept = |message: &str, expected: &str| {
        words("", message, &format!("{AS_THEY_ARE}{expected}"));
    };
    kept("like [start]\n", "like [start]\n");
    kept("like [start:7], -g[start:12].", "like [start:7], -g[start:12].");
    kept("not x[hidden:9] and [hidden:6]\n", "not x[hidden:9] and [hidden:6]\n");
    kept("no id at all", "no id at all");
    // The id of a commit of somebody else.
    let theirs = format!("like {}\n", "1234567890abcdef".repeat(3).split_at(40).0);
    kept(&theirs, &theirs);
    kept("like [hidden]\n", "like [hidden]\n");
    let zeros = format!("{AS_THEY_ARE}like {} [start:8]\n", "0".repeat(10));
    words("[message]\nids = \"mask\"\n", "like [hidden:10] [start:8]\n", &zeros);
}

#[test]
fn people_take_their_public_form() {
    let mapped = "[identity]\nmode = \"mailmap\"\n";
    let public = "author Ada L. <ada@new> 1700000000 +0130\n\
        committer bob <bob@new> 1700000000 +0130\n\n";
    words(mapped, "s\n", &format!("{public}s\n"));
    words(
        mapped,
        "s\n\nBy: ada <ADA@old>\nCc: Rob <bob@old>\n",
        &format!("{public}s\n\nBy: Ada L. <ada@new>\nCc: Rob <bob@old>\n"),
    );
    let one = "[identity]\nmode = \"overwrite\"\noverwrite = \"Acme <o@a>\"\n";
    let public = "author Acme <o@a> 1700000000 +0130\ncommitter Acme <o@a> 1700000000 +0130\n\n";
    words(one, "s\n\nBy: ada <ada@old>\n", &format!("{public}s\n\nBy: Acme <o@a>\n"));
    let section = "[message]\nmode = \"public-section\"\n";
    words(section, "s\n\nsecret\n\nPublic:\nshown\n", &format!("{AS_THEY_ARE}s\n\nshown\n"));
    let replaced = "[message]\nmode = \"replace\"\ntext = \"Snapshot\"\n";
    words(replaced, "s\n\nsecret [hidden]\n", &format!("{AS_THEY_ARE}Snapshot\n"));
}
