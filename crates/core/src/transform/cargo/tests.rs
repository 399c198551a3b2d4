// SPDX-License-Identifier: Apache-2.0
//! Workspaces in a few lines, and what is left of them.

use super::*;
use crate::verify::readings;

/// Manifests by their directories, of public packages `a` and `b` beside the root's.
fn public(root: &str) -> Manifests {
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{rest}").into_bytes()
    };
    Manifests::from([
        (String::new(), root.as_bytes().to_vec()),
        ("crates/a".to_owned(), package("a", "[dependencies]\nb.path = '../b'\nlog = '1'\n")),
        ("crates/b".to_owned(), package("b", "[dependencies]\nserde.workspace = true\n")),
    ])
}

#[track_caller]
fn check(root: &str, expected: &str) {
    let made = manifest(&public(root));
    let verified = readings::alone(&public(root), None);
    match &made {
        Ok(made) => {
            let made = made.as_deref().unwrap_or(root.as_bytes());
            let verified = verified.map(String::from_utf8);
            assert_eq!(verified, Ok(String::from_utf8(made.to_vec())), "the verifier agrees");
        }
        Err(_) => assert!(verified.is_err(), "the verifier agrees that it cannot be: {root}"),
    }
    let shown = match made {
        Ok(None) => root.to_owned(),
        Ok(Some(made)) => {
            let made = String::from_utf8(made).expect("it was UTF-8");
            assert_ne!(made, root, "what did not change is not made");
            let twice = manifest(&public(&made)).expect("it can be read again");
            assert_eq!(twice, None, "twice is once: {made}");
            made
        }
        Err(err) => format!("error: {err}"),
    };
    assert_eq!(shown, expected, "{root}");
}

#[test]
fn members_that_are_private_leave() {
    let check = |list: &str, expected: &str| {
        check(&format!("[workspace]\n{list}\n"), &format!("[workspace]\n{expected}\n"));
    };
    check("members = ['crates/a', 'cloud']", "members = ['crates/a']");
    check("members = ['cloud', 'crates/a']", "members = ['crates/a']");
    check("members = ['cloud', 'crates/a', 'x', ]", "members = ['crates/a', ]");
    check("members = ['cloud', 'x']", "members = []");
    check("members = [ 'crates/a', 'cloud', 'x' ]", "members = [ 'crates/a' ]");
    check("members = ['crates/*', 'cloud']", "members = ['crates/*']");
    check("members = ['crates/*', 'cloud/*', 'c?*/**/b']", "members = ['crates/*', 'c?*/**/b']");
    check("members = ['./crates/a/', 'crates/../cloud']", "members = ['./crates/a/']");
    check("members = ['../elsewhere', '.']", "members = ['../elsewhere', '.']");
    check("members = ['crates/{a,b}']", "members = []");
    check(
        "members = [\n  # ours\n  'crates/a', # the first\n  # secret\n  'cloud', # too\n  'crates/b',\n]",
        "members = [\n  # ours\n  'crates/a', # the first\n  'crates/b',\n]",
    );
    check("members = [\n  'crates/a',\n  'cloud'\n]", "members = [\n  'crates/a',\n]");
    check("members = [\n  'cloud'\n, 'crates/a' ]", "members = [\n  'crates/a' ]");
    check("members = ['crates/a', 'cloud',\n  'x',\n]", "members = ['crates/a',\n]");
    check(
        "members = ['crates/*']\ndefault-members = ['cloud', 'crates/a']",
        "members = ['crates/*']\ndefault-members = ['crates/a']",
    );
    check("members = ['crates/*']\n# all\ndefault-members = ['cloud']", "members = ['crates/*']");
    check(
        "members = ['crates/*']\nexclude = ['crates/b', 'fuzz', 'cloud/x']",
        "members = ['crates/*']\nexclude = ['crates/b']",
    );
    check("members = ['crates/b*']\nexclude = ['crates']", "members = []\nexclude = ['crates']");
}

