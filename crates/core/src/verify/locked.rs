// SPDX-License-Identifier: Apache-2.0
//! The verifier's own pruning of `Cargo.lock`: packages are marked until nothing changes.

use std::collections::BTreeMap;
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
    /// To what it depends on, and the last to what replaces it, if that is so.
    edges: Vec<Edge<'v>>,
    /// How many of them are to what it depends on.
    asked: usize,
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
    let mut namesakes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, one) in locked.iter().enumerate() {
        namesakes.entry(one.name).or_default().push(at);
    }
    for at in 0..locked.len() {
        for edge in 0..locked[at].edges.len() {
            locked[at].edges[edge].to = meant(locked[at].edges[edge].text, &locked, &namesakes);
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
                let asks = asks || edge >= locked[at].asked;
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
                (one.origin(), root.get("metadata").map(Spanned::get_ref))
            {
                let key = format!("checksum {} {} ({source})", one.name, one.version);
                if let Some((key, value)) = metadata.get_key_value(key.as_str()) {
                    scissors.take(key.span(), value);
                }
            }
            continue;
        }
        let listed = one.edges.iter().take(one.asked);
        let places: Vec<_> = listed.map(|edge| edge.place.clone()).collect();
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
    let asked = edges.len();
    if let Some(value) = table.get("replace")
        && let Some(text) = value.get_ref().as_str()
    {
        edges.push(Edge { text, place: value.span(), to: None, goes: false });
    }
    Some(Locked {
        name: word(at, "name")?,
        version: word(at, "version")?,
        source: word(at, "source"),
        edges,
        asked,
        at,
        has_checksum: table.contains_key("checksum"),
    })
}

impl<'v> Locked<'v> {
    /// Where it comes from, but not which commit of that: edges and checksums say no more.
    fn origin(&self) -> Option<&'v str> {
        let source = self.source?;
        Some(source.rfind('#').map_or(source, |at| &source[..at]))
    }
}

/// The package that an edge means, step by step as cargo looks it up. A version may be left out
/// if there is only one; a source if there is only one, and for the package of a path always.
fn meant(
    edge: &str,
    locked: &[Locked<'_>],
    namesakes: &BTreeMap<&str, Vec<usize>>,
) -> Option<usize> {
    let (name, rest) = edge.split_once(' ').map_or((edge, None), |(name, it)| (name, Some(it)));
    let mut left = namesakes.get(name)?.clone();
    let (version, source) = match rest.map(|rest| rest.split_once(' ').ok_or(rest)) {
        None => (locked[left[0]].version, None),
        Some(Err(version)) => (version, None),
        Some(Ok((version, source))) => (version, Some(source)),
    };
    if rest.is_none() && left.iter().any(|&at| locked[at].version != version) {
        return None;
    }
    left.retain(|&at| locked[at].version == version);
    if let Some(source) = source {
        let source = source.strip_prefix('(').and_then(|source| source.strip_suffix(')'))?;
        left.retain(|&at| locked[at].origin() == Some(source));
    } else if left.iter().any(|&at| locked[at].source.is_none()) {
        left.retain(|&at| locked[at].source.is_none());
    }
    if let [one] = left[..] { Some(one) } else { None }
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
    match one.origin().filter(|_| same > 1) {
        Some(source) => format!("{} {} ({source})", one.name, one.version),
        None => format!("{} {}", one.name, one.version),
    }
}
