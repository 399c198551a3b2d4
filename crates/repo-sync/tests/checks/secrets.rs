// SPDX-License-Identifier: Apache-2.0
//! Which rules `secret` goes by.

use crate::common::{MANIFEST, refused};

/// A rule of the user's own, and a file that breaks it.
const RULE: &str = "[[rules]]\nid = \"badge\"\nregex = '''badge-[0-9]{6}'''\n";
const BADGE: &str = "badge-123456\n";

/// What is found with a file of rules at a path, under a manifest that goes on like this.
#[track_caller]
fn check(manifest: &str, rules: Option<&str>, expected: &[&str]) {
    let manifest = format!("{MANIFEST}{manifest}");
    let found = refused(&manifest, |history| {
        history.commit("more", |tree| {
            let tree = tree.file("docs/a.txt", BADGE);
            rules.into_iter().fold(tree, |tree, path| tree.file(path, RULE))
        })
    });
    assert_eq!(found, expected, "{manifest}");
}

#[test]
fn rules_come_from_the_file_that_the_manifest_names() {
    let found = &["secret docs/a.txt:1"][..];
    check("", None, &[]);
    check("", Some(".gitleaks.toml"), found);
    check("", Some("ops/rules.toml"), &[]);
    check("[check]\ngitleaks = \"ops/rules.toml\"\n", Some("ops/rules.toml"), found);
}

/// A file that is named and not there is no reason to look by other rules.
#[test]
fn rules_that_are_not_there() {
    let named = "[check]\ngitleaks = \"ops/rules.toml\"\n";
    check(named, None, &["secret ops/rules.toml"]);
    check(named, Some(".gitleaks.toml"), &["secret ops/rules.toml"]);
}
