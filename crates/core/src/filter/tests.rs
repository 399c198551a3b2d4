// SPDX-License-Identifier: Apache-2.0
//! The questions that the checks ask a filter: what is new in a public tree, what is
//! not in it, and what stands where.

use repo_sync_shared::{ObjectId, PrivateTree};
use repo_sync_testing::{History, Repo, Tree};

use super::*;
use crate::git::PrivateRepo;
use crate::manifest::Manifest;
use crate::object;

/// A filter, and trees to ask it about.
struct Trees {
    private: PrivateRepo,
    shape: Arc<Shape>,
    roots: Vec<PrivateTree>,
    _repo: Repo,
}

impl Trees {
    /// A row of a tree is a file: `path`, or `path=content`. The content is the path
    /// if nothing else is said, and ` 40000` at its end makes it an empty directory,
    /// ` broken` one that is cut off.
    fn new(manifest: &str, trees: &[&[&str]]) -> Self {
        let manifest = format!("version = 1\n{manifest}[mirror.public]\n");
        let manifest = Manifest::parse(manifest.as_bytes(), "sync.toml");
        let shape = manifest.expect("the row holds a manifest").mirrors[0].shape.clone();
        let commit = |history: History, (number, rows): (usize, &&[&str])| {
            let tree = |tree: Tree| rows.iter().fold(tree.clear(), |tree, row| leaf(tree, row));
            history.commit(number.to_string().as_str(), tree)
        };
        let repo = trees.iter().enumerate().fold(History::new(), commit).build();
        let root = |number| {
            let name = format!("{}^{{tree}}", repo.id(&format!("{number}")));
            ObjectId::from_hex(repo.git(["rev-parse", &name]).trim().as_bytes())
        };
        let roots = (0..trees.len()).map(|number| root(number).expect("git prints an id"));
        let roots = roots.map(PrivateTree::new).collect();
        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        Self { private, shape, roots, _repo: repo }
    }

    fn ask<T>(&self, question: impl for<'r> FnOnce(&mut Filter<'r>) -> T) -> T {
        let objects = self.private.objects().expect("it has objects");
        question(&mut Filter::new(&objects, self.shape.clone()))
    }
}

fn leaf(tree: Tree, row: &str) -> Tree {
    if let Some(path) = row.strip_suffix(" broken") {
        return tree.raw_dir(path, b"100644 cut off");
    }
    if let Some(path) = row.strip_suffix(" 40000") {
        return tree.empty_dir(path);
    }
    let (path, content) = row.split_once('=').unwrap_or((row, row));
    tree.file(path, content)
}

fn text(path: &[u8]) -> String {
    String::from_utf8(path.to_vec()).expect("the rows hold text")
}

/// Tells of what differs, in the order in which the walk comes by.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    asks_for_gone: bool,
}

impl Visitor for Told {
    fn file(&mut self, entry: &Entry<'_>, place: &Place<'_>, old: bool) {
        let (public, private) = (text(&place.public_path(entry)), text(&place.private_path(entry)));
        let sign = if old { "~" } else { "+" };
        self.lines.push(match public == private {
            true => format!("{sign}{public}"),
            false => format!("{sign}{public} <- {private}"),
        });
    }

    fn asks_for_gone(&self) -> bool {
        self.asks_for_gone
    }

    fn gone(&mut self, entry: &Entry<'_>, place: &Place<'_>) {
        self.lines.push(format!("-{}", text(&place.public_path(entry))));
    }
}

/// The last tree, held against those before it.
#[track_caller]
fn told(manifest: &str, trees: &[&[&str]], expected: &[&str]) {
    let case = Trees::new(manifest, trees);
    let told = case.ask(|filter| {
        let mut shown: Vec<Shown> = Vec::new();
        for &root in &case.roots {
            let directory = filter.directory(root).expect("the trees are sound");
            let tree = filter.root(root).expect("the trees are sound").id();
            shown.push(Shown { filter: 0, directory, tree, as_is: tree == root.id() });
        }
        let new = shown.pop().expect("there is a last one");
        [true, false].map(|asks_for_gone| {
            let mut told = Told { asks_for_gone, ..Told::default() };
            let filters = std::slice::from_mut(filter);
            walk(filters, &new, &shown, &mut told).expect("the trees are sound");
            told.lines
        })
    });
    assert_eq!(told[0], expected);
    // Who does not ask is told of the rest alike.
    let there: Vec<_> = expected.iter().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(told[1].iter().collect::<Vec<_>>(), there);
}

