// SPDX-License-Identifier: Apache-2.0
//! Which mirror is meant.

use crate::common::{Case, MANIFEST, manifest, start};

#[test]
fn a_mirror_that_the_manifest_does_not_have() {
    let case = Case::new(start(MANIFEST));
    for command in ["plan", "sync", "map"] {
        let args = [command, "--mirror", "pubic", "--to", "$MIRROR"];
        case.bad(&args, 2, &["no mirror `pubic` in the manifest; it has `public`", "--mirror"]);
    }
}

#[test]
fn one_of_several_mirrors() {
    let case = Case::new(start(&manifest("[mirror.docs]\n")));
    for command in ["plan", "sync", "map"] {
        let words = ["several mirrors (`public`, `docs`)", "--mirror NAME", "--all"];
        case.bad(&[command, "--to", "$MIRROR"], 2, &words);
    }
    case.ok(&["sync", "--mirror", "public", "--to", "$MIRROR"]);
}

#[test]
fn flags_that_exclude_each_other() {
    let case = Case::new(start(MANIFEST));
    case.bad(
        &["sync", "--all", "--mirror", "public"],
        2,
        &["'--mirror' cannot be used with '--all'"],
    );
    case.bad(&["sync", "--all", "--to", "$MIRROR"], 2, &["'--to' cannot be used with '--all'"]);
    case.bad(&["sync", "--force"], 2, &["unexpected argument '--force'"]);
}
