// SPDX-License-Identifier: Apache-2.0
//! `private-dependency`: what the manifests and lock files of public packages say of
//! private ones.
//!
//! Paths and telling names are found in them as in any text. Here is what only the
//! structure shows: that a plain word is a member, or a package.

use toml::Table;

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
}

/// Whether a file of this name says what a package depends on.
pub(super) fn is_manifest(name: &[u8]) -> bool {
    let requirements = name.starts_with(b"requirements") && name.ends_with(b".txt");
    requirements || FILES.contains(&name)
}

/// What a manifest of this name says it builds with, where that can be read.
pub(super) fn edges(name: &[u8], text: &[u8]) -> Vec<Edge> {
    if !is_manifest(name) {
        return Vec::new();
    }
    let Ok(text) = str::from_utf8(text) else { return Vec::new() };
    let mut edges = Vec::new();
    match name {
        b"Cargo.toml" => {
            if let Ok(table) = text.parse::<Table>() {
                members(&table, &mut edges);
                cargo(&table, &mut edges);
            }
        }
        b"Cargo.lock" => {
            if let Ok(table) = text.parse::<Table>() {
                cargo_lock(&table, &mut edges);
            }
        }
        b"pyproject.toml" => {
            if let Ok(table) = text.parse::<Table>() {
                python(&table, &mut edges);
            }
        }
        b"package.json" => {
            if let Ok(json) = serde_json::from_str(text) {
                npm(&json, &mut edges);
            }
        }
        b"pnpm-workspace.yaml" => edges.extend(text.lines().filter_map(list_item)),
        _ => {}
    }
    edges
}

fn cargo(table: &Table, edges: &mut Vec<Edge>) {
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        match key.as_str() {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                dependencies(inner, edges);
            }
            // By the registry or repository that is patched.
            "patch" => inner.values().filter_map(toml::Value::as_table).for_each(|patched| {
                dependencies(patched, edges);
            }),
            _ => cargo(inner, edges),
        }
    }
}

fn dependencies(table: &Table, edges: &mut Vec<Edge>) {
    for (name, value) in table {
        let text = |key| value.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        edges.push(Edge::Package(text("package").unwrap_or_else(|| name.clone())));
        edges.extend(text("path").map(Edge::Directory));
    }
}

fn members(table: &Table, edges: &mut Vec<Edge>) {
    let Some(workspace) = table.get("workspace") else { return };
    let lists =
        ["members", "exclude", "default-members"].iter().filter_map(|key| workspace.get(key));
    edges.extend(lists.flat_map(strings).map(Edge::Directory));
}

/// A package without a source lies in the workspace.
fn cargo_lock(table: &Table, edges: &mut Vec<Edge>) {
    let packages = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let local = packages.filter(|package| package.get("source").is_none());
    let names = local.filter_map(|package| package.get("name")?.as_str());
    edges.extend(names.map(|name| Edge::Package(name.to_owned())));
}

fn python(table: &Table, edges: &mut Vec<Edge>) {
    let at = |path: &[&str]| {
        let mut value = table.get(path[0])?;
        for key in &path[1..] {
            value = value.get(key)?;
        }
        Some(value)
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    for required in at(&["project", "dependencies"]).into_iter().flat_map(strings) {
        let name = required.split(|c| !is_name(c)).next().unwrap_or_default();
        edges.push(Edge::Package(name.to_owned()));
    }
    let members = at(&["tool", "uv", "workspace", "members"]).into_iter().flat_map(strings);
    edges.extend(members.map(Edge::Directory));
    let sources = at(&["tool", "uv", "sources"]).and_then(toml::Value::as_table);
    for (name, source) in sources.into_iter().flatten() {
        edges.push(Edge::Package(name.clone()));
        let path = source.get("path").and_then(toml::Value::as_str);
        edges.extend(path.map(|path| Edge::Directory(path.to_owned())));
    }
}

fn npm(json: &serde_json::Value, edges: &mut Vec<Edge>) {
    for key in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        let Some(table) = json.get(key).and_then(serde_json::Value::as_object) else { continue };
        for (name, version) in table {
            edges.push(Edge::Package(name.clone()));
            let version = version.as_str().unwrap_or_default();
            let path = version.strip_prefix("file:").or_else(|| version.strip_prefix("link:"));
            edges.extend(path.map(|path| Edge::Directory(path.to_owned())));
        }
    }
    let workspaces = json.get("workspaces");
    let list = workspaces.and_then(|it| it.as_array().or_else(|| it.get("packages")?.as_array()));
    let members = list.into_iter().flatten().filter_map(serde_json::Value::as_str);
    edges.extend(members.map(|path| Edge::Directory(path.to_owned())));
}

/// `  - "cloud/*"`.
fn list_item(line: &str) -> Option<Edge> {
    let item = line.trim().strip_prefix("- ")?.trim().trim_matches(['"', '\'']);
    (!item.starts_with('!')).then(|| Edge::Directory(item.to_owned()))
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
            "dir crates/*, dir cloud, pkg bee, dir ../b, pkg d, pkg c, pkg a",
        );
        check("Cargo.toml", "[dependencies", "");
        check(
            "Cargo.lock",
            "[[package]]\nname = 'a'\nsource = 'registry'\n[[package]]\nname = 'b'\n",
            "pkg b",
        );
        check(
            "pyproject.toml",
            "[project]\ndependencies = ['a>=1', 'b-c[x] ; y']\n\
             [tool.uv.workspace]\nmembers = ['d']\n[tool.uv.sources]\ne = { path = '../e' }\n",
            "pkg a, pkg b-c, dir d, pkg e, dir ../e",
        );
        check(
            "package.json",
            r#"{ "dependencies": { "@a/b": "workspace:*", "c": "file:../c" }, "workspaces": ["d"] }"#,
            "pkg @a/b, pkg c, dir ../c, dir d",
        );
        check("package.json", r#"{ "workspaces": { "packages": ["d/*"] } }"#, "dir d/*");
        check("package.json", "[]", "");
        check("pnpm-workspace.yaml", "packages:\n  - 'a/*'\n  - b\n  - '!c'\n", "dir a/*, dir b");
        check("notes.txt", "[dependencies]\na = '1'\n", "");
    }

    #[track_caller]
    fn check(name: &str, text: &str, expected: &str) {
        let shown: Vec<_> = edges(name.as_bytes(), text.as_bytes())
            .into_iter()
            .map(|edge| match edge {
                Edge::Directory(path) => format!("dir {path}"),
                Edge::Package(name) => format!("pkg {name}"),
            })
            .collect();
        let (mut shown, mut expected) = (shown, expected.split(", ").collect::<Vec<_>>());
        expected.retain(|it| !it.is_empty());
        shown.sort();
        expected.sort_unstable();
        assert_eq!(shown, expected, "{text}");
    }
}
