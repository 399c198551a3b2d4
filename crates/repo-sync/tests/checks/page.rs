// SPDX-License-Identifier: Apache-2.0
//! `docs/checks.md`: what each check finds, with an example that was run.
//!
//! The page is made of the checks themselves and of the histories below, so it cannot
//! say anything that is not so. After a change, write it anew with
//!
//! ```text
//! REPO_SYNC_WRITE=1 cargo test -p repo-sync --test checks page
//! ```

use std::fmt::Write as _;
use std::path::Path;

use repo_sync_shared::{Check, Level};
use repo_sync_testing::{CommitText, History, Tree};
use serde_json::Value;

use crate::common::{plan, start};

const PAGE: &str = "../../docs/checks.md";

const HEAD: &str = "\
# The checks

What is looked for in every new public object, by the stable id that reports, levels and waivers use. A finding names
the commit, the path, the line where there is one, and what to do. In the examples `src`, `docs` and the files of the
root are public, `cloud` and `ops` are not; each was run.

`[guard]` sets the level of a check that has one: `refuse` (nothing is published), `warn`, `off`. A `[[waiver]]` lets
single findings pass, by `path`, by `object` or `until` a reviewed commit, with a `reason` and perhaps a day on which it
`expires`. A check without a level always refuses, and nothing waives it.

";

/// One wrong and one right history for a check.
struct Example {
    check: Check,
    /// Both, in words.
    wrong: &'static str,
    right: &'static str,
    /// More lines of the manifest.
    manifest: &'static str,
    make_wrong: fn(History) -> History,
    make_right: fn(History) -> History,
}

const BASE: &str = "version = 1\ninclude = [\"src\", \"docs\", \"*.*\"]\n[mirror.public]\n";

fn file(history: History, path: &str, text: &str) -> History {
    history.commit("a change", |tree| tree.file(path, text))
}

fn edit(history: History, edit: fn(Tree) -> Tree) -> History {
    history.commit("a change", edit)
}

/// Some key that no service gave out, put together here so that no file holds it.
fn made_up_key() -> String {
    ["ghp", "_", "q7Xv2Lr9Kd4Tn8Wb", "3Hs6Jy1Mc5Pf0Za8Ge2u"].concat()
}