const SRC: &str = "include = [\"src\", \"a.md\"]\nexclude = [\"**/no\"]\n";

#[test]
fn what_no_other_tree_has_is_told_of() {
    told(SRC, &[&["src/a", "src/in/b", "x"]], &["+src/a", "+src/in/b"]);
    told(SRC, &[&["src/a", "x"], &["src/a", "x=2"]], &[]);
    told(SRC, &[&["src/a"], &["src/a", "src/b", "src/no"]], &["+src/b"]);
    told(SRC, &[&["src/a", "src/z"], &["src/a=2", "src/z"]], &["~src/a"]);
    told(SRC, &[&["src/a", "src/b", "src/c"], &["src/b"]], &["-src/a", "-src/c"]);
    told(SRC, &[&["src/in/a", "src/z/x"], &["src/m"]], &["-src/in/a", "+src/m", "-src/z/x"]);
    told(SRC, &[&["a.md", "src/z"], &["src/z"]], &["-a.md"]);
    told(SRC, &[&["a.md", "src/in/z"], &["a.md"]], &["-src/in/z"]);
    told(SRC, &[&["src/in"], &["src/in/a"]], &["-src/in", "+src/in/a"]);
    told(SRC, &[&["src/in/a"], &["src/in"]], &["+src/in", "-src/in/a"]);
    told(
        SRC,
        &[&["src/in/a", "src/in.b"], &["src/in.b", "src/in/a=2", "src/in0"]],
        &["~src/in/a", "+src/in0"],
    );
}

#[test]
fn what_one_of_several_trees_has_is_not_new() {
    let (one, other) = (&["src/a", "src/in/x", "src/in/y"][..], &["src/b", "src/in/x=2"][..]);
    told(SRC, &[one, other, &["src/a", "src/b", "src/in/x", "src/in/y"]], &[]);
    told(SRC, &[other, one, &["src/a", "src/b", "src/in/x=2", "src/in/y"]], &[]);
    told(
        SRC,
        &[one, other, &["src/a=3", "src/c", "src/in/x=3"]],
        &["~src/a", "+src/c", "~src/in/x"],
    );
    // What is gone is told of only where it can be said from which tree.
    told(SRC, &[one, other, &["src/a"]], &[]);
}

#[test]
fn what_was_moved_is_told_of_at_both_places() {
    let moved = "include = [\"docs\", \"src\"]\nmove = [{ from = \"docs/in\", to = \"src\" }]\n";
    told(
        moved,
        &[&["docs/in/a", "docs/b", "src/c"]],
        &["+docs/b", "+src/a <- docs/in/a", "+src/c"],
    );
    told(moved, &[&["docs/in/a", "src/c"], &["docs/in/a=2", "src/c"]], &["~src/a <- docs/in/a"]);
    told(moved, &[&["docs/in/a"], &["docs/in/x/a"]], &["-src/a", "+src/x/a <- docs/in/x/a"]);
    // The same entries, under other rules than before.
    let other = "include = [\"docs\", \"src\"]\nexclude = [\"docs/in/x\"]\n\
        move = [{ from = \"docs/in\", to = \"src\" }]\n";
    told(other, &[&["docs/in/a=1", "docs/in/x=2"], &["src/a=1", "src/x=2"]], &["+src/x"]);
    told(other, &[&["src/a=1", "src/x=2"], &["docs/in/a=1", "docs/in/x=2"]], &["-src/x"]);
    let file = "include = [\"docs\"]\nmove = [{ from = \"docs/a\", to = \"b\" }]\n";
    told(file, &[&["docs/a", "docs/c"]], &["+b <- docs/a", "+docs/c"]);
}

