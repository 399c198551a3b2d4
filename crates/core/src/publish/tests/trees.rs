// SPDX-License-Identifier: Apache-2.0
//! What the mirror shows of a private tree, by the filter and by the verifier: git
//! lists the store of a run, and the verifier has to agree with it.

use repo_sync_shared::ObjectId;
use repo_sync_testing::{History, Tree};

use super::Run;

/// Rows are leaves: a path, preceded by its mode unless it is a plain file. A public
/// one is followed by the private path that it comes from, if that is another.
#[track_caller]
fn check(manifest: &str, private: &[&str], expected: &[&str]) {
    let manifest = format!("version = 1\n{manifest}[mirror.public]\n");
    let start = |tree: Tree| private.iter().fold(tree.file("sync.toml", manifest), leaf);
    let mut run = Run::new(History::new().commit("start", start));
    assert_eq!(run.audit(), [], "the verifier agrees");
    let shown = match run.claim("start").image {
        Some(image) => run.git().run(&["ls-tree", "-rtz", &image.to_string()], b""),
        None => Ok(Vec::new()),
    };
    let shown = String::from_utf8(shown.expect("the store has it")).expect("the rows hold text");
    let leaves = shown.split_terminator('\0').filter_map(|line| described(&run, line));
    assert_eq!(leaves.collect::<Vec<_>>(), expected);
}

/// Puts a leaf into a tree; a file holds its own path.
fn leaf(tree: Tree, leaf: &&str) -> Tree {
    match leaf.split_once(' ') {
        Some(("040000", path)) => tree.empty_dir(path),
        Some(("160000", path)) => tree.gitlink(path, ObjectId::EMPTY_TREE),
        Some((mode, path)) => tree.blob(path, mode, path),
        None => tree.file(leaf, leaf),
    }
}

/// A line of `git ls-tree` as a row has it; none for a directory that holds something.
fn described(run: &Run, line: &str) -> Option<String> {
    let (head, path) = line.split_once('\t').expect("git writes a tab before the path");
    let (mode, id) = (&head[..6], &head[head.len() - 40..]);
    let from = match mode {
        "040000" if id != ObjectId::EMPTY_TREE.to_string() => return None,
        "040000" | "160000" => path.to_owned(),
        _ => {
            let content = run.git().run(&["cat-file", "blob", id], b"").expect("the store has it");
            String::from_utf8(content).expect("a file holds its own path")
        }
    };
    let mode = if mode == "100644" { String::new() } else { format!("{mode} ") };
    let from = if from == path { String::new() } else { format!(" <- {from}") };
    Some(format!("{mode}{path}{from}"))
}

#[test]
fn what_no_rule_makes_public_is_cut_out() {
    let rules = "include = [\"src\", \"docs/*.md\", \"one\"]\nexclude = [\"src/b\", \"**/*.key\"]\n\
                 private = [\"src/ops\"]\n";
    check(rules, &["a", "src/a", "z"], &["src/a"]);
    check(rules, &["src/a", "src/b", "src/c"], &["src/a", "src/c"]);
    check(rules, &["src/b/x", "src/c"], &["src/c"]);
    check(rules, &["src/a", "src/b/x"], &["src/a"]);
    check(rules, &["src/in/a", "src/in/a.key", "src/in/b"], &["src/in/a", "src/in/b"]);
    check(rules, &["src/in/deep/a.key", "src/in/x"], &["src/in/x"]);
    check(rules, &["src/in/deep/a.key"], &[]);
    check(rules, &["src/ops/a", "src/opt/a", "src/Ops2"], &["src/Ops2", "src/opt/a"]);
    check(rules, &["docs/a.md", "docs/a.txt", "docs/in/a.md"], &["docs/a.md"]);
    check(rules, &["docs/a.md/x", "docs/b"], &["docs/a.md/x"]);
    check(rules, &["one", "cloud/x"], &["one"]);
    check(rules, &["cloud/x", "docs/x"], &[]);
    check("include = [\"**\"]\n", &["cloud/a", "sync.lock", "x/cloud"], &["x/cloud"]);
}

