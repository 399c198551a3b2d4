// SPDX-License-Identifier: Apache-2.0
//! The law of deltas, with an applier that was written from the format's text.

use repo_sync_shared::ObjectId;

use super::super::test_trees::TestTree;
use super::*;
use crate::object::append_entry;

#[test]
fn a_delta_gives_the_target() {
    for seed in 0..40 {
        let mut tree = TestTree::new(seed, [0, 1, 2, 30, 200][seed as usize % 5]);
        for _ in 0..20 {
            let base = tree.bytes();
            tree.evolve();
            check_law(&base, &tree.bytes());
        }
    }
}

#[test]
fn trees_that_have_nothing_to_do_with_each_other_have_a_delta_too() {
    for seed in 0..20 {
        let sizes = [0, 1, 5, 300];
        for (a, b) in sizes.iter().flat_map(|a| sizes.map(|b| (*a, b))) {
            check_law(&TestTree::new(seed, a).bytes(), &TestTree::new(seed + 100, b).bytes());
        }
    }
    check_law(&TestTree::new(1, 5_000).bytes(), &TestTree::new(2, 5_000).bytes());
}

#[test]
fn bytes_that_are_no_tree_are_carried_all_the_same() {
    let mut tree = TestTree::new(7, 12);
    let base = tree.bytes();
    (0..4).for_each(|_| tree.change());
    let target = tree.bytes();
    for cut in 0..target.len() {
        check_law(&base, &target[..cut]);
        check_law(&base[..cut.min(base.len())], &target);
        check_law(&base, &target[cut..]);
        let mut broken = target.clone();
        broken[cut] ^= 0x55;
        check_law(&base, &broken);
        check_law(&broken, &base);
    }
    check_law(b"no tree", b"no tree either, and longer than an entry would be by quite a bit");
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..300 {
        let mut noise = |len| -> Vec<u8> { (0..rng.usize(..len)).map(|_| rng.u8(..3)).collect() };
        check_law(&noise(400), &noise(400));
    }
}

#[test]
fn what_is_equal_is_copied_in_one_run() {
    // An entry of this shape has 29 bytes, and its id begins at the ninth.
    check("a1 b1 c1", "a1 b1 c1", "copy 0+87");
    check("a1 b1 c1", "a1 b2 c1", "copy 0+38, insert 20, copy 58+29");
    check("a1 b1 c1", "a2 b1 c1", "copy 0+9, insert 20, copy 29+58");
    check("a1 b1 c1", "a1 c1", "copy 0+36, copy 65+22");
    check("a1 c1", "a1 b1 c1", "copy 0+36, insert 29, copy 36+22");
    check("", "a1", "insert 29");
    check("a1", "", "");
    check(
        "a1 b1 c1 d1 e1",
        "a2 b1 c1 d2 e1",
        "copy 0+9, insert 20, copy 29+67, insert 20, copy 116+29",
    );
    check("a1 b1 c1 d1 e1", "b1 c1 d1 e1 f1", "copy 29+116, insert 29");
    check(
        "a1 c1 e1 g1",
        "a2 b1 c1 d1 e1 g2",
        "copy 0+9, insert 49, copy 29+29, insert 29, copy 58+38, insert 20",
    );
}

#[test]
fn what_is_new_is_inserted_by_pieces_of_127_bytes() {
    check("", "a1 b1 c1 d1", "insert 116");
    check("", "a1 b1 c1 d1 e1", "insert 127, insert 18");
    check("x1", "a1 b1 c1 d1 e1 f1 g1 h1 i1", "insert 127, insert 127, insert 7");
}

#[test]
fn a_copy_is_cut_where_its_size_would_not_fit() {
    check_copy(0xff, "copy 0+255");
    check_copy(0x100, "copy 0+256");
    check_copy(0xffff, "copy 0+65535");
    check_copy(0x1_0000, "copy 0+65536");
    check_copy(0x1_0001, "copy 0+65537");
    check_copy(0xff_ffff, "copy 0+16777215");
    check_copy(0x100_0000, "copy 0+16777215, copy 16777215+1");
    check_copy(0x200_0000, "copy 0+16777215, copy 16777215+16777215, copy 33554430+2");
}

