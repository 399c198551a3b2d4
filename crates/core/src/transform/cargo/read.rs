// SPDX-License-Identifier: Apache-2.0
//! What manifests say: of their package, of what it depends on, of their workspace.

use std::collections::BTreeMap;

use globset::GlobBuilder;
use toml_edit::{Document, Item, TableLike};

use super::{CargoError, Manifests, document};

/// Tables of a package's manifest that say what it depends on.
const DEPENDENCIES: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

/// Where a path leads from a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To a public package, in this directory.
    Public(String),
    /// To where there is none.
    Private,
    /// Out of the workspace's directory.
    Outside,
}

/// A dependency as it is written.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    /// How the package calls it.
    pub(super) key: String,
    /// What it is called itself, if that is another name.
    pub(super) package: Option<String>,
    /// Where it lies, if the manifest says so.
    pub(super) path: Option<String>,
    /// Whether the workspace says what it is.
    pub(super) inherits: bool,
}

/// What a workspace's manifest says of it.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Whether there is one: a package that stands alone has none.
    pub(super) is_declared: bool,
    pub(super) members: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    /// The version that members inherit.
    version: Option<String>,
    /// What stands under `[patch]` and `[replace]`.
    pub(super) patches: Vec<Dependency>,
}

/// What a manifest says of its package.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) dependencies: Vec<Dependency>,
}

/// A manifest that is TOML.
pub(super) fn parse(directory: &str, text: &[u8]) -> Result<Document<String>, CargoError> {
    let directory = directory.to_owned();
    document(text).map_err(|(line, reason)| CargoError::Manifest { directory, line, reason })
}

impl Workspace {
    pub(super) fn read(root: &dyn TableLike) -> Self {
        let mut this = Self::default();
        let table = |key| root.get(key).and_then(Item::as_table_like);
        for (_, registry) in table("patch").into_iter().flat_map(TableLike::iter) {
            this.patches.extend(registry.as_table_like().into_iter().flat_map(dependencies));
        }
        for mut replaced in table("replace").into_iter().flat_map(dependencies) {
            // `name:version`.
            replaced.key.truncate(replaced.key.find(':').unwrap_or(replaced.key.len()));
            this.patches.push(replaced);
        }
        let Some(workspace) = root.get("workspace").and_then(Item::as_table_like) else {
            return this;
        };
        this.is_declared = true;
        this.members = strings(workspace.get("members"));
        this.exclude = strings(workspace.get("exclude"));
        let shared = workspace.get("dependencies").and_then(Item::as_table_like);
        let shared = shared.into_iter().flat_map(dependencies);
        this.dependencies = shared.map(|one| (one.key.clone(), one)).collect();
        this.version = workspace
            .get("package")
            .and_then(|package| package.get("version")?.as_str().map(str::to_owned));
        this
    }

    /// Whether a directory is excluded, as cargo sees it.
    pub(super) fn excludes(&self, directory: &str) -> bool {
        let is_below = |patterns: &[String]| {
            let paths = patterns.iter().filter_map(|pattern| resolve("", pattern));
            paths.into_iter().any(|path| {
                let below = directory.strip_prefix(&path[..]);
                below
                    .is_some_and(|rest| rest.is_empty() || path.is_empty() || rest.starts_with('/'))
            })
        };
        is_below(&self.exclude) && !is_below(&self.members)
    }

    /// The package that a dependency names, by its own name.
    pub(super) fn package_of<'a>(&'a self, dependency: &'a Dependency) -> &'a str {
        let shared = || self.dependencies.get(&dependency.key).filter(|_| dependency.inherits);
        let package = dependency.package.as_ref();
        let package = package.or_else(|| shared().and_then(|shared| shared.package.as_ref()));
        package.unwrap_or(&dependency.key)
    }

    /// Where a dependency of a package in `directory` lies, if anybody says so. One that is
    /// to be inherited, and is not there to inherit, was private.
    pub(super) fn place_of(
        &self,
        manifests: &Manifests,
        directory: &str,
        dependency: &Dependency,
    ) -> Option<Place> {
        if !dependency.inherits {
            return dependency.place(manifests, directory);
        }
        match self.dependencies.get(&dependency.key) {
            Some(shared) => shared.place(manifests, ""),
            None => self.is_declared.then_some(Place::Private),
        }
    }
}

impl Dependency {
    /// Where its path leads, if it has one.
    pub(super) fn place(&self, manifests: &Manifests, directory: &str) -> Option<Place> {
        self.path.as_ref().map(|path| place(manifests, directory, path))
    }

    fn read(key: &str, item: &Item) -> Self {
        let text = |key: &str| item.get(key).and_then(Item::as_str).map(str::to_owned);
        Self {
            key: key.to_owned(),
            package: text("package"),
            path: text("path"),
            inherits: item.get("workspace").and_then(Item::as_bool) == Some(true),
        }
    }
}

impl Package {
    /// The package of a manifest, if it has one.
    pub(super) fn read(root: &dyn TableLike, workspace: &Workspace) -> Option<Self> {
        let package = root.get("package").or_else(|| root.get("project"))?;
        let version = package.get("version");
        let own = version.and_then(Item::as_str);
        // One without is `0.0.0`.
        let version = match version.and_then(|version| version.get("workspace")) {
            Some(_) => workspace.version.as_deref(),
            None => own,
        };
        let mut all = Vec::new();
        collect(root, &mut all);
        if let Some(targets) = root.get("target").and_then(Item::as_table_like) {
            for (_, target) in targets.iter() {
                target.as_table_like().into_iter().for_each(|target| collect(target, &mut all));
            }
        }
        Some(Self {
            name: package.get("name")?.as_str()?.to_owned(),
            version: version.unwrap_or("0.0.0").to_owned(),
            dependencies: all,
        })
    }
}

fn collect(table: &dyn TableLike, all: &mut Vec<Dependency>) {
    for key in DEPENDENCIES {
        all.extend(table.get(key).and_then(Item::as_table_like).into_iter().flat_map(dependencies));
    }
}

fn dependencies(table: &dyn TableLike) -> impl Iterator<Item = Dependency> {
    table.iter().map(|(key, item)| Dependency::read(key, item))
}

fn strings(list: Option<&Item>) -> Vec<String> {
    let list = list.and_then(Item::as_array).into_iter().flatten();
    list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Where a path leads that a manifest in `directory` names.
pub(super) fn place(manifests: &Manifests, directory: &str, path: &str) -> Place {
    match resolve(directory, path) {
        None => Place::Outside,
        Some(path) if manifests.contains_key(&path) => Place::Public(path),
        Some(_) => Place::Private,
    }
}

/// A path from the workspace's directory; `None` if it leads out of it.
pub(super) fn resolve(directory: &str, path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    if path.starts_with('/') || path.contains(':') {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for name in directory.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// The public directories that an entry of `members` names: itself, or what it matches.
/// `None` if it leads out of the workspace's directory, or cannot be understood.
pub(super) fn matches(manifests: &Manifests, pattern: &str) -> Option<Vec<String>> {
    let path = resolve("", pattern)?;
    if !path.contains(['*', '?', '[']) {
        return Some(manifests.keys().filter(|known| **known == path).cloned().collect());
    }
    // To cargo braces are letters.
    let literal = path.replace('{', "[{]").replace('}', "[}]");
    let glob = GlobBuilder::new(&literal).literal_separator(true).build().ok()?.compile_matcher();
    let found = manifests.keys().filter(|known| !known.is_empty() && glob.is_match(known));
    Some(found.cloned().collect())
}
