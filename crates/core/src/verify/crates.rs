// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of Cargo workspaces: what public manifests say, and what
//! they may not.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::pattern::Pattern;
use super::scissors::{Scissors, table};

/// Public manifests, by the directories that they stand in.
pub(super) type Manifests = BTreeMap<String, String>;

/// A dependency of a public package.
pub(super) struct Dependency {
    /// The name of the package that is needed.
    pub(super) package: String,
    /// The directory that it lies in, if it is public; `None` in it if it is private.
    pub(super) place: Option<Option<String>>,
    /// The entry of the workspace that it stands for.
    inherits: Option<String>,
}

/// A public package.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// What public manifests say of a workspace.
pub(super) struct Crates {
    /// By their directories.
    pub(super) packages: BTreeMap<String, Package>,
    pub(super) members: BTreeSet<String>,
    /// Packages for which a private directory stands in.
    pub(super) patched: BTreeSet<String>,
    leads_out: bool,
}

/// Where a path leads from a directory; `None`: out of the workspace.
fn led(directory: &str, path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    if path.starts_with('/') || path.contains(':') {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    for name in format!("{directory}/{path}").split('/') {
        match name {
            "" | "." => continue,
            ".." if all.is_empty() => return None,
            ".." => drop(all.pop()),
            name => all.push(name.to_owned()),
        }
    }
    Some(all.join("/"))
}

/// Where a path leads to a public manifest, or to none; `None`: out of the workspace.
fn place(manifests: &Manifests, directory: &str, path: &str) -> Option<Option<String>> {
    let path = led(directory, path)?;
    Some(manifests.contains_key(&path).then_some(path))
}

/// The public directories that a member is; `None`: it leads out of the workspace.
fn members(manifests: &Manifests, pattern: &str) -> Option<Vec<String>> {
    let path = led("", pattern)?;
    if !path.contains(['*', '?', '[']) {
        return Some(manifests.keys().filter(|one| **one == path).cloned().collect());
    }
    let pattern = Pattern::new(&path.replace('{', "[{]").replace('}', "[}]")).ok()?;
    let is_meant = |one: &&String| !one.is_empty() && pattern.matches_name(one.as_bytes());
    Some(manifests.keys().filter(is_meant).cloned().collect())
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    directory.is_empty() || path == directory || path.starts_with(&format!("{directory}/"))
}

fn strings(table: Option<&Value>, key: &str) -> Vec<String> {
    let list = table.and_then(|table| table.get(key)?.as_array()).into_iter().flatten();
    list.filter_map(|one| Some(one.as_str()?.to_owned())).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn parse(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|err| format!("`Cargo.toml`: {}", err.message()))
}

impl Crates {
    pub(super) fn read(manifests: &Manifests) -> Result<Self, String> {
        let root = parse(manifests.get("").map_or("", String::as_str))?;
        let workspace = root.get("workspace");
        let mut found = BTreeSet::from([String::new()]);
        let mut leads_out = false;
        let listed = strings(workspace, "members");
        for pattern in &listed {
            match members(manifests, pattern) {
                Some(some) => found.extend(some),
                None => leads_out = true,
            }
        }
        let below = |list: &[String], one: &str| {
            list.iter().filter_map(|path| led("", path)).any(|path| is_at_or_below(one, &path))
        };
        let excluded = strings(workspace, "exclude");
        found.retain(|one| one.is_empty() || below(&listed, one) || !below(&excluded, one));
        let mut this =
            Self { packages: BTreeMap::new(), members: found, patched: BTreeSet::new(), leads_out };
        let mut to_read: Vec<String> = this.members.iter().cloned().collect();
        let registries = root.get("patch").and_then(Value::as_table).into_iter().flatten();
        let patches = registries.filter_map(|(_, registry)| registry.as_table()).flatten();
        let replaced = root.get("replace").and_then(Value::as_table).into_iter().flatten();
        for (key, patch) in patches.chain(replaced) {
            let Some(path) = text(patch, "path") else { continue };
            match place(manifests, "", path) {
                Some(Some(public)) => to_read.push(public),
                Some(None) => {
                    let name = text(patch, "package").or(key.split(':').next());
                    this.patched.extend(name.map(str::to_owned));
                }
                None => {}
            }
        }
        while let Some(directory) = to_read.pop() {
            let Some(manifest) = manifests.get(&directory) else { continue };
            if this.packages.contains_key(&directory) {
                continue;
            }
            let manifest = parse(manifest)?;
            let Some(package) = package(manifests, workspace, &directory, &manifest) else {
                continue;
            };
            let public = package.dependencies.iter().filter_map(|one| one.place.clone().flatten());
            to_read.extend(public);
            this.packages.insert(directory, package);
        }
        Ok(this)
    }

    fn inherits(&self, entry: &str) -> bool {
        let mut all = self.packages.values().flat_map(|package| &package.dependencies);
        self.leads_out || all.any(|one| one.inherits.as_deref() == Some(entry))
    }
}

fn package(
    manifests: &Manifests,
    workspace: Option<&Value>,
    directory: &str,
    manifest: &Table,
) -> Option<Package> {
    let own = manifest.get("package").or_else(|| manifest.get("project"))?;
    let version = match own.get("version") {
        Some(Value::String(version)) => version.clone(),
        Some(Value::Table(table)) if table.contains_key("workspace") => {
            let shared = workspace.and_then(|workspace| workspace.get("package"));
            shared.and_then(|shared| text(shared, "version")).unwrap_or("0.0.0").to_owned()
        }
        _ => "0.0.0".to_owned(),
    };
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flatten();
    let tables = targets.filter_map(|(_, target)| target.as_table());
    let mut dependencies = Vec::new();
    for table in tables.chain([manifest]) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for key in [kind.to_owned(), kind.replace('-', "_")] {
                let listed = table.get(&key).and_then(Value::as_table).into_iter().flatten();
                for (key, value) in listed {
                    dependencies.push(dependency(manifests, workspace, directory, key, value));
                }
            }
        }
    }
    Some(Package { name: text(own, "name")?.to_owned(), version, dependencies })
}

