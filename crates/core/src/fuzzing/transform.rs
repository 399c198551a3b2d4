// SPDX-License-Identifier: Apache-2.0
//! What becomes of public files.

use std::collections::BTreeMap;

use super::halves;
use crate::transform::{LinesError, Markers, cargo};
use crate::verify::readings;

/// Not those of this repository: what the fuzzer begins with is public, markers and all.
const MARKERS: [&str; 2] = ["section: private", "section: end"];

/// Engine and verifier make the same of three parts with a NUL byte between them, once as
/// texts with private sections, and once as a workspace: its manifest, that of a member,
/// and its lock file. What came of it is a file to which nothing more is to be done.
pub fn transform(data: &[u8]) {
    let (root, rest) = halves(data);
    let (member, lock) = halves(rest);
    [data, root, member, lock].into_iter().for_each(sections);

    let mut manifests =
        BTreeMap::from([(String::new(), root.to_vec()), ("crates/a".to_owned(), member.to_vec())]);
    let made = cargo::lock(&manifests, lock);
    let verified = readings::alone(&manifests, Some(lock));
    if let Ok(made) = made {
        let made = made.unwrap_or_else(|| lock.to_vec());
        assert_eq!(verified.as_ref(), Ok(&made), "of the lock file");
        assert_eq!(cargo::lock(&manifests, &made), Ok(None), "twice is once");
    }
    let made = cargo::manifest(&manifests);
    let verified = readings::alone(&manifests, None);
    if let Ok(made) = made {
        let made = made.unwrap_or_else(|| root.to_vec());
        assert_eq!(verified.as_ref(), Ok(&made), "of the manifest");
        manifests.insert(String::new(), made);
        assert_eq!(cargo::manifest(&manifests), Ok(None), "twice is once");
    }
}

fn sections(text: &[u8]) {
    let markers = Markers::new(MARKERS[0], MARKERS[1]).expect("they can be told apart");
    let verified = readings::without_sections(MARKERS, text);
    match markers.strip(text) {
        Ok(left) => {
            let left = left.unwrap_or_else(|| text.to_vec());
            assert_eq!(verified.as_ref(), Ok(&left), "of the sections");
            assert_eq!(markers.strip(&left), Ok(None), "twice is once");
        }
        // The verifier is never asked about such a file.
        Err(LinesError::NotAlone { .. }) => {}
        Err(_) => assert!(verified.is_err(), "neither can say what is public"),
    }
}
