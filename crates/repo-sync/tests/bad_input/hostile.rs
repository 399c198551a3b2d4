// SPDX-License-Identifier: Apache-2.0
//! Objects that somebody made to hurt: bombs, bottomless trees, odd commits and tags.

use std::fs;

use repo_sync_testing::{History, Kind, bomb, deep, object_id};

use crate::common::{Case, MANIFEST, PRIVATE, has, json, manifest, start};

/// A run that expands what it should not ends here: seconds of its own work, however
/// busy the machine is with other tests, and kilobytes.
const LIMITS: &str = "ulimit -t 120; ulimit -v 4194304";

/// A run that has to end soon.
fn limited(history: History) -> Case {
    Case::new(history).limited(LIMITS)
}

/// Thirty objects, and a hundred billion paths.
#[test]
fn a_bomb() {
    let odd = "version = 1\ninclude = [\"src\"]\nexclude = [\"**/d11\"]\n[mirror.public]\n";
    for manifest in [MANIFEST, odd] {
        for place in ["src/bomb", "cloud/bomb"] {
            let case = limited(
                start(manifest).commit("bomb", |tree| bomb(tree, place, 11, ("100644", "boom\n"))),
            );
            case.run(&["plan", "--to", "$MIRROR"]).expect(0);
            // The verifier looks at every path by itself, and so at none too many.
            match place.starts_with("cloud") {
                true => case.ok(&["sync", "--to", "$MIRROR"]),
                false => case.sync_refused("verifier-disagrees", &["too many places"]),
            };
        }
    }
}

/// What a link means depends on its place, so each place would have to be seen.
#[test]
fn a_bomb_of_links() {
    let case = limited(
        start(MANIFEST).commit("bomb", |tree| bomb(tree, "src/bomb", 11, ("120000", "d1"))),
    );
    case.refused("tree-depth", &["too many places"]);
}

/// Files of which each has to be held against a newer manifest.
#[test]
fn a_bomb_under_an_older_manifest() {
    let case = limited(
        start(MANIFEST)
            .commit("bomb", |tree| bomb(tree, "src/bomb", 11, ("100644", "boom\n")))
            .commit("narrow", |tree| {
                tree.delete("src/bomb").file("sync.toml", manifest("").replace("\"src\", ", ""))
            }),
    );
    let screen = case.run(&["plan", "--to", "$MIRROR", "--format", "json"]).expect(3);
    assert!(has(&json(&screen)["refusals"], "tree-depth"));
}

/// Two bombs that moves bring to one place.
#[test]
fn a_bomb_of_moves() {
    let moves = "version = 1\ninclude = [\"src\", \"more\"]\n[mirror.public]\n\
                 [[move]]\nfrom = \"more\"\nto = \"src\"\n";
    let case = limited(start(moves).commit("bomb", |tree| {
        let tree = bomb(tree, "src/bomb", 8, ("100644", "boom\n"));
        deep(tree, "more/bomb/d1/d1/d1", 40)
    }));
    case.run(&["plan", "--to", "$MIRROR"]).expect(0);
}

#[test]
fn a_tree_without_a_bottom() {
    let exclude = "version = 1\ninclude = [\"src\"]\nexclude = [\"**/x\"]\n[mirror.public]\n";
    for manifest in [MANIFEST, exclude] {
        let case = limited(start(manifest).commit("deep", |tree| deep(tree, "src/deep", 5_000)));
        case.refused("tree-depth", &["more than 2048 directories deep"]);
        // Where it is private, nobody has to look; git itself reads 2,048.
        for (place, levels) in [("cloud/deep", 5_000), ("src/deep", 2_040)] {
            let case = limited(start(manifest).commit("deep", |tree| deep(tree, place, levels)));
            case.run(&["plan", "--to", "$MIRROR"]).expect(0);
        }
    }
}

/// Each name of it is one that any system takes, and the whole is more than git reads
/// of a line. What it would take for the next line is the id of something private.
#[test]
fn a_path_that_is_longer_than_any_system_takes() {
    let private = object_id(Kind::Blob, PRIVATE.as_bytes());
    let names = [&*private.to_string(), "/"].concat();
    // With the first one a whole id begins where git of today ends its line.
    for shift in [15, 0] {
        let path = ["src/", &*"d".repeat(shift + 1), "/", &*names.repeat(150), "x.rs"].concat();
        let case = Case::new(start(MANIFEST).commit("long", |tree| tree.file(&path, "// far\n")));
        assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced", "{shift}");
        assert_eq!(case.mirror.git().run(["show", &format!("main:{path}")]), "// far");
        case.nothing_private();
    }
}

