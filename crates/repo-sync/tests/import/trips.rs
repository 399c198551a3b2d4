// SPDX-License-Identifier: Apache-2.0
//! There and back again, on generated histories: commits that somebody makes on the mirror
//! come in, are merged, and are public under the ids that they always had.
//!
//! A run of `cargo test` takes a few seeds of each law. The whole is
//!
//! ```text
//! REPO_SYNC_SEEDS=2000 cargo test -p repo-sync --test import trips -- --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use repo_sync_shared::ObjectId;
use repo_sync_testing::{
    BareMirror, Generated, Git, Judgement, Oracle, Screen, TestEnv, for_each_seed, generate,
};
use serde_json::Value;

use crate::common::{PULL, object, pairs, word};
use crate::outside::Outsider;

/// One contribution to whatever repository: its commits keep their ids, and no private
/// byte changes.
#[test]
fn contributions_come_back_as_they_were() {
    let trips = AtomicU64::new(0);
    let seeds = for_each_seed(24, |seed| {
        if let Some(mut trip) = Trip::start(seed) {
            trips.fetch_add(1, Ordering::Relaxed);
            trip.round();
            trip.rest();
        }
    });
    // Of a few histories nothing is public, so that nobody can contribute.
    let trips = trips.into_inner();
    assert!(seeds < 24 || trips * 3 > seeds * 2, "only {trips} of {seeds} seeds made a trip");
}

/// Ten rounds in both directions: nothing is ever brought back that went out, nor sent
/// that came in.
#[test]
fn ten_rounds_make_no_loop() {
    for_each_seed(4, |seed| {
        let Some(mut trip) = Trip::start(seed) else { return };
        for _ in 0..10 {
            trip.private_commits();
            trip.expect("sync", &[], 0);
            trip.round();
        }
        trip.rest();
    });
}

/// What happens to a contribution first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// It is merged on the mirror, and imported from its branch.
    MergedPublicly,
    /// It is imported from the ref of its pull request.
    PullRequest,
    /// It is imported from a fork.
    Fork,
}

/// A private repository and its mirror, going on together.
struct Trip {
    rng: Rng,
    env: TestEnv,
    mirror: BareMirror,
    outsider: Outsider,
    /// Whether messages are replaced, so that what is not public yet cannot come out as it
    /// was made.
    replaces: bool,
    /// The public commits that we published or brought in.
    ours: BTreeSet<ObjectId>,
    rounds: usize,
    description: String,
}

impl Trip {
    /// A generated repository, published; nothing if nothing of it is public.
    fn start(seed: u64) -> Option<Self> {
        let generated = generate(seed);
        let mirror = generated.mirror("mirror.git");
        let Generated { repo, description, .. } = generated;
        let manifest = repo.git(["show", "main:sync.toml"]);
        let env = TestEnv::new(env!("CARGO_BIN_EXE_repo-sync"), repo);
        let mut trip = Self {
            ours: BTreeSet::new(),
            rng: Rng::with_seed(seed ^ 0x7219),
            outsider: Outsider::new(seed),
            replaces: manifest.contains("mode = \"replace\""),
            env,
            mirror,
            rounds: 0,
            description,
        };
        trip.expect("sync", &[], 0);
        trip.ours = trip.judgement().trees.into_keys().collect();
        trip.mirror.refs().contains_key("refs/heads/main").then_some(trip)
    }

    /// The branch that a contribution is for: mostly `main`. What is merged where no manifest is
    /// in force any more stays private.
    fn target(&mut self) -> String {
        let refs = self.mirror.refs();
        let mut oracle = self.oracle();
        let mut is_governed = |name: &str| {
            let tip = self.env.repo().git(["rev-parse", &format!("{name}^0")]);
            oracle.public_tree(id(&tip)).is_some()
        };
        let private = self.env.repo().git(["for-each-ref", "--format=%(refname)", "refs/heads"]);
        let others = private.lines().filter(|name| refs.contains_key(*name));
        let others = others.filter(|name| is_governed(name));
        let others: Vec<_> = others.filter_map(|name| name.strip_prefix("refs/heads/")).collect();
        let other = if self.rng.u8(..3) == 0 { self.rng.choice(others) } else { None };
        other.unwrap_or("main").to_owned()
    }

