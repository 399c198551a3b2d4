// SPDX-License-Identifier: Apache-2.0
//! Trees and files that somebody made to hurt whoever reads them.

use repo_sync_shared::ObjectId;
use repo_sync_testing::{CommitText, History, Kind, Tree, object_id};

use super::{Mutation, edit, file, file_at, gzip, name, pick, said};

/// The entries of a tree as it stands in the repository, one after the other.
fn raw(entries: &[(&str, &str)]) -> Vec<u8> {
    let entry = |&(mode, name): &(&str, &str)| {
        let id = if mode == "40000" { ObjectId::EMPTY_TREE } else { object_id(Kind::Blob, b"") };
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", id.as_bytes()].concat()
    };
    entries.iter().flat_map(entry).collect()
}

/// A directory of these entries somewhere in `src`.
fn put(rng: &mut fastrand::Rng, history: History, entries: &[(&str, &str)]) -> History {
    let dir = name(rng, "src");
    edit(history, |tree: Tree| {
        tree.file("src/empty", "").empty_dir("src/none").raw_dir(dir, raw(entries))
    })
}

/// What happens, which check finds it, and how it is done.
pub(super) const MUTATIONS: &[Mutation] = &[
    ("a name that some system takes for git's own", "malformed-tree", |rng, history| {
        let names = [".git", ".GIT", "git~1", ".git.", ".git ", ".git::$INDEX", ".g\u{200c}it"];
        let path = format!("src/{}/config", pick(rng, &names));
        file_at(rng, history, path)
    }),
    ("a name that leads elsewhere", "malformed-tree", |rng, history| {
        let names = [".", "..", "", "a/b", "../cloud", "cloud/billing"];
        let name = pick(rng, &names);
        put(rng, history, &[("100644", name)])
    }),
    ("a name that is there twice", "malformed-tree", |rng, history| {
        let rows: [&[(&str, &str)]; 4] = [
            &[("100644", "a"), ("100644", "a")],
            &[("100644", "a"), ("40000", "a")],
            &[("100644", "a"), ("100644", "a.b"), ("40000", "a")],
            &[("100644", "a"), ("100644", "a-"), ("100644", "a-b"), ("40000", "a")],
        ];
        let entries = pick(rng, &rows);
        put(rng, history, entries)
    }),
    ("names out of order", "malformed-tree", |rng, history| {
        let rows: [&[(&str, &str)]; 2] =
            [&[("100644", "b"), ("100644", "a")], &[("40000", "a"), ("100644", "a.b")]];
        let entries = pick(rng, &rows);
        put(rng, history, entries)
    }),
    ("a mode that says nothing", "malformed-tree", |rng, history| {
        let modes = ["0", "", "644", "060000", "140000", "1006x4", "777777777777777777777"];
        let mode = pick(rng, &modes);
        put(rng, history, &[(mode, "a")])
    }),
    ("a tree that is cut off", "malformed-tree", |rng, history| {
        let mut tree = raw(&[("100644", "a"), ("100644", "b")]);
        tree.truncate(rng.usize(1..tree.len() / 2) + tree.len() / 2);
        let dir = name(rng, "src");
        edit(history, |start| start.raw_dir(dir, tree))
    }),
    ("an entry that names nothing", "malformed-tree", |rng, history| {
        let path = name(rng, "src");
        let mode = pick(rng, &["100644", "40000", "120000", "160000"]);
        edit(history, |tree| tree.entry(path, mode, ObjectId::NULL))
    }),
    ("a name longer than any path", "malformed-tree", |rng, history| {
        let long = "n".repeat(rng.usize(4_097..20_000));
        file_at(rng, history, format!("src/{long}"))
    }),
    ("more directories than anybody opens", "tree-depth", |rng, history| {
        let path = ["src", &*"/d".repeat(rng.usize(2_060..3_000)), "/x"].concat();
        file_at(rng, history, path)
    }),
    ("an object of another type", "object-type", |rng, history| {
        let blob = object_id(Kind::Blob, b"words\n");
        let (mode, id) = match rng.usize(..3) {
            0 => ("100644", history.find("main")),
            1 => ("40000", history.find("main")),
            _ => ("40000", blob),
        };
        let path = name(rng, "src");
        edit(history, |tree| tree.file("src/words", "words\n").entry(path, mode, id))
    }),
    ("a mode of long ago", "legacy-mode", |rng, history| {
        let modes = ["100664", "100600", "100640", "100777", "0100644", "0120000"];
        let mode = pick(rng, &modes);
        edit(history, |tree| tree.blob("src/old", mode, "lib.rs"))
    }),
    ("a directory of an old mode", "legacy-mode", |rng, history| {
        let tree = raw(&[("100644", "a")]);
        let id = object_id(Kind::Tree, &tree);
        let mode = pick(rng, &["040000", "40755", "0040000"]);
        edit(history, |start| {
            start.file("src/empty", "").raw_dir("docs/fine", tree).entry("src/old", mode, id)
        })
    }),
    ("a name that shows itself as another", "path-alias", |rng, history| {
        let mark = pick(rng, &['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}']);
        file_at(rng, history, format!("src/a{mark}txt.exe"))
    }),
    ("a file of git that is no file", "malformed-tree", |rng, history| {
        let names = [".gitmodules", ".GitModules", "GITMOD~1", ".git\u{200c}modules", "gi7eba~1"];
        let path = format!("src/{}", pick(rng, &names));
        match rng.bool() {
            true => edit(history, |tree| tree.symlink(path, "lib.rs")),
            false => edit(history, |tree| tree.file(format!("{path}/x"), "")),
        }
    }),
    ("a .gitmodules that does something", "submodule", |rng, history| {
        let lines = [
            "url = -u./payload",
            "url = ext::sh -c payload",
            "url = file:///srv/private",
            "url = \"https://x/\\nhost=y\"",
            "update = !payload",
            "path = -x",
        ];
        let line = pick(rng, &lines);
        let text = format!("[submodule \"x\"]\n\t{line}\n");
        edit(history, |tree| tree.file(".gitmodules", text))
    }),
    ("a charset that nobody reads", "encoding", |rng, history| {
        let charsets = ["UTF-7", "UTF-16", "UTF-32", "ISO-2022-JP", "klingon", "IBM037", ""];
        let charset = pick(rng, &charsets);
        said(rng, history, CommitText::from("change").header("encoding", charset))
    }),
    ("a message that is not in its charset", "encoding", |rng, history| {
        let text = CommitText::raw("wrong", b"gr\xfc\xdfe\n".to_vec());
        said(rng, history, text.header("encoding", "UTF-8"))
    }),
    ("a file that inflates without end", "unscanned-blob", |rng, history| {
        let bomb = gzip(&vec![b' '; rng.usize((32 << 20) + 1..(48 << 20))]);
        let bomb = if rng.bool() { gzip(&bomb) } else { bomb };
        file(rng, history, bomb)
    }),
];