/// What is private of each tree, as one walk comes by; what an earlier tree had at the
/// same path may be left out.
#[track_caller]
fn private(manifest: &str, trees: &[&[&str]], expected: &[&[&str]]) {
    let case = Trees::new(manifest, trees);
    let objects = case.private.objects().expect("it has objects");
    let mut filter = Filter::new(&objects, case.shape.clone());
    let mut walk = PrivateWalk::default();
    let told = case.roots.iter().map(|&root| {
        filter.root(root).expect("the trees are sound");
        let mut told = Vec::new();
        filter.private_files(0, root, &mut walk, &mut |directory, name, _| {
            told.push(text(&crate::paths::join(directory, name)));
        });
        told.sort();
        told
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(walk.unreadable, 0);
}

#[test]
fn private_files_are_told_of_once() {
    private(SRC, &[&["a.md", "src/a", "src/no", "x"]], &[&["src/no", "x"]]);
    private(SRC, &[&["src/in/no/a", "src/in/b", "y/z/x"]], &[&["src/in/no/a", "y/z/x"]]);
    private(SRC, &[&["src/a", "x"], &["src/b", "x"]], &[&["x"], &[]]);
    private(SRC, &[&["src/a", "y/x"], &["src/b", "y/x", "y/z"]], &[&["y/x"], &["y/x", "y/z"]]);
    private(SRC, &[&["y/x"], &["y/x=2"]], &[&["y/x"], &["y/x"]]);
    private(SRC, &[&["y/x"], &["z/x"]], &[&["y/x"], &["z/x"]]);
    private(SRC, &[&["src/in/no"], &["src/in/no", "src/on/no"]], &[&["src/in/no"], &["src/on/no"]]);
}

#[test]
fn a_directory_that_is_public_or_private_as_a_whole() {
    let src = "include = [\"src\", \"docs/in\"]\n";
    private(src, &[&["src/in/a", "x/in/a", "src/b"]], &[&["x/in/a"]]);
    private(src, &[&["docs/in/a", "docs/b", "src/b"]], &[&["docs/b"]]);
    private(src, &[&["src/in/a"], &["src/in/b", "src/c"]], &[&[], &[]]);
}

#[test]
fn private_directories_that_cannot_be_read_are_counted() {
    let case = Trees::new(SRC, &[&["src/a", "x broken", "y/x", "z"]]);
    let mut told = Vec::new();
    let unreadable = case.ask(|filter| {
        let mut walk = PrivateWalk::default();
        filter.private_files(0, case.roots[0], &mut walk, &mut |directory, name, _| {
            told.push(text(&crate::paths::join(directory, name)));
        });
        walk.unreadable
    });
    told.sort();
    assert_eq!((unreadable, told), (1, vec!["y/x".to_owned(), "z".to_owned()]));
}

/// Whether two trees differ in nothing private.
#[track_caller]
fn alike(manifest: &str, one: &[&str], other: &[&str], expected: bool) {
    let case = Trees::new(manifest, &[one, other]);
    let residue = |root| case.ask(|filter| filter.residue(root).expect("the trees are sound"));
    assert_eq!(residue(case.roots[0]) == residue(case.roots[1]), expected, "{one:?} {other:?}");
}

#[test]
fn a_private_difference_is_seen() {
    alike(SRC, &["src/a", "x"], &["src/a=2", "src/b", "x"], true);
    alike(SRC, &["src/a", "x"], &["src/a", "x=2"], false);
    alike(SRC, &["src/a"], &["src/a", "x"], false);
    alike(SRC, &["src/a", "src/no"], &["src/a", "src/no=2"], false);
    alike(SRC, &["src/in/a", "src/in/no"], &["src/in/b", "src/in/no"], true);
    alike(SRC, &["src/in/no", "x"], &["src/on/no", "x"], false);
    alike(SRC, &["y/z/x"], &["y/z/x=2"], false);
    // The manifest and its lock say what is private; elsewhere they are files.
    alike(SRC, &["sync.toml", "sync.lock=1", "x"], &["sync.toml=2", "x"], true);
    alike(SRC, &["y/sync.toml", "src/a"], &["y/sync.toml=2", "src/a"], false);
    let floor = "include = [\"src\"]\nprivate = [\"src/sync.toml\"]\n";
    alike(floor, &["src/sync.toml", "src/a"], &["src/sync.toml=2", "src/a"], false);
}

#[track_caller]
fn stands(manifest: &str, tree: &[&str], rows: &[(&str, &str)]) {
    let case = Trees::new(manifest, &[tree]);
    for (path, expected) in rows {
        let standing = case.ask(|filter| filter.standing(case.roots[0], path.as_bytes()));
        let found = match standing.expect("the trees are sound") {
            Standing::Absent => "absent".to_owned(),
            Standing::Private => "private".to_owned(),
            Standing::Public(kind, _) => format!("public {kind:?}"),
        };
        assert_eq!(found, *expected, "{path}");
    }
}

#[test]
fn what_stands_at_a_path_is_public_or_not() {
    stands(
        SRC,
        &["src/a", "src/no", "src/in/no/x", "y/x", "src/none 40000"],
        &[
            ("src", "public Tree"),
            ("src/a", "public Blob"),
            ("src/no", "private"),
            ("src/in", "private"),
            ("src/in/no", "private"),
            ("src/none", "public Tree"),
            ("y", "private"),
            ("y/x", "private"),
            ("z", "absent"),
            ("src/z", "absent"),
            ("src/a/z", "absent"),
        ],
    );
    // What a move takes from below says nothing of what is left there.
    let moved = "include = [\"docs/in\"]\nmove = [{ from = \"docs/in\", to = \"guide\" }]\n";
    stands(
        moved,
        &["docs/in/a", "doc/in/a"],
        &[
            ("docs", "public Tree"),
            ("docs/in", "public Tree"),
            ("docs/in/a", "public Blob"),
            ("doc", "private"),
            ("doc/in", "private"),
        ],
    );
}

#[track_caller]
fn found<T>(
    question: impl for<'r> Fn(&mut Filter<'r>, PrivateTree) -> Vec<T>,
    manifest: &str,
    tree: &[&str],
    expected: &[T],
) where
    T: std::fmt::Debug + PartialEq,
{
    let case = Trees::new(manifest, &[tree]);
    assert_eq!(case.ask(|filter| question(filter, case.roots[0])), expected);
}

#[test]
fn aliases_are_remembered_wherever_they_stand() {
    let aliases = |tree: &[&str], expected: &[&str]| {
        let rules = "include = [\"src\"]\nprivate = [\"ops/keys\", \"src/**/inner\"]\n";
        let asked = |filter: &mut Filter<'_>, root| {
            let found = filter.aliases(root).expect("the trees are sound");
            found.iter().map(|path| text(path)).collect::<Vec<_>>()
        };
        let expected: Vec<String> = expected.iter().map(|&path| path.to_owned()).collect();
        found(asked, rules, tree, &expected);
        // Filtering sees where there is none, and that is all.
        let filtered = |filter: &mut Filter<'_>, root| {
            filter.root(root).expect("the trees are sound");
            asked(filter, root)
        };
        found(filtered, rules, tree, &expected);
    };
    aliases(&["cloud/x", "src/a", "ops/keys", "src/inner/x"], &[]);
    aliases(&["Cloud", "Cloudy", "src/a"], &["Cloud"]);
    aliases(&["OPS/Keys/x", "OPS/other", "src/a"], &["OPS/Keys"]);
    aliases(&["ops/Keys/x", "src/a"], &["ops/Keys"]);
    aliases(&["src/a/Inner", "src/b/INNER/x", "src/b/x"], &["src/a/Inner", "src/b/INNER"]);
    aliases(&["src/a/Inner/x", "src/b/Inner/x"], &["src/a/Inner", "src/b/Inner"]);
    // What only some systems would take for the floor is public, and told of.
    aliases(&["src/INNER~1", "src/a/INNER~1/x"], &["src/INNER~1", "src/a/INNER~1"]);
    aliases(&["src/a", "Cloud/x", "ops/KEYS~1"], &["Cloud", "ops/KEYS~1"]);
}

