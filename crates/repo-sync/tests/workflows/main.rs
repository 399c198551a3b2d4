// SPDX-License-Identifier: Apache-2.0
//! What a forge would run of this repository, run here: the workflows, the action, the component
//! for GitLab and the hooks for pre-commit, each as it is written, against repositories on this
//! machine.

mod expression;
mod gitlab;
mod hooks;
mod import;
mod runner;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use repo_sync_testing::server::Sshd;
use repo_sync_testing::{BareMirror, History, Repo, TestEnv, Tree};
use serde_json::Value;

use runner::{Ended, Runner, Workflow, read};

/// The root of the workspace.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is there while its tests run")
}

fn workflow(name: &str) -> Workflow {
    read(&root().join(".github/workflows").join(name))
}

const MANIFEST: &str = r#"version = 1
include = ["src", "docs"]
[mirror.public]
tags = ["v*"]
[[move]]
from = "docs/public"
to = "docs"
"#;

/// A private repository that has our action, as this one has.
fn history() -> History {
    let action = fs::read(root().join("action.yml")).expect("it is part of the workspace");
    History::new()
        .commit("start", |tree| {
            tree.file("sync.toml", MANIFEST)
                .file("action.yml", action)
                .file("src/lib.rs", "pub fn widget() {}\n")
                .file("cloud/bill.rs", "// how we bill\n")
        })
        .commit("say hello", |tree| tree.file("src/lib.rs", "pub fn hello() {}\n"))
}

fn env(repo: Repo) -> TestEnv {
    TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo)
}

/// A program of the system in the private repository, with ours on its PATH.
fn shell(program: &str, repo: &Repo) -> TestEnv {
    let bin = Path::new(env!("CARGO_BIN_EXE_repo-sync")).parent().expect("it is in a directory");
    let path = std::env::var("PATH").expect("git is found by it");
    TestEnv::new(program, repo.clone()).var("PATH", format!("{}:{path}", bin.display()))
}

/// A runner that has the program already.
fn runner(env: &TestEnv) -> Runner {
    let mut runner = Runner::new(env);
    runner.contexts.set("vars.REPO_SYNC_BINARY", env!("CARGO_BIN_EXE_repo-sync"));
    runner.contexts.set("github.sha", env.repo().id("main").to_string());
    runner
}

const SYNC: &[&str] = &[
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "actions/cache@5a3ec84eff668545956fd18022155c47e93e2684",
    "Check",
    "Run repo-sync",
    "Publish",
    "Run repo-sync",
];

fn subjects(mirror: &BareMirror) -> String {
    mirror.git().run(["log", "--format=%s", "main"])
}

#[test]
fn a_push_to_main_is_published_over_ssh() {
    let mut env = env(history().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    let sshd = Sshd::start(env.repo().scratch());
    let sync = workflow("sync.yml");
    let ready = |env: &TestEnv| {
        let mut runner = runner(env);
        runner.contexts.set("vars.REPO_SYNC_MIRROR", sshd.url(mirror.path()));
        runner.contexts.set("vars.REPO_SYNC_MIRROR_TO_READ", mirror.path().to_string_lossy());
        runner.contexts.set("vars.REPO_SYNC_KNOWN_HOSTS", sshd.known_hosts());
        runner.contexts.set("secrets.REPO_SYNC_DEPLOY_KEY", sshd.deploy_key());
        runner
    };

    let mut machine = ready(&env);
    let ended = machine.run(&sync, "sync");
    assert!(!ended.failed, "{}", ended.log);
    assert_eq!(ended.steps, SYNC);
    assert_eq!(subjects(&mirror), "say hello\nstart");
    assert!(left_keys(&env).is_empty(), "the key is gone with the step");
    assert!(ended.summary.contains("public is synced"), "{}", ended.summary);

    // The next push finds what the cache kept of this one, and publishes what is new.
    machine.keep(".git/repo-sync");
    env.repo_mut().extend(|it| it.commit("more", |tree| tree.file("src/more.rs", "")));
    let ended = ready(&env).run(&sync, "sync");
    assert!(!ended.failed, "{}", ended.log);
    assert_eq!(subjects(&mirror), "more\nsay hello\nstart");

    // What is refused is refused before the key is there.
    env.repo_mut().extend(|it| it.commit("leak", |tree| tree.file("src/x.rs", "cloud/bill.rs\n")));
    let ended = ready(&env).run(&sync, "sync");
    assert!(ended.failed, "{}", ended.log);
    assert_eq!(ended.steps, SYNC[..4]);
    let error = "::error file=src/x.rs,line=1,title=private-reference::";
    assert!(ended.log.contains(error), "{}", ended.log);
    assert_eq!(ended.outputs["run.outcome"], "refused");
    assert_eq!(subjects(&mirror), "more\nsay hello\nstart");
}

/// Directories of keys that are still on the runner.
fn left_keys(env: &TestEnv) -> Vec<PathBuf> {
    let temp = fs::read_dir(env.join("runner")).expect("it is there");
    let paths = temp.map(|entry| entry.expect("it can be listed").path());
    paths.filter(|path| path.to_string_lossy().contains("key")).collect()
}

#[test]
fn a_key_needs_the_keys_of_its_host() {
    let env = env(history().build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    let mut machine = runner(&env);
    machine.contexts.set("vars.REPO_SYNC_MIRROR", mirror.path().to_string_lossy());
    machine.contexts.set("secrets.REPO_SYNC_DEPLOY_KEY", "a key");
    let ended = machine.run(&workflow("sync.yml"), "sync");
    assert!(ended.failed && ended.log.contains("as known-hosts"), "{}", ended.log);
    assert!(mirror.refs().is_empty() && left_keys(&env).is_empty());
}

#[test]
fn where_no_mirror_is_named_there_is_nothing_to_do() {
    let env = env(history().build());
    for (name, job) in [("sync.yml", "sync"), ("pr.yml", "exposure")] {
        let ended = runner(&env).run(&workflow(name), job);
        assert_eq!((ended.steps.len(), ended.failed), (0, false), "{name}");
    }
}

/// A pull request of these changes, as the forge has it: merged already, for a try.
fn pull(change: fn(Tree) -> Tree) -> Ended {
    let history = history()
        .branch("feature", "say hello")
        .commit("a change", change)
        .on("main")
        .commit("meanwhile", |tree| tree.file("cloud/bill.rs", "// twice\n"));
    let merge = history.branch("try", "meanwhile").merge("merged", ["feature"], |tree| tree);
    let merged = merge.find("merged");
    let env = env(merge.any_ref("refs/pull/7/merge", merged).delete_branch("try").build());
    let mut machine = runner(&env);
    machine.contexts.set("github.ref", "refs/pull/7/merge");
    machine.contexts.set("github.base_ref", "main");
    machine.contexts.set("vars.REPO_SYNC_MIRROR", "https://example.com/acme/widget.git");
    machine.run(&workflow("pr.yml"), "exposure")
}

/// The text with `<id>` for each abbreviated id: they hang on our action's bytes.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 10 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let shown = words.map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_id(bare) { word.replace(bare, "<id>") } else { word.to_owned() }
    });
    shown.collect()
}

