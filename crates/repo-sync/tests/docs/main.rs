// SPDX-License-Identifier: Apache-2.0
//! The documentation is true: its commands run, its screens are what the program
//! shows, its links lead somewhere, and its words are defined.

mod editions;
mod links;
mod page;
mod session;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use page::Page;

/// The root of the workspace.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().expect("the workspace is there while its tests run")
}

/// The text of a file of the workspace.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|err| panic!("cannot read {path}: {err}"))
}

/// The pages under a folder of the workspace, folders within it included.
fn pages_under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("the folder is part of the workspace") {
        let entry = entry.expect("a folder of the workspace can be read");
        let name = entry.file_name().into_string().expect("our own file names are ASCII");
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            found.extend(pages_under(&path));
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_tour_of_the_readme_runs() {
    let page = Page::parse("README.md", &read("README.md"));
    session::run(&page.section("Five minutes"));
}

#[test]
fn the_guides_run() {
    let pages = pages_under("docs/guide");
    assert!(!pages.is_empty(), "there are guides");
    for path in pages.into_iter().chain(["docs/standalone.md".to_owned()]) {
        session::run(&Page::parse(&path, &read(&path)));
    }
}