const EXAMPLES: &[Example] = &[
    Example {
        check: Check::PathAlias,
        wrong: "a private file in `Cloud/`, beside `cloud/`",
        right: "the same file in `cloud/`; or `Cloud` as an entry of `exclude`, if it is meant",
        manifest: "",
        make_wrong: |history| file(history, "Cloud/notes.md", "who pays how much\n"),
        make_right: |history| file(history, "cloud/notes.md", "who pays how much\n"),
    },
    Example {
        check: Check::PathCollision,
        wrong: "`src/Name.rs` beside `src/name.rs`: on some systems one overwrites the other",
        right: "two names that differ by more than case",
        manifest: "",
        make_wrong: |history| {
            edit(history, |tree| tree.file("src/Name.rs", "//\n").file("src/name.rs", "// b\n"))
        },
        make_right: |history| {
            edit(history, |tree| tree.file("src/name.rs", "//\n").file("src/title.rs", "// b\n"))
        },
    },
    Example {
        check: Check::MovedFromPrivate,
        wrong: "a file that lived in `cloud/` is renamed into `src/`",
        right: "the same with a waiver, once somebody has read the file; or new words for the public",
        manifest: "",
        make_wrong: |history| {
            let text = "fn price() -> u32 {\n    // what the largest customer pays\n    let discount = 40;\n    100 - discount\n}\n";
            file(history, "cloud/price.rs", text)
                .commit("open it", |tree| tree.rename("cloud/price.rs", "src/price.rs"))
        },
        make_right: |history| file(history, "src/price.rs", "fn price() -> u32 {\n    100\n}\n"),
    },
    Example {
        check: Check::SimilarToPrivate,
        wrong: "a file of `cloud/` is copied into `src/`, and a few lines of it are changed",
        right: "what both need is made public once, and used from `cloud/`; or a waiver",
        manifest: "",
        make_wrong: |history| {
            let table: String =
                (1..30).map(|at| format!("    plan(\"tier {at}\", {at}00, MONTHLY);\n")).collect();
            file(history, "cloud/plans.rs", &table).commit("a change", |tree| {
                tree.file("src/plans.rs", format!("fn plans() {{\n{table}}}\n"))
            })
        },
        make_right: |history| file(history, "src/plans.rs", "fn plans() {}\n"),
    },
    Example {
        check: Check::SymlinkPrivate,
        wrong: "`src/shared` is a link to `../cloud/billing`",
        right: "a link to something that is public as well",
        manifest: "",
        make_wrong: |history| edit(history, |tree| tree.symlink("src/shared", "../cloud/billing")),
        make_right: |history| edit(history, |tree| tree.symlink("src/shared", "../docs/tour.md")),
    },
    Example {
        check: Check::SymlinkEscape,
        wrong: "`src/config` is a link to `/etc/widget.conf`",
        right: "a link within the repository",
        manifest: "",
        make_wrong: |history| edit(history, |tree| tree.symlink("src/config", "/etc/widget.conf")),
        make_right: |history| edit(history, |tree| tree.symlink("src/config", "lib.rs")),
    },
    Example {
        check: Check::LfsPointer,
        wrong: "the pointer of a file that Git LFS keeps",
        right: "the file itself, or no such path in the mirror",
        manifest: "",
        make_wrong: |history| {
            let oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
            let text = format!(
                "version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n"
            );
            file(history, "docs/logo.png", &text)
        },
        make_right: |history| file(history, "docs/logo.svg", "<svg/>\n"),
    },
    Example {
        check: Check::EncryptedFile,
        wrong: "a file that `age` encrypted",
        right: "ciphertext stays where its key is",
        manifest: "",
        make_wrong: |history| {
            file(history, "src/keys.age", "age-encryption.org/v1\n-> X25519 abc\n")
        },
        make_right: |history| {
            file(history, "ops/keys.age", "age-encryption.org/v1\n-> X25519 abc\n")
        },
    },
    Example {
        check: Check::PrivateReference,
        wrong: "a guide that names a file of `cloud/billing`, or one of `[check] terms`",
        right: "a guide for people who have the public tree only",
        manifest: "[check]\nterms = [\"Bluebird\"]\n",
        make_wrong: |history| {
            file(
                history,
                "docs/guide.md",
                "# Prices\n\nSee cloud/billing/src/invoice.rs.\nAsk the Bluebird team.\n",
            )
        },
        make_right: |history| file(history, "docs/guide.md", "# Prices\n\nSee the price list.\n"),
    },
    Example {
        check: Check::PrivateDependency,
        wrong: "a public package that depends on a private one",
        right: "packages that everybody has",
        manifest: "",
        make_wrong: |history| {
            let text = "[package]\nname = \"widget\"\n\n[dependencies]\nacme-billing = { path = \"../cloud/billing\" }\n";
            file(history, "src/Cargo.toml", text)
        },
        make_right: |history| {
            file(
                history,
                "src/Cargo.toml",
                "[package]\nname = \"widget\"\n\n[dependencies]\nserde = \"1\"\n",
            )
        },
    },
    Example {
        check: Check::Secret,
        wrong: "an access token in a file (or in a message, or base64 in either)",
        right: "the token comes from the environment",
        manifest: "",
        make_wrong: |history| {
            file(
                history,
                "src/deploy.sh",
                &format!("#!/bin/sh\nexport GITHUB_TOKEN={}\n", made_up_key()),
            )
        },
        make_right: |history| {
            file(history, "src/deploy.sh", "#!/bin/sh\n: \"${GITHUB_TOKEN:?}\"\n")
        },
    },
    Example {
        check: Check::LicenceHeader,
        wrong: "a header that says the file is for nobody",
        right: "the header of the public licence; \u{201c}All rights reserved\u{201d} alone is no finding",
        manifest: "",
        make_wrong: |history| {
            file(history, "src/core.rs", "// Copyright Acme. Proprietary and confidential.\n")
        },
        make_right: |history| {
            file(
                history,
                "src/core.rs",
                "// SPDX-License-Identifier: Apache-2.0\n// All rights reserved.\n",
            )
        },
    },
    Example {
        check: Check::Identity,
        wrong: "with `[identity] mode = \"allow-domains\"`, an author with another address",
        right: "an author of an allowed domain",
        manifest: "[identity]\nmode = \"allow-domains\"\ndomains = [\"example.com\"]\n",
        make_wrong: |history| {
            let text = CommitText::from("a change")
                .author("A U Thor <me@build7.internal> 1700000000 +0000");
            history.commit(text, |tree| tree.file("src/a.rs", "//\n"))
        },
        make_right: |history| file(history, "src/a.rs", "//\n"),
    },
    Example {
        check: Check::Encoding,
        wrong: "a message in a charset that nobody else reads",
        right: "UTF-8, or a charset that is what it says",
        manifest: "",
        make_wrong: |history| {
            let text = CommitText::from("a change").header("encoding", "UTF-7");
            history.commit(text, |tree| tree.file("src/a.rs", "//\n"))
        },
        make_right: |history| {
            let text = CommitText::raw("a change", b"gr\xfc\xdfe\n".to_vec());
            let text = text.header("encoding", "ISO-8859-1");
            history.commit(text, |tree| tree.file("src/a.rs", "//\n"))
        },
    },
    Example {
        check: Check::LeftMarker,
        wrong: "the first line of a section that was to be cut out",
        right: "the section is gone, with both of its markers",
        manifest: "",
        make_wrong: |history| {
            let marker = ["// repo-sync", ": private"].concat();
            file(history, "src/a.rs", &format!("{marker}\nfn internal() {{}}\n"))
        },
        make_right: |history| file(history, "src/a.rs", "fn open() {}\n"),
    },
    Example {
        check: Check::LegacyMode,
        wrong: "a file of mode `100664`, which git wrote long ago",
        right: "mode `100644`, as git writes it today",
        manifest: "",
        make_wrong: |history| edit(history, |tree| tree.blob("src/a.rs", "100664", "//\n")),
        make_right: |history| edit(history, |tree| tree.blob("src/a.rs", "100644", "//\n")),
    },
];

