// SPDX-License-Identifier: Apache-2.0
//! The verifier against an engine, a store or a mirror that was tampered with.

mod ends;
mod fates;
mod mirrors;
mod originals;
mod shares;
mod trees;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use repo_sync_shared::{Check, Finding, ObjectId, PublicCommit};
use repo_sync_testing::{CommitText, History, Repo, TagText, Tree};

use super::{SyncRequest, claims};
use crate::git::{Address, Environment, Git, PrivateRepo, RemoteRefs};
use crate::manifest::Date;
use crate::plan::Plan;
use crate::policy::{PolicySource, StandIn};
use crate::progress::Silent;
use crate::session::{Session, SessionOptions};
use crate::staging::Staging;
use crate::verify::{Claims, StoreView, audit_store};

const MANIFEST: &str = "version = 1\ninclude = [\"src\", \"docs\"]\n[mirror.public]\n\
    branches = [\"main\", \"release/*\"]\ntags = [\"v*\"]\n";

/// The same, a signature and a tag.
fn history() -> History {
    let tagged = untagged().annotate("v1", "shown", TagText::from("one").signed());
    tagged.branch("wip", "guide").on("main")
}

/// Commits with an image and without, and a merge.
fn untagged() -> History {
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "secret\n")
        })
        .commit("hidden", |tree| tree.file("cloud/x", "more\n"))
        .on("side")
        .commit("guide", |tree| tree.file("docs/guide", "turn it on\n"))
        .on("main")
        .commit("shown", |tree| tree.file("src/b", "b\n").file("cloud/y", "y\n"))
        .merge("join", ["side"], |tree| tree)
}

/// A run up to the push: what it claims, and the store that it filled.
struct Run {
    repo: Repo,
    private: PrivateRepo,
    claims: Claims,
    store: PathBuf,
    /// The store is there for as long as it is open.
    _staging: Staging,
}

impl Run {
    fn new(history: History) -> Self {
        Self::with(history, &SessionOptions::default())
    }

    fn with(history: History, options: &SessionOptions) -> Self {
        let repo = history.build();
        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        let mirror = Address::Path(repo.scratch().join("mirror.git"));
        let (claims, staging) = fill(&private, &mirror, options);
        let store = staging.path().to_owned();
        Self { repo, private, claims, store, _staging: staging }
    }

    /// A run for a mirror that shows images of this history already.
    fn onto(history: History, shown: &[(&str, &str)]) -> Self {
        let mut first = Self::new(history);
        let mirror = first.mirror();
        for (name, label) in shown {
            let image = first.image(label);
            first.push(&format!("{image}:{name}"));
        }
        first.again(&mirror)
    }

    /// Another run of the same repository, for a mirror that may have changed.
    fn again(self, mirror: &Address) -> Self {
        let Self { repo, _staging: staging, .. } = self;
        // Two runs for one mirror wait for each other.
        drop(staging);
        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        let (claims, staging) = fill(&private, mirror, &SessionOptions::default());
        let store = staging.path().to_owned();
        Self { repo, private, claims, store, _staging: staging }
    }

    /// Where the mirror is, or would be.
    fn mirror(&self) -> Address {
        Address::Path(self.repo.scratch().join("mirror.git"))
    }

    /// Pushes from the store to the mirror, which is made if it is not there.
    fn push(&self, refspec: &str) {
        let Address::Path(path) = self.mirror() else { panic!("the mirror is a path") };
        let path = path.to_str().expect("a scratch directory has a plain name");
        self.git().run(&["init", "--quiet", "--bare", path], b"").expect("git can make it");
        self.git().run(&["push", "--quiet", path, refspec], b"").expect("the mirror takes it");
    }

    /// What the verifier finds.
    fn audit(&self) -> Vec<Finding> {
        let objects = self.private.objects().expect("it has objects");
        let git = self.git();
        let view = StoreView { git: &git, path: &self.store };
        let verdict = audit_store(&self.claims, &objects, &view, &Silent);
        let verdict = verdict.expect("what it reads is sound");
        assert!(verdict.findings.iter().all(|one| one.check == Check::VerifierDisagrees));
        assert_eq!(verdict.audit.skipped, 0);
        verdict.findings
    }

    fn git(&self) -> Git {
        Git::at(&self.store, &environment())
    }

    /// Writes an object into the store.
    fn write(&self, kind: &str, bytes: &[u8]) -> ObjectId {
        let args = ["hash-object", "-t", kind, "-w", "--stdin", "--literally"];
        let id = self.git().run(&args, bytes).expect("git writes what it is told");
        ObjectId::from_hex(id.trim_ascii()).expect("git prints an id")
    }

