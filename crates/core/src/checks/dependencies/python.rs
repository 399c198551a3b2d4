// SPDX-License-Identifier: Apache-2.0
//! `pyproject.toml`, lists of requirements, and the lock files of uv and poetry.

use toml::{Table, Value};

use super::{Edge, strings};

/// What a package depends on.
pub(super) fn package(table: &Table, edges: &mut Vec<Edge>) {
    let at = |path: &[&str]| find(table, path);
    let lists = [
        at(&["project", "dependencies"]),
        at(&["build-system", "requires"]),
        at(&["tool", "uv", "dev-dependencies"]),
    ];
    let tables = [at(&["project", "optional-dependencies"]), at(&["dependency-groups"])];
    let groups = tables.into_iter().flatten().filter_map(Value::as_table).flat_map(Table::values);
    for required in lists.into_iter().flatten().chain(groups).flat_map(strings) {
        requirement(&required, edges);
    }
    let poetry = at(&["tool", "poetry", "group"]).and_then(Value::as_table);
    let poetry = poetry.into_iter().flat_map(Table::values).map(|group| group.get("dependencies"));
    let poetry = poetry.chain([
        at(&["tool", "poetry", "dependencies"]),
        at(&["tool", "poetry", "dev-dependencies"]),
        at(&["tool", "uv", "sources"]),
    ]);
    for (name, source) in poetry.flatten().filter_map(Value::as_table).flatten() {
        edges.push(Edge::Package(name.clone()));
        let path = source.get("path").and_then(Value::as_str);
        edges.extend(path.map(|path| Edge::Directory(path.to_owned())));
    }
}

/// The members that a manifest lists.
pub(super) fn workspace(table: &Table, edges: &mut Vec<Edge>) {
    let members = find(table, &["tool", "uv", "workspace", "members"]).into_iter();
    edges.extend(members.flat_map(strings).map(Edge::Directory));
}

fn find<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(*first)?, |value, key| value.get(key))
}

/// `requirements.txt`, a requirement or an option a line.
pub(super) fn requirements(text: &str, edges: &mut Vec<Edge>) {
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let editable = ["-e ", "-e=", "--editable ", "--editable="];
        let path = editable.iter().find_map(|option| line.strip_prefix(option));
        match path.map(str::trim) {
            Some(path) => edges.push(Edge::Directory(path.to_owned())),
            None if line.starts_with(['-', '#']) => {}
            None if line.starts_with(['.', '/']) => edges.push(Edge::Directory(line.to_owned())),
            None => requirement(line, edges),
        }
    }
}

/// `uv.lock` and `poetry.lock`: a package that comes from a directory.
pub(super) fn lock(table: &Table, edges: &mut Vec<Edge>) {
    let packages = table.get("package").and_then(Value::as_array).into_iter().flatten();
    for one in packages {
        let Some(source) = one.get("source") else { continue };
        let is_directory = source.get("type").and_then(Value::as_str) == Some("directory");
        let keys: &[&str] =
            if is_directory { &["url"] } else { &["directory", "editable", "virtual"] };
        let Some(path) = keys.iter().find_map(|key| source.get(key)?.as_str()) else { continue };
        edges.push(Edge::Directory(path.to_owned()));
        let name = one.get("name").and_then(Value::as_str);
        edges.extend(name.map(|name| Edge::Package(name.to_owned())));
    }
}

/// `name[extra]>=1; marker`, or `name @ file:///…`.
fn requirement(text: &str, edges: &mut Vec<Edge>) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = text.trim_start().split(|c| !is_name(c)).next().unwrap_or_default();
    edges.extend((!name.is_empty()).then(|| Edge::Package(name.to_owned())));
}