    /// Somebody contributes, we import and merge, and publish.
    fn round(&mut self) {
        self.rounds += 1;
        let target = &*if self.replaces { "main".to_owned() } else { self.target() };
        let order = match self.rng.u8(..3) {
            0 if !self.replaces => Order::PullRequest,
            1 if !self.replaces && target == "main" => Order::Fork,
            _ if target == "main" => Order::MergedPublicly,
            _ => Order::Fork,
        };
        let before = self.mirror.refs();
        let branch = format!("in/{}", self.rounds);
        let (made, rev, from) = self.contribute(order, target);
        if self.rng.u8(..3) == 0 {
            // Meanwhile we go on; nothing of that is public yet.
            self.private_commits();
        }
        if order == Order::MergedPublicly {
            let report = self.expect("sync", &[], 4);
            let foreign = report["foreign"].as_array().expect("a list");
            let foreign: BTreeSet<_> = foreign.iter().filter_map(Value::as_str).collect();
            assert_eq!(foreign, made.iter().map(String::as_str).collect(), "{self}");
        }
        let mut args = vec![&*rev, "--branch", &branch, "--allow", "**"];
        args.extend(from.iter().flat_map(|from| ["--from", from]));
        if target != "main" && self.is_narrower(&args) {
            return;
        }
        let dry = self.expect("import", &[&args[..], &["--dry-run"]].concat(), 0);
        let report = self.expect("import", &args, 0);
        assert_eq!((word(&dry, "outcome"), word(&report, "outcome")), ("planned", "synced"));
        assert_eq!(dry["commits"], report["commits"], "{self}");
        let imported = pairs(&report);
        let publics: BTreeSet<_> = imported.iter().map(|(public, _)| public.clone()).collect();
        assert_eq!(publics, made, "{self}: all that was made comes in, and nothing else");
        let again = self.expect("import", &args, 0);
        assert_eq!(word(&again, "outcome"), "up-to-date", "{self}");

        self.merge(&branch, target);
        self.expect("sync", &[], 0);
        self.check_public(&before, &made);
        self.check_private(&imported);
        let again = self.expect("import", &args, 0);
        assert_eq!(word(&again, "outcome"), "up-to-date", "{self}");
        assert_eq!(again["commits"], Value::Array(Vec::new()), "{self}");
        let again = self.expect("sync", &[], 0);
        assert_eq!(word(&again, "outcome"), "up-to-date", "{self}");
        let refs = self.mirror.refs();
        assert!(refs.len() >= before.len(), "{self}: a ref is gone");
    }

    /// Makes public commits; their ids, and what to import from where.
    fn contribute(
        &mut self,
        order: Order,
        target: &str,
    ) -> (BTreeSet<String>, String, Option<String>) {
        let private = self.env.repo().git_here();
        let mut history = self.outsider.contribute(&private, &self.mirror, &self.ours, target);
        let tip = history.find("contribution");
        let main = history.find(target);
        let ahead = history.ancestors(tip).contains(&main);
        let end = match order {
            Order::MergedPublicly if !ahead => {
                history =
                    history.on("main").merge("Merge a contribution", ["contribution"], |it| it);
                history.find("main")
            }
            _ => tip,
        };
        history = history.delete_branch("contribution").delete_branch("aside");
        let (rev, from) = match order {
            Order::MergedPublicly => {
                history = history.any_ref("refs/heads/main", end);
                self.mirror.store(&mut history);
                ("main".to_owned(), None)
            }
            Order::PullRequest => {
                history = history.any_ref(PULL, end);
                self.mirror.store(&mut history);
                (PULL.to_owned(), None)
            }
            Order::Fork => {
                let name = format!("fork-{}.git", self.rounds);
                let fork = self.mirror.fork(&name);
                fork.store(&mut history.any_ref("refs/heads/fix/a", end));
                ("fix/a".to_owned(), Some(format!("../{name}")))
            }
        };
        // From wherever it was stored.
        let place = from.as_ref().map_or_else(
            || self.mirror.git(),
            |from| self.env.repo().scratch().git(self.env.repo().path().join(from)),
        );
        let listed = place.run(["rev-list", &end.to_string(), &format!("^{main}")]);
        (listed.lines().map(str::to_owned).collect(), rev, from)
    }

