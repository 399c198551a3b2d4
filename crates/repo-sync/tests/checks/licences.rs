// SPDX-License-Identifier: Apache-2.0
//! `licence-header`.

use crate::common::{MANIFEST, refused};

#[track_caller]
fn file(path: &str, text: &str, expected: Option<u32>) {
    let manifest = format!("{MANIFEST}[check]\nphrases = [\"property of Acme\"]\n");
    let found = refused(&manifest, |history| history.commit("more", |tree| tree.file(path, text)));
    let expected: Vec<_> =
        expected.iter().map(|line| format!("licence-header {path}:{line}")).collect();
    assert_eq!(found, expected, "{path}: {text}");
}

#[test]
fn a_file_that_says_it_is_not_for_everybody() {
    file("src/a.rs", "// SPDX-License-Identifier: LicenseRef-Proprietary\n", Some(1));
    file("docs/a.png.license", "SPDX-License-Identifier: LicenseRef-Acme-Commercial\n", Some(1));
    file("src/a.c", "/*\n * Proprietary and Confidential\n */\n", Some(2));
    file("src/a.c", "/* Copyright Acme\n * This is a trade secret. */\n", Some(2));
    file("src/a.c", "/* (c) Acme\n * for internal use */\n", Some(2));
    file("src/a.c", "// PROPERTY OF ACME\n", Some(1));
    file("src/package.json", "{\n  \"license\": \"UNLICENSED\"\n}\n", Some(2));
    file("src/Cargo.toml", "[package]\nlicense = \"LicenseRef-Proprietary\"\n", Some(2));
    let below = "# its license:\n[package]\nlicense = \"LicenseRef-Proprietary\"\n";
    file("src/Cargo.toml", below, Some(3));
}

#[test]
fn a_file_that_does_not() {
    file("src/a.rs", "// SPDX-License-Identifier: Apache-2.0\n", None);
    file("src/a.rs", "// SPDX-License-Identifier: MIT OR LicenseRef-Proprietary\n", None);
    file("src/a.rs", "// Copyright Acme. All rights reserved.\n", None);
    file("src/a.rs", "/// For internal use only.\nfn a() {}\n", None);
    file("docs/a.md", "Proprietary drivers are confidential.\n", None);
    file("docs/a.bin", "\0proprietary and confidential", None);
    file("src/package.json", "{ \"license\": \"MIT\", \"private\": true }\n", None);
    file("src/late.rs", &format!("{}// trade secret\n", "\n".repeat(40)), None);
}