    fn read(&self, git: &Git, id: ObjectId) -> Vec<u8> {
        git.run(&["cat-file", "commit", &id.to_string()], b"").expect("the commit is there")
    }

    fn private_git(&self) -> Git {
        Git::at(self.private.git_dir(), &environment())
    }

    /// Every object as a file of its own.
    fn unpack(&self) {
        let packs = self.store.join("objects/pack");
        let aside = self.store.join("aside");
        fs::rename(&packs, &aside).expect("the store is ours");
        fs::create_dir(&packs).expect("the store is ours");
        for entry in fs::read_dir(&aside).expect("it was just there").flatten() {
            if entry.path().extension().is_some_and(|end| end == "pack") {
                let pack = fs::read(entry.path()).expect("it is readable");
                self.git().run(&["unpack-objects", "-q"], &pack).expect("the pack is sound");
            }
        }
    }

    fn loose(&self, id: ObjectId) -> PathBuf {
        let hex = id.to_string();
        self.store.join("objects").join(&hex[..2]).join(&hex[2..])
    }

    /// What is claimed of a private commit.
    fn claim(&mut self, label: &str) -> &mut crate::verify::CommitClaim {
        let id = self.repo.id(label);
        let mut commits = self.claims.commits.iter_mut();
        commits.find(|claim| claim.private.id() == id).expect("every commit is claimed")
    }

    fn image(&mut self, label: &str) -> ObjectId {
        self.claim(label).image.expect("it is published").id()
    }

    /// Puts `bytes` in the place of a commit's image.
    fn replace(&mut self, label: &str, bytes: &[u8]) {
        let old = self.image(label);
        let new = self.write("commit", bytes);
        for claim in &mut self.claims.commits {
            if claim.image == Some(PublicCommit::new(old)) {
                claim.image = Some(PublicCommit::new(new));
            }
        }
        for update in self.claims.updates.iter_mut().filter(|update| update.new == old) {
            update.new = new;
        }
    }

    /// The bytes of a commit's image.
    fn image_bytes(&mut self, label: &str) -> String {
        let id = self.image(label);
        String::from_utf8(self.read(&self.git(), id)).expect("the images here are text")
    }
}

/// What is claimed of a first publication, and the store that it fills.
fn fill(private: &PrivateRepo, address: &Address, options: &SessionOptions) -> (Claims, Staging) {
    let environment = environment();
    let request = request(address, &environment);
    let objects = private.objects().expect("it has objects");
    let session = Session::open(private, &objects, options, &[], &Silent);
    let mut session = session.expect("the history is sound");
    let remote = RemoteRefs::read(address, &environment).expect("it is a path");
    let plan = Plan::make(&mut session, &request.with(&remote)).expect("it can be planned");
    let staging = Staging::open(private, "public", &environment);
    let mut staging = staging.expect("the store can be made");
    let missing = staging.fill(&mut session, &plan, &remote, address, &Silent);
    assert_eq!(missing.expect("the store can be filled"), []);
    let claims = claims::of_plan(&session, &request, &plan, &remote);
    (claims.expect("nobody is asked"), staging)
}

/// What a test asks for.
pub(super) fn request<'a>(address: &'a Address, environment: &'a Environment) -> SyncRequest<'a> {
    let today = Date { year: 2024, month: 1, day: 1 };
    let (rev, facts) = (None, None);
    SyncRequest { rev, any_rev: false, address, environment, local: true, today, facts }
}

pub(super) fn environment() -> Environment {
    let path = std::env::var_os("PATH").unwrap_or_default();
    Environment::new([(OsString::from("PATH"), path)])
}

/// Tampers with a run, and sees that the verifier finds it.
#[track_caller]
fn finds(expected: &str, tamper: impl FnOnce(&mut Run)) {
    finds_in(history(), expected, tamper);
}

#[track_caller]
fn finds_in(history: History, expected: &str, tamper: impl FnOnce(&mut Run)) {
    let mut run = Run::new(history);
    assert_eq!(run.audit(), [], "before");
    tamper(&mut run);
    let findings = run.audit();
    assert!(findings.iter().any(|one| one.hint.contains(expected)), "{expected}: {findings:#?}");
}

