// SPDX-License-Identifier: Apache-2.0
//! Imported commits, by the replay and by the verifier: which originals come back as
//! they were, and which of these may be sent.

use repo_sync_shared::ObjectId;
use repo_sync_testing::{CommitText, History, Tree};

use super::{MANIFEST, Run};
use crate::object::{Kind, hash};

/// What the image of an imported commit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// The original.
    Original,
    /// The original, where the mirror has it; it is never sent.
    Unsendable,
    /// What it would be without a record.
    Ordinary,
}

use Is::{Ordinary, Original, Unsendable};

const HEADER: &str = "repo-sync-original";

/// Everything before the imported commit: a commit that is published, and one that is
/// not.
fn base(manifest: &str) -> History {
    History::new()
        .commit("start", |tree: Tree| {
            tree.file("sync.toml", manifest).file("src/a", "a\n").file("cloud/x", "x\n")
        })
        .on("side")
        .commit("beside", |tree| tree.file("src/s", "s\n"))
        .on("main")
        .commit("hidden", |tree| tree.file("cloud/x", "y\n"))
}

/// An import into a private history, and how it is made public without a record.
struct Import {
    manifest: String,
    text: CommitText,
    others: Vec<&'static str>,
    edit: fn(Tree) -> Tree,
}

impl Import {
    fn new() -> Self {
        Self {
            manifest: MANIFEST.to_owned(),
            text: CommitText::raw("import", "bring it in\n")
                .author("Con Tributor <con@example.com> 1700000100 +0100"),
            others: Vec::new(),
            edit: |tree| tree.file("src/b", "b\n").file("cloud/z", "z\n"),
        }
    }

    fn with(self, manifest: &str) -> Self {
        Self { manifest: format!("{}{manifest}", self.manifest), ..self }
    }

    fn message(self, message: impl Into<Vec<u8>>) -> Self {
        Self { text: CommitText::raw("import", message), ..self }
    }

    fn history(&self, text: CommitText) -> History {
        let history = base(&self.manifest);
        match self.others[..] {
            [] => history.commit(text, self.edit),
            [other] => history.merge(text, [other], self.edit),
            [..] => panic!("no import here has more than two parents"),
        }
    }

    /// The image that the commit has without a record, if it has one.
    fn ordinary(&self) -> Option<String> {
        let mut run = Run::new(self.history(self.text.clone()));
        run.claim("import").published.then(|| run.image_bytes("import"))
    }

    /// Records what `edit` makes of the ordinary image.
    #[track_caller]
    fn check(&self, edit: impl Fn(&str) -> String, expected: Is) {
        let ordinary = self.ordinary().expect("it is published without a record");
        self.check_record(&edit(&ordinary), expected);
    }

    #[track_caller]
    fn check_record(&self, original: &str, expected: Is) {
        let text = self.text.clone().header(HEADER, original);
        let history = || self.history(text.clone());
        self.check_history(history(), original, expected);
        if expected == Ordinary {
            return;
        }
        // Where the mirror has it, it stays what it is, whoever may send it.
        let more = || history().commit("more", |tree| tree.file("src/m", "m\n"));
        let mut run = Run::onto(more(), &[("refs/heads/main", "import")]);
        assert_eq!(run.audit(), [], "where the mirror has it");
        assert!(run.claims.since.is_some(), "the end of the history is enough");
        let parent = hash(Kind::Commit, original.as_bytes());
        assert!(run.image_bytes("more").contains(&format!("\nparent {parent}\n")));
    }

    #[track_caller]
    fn check_history(&self, history: History, original: &str, expected: Is) {
        let mut run = Run::new(history);
        let findings = run.audit();
        let claim = *run.claim("import");
        let image = claim.published.then(|| run.image_bytes("import"));
        match expected {
            Ordinary => assert_eq!(image, self.ordinary()),
            Original | Unsendable => assert_eq!(image.as_deref(), Some(original)),
        }
        let unsendable = findings.iter().filter(|one| one.hint.contains("may not be sent"));
        assert_eq!(unsendable.count(), findings.len(), "{findings:#?}");
        assert_eq!(findings.len(), usize::from(expected == Unsendable), "{findings:#?}");
    }
}