    /// Whether what `main` publishes today is less than what another branch publishes, so that
    /// a contribution to that is refused.
    fn is_narrower(&self, args: &[&str]) -> bool {
        let to = self.mirror.path().to_string_lossy();
        let dry = ["import", "--to", &to, "--format", "json", "--dry-run"];
        let screen = self.env.run([&dry[..], args].concat());
        let report = object(&screen);
        let refusals = report["refusals"].as_array().expect("a list");
        screen.status == 3 && refusals.iter().all(|one| one["check"] == "import-path")
    }

    /// Brings an imported branch into another one, as it is.
    fn merge(&mut self, branch: &str, target: &str) {
        let (fast, rounds) = (self.rng.bool(), self.rounds);
        self.env.repo_mut().reread();
        self.env.repo_mut().extend(|history| {
            let (old, tip) = (history.find(target), history.find(branch));
            if fast && history.ancestors(tip).contains(&old) {
                return history.any_ref(&format!("refs/heads/{target}"), tip);
            }
            history.on(target).merge(format!("Bring in {rounds}"), [branch], |tree| tree)
        });
    }

    /// A few commits of our own: private, public, or both.
    fn private_commits(&mut self) {
        let count = self.rng.usize(1..=3);
        let mut words = Vec::new();
        for number in 0..count {
            let path = match self.rng.u8(..3) {
                0 => format!("src/p{}-{number}.rs", self.rounds),
                _ => format!("cloud/p{}-{number}", self.rounds),
            };
            words.push((path, self.outsider.word()));
        }
        self.env.repo_mut().reread();
        self.env.repo_mut().extend(|history| {
            words.iter().fold(history.on("main"), |history, (path, word)| {
                let message = format!("our own: {word}");
                history.commit(message, |tree| tree.file(path, format!("{word}\n")))
            })
        });
    }

    /// The mirror is what the contract says, and has each commit as it was made.
    #[track_caller]
    fn check_public(&mut self, before: &BTreeMap<String, String>, made: &BTreeSet<String>) {
        let judgement = self.judgement();
        let refs = self.mirror.refs();
        for (name, id) in &judgement.refs {
            assert_eq!(refs.get(name), Some(&id.to_string()), "{self}: {name}");
        }
        let git = self.mirror.git();
        let listed = git.run(["rev-list", "--branches", "--tags"]);
        let reached: BTreeSet<_> = listed.lines().collect();
        for id in made {
            assert!(reached.contains(&**id), "{self}: {id} was made and is not public");
        }
        for (name, id) in before.iter().filter(|(name, _)| judgement.refs.contains_key(*name)) {
            let moved = git.try_run(["merge-base", "--is-ancestor", id, &refs[name]]);
            assert!(moved.status.success(), "{self}: {name} went from {id} to {}", refs[name]);
        }
        git.run(["fsck", "--full", "--no-dangling"]);
        self.ours = judgement.trees.into_keys().collect();
    }

