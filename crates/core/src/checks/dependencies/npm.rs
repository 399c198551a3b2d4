// SPDX-License-Identifier: Apache-2.0
//! `package.json`, and the lock files and workspaces of npm, pnpm and yarn.

use serde_json::Value;

use super::Edge;

/// What stands before the path of a package that comes from a directory.
const PROTOCOLS: &[&str] = &["file:", "link:", "portal:", "workspace:"];

/// The members that a manifest lists.
pub(super) fn workspace(json: &Value, edges: &mut Vec<Edge>) {
    let workspaces = json.get("workspaces");
    let list = workspaces.and_then(|it| it.as_array().or_else(|| it.get("packages")?.as_array()));
    let members = list.into_iter().flatten().filter_map(Value::as_str);
    edges.extend(members.map(|path| Edge::Directory(path.to_owned())));
}

/// What a package depends on.
pub(super) fn package(json: &Value, edges: &mut Vec<Edge>) {
    for key in [
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "overrides",
        "peerDependencies",
        "resolutions",
    ] {
        let Some(table) = json.get(key).and_then(Value::as_object) else { continue };
        for (name, version) in table {
            edges.push(Edge::Package(name.clone()));
            edges.extend(version.as_str().and_then(directory));
        }
    }
}

/// The directory that a version names; `workspace:^` names none.
fn directory(version: &str) -> Option<Edge> {
    let path = PROTOCOLS.iter().find_map(|protocol| version.strip_prefix(protocol))?;
    let is_path = path.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '_'));
    is_path.then(|| Edge::Directory(path.to_owned()))
}

/// `package-lock.json`: what lies outside of `node_modules` is of the workspace.
pub(super) fn lock(json: &Value, edges: &mut Vec<Edge>) {
    let packages = json.get("packages").and_then(Value::as_object);
    for (at, package) in packages.into_iter().flatten() {
        let text = |key| package.get(key).and_then(Value::as_str).map(str::to_owned);
        if package.get("link").and_then(Value::as_bool) == Some(true) {
            edges.extend(at.rsplit("node_modules/").next().map(|it| Edge::Package(it.to_owned())));
            edges.extend(text("resolved").map(Edge::Directory));
        } else if !at.is_empty() && !at.split('/').any(|part| part == "node_modules") {
            edges.push(Edge::Directory(at.clone()));
            edges.extend(text("name").map(Edge::Package));
        }
    }
}

/// `pnpm-workspace.yaml`: `  - "cloud/*"`.
pub(super) fn pnpm_workspace(text: &str, edges: &mut Vec<Edge>) {
    let item = |line: &str| {
        let item = line.trim().strip_prefix("- ")?.trim().trim_matches(['"', '\'']);
        (!item.starts_with('!')).then(|| Edge::Directory(item.to_owned()))
    };
    edges.extend(text.lines().filter_map(item));
}

/// `pnpm-lock.yaml`: each package of the workspace is a key below `importers`.
pub(super) fn pnpm_lock(text: &str, edges: &mut Vec<Edge>) {
    let below = text.lines().skip_while(|line| line.trim_end() != "importers:").skip(1);
    let below = below.take_while(|line| line.is_empty() || line.starts_with(' '));
    let key = |line: &str| {
        let key = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
        let (key, _) = key.trim_end().rsplit_once(':')?;
        Some(Edge::Directory(key.trim_matches(['"', '\'']).to_owned()))
    };
    edges.extend(below.filter_map(key));
}

/// `yarn.lock`: `"ledger@workspace:cloud"`.
pub(super) fn yarn_lock(text: &str, edges: &mut Vec<Edge>) {
    for line in text.lines() {
        for (at, _) in line.match_indices("@workspace:") {
            let end = |c: char| matches!(c, '"' | ',' | ' ');
            let path = line[at + 1..].split(end).next().unwrap_or_default();
            let before = line[..at].rsplit(|c: char| end(c) || c == ':').next();
            edges.extend(before.map(|name| Edge::Package(name.to_owned())));
            edges.extend(directory(path.trim_end_matches(':')));
        }
    }
}
