// SPDX-License-Identifier: Apache-2.0
//! `path-alias`, `path-collision` and `legacy-mode`.

use crate::common::{MANIFEST, refused};

const FLOOR: &str = "version = 1\ninclude = [\"src\", \"*.*\"]\n\
                     private = [\"ops/keys\", \"**/*.key\", \"src/Inner\"]\n[mirror.public]\n";

/// What is found of a private repository with one more file.
#[track_caller]
fn check(path: &str, alias: Option<&str>) {
    let found = refused(FLOOR, |history| history.commit("more", |tree| tree.file(path, "words\n")));
    let expected = alias.map(|alias| format!("path-alias {alias}"));
    assert_eq!(found, Vec::from_iter(expected), "{path}");
}

#[test]
fn a_path_that_meets_the_floor_only_by_another_spelling() {
    check("Cloud/x", Some("Cloud"));
    check("CLOUD", Some("CLOUD"));
    check("cl\u{200c}oud/x", Some(r"cl\u{200c}oud"));
    check("cloud./x", Some("cloud."));
    check("CLOUD~1/x", Some("CLOUD~1"));
    check("SYNC~1.TOM", Some("SYNC~1.TOM"));
    check("Sync.Toml", Some("Sync.Toml"));
    check("cloud\\x", Some("cloud\\\\x"));
    check("ops\\keys\\x", Some("ops\\\\keys\\\\x"));
    check("OPS/keys", Some("OPS/keys"));
    check("Ops\\keys", Some("Ops\\\\keys"));
    check("src/a/b.KEY", Some("src/a/b.KEY"));
    check("src/inner/x", Some("src/inner"));
    // Nothing at all is public there, and yet somebody looks.
    check("ops/Keys/x", Some("ops/Keys"));
    check("ops/KEYS~1/x", Some("ops/KEYS~1"));
    check("ops/sub/a.KEY", Some("ops/sub/a.KEY"));
    check("vendor/deep/down/b.Key", Some("vendor/deep/down/b.Key"));
}

#[test]
fn a_path_that_is_spelt_as_the_floor_or_is_another() {
    for path in [
        "cloud/Cloud",
        "cloudy/x",
        "src/Cloud/x",
        "src/CLOUD~1",
        "README.rst",
        "Ops/other",
        "Ops\\more/x",
        "ops/other/keys",
        "ops/keys/Keys",
        "cloud/x/a.KEY",
        "src/a/b.key",
        "src/Inner/x",
        "a~1",
        "CLOUDS~1",
        "src/x\\y",
        "\u{441}loud/x",
    ] {
        check(path, None);
    }
}

/// An exact entry of the newest manifest settles what the path is.
#[test]
fn an_exact_entry_settles_an_alias() {
    let alias = |history: repo_sync_testing::History| {
        history.commit("alias", |tree| tree.file("Cloud/x", "").file("src/CLOUD~1/x", ""))
    };
    let with = |lists: &str| format!("version = 1\ninclude = [\"src\"]\n{lists}[mirror.public]\n");
    assert_eq!(refused(&with(""), alias), ["path-alias Cloud"]);
    assert_eq!(refused(&with("exclude = [\"Cloud\"]\n"), alias), [""; 0]);
    assert_eq!(refused(&with("private = [\"Cloud\"]\n"), alias), [""; 0]);
    assert_eq!(refused(&with("exclude = [\"CLOUD\"]\n"), alias), ["path-alias Cloud"]);
}

/// Equal directories are filtered once, and yet each of them is told of.
#[test]
fn an_alias_in_two_equal_places() {
    let manifest = "version = 1\ninclude = [\"src\"]\nprivate = [\"**/ops\"]\n[mirror.public]\n";
    let found = refused(manifest, |history| {
        history.commit("twins", |tree| tree.file("src/a/Ops/x", "").file("src/b/Ops/x", ""))
    });
    assert_eq!(found, ["path-alias src/a/Ops", "path-alias src/b/Ops"]);
}

