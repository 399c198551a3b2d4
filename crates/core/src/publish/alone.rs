// SPDX-License-Identifier: Apache-2.0
//! The verifier without the other guards: a sync without its canaries and checks, on
//! many histories, each held against the oracle.
//!
//! On a sound engine there is nothing to stop. `crates/testing/bugs/run` puts a bug
//! into the engine first, and reads the line of counts that the test prints.

use std::fmt;
use std::panic::catch_unwind;

use repo_sync_shared::{Check, Finding, ObjectId, Outcome};
use repo_sync_testing::{BareMirror, CommitText, History, Oracle, Repo, TagText, Tree, generate};

use super::tests::{environment, request};
use super::{canary, carry_out, hints, read_refs, stage};
use crate::error::RunError;
use crate::git::{Address, PrivateRepo};
use crate::plan::Plan;
use crate::progress::Silent;
use crate::session::{Session, SessionOptions};
use crate::staging::Staging;

/// How many generated histories are published beside those made by hand.
const SEEDS: u64 = 24;

#[test]
#[ignore = "for an engine with a bug in it: see `crates/testing/bugs/run`"]
fn what_the_verifier_stops_by_itself() {
    let mut tally = Tally::default();
    for history in by_hand() {
        let repo = history.build();
        let mirror = BareMirror::new(repo.scratch(), "mirror.git");
        tally.publish(&repo, &mirror);
    }
    for seed in 0..SEEDS {
        let generated = generate(seed);
        tally.publish(&generated.repo, &generated.mirror("mirror.git"));
    }
    report(&tally.to_string());
    assert_eq!(tally.published_falsely, 0, "the mirror shows what the oracle would not");
    assert_eq!(tally.failed, 0, "the engine itself gave up");
}

/// What became of the histories.
#[derive(Default)]
struct Tally {
    /// The verifier, and nobody else, ended the run, and the mirror is as it was.
    stopped: usize,
    /// The mirror shows something else than the oracle says.
    published_falsely: usize,
    /// The mirror is as the oracle says.
    published: usize,
    /// The engine itself gave up.
    failed: usize,
    /// The canaries would have ended the run before anything was staged.
    seen_by_canaries: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stopped, published_falsely, published, failed, seen_by_canaries } = self;
        write!(
            f,
            "verifier alone: stopped={stopped} published-falsely={published_falsely} \
             published={published} failed={failed} seen-by-canaries={seen_by_canaries}"
        )
    }
}

impl Tally {
    /// Publishes a repository with the verifier as the only guard.
    fn publish(&mut self, repo: &Repo, mirror: &BareMirror) {
        let expected = Oracle::read(repo.scratch(), &repo.git_here(), "public").judge().refs;
        let expected = expected.into_iter().map(|(name, id)| (name, id.to_string())).collect();
        let before = mirror.refs();
        let address = Address::Path(mirror.path().to_owned());
        // A bug may well break what the engine relies on.
        let ending = catch_unwind(|| sync(repo, &address));
        let ending = ending.unwrap_or(Ok(Ending::Panicked));
        let shown = mirror.refs();
        match ending {
            Ok(Ending::Published { canaries }) => {
                self.seen_by_canaries += usize::from(canaries > 0);
                if shown == expected { self.published += 1 } else { self.published_falsely += 1 }
            }
            Ok(Ending::Stopped { canaries, refusals }) => {
                self.seen_by_canaries += usize::from(canaries > 0);
                let others = refusals.iter().find(|one| one.check != Check::VerifierDisagrees);
                assert_eq!(others, None, "only the verifier is asked");
                assert_eq!(shown, before, "a run that is stopped publishes nothing");
                self.stopped += 1;
            }
            Ok(Ending::Panicked) => self.failed += 1,
            Err(err) => {
                report(&err.to_string());
                self.failed += 1;
            }
        }
    }
}

/// How one run ended; `canaries` are the faults that the canaries would have told of.
enum Ending {
    Published { canaries: usize },
    Stopped { canaries: usize, refusals: Vec<Finding> },
    Panicked,
}

/// What `super::sync` does, without the canaries and whatever else finds fault before
/// the verifier.
fn sync(repo: &Repo, address: &Address) -> Result<Ending, RunError> {
    let private = PrivateRepo::discover(repo.path()).expect("it was just built");
    let environment = environment();
    let request = request(address, &environment);
    let objects = private.objects().expect("it has objects");
    let mut session = Session::open(&private, &objects, &SessionOptions::default(), &[], &Silent)?;
    let remote = read_refs(&request, &Silent)?;
    hints::recognise(&mut session, &remote, &Silent);
    let mut plan = Plan::make(&mut session, &request.with(&remote))?;
    let canaries = canary::probe(session.replay.objects(), &session.policy)?.len();
    plan.refusals.clear();
    if plan.outcome() == Outcome::UpToDate {
        return Ok(Ending::Published { canaries });
    }
    let mut staging = Staging::open(&private, "public", &environment)?;
    stage(&mut session, &request, &mut staging, &mut plan, &remote, &Silent)?;
    if !plan.refusals.is_empty() {
        return Ok(Ending::Stopped { canaries, refusals: plan.refusals });
    }
    carry_out(&session, &request, &staging, &plan, &remote, &Silent)?;
    Ok(Ending::Published { canaries })
}

