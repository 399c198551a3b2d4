// SPDX-License-Identifier: Apache-2.0
//! Packs of trees that change a little from one to the next.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use fastrand::Rng;
use repo_sync_core::object::{Kind, append_entry, hash};
use repo_sync_core::staging::{PackWriter, tree_delta};
use repo_sync_shared::ObjectId;
use tempfile::TempDir;

/// How many trees there are, one after the other, and how many entries each has.
const TREES: usize = 500;
const ENTRIES: usize = 300;

pub(crate) fn bench(criterion: &mut Criterion) {
    let trees = trees();
    let mut group = criterion.benchmark_group("packs");
    group.throughput(Throughput::Elements(TREES as u64));
    group.bench_function("delta of a tree", |bencher| {
        let mut delta = Vec::new();
        bencher.iter(|| {
            for pair in trees.windows(2) {
                delta.clear();
                tree_delta(black_box(&pair[0].1), black_box(&pair[1].1), &mut delta);
            }
            delta.len()
        });
    });
    group.bench_function("tree into a pack", |bencher| {
        bencher.iter_batched(new_pack, |pack| filled(pack, &trees), BatchSize::PerIteration);
    });
    group.finish();
}

fn new_pack() -> (PackWriter, TempDir) {
    let dir = tempfile::tempdir().expect("the temporary directory is writable");
    (PackWriter::create(dir.path()).expect("a pack can be made there"), dir)
}

/// The length of the pack, and the directory, which is removed when nobody measures.
fn filled((mut pack, dir): (PackWriter, TempDir), trees: &[(ObjectId, Vec<u8>)]) -> (u64, TempDir) {
    let mut before = None;
    for (id, bytes) in trees {
        pack.write_tree(*id, bytes, before).expect("the disk has room");
        before = Some((*id, bytes.as_slice()));
    }
    (pack.finish().expect("the disk has room"), dir)
}

/// Trees, each like the one before but for an entry or two.
fn trees() -> Vec<(ObjectId, Vec<u8>)> {
    let mut rng = Rng::with_seed(3);
    let mut new_id = move || {
        let mut bytes = [0; 20];
        rng.fill(&mut bytes);
        ObjectId::from_bytes(bytes)
    };
    let mut ids: Vec<_> = (0..ENTRIES).map(|_| new_id()).collect();
    let mut places = Rng::with_seed(4);
    let tree = |_| {
        for _ in 0..places.usize(1..3) {
            ids[places.usize(..ENTRIES)] = new_id();
        }
        let mut bytes = Vec::new();
        for (number, id) in ids.iter().enumerate() {
            append_entry(&mut bytes, b"100644", format!("file-{number:04}.rs").as_bytes(), *id);
        }
        (hash(Kind::Tree, &bytes), bytes)
    };
    (0..TREES).map(tree).collect()
}
