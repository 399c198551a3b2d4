// SPDX-License-Identifier: Apache-2.0
//! Private objects that are missing, damaged, planted or malformed.

use std::fs;
use std::path::PathBuf;

use repo_sync_testing::{Kind, object_id};

use crate::common::{Case, MANIFEST, PRIVATE, assert_at, has, manifest, start};

impl Case {
    /// Unpacks the private repository, so that each object is a file.
    pub(crate) fn loosen(&self) {
        self.repo().loosen();
    }

    pub(crate) fn loose(&self, id: &str) -> PathBuf {
        self.repo().path().join(".git/objects").join(&id[..2]).join(&id[2..])
    }

    pub(crate) fn remove(&self, id: &str) {
        fs::remove_file(self.loose(id)).expect("it was loosened");
    }

    /// Puts the bytes of one object under the id of another.
    pub(crate) fn plant(&self, bytes_of: &str, id: &str) {
        let bytes = fs::read(self.loose(bytes_of)).expect("it was loosened");
        self.overwrite(id, &bytes);
    }

    pub(crate) fn overwrite(&self, id: &str, bytes: &[u8]) {
        // Git makes them read-only.
        fs::remove_file(self.loose(id)).ok();
        fs::write(self.loose(id), bytes).expect("the scratch place is writable");
    }

    pub(crate) fn resolve(&self, rev: &str) -> String {
        self.repo().git(["rev-parse", rev])
    }

    /// No object of the mirror has private bytes, whatever its id.
    #[track_caller]
    pub(crate) fn nothing_private(&self) {
        let git = self.mirror.git();
        let all = git.bytes(["cat-file", "--batch-all-objects", "--batch"]);
        let found = all.windows(PRIVATE.len()).any(|window| window == PRIVATE.as_bytes());
        assert!(!found, "private words in the mirror");
    }
}

/// A published history with three more commits, not published and loose.
fn loose() -> Case {
    let mut case = Case::published(start(MANIFEST));
    case.extend(|history| {
        history
            .commit("first", |tree| tree.file("src/deep/one.rs", "// one\n"))
            .commit("second", |tree| tree.file("src/deep/two.rs", "// two\n"))
            .commit("third", |tree| tree.file("cloud/new.rs", "// new\n"))
    });
    case.loosen();
    case
}

#[test]
fn a_missing_commit() {
    for rev in ["main~1", "main~2", "main~4", "main~5"] {
        let case = loose();
        let id = case.resolve(rev);
        case.remove(&id);
        // What is remembered of published commits needs none of them.
        let _ = fs::remove_file(case.repo().path().join(".git/repo-sync/public/ledger"));
        case.refused(
            "object-missing",
            &[&format!("commit {id} is missing"), "git fetch --refetch"],
        );
    }
}

#[test]
fn a_missing_tree() {
    for (rev, path) in
        [("main~1:", None), ("main~1:src", Some("src")), ("main~1:src/deep", Some("src/deep"))]
    {
        let case = loose();
        let id = case.resolve(rev);
        case.remove(&id);
        let words = [&*format!("tree {id} is missing"), "git fetch --refetch"];
        case.refused_at("object-missing", Some("second"), path, &words);
    }
}

#[test]
fn a_missing_blob() {
    let case = loose();
    let id = case.resolve("main:src/deep/two.rs");
    case.remove(&id);
    let words = format!("blob {id} is missing");
    case.refused_at("object-missing", Some("second"), Some("src/deep/two.rs"), &[&words]);
}

#[test]
fn what_is_private_may_be_missing() {
    let case = loose();
    let gone =
        ["main:cloud/new.rs", "main:cloud/bill.rs", "main:cloud"].map(|rev| case.resolve(rev));
    for id in &gone {
        case.remove(id);
    }
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");

    // Whether a pattern matches something cannot be told of what is not there.
    let edited = MANIFEST.replace("README.md\"", "README.md\", \"**/generated\"");
    fs::write(case.env.join("sync.toml"), edited).expect("a scratch place");
    let report = case.ok(&["plan", "--to", "$MIRROR", "--manifest", "$ROOT/sync.toml"]);
    assert!(!has(&report["warnings"], "pattern-unmatched"), "{report}");
}

#[test]
fn an_object_under_another_id() {
    for (there, place) in [
        ("main", "main~1"),
        ("main^{tree}", "main~1^{tree}"),
        ("main~2:src", "main~1:src"),
        ("main:cloud", "main~1:src/deep"),
    ] {
        let case = loose();
        let (there, place) = (case.resolve(there), case.resolve(place));
        case.plant(&there, &place);
        case.refused("object-corrupt", &[&place, &format!("its bytes hash to {there}")]);
    }
}