/// A public commit with these bytes after its tree and parent lines.
fn odd_commit(rest: &str) -> Case {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| history.commit("public", |tree| tree.file("src/new.rs", "")));
    let git = |rev: &str| case.repo().git(["rev-parse", rev]);
    let text = format!("tree {}\nparent {}\n{rest}", git("main^{tree}"), git("main~1"));
    let id = object_id(Kind::Commit, text.as_bytes());
    case.extend(|mut history: History| {
        history.object(Kind::Commit, text);
        history
    });
    // Git itself would not point a ref at some of these.
    fs::write(case.repo().path().join(".git/refs/heads/main"), format!("{id}\n"))
        .expect("the scratch place is writable");
    case
}

/// Whatever a commit says of people and days: it is published as it is, or refused.
#[test]
fn commits_with_odd_people_and_days() {
    for (who, status) in [
        ("A <a@b> 1 +0000", 0),
        ("A <a@b> 0 -0000", 0),
        ("A <a@b> 99999999999999999999999999 +0000", 0),
        ("A <a@b> 18446744073709551616 +0000", 0),
        ("A <a@b> -1 +0000", 0),
        ("A <a@b> 1 +9999", 0),
        ("A <a@b> 1 +99999999999", 0),
        ("A <a@b>", 0),
        ("A 1 +0000", 0),
        ("<> 1 +0000", 0),
        ("", 0),
        ("A <a@b> x y z", 0),
        ("A <a@b> 1 +0000 \u{202e}", 0),
        ("A <a@b\0> 1 +0000", 3),
    ] {
        let case = odd_commit(&format!("author {who}\ncommitter {who}\n\nodd\n"));
        let screen = case.run(&["plan", "--to", "$MIRROR"]);
        assert_eq!(screen.status, status, "{who}\n{screen}");
        case.run(&["map"]);
    }
}

#[test]
fn commits_with_odd_headers() {
    let who = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n";
    for (rest, status) in [
        (format!("{who}\nplain\n"), 0),
        (format!("{who}mergetag object 0\n private words\n\nplain\n"), 0),
        (format!("{who}x-unknown y\n\nplain\n"), 0),
        (format!("{who}encoding utf-8\nencoding utf-16\n\ntwo\n"), 3),
        (format!("{who}{who}\ntwice\n"), 3),
        (format!("{who}\nhidden\0behind a NUL\n"), 3),
        (format!("{who}gpgsig x\n \0\n\nNUL in a header\n"), 3),
        (who.to_owned(), 0),
        (format!("{who}\n"), 0),
        (who.trim_end().to_owned(), 3),
    ] {
        let case = odd_commit(&rest);
        let screen = case.run(&["plan", "--to", "$MIRROR"]);
        assert_eq!(screen.status, status, "{rest}\n{screen}");
    }
}

/// Two thousand parents, and one parent twice.
#[test]
fn a_commit_with_very_many_parents() {
    let mut case = limited(start(MANIFEST));
    case.extend(|mut history| {
        let base = history.find("say hello");
        let tree = history.tree_of(base).clone();
        let parents: Vec<_> = (0..2_000)
            .map(|at| {
                let tree = tree.clone().file(format!("src/p{at}.rs"), "");
                history.add(format!("parent {at}").as_str(), &[base], tree)
            })
            .chain([base, base])
            .collect();
        let octopus = history.add("octopus", &parents, tree.file("src/all.rs", ""));
        history.any_ref("refs/heads/main", octopus)
    });
    case.run(&["plan", "--to", "$MIRROR"]).expect(0);
}

#[test]
fn tags_that_git_would_not_make() {
    let tags = manifest("tags = [\"v*\"]\n");
    let id = start(&tags).find("say hello");
    let head = format!("object {id}\ntype commit\ntag v1\n");
    for (text, status) in [
        (format!("{head}tagger A <a@b> 1 +0000\n\nplain\n"), 0),
        (format!("{head}\nno tagger\n"), 0),
        (format!("{head}tagger A <a@b> 1 +0000\nx-unknown y\n\nmore\n"), 0),
        (format!("{head}tagger A <a@b> 1 +0000\n\nhidden\0behind a NUL\n"), 3),
        (format!("{head}tagger\0 A <a@b> 1 +0000\n\nNUL\n"), 3),
        (format!("object {id}\ntag v1\n\nno type\n"), 3),
        (format!("object {id}\ntype tree\ntag v1\n\nwrong type\n"), 3),
        (format!("object {id}\nobject {id}\ntype commit\ntag v1\n\ntwice\n"), 3),
        (String::new(), 3),
    ] {
        let mut history = start(&tags);
        let tag = history.object(Kind::Tag, text.clone());
        let case = Case::new(history);
        fs::create_dir_all(case.repo().path().join(".git/refs/tags")).expect("writable");
        fs::write(case.repo().path().join(".git/refs/tags/v1"), format!("{tag}\n"))
            .expect("the scratch place is writable");
        let screen = case.run(&["plan", "--to", "$MIRROR"]);
        assert_eq!(screen.status, status, "{text}\n{screen}");
    }
}