#[expect(clippy::print_stderr, reason = "a test's words for the script that runs it")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Histories with what generated ones seldom hold.
fn by_hand() -> Vec<History> {
    vec![floor(), folding(), own_lists(), moves(), twins(), words(), edits(), graph()]
}

/// A manifest of these lines before the mirror's table, and of those in it.
fn manifest(shared: &str, own: &str) -> String {
    format!("version = 1\n{shared}\n[mirror.public]\ntags = [\"v*\"]\n{own}\n")
}

/// Everything is included, and only the floor holds something back.
fn floor() -> History {
    let manifest = manifest("include = [\"**\"]\nprivate = [\"secrets\"]", "");
    History::new().commit("start", |tree: Tree| {
        let tree = tree.file("sync.toml", manifest).file("src/a", "a\n");
        tree.file("secrets/key", "never-shown\n").file("cloud/x", "never-shown\n")
    })
}

/// Names that an exclude rule holds back in another spelling.
fn folding() -> History {
    let rules = "include = [\"src\"]\nexclude = [\"src/caf\u{e9}\", \"src/internal\"]";
    History::new().commit("start", |tree: Tree| {
        let tree = tree.file("sync.toml", manifest(rules, "")).file("src/a", "a\n");
        let tree = tree.file("src/Cafe\u{301}/plan", "never-shown\n");
        tree.file("src/Internal. /plan", "never-shown\n")
    })
}

/// The mirror's own lists stand in the place of the shared ones.
fn own_lists() -> History {
    let shared = "include = [\"docs\", \"src\"]\nexclude = [\"src/a\"]";
    let own = "include = [\"src\"]\nexclude = [\"src/b\"]";
    History::new().commit("start", |tree: Tree| {
        let tree = tree.file("sync.toml", manifest(shared, own)).file("docs/x", "never-shown\n");
        tree.file("src/a", "a\n").file("src/b", "never-shown\n")
    })
}

/// Two manifests that differ in where one directory goes.
fn moves() -> History {
    let to = |to: &str| {
        let rules = format!("include = [\"src\"]\n[[move]]\nfrom = \"src\"\nto = \"{to}\"");
        manifest(&rules, "")
    };
    History::new()
        .commit("start", |tree: Tree| tree.file("sync.toml", to("one")).file("src/a", "a\n"))
        .commit("elsewhere", |tree| tree.file("sync.toml", to("two")))
}

/// The same directory in two places, to be treated differently.
fn twins() -> History {
    let rules = "include = [\"src\"]\nexclude = [\"src/a/x\", \"src/b/y\"]";
    History::new().commit("start", |tree: Tree| {
        let tree = tree.file("sync.toml", manifest(rules, ""));
        ["src/a", "src/b"].into_iter().fold(tree, |tree, dir| {
            let tree = tree.file(format!("{dir}/x"), "x\n").file(format!("{dir}/y"), "y\n");
            tree.symlink(format!("{dir}/link"), "x")
                .gitlink(format!("{dir}/module"), ObjectId::from_bytes([0x11; 20]))
        })
    })
}

/// Messages that must not pass as they are, and headers that must not pass at all.
fn words() -> History {
    let rules = "include = [\"src\"]";
    let replaced = manifest(rules, "[message]\nmode = \"replace\"\ntext = \"Snapshot\"");
    let latin = CommitText::raw("latin", &b"never-shown: caf\xe9\n"[..])
        .header("encoding", "ISO-8859-1")
        .header("gpgsig", "never-shown\n by anybody");
    History::new()
        .commit("start", |tree: Tree| tree.file("sync.toml", replaced).file("src/a", "a\n"))
        .commit(latin, |tree| tree.file("src/b", "b\n"))
        .annotate("v1", "latin", TagText::raw(&b"never-shown: caf\xe9\n"[..]).signed())
}

/// What a commit's own manifest no longer shows is gone in that very commit.
fn edits() -> History {
    let wide = manifest("include = [\"src\", \"docs\"]", "");
    let narrow = manifest("include = [\"src\"]", "");
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", wide).file("src/a", "a\n").file("docs/a", "a\n")
        })
        .commit("narrower", |tree| {
            tree.file("sync.toml", narrow).file("docs/plan", "never-shown\n")
        })
        .commit("more", |tree| tree.file("src/b", "b\n"))
}

/// Merges of sides that were dropped in part, and tags on what has no image.
fn graph() -> History {
    let side = |name: &'static str| move |tree: Tree| tree.file(format!("src/{name}"), name);
    let hidden = |name: &'static str| move |tree: Tree| tree.file(format!("cloud/{name}"), name);
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", manifest("include = [\"src\"]", "")).file("src/a", "a\n")
        })
        .branch("side", "start")
        .commit("shown", side("shown"))
        .on("main")
        .commit("hidden", hidden("hidden"))
        .tag("v1")
        .merge("a hidden first parent", ["side"], |tree| tree)
        .branch("other", "start")
        .commit("hidden too", hidden("other"))
        .on("main")
        .merge("a hidden second parent", ["other"], side("late"))
        .annotate("v2", "hidden too", "a tag on what is private")
}