#[test]
fn dependencies_that_nobody_public_has_leave() {
    let check = |rest: &str, expected: &str| {
        let all = |rest: &str| format!("[workspace]\nmembers = ['crates/*']\n\n{rest}");
        check(&all(rest), &all(expected));
    };
    check(
        "[workspace.dependencies]\na = { path = 'crates/a' }\n# bills\nbill = { path = 'cloud' } # $\n\
         serde = '1' # kept\n\n[profile.release]\nlto = true\n",
        "[workspace.dependencies]\na = { path = 'crates/a' }\nserde = '1' # kept\n\n\
         [profile.release]\nlto = true\n",
    );
    check("[workspace.dependencies]\nstripe = '1'\n", "[workspace.dependencies]\n");
    check(
        "[workspace.dependencies]\nbill.path = 'cloud'\nbill.version = '1'\nserde.version = '1'\n",
        "[workspace.dependencies]\nserde.version = '1'\n",
    );
    check(
        "[workspace.dependencies.serde]\nversion = '1'\n\n# bills\n[workspace.dependencies.bill]\n\
         path = 'cloud'\n",
        "[workspace.dependencies.serde]\nversion = '1'\n",
    );
    check(
        "[workspace.dependencies.bill]\npath = 'cloud'\n\n# s\n[workspace.dependencies.serde]\n\
         version = '1'\n",
        "# s\n[workspace.dependencies.serde]\nversion = '1'\n",
    );
    check(
        "[patch.crates-io]\nlog = { path = 'vendor/log' }\nserde = { path = 'crates/b' }\n\
         rand = { git = 'https://x' }\n",
        "[patch.crates-io]\nserde = { path = 'crates/b' }\nrand = { git = 'https://x' }\n",
    );
    check(
        "[profile.release]\nlto = true\n\n[patch.crates-io.log]\npath = 'vendor/log'\n",
        "[profile.release]\nlto = true\n",
    );
    check("[replace]\n'log:0.4.0' = { path = 'vendor/log' }\n", "[replace]\n");
}

#[test]
fn a_workspace_may_be_written_inline() {
    check(
        "workspace = { members = ['cloud', 'crates/*'], dependencies = { x = '1', serde = '1' } }\n",
        "workspace = { members = ['crates/*'], dependencies = { serde = '1' } }\n",
    );
}

#[test]
fn a_manifest_that_says_nothing_of_others_stays() {
    check(
        "[package]\nname = 'x'\n[dependencies]\nbill = { path = 'cloud' }\n",
        "[package]\nname = 'x'\n[dependencies]\nbill = { path = 'cloud' }\n",
    );
    check("no = toml = at all", "no = toml = at all");
    check("", "");
    check(
        "[workspace]\nmembers = ['crates/*'\n[x]",
        "error: `Cargo.toml` is no TOML that cargo could read: missing comma between array elements, expected `,`",
    );
    check(
        "\r\n[workspace]\r\nmembers = [\r\n 'cloud',\r\n]\r\n",
        "\r\n[workspace]\r\nmembers = [\r\n]\r\n",
    );
}

/// A lock file of packages, `name version source edges`: a source of `-` is none. `=` and an edge
/// stand for what replaces the package.
fn lock_file(packages: &str) -> String {
    let mut text = "# This file is automatically @generated by Cargo.\nversion = 4\n".to_owned();
    for line in packages.lines() {
        let mut words = line.trim().splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        text += &format!("\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n", word(), word());
        match word() {
            "-" => {}
            source => text += &format!("source = \"{source}\"\nchecksum = \"00\"\n"),
        }
        let edges = word();
        if let Some(edge) = edges.strip_prefix('=') {
            text += &format!("replace = \"{edge}\"\n");
        } else if !edges.is_empty() {
            let edges = edges.split(", ").map(|edge| format!(" \"{edge}\",\n"));
            text += &format!("dependencies = [\n{}]\n", edges.collect::<String>());
        }
    }
    text
}

#[track_caller]
fn check_lock(root: &str, before: &str, after: &str) {
    let (before, after) = (lock_file(before), lock_file(after));
    let pruned = lock(&public(root), before.as_bytes()).map_err(|err| err.to_string());
    let pruned = pruned.expect("it is sound").unwrap_or_else(|| before.clone().into_bytes());
    let verified = readings::alone(&public(root), Some(before.as_bytes()));
    assert_eq!(verified.as_ref(), Ok(&pruned), "the verifier agrees");
    assert_eq!(String::from_utf8(pruned).expect("it was UTF-8"), after);
}

const ROOT: &str = "[workspace]\nmembers = ['crates/*', 'cloud']\n\
                    [workspace.dependencies]\nserde = '1'\nbill = { path = 'cloud' }\n";

#[test]
fn a_lock_file_keeps_what_public_packages_reach() {
    check_lock(
        ROOT,
        "a 0.1.0 - b, log\nb 0.1.0 - serde\nbill 0.1.0 - a, stripe\nlog 0.4.0 r\n\
         serde 1.0.0 r\nstripe 1.0.0 r log, uuid\nuuid 1.0.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 - serde\nlog 0.4.0 r\nserde 1.0.0 r",
    );
    let all = "a 0.1.0 - b, log\nb 0.1.0 - serde\nlog 0.4.0 r\nserde 1.0.0 r";
    check_lock(ROOT, all, all);
}

