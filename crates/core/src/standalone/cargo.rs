// SPDX-License-Identifier: Apache-2.0
//! What cargo says the public workspace consists of.
//!
//! A lock file that names a private crate passes `cargo build --locked`, and a path can
//! lead out of the tree. `cargo metadata` lists every package, with where it lies.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use repo_sync_shared::escape_text;
use serde::Deserialize;

use super::Came;
use super::child::{self, Limits, shell};
use super::place::Place;
use crate::error::RunError;
use crate::progress::Progress;

/// What is run, as a person would type it.
pub(super) const COMMAND: &str = "cargo metadata --locked --offline --format-version 1";

/// The registry where every package is public, whatever it is called.
const CRATES_IO: &[&str] =
    &["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// How many packages a finding names.
const NAMED: usize = 20;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// `None` if it lies on this machine, outside of any registry.
    source: Option<String>,
    manifest_path: PathBuf,
}

/// Asks cargo in a tree that has a `Cargo.toml` at its root. `None` in any other tree.
pub(super) fn ask(
    place: &Place,
    private: &BTreeSet<String>,
    limits: Limits,
    progress: &dyn Progress,
) -> Result<Option<Came<String>>, RunError> {
    if !place.tree().join("Cargo.toml").is_file() {
        return Ok(None);
    }
    let answer = place.file("metadata.json");
    let mut command = shell(&format!("exec {COMMAND} >\"$1\""));
    command.arg("sh").arg(&answer);
    let ran = child::run(place.set_up(command), limits, progress)?;
    let mut came = ran.came(COMMAND);
    if came.fault.is_none() {
        came.fault = match read(&answer) {
            Ok(metadata) => fault(&metadata, &place.tree(), private),
            Err(err) => Some(format!("what `{COMMAND}` says cannot be read: {err}")),
        };
    }
    Ok(Some(came))
}

fn read(answer: &Path) -> Result<Metadata, serde_json::Error> {
    let file = File::open(answer).map_err(serde_json::Error::io)?;
    serde_json::from_reader(BufReader::new(file))
}

/// What of the packages does not belong to a public tree.
fn fault(metadata: &Metadata, tree: &Path, private: &BTreeSet<String>) -> Option<String> {
    let faults: Vec<_> =
        metadata.packages.iter().filter_map(|it| it.fault(tree, private)).collect();
    let more = faults.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    let shown: Vec<_> = faults.into_iter().take(NAMED).chain(more).collect();
    (!shown.is_empty())
        .then(|| format!("the public workspace is not whole by itself: {}", shown.join("; ")))
}

impl Package {
    fn fault(&self, tree: &Path, private: &BTreeSet<String>) -> Option<String> {
        let name = escape_text(self.name.as_bytes());
        let is_public = |source: &String| CRATES_IO.contains(&source.as_str());
        if private.contains(&self.name) && !self.source.as_ref().is_some_and(is_public) {
            return Some(format!("it names the private crate `{name}`"));
        }
        let at = self.manifest_path.canonicalize();
        let is_inside = at.as_ref().is_ok_and(|at| at.starts_with(tree));
        (self.source.is_none() && !is_inside)
            .then(|| format!("the crate `{name}` lies outside of the tree"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_package_of_elsewhere_or_of_a_private_name_is_found() {
        let dir = tempfile::tempdir().expect("there is room for a test");
        let root = dir.path().canonicalize().expect("it was just made");
        let tree = root.join("public");
        for name in ["public/a", "aside"] {
            fs::create_dir_all(root.join(name)).expect("there is room for a test");
            fs::write(root.join(name).join("Cargo.toml"), "").expect("there is room for a test");
        }
        let check = |name: &str, source: Option<&str>, at: &str, expected: Option<&str>| {
            let manifest_path = root.join(at);
            let package =
                Package { name: name.to_owned(), source: source.map(str::to_owned), manifest_path };
            let private = BTreeSet::from(["bill".to_owned()]);
            assert_eq!(package.fault(&tree, &private).as_deref(), expected, "{name} {at}");
        };
        let (outside, private) = (
            Some("the crate `a` lies outside of the tree"),
            Some("it names the private crate `bill`"),
        );
        let cached = "cache/Cargo.toml";
        check("a", None, "public/a/Cargo.toml", None);
        check("a", None, "public/../aside/Cargo.toml", outside);
        check("a", None, "public/gone/Cargo.toml", outside);
        check("a", Some(CRATES_IO[0]), cached, None);
        check("a", Some("git+https://example.com/a"), cached, None);
        check("bill", None, "public/a/Cargo.toml", private);
        check("bill", Some("git+https://example.com/bill"), cached, private);
        check("bill", Some(CRATES_IO[1]), cached, None);
    }
}