/// What a person should know besides.
const MORE: &[(Check, &str)] = &[
    (
        Check::PrivateReference,
        "A path counts that leads somewhere private now: from the root, from the folder of the file that says it, or at the end
of a longer one, in `include_str!`, `#[path]` and any other text. A single word is a path in lists of paths
(`CODEOWNERS`, `.gitignore`), as the target of a link of a page, and in a workflow under keys such as `paths` and
behind `cd`.",
    ),
    (
        Check::PrivateDependency,
        "Besides paths and telling names, the structure of manifests and lock files is read: cargo, go, npm, pnpm, yarn,
`pyproject.toml`, uv, poetry and lists of requirements. There a private package is found whatever it is called, and
what a crate inherits from its workspace is looked up there. The finding says who depends on what.",
    ),
    (
        Check::Standalone,
        "`[standalone]` in `sync.toml` says what to run in the public tree, and `sync = true` there that a sync does so before it
pushes: see [the page about it](standalone.md).",
    ),
    (
        Check::OriginalUnheld,
        "A commit that was imported is published as the one that it comes from, and what that says beyond an image of ours is
on the mirror already. If it is gone from there, it is not sent by us.",
    ),
    (
        Check::ImportBase,
        "This and the next three are asked by `repo-sync import` of what it is to bring in, before anything is written: see
[contributions come back](guide/contributions.md).",
    ),
    (
        Check::ImportPath,
        "What would stand where something private stands counts as well, and a path that some file system takes for a private
one.",
    ),
    (
        Check::ImportGuarded,
        "CI files, build scripts, `.cargo`, hooks, settings of editors and package managers, `.gitattributes`, submodules; and a
file from which a transform cuts something. `--allow PATH` lets it pass, once somebody has read it.",
    ),
    (
        Check::ImportSignoff,
        "Asked with `--require-signoff` only.",
    ),
    (
    Check::VerifierDisagrees,
    "It makes every new public commit again, from the private ones and by a reading of the manifest of its own, and knows
for each object that would be sent why it is public. Where the two differ, or one of the paths that each run makes up
for the rules of the manifest is treated differently, nothing is published. It is a mistake in the program, or somebody
else's hand: keep the repository as it is, and report it.",
    ),
];