#[test]
fn an_object_that_nothing_explains_is_found() {
    finds("nothing public explains it", |run| {
        run.write("blob", b"stray");
    });
    finds("nothing public explains it", |run| {
        let entry = [b"100644 stray\0", &run.write("blob", b"a\n").as_bytes()[..]].concat();
        run.write("tree", &entry);
    });
    finds("nothing public explains it", |run| {
        let id = run.repo.id("hidden");
        let bytes = run.read(&run.private_git(), id);
        run.write("commit", &bytes);
    });
    finds("the store has a ref `refs/heads/x`", |run| {
        let id = run.image("start").to_string();
        run.git().run(&["update-ref", "refs/heads/x", &id], b"").expect("the commit is there");
    });
}

#[test]
fn a_store_that_borrows_is_found() {
    finds("borrows objects", |run| {
        let info = run.store.join("objects/info");
        fs::create_dir_all(&info).expect("the store is ours");
        let private = run.private.git_dir().join("objects");
        fs::write(info.join("alternates"), private.as_os_str().as_encoded_bytes())
            .expect("the store is ours");
    });
}

#[test]
fn what_is_missing_or_damaged_is_found() {
    let blob = |text: &[u8]| crate::object::hash(crate::object::Kind::Blob, text);
    finds("is not in the store", |run| {
        run.unpack();
        fs::remove_file(run.loose(blob(b"b\n"))).expect("it was just unpacked");
    });
    finds("in the store hashes to", |run| {
        run.unpack();
        replace_file(&run.loose(blob(b"a\n")), &run.loose(blob(b"b\n")));
    });
}

fn replace_file(from: &Path, to: &Path) {
    fs::remove_file(to).and_then(|()| fs::copy(from, to).map(drop)).expect("the store is ours");
}

#[test]
fn a_commit_that_is_no_image_is_found() {
    finds("the verifier as", |run| {
        let bytes = run.image_bytes("shown").replace("\n\n", "\ngpgsig kept\n\n");
        run.replace("shown", bytes.as_bytes());
    });
    finds("the verifier as", |run| {
        let other = run.image("guide").to_string();
        let bytes = run.image_bytes("shown");
        let parent = run.image("start").to_string();
        run.replace("shown", bytes.replace(&parent, &other).as_bytes());
    });
    finds("the verifier as", |run| {
        let id = run.repo.id("shown");
        let private = run.read(&run.private_git(), id);
        let tree = String::from_utf8_lossy(&private[5..45]).into_owned();
        let bytes = run.image_bytes("shown");
        run.replace(
            "shown",
            [b"tree ", tree.as_bytes(), &bytes.as_bytes()[45..]].concat().as_slice(),
        );
    });
    finds("the verifier as", |run| {
        let bytes = run.image_bytes("join") + "private words\n";
        run.replace("join", bytes.as_bytes());
    });
}

#[test]
fn a_line_of_the_map_that_is_wrong_is_found() {
    finds("the verifier drops it", |run| {
        let bytes = run.image_bytes("shown").replace("shown", "hidden");
        let id = run.write("commit", bytes.as_bytes());
        let claim = run.claim("hidden");
        (claim.image, claim.published) = (Some(PublicCommit::new(id)), true);
    });
    finds("the engine drops it, the verifier publishes it", |run| {
        let start = run.image("start");
        let claim = run.claim("guide");
        (claim.image, claim.published) = (Some(PublicCommit::new(start)), false);
    });
    finds("inherits another image", |run| {
        let shown = run.image("shown");
        run.claim("hidden").image = Some(PublicCommit::new(shown));
    });
}

#[test]
fn a_ref_that_must_not_move_so_is_found() {
    let branch = |run: &mut Run, name: &str, at: &str| {
        let (new, source) = (run.image(at), run.repo.id(at));
        let update = run.claims.updates.iter_mut().find(|one| one.name == b"refs/heads/main");
        let update = update.expect("main is planned");
        update.name = name.as_bytes().to_vec();
        (update.new, update.source) = (new, source);
    };
    finds("lists no such branch", |run| branch(run, "refs/heads/wip", "join"));
    finds("there is no such private branch", |run| branch(run, "refs/heads/release/9", "join"));
    finds("neither a branch nor a tag", |run| branch(run, "refs/notes/x", "join"));
    finds("is no image of private commit", |run| {
        let start = run.image("start");
        run.claims.updates[0].new = start;
    });
    finds("does not descend from", |run| {
        run.claims.updates[0].expected = Some(ObjectId::EMPTY_TREE);
    });
    finds("does not descend from", |run| {
        branch(run, "refs/heads/main", "shown");
        run.claims.updates[0].expected = Some(run.image("guide"));
    });
    finds("is not on that branch", |run| {
        branch(run, "refs/heads/main", "start");
        run.claims.branches.retain(|(name, _)| name != "main");
        let hidden = run.claim("start").private;
        run.claims.branches.push(("main".to_owned(), hidden));
        let (new, source) = (run.image("shown"), run.repo.id("shown"));
        (run.claims.updates[0].new, run.claims.updates[0].source) = (new, source);
    });
    let tag = |run: &mut Run| {
        let at = run.claims.updates.iter().position(|one| one.name.starts_with(b"refs/tags/"));
        at.expect("the tag is planned")
    };
    finds("lists no such tag", |run| {
        let at = tag(run);
        run.claims.updates[at].name = b"refs/tags/x1".to_vec();
    });
    finds("a public tag never moves", |run| {
        let at = tag(run);
        run.claims.updates[at].expected = Some(ObjectId::EMPTY_TREE);
    });
    finds("the verifier makes it", |run| {
        let at = tag(run);
        let raw = run.private_git().run(&["cat-file", "tag", "v1"], b"").expect("it is a tag");
        run.claims.updates[at].new = run.write("tag", &raw);
    });
}