#[test]
fn an_alias_below_a_move() {
    let manifest = "version = 1\ninclude = [\"pub\"]\nprivate = [\"pub/a/ops\"]\n[mirror.public]\n\
                    [[move]]\nfrom = \"pub/a\"\nto = \"a\"\n";
    let found = refused(manifest, |history| {
        history.commit("alias", |tree| tree.file("pub/a/OPS/x", "").file("pub/a/y", ""))
    });
    assert_eq!(found, ["path-alias pub/a/OPS"]);
}

/// One that is gone again is still one: its commit is new to the mirror.
#[test]
fn an_alias_of_an_older_commit() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("alias", |tree| tree.file("Cloud/x", ""))
            .commit("gone", |tree| tree.delete("Cloud").file("src/a", ""))
    });
    assert_eq!(found, ["path-alias Cloud"]);
}

#[test]
fn a_name_that_shows_itself_as_another() {
    let found = refused(MANIFEST, |history| {
        history.commit("names", |tree| {
            tree.file("src/a\u{202e}sr.exe", "")
                .file("src/\u{2066}dir/x", "")
                .file("cloud/a\u{202e}sr.exe", "")
                .file("src/\u{5d0}\u{5d1}.txt", "")
        })
    });
    assert_eq!(found, [r"path-alias src/\u{2066}dir", r"path-alias src/a\u{202e}sr.exe"]);
}

#[test]
fn siblings_that_differ_by_folding() {
    for (one, other, found) in [
        ("src/A", "src/a", Some("src/a")),
        ("src/dir/x", "src/Dir/y", Some("src/dir")),
        ("src/cafe\u{301}", "src/caf\u{e9}", Some("src/caf\u{e9}")),
        ("src/a.", "src/a", Some("src/a.")),
        ("src/stra\u{df}e", "src/STRASSE", Some("src/stra\u{df}e")),
        ("src/a/x", "src/b/X", None),
        ("src/a", "src/b", None),
        ("src/X", "cloud/x", None),
        ("src/\u{e9}", "src/e", None),
    ] {
        let refused = refused(MANIFEST, |history| {
            history.commit("twins", |tree| tree.file(one, "1\n").file(other, "2\n"))
        });
        let expected = found.map(|path| format!("path-collision {path}"));
        assert_eq!(refused, Vec::from_iter(expected), "{one} {other}");
    }
}

/// Each pair is told of once, where it comes to be, whatever happens beside it.
#[test]
fn a_collision_is_told_of_where_it_is_new() {
    let found = refused(MANIFEST, |history| {
        history
            .commit("one", |tree| tree.file("src/A", "1\n"))
            .commit("two", |tree| tree.file("src/a", "2\n"))
            .commit("three", |tree| tree.file("src/b", "3\n"))
            .branch("side", "two")
            .commit("four", |tree| tree.file("src/a", "4\n"))
            .on("main")
            .merge("merge", ["side"], |tree| tree)
    });
    assert_eq!(found, ["path-collision src/a"]);
    let off = format!("{MANIFEST}[guard]\npath-collision = \"off\"\n");
    let found = refused(&off, |history| {
        history.commit("twins", |tree| tree.file("src/A", "").file("src/a", ""))
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn modes_that_git_does_not_write_today() {
    for mode in ["100664", "100600", "100777", "0100644", "0120000"] {
        let found = refused(MANIFEST, |history| {
            history.commit("mode", |tree| {
                tree.blob("src/odd", mode, "lib.rs").blob("cloud/odd", mode, "lib.rs")
            })
        });
        assert_eq!(found, ["legacy-mode src/odd"], "{mode}");
    }
    for mode in ["100644", "100755", "120000"] {
        let found = refused(MANIFEST, |history| {
            history.commit("mode", |tree| tree.blob("src/fine", mode, "lib.rs"))
        });
        assert_eq!(found, [""; 0], "{mode}");
    }
}

#[test]
fn a_directory_of_an_old_mode() {
    let empty = repo_sync_shared::ObjectId::EMPTY_TREE;
    let found = refused(MANIFEST, |history| {
        history.commit("mode", |tree| {
            tree.empty_dir("src/new").entry("src/old", "040000", empty).file("src/z", "")
        })
    });
    assert_eq!(found, ["legacy-mode src/old"]);
}
