// SPDX-License-Identifier: Apache-2.0
//! Objects that are malformed, missing or damaged in the private repository itself.

use std::fs;

use fastrand::Rng;
use repo_sync_testing::{Kind, object_id};

use super::{Damage, lines, name, pick};
use crate::common::Case;

const WHO: &str = "author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n";

/// Two more commits on both sides, each object in a file of its own.
fn loose(rng: &mut Rng, case: &mut Case) {
    let (public, private) = (lines(rng), lines(rng));
    case.extend(|history| {
        history
            .commit("public", |tree| tree.file("src/deep/new.rs", public))
            .commit("private", |tree| tree.file("cloud/new.rs", private))
    });
    case.loosen();
}

/// The id of something of which the mirror needs the bytes.
fn public(rng: &mut Rng, case: &Case) -> String {
    let revs = ["main~1", "main~1^{tree}", "main:src", "main:src/deep", "main:src/deep/new.rs"];
    case.resolve(pick(rng, &revs))
}

/// `main` stands at a commit of these words.
fn commit(rng: &mut Rng, case: &mut Case, text: &str) {
    let (path, words) = (name(rng, "src"), lines(rng));
    case.extend(|history| history.commit("public", |tree| tree.file(path, words)));
    let text = text
        .replace("TREE", &format!("tree {}", case.resolve("main^{tree}")))
        .replace("PARENT", &format!("parent {}", case.resolve("main~1")))
        .replace("WHO\n", WHO);
    put(case, Kind::Commit, &text, "heads/main");
}

/// The tag `v7` is an object of these words.
fn tag(case: &mut Case, text: &str) {
    let text = text.replace("MAIN", &case.resolve("main"));
    put(case, Kind::Tag, &text, "tags/v7");
}

/// Git itself would not point a ref at some of these.
fn put(case: &mut Case, kind: Kind, text: &str, name: &str) {
    case.extend(|mut history| {
        history.object(kind, text);
        history
    });
    let file = case.repo().path().join(".git/refs").join(name);
    fs::create_dir_all(file.with_file_name("")).expect("the scratch place is writable");
    fs::write(file, format!("{}\n", object_id(kind, text.as_bytes()))).expect("the same");
}

/// What happens, which check finds it, and how it is done.
pub(super) const DAMAGES: &[Damage] = &[
    ("an object that is missing", "object-missing", |rng, case| {
        loose(rng, case);
        case.remove(&public(rng, case));
    }),
    ("an object that is cut off", "object-corrupt", |rng, case| {
        loose(rng, case);
        let id = public(rng, case);
        let bytes = fs::read(case.loose(&id)).expect("it was loosened");
        case.overwrite(&id, &bytes[..rng.usize(..bytes.len() / 2)]);
    }),
    ("an object of which a byte is another", "object-corrupt", |rng, case| {
        loose(rng, case);
        let id = public(rng, case);
        let mut bytes = fs::read(case.loose(&id)).expect("it was loosened");
        // Not in what only says how well it is packed, nor in its checksum.
        let at = rng.usize(2..bytes.len() - 6);
        bytes[at] ^= rng.u8(1..);
        case.overwrite(&id, &bytes);
    }),
    ("private bytes under the id of a public file", "object-corrupt", |rng, case| {
        loose(rng, case);
        let private = pick(rng, &["main:cloud/new.rs", "main:cloud/billing/src/invoice.rs"]);
        case.plant(&case.resolve(private), &case.resolve("main:src/deep/new.rs"));
    }),
    ("a private directory under the id of a public one", "object-corrupt", |rng, case| {
        loose(rng, case);
        let private = pick(rng, &["main:cloud", "main:cloud/billing", "main:secrets"]);
        case.plant(&case.resolve(private), &case.resolve("main:src/deep"));
    }),
    ("a commit whose headers are not those of a commit", "malformed-commit", |rng, case| {
        let rows = [
            "TREE\nPARENT\ncommitter A <a@example.com> 1 +0000\n\nno author\n",
            "TREE\nPARENT\nauthor A <a@example.com> 1 +0000\n\nno committer\n",
            "TREE\nPARENT\nauthor A <a@example.com> 1 +0000\nWHO\n\ntwo authors\n",
            "TREE\nPARENT\nWHO\nTREE\n\ntwo trees\n",
            "TREE\nPARENT\nTREE\nWHO\n\ntwo trees\n",
            "PARENT\nTREE\nWHO\n\nfirst the parent\n",
            "PARENT\nWHO\n\nno tree\n",
            "TREE\nPARENT\nWHO\nencoding utf-8\nencoding utf-16\n\ntwo charsets\n",
        ];
        let text = pick(rng, &rows);
        commit(rng, case, text);
    }),
    ("a commit with something behind a NUL", "malformed-commit", |rng, case| {
        let rows = [
            "TREE\nPARENT\nWHO\n\nhidden\0the price list\n",
            "TREE\nPARENT\nWHO\nx-note \0 the price list\n\nin a header\n",
            "TREE\nPARENT\nauthor A\0 <a@example.com> 1 +0000\n\
             committer A <a@example.com> 1 +0000\n\nin a name\n",
        ];
        let text = pick(rng, &rows);
        commit(rng, case, text);
    }),
    ("a tag that is none", "tag-target", |rng, case| {
        let rows = [
            "",
            "no tag at all\n",
            "object MAIN\ntag v7\n\nno type\n",
            "object MAIN\ntype tree\ntag v7\n\nwrong type\n",
            "object MAIN\nobject MAIN\ntype commit\ntag v7\n\ntwice\n",
            "object MAIN\ntype commit\ntag v7\ntagger\0 A <a@example.com> 1 +0000\n\nNUL\n",
            "object MAIN\ntype commit\ntag v7\n\nhidden\0the price list\n",
        ];
        tag(case, pick(rng, &rows));
    }),
];
