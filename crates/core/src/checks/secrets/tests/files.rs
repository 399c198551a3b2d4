// SPDX-License-Identifier: Apache-2.0
//! What a `.gitleaks.toml` says is done, or refused with the line.

use fastrand::Rng;

use super::template::{Fill, fill};
use super::{hits, with_rules};
use crate::checks::secrets::RuleSet;

/// A rule of a user, to which rows add lines.
const RULE: &str = "[[rules]]\nid = 'acme'\nregex = '''acme-([a-z0-9]+)(?:-([a-z]+))?'''\n";

#[test]
fn a_rule_is_as_narrow_as_it_says() {
    check("", "acme-1234", "acme:1");
    check("keywords = ['ACME-']", "acme-1234", "acme:1");
    check("keywords = ['widget']", "acme-1234", "");
    check("keywords = ['widget']", "acme-1234\n\na Widget", "acme:1");
    check("entropy = 2", "acme-1234", "");
    check("entropy = 1.9", "acme-1234", "acme:1");
    check("entropy = 1\nsecretGroup = 2", "acme-12-bb", "");
    check("entropy = 1\nsecretGroup = 2", "acme-11-abcd", "acme:1");
    check("path = '''\\.cfg$'''", "acme-1234", "");
    check("path = '''\\.txt$'''", "acme-1234", "acme:1");
}

#[test]
fn an_exception_is_as_wide_as_it_says() {
    check("[rules.allowlist]\nregexes = ['^12']", "acme-1234", "");
    check("[rules.allowlist]\nregexes = ['^acme']", "acme-1234", "acme:1");
    check("[rules.allowlist]\nregexTarget = 'match'\nregexes = ['^acme']", "acme-1234", "");
    check(
        "[rules.allowlist]\nregexTarget = 'line'\nregexes = ['ok$']",
        "acme-1 ok\nacme-2",
        "acme:2",
    );
    check("[rules.allowlist]\nstopwords = ['DEAD']", "acme-1dead2", "");
    check("[rules.allowlist]\nstopwords = ['dead']", "dead acme-1", "acme:1");
    check("[rules.allowlist]\npaths = ['txt$']", "acme-1234", "");
    check(
        "[[rules.allowlists]]\npaths = ['cfg$']\n[[rules.allowlists]]\nstopwords = ['3']",
        "acme-3",
        "",
    );
    check(
        "[rules.allowlist]\ncondition = 'AND'\npaths = ['txt$']\nstopwords = ['9']",
        "acme-1\nacme-9",
        "acme:1",
    );
    check("[rules.allowlist]\npaths = ['cfg$']\nstopwords = ['9']", "acme-1\nacme-9", "acme:1");
}

#[test]
fn an_exception_of_all_rules_can_name_some() {
    check("[allowlist]\npaths = ['txt$']", "acme-1234", "");
    check("[allowlist]\nregexes = ['^12']", "acme-1234", "");
    check("[[allowlists]]\ntargetRules = ['acme']\npaths = ['txt$']", "acme-1234", "");
    check(
        "[[rules]]\nid = 'other'\nregex = 'acme'\n[[allowlists]]\ntargetRules = ['other']\npaths = ['txt$']",
        "acme-1234",
        "acme:1",
    );
}

#[test]
fn a_rule_without_expression_finds_files() {
    check("[[rules]]\nid = 'file'\npath = 'txt$'", "", "file:1");
    check("[[rules]]\nid = 'file'\npath = 'cfg$'", "", "");
}

#[test]
fn the_built_in_rules_go_on_unless_they_are_named() {
    let token = fill("ghp_{A36}", Fill::Random, &mut Rng::with_seed(1));
    let both = format!("{token}\nacme-1\n");
    check("", &both, "github-token:1, acme:2");
    check("[extend]\nuseDefault = false", &both, "github-token:1, acme:2");
    check("[extend]\nuseDefault = true", &both, "github-token:1, acme:2");
    check("[extend]\ndisabledRules = ['github-token', 'elsewhere']", &both, "acme:2");
    check("[[rules]]\nid = 'github-token'\nregex = 'never'", &both, "acme:2");
    check(
        "[extend]\nuseDefault = true\n[[allowlists]]\ntargetRules = ['github-token', 'elsewhere']\npaths = ['txt$']",
        &both,
        "acme:2",
    );
}

