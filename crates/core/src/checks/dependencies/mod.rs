// SPDX-License-Identifier: Apache-2.0
//! `private-dependency`: what the manifests and lock files of public packages say of
//! private ones.
//!
//! Paths and telling names are found in them as in any text. Here is what only the
//! structure shows: that a plain word is a member, or a package.

mod cargo;
mod cargo_lock;
mod go;
mod npm;
mod python;
mod workspaces;

use toml::Table;

pub(super) use workspaces::Workspaces;

/// How manifests and lock files are called.
const FILES: &[&[u8]] = &[
    b"BUILD",
    b"BUILD.bazel",
    b"Cargo.lock",
    b"Cargo.toml",
    b"MODULE.bazel",
    b"WORKSPACE",
    b"WORKSPACE.bazel",
    b"bun.lock",
    b"go.mod",
    b"go.sum",
    b"go.work",
    b"go.work.sum",
    b"npm-shrinkwrap.json",
    b"package-lock.json",
    b"package.json",
    b"pnpm-lock.yaml",
    b"pnpm-workspace.yaml",
    b"poetry.lock",
    b"pyproject.toml",
    b"setup.cfg",
    b"setup.py",
    b"uv.lock",
    b"yarn.lock",
];

/// What a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// A directory, from the manifest's own; perhaps with wildcards at its end.
    Directory(String),
    /// A package.
    Package(String),
    /// What the manifest of the workspace has under this name.
    Inherited(String),
}

/// What a manifest says by its structure.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// What its package depends on.
    pub(super) depends: Vec<Edge>,
    /// What it names besides: members, what is patched, what is locked.
    pub(super) names: Vec<Edge>,
}

/// Whether a file of this name says what a package depends on.
pub(super) fn is_manifest(name: &[u8]) -> bool {
    is_requirements(name) || FILES.contains(&name)
}

/// What a manifest of this name says, where that can be read.
pub(super) fn declared(name: &[u8], text: &[u8]) -> Declared {
    let mut said = Declared::default();
    if !is_manifest(name) {
        return said;
    }
    let Ok(text) = str::from_utf8(text) else { return said };
    let Declared { depends, names } = &mut said;
    let toml = || text.parse::<Table>().unwrap_or_default();
    let json = || serde_json::from_str(text).unwrap_or_default();
    match name {
        b"Cargo.toml" => {
            let manifest = toml();
            cargo::package(&manifest, depends);
            cargo::workspace(&manifest, names);
        }
        b"Cargo.lock" => match cargo_lock::lock(text) {
            Some(locked) => names.extend(locked),
            None => cargo::lock(&toml(), names),
        },
        b"go.mod" => go::manifest(text, depends),
        b"go.work" => go::manifest(text, names),
        b"package.json" => {
            let manifest = json();
            npm::package(&manifest, depends);
            npm::workspace(&manifest, names);
        }
        b"package-lock.json" | b"npm-shrinkwrap.json" => npm::lock(&json(), names),
        b"pnpm-lock.yaml" => npm::pnpm_lock(text, names),
        b"pnpm-workspace.yaml" => npm::pnpm_workspace(text, names),
        b"yarn.lock" => npm::yarn_lock(text, names),
        b"pyproject.toml" => {
            let manifest = toml();
            python::package(&manifest, depends);
            python::workspace(&manifest, names);
        }
        b"poetry.lock" | b"uv.lock" => python::lock(&toml(), names),
        _ if is_requirements(name) => python::requirements(text, depends),
        _ => {}
    }
    said
}

