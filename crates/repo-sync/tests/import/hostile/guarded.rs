// SPDX-License-Identifier: Apache-2.0
//! What comes in only if somebody says so, and what nobody can say.

use repo_sync_testing::{Kind, object_id};

use super::{Edit, OPEN_WORKSPACE, SHOWN, case, refused_edits, refused_paths};
use crate::common::word;

/// What runs on machines, or tells git what to do, is guarded wherever it stands; so is
/// what the mirror shows in part.
#[test]
fn what_is_guarded_wants_a_word() {
    refused_paths(&case(), "import-guarded", GUARDED);
    refused_edits(&case(), "import-guarded", GUARDED_EDITS);
}

/// New files of which somebody must say that they may come.
pub(crate) const GUARDED: [&str; 18] = [
    ".github/workflows/new.yml",
    ".github/actions/x/action.yml",
    ".gitlab-ci.yml",
    ".gitattributes",
    "src/.gitattributes",
    "src/.GitAttributes",
    "src/GITATT~1",
    "src/gi7d29~1",
    "src/CARGO~1/config.toml",
    "src/.gitat\u{200c}tributes",
    "src/.cargo/config.toml",
    ".cargo/config",
    "hooks/pre-commit",
    "src/build.rs",
    "crates/open/build.rs",
    "crates/open/rust-toolchain.toml",
    "src/.envrc",
    "src/.vscode/tasks.json",
];

/// Changes of which somebody must say that they may come.
pub(crate) const GUARDED_EDITS: &[Edit] = &[
    (".github/workflows/ci.yml", |tree| tree.file(".github/workflows/ci.yml", "on: [pull]\n")),
    (".github/workflows/ci.yml", |tree| tree.delete(".github")),
    (".github/workflows/ci.yml", |tree| tree.executable(".github/workflows/ci.yml", "on: push\n")),
    (".github/workflows/ci.yml", |tree| tree.rename(".github/workflows/ci.yml", "docs/ci.yml")),
    ("src/.cargo", |tree| tree.symlink("src/.cargo", "deep")),
    ("src/half.rs", |tree| tree.file("src/half.rs", SHOWN.replace("last", "least"))),
    ("src/half.rs", |tree| tree.delete("src/half.rs")),
    ("src/half.rs", |tree| tree.executable("src/half.rs", SHOWN)),
    ("src/half.rs", |tree| tree.rename("src/half.rs", "src/whole.rs")),
    ("Cargo.toml", |tree| tree.file("Cargo.toml", OPEN_WORKSPACE.replace("2021", "2024"))),
    ("Cargo.lock", |tree| tree.delete("Cargo.lock")),
];

#[test]
fn a_submodule_wants_a_word() {
    let case = case();
    let submodule = object_id(Kind::Commit, b"of another repository");
    case.pull_edit(|tree| tree.gitlink("src/vendored", submodule));
    case.refused("import-guarded", Some(b"src/vendored"), &[]);
    let modules = "[submodule \"v\"]\n\tpath = src/vendored\n\turl = https://example.org/v.git\n";
    case.pull_edit(|tree| tree.gitlink("src/vendored", submodule).file(".gitmodules", modules));
    case.refused("import-guarded", Some(b".gitmodules"), &["--allow", "src/vendored"]);
    // A url that is an option is nothing that git fetches.
    let modules = modules.replace("https:", "-u");
    case.pull_edit(|tree| tree.file(".gitmodules", modules));
    case.unfetched("an option for a url", "gitmodules");
}

/// What is said for one path is said for no other.
#[test]
fn what_is_allowed_is_no_more_than_that() {
    let case = case();
    case.pull_edit(|tree| tree.file("src/build.rs", "").file("src/.envrc", ""));
    case.refused("import-guarded", Some(b"src/.envrc"), &["--allow", "src/build.rs"]);
    case.refused("import-guarded", Some(b"src/build.rs"), &["--allow", "src/.envrc"]);
    // Nobody can allow what is not public.
    for path in ["cloud/bill.rs", "sync.toml", "docs/internal/x.md", "attic/x"] {
        case.pull_edit(|tree| tree.file(path, ""));
        case.refused("import-path", Some(path.as_bytes()), &["--allow", "**", "--allow", path]);
    }
}

/// A change that meets a private line would have to guess where that belongs.
#[test]
fn a_change_at_a_private_line_is_made_by_hand() {
    let case = case();
    for edited in [
        SHOWN.replace("fn open() {}\n\n\nfn close() {}", "fn open_and_close() {}"),
        "// rewritten\n".to_owned(),
        String::new(),
    ] {
        case.pull_edit(|tree| tree.file("src/half.rs", edited));
        case.refused("import-guarded", Some(b"src/half.rs"), &["--allow", "src/half.rs"]);
    }
    case.pull_edit(|tree| tree.symlink("src/half.rs", "lib.rs"));
    case.refused("import-guarded", Some(b"src/half.rs"), &["--allow", "src/half.rs"]);
}

/// Nobody outside makes a section: what it held would never be seen again.
#[test]
fn a_marker_is_nothing_for_the_public() {
    let case = case();
    let section = "// repo-sync: private\nfn gone() {}\n// repo-sync: end\n";
    for text in [section, "// repo-sync: private\n", "a\n// repo-sync: end\n"] {
        case.pull_edit(|tree| tree.file("src/new.rs", text));
        let report = case.unchanged(text, &[], 3);
        assert_eq!(word(&report, "outcome"), "refused", "{report}");
    }
}
