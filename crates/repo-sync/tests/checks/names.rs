// SPDX-License-Identifier: Apache-2.0
//! `private-reference` and `private-dependency`: names of what is private.

use repo_sync_testing::{History, TagText};
use serde_json::Value;

use crate::common::{MANIFEST, plan, refused, start};

const REFERENCE: &str = "private-reference";
const DEPENDENCY: &str = "private-dependency";

/// One more file, and what is said about it: `check`, or `check` and a line.
#[track_caller]
fn file(path: &str, text: &str, expected: &[(&str, u32)]) {
    let found = refused(MANIFEST, |history| history.commit("more", |tree| tree.file(path, text)));
    let mut expected: Vec<_> =
        expected.iter().map(|(check, line)| format!("{check} {path}:{line}")).collect();
    expected.sort();
    assert_eq!(found, expected, "{path}: {text}");
}

#[test]
fn a_path_into_a_private_directory() {
    let found = &[(REFERENCE, 1)][..];
    for text in [
        "see cloud/billing.",
        "see `cloud/billing/src/invoice.rs`",
        "(cloud/billing/)",
        "path=cloud/billing,ops",
        "'cloud/billing/**'",
        "cloud/billing/not/there/any/more.rs",
        "ops/runbook/page.md",
        "cloud\\billing\\src",
        "//cloud/billing:lib",
        "$ROOT/cloud/billing and ${ROOT}/cloud/billing",
        "/cloud/billing",
        "import \"acme.example/mono/cloud/billing\"",
        "https://forge.example/acme/mono/blob/main/cloud/billing/Cargo.toml",
        "https://acme.example/docs/cloud/billing/src/invoice.rs",
    ] {
        file("docs/guide.txt", text, found);
    }
}

#[test]
fn a_whole_directory() {
    file("build.yml", "paths: ['cloud/**', 'src/**']", &[(REFERENCE, 1)]);
    file("build.yml", "paths: ['cloud/', '**/clouds/*', 'src/*']", &[]);
    file("docs/guide.txt", "cloud/*", &[]);
}

#[test]
fn a_word_that_only_looks_like_one() {
    for text in [
        "cloud",
        "the cloud/edge question, cloud/ and ops/",
        "https://acme.example/cloud/",
        "https://acme.example/cloud/billing",
        "my-cloud/billing mycloud/billing .cloud/billing cloud_/billing",
        "cloud/billings cloud//",
        "Cloud/Billing",
        "/usr/lib/cloud",
        "and/or",
    ] {
        file("docs/guide.txt", text, &[]);
    }
}

#[test]
fn a_path_with_dots_is_said_from_its_file() {
    file("src/lib.rs", "include_str!(\"../cloud/billing/src/invoice.rs\");", &[(REFERENCE, 1)]);
    file("src/a/b.rs", "// a\n#[path = \"../../cloud/lib.rs\"]\nmod b;\n", &[(REFERENCE, 2)]);
    file("docs/guide/a.txt", "[b](../../ops)", &[(REFERENCE, 1)]);
    file("docs/guide.txt", "[b](./../ops/runbook)", &[(REFERENCE, 1)]);
    file("docs/guide.txt", "cd ../../../x && ls ../cloud/billing", &[(REFERENCE, 1)]);
    file("run.sh", "cat ./cloud/billing/Cargo.toml", &[(REFERENCE, 1)]);
    // Elsewhere it is another file, or none.
    file("docs/guide/a.txt", "[b](../ops) ../cloud ../../src/lib.rs ../..", &[]);
    file("docs/guide.txt", "...and so on ./. ../../../..", &[]);
}

