// SPDX-License-Identifier: Apache-2.0
//! `Cargo.lock` with what the public packages reach, and nothing else.
//!
//! Nothing is resolved anew: versions stay, and of the edges in the file those are followed
//! that the manifests of public packages still ask for. What stays is written as cargo
//! would write it: an edge names as much of a package as it takes to tell it from the
//! others that are left. That of a path has no source to name, so an edge which says none
//! means it before any other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml_edit::{Item, Table, Value};

use super::super::cuts::Cuts;
use super::packages::Packages;
use super::read::{Package, Place};
use super::{CargoError, Manifests, document};

/// A package of the lock file.
struct Locked<'d> {
    name: &'d str,
    version: &'d str,
    source: Option<&'d str>,
    dependencies: Vec<(&'d str, Range<usize>)>,
    /// The package that stands in for it, for `[replace]`.
    replace: Option<(&'d str, Range<usize>)>,
    table: &'d Table,
}

/// How many packages there are of a name, by version.
type Counts<'d> = BTreeMap<&'d str, BTreeMap<&'d str, usize>>;

/// A lock file without what public packages do not reach; `None` if that is nothing.
/// `manifests` are those in and below its directory.
///
/// # Errors
/// It, or a manifest that it needs, is no TOML that cargo could read; public packages
/// reach one that is private.
pub fn lock(manifests: &Manifests, lock: &[u8]) -> Result<Option<Vec<u8>>, CargoError> {
    if !manifests.contains_key("") {
        return Ok(None);
    }
    let document = document(lock).map_err(|(line, reason)| CargoError::Lock { line, reason })?;
    let unread = |reason: &str| CargoError::Lock { line: None, reason: reason.to_owned() };
    let root = document.as_table();
    if root.contains_key("root") {
        return Err(unread("it is older than Rust 1.18; let a newer cargo write it"));
    }
    let packages = Packages::read(manifests)?;
    let locked = read(root).ok_or_else(|| unread("a package has no name or version"))?;
    let pruned = Pruned::new(manifests, &packages, &locked)?;
    let mut cuts = Cuts::new(document.raw(), root);
    pruned.cut(&packages, manifests, root, &mut cuts);
    Ok(cuts.finish())
}

fn read(root: &Table) -> Option<Vec<Locked<'_>>> {
    let Some(tables) = root.get("package").and_then(Item::as_array_of_tables) else {
        return Some(Vec::new());
    };
    let package = |table| Locked::read(table);
    tables.iter().map(package).collect()
}

impl<'d> Locked<'d> {
    fn read(table: &'d Table) -> Option<Self> {
        let text = |key| table.get(key).and_then(Item::as_str);
        let list = table.get("dependencies").and_then(Item::as_array).into_iter().flatten();
        let edge = |value: &'d Value| Some((value.as_str()?, value.span()?));
        Some(Self {
            name: text("name")?,
            version: text("version")?,
            source: text("source"),
            dependencies: list.filter_map(edge).collect(),
            replace: table.get("replace").and_then(Item::as_value).and_then(edge),
            table,
        })
    }

    /// What it depends on, and then what stands in for it.
    fn edges(&self) -> impl Iterator<Item = &(&'d str, Range<usize>)> {
        self.dependencies.iter().chain(&self.replace)
    }

    /// Its source as others name it: without the commit at which it is locked.
    fn origin(&self) -> Option<&'d str> {
        self.source.map(|source| source.rsplit_once('#').map_or(source, |(origin, _)| origin))
    }

    /// How an edge names it where there are so many packages.
    fn named(&self, counts: &Counts<'_>) -> String {
        let Self { name, version, .. } = self;
        let versions = counts.get(name);
        let alike = versions.and_then(|versions| versions.get(version)).copied().unwrap_or(0);
        match (alike, versions.map_or(0, BTreeMap::len), self.origin()) {
            (..=1, ..=1, _) => (*name).to_owned(),
            (..=1, _, _) | (_, _, None) => format!("{name} {version}"),
            (_, _, Some(source)) => format!("{name} {version} ({source})"),
        }
    }

    /// Whether an edge may name it.
    fn is_named(&self, edge: &str) -> bool {
        let mut parts = edge.splitn(3, ' ');
        parts.next() == Some(self.name)
            && parts.next().is_none_or(|version| version == self.version)
            && parts
                .next()
                .is_none_or(|source| self.origin().is_some_and(|own| source == format!("({own})")))
    }
}

/// The package that an edge means, of those of its name. What could be two is neither, as
/// for cargo, unless one of them is that of a path.
fn end(edge: &str, alike: &[usize], locked: &[Locked<'_>]) -> Option<usize> {
    let named = |number: &usize| locked[*number].is_named(edge);
    let named: Vec<usize> = alike.iter().copied().filter(named).collect();
    let version = locked[*named.first()?].version;
    match named[..] {
        [one] => Some(one),
        _ if named.iter().any(|&number| locked[number].version != version) => None,
        _ => {
            let mut own = named.into_iter().filter(|&number| locked[number].source.is_none());
            own.next().filter(|_| own.next().is_none())
        }
    }
}

/// What is left of a lock file.
struct Pruned<'a, 'd> {
    locked: &'a [Locked<'d>],
    /// Whether each package stays.
    stays: Vec<bool>,
    /// The edges that go, by package and by their number there.
    gone: BTreeSet<(usize, usize)>,
    /// The package at the end of each edge, if it has one.
    ends: Vec<Vec<Option<usize>>>,
}