#[test]
fn modes_are_kept() {
    let rules = "include = [\"src\"]\nexclude = [\"src/no\"]\n";
    check(
        rules,
        &["100755 src/run", "120000 src/link", "160000 src/sub", "src/no"],
        &["120000 src/link", "100755 src/run", "160000 src/sub"],
    );
    check(rules, &["100755 src/no", "src/a", "160000 sub", "120000 link"], &["src/a"]);
    check(rules, &["160000 src/no", "src/a"], &["src/a"]);
}

#[test]
fn an_empty_directory_stays_where_it_is_public_itself() {
    let rules = "include = [\"src\", \"docs/a\"]\nexclude = [\"src/**/no\"]\n";
    check(rules, &["040000 src/none", "src/a"], &["src/a", "040000 src/none"]);
    check(rules, &["040000 docs/a", "040000 docs/b"], &["040000 docs/a"]);
    check(rules, &["040000 docs/none", "docs/a"], &["docs/a"]);
    check(rules, &["040000 src/in/no", "src/in/a"], &["src/in/a"]);
    check(rules, &["040000 src/in/no", "src/a"], &["src/a"]);
    check(rules, &["src/in/no/x", "040000 src/in/none"], &["040000 src/in/none"]);
}

#[test]
fn a_move_brings_what_is_public_to_another_place() {
    let with = |moves: &[(&str, &str)]| {
        let moves = moves.iter().map(|(from, to)| format!("\"{from}\", to = \"{to}\""));
        let moves: String = moves.map(|one| format!("{{ from = {one} }},")).collect();
        format!(
            "include = [\"src\", \"docs\", \"a.md\"]\nexclude = [\"**/no\"]\nmove = [{moves}]\n"
        )
    };
    let docs = with(&[("docs/public", "guide")]);
    check(&docs, &["docs/public/a", "docs/b"], &["docs/b", "guide/a <- docs/public/a"]);
    check(&docs, &["docs/public/a", "docs/public/no"], &["guide/a <- docs/public/a"]);
    check(&docs, &["docs/public/no", "docs/b"], &["docs/b"]);
    check(&docs, &["docs/publicly/a", "src/a"], &["docs/publicly/a", "src/a"]);
    check(&docs, &["100755 docs/public"], &["100755 guide <- docs/public"]);
    check(&docs, &["docs/z", "src/a"], &["docs/z", "src/a"]);

    // A file goes by itself, and what is private goes nowhere.
    let file = with(&[("a.md", "src/README.md"), ("b.md", "src/b.md")]);
    check(&file, &["a.md", "b.md", "src/z"], &["src/README.md <- a.md", "src/z"]);
    let no = with(&[("src/no", "src/yes"), ("cloud", "open")]);
    check(&no, &["src/no", "src/a", "cloud/x"], &["src/a"]);

    // To the root and from it, and down a place that is not there yet.
    let up = with(&[("docs", "")]);
    check(&up, &["docs/a", "docs/in/b", "src/a"], &["a <- docs/a", "in/b <- docs/in/b", "src/a"]);
    let down = with(&[("", "all")]);
    check(&down, &["docs/a", "src/b"], &["all/docs/a <- docs/a", "all/src/b <- src/b"]);
    let deep = with(&[("docs", "x/y/z")]);
    check(&deep, &["docs/a", "src/b"], &["src/b", "x/y/z/a <- docs/a"]);

    // The longest wins, whatever the order.
    for moves in [[("docs", "d"), ("docs/in", "i")], [("docs/in", "i"), ("docs", "d")]] {
        check(&with(&moves), &["docs/a", "docs/in/b"], &["d/a <- docs/a", "i/b <- docs/in/b"]);
    }
    let swap = with(&[("docs", "src"), ("src", "docs")]);
    check(&swap, &["docs/a", "src/b"], &["docs/b <- src/b", "src/a <- docs/a"]);
}

