// SPDX-License-Identifier: Apache-2.0
//! What must be absent from this repository, or present in every file of it.
//!
//! Reads the sources as text. The proprietary folder is looked at where it
//! exists; in a public clone it does not.

use std::fs;
use std::path::{Path, PathBuf};

/// A file under the root of the workspace.
struct Source {
    /// From the root, for messages.
    path: String,
    text: String,
}

/// **Invariant:** a file says under which licence it is, in its first line.
#[test]
fn every_source_file_names_its_licence() {
    for (folder, licence) in
        [("crates", "Apache-2.0"), ("shared", "Apache-2.0"), ("cloud", "LicenseRef-Proprietary")]
    {
        for source in sources_under(folder, &["rs", "toml"]) {
            let expected = match source.path.ends_with(".rs") {
                true => format!("// SPDX-License-Identifier: {licence}"),
                false => format!("# SPDX-License-Identifier: {licence}"),
            };
            assert_eq!(source.text.lines().next(), Some(&*expected), "{}", source.path);
        }
    }
}

/// **Invariant:** a source file says what it is for.
#[test]
fn every_source_file_opens_with_its_purpose() {
    for folder in ["crates", "shared", "cloud"] {
        for source in sources_under(folder, &["rs"]) {
            let second = source.text.lines().nth(1).unwrap_or_default();
            assert!(second.starts_with("//! "), "{} does not say its purpose", source.path);
        }
    }
}

/// **Invariant:** the public packages build without the proprietary one, and
/// never name it.
#[test]
fn public_manifests_do_not_name_cloud() {
    for folder in ["crates", "shared"] {
        for source in sources_under(folder, &["toml"]) {
            if source.path.ends_with("/Cargo.toml") {
                assert!(!source.text.contains("cloud"), "{} names cloud", source.path);
            }
        }
    }
}

/// **Invariant:** a file has one purpose, and that fits on a few screens.
#[test]
fn no_source_file_is_long() {
    for folder in ["crates", "shared", "cloud"] {
        for source in sources_under(folder, &["rs"]) {
            if source.path.contains("/src/") {
                let lines = source.text.lines().count();
                assert!(lines <= 500, "{} has {lines} lines", source.path);
            }
        }
    }
}

/// The files of these kinds under a folder of the workspace, in order. Only
/// text: everything that is matched here is.
fn sources_under(folder: &str, extensions: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    collect(&root.join(folder), extensions, &mut found);
    if folder != "cloud" {
        assert!(!found.is_empty(), "nothing to look at under {folder}");
    }
    let mut sources: Vec<_> = found
        .into_iter()
        .map(|path| Source {
            path: path
                .strip_prefix(&root)
                .expect("the walk began at the root")
                .to_str()
                .expect("our own file names are ASCII")
                .to_owned(),
            text: fs::read_to_string(&path).expect("a source file is readable text"),
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Test data and templates may be anything, so folders of them are not sources.
fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder of the workspace can be read").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if !["target", "configs", "fixtures", "snapshots", "templates"]
                .iter()
                .any(|skip| name == *skip)
            {
                collect(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|ext| extensions.iter().any(|want| ext == *want)) {
            found.push(path);
        }
    }
}