#[test]
fn an_edge_names_no_more_than_it_must() {
    check_lock(
        ROOT,
        "a 0.1.0 - b, log 0.4.0\nb 0.1.0 - serde\nbill 0.1.0 - log 0.3.0\nlog 0.3.0 r\n\
         log 0.4.0 r\nserde 1.0.0 r log 0.4.0",
        "a 0.1.0 - b, log\nb 0.1.0 - serde\nlog 0.4.0 r\nserde 1.0.0 r log",
    );
    check_lock(
        ROOT,
        "a 0.1.0 - b, log 0.4.0 (r)\nb 0.1.0 - serde\nbill 0.1.0 - log 0.3.0, log 0.4.0 (s)\n\
         log 0.3.0 r\nlog 0.4.0 r\nlog 0.4.0 s\nserde 1.0.0 r log 0.3.0",
        "a 0.1.0 - b, log 0.4.0\nb 0.1.0 - serde\nlog 0.3.0 r\nlog 0.4.0 r\nserde 1.0.0 r log 0.3.0",
    );
}

/// That of a path has no source that could be named, and cargo takes it before any other.
#[test]
fn an_edge_without_a_source_means_what_has_none() {
    check_lock(
        ROOT,
        "a 0.1.0 - b 0.1.0, log\nb 0.1.0 - serde\nb 0.1.0 r\nbill 0.1.0 - b 0.1.0 (r)\n\
         log 0.4.0 r\nserde 1.0.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 - serde\nlog 0.4.0 r\nserde 1.0.0 r",
    );
    check_lock(
        ROOT,
        "a 0.1.0 - b, log\nbill 0.1.0 - b, x 0.1.0 (r)\nb 0.1.0 -\nlog 0.4.0 r x 0.1.0\n\
         x 0.1.0 - uuid\nx 0.1.0 r\nuuid 1.0.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.4.0 r x\nx 0.1.0 - uuid\nuuid 1.0.0 r",
    );
    check_lock(
        ROOT,
        "a 0.1.0 - b, log\nb 0.1.0 -\nbill 0.1.0 - x 0.1.0\nlog 0.4.0 r x 0.1.0 (r)\nx 0.1.0 -\n\
         x 0.1.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.4.0 r x\nx 0.1.0 r",
    );
    let all = "a 0.1.0 - b 0.1.0, log\nb 0.1.0 - serde\nb 0.1.0 r\nlog 0.4.0 r b 0.1.0 (r)\n\
               serde 1.0.0 r";
    check_lock(ROOT, all, all);
    // Of two versions it could be either, and a second source leaves nothing to say of the first.
    check_lock(
        ROOT,
        "a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.3.0 -\nlog 0.4.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 -",
    );
    check_lock(
        ROOT,
        "a 0.1.0 - b, log 0.4.0\nb 0.1.0 -\nlog 0.4.0 r\nlog 0.4.0 s",
        "a 0.1.0 - b, log 0.4.0\nb 0.1.0 -",
    );
}

/// Where it is locked is said once, by the package itself.
#[test]
fn an_edge_names_no_commit() {
    check_lock(
        ROOT,
        "a 0.1.0 - b, log 0.4.0 (git+u?tag=t)\nb 0.1.0 -\nbill 0.1.0 - log 0.4.0 (r)\n\
         log 0.4.0 git+u?tag=t#12 uuid\nlog 0.4.0 r\nuuid 1.0.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.4.0 git+u?tag=t#12 uuid\nuuid 1.0.0 r",
    );
    check_lock(
        ROOT,
        "a 0.1.0 - b, log 0.4.0 (git+u)\nb 0.1.0 - serde\nbill 0.1.0 - log 0.3.0\nlog 0.3.0 r\n\
         log 0.4.0 git+u#12\nlog 0.4.0 r\nserde 1.0.0 r log 0.4.0 (r)",
        "a 0.1.0 - b, log 0.4.0 (git+u)\nb 0.1.0 - serde\nlog 0.4.0 git+u#12\nlog 0.4.0 r\n\
         serde 1.0.0 r log 0.4.0 (r)",
    );
}

