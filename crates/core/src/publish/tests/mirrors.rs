// SPDX-License-Identifier: Apache-2.0
//! The verifier on a live mirror: what is explained there, what is foreign, and what
//! must not be there.

use repo_sync_testing::{History, TagText};

use super::super::{Audited, verify};
use super::*;

/// A mirror with all that a first run publishes, and what verifies it.
struct Live {
    run: Run,
    path: PathBuf,
}

impl Live {
    fn new(history: History) -> Self {
        let run = Run::new(history);
        for update in &run.claims.updates {
            let name = String::from_utf8_lossy(&update.name).into_owned();
            run.push(&format!("{}:{name}", update.new));
        }
        let Address::Path(path) = run.mirror() else { panic!("the mirror is a path") };
        Self { run, path }
    }

    fn git(&self, args: &[&str], input: &[u8]) -> String {
        let git = Git::at(&self.path, &environment())
            .var("GIT_AUTHOR_NAME", "Eve")
            .var("GIT_AUTHOR_EMAIL", "eve@example.com")
            .var("GIT_COMMITTER_NAME", "Eve")
            .var("GIT_COMMITTER_EMAIL", "eve@example.com");
        let out = git.run(args, input).expect("git does it");
        String::from_utf8_lossy(&out).trim().to_owned()
    }

    /// Pushes from the private repository, past everything.
    fn leak(&self, refspec: &str) {
        let path = self.path.to_str().expect("a scratch directory has a plain name");
        let git = self.run.private_git();
        git.run(&["push", "--quiet", "--force", path, refspec], b"").expect("the mirror takes it");
    }

    fn audit(&self, full: bool) -> Audited {
        let (environment, address) = (environment(), self.run.mirror());
        let private = &self.run.private;
        let objects = private.objects().expect("it has objects");
        let session = Session::open(private, &objects, &SessionOptions::default(), &[], &Silent);
        let mut session = session.expect("the history is sound");
        let request = request(&address, &environment);
        verify(&mut session, &request, full, &Silent).expect("it can be read")
    }
}

/// What is said of a mirror after `tamper`: findings, warnings and foreign commits, a
/// line each, by their beginnings; `expected` holds a part of each line.
#[track_caller]
fn says(full: bool, expected: &[&str], tamper: impl FnOnce(&Live)) {
    let live = Live::new(history());
    tamper(&live);
    let audited = live.audit(full);
    let verdict = &audited.verdict;
    let findings = verdict.findings.iter().map(|one| format!("finding: {}", one.hint));
    let warnings = verdict.warnings.iter().map(|one| format!("warning: {}", one.hint));
    let foreign = verdict.foreign.iter().map(|id| format!("foreign: {id}"));
    let mut lines: Vec<_> = findings.chain(warnings).chain(foreign).collect();
    lines.sort();
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        let (sort, part) = expected.split_once(": ").expect("a row says of which sort it is");
        assert!(line.starts_with(sort) && line.contains(part), "{expected}: {lines:#?}");
    }
}

/// Commits to the mirror by hand.
fn commit(live: &Live, tree: &str, name: &str) -> String {
    let id = live.git(&["commit-tree", "-p", "main", "-m", "by hand", tree], b"");
    live.git(&["update-ref", name, &id], b"");
    id
}

#[test]
fn a_mirror_of_ours_is_agreed_upon_in_numbers() {
    let live = Live::new(history());
    let audited = live.audit(false);
    assert_eq!(audited.outcome, repo_sync_shared::Outcome::UpToDate);
    let audit = audited.verdict.audit;
    let all = live.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectsize)"], b"");
    let sizes: Vec<u64> = all.lines().map(|line| line.parse().expect("git prints it")).collect();
    assert_eq!((audit.objects, audit.bytes), (sizes.len() as u64, sizes.iter().sum()));
    assert_eq!((audit.commits, audit.refs, audit.skipped), (5, 2, 0));
    says(false, &[], |_| {});
}

#[test]
fn commits_by_hand_are_foreign_and_their_files_are_theirs() {
    says(false, &["foreign: "], |live| drop(commit(live, "main^{tree}", "refs/heads/main")));
    says(false, &["foreign: "], |live| {
        let blob = live.git(&["hash-object", "-w", "--stdin"], b"theirs\n");
        let tree = live.git(&["mktree"], format!("100644 blob {blob}\tnew\n").as_bytes());
        commit(live, &tree, "refs/heads/release/1");
    });
    // A tree of the private repository is nobody else's.
    let theirs = "finding: is the private repository's, and no image shows it";
    says(false, &[theirs, theirs, "foreign: "], |live| {
        live.leak("main:refs/x/leak");
        let tree = live.git(&["rev-parse", "refs/x/leak^{tree}"], b"");
        live.git(&["update-ref", "-d", "refs/x/leak"], b"");
        commit(live, &tree, "refs/heads/main");
    });
}

