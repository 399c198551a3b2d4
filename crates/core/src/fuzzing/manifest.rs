// SPDX-License-Identifier: Apache-2.0
//! `sync.toml`.

use crate::canary;
use crate::manifest::{Manifest, ManifestError, PastManifest, loose_mirrors};
use crate::verify::{Rules, readings};

/// An error points into the text. What is a manifest is one to every reader: the
/// lenient one and the verifier find the same mirrors with the same rules, and the
/// probes that begin each run find no difference.
pub fn manifest(data: &[u8]) {
    let loose = loose_mirrors(data);
    let past = PastManifest::parse(data, "sync.toml");
    if let Err(err) = &past {
        points_into(data, err);
    }
    let manifest = match Manifest::parse(data, "sync.toml") {
        Ok(manifest) => manifest,
        Err(err) => return points_into(data, &err),
    };
    let past = past.expect("what is sound at the tip is sound in an older commit");
    for mirror in &manifest.mirrors {
        let name = &mirror.name;
        let in_past = past.shape(name, &[]).expect("the lenient reading knows the mirror");
        assert_eq!(*in_past, mirror.shape, "the lenient reading of `{name}`");
        assert_eq!(past.first_branch(name, &[]), Some(mirror.branches.first.as_str()));
        if let Some(url) = &mirror.url {
            assert!(loose.iter().any(|it| it.url == *url), "the guard knows `{url}`");
        }
        let names = [std::slice::from_ref(name), &mirror.was].concat();
        let rules = Rules::read(data, &names).expect("the verifier reads the manifest");
        let rules = rules.expect("the verifier knows the mirror");
        let faults = canary::faults(&mirror.shape, &rules, "qwertzuiop");
        assert_eq!(faults, Vec::<String>::new());
        let said = readings::settings(data, name).expect("the verifier reads the settings");
        assert_eq!(said.first_branch, mirror.branches.first);
        assert_eq!(said.names, names);
        assert_eq!(said.seams, mirror.seams.len());
    }
}

/// The line and the characters of an error are there, and nothing that it shows could
/// move a terminal's cursor.
fn points_into(data: &[u8], err: &ManifestError) {
    let text = String::from_utf8_lossy(data);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = text.split('\n').nth(err.line as usize - 1).expect("the line is there");
    let line = line.trim_end_matches('\r');
    assert_eq!(err.source_line.trim_end_matches('\r'), line);
    let (column, length) = (err.column as usize, err.length as usize);
    assert!(column >= 1 && length >= 1, "{err:?}");
    assert!(column - 1 + length <= line.chars().count().max(column), "{err:?}");
    let shown = err.to_string();
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
}
