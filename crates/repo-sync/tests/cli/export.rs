// SPDX-License-Identifier: Apache-2.0
//! `export`: the public tree as files, and nothing else anywhere.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use insta::assert_snapshot;
use repo_sync_testing::{Kind, object_id};

use crate::common::{env, widget};

#[test]
fn a_public_tree_becomes_files() {
    let submodule = object_id(Kind::Commit, b"of another repository");
    let repo = widget()
        .commit("all sorts", |tree| {
            tree.executable("src/run", "#!/bin/sh\n")
                .symlink("src/link", "../cloud")
                .gitlink("src/module", submodule)
                .file(b"src/latin-\xe9", "x")
        })
        .commit("hide", |tree| tree.file("cloud/more.rs", ""))
        .build();
    let env = env(repo);
    assert_snapshot!("export", env.run(["export", "../out"]));
    let out = env.join("out");
    assert_eq!(
        listing(&out),
        [
            "README.md",
            "guide/",
            "guide/guide.md",
            "src/",
            "src/hello.rs",
            "src/latin-\u{fffd}",
            "src/link@",
            "src/module/",
            "src/run*"
        ]
    );
    assert_eq!(fs::read_link(out.join("src/link")).unwrap(), Path::new("../cloud"));
    assert_eq!(fs::read(out.join("guide/guide.md")).unwrap(), b"Turn it on.\n");

    assert_snapshot!("export_twice", env.run(["export", "../out"]));
    fs::create_dir(env.join("empty")).unwrap();
    let start = env.repo().id("start").to_string();
    assert_snapshot!("export_start", env.run(["export", "../empty", "--rev", &start]).stderr);
    assert_eq!(listing(&env.join("empty")), ["README.md"]);
}

#[test]
fn a_commit_of_no_listed_branch_and_a_dropped_one_can_be_exported() {
    let env = env(widget().on("aside").commit("add", |tree| tree.file("src/new.rs", "")).build());
    for (name, rev) in [("aside", "aside"), ("dropped", &*env.repo().id("bill twice").to_string())]
    {
        env.run(["export", &format!("../{name}"), "--rev", rev, "-q"]).expect(0);
    }
    assert!(env.join("aside/src/new.rs").exists());
    assert_eq!(listing(&env.join("dropped")), ["README.md", "src/", "src/hello.rs"]);
}

#[test]
fn what_is_there_is_never_touched() {
    let env = env(widget().build());
    fs::write(env.join("file"), "mine").unwrap();
    fs::create_dir(env.join("dir")).unwrap();
    fs::write(env.join("dir/README.md"), "mine").unwrap();
    for target in ["../file", "../dir"] {
        assert_eq!(env.run(["export", target]).status, 2, "{target}");
    }
    assert_eq!(fs::read(env.join("file")).unwrap(), b"mine");
    assert_eq!(listing(&env.join("dir")), ["README.md"]);
    assert_eq!(fs::read(env.join("dir/README.md")).unwrap(), b"mine");
}

#[test]
fn a_tree_that_would_write_into_git_is_refused() {
    let bad = b"40000 .GIT\0".iter().copied().chain([0x4b; 20]).collect::<Vec<u8>>();
    let env = env(widget().commit("bad", |tree| tree.raw_dir("src/bad", &bad)).build());
    assert_eq!(env.run(["export", "../out"]).status, 3);
    assert!(!env.join("out/src/bad").join(".GIT").exists());
}

/// All that is below a directory, sorted, with a mark for each sort.
fn listing(dir: &Path) -> Vec<String> {
    fn below(dir: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                found.push(format!("{name}/"));
                below(&entry.path(), &format!("{name}/"), found);
            } else if kind.is_symlink() {
                found.push(format!("{name}@"));
            } else if entry.metadata().unwrap().permissions().mode() & 0o100 != 0 {
                found.push(format!("{name}*"));
            } else {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    below(dir, "", &mut found);
    found.sort();
    found
}