/// Where an edge stands in the text: in quotes, at the beginning of a line or at the end of
/// the head of a table, else where its name stands whole, else where the same bytes do.
pub(super) fn place(text: &[u8], edge: &str) -> usize {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./@".contains(byte);
    let places = || memchr::memmem::find_iter(text, edge.as_bytes());
    let around = |at: usize| (text[..at].last().copied(), text.get(at + edge.len()));
    let is_key = |at: &usize| match around(*at) {
        // `name.workspace = true`.
        (None | Some(b'\n'), after) => !after.is_some_and(|byte| is_name(byte) && *byte != b'.'),
        (Some(b'.'), Some(b']')) => true,
        (Some(quote @ (b'"' | b'\'')), Some(after)) => *after == quote,
        (Some(_), _) => false,
    };
    let is_whole = |at: &usize| {
        let (before, after) = around(*at);
        !before.as_ref().is_some_and(is_name) && !after.is_some_and(is_name)
    };
    let found = places().find(is_key).or_else(|| places().find(is_whole));
    found.or_else(|| places().next()).unwrap_or(0)
}

fn is_requirements(name: &[u8]) -> bool {
    name.starts_with(b"requirements") && name.ends_with(b".txt")
}

fn strings(list: &toml::Value) -> impl Iterator<Item = String> + '_ {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_what_it_builds_with() {
        check(
            "Cargo.toml",
            "[workspace]\nmembers = ['crates/*', 'cloud']\n[workspace.dependencies]\na = '1'\n\
             [dependencies]\nb = { path = '../b', package = 'bee' }\n\
             [target.'cfg(unix)'.dev-dependencies]\nc = '1'\n[patch.crates-io]\nd = { git = '' }\n",
            "dir crates/*, dir cloud, needs pkg bee, needs dir ../b, pkg d, needs pkg c, pkg a",
        );
        check(
            "Cargo.toml",
            "[dev_dependencies]\na.workspace = true\nb = { workspace = true, features = ['x'] }\n\
             [build_dependencies]\nc = '1'\n[dependencies.d]\nworkspace = false\n",
            "needs shared a, needs shared b, needs pkg c, needs pkg d",
        );
        check("Cargo.toml", "[dependencies", "");
        check(
            "Cargo.toml",
            "[profile.dev.package]\na = { opt-level = 3 }\n'b@1.0' = { debug = 1 }\n",
            "pkg a, pkg b",
        );
        check(
            "Cargo.lock",
            "[[package]]\nname = 'a'\nsource = 'registry'\n[[package]]\nname = 'b'\n",
            "pkg b",
        );
        check(
            "pyproject.toml",
            "[project]\ndependencies = ['a>=1', 'b-c[x] ; y']\n\
             [tool.uv.workspace]\nmembers = ['d']\n[tool.uv.sources]\ne = { path = '../e' }\n",
            "needs pkg a, needs pkg b-c, dir d, needs pkg e, needs dir ../e",
        );
        check(
            "package.json",
            r#"{ "dependencies": { "@a/b": "workspace:*", "c": "file:../c" }, "workspaces": ["d"] }"#,
            "needs pkg @a/b, needs pkg c, needs dir ../c, dir d",
        );
        check("package.json", r#"{ "workspaces": { "packages": ["d/*"] } }"#, "dir d/*");
        check(
            "package.json",
            r#"{ "dependencies": { "a": "workspace:^", "b": "portal:../b" }, "overrides": { "c": "1" } }"#,
            "needs pkg a, needs pkg b, needs dir ../b, needs pkg c",
        );
        check("package.json", "[]", "");
        check("pnpm-workspace.yaml", "packages:\n  - 'a/*'\n  - b\n  - '!c'\n", "dir a/*, dir b");
        check("notes.txt", "[dependencies]\na = '1'\n", "");
    }

    #[test]
    fn a_lock_file_says_what_lies_in_the_workspace() {
        check(
            "package-lock.json",
            r#"{ "packages": { "": { "name": "root" }, "a": { "name": "@w/a" }, "node_modules/@w/a":
               { "resolved": "a", "link": true }, "node_modules/b": { "version": "1" },
               "a/node_modules/c": {} } }"#,
            "dir a, pkg @w/a, pkg @w/a, dir a",
        );
        check("package-lock.json", "{", "");
        check(
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n  'b':\n    x: 1\n\npackages:\n\n  c@1:\n",
            "dir ., dir b",
        );
        check(
            "yarn.lock",
            "\"a@workspace:*, a@workspace:cloud\":\n  resolution: \"a@workspace:cloud\"\n\"b@npm:^1\":\n",
            "pkg a, pkg a, dir cloud, pkg a, dir cloud",
        );
        check(
            "uv.lock",
            "[[package]]\nname = 'a'\nsource = { editable = 'x/a' }\n[[package]]\nname = 'b'\nsource = { registry = 'r' }\n",
            "pkg a, dir x/a",
        );
        check(
            "poetry.lock",
            "[[package]]\nname = 'a'\n[package.source]\ntype = 'directory'\nurl = '../a'\n[[package]]\nname = 'b'\n",
            "pkg a, dir ../a",
        );
    }

    #[test]
    fn a_module_of_go_says_what_it_needs() {
        check(
            "go.mod",
            "module m\nrequire a v1 // b\nrequire (\n\tc v1.0.0 // indirect\n\t// d v1\n)\nexclude e v1\n\
             replace f => ./g\nreplace (\n\th v1 => i v2\n)\ntool j/k\n",
            "needs pkg a, needs pkg c, needs pkg f, needs dir ./g, needs pkg h, needs pkg i, \
             needs pkg j/k",
        );
        check("go.work", "go 1.24\nuse ./a\nuse (\n\tb\n\t\"./c\"\n)\n", "dir ./a, dir b, dir ./c");
    }

    #[test]
    fn python_says_in_many_places_what_it_needs() {
        check(
            "pyproject.toml",
            "[build-system]\nrequires = ['a']\n[project.optional-dependencies]\nx = ['b>1']\n\
             [dependency-groups]\ndev = ['c', { include-group = 'x' }]\n\
             [tool.poetry.dependencies]\nd = '^1'\n[tool.poetry.group.t.dependencies]\ne = { path = '../e' }\n",
            "needs pkg a, needs pkg b, needs pkg c, needs pkg d, needs pkg e, needs dir ../e",
        );
        check(
            "requirements-dev.txt",
            "# a\n-r base.txt\n-e ./b\n--editable=c\n./d\ne==1 # f\ng[h] @ file:///x\n\n",
            "needs dir ./b, needs dir c, needs dir ./d, needs pkg e, needs pkg g",
        );
    }

    #[test]
    fn an_edge_stands_where_its_name_is_whole() {
        let check = |text: &str, edge: &str, expected: usize| {
            assert_eq!(place(text.as_bytes(), edge), expected, "{edge} in {text}");
        };
        check("core-utils = 1\ncore = 1", "core", 15);
        check("# core\n'core' = 1", "core", 8);
        check("# core\na = core", "core", 2);
        check("'core-utils'", "core", 1);
        check("a = 'core-x'\ncore.workspace = true", "core", 13);
        check("core-x = 1\n[dependencies.core]", "core", 25);
        check("", "core", 0);
    }

    #[track_caller]
    fn check(name: &str, text: &str, expected: &str) {
        let show = |edge| match edge {
            Edge::Directory(path) => format!("dir {path}"),
            Edge::Package(name) => format!("pkg {name}"),
            Edge::Inherited(key) => format!("shared {key}"),
        };
        let Declared { depends, names } = declared(name.as_bytes(), text.as_bytes());
        let depends = depends.into_iter().map(|edge| format!("needs {}", show(edge)));
        let mut shown: Vec<_> = depends.chain(names.into_iter().map(show)).collect();
        let mut expected: Vec<_> = expected.split(", ").collect();
        expected.retain(|it| !it.is_empty());
        shown.sort();
        expected.sort_unstable();
        assert_eq!(shown, expected, "{text}");
    }
}
