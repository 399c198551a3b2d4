// SPDX-License-Identifier: Apache-2.0
//! What a clone remembers of the runs before spares it work, and changes nothing: every
//! command says the same as in a clone that remembers nothing.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use repo_sync_shared::ObjectId;
use repo_sync_testing::{BareMirror, History, TestEnv, Tree};
use sha2::{Digest as _, Sha256};

use crate::common::{Case, env, for_each_seed, fresh_clone, json, map, sync};

/// In steps, and with more of the history each time.
#[test]
fn remembering_changes_nothing() {
    let [seeds, remembering, mapped] = [(); 3].map(|()| AtomicU32::new(0));
    for_each_seed(16, |case, _| {
        let clones = ["with", "without"].map(|name| {
            (fresh_clone(&case.env, name), case.generated.mirror(&format!("{name}.git")))
        });
        let homes = ["with", "without"].map(|name| case.env.join(name).join(".git/repo-sync"));
        let line = case.env.repo().git(["rev-list", "--first-parent", "--reverse", "main"]);
        let line: Vec<_> = line.lines().collect();
        let end = line.len() - 1;
        for step in [end / 3, end / 2, end * 3 / 4, end] {
            let said = clones.each_ref().map(|(clone, mirror)| {
                everything(case, clone, mirror, line[step], line[end / 2], || {
                    if mirror.path().ends_with("without.git") {
                        let _ = fs::remove_dir_all(&homes[1]);
                    }
                })
            });
            let [with, without] = &said;
            for (with, without) in with.iter().zip(without) {
                assert_eq!(with, without, "{}", case.generated.description);
            }
            let [with, without] = clones.each_ref().map(|(_, mirror)| mirror.refs());
            assert_eq!(with, without, "{}", case.generated.description);
        }
        // What published nothing has nothing to remember.
        if !clones[0].1.refs().is_empty() {
            seeds.fetch_add(1, Ordering::Relaxed);
            for (count, file) in [(&remembering, "ledger"), (&mapped, "atlas")] {
                let remembers = homes[0].join("public").join(file).exists();
                count.fetch_add(u32::from(remembers), Ordering::Relaxed);
            }
        }
    });
    // Some histories have something to be told each time, or mask what refs reach.
    let [seeds, remembering, mapped] = [seeds, remembering, mapped].map(AtomicU32::into_inner);
    assert!(remembering * 2 > seeds, "only {remembering} of {seeds} clones remember anything");
    assert!(mapped * 3 > seeds, "only {mapped} of {seeds} clones remember directories");
}

/// What each command says of a clone, without the name of the mirror. Before each comes
/// `before`.
fn everything(
    case: &Case,
    clone: &TestEnv,
    mirror: &BareMirror,
    rev: &str,
    middle: &str,
    before: impl Fn(),
) -> Vec<String> {
    let to = mirror.path().to_string_lossy();
    let range = format!("{middle}..main");
    let several_seams =
        case.env.repo().git(["show", "main:sync.toml"]).matches("[[seam]]").count() > 1;
    let mut said = Vec::new();
    for command in [
        &["plan", "--to", &to][..],
        &["plan", rev, "--to", &to],
        &["check", "--range", &range],
        &["map"],
        // With several seams on a line, what is published behind the last one is another
        // history than the one that it begins.
        &["sync", if several_seams { "main" } else { rev }, "--to", &to],
        &["plan", "--to", &to],
    ] {
        before();
        let screen = clone.run(command.iter().chain(&["--format", "json"]));
        said.push(format!("{command:?} {}\n{}", screen.status, screen.stdout));
    }
    said.iter().map(|said| said.replace(&*to, "MIRROR")).collect()
}

const MANIFEST: &str = r#"version = 1
include = ["src"]
[mirror.public]
url = "https://example.com/acme/widget.git"
branches = ["main", "release/*"]
"#;

/// Bytes that say enough to be known again.
const TELLING: &str =
    "fn bill() {\n    charge(every, customer);\n    twice(when, nobody, looks);\n}\n";

fn file(name: &str) -> impl Fn(Tree) -> Tree {
    move |tree| tree.file(format!("src/{name}.rs"), name)
}

