// SPDX-License-Identifier: Apache-2.0
//! `private-reference`: terms of one's own.

use repo_sync_testing::CommitText;

use crate::common::{MANIFEST, refused};

#[test]
fn terms_of_ones_own() {
    let manifest = format!("{MANIFEST}[check]\nterms = [\"Project Bluebird\", \"acme\", \"xq\"]\n");
    let check = |path: &str, text: &str, expected: &[&str]| {
        let found =
            refused(&manifest, |history| history.commit("more", |tree| tree.file(path, text)));
        assert_eq!(found, expected, "{path}: {text}");
    };
    check("docs/a.txt", "a\nPROJECT BLUEBIRD\n", &["private-reference docs/a.txt:2"]);
    check("docs/a.txt", "ACME_TOKEN, xq", &["private-reference docs/a.txt:1"; 2]);
    check("docs/acme.txt", "", &["private-reference docs/acme.txt"]);
    check("docs/a.bin", "\0acme", &["private-reference docs/a.bin"]);
    check("docs/acmeist.txt", "project bluebirds, the acmeist, xqs", &[]);
}

/// Letters that are not ASCII have cases, too, and an accent may stand apart.
#[test]
fn a_term_in_letters_of_its_own() {
    let manifest =
        format!("{MANIFEST}[check]\nterms = [\"Zaunk\u{f6}nig\", \"\u{416}\u{443}\u{43a}\"]\n");
    let check = |text: &str, expected: &[&str]| {
        let found =
            refused(&manifest, |history| history.commit("more", |tree| tree.file("docs/a", text)));
        assert_eq!(found, expected, "{text}");
    };
    let found = &["private-reference docs/a:1"];
    for text in ["Zaunk\u{f6}nig", "ZAUNK\u{d6}NIG", "zaunKo\u{308}nig", "ZAUNKO\u{308}NIG"] {
        check(text, found);
    }
    for text in ["\u{416}\u{443}\u{43a}", "\u{436}\u{443}\u{43a}", "\u{416}\u{423}\u{41a}"] {
        check(text, found);
    }
    check("Zaunkonig, \u{416}\u{443}", &[]);
}

/// The files below are known, and are not looked at again; the name is new.
#[test]
fn a_directory_that_is_renamed_to_a_term() {
    let check = |term: &str, to: &str, expected: &[&str]| {
        let manifest = format!("{MANIFEST}[check]\nterms = [\"{term}\"]\n");
        let found = refused(&manifest, |history| {
            history
                .commit("more", |tree| tree.file("src/old/deep/a.rs", "//\n"))
                .commit("rename", |tree| tree.rename("src/old/deep/a.rs", to))
        });
        assert_eq!(found, expected, "{term}");
    };
    check("bluebird", "src/bluebird/deep/a.rs", &["private-reference src/bluebird"]);
    check("bluebird", "src/old/bluebird/a.rs", &["private-reference src/old/bluebird"]);
    check("blue/deep", "src/blue/deep/a.rs", &["private-reference src/blue/deep/a.rs"]);
    check("bluebird", "src/bluebirds/deep/a.rs", &[]);
}

#[test]
fn a_term_hidden_by_a_charset() {
    let manifest = format!("{MANIFEST}[check]\nterms = [\"Großauftrag\"]\n");
    let latin = CommitText::raw("latin", b"der Gro\xdfauftrag\n".to_vec());
    let found = refused(&manifest, |history| {
        history.commit(latin.header("encoding", "ISO-8859-1"), |tree| tree.file("docs/a.txt", ""))
    });
    assert_eq!(found, ["private-reference"]);
}