/// `original` with another line in the place of the one that begins so.
fn line(original: &str, begin: &str, new: &str) -> String {
    let old = original.lines().find(|line| line.starts_with(begin)).expect("it has this line");
    original.replacen(old, new, 1)
}

/// `original` with one more header.
fn header(original: &str, header: &str) -> String {
    original.replacen("\n\n", &format!("\n{header}\n\n"), 1)
}

const HOST: &str = "committer Host <noreply@host.example> 1800000000 +0000";

#[test]
fn an_original_says_what_its_import_says() {
    let import = Import::new();
    import.check(str::to_owned, Original);
    import.check(|own| line(own, "committer", HOST), Original);
    import.check(|own| header(own, "gpgsig -----BEGIN\n \n a \n  b\n -----END\n "), Original);
    import.check(|own| header(own, "gpgsig-sha256 a\ngpgsig b"), Original);
    import.check(|own| header(own, "mergetag object 1\n type commit"), Unsendable);
    import.check(|own| header(own, "x-secret"), Unsendable);
    import.check(|own| header(own, "gpgsig a\nHG:extra b"), Unsendable);

    import.check(|own| line(own, "author", "author A <a@b> 1 +0000"), Ordinary);
    import.check(|own| header(own, "encoding latin1"), Ordinary);
    import.check(|own| format!("{own}\n"), Ordinary);
    import.check(|own| own.replace("bring", "take"), Ordinary);
    import.check(
        |own| own.split_once("\n\n").expect("it has a message").0.to_owned() + "\n",
        Ordinary,
    );
    import.check(|own| line(own, "tree", &format!("tree {}", ObjectId::EMPTY_TREE)), Ordinary);
    import.check(|own| line(own, "parent", &format!("parent {}", ObjectId::EMPTY_TREE)), Ordinary);
    import.check(|own| own.replacen("\nauthor", "\nparent 1\nauthor", 1), Ordinary);
}

#[test]
fn a_record_is_a_commit_that_all_read_alike() {
    let import = Import::new();
    import.check(|own| header(own, "author A <a@b> 1 +0000"), Ordinary);
    import.check(|own| header(own, "committer A <a@b> 1 +0000"), Ordinary);
    import.check(|own| header(own, &format!("tree {}", ObjectId::EMPTY_TREE)), Ordinary);
    import.check(|own| header(own, &format!("parent {}", ObjectId::EMPTY_TREE)), Ordinary);
    import.check(|own| header(own, " more"), Ordinary);
    import.check(|own| header(own, "encoding a\nencoding a"), Ordinary);
    import.check(|own| format!("tree {own}"), Ordinary);
    import.check(|own| own.replacen("tree ", "tree  ", 1), Ordinary);
    import.check(|own| format!("\n{own}"), Ordinary);
    import.check(|_| String::new(), Ordinary);
    import.check(|_| "not a commit".to_owned(), Ordinary);
}

/// One header, and nothing but a header.
#[test]
fn a_record_stands_alone() {
    let import = Import::new();
    let own = import.ordinary().expect("it is published without a record");
    let text = import.text.clone().header(HEADER, own.clone());
    let twice = text.clone().header(HEADER, own.clone());
    import.check_history(import.history(twice), &own, Ordinary);
    let among_others = import.text.clone().header("gpgsig", "a\n b").header(HEADER, own.clone());
    let among_others = among_others.header("encoding-of-old", "x");
    import.check_history(import.history(among_others), &own, Original);
    let other_name = import.text.clone().header("Repo-Sync-Original", own.clone());
    import.check_history(import.history(other_name), &own, Ordinary);
    // No text in a message is ever a record.
    let talks = Import::new().message(format!("{HEADER} {own}\n\n{HEADER}: {own}"));
    talks.check_history(talks.history(talks.text.clone()), &own, Ordinary);
    // Who amends an import changes the committer, and nothing that counts.
    let amended = text.clone().committer("Main Tainer <main@example.com> 1900000000 +0000");
    import.check_history(import.history(amended), &own, Original);
}