    /// Each imported commit changes nothing that is private, and its image is the public
    /// commit that it came from.
    #[track_caller]
    fn check_private(&self, imported: &[(String, String)]) {
        let git = self.env.repo().git_here();
        let mut trees = Vec::new();
        for (_, private) in imported {
            let parents = git.run(["rev-parse", &format!("{private}^@")]);
            let parents: Vec<_> = parents.lines().collect();
            let base = match parents[..] {
                [parent] => {
                    check_sections(&git, parent, private);
                    git.run(["rev-parse", &format!("{parent}^{{tree}}")])
                }
                [ours, theirs] => merged(&self.env, ours, theirs),
                _ => panic!("{private} has {} parents", parents.len()),
            };
            trees.push((
                id(private),
                id(&base),
                id(&git.run(["rev-parse", &format!("{private}^{{tree}}")])),
            ));
        }
        let mut oracle = self.oracle();
        let map: BTreeMap<_, _> = oracle.judge().map.into_iter().collect();
        for ((commit, base, tree), (public, _)) in trees.into_iter().zip(imported) {
            assert_eq!(map[&commit], Some(id(public)), "{self}: the image of {commit}");
            let leaves = |tree| {
                let mut leaves = oracle.private_leaves(commit, tree).expect("it has a policy");
                // Where a merge meets a file and a directory, git sets the file aside.
                leaves.retain(|(path, _, _)| !is_set_aside(path));
                leaves
            };
            assert_eq!(leaves(tree), leaves(base), "{self}: what {commit} keeps private");
        }
    }

    fn judgement(&self) -> Judgement {
        self.oracle().judge()
    }

    fn oracle(&self) -> Oracle {
        let repo = self.env.repo();
        Oracle::read(repo.scratch(), &repo.git_here(), "public")
    }

    /// Nothing is left to do on either side, however often one looks.
    #[track_caller]
    fn rest(&self) {
        let private = |trip: &Self| trip.env.repo().git(["show-ref"]);
        let before = (self.mirror.refs(), private(self));
        for _ in 0..2 {
            for (command, args) in [("import", &["main"][..]), ("sync", &[])] {
                let report = self.expect(command, args, 0);
                assert_eq!(word(&report, "outcome"), "up-to-date", "{self}: {command}");
            }
        }
        assert_eq!((self.mirror.refs(), private(self)), before, "{self}");
    }

    /// Runs a command against the mirror; what it says for scripts.
    #[track_caller]
    fn expect(&self, command: &str, args: &[&str], status: i32) -> Value {
        let to = self.mirror.path().to_string_lossy();
        let all = [&[command, "--to", &to, "--format", "json"], args].concat();
        let screen: Screen = self.env.run(all);
        assert_eq!(screen.status, status, "{self}\n{screen}");
        object(&screen)
    }
}

impl std::fmt::Display for Trip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, round {}", self.description, self.rounds)
    }
}

/// The private sections of each file that a commit changes are those that it had.
#[track_caller]
fn check_sections(git: &Git, parent: &str, commit: &str) {
    let args = ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=M", parent, commit];
    let changes = git.bytes(args);
    for change in changes.split(|&byte| byte == 0).filter(|change| change.starts_with(b":100")) {
        let words: Vec<_> = change.split(|&byte| byte == b' ').collect();
        let [_, mode, before, after, _] = words[..] else { panic!("not a change: {change:?}") };
        if mode.starts_with(b"100") {
            let sections = |id: &[u8]| {
                let id = str::from_utf8(id).expect("ids are ASCII");
                let blob = git.bytes(["cat-file", "blob", id]);
                let text = String::from_utf8_lossy(&blob).into_owned();
                let parts = text.split("// repo-sync: private\n").skip(1);
                let ends =
                    parts.map(|it| it.split("// repo-sync: end\n").next().map(str::to_owned));
                ends.collect::<Vec<_>>()
            };
            assert_eq!(sections(after), sections(before), "the private sections of {commit}");
        }
    }
}

/// Whether a path is one that ends with the id of a commit, as git names such a file.
fn is_set_aside(path: &[u8]) -> bool {
    let tilde = path.len().checked_sub(41).filter(|&at| path[at] == b'~');
    tilde.is_some_and(|at| path[at + 1..].iter().all(u8::is_ascii_hexdigit))
}

/// The tree that git makes of two commits, whatever is in conflict.
fn merged(env: &TestEnv, ours: &str, theirs: &str) -> String {
    let args = ["merge-tree", "--write-tree", "--no-messages", ours, theirs];
    let output = env.repo().git_here().try_run(args);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let tree = said.lines().next();
    tree.unwrap_or_else(|| panic!("git merge-tree: {output:?}")).to_owned()
}

fn id(hex: &str) -> ObjectId {
    hex.parse().expect("git prints full ids")
}