#[test]
fn a_file_in_a_public_directory_is_private_by_its_whole_path() {
    let manifest =
        MANIFEST.replace("[mirror", "exclude = [\"docs/plan.md\", \"src/deep/*.key\"]\n[mirror");
    #[track_caller]
    fn check(manifest: &str, path: &str, text: &str, expected: &[&str]) {
        let found = refused(manifest, |history| {
            history.commit("more", |tree| {
                tree.file("docs/plan.md", "x").file("src/deep/a.key", "y").file(path, text)
            })
        });
        assert_eq!(found, expected, "{path}: {text}");
    }
    check(&manifest, "a.txt", "docs/plan.md", &["private-reference a.txt:1"]);
    check(&manifest, "docs/a.txt", "[x](./plan.md)", &["private-reference docs/a.txt:1"]);
    check(&manifest, "src/deep/a.txt", "\n../deep/a.key", &["private-reference src/deep/a.txt:2"]);
    check(&manifest, "src/a.txt", "deep/a.key", &["private-reference src/a.txt:1"]);
    check(&manifest, "a.txt", "plan.md docs/plans.md docs/ docs/other.md a.key", &[]);
    check(&manifest, "src/a.txt", "[x](./plan.md)", &[]);
}

#[test]
fn a_path_that_is_public_in_another_place() {
    // `cloud/billing` of a package is not that of the root.
    let found = refused(MANIFEST, |history| {
        history.commit("more", |tree| {
            tree.file("src/cloud/billing.rs", "").file("src/a.rs", "mod cloud/billing.rs;\n")
        })
    });
    assert_eq!(found, [""; 0]);
    // Nor is one that a move has put there.
    let manifest = format!("{MANIFEST}[[move]]\nfrom = \"docs/open\"\nto = \"ops/runbook\"\n");
    let found = refused(&manifest, |history| {
        history.commit("more", |tree| {
            tree.file("docs/open/page.md", "1").file("a.txt", "ops/runbook/page.md")
        })
    });
    assert_eq!(found, [""; 0]);
}

/// What one branch shows may be named on another that holds only the rest of it.
#[test]
fn a_directory_that_is_public_on_one_of_two_branches() {
    let manifest = MANIFEST.replace("]\n[mirror", "]\nexclude = [\"**/*.key\"]\n[mirror");
    let manifest = format!("{manifest}branches = [\"main\", \"next\"]\n");
    let check = |next: &str, expected: &[&str]| {
        let found = refused(&manifest, |history| {
            let history = history.commit("keys", |tree| tree.file("src/vault/a.key", "1\n"));
            let history = history.on("next").commit("next", |tree| tree.file(next, "2\n"));
            history.on("main").commit("more", |tree| tree.file("a.txt", "see src/vault\n"))
        });
        assert_eq!(found, expected, "{next}");
    };
    check("src/vault/b.key", &["private-reference a.txt:1"]);
    check("src/vault/b.rs", &[]);
}

#[test]
fn a_layout_that_every_project_has() {
    let manifest = "version = 1\ninclude = [\"docs\", \"*.*\"]\n[mirror.public]\n";
    #[track_caller]
    fn check(manifest: &str, text: &str, expected: &[&str]) {
        let found = refused(manifest, |history| {
            history.commit("more", |tree| {
                tree.file("src/bin/main.rs", "")
                    .file("src/ledger/a.rs", "")
                    .file("docs/a.txt", text)
            })
        });
        assert_eq!(found, expected, "{text}");
    }
    check(manifest, "src/lib.rs src/bin/main.rs src/bin", &[]);
    check(manifest, "https://forge.example/other/x/blob/main/src/ledger", &[]);
    check(manifest, "src/ledger", &["private-reference docs/a.txt:1"]);
}

/// Every system has an `/opt`; what stands behind a variable is none of the system.
#[test]
fn a_directory_that_every_system_has() {
    let check = |text: &str, expected: &[&str]| {
        let found = refused(MANIFEST, |history| {
            history.commit("more", |tree| tree.file("opt/ledger/a.rs", "").file("docs/a.txt", text))
        });
        assert_eq!(found, expected, "{text}");
    };
    check("/opt/ledger", &[]);
    for text in ["${ROOT}/opt/ledger", "$(root)/opt/ledger", "$ROOT/opt/ledger", "opt/ledger"] {
        check(text, &["private-reference docs/a.txt:1"]);
    }
}