#[test]
fn a_pull_request_shows_what_it_would_make_public() {
    let ended = pull(|tree| {
        tree.file("docs/public/guide.md", "Turn it on.\n")
            .file("src/lib.rs", "pub fn goodbye() {}\n")
            .file("cloud/plan.md", "secret\n")
    });
    assert!(!ended.failed, "{}", ended.log);
    assert_snapshot!(without_ids(&ended.log), @r#"
    check of origin/main..HEAD for public
      commits  2: 2 would become public, 0 are already, 0 would not
      files    1 newly public, 1 changed, 0 leaving
        + docs/guide.md  (docs/public/guide.md)
        ~ src/lib.rs
      authors  A U Thor (2)

    publish <id> -> <id>  merged
    publish <id> -> <id>  a change
    ::warning title=mixed-commit::in <id>%0Athis commit changes private paths as well, and its message becomes public; next time, make two of it
    ::notice file=docs/public/guide.md,title=newly public::once this is merged, everybody can read `docs/guide.md`
    "#);
    assert_snapshot!(without_ids(&ended.summary), @r#"
    ### repo-sync check: public has something to take

    2 private commits: 2 published, 0 dropped, 0 already public.

    #### Warnings

    | Check | Commit | Path | Rule | Hint |
    |---|---|---|---|---|
    | mixed-commit | <id> | – | – | this commit changes private paths as well, and its message becomes public; next time, make two of it |

    Merging this would publish 2 commits: 1 file newly public, 1 changed, 0 leaving.

    | | Public file | Private file | First in |
    |---|---|---|---|
    | newly public | docs/guide.md | docs/public/guide.md | <id> |
    | changed | src/lib.rs | src/lib.rs | <id> |

    | Private | Public | Author | Subject |
    |---|---|---|---|
    | <id> | <id> | A U Thor | merged |
    | <id> | <id> | A U Thor | a change |
    "#);
}

#[test]
fn a_pull_request_that_leaks_is_refused() {
    let leak = |tree: Tree| tree.file("src/x.rs", "include_str!(\"../cloud/bill.rs\");\n");
    let ended = pull(leak);
    assert!(ended.failed, "{}", ended.log);
    assert_snapshot!(without_ids(&ended.summary), @r#"
    ### repo-sync check: public is refused

    2 private commits: 2 published, 0 dropped, 0 already public.

    #### Refusals

    | Check | Commit | Path | Rule | Hint |
    |---|---|---|---|---|
    | private-reference | <id> | src/x.rs:1 | built-in \`cloud\` | it names the private path \`cloud/bill.rs\`; reword it, or waive it if that name may be public |

    Merging this would publish 2 commits: 1 file newly public, 0 changed, 0 leaving.

    | | Public file | Private file | First in |
    |---|---|---|---|
    | newly public | src/x.rs | src/x.rs | <id> |

    | Private | Public | Author | Subject |
    |---|---|---|---|
    | <id> | <id> | A U Thor | merged |
    | <id> | <id> | A U Thor | a change |
    "#);
    // Not by an edit of the gate, either: it is the base's.
    let ended = pull(|tree| {
        let gone = "runs:\n  using: composite\n  steps: []\n";
        tree.file("action.yml", gone).file("src/x.rs", "// see cloud/bill.rs\n")
    });
    assert!(ended.failed && ended.log.contains("private-reference"), "{}", ended.log);
}

/// Where nothing is installed, the action builds the program from its own source.
#[test]
#[ignore = "builds the program once more: takes minutes"]
fn the_action_brings_its_program() {
    let project = |mut tree: Tree| {
        for path in project_files() {
            let bytes = fs::read(root().join(&path)).expect("a file of the workspace");
            tree = tree.file(&path, bytes);
        }
        tree.file("sync.toml", "version = 1\ninclude = [\"LICENSE\"]\n[mirror.public]\n")
    };
    let env = env(History::new().commit("the project", project).build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    // Always in the same place, so that cargo finds what it built there the last time.
    let place = env!("CARGO_TARGET_TMPDIR");
    let mut machine = Runner::new(&env).working_in(Path::new(place).join("workspace"));
    machine.contexts.set("vars.MIRROR", mirror.path().to_string_lossy());
    let workflow = env.join("workflow.yml");
    // As in docs/guide/ci.md, but built as the tests are.
    let text = "on: push\npermissions: {}\njobs: {sync: {if: vars.MIRROR, steps: [\
        {uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683, \
         with: {fetch-depth: 0, persist-credentials: false, ref: main}}, \
        {uses: ./, id: sync, with: {to: '${{ vars.MIRROR }}', profile: dev}}]}}\n";
    fs::write(&workflow, text).expect("the scratch place is writable");
    let ended = machine.run(&read(&workflow), "sync");
    assert!(!ended.failed, "{}", ended.log);
    assert_eq!(ended.steps[1..], ["./", "Build repo-sync", "Run repo-sync"]);
    assert_eq!(ended.outputs["sync.outcome"], "done");
    assert_eq!(ended.outputs["sync.exit-status"], "0");
    assert_eq!(subjects(&mirror), "the project");
}

/// What the program is built from.
fn project_files() -> Vec<String> {
    fn collect(path: &str, found: &mut Vec<String>) {
        let full = root().join(path);
        if !full.is_dir() {
            return found.extend(full.exists().then(|| path.to_owned()));
        }
        for entry in fs::read_dir(full).expect("a folder of the workspace can be read") {
            let entry = entry.expect("a folder of the workspace can be read");
            let name = entry.file_name().into_string().expect("our own file names are ASCII");
            if name != "target" {
                collect(&format!("{path}/{name}"), found);
            }
        }
    }
    let mut found = Vec::new();
    for path in
        [".cargo", "Cargo.lock", "Cargo.toml", "LICENSE", "action.yml", "cloud", "crates", "shared"]
    {
        collect(path, &mut found);
    }
    found
}

/// **Invariant:** no job has more rights than to read, but the one that pushes a branch here; and the
/// one that publishes runs whenever what it publishes changes.
#[test]
fn workflows_ask_for_no_more_than_they_need() {
    for name in ["sync.yml", "pr.yml", "ci.yml", "import.yml"] {
        let text = fs::read_to_string(root().join(".github/workflows").join(name));
        let text = text.expect("it is part of the workspace");
        assert!(text.contains("permissions:\n  contents: read\n"), "{name}");
    }
    let only_read = [("contents".to_owned(), "read".to_owned())];
    for name in ["sync.yml", "pr.yml", "import.yml"] {
        assert!(workflow(name).permissions.into_iter().eq(only_read.clone()), "{name}");
    }
    let import = workflow("import.yml");
    let may_push = [("contents".to_owned(), "write".to_owned())];
    assert!(import.permissions_of("import").clone().into_iter().eq(may_push));
    assert_eq!(import.steps_with("import", "github.token"), ["Push the branch"]);
    assert!(import.steps_with("import", "secrets.").is_empty(), "a stranger's commits get none");
    // A public clone has no manifest.
    let Ok(manifest) = fs::read_to_string(root().join("sync.toml")) else { return };
    let manifest: toml::Table = manifest.parse().expect("ours is valid");
    let include = manifest["include"].as_array().expect("a list").iter();
    let include: BTreeSet<_> = include.filter_map(toml::Value::as_str).collect();
    let on = workflow("sync.yml").on;
    let paths = on["push"]["paths"].as_array().expect("a list").iter();
    let paths: BTreeSet<_> =
        paths.filter_map(Value::as_str).map(|path| path.trim_end_matches("/**")).collect();
    let policy = BTreeSet::from(["sync.toml", "sync.lock"]);
    assert_eq!(paths, include.union(&policy).copied().collect());
}