/// A mirror that holds everything, and a clone that remembers it.
fn published() -> (TestEnv, BareMirror) {
    let history = History::new()
        .commit("one", |tree| file("one")(tree.file("sync.toml", MANIFEST)))
        .commit("hidden", |tree| tree.file("cloud/bill.rs", TELLING))
        .commit("two", |tree| file("two")(tree.delete("cloud/bill.rs")))
        .commit("three", file("three"));
    let env = env(history.build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    sync(&env, &mirror, None);
    assert!(ledger(&env).exists());
    (env, mirror)
}

fn ledger(env: &TestEnv) -> PathBuf {
    env.repo().path().join(".git/repo-sync/public/ledger")
}

fn forget(env: &TestEnv) {
    let _ = fs::remove_file(ledger(env));
}

/// How the next run ends after a change, whether the clone remembers anything or not:
/// alike.
#[track_caller]
fn check(change: impl Fn(&mut TestEnv, &BareMirror), status: i32, outcome: &str) {
    let [with, without] = [false, true].map(|forgets| {
        let (mut env, mirror) = published();
        change(&mut env, &mirror);
        if forgets {
            forget(&env);
        }
        let said = json(&env, "sync", None, mirror.path(), status);
        assert_eq!(said["outcome"], outcome, "{said:#}");
        mirror.git().run(["fsck", "--full", "--strict"]);
        (said, mirror.refs(), map(&env))
    });
    assert_eq!(with, without);
}

#[test]
fn nothing_is_read_that_is_remembered() {
    let (mut env, mirror) = published();
    env.repo_mut().extend(|it| it.commit("four", file("four")));
    env.repo().loosen();
    for name in ["one", "hidden"] {
        let id = env.repo().id(name).to_string();
        let object = env.repo().path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        fs::remove_file(object).expect("every object was loosened");
    }
    assert_eq!(sync(&env, &mirror, None)["outcome"], "synced");
    forget(&env);
    assert_eq!(json(&env, "sync", None, mirror.path(), 3)["outcome"], "refused");
}

/// A clone that only checks remembers too: somebody waits for a hook.
#[test]
fn a_check_leaves_what_the_next_one_need_not_read() {
    let (env, _) = published();
    forget(&env);
    let check = || env.run(["check", "--range", "main~1..main", "--format", "json"]).stdout;
    let first = check();
    assert!(ledger(&env).exists());
    assert_eq!(check(), first);
    // One of the past leaves it as it is.
    let kept = fs::read(ledger(&env)).expect("it was written");
    env.run(["check", "--range", "main~3..main"]);
    assert_eq!(fs::read(ledger(&env)).expect("it is there"), kept);
}

#[test]
fn what_comes_after_is_replayed() {
    check(|_, _| {}, 0, "up-to-date");
    let more = |more: fn(History) -> History| {
        move |env: &mut TestEnv, _: &BareMirror| env.repo_mut().extend(more)
    };
    check(more(|it| it.commit("four", file("four"))), 0, "synced");
    check(more(|it| it.commit("four", |tree| tree.file("cloud/four.rs", "4"))), 0, "up-to-date");
    check(more(|it| it.branch("release/1", "one").commit("fix", file("fix"))), 0, "synced");
    check(more(|it| it.branch("release/1", "hidden")), 0, "synced");
    let merged = |it: History| {
        let topic = it.branch("topic", "hidden").commit("a", |tree| tree.file("cloud/a.rs", "a"));
        topic.on("main").merge("join", ["topic"], |tree| tree).commit("five", file("five"))
    };
    check(more(merged), 0, "synced");
    let quoted = |it: History| it.commit("Revert 1234567 and deadbeef", file("four"));
    check(more(quoted), 0, "synced");
}

/// A message that names a published commit names its image.
#[test]
fn ids_of_what_is_remembered_become_those_of_the_images() {
    let quote = |env: &mut TestEnv, _: &BareMirror| {
        let id = env.repo().id("two").to_string();
        env.repo_mut().extend(|it| it.commit(&*format!("Revert {}", &id[..12]), file("four")));
    };
    check(quote, 0, "synced");
    let private = |env: &mut TestEnv, _: &BareMirror| {
        let id = env.repo().id("hidden").to_string();
        env.repo_mut().extend(|it| it.commit(&*format!("Revert {}", &id[..12]), file("four")));
    };
    check(private, 3, "refused");
}

#[test]
fn what_was_private_is_remembered() {
    let copy = |env: &mut TestEnv, _: &BareMirror| {
        env.repo_mut().extend(|it| it.commit("copy", |tree| tree.file("src/bill.rs", TELLING)));
    };
    check(copy, 3, "refused");
}

/// Where the mirror or the manifest are not what they were, all is replayed again.
#[test]
fn other_terms_begin_anew() {
    let back = |_: &mut TestEnv, mirror: &BareMirror| {
        mirror.git().run(["update-ref", "refs/heads/main", "main~"]);
    };
    check(back, 0, "synced");
    let gone = |_: &mut TestEnv, mirror: &BareMirror| {
        mirror.git().run(["update-ref", "-d", "refs/heads/main"]);
    };
    check(gone, 0, "synced");
    let withheld = |env: &mut TestEnv, _: &BareMirror| {
        let id = env.repo().id("three");
        let text = format!("{MANIFEST}[[withhold]]\ncommits = \"{id}\"\nreason = \"too late\"\n");
        env.repo_mut().extend(|it| it.commit("withhold", |tree| tree.file("sync.toml", &*text)));
    };
    check(withheld, 4, "diverged");
    let rewound = |env: &mut TestEnv, _: &BareMirror| {
        env.repo().git(["update-ref", "refs/heads/main", "main~"]);
    };
    check(rewound, 0, "up-to-date");
    let another_root = |env: &mut TestEnv, _: &BareMirror| {
        env.repo_mut().extend(|it| {
            let other = it
                .orphan("other")
                .commit("root", |tree| file("root")(tree.file("sync.toml", MANIFEST)));
            other.on("main").merge("join", ["other"], |tree| file("root")(tree))
        });
    };
    check(another_root, 3, "refused");
}

/// A ledger that is damaged, or of another repository, is none.
#[test]
fn a_broken_ledger_says_nothing() {
    let four = |env: &mut TestEnv| env.repo_mut().extend(|it| it.commit("four", file("four")));
    for at in [0, 20, 60, 200, 400] {
        let flip = |env: &mut TestEnv, _: &BareMirror| {
            four(env);
            let mut bytes = fs::read(ledger(env)).expect("it is there");
            bytes[at] ^= 1;
            fs::write(ledger(env), bytes).expect("it is ours");
        };
        check(flip, 0, "synced");
    }
    let other = |env: &mut TestEnv, _: &BareMirror| {
        four(env);
        let history = History::new()
            .commit("elsewhere", |tree| file("other")(tree.file("sync.toml", MANIFEST)));
        let elsewhere = crate::common::env(history.build());
        let mirror = BareMirror::new(elsewhere.repo().scratch(), "mirror.git");
        sync(&elsewhere, &mirror, None);
        fs::copy(ledger(&elsewhere), ledger(env)).expect("both are there");
    };
    check(other, 0, "synced");
}

/// A rule that may match anywhere: each directory has to be opened to know.
const SCATTERED: &str = r#"version = 1
include = ["*"]
exclude = ["**/private-*"]
[mirror.public]
url = "https://example.com/acme/widget.git"
branches = ["main"]
"#;

/// A mirror that holds two commits, and a clone that remembers the directories that it
/// shows.
fn mapped() -> (TestEnv, BareMirror) {
    let package = |name: &str| format!("[package]\nname = \"{name}\"\n");
    let history = History::new()
        .commit("one", |tree| {
            ["near", "far"]
                .iter()
                .fold(tree.file("sync.toml", SCATTERED), |tree, at| {
                    tree.file(format!("{at}/shown.rs"), *at).file(format!("{at}/private-x.rs"), *at)
                })
                .file("far/private-bill/Cargo.toml", package("acme-billing"))
        })
        .commit("two", |tree| tree.file("near/shown.rs", "two"));
    let env = env(history.build());
    let mirror = BareMirror::new(env.repo().scratch(), "mirror.git");
    sync(&env, &mirror, Some("main~1"));
    assert!(!atlas(&env).exists(), "a clone that is used once has no use for it");
    sync(&env, &mirror, None);
    assert!(atlas(&env).exists());
    (env, mirror)
}

fn atlas(env: &TestEnv) -> PathBuf {
    env.repo().path().join(".git/repo-sync/public/atlas")
}

/// How the next sync ends, once with what is remembered and `forged`, once without: alike.
#[track_caller]
fn check_mapped(forged: impl Fn(&TestEnv), next: fn(Tree) -> Tree, status: i32) {
    let [with, without] = [false, true].map(|forgets| {
        let (mut env, mirror) = mapped();
        forged(&env);
        if forgets {
            fs::remove_file(atlas(&env)).expect("it is there");
        }
        env.repo_mut().extend(|it| it.commit("three", next));
        let said = json(&env, "sync", None, mirror.path(), status);
        mirror.git().run(["fsck", "--full", "--strict"]);
        (said, mirror.refs(), map(&env))
    });
    assert_eq!(with, without);
}

#[test]
fn directories_that_are_remembered_are_not_opened() {
    let (mut env, _) = mapped();
    env.repo_mut().extend(|it| it.commit("three", |tree| tree.file("near/shown.rs", "three")));
    env.repo().loosen();
    let id = env.repo().git(["rev-parse", "main:far"]);
    let object = env.repo().path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::remove_file(object).expect("every object was loosened");
    let check = |status| env.run(["check", "--range", "main~1..main"]).expect(status);
    check(0);
    fs::remove_file(atlas(&env)).expect("it is there");
    check(3);
}

#[test]
fn what_is_remembered_of_directories_changes_nothing() {
    let check = |next: fn(Tree) -> Tree, status| check_mapped(|_| {}, next, status);
    check(|tree| tree.file("near/shown.rs", "three"), 0);
    check(|tree| tree.file("near/private-x.rs", "three"), 0);
    check(|tree| tree.file("far/deep/private-y", "y").file("far/deep/shown", "y"), 0);
    check(|tree| tree.delete("far/shown.rs"), 0);
    // What is looked for stands in a directory that did not change.
    check(|tree| tree.file("near/Cargo.toml", "[dependencies]\nacme-billing = \"1\"\n"), 3);
    check(|tree| tree.file("near/shown.rs", "// see far/private-bill/Cargo.toml\n"), 3);
    // And where other rules are in play, it is another directory.
    let other = |tree: Tree| tree.file("sync.toml", SCATTERED.replace("private-*", "private-b*"));
    check(other, 0);
    let less = |tree: Tree| tree.file("sync.toml", SCATTERED.replace("private-*", "shown*"));
    check(less, 0);
}

#[test]
fn what_is_damaged_is_not_remembered() {
    for at in [0, 20, 50, 60, 200] {
        let flip = |env: &TestEnv| {
            let mut bytes = fs::read(atlas(env)).expect("it is there");
            bytes[at] ^= 1;
            fs::write(atlas(env), bytes).expect("it is ours");
        };
        check_mapped(flip, |tree| tree.file("near/shown.rs", "three"), 0);
    }
}

/// Who writes one under a right digest, in which a private directory is shown as it is, gets
/// nothing published: the verifier has never heard of it.
#[test]
fn nothing_is_published_that_was_only_remembered() {
    let (mut env, mirror) = mapped();
    let before = mirror.refs();
    let id = |text: String| text.trim().parse::<ObjectId>().expect("git prints an id");
    let image = map(&env).pop().expect("there are two").1;
    let public = id(mirror.git().run(["rev-parse", &format!("{image}:far")]));
    let private = id(env.repo().git(["rev-parse", "main:far"]));
    let bytes = fs::read(atlas(&env)).expect("it is there");
    let (body, _) = bytes.split_at(bytes.len() - 32);
    let at = body.windows(20).position(|id| id == public.as_bytes()).expect("it is remembered");
    let mut forged = body.to_vec();
    forged[at..at + 20].copy_from_slice(private.as_bytes());
    let digest = Sha256::digest(&forged);
    forged.extend(digest);
    fs::write(atlas(&env), forged).expect("it is ours");
    env.repo_mut().extend(|it| it.commit("three", |tree| tree.file("near/shown.rs", "three")));
    let to = mirror.path().to_string_lossy().into_owned();
    let screen = env.run(["sync", "--to", &to]);
    assert!(screen.stderr.contains("verifier-disagrees"), "{screen}");
    assert_eq!((screen.status, mirror.refs()), (3, before), "{screen}");
}