#[test]
fn a_list_of_paths() {
    for path in ["CODEOWNERS.md", "docs/guide.md"] {
        file(path, "/cloud/ @acme/billing\n", &[]);
    }
    let check = |path: &str, text: &str, lines: &[u32]| {
        let manifest = MANIFEST.replace("\"*.*\"", "\"*.*\", \".github\", \"CODEOWNERS\"");
        let found =
            refused(&manifest, |history| history.commit("more", |tree| tree.file(path, text)));
        let expected: Vec<_> =
            lines.iter().map(|line| format!("private-reference {path}:{line}")).collect();
        assert_eq!(found, expected, "{path}: {text}");
    };
    check("CODEOWNERS", "* @all\n/cloud/ @acme/billing\n", &[2]);
    check(".github/CODEOWNERS", "cloud @acme/billing\n", &[1]);
    check(".gitattributes", "cloud/** -diff\nops/runbook/* -diff\n", &[1, 2]);
    check(".gitignore", "clouds\n/target\n# cloud\n", &[]);
    check("src/.gitignore", "/cloud\n", &[]);
    check(".github/workflows/ci.yml", "paths: ['cloud/**', 'src/**']\n", &[1]);
}

#[test]
fn manifests_and_lock_files() {
    let found = &[(DEPENDENCY, 2)][..];
    file("Cargo.toml", "[workspace]\nmembers = ['src', 'cloud']\n", found);
    file("Cargo.toml", "[workspace]\nmembers = ['cloud/*']\n", found);
    file("src/Cargo.toml", "[dependencies]\nb = { path = '../cloud/billing' }\n", found);
    file("Cargo.toml", "[dependencies]\nacme-billing = '1'\n", found);
    file("Cargo.toml", "[dependencies]\n# acme-billing = '1'\n", found);
    file("Cargo.lock.md", "acme-billing", &[(REFERENCE, 1)]);
    file("package.json", "{\n\"workspaces\": [\"cloud\"] }", found);
    file("package.json", "{ \"dependencies\": {\n\"x\": \"file:./cloud/billing\" } }", found);
    file("go.mod", "module acme.example/open\nreplace x => ./cloud/billing\n", found);
    file("go.work", "use (\n\t./cloud\n)\n", found);
    file("pyproject.toml", "[tool.uv.sources]\nx = { path = 'cloud/billing' }\n", found);
    file("requirements-dev.txt", "x\n-e ./cloud/billing\n", found);
    file("pnpm-workspace.yaml", "packages:\n  - cloud\n", found);

    file("Cargo.toml", "[dependencies]\nacme-billing-client = '1'\nserde = '1'\n", &[]);
    file("package.json", "{ \"name\": \"cloud\", \"dependencies\": { \"cloud\": \"1\" } }", &[]);
    file("go.mod", "module acme.example/open\nreplace x => ./src\n", &[]);
}

