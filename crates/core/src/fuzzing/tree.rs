// SPDX-License-Identifier: Apache-2.0
//! Raw trees.

use crate::object::{
    EntryKind, Kind, MalformedTree, Outline, TreeEntry, append_entry, check_tree, tree_entries,
};
use crate::verify::readings;

/// What is read is written back byte for byte, or is an error that ends the reading; a
/// tree that the engine finds sound has the same entries for the verifier. Whoever
/// reads it beside another that is sound comes to the same verdict.
pub fn tree(data: &[u8]) {
    let read: Result<Vec<TreeEntry<'_>>, MalformedTree> = tree_entries(data).collect();
    let sound = check_tree(data);
    let Ok(entries) = read else {
        assert!(sound.is_err(), "a tree that cannot be read is not sound");
        assert!(readings::tree(data).is_err(), "the verifier reads what the engine cannot");
        return;
    };
    let mut written = Vec::new();
    for entry in &entries {
        append_entry(&mut written, entry.mode, entry.name, entry.id);
    }
    assert_eq!(written, data, "the entries are all of the tree");
    if let Ok((half, _)) = Outline::read(every_second(&entries).as_slice(), None) {
        let verdict = Outline::read(data, Some(&half)).map(|_| ());
        assert_eq!(verdict, sound, "it is the same beside another tree");
    }
    if sound.is_ok() {
        let kind = |entry: &TreeEntry<'_>| match entry.kind() {
            EntryKind::Tree => Kind::Tree,
            EntryKind::Blob | EntryKind::Executable | EntryKind::Symlink => Kind::Blob,
            EntryKind::Gitlink => Kind::Commit,
        };
        let ours: Vec<_> = entries.iter().map(|it| (it.mode, it.name, it.id, kind(it))).collect();
        assert_eq!(readings::tree(data), Ok(ours));
    }
}

/// Half of a tree.
fn every_second(entries: &[TreeEntry<'_>]) -> Vec<u8> {
    entries.iter().step_by(2).flat_map(|entry| entry.raw).copied().collect()
}