#[test]
fn what_is_private_is_found_wherever_a_ref_shows_it() {
    let found = |refspec: &str, full: bool, commits: usize| {
        let live = Live::new(history());
        live.leak(refspec);
        let findings = live.audit(full).verdict.findings;
        let of = |kind: &str| {
            let told = findings.iter().filter(|one| one.hint.starts_with(kind));
            told.filter(|one| one.hint.contains("is the private repository's")).count()
        };
        assert_eq!(of("commit "), commits, "{refspec}: {findings:#?}");
        assert_eq!(of("tree ") > 0, commits > 0, "{refspec}: {findings:#?}");
        assert_eq!(of("blob "), 0, "{refspec}: {findings:#?}");
    };
    found("+main:refs/heads/main", false, 5);
    found("main:refs/tags/v2", false, 5);
    found("main:refs/heads/release/1", false, 5);
    found("main:refs/x/leak", false, 0);
    found("main:refs/x/leak", true, 5);
    found("main:refs/heads/wip", true, 5);
    let tag = || history().annotate("x1", "shown", TagText::from("secret"));
    let live = Live::new(tag());
    live.leak("refs/tags/x1:refs/tags/v9");
    let findings = live.audit(false).verdict.findings;
    let told = findings.iter().any(|one| one.hint.starts_with("tag "));
    assert!(told, "{findings:#?}");
}

#[test]
fn refs_that_nobody_lists_are_told_of() {
    let unlisted = "warning: which the manifest does not list";
    let at = |name: &'static str| move |live: &Live| drop(commit(live, "main^{tree}", name));
    says(true, &[unlisted], at("refs/heads/theirs"));
    says(true, &[unlisted], at("refs/tags/x"));
    says(true, &[unlisted], at("refs/notes/x"));
    for of_a_forge in
        ["refs/pull/1/head", "refs/merge-requests/1/head", "refs/changes/1", "refs/keep-around/1"]
    {
        says(true, &[], at(of_a_forge));
    }
    says(true, &[unlisted], at("refs/pulled/1"));
}

#[test]
fn a_tag_that_the_private_one_does_not_explain_is_told_of() {
    let kept = "warning: which the private tag does not explain";
    says(false, &[kept], |live| {
        live.git(&["tag", "--force", "--annotate", "--message=other", "v1", "main"], b"");
    });
    says(false, &[kept], |live| drop(live.git(&["update-ref", "refs/tags/v1", "main"], b"")));
    says(false, &[kept], |live| drop(live.git(&["tag", "v7", "main"], b"")));
    says(false, &[kept, "warning: has headers that no public tag has"], |live| {
        let main = live.git(&["rev-parse", "main"], b"");
        let text =
            format!("object {main}\ntype commit\ntag v8\ntagger E <e> 1 +0000\nodd x\n\nm\n");
        let args = ["hash-object", "-t", "tag", "-w", "--stdin", "--literally"];
        let id = live.git(&args, text.as_bytes());
        live.git(&["update-ref", "refs/tags/v8", &id], b"");
    });
    says(false, &["finding: nothing public explains it", kept], |live| {
        let blob = live.git(&["hash-object", "-w", "--stdin"], b"a key");
        live.git(&["update-ref", "refs/tags/v3", &blob], b"");
    });
}

/// What was on the mirror before a seam goes on from there is settled.
#[test]
fn what_lies_behind_a_seam_is_explained() {
    let start = History::new().commit("start", |tree: Tree| {
        tree.file("sync.toml", MANIFEST).file("src/a", "a\n").file("cloud/x", "x\n")
    });
    let first = Run::new(start.clone());
    first.push(&format!("{}:refs/heads/main", first.claims.updates[0].new));
    let mut live = Live { path: first.repo.scratch().join("mirror.git"), run: first };
    let old = live.git(&["hash-object", "-w", "--stdin"], b"old\n");
    let tree = live.git(&["mktree"], format!("100644 blob {old}\told\n").as_bytes());
    let base = commit(&live, &tree, "refs/heads/main");
    let base = commit_on(&live, &base, "main^{tree}");
    let public_tree = live.git(&["rev-parse", "main^{tree}"], b"");
    let id = start.find("start");
    let seam = format!(
        "{MANIFEST}[[seam]]\nprivate = \"{id}\"\npublic = \"{base}\"\npublic-tree = \"{public_tree}\"\n\
         accept = \"{}\"\n",
        live.run
            .git()
            .run(&["rev-parse", &format!("{}^{{tree}}", live.run.claims.updates[0].new)], b"")
            .map(|id| String::from_utf8_lossy(&id).trim().to_owned())
            .expect("the image is there"),
    );
    live.run.repo.extend(|history| {
        history.commit("seam", |tree| tree.file("sync.toml", seam).file("src/b", "b\n"))
    });
    let mirror = live.run.mirror();
    let run = live.run.again(&mirror);
    assert_eq!(run.audit(), []);
    run.push(&format!("{}:refs/heads/main", run.claims.updates[0].new));
    let live = Live { path: live.path, run };
    let verdict = live.audit(false).verdict;
    assert_eq!((&verdict.findings[..], &verdict.foreign[..]), (&[][..], &[][..]));
    assert!(verdict.warnings.is_empty());
}

fn commit_on(live: &Live, parent: &str, tree: &str) -> String {
    let id = live.git(&["commit-tree", "-p", parent, "-m", "before", tree], b"");
    live.git(&["update-ref", "refs/heads/main", &id], b"");
    id
}