/// A private package whose name is a word like any other, and where it is depended upon.
#[test]
fn a_plain_word_that_is_a_private_package() {
    #[track_caller]
    fn check(private: (&str, &str), path: &str, text: &str, lines: &[u32]) {
        let manifest = MANIFEST.replace("\"*.*\"", "\"*.*\", \"poetry.lock\"");
        let found = refused(&manifest, |history| {
            history.commit("more", |tree| tree.file(private.0, private.1).file(path, text))
        });
        let line = |line: &u32| format!("private-dependency {path}:{line}");
        assert_eq!(found, lines.iter().map(line).collect::<Vec<_>>(), "{path}: {text}");
    }
    let rust = ("cloud/ledger/Cargo.toml", "[package]\nname = \"ledger\"\n");
    check(rust, "Cargo.toml", "[dependencies]\nledger-client = '1'\nledger = '1'\n", &[3]);
    check(rust, "Cargo.toml", "[patch.crates-io]\nx = { package = 'ledger' }\n", &[2]);
    check(rust, "Cargo.lock", "[[package]]\nname = 'ledger'\n", &[2]);
    check(rust, "Cargo.lock", "[[package]]\nname = 'ledger'\nsource = 'registry'\n", &[]);
    check(rust, "docs/a.txt", "the ledger\n", &[]);

    let go = ("cloud/ledger/go.mod", "module ledger\n");
    check(go, "go.mod", "module open\nrequire (\n\tledger v0.0.0\n)\n", &[3]);
    check(go, "go.mod", "module open\nreplace x => ledger v1\n", &[2]);
    check(go, "go.mod", "module open\n// require ledger v1\n", &[]);

    let npm = ("cloud/ledger/package.json", "{ \"name\": \"ledger\" }");
    check(npm, "package.json", "{ \"peerDependencies\": {\n\"ledger\": \"*\" } }", &[2]);
    check(npm, "package.json", "{ \"overrides\": {\n\"ledger\": \"workspace:*\" } }", &[2]);
    check(npm, "package.json", "{ \"scripts\": { \"ledger\": \"x\" } }", &[]);
    let link = "{ \"packages\": {\n\"node_modules/ledger\": { \"link\": true } } }";
    check(npm, "package-lock.json", link, &[2]);
    check(npm, "package-lock.json", "{ \"packages\": { \"node_modules/ledger\": {} } }", &[]);
    check(npm, "package-lock.json", "{ \"packages\": {\n\"cloud\": {} } }", &[2]);
    check(npm, "pnpm-lock.yaml", "importers:\n\n  cloud:\n    x: 1\n", &[3]);
    check(npm, "yarn.lock", "\"x@workspace:cloud\":\n", &[1]);
    check(npm, "yarn.lock", "\"ledger@npm:^1\":\n", &[]);

    let python = ("cloud/ledger/pyproject.toml", "[project]\nname = \"big_ledger\"\n");
    check(python, "pyproject.toml", "[build-system]\nrequires = ['Big.Ledger>=1']\n", &[2]);
    check(python, "pyproject.toml", "[dependency-groups]\na = ['b', 'big-ledger']\n", &[2]);
    let poetry = "[tool.poetry.group.dev.dependencies]\nbig-ledger = '1'\n";
    check(python, "pyproject.toml", poetry, &[2]);
    check(python, "requirements.txt", "# none\nbig-ledger[x]==1\n", &[2]);
    check(python, "requirements.txt", "-e cloud\n", &[1]);
    check(python, "requirements.txt", "cloud\nbig-ledger-client\n", &[]);
    let lock = "[[package]]\nname = 'x'\nsource = { editable = 'cloud' }\n";
    check(python, "uv.lock", lock, &[3]);
    let lock = "[[package]]\nname = 'x'\n[package.source]\ntype = 'directory'\nurl = 'cloud'\n";
    check(python, "poetry.lock", lock, &[5]);
}

/// What a workflow works on is a path, a word though it be.
#[test]
fn a_step_of_a_workflow() {
    #[track_caller]
    fn check(path: &str, text: &str, lines: &[u32]) {
        let manifest = MANIFEST.replace("\"*.*\"", "\"*.*\", \".github\"");
        let found =
            refused(&manifest, |history| history.commit("more", |tree| tree.file(path, text)));
        let line = |line: &u32| format!("private-reference {path}:{line}");
        assert_eq!(found, lines.iter().map(line).collect::<Vec<_>>(), "{path}: {text}");
    }
    let workflow = ".github/workflows/ci.yml";
    check(workflow, "jobs:\n  x:\n    working-directory: cloud\n", &[3]);
    check(workflow, "- uses: actions/checkout@v4\n- working-directory: ./cloud\n", &[2]);
    check(workflow, "on:\n  push:\n    paths:\n      - src\n      - cloud\n", &[5]);
    check(workflow, "on:\n  push:\n    branches: [cloud]\nname: ops\nruns-on: cloud\n", &[]);
    check(workflow, "- working-directory: src\n- run: cloud build\n", &[]);
    check(workflow, "- run: |\n    (cd cloud && make)\n- run: cd './ops/'; ls\n", &[2, 3]);
    check(workflow, "- run: cd src && cloud\n- run: cd\n- run: cd clouds; abcd cloud\n", &[]);
    check(".github/dependabot.yml", "updates:\n  - directory: \"/cloud\"\n", &[2]);
    check("src/ci.yml", "working-directory: cloud\n", &[]);
    check(".gitlab-ci.yml", "x:\n  rules:\n    - changes: [cloud, src]\n", &[3]);
}

