// SPDX-License-Identifier: Apache-2.0
//! **Invariant:** the verifier shares no reading of the contract with the engine.

use std::fs;
use std::path::Path;

/// What the verifier may use of its own crate.
const ALLOWED: [&str; 4] = ["error::", "git::", "object::", "progress::"];

/// Of the engine's objects the verifier may use only the hash.
const OF_OBJECTS: [&str; 4] = ["Kind", "hash", "{Kind, hash}", "{hash, Kind}"];

/// The judge of its tests, which is git, and what is laid before it.
const JUDGE: &str = "git_judge::";

#[test]
fn the_verifier_uses_nothing_of_the_engine() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify");
    let mut files = 0;
    for entry in fs::read_dir(here).expect("the sources are where the manifest is") {
        let path = entry.expect("the directory can be listed").path();
        let text = fs::read_to_string(&path).expect("a source is UTF-8");
        let own = path.file_name().is_some_and(|name| name == "independence.rs");
        files += 1;
        for line in text.lines().filter(|_| !own) {
            let Some((_, used)) = line.split_once("crate::") else { continue };
            let used = used.split(';').next().unwrap_or(used);
            assert!(
                ALLOWED.iter().any(|allowed| used.starts_with(allowed)),
                "{}: `{line}`",
                path.display()
            );
            if let Some(name) = used.strip_prefix("object::") {
                let allowed = OF_OBJECTS.contains(&name) || name.starts_with(JUDGE);
                assert!(allowed, "{}: `{line}`", path.display());
            }
        }
    }
    assert!(files > 10, "the sources of the verifier are here");
}