/// Of the policy the original says nothing, or all.
#[test]
fn an_original_is_sent_as_the_policy_has_it() {
    let one = "[identity]\nmode = \"overwrite\"\noverwrite = \"Acme <o@acme.example>\"\n";
    let author = "author Con Tributor <con@example.com> 1700000100 +0100";
    let import = Import::new().with(one);
    import.check(str::to_owned, Original);
    import.check(|own| line(own, "author", author), Unsendable);
    import.check(|own| line(own, "committer", HOST), Unsendable);

    let snapshot = "[message]\nmode = \"replace\"\ntext = \"Snapshot\"\n";
    let import = Import::new().with(snapshot);
    import.check(str::to_owned, Original);
    import.check(|own| own.replace("Snapshot\n", "bring it in\n"), Unsendable);

    // The author of one and the message of the other are nobody's.
    let import = Import::new().with(one).with(snapshot);
    import.check(str::to_owned, Original);
    import.check(|own| line(own, "author", author), Ordinary);
    import.check(|own| own.replace("Snapshot\n", "bring it in\n"), Ordinary);
    let both = |own: &str| line(own, "author", author).replace("Snapshot\n", "bring it in\n");
    import.check(both, Unsendable);
}

#[test]
fn an_original_quotes_public_ids() {
    let start = base(MANIFEST).find("start").to_string();
    let start = &start[..12];
    let quoting = |id: &str| Import::new().message(format!("after {id}, again\n"));
    let import = quoting(start);
    import.check(str::to_owned, Original);
    let public = import.ordinary().expect("it is published without a record");
    let (_, public) = public.split_once("after ").expect("it quotes an id");
    let (public, _) = public.split_once(',').expect("it quotes an id");
    assert_ne!(public, start);
    let quoted = format!("after {public}");
    import.check(|own| own.replace(&quoted, &format!("after {start}")), Unsendable);
    import.check(|own| own.replace(&quoted, "after aaaaaaaaaaaa"), Ordinary);
    // As an import is made: with the words of the original.
    quoting(public).check(str::to_owned, Original);
}

/// An original is what somebody committed, even where we would not have.
#[test]
fn an_original_is_never_dropped_or_reduced() {
    let start = Run::new(base(MANIFEST)).image("start").to_string();
    let beside =
        Run::new(base(MANIFEST).merge("all", ["side"], |tree| tree)).image("beside").to_string();
    let bytes = Run::new(base(MANIFEST)).image_bytes("start");
    let words = |tree: &str, parents: &[&str]| {
        let parents: String = parents.iter().map(|id| format!("parent {id}\n")).collect();
        let author = "author Con Tributor <con@example.com> 1700000100 +0100";
        format!("{tree}\n{parents}{author}\n{HOST}\n\nbring it in\n")
    };
    let same = bytes.lines().next().expect("it has a tree").to_owned();
    // It changes nothing, or nothing public.
    let empty = Import { edit: |tree| tree, ..Import::new() };
    assert_eq!(empty.ordinary(), None);
    empty.check_record(&words(&same, &[&start]), Original);
    let private = Import { edit: |tree| tree.file("cloud/z", "z\n"), ..Import::new() };
    private.check_record(&words(&same, &[&start]), Original);
    private.check_record(&words(&same, &[]), Ordinary);
    // A merge, also one of what has the same image.
    let join = Import { others: vec!["side"], ..Import::new() };
    let joined = join.ordinary().expect("it is published without a record");
    let both = joined.lines().next().expect("it has a tree").to_owned();
    join.check_record(&words(&both, &[&start, &beside]), Original);
    join.check_record(&words(&both, &[&beside, &start]), Ordinary);
    join.check_record(&words(&both, &[&start]), Ordinary);
    let again = Import { others: vec!["start"], ..Import::new() };
    let again_tree = again.ordinary().expect("it is published without a record");
    let again_tree = again_tree.lines().next().expect("it has a tree").to_owned();
    again.check_record(&words(&again_tree, &[&start, &start]), Original);
    again.check_record(&words(&again_tree, &[&start]), Ordinary);
}