#[test]
fn what_replaces_a_package_stays_with_it() {
    let root = format!("{ROOT}[replace]\n'log:0.4.0' = {{ git = 'u' }}\n");
    check_lock(
        &root,
        "a 0.1.0 - b, log 0.4.0 (r)\nb 0.1.0 -\nbill 0.1.0 - log 0.4.0 (s)\nlog 0.4.0 git+u#12 uuid\n\
         log 0.4.0 r =log 0.4.0 (git+u)\nlog 0.4.0 s\nuuid 1.0.0 r",
        "a 0.1.0 - b, log 0.4.0 (r)\nb 0.1.0 -\nlog 0.4.0 git+u#12 uuid\n\
         log 0.4.0 r =log 0.4.0 (git+u)\nuuid 1.0.0 r",
    );
    check_lock(
        &root,
        "a 0.1.0 - b\nb 0.1.0 -\nbill 0.1.0 - log 0.4.0 (r)\nlog 0.4.0 git+u#12\n\
         log 0.4.0 r =log 0.4.0 (git+u)",
        "a 0.1.0 - b\nb 0.1.0 -",
    );
    // It is no dependency, so no manifest asks for it.
    check_lock(
        &root,
        "a 0.1.0 - =a 0.1.0 (git+u)\na 0.1.0 git+u#12\nb 0.1.0 -",
        "a 0.1.0 - =a 0.1.0 (git+u)\na 0.1.0 git+u#12\nb 0.1.0 -",
    );
    let root = format!("{ROOT}[replace]\n'log:0.4.0' = {{ path = 'vendor/log' }}\n");
    let text =
        lock_file("a 0.1.0 - b, log 0.4.0 (r)\nb 0.1.0 -\nlog 0.4.0 -\nlog 0.4.0 r =log 0.4.0");
    let err = lock(&public(&root), text.as_bytes()).expect_err("nobody could build it");
    assert!(readings::alone(&public(&root), Some(text.as_bytes())).is_err());
    assert_eq!(err, CargoError::Patched { name: "log".to_owned() });
}

#[test]
fn an_edge_that_no_public_manifest_asks_for_goes() {
    check_lock(
        ROOT,
        "a 0.1.0 - b, bill, log, stripe\nb 0.1.0 - stripe\nbill 0.1.0 -\nlog 0.4.0 r\nstripe 1.0.0 r",
        "a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.4.0 r",
    );
}

#[test]
fn a_private_crate_cannot_stand_in_for_what_public_ones_need() {
    let root = format!("{ROOT}[patch.crates-io]\nlog = {{ path = 'vendor/log' }}\n");
    let text = lock_file("a 0.1.0 - b, log\nb 0.1.0 -\nlog 0.4.0 -");
    let err = lock(&public(&root), text.as_bytes()).expect_err("nobody could build it");
    assert!(readings::alone(&public(&root), Some(text.as_bytes())).is_err());
    assert_eq!(err, CargoError::Patched { name: "log".to_owned() });
    check_lock(&root, "b 0.1.0 -\nbill 0.1.0 - log\nlog 0.4.0 -", "b 0.1.0 -");
}

#[test]
fn an_old_lock_file_stays_as_old_as_it_is() {
    check_old(
        "a 0.1.0 - log 0.4.0 (r)\nbill 0.1.0 -\nlog 0.4.0 r\nuuid 1.0.0 r",
        "a 0.1.0 - log 0.4.0 (r)\nlog 0.4.0 r",
    );
    check_old(
        "a 0.1.0 - b 0.1.0, log 0.4.0 (git+u)\nb 0.1.0 -\nbill 0.1.0 -\nlog 0.3.0 git+u?tag=t#3\n\
         log 0.4.0 git+u#12",
        "a 0.1.0 - b 0.1.0, log 0.4.0 (git+u)\nb 0.1.0 -\nlog 0.4.0 git+u#12",
    );
}

/// Lock files whose edges name all that there is to say, with the checksums at their end.
#[track_caller]
fn check_old(before: &str, after: &str) {
    let old = |packages: &str| {
        let text = lock_file(packages).replace("version = 4\n", "");
        let mut text = text.replace("checksum = \"00\"\n", "") + "\n[metadata]\n";
        for package in packages.lines() {
            let words: Vec<&str> = package.split(' ').collect();
            let (origin, commit) = words[2].split_once('#').unwrap_or((words[2], ""));
            let sum = if commit.is_empty() { "00" } else { "<none>" };
            if origin != "-" {
                text += &format!("\"checksum {} {} ({origin})\" = \"{sum}\"\n", words[0], words[1]);
            }
        }
        text
    };
    let (before, after) = (old(before), old(after));
    let new = lock(&public(ROOT), before.as_bytes()).expect("it is sound").expect("it changes");
    assert_eq!(readings::alone(&public(ROOT), Some(before.as_bytes())).as_ref(), Ok(&new));
    assert_eq!(String::from_utf8(new).expect("it was UTF-8"), after);
}