#[test]
fn a_private_id_in_a_message_is_found() {
    let quoting = || {
        let history = history();
        let hidden = history.find("hidden").to_string();
        let text = CommitText::raw("quote", format!("like {hidden}\n"));
        (history.commit(text, |tree| tree.file("src/c", "c\n")), hidden)
    };
    let (history, hidden) = quoting();
    let findings = Run::new(history).audit();
    let expected = format!("the public message names private commit {hidden}");
    assert!(findings.iter().any(|one| one.hint == expected), "{findings:#?}");
    // Where the policy lets it pass, so does the verifier.
    let manifest = format!("{MANIFEST}[guard]\nprivate-id = \"warn\"\n");
    let history = quoting().0.commit("allow", |tree| tree.file("sync.toml", manifest));
    assert_eq!(Run::new(history).audit(), []);
}

/// What a commit's own manifest said does not help.
#[test]
fn a_path_on_the_floor_of_the_policy_tip_is_found() {
    let tip = MANIFEST.replace("[mirror", "private = [\"docs\"]\n[mirror");
    let tip = tip.replace("\"src\", \"docs\"", "\"src\"");
    let tighten = || history().commit("tighten", |tree| tree.file("sync.toml", &tip));
    let findings = Run::new(tighten()).audit();
    let denied: Vec<_> = findings.iter().filter_map(|one| one.path.as_deref()).collect();
    assert_eq!(denied, ["docs/guide"], "{findings:#?}");
    // What the mirror shows already is no new leak.
    let more = tighten().commit("more", |tree| tree.file("src/c", "c\n"));
    assert_eq!(Run::onto(more, &[("refs/heads/main", "join")]).audit(), []);
}

/// What the mirror shows already is no part of the next run.
#[test]
fn a_run_holds_what_is_new() {
    let mut run = Run::onto(history(), &[("refs/heads/main", "start")]);
    assert_eq!(run.audit(), []);
    let holds = |text: &[u8]| {
        let id = crate::object::hash(crate::object::Kind::Blob, text).to_string();
        run.git().run(&["cat-file", "-e", &id], b"").is_ok()
    };
    assert!(holds(b"b\n") && !holds(b"a\n"));
    let old = run.image("start");
    let update = run.claims.updates.iter().find(|one| one.name == b"refs/heads/main");
    assert_eq!(update.expect("main moves on").expected, Some(old));

    let all = [("refs/heads/main", "join")];
    let run = Run::onto(history().commit("more", |tree| tree.file("src/c", "c\n")), &all);
    assert_eq!(run.audit(), []);
}

/// A manifest that stands in for all others says what is withheld, too.
#[test]
fn a_stand_in_withholds() {
    let history = History::new()
        .commit("start", |tree: Tree| tree.file("src/a", "a\n"))
        .commit("held", |tree| tree.file("src/b", "b\n"))
        .commit("next", |tree| tree.file("src/c", "c\n"));
    let held = history.find("held");
    let text = format!("{MANIFEST}[[withhold]]\ncommits = \"{held}\"\nreason = \"no\"\n");
    let stand_in = StandIn { name: "sync.toml".to_owned(), text: text.into_bytes() };
    let policy = PolicySource { stand_in: Some(stand_in), rev: None };
    let mut run = Run::with(history, &SessionOptions { policy, ..SessionOptions::default() });
    assert!(!run.claim("held").published);
    assert!(run.image_bytes("next").contains(&run.image("start").to_string()));
    assert_eq!(run.audit(), []);
}
