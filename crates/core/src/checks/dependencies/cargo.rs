// SPDX-License-Identifier: Apache-2.0
//! `Cargo.toml` and `Cargo.lock`.

use toml::{Table, Value};

use super::{Edge, strings};

pub(super) fn manifest(table: &Table, edges: &mut Vec<Edge>) {
    members(table, edges);
    tables(table, edges);
}

/// Dependencies stand at the root, in the workspace, and below targets.
fn tables(table: &Table, edges: &mut Vec<Edge>) {
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        match key.as_str() {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                dependencies(inner, edges);
            }
            // By the registry or repository that is patched.
            "patch" => inner.values().filter_map(Value::as_table).for_each(|patched| {
                dependencies(patched, edges);
            }),
            "profile" => {
                let packages = inner.values().filter_map(|profile| profile.get("package"));
                let specs = packages.filter_map(Value::as_table).flat_map(Table::keys);
                // Perhaps with a version.
                let names = specs.filter_map(|spec| spec.split(['@', ':']).next());
                edges.extend(names.map(|name| Edge::Package(name.to_owned())));
            }
            _ => tables(inner, edges),
        }
    }
}

fn dependencies(table: &Table, edges: &mut Vec<Edge>) {
    for (name, value) in table {
        let text = |key| value.get(key).and_then(Value::as_str).map(str::to_owned);
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
pub(super) fn lock(table: &Table, edges: &mut Vec<Edge>) {
    let packages = table.get("package").and_then(Value::as_array).into_iter().flatten();
    let local = packages.filter(|package| package.get("source").is_none());
    let names = local.filter_map(|package| package.get("name")?.as_str());
    edges.extend(names.map(|name| Edge::Package(name.to_owned())));
}