#[test]
fn the_page_is_what_was_run() {
    let mut page = HEAD.to_owned();
    for &check in Check::ALL.iter().filter(|check| !check.is_notice()) {
        let level = match check.default_level() {
            Some(Level::Refuse) => "level: `refuse`",
            Some(Level::Warn) => "level: `warn`",
            Some(Level::Off) => "level: `off`",
            None => "always refuses",
        };
        add(&mut page, format_args!("## `{check}`\n\n{} ({level})\n\n", check.about()));
        for (_, more) in MORE.iter().filter(|(about, _)| *about == check) {
            add(&mut page, format_args!("{more}\n\n"));
        }
        if let Some(example) = EXAMPLES.iter().find(|example| example.check == check) {
            add(&mut page, format_args!("- Wrong: {}.\n", example.wrong));
            add(&mut page, format_args!("- Right: {}.\n\n", example.right));
            add(&mut page, format_args!("```text\n{}```\n\n", run(example)));
        }
    }
    page.push_str("## Notices\n\nThese only ever tell.\n\n| Id | |\n|---|---|\n");
    for &notice in Check::ALL.iter().filter(|check| check.is_notice()) {
        let about = notice.about();
        let about = about.strip_prefix("Notice: ").unwrap_or(about);
        add(&mut page, format_args!("| `{notice}` | {about} |\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("REPO_SYNC_WRITE").is_some() {
        std::fs::write(&path, &page).expect("the page is ours to write");
    }
    let written = std::fs::read_to_string(&path).expect("the page is part of the repository");
    assert!(
        written == page,
        "docs/checks.md is not what was run; REPO_SYNC_WRITE=1 writes it anew"
    );
}

/// The findings of the wrong history; the right one has none of this check.
#[track_caller]
fn run(example: &Example) -> String {
    let manifest = format!("{BASE}{}", example.manifest);
    let check = example.check.name();
    let find = |history| -> Vec<Value> {
        let report = plan(history);
        let all = [&report["refusals"], &report["warnings"]].into_iter();
        all.filter_map(Value::as_array)
            .flatten()
            .filter(|it| it["check"] == check)
            .cloned()
            .collect()
    };
    let right = find((example.make_right)(start(&manifest)));
    assert!(right.is_empty(), "{check}: {right:?}");
    let wrong = find((example.make_wrong)(start(&manifest)));
    assert!(!wrong.is_empty(), "{check} finds nothing in its wrong example");
    let mut out = String::new();
    for finding in wrong {
        let path = finding["path"].as_str().map(|path| format!("  {path}")).unwrap_or_default();
        let line = finding["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
        add(&mut out, format_args!("{check}{path}{line}\n"));
        let hint = finding["hint"].as_str().expect("a finding says what to do");
        add(&mut out, format_args!("  {hint}\n"));
    }
    out
}

fn add(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("writing to a String cannot fail");
}
