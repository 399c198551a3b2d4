// SPDX-License-Identifier: Apache-2.0
//! Every way out for private material, on histories that differ each time: none is
//! published.
//!
//! A run of `cargo test` takes two histories for each way. In full:
//!
//! ```text
//! REPO_SYNC_SEEDS=50 cargo test -p repo-sync --test bad_input mutations -- --nocapture
//! ```

use std::collections::BTreeMap;

use fastrand::Rng;
use repo_sync_testing::{CommitText, History, TagText, Tree};

use crate::common::{Case, has, json};

const MANIFEST: &str = "version = 1\ninclude = [\"src\", \"docs\", \"*.toml\", \"*.lock\", \".gitmodules\"]\n\
                        exclude = [\"docs/internal\"]\nprivate = [\"secrets\"]\n\
                        [check]\nterms = [\"Bluebird\"]\n\
                        [identity]\nmode = \"allow-domains\"\ndomains = [\"example.com\"]\n\
                        [mirror.public]\nbranches = [\"main\", \"release/*\"]\ntags = [\"v*\"]\n";

/// Some lines of code that look like nothing else.
fn lines(rng: &mut Rng) -> String {
    let line = |rng: &mut Rng| {
        let word = |rng: &mut Rng| (0..9).map(|_| rng.lowercase()).collect::<String>();
        format!("let {} = {}({});\n", word(rng), word(rng), rng.u16(..))
    };
    (0..rng.usize(6..20)).map(|_| line(rng)).collect()
}

fn name(rng: &mut Rng, dir: &str) -> String {
    let letters: String = (0..6).map(|_| rng.lowercase()).collect();
    let deeper = if rng.bool() { "deep/" } else { "" };
    format!("{dir}/{deeper}{letters}.rs")
}

/// A few commits on both sides, with a merge now and then.
fn base(rng: &mut Rng) -> History {
    let mut history = History::new().commit("start", |tree| {
        tree.file("sync.toml", MANIFEST)
            .file("src/lib.rs", "pub mod a;\n")
            .file("docs/tour.md", "# A tour\n")
            .file("cloud/billing/Cargo.toml", "[package]\nname = \"acme-billing\"\n")
            .file("cloud/billing/src/invoice.rs", lines(rng))
            .file("secrets/plan.txt", lines(rng))
    });
    for number in 0..rng.usize(1..6) {
        let dir = ["src", "docs", "cloud/billing", "secrets"][rng.usize(..4)];
        let (path, text) = (name(rng, dir), lines(rng));
        history = history.commit(format!("change {number}"), |tree| tree.file(path, text));
        if rng.u8(..4) == 0 {
            let (path, text) = (name(rng, "src"), lines(rng));
            let topic = format!("topic-{number}");
            history = history
                .on(&topic)
                .commit(format!("topic {number}"), |tree| tree.file(path, text))
                .on("main")
                .merge(format!("join {number}"), [&*topic], |tree| tree)
                .delete_branch(&topic);
        }
    }
    history
}

/// A commit with one more public file.
fn file(rng: &mut Rng, history: History, text: impl Into<Vec<u8>>) -> History {
    let (path, text) = (name(rng, "src"), text.into());
    history.commit("change", |tree| tree.file(path, text))
}

fn said(rng: &mut Rng, history: History, text: CommitText) -> History {
    let (path, code) = (name(rng, "src"), lines(rng));
    history.commit(text, |tree| tree.file(path, code))
}

fn edit(history: History, edit: impl FnOnce(Tree) -> Tree) -> History {
    history.commit("change", edit)
}