/// The words of a private file, planted as a public one.
#[test]
fn a_private_blob_under_a_public_id() {
    for planted in ["main:cloud/bill.rs", "main:README.md", "main:src/deep/one.rs"] {
        let case = loose();
        let public = case.resolve("main:src/deep/two.rs");
        case.plant(&case.resolve(planted), &public);
        case.sync_refused("object-corrupt", &[&public, "git fsck"]);
        case.nothing_private();
        mends(&case, &public);
    }
}

/// A tree or a commit that an entry calls a file: copied as such, all that it says
/// would be public.
#[test]
fn an_object_of_another_type() {
    for private in ["main", "main:cloud", "main^{tree}"] {
        let mut case = loose();
        let id = case.resolve(private).parse().expect("git prints full ids");
        case.extend(|history| {
            history.commit("wrong type", |tree| tree.entry("src/list.rs", "100644", id))
        });
        let words = format!("{id} should be a blob, but is a");
        case.refused_at("object-type", Some("wrong type"), Some("src/list.rs"), &[&words]);
    }
    for (there, place) in
        [("main~3", "main:src/deep/two.rs"), ("main:README.md", "main~1:src/deep")]
    {
        let case = loose();
        let (there, place) = (case.resolve(there), case.resolve(place));
        case.plant(&there, &place);
        case.refused("object-type", &[&place, "should be a"]);
    }
}

#[test]
fn a_truncated_object() {
    for rev in ["main~1", "main~1^{tree}", "main~1:src/deep"] {
        for keep in [0, 5] {
            let case = loose();
            let id = case.resolve(rev);
            let bytes = fs::read(case.loose(&id)).expect("it was loosened");
            case.overwrite(&id, &bytes[..keep]);
            case.refused("object-corrupt", &[&id, "git fsck"]);
        }
    }
    for keep in [0, 5] {
        let case = loose();
        let id = case.resolve("main:src/deep/two.rs");
        let bytes = fs::read(case.loose(&id)).expect("it was loosened");
        case.overwrite(&id, &bytes[..keep]);
        case.sync_refused("object-corrupt", &[&id, "git fsck"]);
        mends(&case, &id);
    }
}

/// With the right object in its place again, the next run publishes.
#[track_caller]
fn mends(case: &Case, id: &str) {
    let bytes = b"// two\n";
    assert_eq!(object_id(Kind::Blob, bytes).to_string(), id);
    fs::remove_file(case.loose(id)).expect("it is there");
    case.repo().git_here().input(["hash-object", "-w", "--stdin"], bytes);
    assert_eq!(case.ok(&["sync", "--to", "$MIRROR"])["outcome"], "synced");
}

#[test]
fn a_damaged_pack() {
    let case = Case::new(start(MANIFEST));
    let packs = case.repo().path().join(".git/objects/pack");
    for entry in fs::read_dir(packs).expect("the history was stored as a pack") {
        let path = entry.expect("the scratch place is readable").path();
        if path.extension().is_some_and(|ext| ext == "pack") {
            let mut bytes = fs::read(&path).expect("the scratch place is readable");
            let end = bytes.len() - 20;
            for byte in &mut bytes[16..end] {
                *byte ^= 0x5a;
            }
            fs::remove_file(&path).expect("the scratch place is writable");
            fs::write(&path, bytes).expect("the scratch place is writable");
        }
    }
    case.refused("object-corrupt", &[&case.resolve("HEAD"), "git fsck"]);
}

#[test]
fn a_damaged_blob_in_a_pack() {
    let mut case = Case::published(start(MANIFEST));
    // Alone in its pack, and too long to hide.
    let noise = crate::machine::noise(4_000);
    let id = object_id(Kind::Blob, &noise).to_string();
    case.extend(|history| history.commit("noise", |tree| tree.file("src/noise.bin", &noise)));
    let pack_dir = case.repo().path().join(".git/objects/pack");
    for entry in fs::read_dir(pack_dir).expect("the history was stored as packs") {
        let path = entry.expect("the scratch place is readable").path();
        let mut bytes = fs::read(&path).expect("the scratch place is readable");
        if path.extension().is_some_and(|ext| ext == "pack") && bytes.len() > 4_000 {
            bytes[2_500] ^= 0x5a;
            fs::remove_file(&path).expect("the scratch place is writable");
            fs::write(&path, bytes).expect("the scratch place is writable");
        }
    }
    case.sync_refused("object-corrupt", &[&id, "git fsck"]);
}

