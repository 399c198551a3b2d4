// SPDX-License-Identifier: Apache-2.0
//! `Cargo.toml` and `Cargo.lock`.

use toml::{Table, Value};

use super::{Edge, strings};

/// Tables that say what a package depends on.
const DEPENDENCIES: &[&str] = &[
    "build-dependencies",
    "build_dependencies",
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
];

/// What stands at the root of a workspace for all of its packages.
const OF_WORKSPACE: &[&str] = &["patch", "profile", "workspace"];

/// What a package depends on: at the root of its manifest, and below targets.
pub(super) fn package(manifest: &Table, edges: &mut Vec<Edge>) {
    for (key, value) in manifest {
        if !OF_WORKSPACE.contains(&key.as_str()) {
            tables(key, value, edges);
        }
    }
}

/// What a workspace names: its members, what they may inherit, what is patched for them, and
/// packages with a profile of their own.
pub(super) fn workspace(manifest: &Table, edges: &mut Vec<Edge>) {
    let table = |key| manifest.get(key).and_then(Value::as_table).into_iter();
    for workspace in table("workspace") {
        let lists =
            ["members", "exclude", "default-members"].iter().filter_map(|key| workspace.get(*key));
        edges.extend(lists.flat_map(strings).map(Edge::Directory));
        workspace.iter().for_each(|(key, value)| tables(key, value, edges));
    }
    // By the registry or repository that is patched.
    for patched in table("patch").flat_map(Table::values).filter_map(Value::as_table) {
        dependencies(patched, edges);
    }
    let packages = table("profile").flat_map(Table::values).filter_map(|one| one.get("package"));
    let specs = packages.filter_map(Value::as_table).flat_map(Table::keys);
    // Perhaps with a version.
    let names = specs.filter_map(|spec| spec.split(['@', ':']).next());
    edges.extend(names.map(|name| Edge::Package(name.to_owned())));
}

fn tables(key: &str, value: &Value, edges: &mut Vec<Edge>) {
    let Some(table) = value.as_table() else { return };
    match DEPENDENCIES.contains(&key) {
        true => dependencies(table, edges),
        false => table.iter().for_each(|(key, value)| tables(key, value, edges)),
    }
}

fn dependencies(table: &Table, edges: &mut Vec<Edge>) {
    for (key, value) in table {
        match value.get("workspace").and_then(Value::as_bool) {
            Some(true) => edges.push(Edge::Inherited(key.clone())),
            Some(false) | None => edges.extend(dependency(key, value)),
        }
    }
}

/// A dependency as it is written where nothing is inherited: its package, and its directory.
pub(super) fn dependency(key: &str, value: &Value) -> impl Iterator<Item = Edge> + use<> {
    let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let package = Edge::Package(text("package").unwrap_or_else(|| key.to_owned()));
    std::iter::once(package).chain(text("path").map(Edge::Directory))
}

/// What the packages of a workspace may inherit.
pub(super) fn shared(manifest: &Table) -> Option<&Table> {
    manifest.get("workspace")?.get("dependencies")?.as_table()
}

/// A package without a source lies in the workspace.
pub(super) fn lock(table: &Table, edges: &mut Vec<Edge>) {
    let packages = table.get("package").and_then(Value::as_array).into_iter().flatten();
    let local = packages.filter(|package| package.get("source").is_none());
    let names = local.filter_map(|package| package.get("name")?.as_str());
    edges.extend(names.map(|name| Edge::Package(name.to_owned())));
}
