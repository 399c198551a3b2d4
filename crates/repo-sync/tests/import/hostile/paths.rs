// SPDX-License-Identifier: Apache-2.0
//! Paths that are not for the public, in all their spellings, and links that lead there.

use repo_sync_testing::{History, Kind, object_id};

use super::{case, refused_edits, refused_paths};
use crate::common::Case;

#[test]
fn what_the_manifest_does_not_publish_stays_out() {
    let paths = [
        "cloud/bill.rs",
        "cloud/new.rs",
        "cloud",
        "Cloud/bill.rs",
        "CLOUD~1/bill.rs",
        "clo\u{200c}ud/bill.rs",
        "secrets/token",
        "docs/internal/plan.md",
        "docs/INTERNAL/new.md",
        "docs/int\u{200d}ernal/new.md",
        "src/new.key",
        "src/NEW.KEY",
        "attic/new.rs",
        "sync.toml",
        "sync.lock",
        // What comes from there is published elsewhere.
        "docs/public/new.md",
        "docs/public",
        "guide/x.key",
    ];
    refused_paths(&case(), "import-path", paths);
}

/// Where everything is public but the floor, only the floor is between.
#[test]
fn the_floor_is_wide() {
    let manifest = "version = 1\ninclude = [\"**\"]\nprivate = [\"caf\u{e9}\"]\n[mirror.public]\n";
    let case = Case::new(
        History::new()
            .commit("start", |tree| {
                tree.file("sync.toml", manifest).file("src/lib.rs", "").file("cloud/bill.rs", "")
            })
            .commit("a secret place", |tree| tree.file("caf\u{e9}/menu", "")),
    );
    let paths: [&[u8]; 14] = [
        b"cloud/bill.rs",
        b"cloud",
        b"CLOUD/bill.rs",
        b"Cloud",
        b"cloud./bill.rs",
        b"cloud /bill.rs",
        b"clo\xe2\x80\x8cud/bill.rs",
        b"\xef\xbb\xbfcloud/bill.rs",
        b"cafe\xcc\x81/menu",
        b"CAF\xc3\x89/menu",
        b"sync.toml",
        b"SYNC.toml",
        b"sync.lock",
        b"Sync.Lock",
    ];
    refused_paths(&case, "import-path", paths);
    // The floor does not hold these, and yet some system takes them for it.
    for path in ["CLOUD~1", "cloud\\bill.rs", "SYNC~1.TOM"] {
        case.pull_edit(|tree| tree.file(path, ""));
        case.refused("path-alias", Some(path.as_bytes()), &[]);
    }
    // Any of those as a link or as a submodule.
    let submodule = object_id(Kind::Commit, b"of another repository");
    for path in [&b"cloud"[..], b"Cloud", b"cloud/link"] {
        case.pull_edit(|tree| tree.symlink(path, "src"));
        case.refused("import-path", Some(path), &[]);
        case.pull_edit(|tree| tree.gitlink(path, submodule));
        case.refused("import-path", Some(path), &["--allow", "**"]);
    }
}

/// What is private stands in the way: it is neither overwritten nor shadowed.
#[test]
fn private_files_are_not_in_the_way_of_anybody() {
    refused_edits(
        &case(),
        "import-path",
        &[
            // A file where a directory of private files is, and the reverse.
            ("src/gen", |tree| tree.file("src/gen", "")),
            ("tools/plan", |tree| tree.file("tools/plan/mod.rs", "")),
            // A link there, and one in the place of a directory that is public in part.
            ("src/gen", |tree| tree.symlink("src/gen", "deep")),
            ("src/deep", |tree| tree.delete("src/deep").symlink("src/deep", "../docs")),
            ("src/deep", |tree| tree.delete("src/deep").file("src/deep", "// flat\n")),
            // What another system cannot tell from what is there.
            ("src/Gen", |tree| tree.file("src/Gen/mod.rs", "")),
            ("src/GEN", |tree| tree.symlink("src/GEN", "lib.rs")),
            ("src/LIB.rs", |tree| tree.file("src/LIB.rs", "// shouted\n")),
            ("SRC/lib.rs", |tree| tree.file("SRC/lib.rs", "")),
            ("README.MD", |tree| tree.file("README.MD", "")),
            ("Tools/x/mod.rs", |tree| tree.file("Tools/x/mod.rs", "")),
        ],
    );
}

#[test]
fn links_lead_nowhere_else() {
    let case = case();
    refused_edits(
        &case,
        "symlink-private",
        &[
            ("src/bill.rs", |tree| tree.symlink("src/bill.rs", "../cloud/bill.rs")),
            ("src/lib.rs", |tree| tree.symlink("src/lib.rs", "../secrets/token")),
            ("src/all", |tree| tree.symlink("src/all", "../cloud")),
            ("src/more", |tree| tree.symlink("src/more", "gen")),
            ("docs/plan.md", |tree| tree.symlink("docs/plan.md", "./internal/../internal/plan.md")),
        ],
    );
    refused_edits(
        &case,
        "symlink-escape",
        &[
            ("src/up", |tree| tree.symlink("src/up", "../../up")),
            ("src/passwd", |tree| tree.symlink("src/passwd", "/etc/passwd")),
            ("src/lib.rs", |tree| tree.symlink("src/lib.rs", "../../../home")),
        ],
    );
    // One step at a time.
    case.pull(|history| {
        history
            .commit("a link", |tree| tree.symlink("src/papers", "../docs"))
            .commit("another", |tree| tree.symlink("src/plan", "papers/internal/plan.md"))
    });
    case.refused("symlink-private", Some(b"src/plan"), &[]);
}