/// A token of a form that a service gives out, made here so that no file holds one.
fn token(rng: &mut Rng) -> String {
    let body: String = (0..36).map(|_| rng.alphanumeric()).collect();
    ["gh", "p_", &body].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The tip's private file, whatever it is called.
const INVOICE: &str = "cloud/billing/src/invoice.rs";

type Mutation = (&'static str, &'static str, fn(&mut Rng, History) -> History);

/// What happens, which check finds it, and how it is done.
const MUTATIONS: &[Mutation] = &[
    ("a commit's own manifest shows the floor", "path-denied", |rng, history| {
        let loose = MANIFEST
            .replace("private = [\"secrets\"]", "")
            .replace("\"src\"", "\"src\", \"secrets\"");
        let text = lines(rng);
        edit(history, |tree| tree.file("sync.toml", loose).file("secrets/plan.txt", text))
            .commit("tighten", |tree| tree.file("sync.toml", MANIFEST).delete("secrets"))
    }),
    ("a commit's own manifest shows more than the tip's", "path-narrowed", |rng, history| {
        let loose = MANIFEST.replace("exclude = [\"docs/internal\"]", "");
        let path = name(rng, "docs/internal");
        let text = lines(rng);
        edit(history, |tree| tree.file("sync.toml", loose).file(path, text))
            .commit("tighten", |tree| tree.file("sync.toml", MANIFEST).delete("docs/internal"))
    }),
    ("the floor in other letters", "path-alias", |rng, history| {
        let spelt = ["Cloud", "CLOUD", "cloud.", "cloud ", "cl\u{200c}oud", "CLOUD~1", "SECRETS"];
        let path = format!("{}/{}.rs", spelt[rng.usize(..spelt.len())], rng.lowercase());
        file_at(rng, history, path)
    }),
    ("a name that some systems take for its sibling's", "path-collision", |rng, history| {
        let (a, b) = [("Name", "name"), ("caf\u{e9}", "cafe\u{301}"), ("a", "a.")][rng.usize(..3)];
        let text = lines(rng);
        edit(history, |tree| tree.file(format!("src/{a}"), "//\n").file(format!("src/{b}"), text))
    }),
    ("a private file is renamed", "moved-from-private", |rng, history| {
        let path = name(rng, "src");
        edit(history, |tree| tree.rename(INVOICE, path))
    }),
    ("a private file of long ago is brought back", "moved-from-private", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        let old = name(rng, "cloud");
        let same = text.clone();
        edit(history, |tree| tree.file(old.clone(), text))
            .commit("gone", |tree| tree.delete(old))
            .commit("back", |tree| tree.file(path, same))
    }),
    ("a link to a private directory", "symlink-private", |rng, history| {
        let target = ["../cloud/billing", "../cloud/billing/src/invoice.rs", "../secrets"];
        let target = target[rng.usize(..target.len())];
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a link by way of a link", "symlink-private", |_, history| {
        edit(history, |tree| {
            tree.symlink("src/one", "two").symlink("src/two", "../secrets/plan.txt")
        })
    }),
    ("a link out of the repository", "symlink-escape", |rng, history| {
        let target = ["/etc/passwd", "../../elsewhere", "C:\\Users", "../../../x"][rng.usize(..4)];
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a submodule", "submodule", |rng, history| {
        let id = repo_sync_shared::ObjectId::from_bytes(std::array::from_fn(|_| rng.u8(..)));
        edit(history, |tree| tree.gitlink("src/module", id))
    }),
    ("a submodule that is the private repository", "submodule", |_, history| {
        let id = history.find("main");
        edit(history, |tree| tree.gitlink("src/module", id))
    }),
    ("a .gitmodules that runs a command", "submodule", |_, history| {
        let text = "[submodule \"x\"]\n\tpath = src/x\n\turl = -u./payload\n";
        edit(history, |tree| tree.file(".gitmodules", text))
    }),
    ("the pointer of a large file", "lfs-pointer", |rng, history| {
        let oid: String =
            (0..64).map(|_| char::from(b"0123456789abcdef"[rng.usize(..16)])).collect();
        let text =
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 9\n");
        file(rng, history, text)
    }),
    ("ciphertext", "encrypted-file", |rng, history| {
        let start: [&[u8]; 3] =
            [b"\0GITCRYPT\0abc", b"age-encryption.org/v1\n->", b"$ANSIBLE_VAULT;1.1;AES256\n"];
        let start = start[rng.usize(..3)];
        file(rng, history, start)
    }),
    ("a private path in a file", "private-reference", |rng, history| {
        let text = format!("{}// see {INVOICE}\n", lines(rng));
        file(rng, history, text)
    }),
    ("a private path, seen from the file", "private-reference", |rng, history| {
        let text = "include_str!(\"../cloud/billing/src/invoice.rs\");\n";
        let _ = rng;
        edit(history, |tree| tree.file("src/include.rs", text))
    }),
    ("a private path in a message", "private-reference", |rng, history| {
        said(rng, history, format!("fix {INVOICE}").into())
    }),
    ("a term of one's own, in any case", "private-reference", |rng, history| {
        let text = format!(
            "{}// the {} team\n",
            lines(rng),
            ["Bluebird", "BLUEBIRD", "bluebird"][rng.usize(..3)]
        );
        file(rng, history, text)
    }),
    ("a term in the message of a tag", "private-reference", |rng, history| {
        file(rng, history, "//\n").annotate("v9", "main", "the Bluebird release")
    }),
    ("a term in the name of a tag", "private-reference", |rng, history| {
        file(rng, history, "//\n").tag("v9-bluebird")
    }),
    ("a dependency on a private package", "private-dependency", |_, history| {
        let text = "[package]\nname = \"w\"\n[dependencies]\nacme-billing = \"1\"\n";
        edit(history, |tree| tree.file("src/Cargo.toml", text))
    }),
    ("a lock file that names a private package", "private-dependency", |_, history| {
        edit(history, |tree| tree.file("Cargo.lock", "[[package]]\nname = \"acme-billing\"\n"))
    }),
    ("a member of the workspace that is private", "private-dependency", |_, history| {
        let text = "[workspace]\nmembers = [\"src\", \"cloud/billing\"]\n";
        edit(history, |tree| tree.file("Cargo.toml", text))
    }),
    ("the id of a private commit in a message", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let id = history.find("hide").to_string();
        let digits = [7, 10, 12, 40][rng.usize(..4)];
        said(rng, history, CommitText::raw("quote", format!("as in {}\n", &id[..digits])))
    }),
    ("the id of a private commit in a file", "private-id", |rng, history| {
        let history = history.commit("hide", |tree| tree.file("cloud/x.rs", "x\n"));
        let id = history.find("hide");
        file(rng, history, format!("{id}\n"))
    }),
    ("an author of another domain", "identity", |rng, history| {
        let who = "A U Thor <me@build7.internal> 1700000000 +0000";
        said(rng, history, CommitText::from("change").author(who))
    }),
    ("a trailer of another domain", "identity", |rng, history| {
        let text = "change\n\nbody\n\nCo-authored-by: A U Thor <me@build7.internal>\n";
        said(rng, history, CommitText::raw("change", text))
    }),
    ("a secret in a file", "secret", |rng, history| {
        let text = format!("{}const T: &str = \"{}\";\n", lines(rng), token(rng));
        file(rng, history, text)
    }),
    ("a secret in UTF-16", "secret", |rng, history| {
        let text = utf16(&format!("a line\ntoken={}\n", token(rng)));
        file(rng, history, text)
    }),
    ("a secret in hex", "secret", |rng, history| {
        let text = format!("blob: {}\n", hex(&format!("token={} end", token(rng))));
        file(rng, history, text)
    }),
    ("a secret among NULs", "secret", |rng, history| {
        let text =
            [b"\0\x01\x02", format!(" {} ", token(rng)).as_bytes(), b"\0\xff\xfe\0"].concat();
        file(rng, history, text)
    }),
    ("a secret in a message", "secret", |rng, history| {
        let text = format!("use {}", token(rng));
        said(rng, history, text.into())
    }),
    ("a secret that only a merge adds", "secret", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        let secret = format!("T={}\n", token(rng));
        history
            .on("side")
            .commit("side", |tree| tree.file(path, text))
            .on("main")
            .merge("join", ["side"], |tree| tree.file("src/env", secret))
            .delete_branch("side")
    }),
    ("a secret that was taken out again", "secret", |rng, history| {
        let secret = format!("T={}\n", token(rng));
        edit(history, |tree| tree.file("src/env", secret))
            .commit("oops", |tree| tree.file("src/env", "T=\n"))
    }),
    ("a secret in the target of a link", "secret", |rng, history| {
        let target = token(rng);
        edit(history, |tree| tree.symlink("src/link", target))
    }),
    ("a header that says it is for nobody", "licence-header", |rng, history| {
        let text = format!("// Copyright Acme. Proprietary and confidential.\n{}", lines(rng));
        file(rng, history, text)
    }),
    ("one of our markers", "left-marker", |rng, history| {
        let marker = ["// repo-sync", ": private\n"].concat();
        let text = marker + &lines(rng);
        file(rng, history, text)
    }),
    ("a charset that nobody reads", "encoding", |rng, history| {
        said(rng, history, CommitText::from("change").header("encoding", "UTF-7"))
    }),
    ("a mode of long ago", "legacy-mode", |rng, history| {
        let mode = ["100664", "100600", "100640"][rng.usize(..3)];
        edit(history, |tree| tree.blob("src/old", mode, "old\n"))
    }),
    ("a commit without a manifest", "manifest-missing", |_, history| {
        let text = MANIFEST;
        edit(history, |tree| tree.delete("sync.toml").file("src/a", "a\n"))
            .commit("back", |tree| tree.file("sync.toml", text))
    }),
    ("a commit whose manifest does not read", "manifest-invalid", |_, history| {
        edit(history, |tree| tree.file("sync.toml", "version = ").file("src/a", "a\n"))
            .commit("back", |tree| tree.file("sync.toml", MANIFEST))
    }),
    ("a root of nowhere", "new-root", |rng, history| {
        let (path, text) = (name(rng, "src"), lines(rng));
        history
            .orphan("other")
            .commit("other", |tree| tree.file("sync.toml", MANIFEST).file(path, text))
            .on("main")
            .merge("join", ["other"], |tree| tree)
            .delete_branch("other")
    }),
    ("a tag of a tag", "tag-target", |rng, history| {
        file(rng, history, "//\n").annotate("v8", "main", TagText::raw("one\n")).annotate(
            "v9",
            "v8",
            TagText::raw("two\n"),
        )
    }),
];

fn file_at(rng: &mut Rng, history: History, path: String) -> History {
    let text = lines(rng);
    edit(history, |tree| tree.file(path, text))
}

/// Each one is refused by the check that is there for it, and the mirror keeps its
/// refs and its objects.
#[test]
fn no_way_out_is_open() {
    let seeds = std::env::var("REPO_SYNC_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let seeds: u64 = seeds.unwrap_or(2);
    let mut open = BTreeMap::<&str, Vec<String>>::new();
    for &(what, check, mutate) in MUTATIONS {
        for seed in 0..seeds {
            let rng = &mut Rng::with_seed(seed);
            let mut case = Case::published(base(rng));
            case.extend(|history| mutate(rng, history));
            let before = case.state();
            let screen = case.run(&["sync", "--to", "$MIRROR", "--format", "json"]);
            let report = if screen.status == 3 { json(&screen) } else { serde_json::Value::Null };
            if case.state() != before || !has(&report["refusals"], check) {
                open.entry(what).or_default().push(format!("seed {seed}, `{check}`:\n{screen}"));
            }
        }
    }
    assert!(open.is_empty(), "of {} ways, {} are open: {open:#?}", MUTATIONS.len(), open.len());
}
