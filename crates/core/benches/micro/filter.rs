// SPDX-License-Identifier: Apache-2.0
//! Filtering of a tree, alone and beside that of its parent commit.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion};
use fastrand::Rng;
use repo_sync_core::filter::Filter;
use repo_sync_core::git::PrivateRepo;
use repo_sync_core::manifest::Manifest;
use repo_sync_shared::{ObjectId, PrivateTree};
use repo_sync_testing::{History, Repo, Tree};

/// A rule that may match in any directory, so that each has to be opened.
const MANIFEST: &[u8] =
    b"version = 1\ninclude = [\"*\"]\nexclude = [\"**/private-*\"]\n[mirror.public]\n";

pub(crate) fn bench(criterion: &mut Criterion) {
    let manifest = Manifest::parse(MANIFEST, "sync.toml").expect("it is a manifest");
    let shape = &manifest.mirrors[0].shape;
    let mut group = criterion.benchmark_group("filter");
    for (name, directories, files) in
        [("100 directories of 20", 100, 20), ("one of 10,000", 1, 10_000)]
    {
        let repo = history(directories, files);
        let [parent, child] = ["parent", "child"].map(|commit| tree(&repo, commit));
        let private = PrivateRepo::discover(repo.path()).expect("it was just built");
        let objects = private.objects().expect("it has objects");
        let empty = || Filter::new(&objects, Arc::clone(shape));
        let root = |filter: &mut Filter<'_>, tree| {
            filter.root(black_box(tree)).expect("the trees are sound")
        };
        group.bench_function(format!("{name}, alone"), |bencher| {
            bencher.iter_batched_ref(empty, |filter| root(filter, child), BatchSize::SmallInput);
        });
        group.bench_function(format!("{name}, beside its parent"), |bencher| {
            let beside = || {
                let mut filter = empty();
                root(&mut filter, parent);
                filter
            };
            bencher.iter_batched_ref(beside, |filter| root(filter, child), BatchSize::SmallInput);
        });
    }
    group.finish();
}

/// Two commits, of which the second changes one file. One file of ten is private, and no
/// two directories are alike.
fn history(directories: usize, files: usize) -> Repo {
    let mut rng = Rng::with_seed(2);
    let path = |directory: usize, file: usize| {
        let name = if file % 10 == 9 { "private" } else { "file" };
        format!("directory-{directory}/{name}-{file}")
    };
    let changed = path(rng.usize(..directories), rng.usize(..files / 10) * 10);
    let fill = |tree: Tree| {
        let places = (0..directories).flat_map(|at| (0..files).map(move |file| (at, file)));
        places.fold(tree, |tree, (at, file)| tree.file(path(at, file), format!("{at} {file}")))
    };
    History::new().commit("parent", fill).commit("child", |tree| tree.file(changed, "new")).build()
}

fn tree(repo: &Repo, commit: &str) -> PrivateTree {
    let name = format!("{}^{{tree}}", repo.id(commit));
    let id = ObjectId::from_hex(repo.git(["rev-parse", &name]).trim().as_bytes());
    PrivateTree::new(id.expect("git prints an id"))
}