#[test]
fn an_inline_comment_is_no_exception() {
    check("", "acme-1234 # gitleaks:allow", "acme:1");
}

#[test]
fn everything_around_the_rules_may_be_there() {
    let head = "title = 'ours'\ndescription = 'x'\nminVersion = 'v8.25.0'\n";
    let scanner = with_rules(&format!("{head}{RULE}description = 'y'\ntags = ['a']\n"));
    assert_eq!(hits(&scanner, b"acme-1", "a.txt"), "acme:1");
}

/// A file of [`RULE`] and these lines, and what it finds in a text.
#[track_caller]
fn check(more: &str, text: &str, expected: &str) {
    let scanner = with_rules(&format!("{RULE}{more}\n"));
    assert_eq!(hits(&scanner, text.as_bytes(), "a.txt"), expected, "{more}");
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    refuse("[rules.allowlist]\ncommits = ['abc']", "line 5: `commits` cannot be honoured");
    refuse("[[allowlists]]\ncommits = ['abc']\npaths = ['x']", "line 5: `commits` cannot");
    refuse("[extend]\npath = 'other.toml'", "line 5: `extend.path` cannot be honoured");
    refuse("[extend]\nurl = 'https://acme.dev'", "line 5: `extend.url` cannot be honoured");
    refuse("[[rules.required]]\nid = 'x'", "line 4: unknown field `required`");
    refuse("skipReport = true", "line 4: unknown field `skipReport`");
    refuse("[rules.allowlist]\npath = ['x']", "line 5: unknown field `path`");
    refuse("[rules.allowlist]\nregexTarget = 'file'", "line 5: unknown variant `file`");
    refuse("[rules.allowlist]\ndescription = 'x'", "line 4: the allow-list has none of");
    refuse("[allowlist]\npaths = ['x']\n[[allowlists]]\npaths = ['x']", "line 4: `allowlist` and");
    refuse(
        "[[rules.allowlists]]\ntargetRules = ['x']\npaths = ['x']",
        "line 5: unknown field `targetRules`",
    );
    refuse("[[allowlists]]\ntargetRules = ['x']\npaths = ['x']", "line 5: there is no rule `x`");
    refuse("[[rules]]\nid = 'acme'\nregex = 'x'", "line 5: rule `acme` is there twice");
    refuse("[[rules]]\nid = 'x'", "line 5: rule `x` has neither `regex` nor `path`");
    refuse("secretGroup = 3", "line 4: `secretGroup` is 3, but the expression has 2 groups");
    refuse("keywords = ['a', '']", "line 4: a keyword is empty");
    refuse("path = '''a(?=b)'''", "line 4: cannot use the expression: look-around");
    refuse("path = '''(a)\\1'''", "line 4: cannot use the expression: backreferences");
    refuse("path = '''('''", "line 4: cannot use the expression: unclosed group");
    refuse(
        "path = '''(?:a{1000}){1000}'''",
        "line 4: cannot use the expression: the pattern takes",
    );
    refuse("path = 3", "line 4: invalid type: integer `3`, expected a string");
    refuse("=", "line 4: ");
}

#[track_caller]
fn refuse(more: &str, expected: &str) {
    refuse_bytes(format!("{RULE}{more}\n").as_bytes(), expected);
}

#[test]
fn a_file_is_text() {
    refuse_bytes(b"title = 'a'\n\n# \xff\n", "line 3: not valid UTF-8");
    refuse_bytes(b"[[rules]]\nregex = 'a'\n", "line 1: missing field `id`");
}

#[track_caller]
fn refuse_bytes(file: &[u8], expected: &str) {
    let error = RuleSet::from_gitleaks(file).err().map(|err| err.to_string()).unwrap_or_default();
    assert!(error.starts_with(expected), "`{error}` does not begin with `{expected}`");
}