#[test]
fn directories_that_meet_are_one() {
    let with = |to: &str| {
        format!(
            "include = [\"src\", \"docs\", \"more\"]\nexclude = [\"**/no\"]\n\
             move = [{{ from = \"docs\", to = \"src{to}\" }}, {{ from = \"more\", to = \"src{to}\" }}]\n"
        )
    };
    check(
        &with(""),
        &["docs/a", "docs/in/x", "more/c", "more/in/z", "src/b", "src/in/y"],
        &[
            "src/a <- docs/a",
            "src/b",
            "src/c <- more/c",
            "src/in/x <- docs/in/x",
            "src/in/y",
            "src/in/z <- more/in/z",
        ],
    );
    check(
        &with("/in"),
        &["docs/x", "src/a", "src/in/y", "more/no"],
        &["src/a", "src/in/x <- docs/x", "src/in/y"],
    );
    check(&with(""), &["docs/no", "more/in/no", "src/b"], &["src/b"]);
    check(&with(""), &["docs/a"], &["src/a <- docs/a"]);
    check(&with(""), &["040000 docs/in", "040000 src/in"], &["040000 src/in"]);
    // Git sorts a directory as if its name ended in a slash.
    check(
        &with(""),
        &["docs/a/x", "src/a.b", "src/a0", "more/a-"],
        &["src/a- <- more/a-", "src/a.b", "src/a/x <- docs/a/x", "src/a0"],
    );
}

/// Git takes no delta that makes an empty tree.
#[test]
fn a_mirror_that_shows_nothing_for_a_while() {
    let manifest = "version = 1\ninclude = [\"src\"]\n[mirror.public]\n";
    let history = History::new()
        .commit("start", |tree| tree.file("sync.toml", manifest).file("src/a", "a"))
        .commit("more", |tree| tree.file("src/b", "b"))
        .commit("none", |tree| tree.delete("src/a").delete("src/b"))
        .commit("again", |tree| tree.file("src/a", "a new one"));
    let mut run = Run::new(history);
    assert_eq!(run.audit(), [], "the verifier agrees");
    let tree = |run: &mut Run, label: &str| {
        let rev = format!("{}^{{tree}}", run.image(label));
        let tree = run.git().run(&["ls-tree", "-r", "--name-only", &rev], b"");
        String::from_utf8(tree.expect("the store has it")).expect("names are text")
    };
    assert_eq!(tree(&mut run, "more"), "src/a\nsrc/b\n");
    assert_eq!(tree(&mut run, "none"), "");
    assert_eq!(tree(&mut run, "again"), "src/a\n");
}

/// Such a tree is copied from the private repository, and is not in the pack of our own.
#[test]
fn a_root_that_was_a_directory_before() {
    let manifest = "version = 1\ninclude = [\"lib\", \"src\"]\n[mirror.public]\n";
    let history = History::new()
        .commit("start", |tree| tree.file("sync.toml", manifest).file("lib/src/a", "a"))
        .commit("moved", |tree| tree.rename("lib/src/a", "src/a"))
        .commit("more", |tree| tree.file("src/b", "b"));
    let mut run = Run::new(history);
    assert_eq!(run.audit(), [], "the verifier agrees");
    let rev = format!("{}:src", run.image("more"));
    let names = run.git().run(&["ls-tree", "--name-only", &rev], b"").expect("the store has it");
    assert_eq!(String::from_utf8_lossy(&names), "a\nb\n");
}

/// The bytes of such a tree are not held until the pack wants it whole, but made again.
#[test]
fn a_large_directory_that_changes_often() {
    let manifest =
        "version = 1\ninclude = [\"in\"]\nexclude = [\"**/private-*\"]\n[mirror.public]\n";
    let files = |tree: Tree| {
        (0..1_900).fold(tree, |tree, at| tree.file(format!("in/dir/file-number-{at}"), "a"))
    };
    let start = |tree: Tree| files(tree).file("sync.toml", manifest).file("in/dir/private-x", "x");
    let history = (0..120).fold(History::new().commit("start", start), |history, at| {
        let path = format!("in/dir/file-number-{}", at * 7);
        history.commit(format!("change {at}"), |tree| tree.file(&path, "b"))
    });
    let run = Run::new(history);
    assert_eq!(run.audit(), [], "the verifier agrees");
    let pack = std::fs::read_dir(run.store.join("objects/pack")).expect("there is a pack");
    let packs = pack.map(|entry| entry.expect("it can be read").path());
    let index = packs.filter(|path| path.extension().is_some_and(|it| it == "idx"));
    let index = index.map(|path| path.display().to_string());
    let chains = index.map(|path| {
        let listing = run.git().run(&["verify-pack", "--stat-only", &path], b"");
        String::from_utf8(listing.expect("the pack is sound")).expect("numbers are text")
    });
    let chains = chains.collect::<String>();
    assert!(chains.contains("chain length = 50: "), "{chains}");
    assert!(!chains.contains("chain length = 51: "), "{chains}");
}
