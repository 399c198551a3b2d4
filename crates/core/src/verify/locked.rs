// SPDX-License-Identifier: Apache-2.0
//! The verifier's own pruning of `Cargo.lock`: packages are marked until nothing changes.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::crates::{Crates, Manifests, Package};
use super::scissors::{Scissors, table};

/// A package of the lock file, and where it stands there.
struct Locked<'v> {
    name: &'v str,
    version: &'v str,
    source: Option<&'v str>,
    edges: Vec<Edge<'v>>,
    at: &'v Spanned<DeValue<'v>>,
    has_checksum: bool,
}

struct Edge<'v> {
    text: &'v str,
    place: Range<usize>,
    /// The package that it names, if that is one.
    to: Option<usize>,
    goes: bool,
}

/// A lock file with what public packages reach.
pub(super) fn lock(manifests: &Manifests, text: &str) -> Result<String, String> {
    if !manifests.contains_key("") {
        return Ok(text.to_owned());
    }
    let root = table(text)?;
    let crates = Crates::read(manifests)?;
    let list = match root.get("package").map(Spanned::get_ref) {
        Some(DeValue::Array(list)) => list.iter().collect(),
        _ => Vec::new(),
    };
    let locked: Option<Vec<Locked<'_>>> = list.into_iter().map(read).collect();
    let mut locked = locked.ok_or("a package of `Cargo.lock` has no name or version")?;
    for at in 0..locked.len() {
        for edge in 0..locked[at].edges.len() {
            let text = locked[at].edges[edge].text;
            let meant = (0..locked.len()).filter(|&one| may_mean(text, &locked[one]));
            let meant: Vec<usize> = meant.collect();
            locked[at].edges[edge].to = if let [one] = meant[..] { Some(one) } else { None };
        }
    }
    let mut public: Vec<Option<&Package>> = vec![None; locked.len()];
    let mut reached = vec![false; locked.len()];
    for (directory, package) in &crates.packages {
        let own: Vec<usize> = (0..locked.len())
            .filter(|&at| locked[at].name == package.name && locked[at].source.is_none())
            .collect();
        let same = own.iter().copied().find(|&at| locked[at].version == package.version);
        let only = if let [one] = own[..] { Some(one) } else { None };
        let Some(at) = same.or(only) else { continue };
        public[at] = Some(package);
        reached[at] |= crates.members.contains(directory);
    }
    loop {
        let mut more = Vec::new();
        for at in (0..locked.len()).filter(|&at| reached[at]) {
            for edge in 0..locked[at].edges.len() {
                let Some(to) = locked[at].edges[edge].to else { continue };
                let name = locked[to].name;
                let asks = public[at].is_none_or(|package| {
                    let mut all = package.dependencies.iter();
                    all.any(|one| one.package == name && one.place != Some(None))
                });
                locked[at].edges[edge].goes = !asks;
                if asks && !reached[to] {
                    let stands_in = locked[to].source.is_none() && public[to].is_none();
                    if stands_in && crates.patched.contains(name) {
                        return Err(format!("a private crate stands in for `{name}`"));
                    }
                    more.push(to);
                }
            }
        }
        if more.is_empty() {
            break;
        }
        more.into_iter().for_each(|at| reached[at] = true);
    }
    let mut scissors = Scissors::new(text, &root);
    let short = root.contains_key("version")
        || locked.iter().any(|one| one.has_checksum)
        || locked.iter().flat_map(|one| &one.edges).any(|edge| !edge.text.contains(' '));
    for (at, one) in locked.iter().enumerate() {
        if !reached[at] {
            scissors.take_block(one.at);
            if let (Some(source), Some(DeValue::Table(metadata))) =
                (one.source, root.get("metadata").map(Spanned::get_ref))
            {
                let key = format!("checksum {} {} ({source})", one.name, one.version);
                if let Some((key, value)) = metadata.get_key_value(key.as_str()) {
                    scissors.take(key.span(), value);
                }
            }
            continue;
        }
        let places: Vec<_> = one.edges.iter().map(|edge| edge.place.clone()).collect();
        let gone: Vec<usize> = (0..places.len()).filter(|&edge| one.edges[edge].goes).collect();
        if gone.len() == places.len() && !gone.is_empty() {
            if let DeValue::Table(inner) = one.at.get_ref()
                && let Some((key, value)) = inner.get_key_value("dependencies")
            {
                scissors.take(key.span(), value);
            }
        } else {
            scissors.take_listed(&places, &gone);
        }
        for edge in one.edges.iter().filter(|edge| short && !edge.goes) {
            let Some(to) = edge.to else { continue };
            let (before, after) =
                (words(&locked, to, |_| true), words(&locked, to, |at| reached[at]));
            if edge.text == before && before != after {
                scissors.put(edge.place.clone(), format!("\"{after}\""));
            }
        }
    }
    if let Some(DeValue::Table(patch)) = root.get("patch").map(Spanned::get_ref)
        && let Some(DeValue::Array(unused)) = patch.get("unused").map(Spanned::get_ref)
    {
        for one in unused.iter() {
            let name = word(one, "name");
            if name.is_some_and(|name| crates.patched.contains(name)) {
                scissors.take_block(one);
            }
        }
    }
    Ok(scissors.left())
}

fn word<'v>(value: &'v Spanned<DeValue<'v>>, key: &str) -> Option<&'v str> {
    let DeValue::Table(table) = value.get_ref() else { return None };
    table.get(key)?.get_ref().as_str()
}

fn read<'v>(at: &'v Spanned<DeValue<'v>>) -> Option<Locked<'v>> {
    let DeValue::Table(table) = at.get_ref() else { return None };
    let mut edges = Vec::new();
    if let Some(DeValue::Array(list)) = table.get("dependencies").map(Spanned::get_ref) {
        for one in list.iter() {
            let Some(text) = one.get_ref().as_str() else { continue };
            edges.push(Edge { text, place: one.span(), to: None, goes: false });
        }
    }
    Some(Locked {
        name: word(at, "name")?,
        version: word(at, "version")?,
        source: word(at, "source"),
        edges,
        at,
        has_checksum: table.contains_key("checksum"),
    })
}

/// Whether an edge says nothing else than that it leads to this package.
fn may_mean(edge: &str, one: &Locked<'_>) -> bool {
    let source = one.source.map(|source| format!("({source})"));
    let full = [Some(one.name), Some(one.version), source.as_deref()];
    let mut said = edge.splitn(3, ' ').map(Some);
    full.iter().all(|part| said.next().is_none_or(|said| said == *part))
}

/// How an edge to a package is written where only these packages are.
fn words(locked: &[Locked<'_>], to: usize, there: impl Fn(usize) -> bool) -> String {
    let one = &locked[to];
    let alike: Vec<&Locked<'_>> = (0..locked.len())
        .filter(|&at| there(at) && locked[at].name == one.name)
        .map(|at| &locked[at])
        .collect();
    let same = alike.iter().filter(|other| other.version == one.version).count();
    if alike.iter().all(|other| other.version == one.version) && same <= 1 {
        return one.name.to_owned();
    }
    match one.source.filter(|_| same > 1) {
        Some(source) => format!("{} {} ({source})", one.name, one.version),
        None => format!("{} {}", one.name, one.version),
    }
}