#[test]
fn a_malformed_tree() {
    let blob = object_id(Kind::Blob, b"");
    let entry = |mode: &str, name: &str| {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", blob.as_bytes()].concat()
    };
    let rows: [(Vec<u8>, &str); 8] = [
        ([entry("100644", "a"), entry("100644", "a")].concat(), "entry `a` is there twice"),
        ([entry("100644", "b"), entry("100644", "a")].concat(), "entry `a` is out of order"),
        (entry("100644", ".."), "entry `..` would leave its directory"),
        (entry("100644", "."), "entry `.` would leave its directory"),
        (entry("100644", ".git"), "would write into `.git`"),
        (entry("100644", "a/../../b"), "has a slash in its name"),
        (entry("100644", ""), "has an empty name"),
        (b"100644 cut off".to_vec(), "entry `cut off` is cut off"),
    ];
    for (tree, word) in rows {
        for dir in ["src/bad", "src"] {
            let mut case = Case::published(start(MANIFEST));
            case.extend(|history| {
                history.commit("bad tree", |base| base.delete("src").raw_dir(dir, &tree))
            });
            case.refused_at("malformed-tree", Some("bad tree"), Some(dir), &[word, "git fsck"]);
        }
    }
}

#[test]
fn a_malformed_root_tree() {
    let mut case = Case::published(start(MANIFEST));
    let manifest = object_id(Kind::Blob, MANIFEST.as_bytes());
    let entry = |name: &str| [b"100644 ", name.as_bytes(), b"\0", manifest.as_bytes()].concat();
    let root = [entry("sync.toml"), entry("README.md"), entry("README.md")].concat();
    let parent = case.repo().id("main");
    case.extend(|mut history| {
        let tree = history.object(Kind::Tree, root);
        let text = format!("tree {tree}\nparent {parent}\n{WHO}\nbad\n");
        let commit = history.object(Kind::Commit, text);
        history.any_ref("refs/heads/main", commit)
    });
    case.refused_at("malformed-tree", Some("main"), None, &["git fsck"]);
}

#[test]
fn a_malformed_commit() {
    let rows: [(&str, &str); 6] = [
        ("TREE\nPARENT\ncommitter A <a@b> 1 +0000\n\nno author\n", "`author`"),
        ("TREE\nPARENT\nauthor A <a@b> 1 +0000\n\nno committer\n", "`committer`"),
        ("TREE\nPARENT\nWHO\nhidden\0behind a NUL\n", "NUL"),
        ("TREE\nPARENT\nauthor A <a@b> 1 +0000\nWHO\ntwo authors\n", "`committer`"),
        ("TREE\nPARENT\nWHOTREE\n\ntwo trees\n", "`tree`"),
        ("PARENT\nWHO\nno tree\n", "`tree`"),
    ];
    for (text, word) in rows {
        let mut case = Case::published(start(MANIFEST));
        // Something public changes, so that the commit would be published.
        case.extend(|history| history.commit("public", |tree| tree.file("src/new.rs", "")));
        let text = text
            .replace("TREE", &format!("tree {}", case.resolve("main^{tree}")))
            .replace("PARENT", &format!("parent {}", case.resolve("main~1")))
            .replace("WHO", WHO);
        let id = object_id(Kind::Commit, text.as_bytes()).to_string();
        case.extend(|mut history| {
            history.object(Kind::Commit, text);
            history
        });
        // Git itself would not point a ref at some of these.
        fs::write(case.repo().path().join(".git/refs/heads/main"), format!("{id}\n"))
            .expect("the scratch place is writable");
        let report = case.refused("malformed-commit", &[word, "git fsck"]);
        assert_at(&report, "malformed-commit", Some(&id), None);
    }
}

const WHO: &str = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n";

#[test]
fn a_path_collision_by_moves() {
    let text = manifest("[[move]]\nfrom = \"src/public\"\nto = \"src\"\n");
    let history = start(&text).commit("collide", |tree| {
        tree.file("src/public/lib.rs", "// other\n").file("src/public/fine.rs", "")
    });
    let case = Case::new(history);
    let words = ["`src/lib.rs` would stand on the same public path"];
    case.refused_at("path-collision", Some("collide"), Some("src/public/lib.rs"), &words);
}