impl<'a, 'd> Pruned<'a, 'd> {
    fn new(
        manifests: &Manifests,
        packages: &Packages,
        locked: &'a [Locked<'d>],
    ) -> Result<Self, CargoError> {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, package) in locked.iter().enumerate() {
            by_name.entry(package.name).or_default().push(number);
        }
        let end = |edge: &str| {
            let alike = by_name.get(edge.split(' ').next().unwrap_or_default())?;
            end(edge, alike, locked)
        };
        let ends = locked.iter().map(|one| one.edges().map(|(edge, _)| end(edge)).collect());
        let ends: Vec<Vec<_>> = ends.collect();
        let mut public = vec![None; locked.len()];
        let mut open = Vec::new();
        for (directory, package) in &packages.all {
            let known = by_name.get(&package.name[..]).into_iter().flatten().copied();
            let own: Vec<usize> = known.filter(|&number| locked[number].source.is_none()).collect();
            let same = own.iter().find(|&&number| locked[number].version == package.version);
            let Some(&number) = same.or(own.first().filter(|_| own.len() == 1)) else { continue };
            public[number] = Some((directory, package));
            if packages.members.contains(directory) {
                open.push(number);
            }
        }
        let private = private_patches(manifests, packages);
        let mut stays = vec![false; locked.len()];
        let mut gone = BTreeSet::new();
        while let Some(number) = open.pop() {
            if std::mem::replace(&mut stays[number], true) {
                continue;
            }
            let asks = public[number].map(|(directory, package): (&String, &Package)| {
                asked_for(manifests, packages, directory, package)
            });
            for (edge, end) in ends[number].iter().enumerate() {
                let Some(end) = *end else { continue };
                let name = locked[end].name;
                let is_asked_for = edge == locked[number].dependencies.len()
                    || asks.as_ref().is_none_or(|asks| asks.contains(name));
                if !is_asked_for {
                    gone.insert((number, edge));
                } else if locked[end].source.is_none()
                    && public[end].is_none()
                    && private.contains(name)
                {
                    return Err(CargoError::Patched { name: name.to_owned() });
                } else {
                    open.push(end);
                }
            }
        }
        Ok(Self { locked, stays, gone, ends })
    }

    fn counts(&self, counts: impl Fn(usize) -> bool) -> Counts<'d> {
        let mut all = Counts::new();
        for (_, one) in self.locked.iter().enumerate().filter(|(number, _)| counts(*number)) {
            *all.entry(one.name).or_default().entry(one.version).or_default() += 1;
        }
        all
    }

    /// Cuts what goes, and writes anew the edges that take fewer words now.
    fn cut(&self, packages: &Packages, manifests: &Manifests, root: &Table, cuts: &mut Cuts<'_>) {
        let (before, after) = (self.counts(|_| true), self.counts(|number| self.stays[number]));
        let shortens = self.shortens(root);
        let checksums = root.get("metadata").and_then(Item::as_table);
        for (number, one) in self.locked.iter().enumerate() {
            if !self.stays[number] {
                cuts.table(one.table);
                let Some(source) = one.origin() else { continue };
                let key = format!("checksum {} {} ({source})", one.name, one.version);
                if let Some((key, item)) = checksums.and_then(|all| all.get_key_value(&key)) {
                    cuts.entry(key, item);
                }
                continue;
            }
            let gone: Vec<usize> = (0..one.dependencies.len())
                .filter(|&edge| self.gone.contains(&(number, edge)))
                .collect();
            if let Some((key, list)) = one.table.get_key_value("dependencies")
                && !gone.is_empty()
            {
                match list.as_array() {
                    Some(array) if gone.len() < array.len() => cuts.elements(array, &gone),
                    Some(_) | None => cuts.entry(key, list),
                }
            }
            for (edge, (text, place)) in one.edges().enumerate() {
                let Some(end) = self.ends[number][edge].map(|end| &self.locked[end]) else {
                    continue;
                };
                let named = end.named(&after);
                let is_ours = shortens && !gone.contains(&edge) && *text == end.named(&before);
                if is_ours && named != *text {
                    cuts.replace(place.clone(), format!("\"{named}\""));
                }
            }
        }
        let private = private_patches(manifests, packages);
        let unused = root.get("patch").and_then(|patch| patch.get("unused"));
        for table in unused.and_then(Item::as_array_of_tables).into_iter().flatten() {
            let name = table.get("name").and_then(Item::as_str);
            if name.is_some_and(|name| private.contains(name)) {
                cuts.table(table);
            }
        }
    }

    /// Whether edges name no more than they must: in the oldest format they name all.
    fn shortens(&self, root: &Table) -> bool {
        let edges = self.locked.iter().flat_map(|one| &one.dependencies);
        root.contains_key("version")
            || self.locked.iter().any(|one| one.table.contains_key("checksum"))
            || edges.into_iter().any(|(edge, _)| !edge.contains(' '))
    }
}

/// The packages that a public one asks for, but for those that are private.
fn asked_for<'p>(
    manifests: &Manifests,
    packages: &'p Packages,
    directory: &str,
    package: &'p Package,
) -> BTreeSet<&'p str> {
    let workspace = &packages.workspace;
    let is_public =
        |one: &&_| workspace.place_of(manifests, directory, one) != Some(Place::Private);
    let asked = package.dependencies.iter().filter(is_public);
    asked.map(|one| workspace.package_of(one)).collect()
}

/// The packages for which a private crate stands in.
fn private_patches<'p>(manifests: &Manifests, packages: &'p Packages) -> BTreeSet<&'p str> {
    let patches = packages.workspace.patches.iter();
    let private = patches.filter(|one| one.place(manifests, "") == Some(Place::Private));
    private.map(|one| packages.workspace.package_of(one)).collect()
}