#[test]
fn two_entries_on_one_place_collide() {
    let collisions = |tree: &[&str], expected: &[(&str, &str)]| {
        let rules = "include = [\"src\", \"docs\", \"a\", \"b\"]\nexclude = [\"docs/no\"]\n\
            move = [{ from = \"docs\", to = \"src\" }, { from = \"a\", to = \"b\" }]\n";
        let asked = |filter: &mut Filter<'_>, root| {
            filter.root(root).expect("the trees are sound");
            let met = filter.take_collisions().into_iter();
            met.map(|Collision { one, other }| (text(&one), text(&other))).collect::<Vec<_>>()
        };
        let expected: Vec<_> =
            expected.iter().map(|&(one, other)| (one.to_owned(), other.to_owned())).collect();
        found(asked, rules, tree, &expected);
    };
    collisions(&["src/x", "docs/y", "a"], &[]);
    collisions(&["src/x", "docs/x"], &[("src/x", "docs/x")]);
    collisions(&["src/in/x", "docs/in/x"], &[("src/in/x", "docs/in/x")]);
    collisions(&["src/in/x", "docs/in"], &[("src/in", "docs/in")]);
    collisions(&["src/no", "docs/no"], &[]);
    collisions(&["a", "b"], &[("b", "a")]);
    collisions(&["a/x", "b/y"], &[]);
    collisions(&["docs"], &[]);
}