/// Where nothing public is behind a commit, there was nothing to commit upon.
#[test]
fn a_root_has_no_original() {
    let root = |text: CommitText| {
        History::new()
            .commit(text, |tree: Tree| tree.file("sync.toml", MANIFEST).file("src/a", "a\n"))
    };
    let text = CommitText::raw("import", "begin\n");
    let own = Run::new(root(text.clone())).image_bytes("import");
    let original = header(&own, "gpgsig a");
    let mut run = Run::new(root(text.clone().header(HEADER, original)));
    assert_eq!(run.audit(), []);
    assert_eq!(run.image_bytes("import"), own);

    let later = |text: CommitText| {
        let start = History::new().commit("start", |tree: Tree| tree.file("sync.toml", MANIFEST));
        start.commit(text, |tree| tree.file("src/a", "a\n"))
    };
    let own = Run::new(later(text.clone())).image_bytes("import");
    let original = header(&own, "gpgsig a");
    let mut run = Run::new(later(text.header(HEADER, original)));
    assert_eq!(run.audit(), []);
    assert_eq!(run.image_bytes("import"), own);
}

/// What a seam joins is the seam's, and what is withheld is nobody's.
#[test]
fn a_seam_and_a_withheld_commit_have_no_original() {
    let import = Import::new();
    let original = header(&import.ordinary().expect("it is published"), "gpgsig a");
    let history = || import.history(import.text.clone().header(HEADER, original.clone()));
    let id = history().find("import");
    let after = |more: &str| {
        let manifest = format!("{MANIFEST}{more}");
        let more = |tree: Tree| tree.file("sync.toml", manifest).file("src/m", "m\n");
        Run::new(history().commit("more", more))
    };
    let mut run = after(&format!("[[seam]]\nprivate = \"{id}\"\n"));
    assert_eq!(run.audit(), []);
    assert!(run.image_bytes("import").ends_with("\n\nPublic snapshot\n"));
    let mut run = after(&format!("[[withhold]]\ncommits = \"{id}\"\nreason = \"r\"\n"));
    assert_eq!(run.audit(), []);
    assert!(!run.claim("import").published);
}

/// One import after the other: each stands on the original before it.
#[test]
fn originals_stand_on_originals() {
    let import = Import::new();
    let first = header(&import.ordinary().expect("it is published"), "gpgsig a");
    let history = import.history(import.text.clone().header(HEADER, first.clone()));
    let next = |text: CommitText| history.clone().commit(text, |tree| tree.file("src/c", "c\n"));
    let text = CommitText::raw("next", "and this\n");
    let own = Run::new(next(text.clone())).image_bytes("next");
    let parent = hash(Kind::Commit, first.as_bytes());
    assert!(own.contains(&format!("\nparent {parent}\n")), "{own}");
    let second = line(&own, "committer", HOST);
    let mut run = Run::new(next(text.header(HEADER, second.clone())));
    assert_eq!(run.audit(), []);
    assert_eq!(run.image_bytes("next"), second);
}

/// An engine that believes what the verifier does not, or the other way round, is found.
#[test]
fn an_engine_that_believes_otherwise_is_found() {
    let import = Import::new();
    let own = import.ordinary().expect("it is published");
    let private = base(MANIFEST).find("hidden").to_string();
    for forged in [
        own.replace("bring", "smuggle"),
        line(&own, "parent", &format!("parent {private}")),
        line(&own, "tree", &format!("tree {}", ObjectId::EMPTY_TREE)),
    ] {
        let text = import.text.clone().header(HEADER, forged.clone());
        super::finds_in(import.history(text), "the verifier as", |run| {
            run.replace("import", forged.as_bytes());
        });
    }
    let original = header(&own, "gpgsig a");
    let text = import.text.clone().header(HEADER, original);
    super::finds_in(import.history(text), "the verifier as", |run| {
        run.replace("import", own.as_bytes());
    });
}