/// Where a link leads is a path, a word though it be.
#[test]
fn a_link_of_a_page() {
    file(
        "docs/guide.md",
        "[it](../cloud) and\n[ops]: ../ops/ \"x\"\n",
        &[(REFERENCE, 1), (REFERENCE, 2)],
    );
    file("README.md", "# Widget\n\nThe [service](cloud/), [too](/cloud#a).\n", &[(REFERENCE, 3)]);
    file("docs/guide.html", "<a href=\"../ops\">ops</a>\n", &[(REFERENCE, 1)]);
    file("docs/guide.md", "the [cloud](https://cloud.example/cloud) [ops](#ops) (cloud)\n", &[]);
    file("docs/guide.md", "[src](../src) [tour](tour.md) [gone](cloud) `[x]: u8`\n", &[]);
}

#[test]
fn a_package_by_its_name() {
    file("docs/guide.txt", "uses acme-billing", &[(REFERENCE, 1)]);
    file("src/lib.rs", "\nuse acme_billing::price;\n", &[(REFERENCE, 2)]);
    file("src/lib.rs", "use acme_billings; // acme-bill", &[]);

    let check = |private: (&str, &str), text: &str, expected: usize| {
        let found = refused(MANIFEST, |history| {
            history.commit("more", |tree| tree.file(private.0, private.1).file("docs/a.txt", text))
        });
        assert_eq!(found.len(), expected, "{text}: {found:?}");
    };
    check(("cloud/ui/package.json", r#"{"name":"@acme/ui"}"#), "from '@acme/ui/x'", 1);
    check(("cloud/ui/package.json", r#"{"name":"server"}"#), "the server of @acme/ui", 0);
    check(("cloud/go/go.mod", "module acme.example/ledger\n"), "\"acme.example/ledger/v2\"", 1);
    check(("cloud/py/pyproject.toml", "[project]\nname='acme_py'"), "import acme_py", 1);
    check(("cloud/py/pyproject.toml", "[project\nname='acme_py'"), "import acme_py", 0);
    check(("cloud/tests/fixtures/Cargo.toml", "[package]\nname='a-fixture'"), "a-fixture", 0);
}

/// What is public under the same name is no secret.
#[test]
fn a_package_that_is_public_as_well() {
    let found = refused(MANIFEST, |history| {
        history.commit("more", |tree| {
            tree.file("src/billing/Cargo.toml", "[package]\nname = \"acme-billing\"\n")
                .file("docs/a.txt", "acme-billing")
        })
    });
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_private_branch_in_a_message() {
    let with_branches = |history: History| {
        history
            .on("cloud/acme-deal")
            .commit("bill them", |tree| tree.file("cloud/deal.rs", ""))
            .branch("fix-typo", "main")
            .commit("fix a typo", |tree| tree.file("docs/a.txt", "a"))
            .on("main")
    };
    let check = |message: &str, expected: &[&str]| {
        let found = refused(MANIFEST, |history| {
            let history = with_branches(history).merge("a merge", ["fix-typo"], |tree| tree);
            history.commit(message, |tree| tree.file("docs/b.txt", "b"))
        });
        assert_eq!(found, expected, "{message}");
    };
    check("Merge branch 'cloud/acme-deal'", &[REFERENCE]);
    check("after cloud/acme-deal.", &[REFERENCE]);
    check("Merge branch 'cloud/acme-deal-2' of my/cloud/acme-deal", &[]);
    // Everybody sees what that branch brought.
    check("Merge branch 'fix-typo'", &[]);
    check("a word about main and master", &[]);
    // In a file the same words are a path that leads nowhere.
    let in_file = refused(MANIFEST, |history| {
        with_branches(history).commit("more", |tree| tree.file("docs/b.txt", "cloud/acme-deal"))
    });
    assert_eq!(in_file, [""; 0]);
}

#[test]
fn messages_and_names_of_refs() {
    let tags = format!("{MANIFEST}tags = [\"*\"]\n[check]\nterms = [\"Bluebird\"]\n");
    let found = refused(&tags, |history| {
        history
            .commit("see cloud/billing/src", |tree| tree.file("docs/a.txt", "a"))
            .commit("drop acme-billing and the bluebird", |tree| tree.file("docs/a.txt", "b"))
            .annotate("v1", "main", TagText::from("with ops/runbook"))
            .tag("bluebird-1")
    });
    assert_eq!(found, [REFERENCE; 5]);
    let clean = refused(&tags, |history| {
        history.commit("no cloud, no runbook", |tree| tree.file("docs/a.txt", "a")).tag("v1")
    });
    assert_eq!(clean, [""; 0]);
}

#[test]
fn a_waiver_lets_a_mention_pass() {
    let waiver =
        "[[waiver]]\ncheck = \"private-reference\"\npath = \"README.md\"\nreason = \"known\"\n";
    let found = refused(&format!("{MANIFEST}{waiver}"), |history| {
        history.commit("more", |tree| {
            tree.file("README.md", "see cloud/billing\n")
                .file("docs/a.txt", "look at cloud/billing\n")
        })
    });
    assert_eq!(found, ["private-reference docs/a.txt:1"]);
}

#[test]
fn a_file_with_many_mentions_is_not_drowned_in_them() {
    let history = start(MANIFEST).commit("more", |mut tree| {
        let mut text = String::new();
        for number in 0..30 {
            tree = tree.file(format!("cloud/part{number}/a.rs"), number.to_string());
            text.push_str(&format!("cloud/part{number}/a.rs, cloud/part{number}/b.rs\n"));
        }
        tree.file("docs/a.txt", text)
    });
    let report = plan(history);
    let found = report["refusals"].as_array().expect("a list");
    assert_eq!(found.len(), 20, "{report}");
    assert_eq!(found[0]["rule"], "built-in `cloud`", "{report}");
    let hint = found[19]["hint"].as_str().expect("a text");
    assert!(
        hint.contains("`cloud/part19/a.rs`") && hint.ends_with("(and 10 more in this file)"),
        "{hint}"
    );
}

/// Who reads of so many has enough to do: the last one counts the rest.
#[test]
fn a_file_that_names_very_much() {
    for (count, expected) in [(20, None), (23, Some("(and 3 more in this file)"))] {
        let paths: Vec<_> = (0..count).map(|number| format!("cloud/part{number}/a.rs")).collect();
        let history = start(MANIFEST).commit("name", |tree| {
            let tree = paths.iter().fold(tree, |tree, path| tree.file(path, "//\n"));
            tree.file("docs/parts.md", paths.join("\n"))
        });
        let report = plan(history);
        let refusals = report["refusals"].as_array().expect("a list");
        assert_eq!(refusals.len(), 20);
        let counted = |one: &&Value| one["hint"].as_str().is_some_and(|it| it.contains("(and "));
        let counting: Vec<_> = refusals.iter().filter(counted).collect();
        assert_eq!(counting.len(), usize::from(expected.is_some()));
        if let (Some(words), [last]) = (expected, &counting[..]) {
            assert!(last["hint"].as_str().is_some_and(|hint| hint.ends_with(words)), "{last}");
        }
        for finding in refusals {
            assert_eq!(finding["rule"], "built-in `cloud`", "{finding}");
        }
    }
}
