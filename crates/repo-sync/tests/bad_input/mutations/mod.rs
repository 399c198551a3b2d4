// SPDX-License-Identifier: Apache-2.0
//! Every way out for private material, and every input that was made to hurt, on
//! histories that differ each time: nothing of it is published.
//!
//! A run of `cargo test` takes two histories for each way. In full:
//!
//! ```text
//! REPO_SYNC_SEEDS=50 cargo test -p repo-sync --test bad_input mutations -- --nocapture
//! ```

mod leaks;
mod objects;
mod trees;

use std::collections::BTreeMap;
use std::io::Write as _;

use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use repo_sync_testing::{CommitText, History, Tree};

use crate::common::{Case, has, json};

const MANIFEST: &str = "version = 1\ninclude = [\"src\", \"docs\", \"*.toml\", \"*.lock\", \".gitmodules\"]\n\
                        exclude = [\"docs/internal\"]\nprivate = [\"secrets\"]\n\
                        [guard]\nsimilar-to-private = \"refuse\"\n\
                        [check]\nterms = [\"Bluebird\", \"Zaunk\u{f6}nig\"]\n\
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

/// One of these.
fn pick<T: Copy>(rng: &mut Rng, rows: &[T]) -> T {
    rows[rng.usize(..rows.len())]
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn file_at(rng: &mut Rng, history: History, path: String) -> History {
    let text = lines(rng);
    edit(history, |tree| tree.file(path, text))
}

/// What happens, which check finds it, and how it is done.
type Mutation = (&'static str, &'static str, fn(&mut Rng, History) -> History);

/// The same, done to the repository on disk.
type Damage = (&'static str, &'static str, fn(&mut Rng, &mut Case));

#[test]
fn no_way_out_is_open() {
    check_all(leaks::MUTATIONS, mutated);
}

#[test]
fn no_odd_tree_goes_through() {
    check_all(trees::MUTATIONS, mutated);
}

#[test]
fn no_odd_object_goes_through() {
    check_all(objects::DAMAGES, |rng, case, damage| damage(rng, case));
}

fn mutated(rng: &mut Rng, case: &mut Case, mutate: fn(&mut Rng, History) -> History) {
    case.extend(|history| mutate(rng, history));
}

/// Each one is refused by the check that is there for it, and the mirror keeps its
/// refs and its objects.
#[track_caller]
fn check_all<D: Copy>(
    ways: &[(&'static str, &'static str, D)],
    go: impl Fn(&mut Rng, &mut Case, D),
) {
    let seeds = std::env::var("REPO_SYNC_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let seeds: u64 = seeds.unwrap_or(2);
    let mut open = BTreeMap::<&str, Vec<String>>::new();
    for &(what, check, deed) in ways {
        for seed in 0..seeds {
            let rng = &mut Rng::with_seed(seed);
            let mut case = Case::published(base(rng));
            go(rng, &mut case, deed);
            let before = case.state();
            let screen = case.run(&["sync", "--to", "$MIRROR", "--format", "json"]);
            let report = if screen.status == 3 { json(&screen) } else { serde_json::Value::Null };
            if case.state() != before || !has(&report["refusals"], check) {
                open.entry(what).or_default().push(format!("seed {seed}, `{check}`:\n{screen}"));
            }
        }
    }
    assert!(open.is_empty(), "of {} ways, {} are open: {open:#?}", ways.len(), open.len());
}