fn dependency(
    manifests: &Manifests,
    workspace: Option<&Value>,
    directory: &str,
    key: &str,
    value: &Value,
) -> Dependency {
    let own = text(value, "package");
    let named = |package: Option<&str>| package.unwrap_or(key).to_owned();
    if value.get("workspace").and_then(Value::as_bool) != Some(true) {
        let place = text(value, "path").map(|path| place(manifests, directory, path));
        return Dependency { package: named(own), place: place.flatten(), inherits: None };
    }
    let shared = workspace.and_then(|workspace| workspace.get("dependencies")?.get(key));
    let place = match shared {
        Some(shared) => text(shared, "path").and_then(|path| place(manifests, "", path)),
        None => workspace.map(|_| None),
    };
    let package = own.or_else(|| shared.and_then(|shared| text(shared, "package")));
    Dependency { package: named(package), place, inherits: Some(key.to_owned()) }
}

/// Whether a manifest may say something of other packages than its own.
pub(super) fn is_telling(manifest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(manifest);
    ["workspace", "patch", "replace"].iter().any(|word| text.contains(word))
}

/// The manifest of a workspace without what it says of private crates.
pub(super) fn manifest(manifests: &Manifests) -> Result<String, String> {
    let Some(own) = manifests.get("") else { return Ok(String::new()) };
    let crates = Crates::read(manifests)?;
    let root = table(own)?;
    let mut scissors = Scissors::new(own, &root);
    if let Some(DeValue::Table(workspace)) = root.get("workspace").map(Spanned::get_ref) {
        let is_member = |pattern: &str| match members(manifests, pattern) {
            None => true,
            Some(found) => found.iter().any(|one| crates.members.contains(one)),
        };
        let holds_manifests = |path: &str| match led("", path) {
            None => true,
            Some(path) => manifests.keys().any(|one| {
                one.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }),
        };
        list(&mut scissors, workspace, "members", &is_member);
        if list(&mut scissors, workspace, "default-members", &is_member) == Some(0)
            && let Some((key, value)) = workspace.get_key_value("default-members")
            && own.as_bytes()[root["workspace"].span().start] != b'{'
        {
            scissors.take(key.span(), value);
        }
        list(&mut scissors, workspace, "exclude", &holds_manifests);
        if let Some(shared) = workspace.get("dependencies") {
            let goes = |name: &str, value: &DeValue<'_>| match path_of(value) {
                Some(path) => place(manifests, "", path) == Some(None),
                None => !crates.inherits(name),
            };
            entries(&mut scissors, own, shared, &goes);
        }
    }
    let leads_nowhere = |_: &str, value: &DeValue<'_>| {
        path_of(value).is_some_and(|path| place(manifests, "", path) == Some(None))
    };
    if let Some(DeValue::Table(patch)) = root.get("patch").map(Spanned::get_ref) {
        for registry in patch.values() {
            entries(&mut scissors, own, registry, &leads_nowhere);
        }
    }
    if let Some(replace) = root.get("replace") {
        entries(&mut scissors, own, replace, &leads_nowhere);
    }
    Ok(scissors.left())
}

fn path_of<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Table(table) => table.get("path")?.get_ref().as_str(),
        _ => None,
    }
}

/// Leaves in a list what `stays`; how many that are, if some go.
fn list(
    scissors: &mut Scissors<'_>,
    workspace: &DeTable<'_>,
    key: &str,
    stays: &dyn Fn(&str) -> bool,
) -> Option<usize> {
    let Some(DeValue::Array(list)) = workspace.get(key).map(Spanned::get_ref) else { return None };
    let places: Vec<_> = list.iter().map(Spanned::span).collect();
    let goes = |at: &usize| list[*at].get_ref().as_str().is_some_and(|text| !stays(text));
    let gone: Vec<usize> = (0..places.len()).filter(goes).collect();
    scissors.take_listed(&places, &gone);
    (!gone.is_empty()).then(|| places.len() - gone.len())
}

/// Takes out of a table what `goes`.
fn entries(
    scissors: &mut Scissors<'_>,
    text: &str,
    table: &Spanned<DeValue<'_>>,
    goes: &dyn Fn(&str, &DeValue<'_>) -> bool,
) {
    let DeValue::Table(inner) = table.get_ref() else { return };
    let mut all: Vec<_> = inner.iter().collect();
    all.sort_by_key(|(key, _)| key.span().start);
    let gone: Vec<usize> =
        (0..all.len()).filter(|&at| goes(all[at].0.get_ref(), all[at].1.get_ref())).collect();
    if text.as_bytes()[table.span().start] == b'{' {
        let places: Vec<_> =
            all.iter().map(|(key, value)| key.span().start..value.span().end).collect();
        scissors.take_listed(&places, &gone);
    } else {
        gone.iter().for_each(|&at| scissors.take(all[at].0.span(), all[at].1));
    }
}