#[test]
fn a_spliced_delta_replaces_what_it_is_told() {
    let mut rng = fastrand::Rng::with_seed(5);
    for _ in 0..300 {
        let base: Vec<u8> = (0..rng.usize(..500)).map(|_| rng.u8(..)).collect();
        let mut ends: Vec<usize> =
            (0..2 * rng.usize(..4)).map(|_| rng.usize(..=base.len())).collect();
        ends.sort_unstable();
        let new: Vec<Vec<u8>> =
            ends.iter().map(|_| (0..rng.usize(..300)).map(|_| rng.u8(..)).collect()).collect();
        let changes = ends.chunks(2).zip(&new).map(|(gone, new)| (gone[0]..gone[1], &new[..]));
        let (mut target, mut done) = (Vec::new(), 0);
        for (gone, new) in changes.clone() {
            target.extend_from_slice(&base[done..gone.start]);
            target.extend_from_slice(new);
            done = gone.end;
        }
        target.extend_from_slice(&base[done..]);
        let mut delta = Vec::new();
        spliced((base.len(), target.len()), changes, &mut delta);
        assert!(apply(&base, &delta).0 == target);
    }
}

/// A copy of this length before something new.
#[track_caller]
fn check_copy(len: usize, expected: &str) {
    let base = vec![b'a'; len];
    let target = [&base[..], b"new"].concat();
    assert_eq!(check_law(&base, &target), format!("{expected}, insert 3"));
}

/// Each word is an entry: the letter its name, the digit the byte that fills its id.
#[track_caller]
fn check(base: &str, target: &str, expected: &str) {
    let tree = |entries: &str| {
        let mut tree = Vec::new();
        for entry in entries.split_whitespace().map(str::as_bytes) {
            append_entry(&mut tree, b"100644", &entry[..1], ObjectId::from_bytes([entry[1]; 20]));
        }
        tree
    };
    assert_eq!(check_law(&tree(base), &tree(target)), expected, "{base} -> {target}");
}

/// The delta gives the target, and this is how.
#[track_caller]
fn check_law(base: &[u8], target: &[u8]) -> String {
    let mut delta = b"before".to_vec();
    tree_delta(base, target, &mut delta);
    let delta = delta.strip_prefix(b"before").expect("a delta is appended");
    let (result, steps) = apply(base, delta);
    assert!(result == target, "the delta gives something else: {steps}");
    steps
}

fn apply(base: &[u8], mut delta: &[u8]) -> (Vec<u8>, String) {
    assert_eq!(take_size(&mut delta), base.len(), "size of the base");
    let size = take_size(&mut delta);
    let (mut result, mut steps) = (Vec::new(), Vec::new());
    while !delta.is_empty() {
        let instruction = take(&mut delta);
        assert_ne!(instruction, 0, "a reserved instruction");
        if instruction & 0x80 == 0 {
            let (new, rest) = delta.split_at(usize::from(instruction));
            result.extend_from_slice(new);
            steps.push(format!("insert {instruction}"));
            delta = rest;
            continue;
        }
        let mut number = |bits: std::ops::Range<u8>| -> usize {
            let start = bits.start;
            bits.filter(|bit| instruction & (1 << bit) != 0)
                .map(|bit| usize::from(take(&mut delta)) << (8 * (bit - start)))
                .sum()
        };
        let (from, len) = (number(0..4), number(4..7));
        let len = if len == 0 { 0x1_0000 } else { len };
        result.extend_from_slice(&base[from..from + len]);
        steps.push(format!("copy {from}+{len}"));
    }
    assert_eq!(result.len(), size, "size of the target");
    (result, steps.join(", "))
}

fn take(delta: &mut &[u8]) -> u8 {
    let (first, rest) = delta.split_first().expect("the delta goes on");
    *delta = rest;
    *first
}

fn take_size(delta: &mut &[u8]) -> usize {
    let (mut size, mut shift) = (0, 0);
    loop {
        let byte = take(delta);
        size |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return size;
        }
    }
}