#[test]
fn a_walk_comes_by_every_object() {
    let rows: [&[&str]; 2] = [&["src/a", "src/in/b", "src/no", "x"], &["src/a", "src/in/c"]];
    let case = Trees::new(SRC, &rows);
    let left = case.ask(|filter| {
        let mut held = Holdings::default();
        let mut shown: Vec<Shown> = Vec::new();
        for &root in &case.roots {
            let directory = filter.directory(root).expect("the trees are sound");
            let tree = filter.root(root).expect("the trees are sound").id();
            shown.push(Shown { filter: 0, directory, tree, as_is: tree == root.id() });
        }
        let filters = std::slice::from_mut(filter);
        for one in &shown {
            walk(filters, one, &[], &mut held).expect("the trees are sound");
        }
        assert_eq!((held.trees.len(), held.blobs.len()), (6, 3));
        let everything = held.trees.iter().chain(&held.blobs).copied();
        let mut unseen = Unseen::new(everything.chain([case.roots[0].id()]).collect());
        for one in &shown {
            walk(filters, one, &[], &mut unseen).expect("the trees are sound");
        }
        unseen.ids.into_iter().collect::<Vec<_>>()
    });
    // The private root is not public.
    assert_eq!(left, [case.roots[0].id()]);
}

#[test]
fn an_object_is_found_by_its_id() {
    let case = Trees::new(SRC, &[&["a/b/c", "a/d", "e"]]);
    let objects = case.private.objects().expect("it has objects");
    let at = |id| locate(&objects, case.roots[0], id).map(|path| text(&path));
    let blob = |content: &str| object::hash(Kind::Blob, content.as_bytes());
    for path in ["a/b/c", "a/d", "e"] {
        assert_eq!(at(blob(path)).as_deref(), Some(path));
    }
    assert_eq!(at(blob("x")), None);
    assert_eq!(at(case.roots[0].id()), None);
}

/// What is public as a whole is opened by the walk first, which stops in time.
#[test]
fn a_tree_that_is_too_deep_is_refused() {
    let walks = |depth: usize| {
        let path = format!("src{}/a", "/in".repeat(depth));
        let case = Trees::new("include = [\"src\"]\n", &[&[&path]]);
        case.ask(|filter| {
            let directory = filter.directory(case.roots[0]).expect("the root is sound");
            let tree = filter.root(case.roots[0]).expect("the root is sound").id();
            let new = Shown { filter: 0, directory, tree, as_is: false };
            walk(std::slice::from_mut(filter), &new, &[], &mut Told::default()).is_ok()
        })
    };
    // So many levels take more room than a test has.
    let roomy = std::thread::Builder::new().stack_size(64 << 20);
    let asked = roomy.spawn(move || (walks(MAX_DEPTH - 2), walks(MAX_DEPTH)));
    let asked = asked.expect("a thread can be started").join().expect("nothing panics");
    assert_eq!(asked, (true, false));
}
