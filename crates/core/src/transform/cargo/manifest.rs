// SPDX-License-Identifier: Apache-2.0
//! The manifest of a workspace, without what it says of private crates.

use memchr::memmem;
use toml_edit::{Item, Key};

use super::super::cuts::{Cuts, entries};
use super::packages::Packages;
use super::read::{Place, matches, parse, place, resolve};
use super::{CargoError, Manifests};

/// Words without which a manifest says nothing of other crates than its own.
const TELLING: [&[u8]; 3] = [b"workspace", b"patch", b"replace"];

/// The manifest that stands at the empty path, without what it says of private crates;
/// `None` if it says nothing of them.
///
/// The dependencies of a package stay, private or not: without one it might not build, and
/// that a public crate depends on a private one is for a check to say.
///
/// # Errors
/// It, or a manifest that it needs, is no TOML.
pub fn manifest(manifests: &Manifests) -> Result<Option<Vec<u8>>, CargoError> {
    let Some(bytes) = manifests.get("") else { return Ok(None) };
    if !TELLING.iter().any(|word| memmem::find(bytes, word).is_some()) {
        return Ok(None);
    }
    let document = parse("", bytes)?;
    let packages = Packages::read(manifests)?;
    let root = document.as_table();
    let mut cuts = Cuts::new(document.raw(), root);
    if let Some((_, workspace)) = root.get_key_value("workspace") {
        edit_workspace(manifests, &packages, workspace, &mut cuts);
    }
    let is_private = |item: &Item| {
        let path = item.get("path").and_then(Item::as_str);
        path.is_some_and(|path| place(manifests, "", path) == Place::Private)
    };
    for (_, registry) in root.get("patch").and_then(Item::as_table).into_iter().flat_map(entries) {
        cut_entries(registry, &mut cuts, |_, item| is_private(item));
    }
    if let Some(replace) = root.get("replace") {
        cut_entries(replace, &mut cuts, |_, item| is_private(item));
    }
    Ok(cuts.finish())
}

fn edit_workspace(
    manifests: &Manifests,
    packages: &Packages,
    workspace: &Item,
    cuts: &mut Cuts<'_>,
) {
    let names_public = |pattern: &str| {
        let found = matches(manifests, pattern);
        let is_member = |found: &String| packages.members.contains(found);
        found.is_none_or(|found| found.iter().any(is_member))
    };
    let excludes_public = |path: &str| {
        let Some(path) = resolve("", path) else { return true };
        manifests.keys().any(|known| {
            let below = known.strip_prefix(&path[..]);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    cut_elements(workspace, "members", cuts, names_public);
    // Without any, an empty list would say that nothing is built.
    if !cut_elements(workspace, "default-members", cuts, names_public)
        && let Some((key, list)) = entry(workspace, "default-members")
    {
        cuts.entry(key, list);
    }
    cut_elements(workspace, "exclude", cuts, excludes_public);
    let Some(shared) = workspace.get("dependencies") else { return };
    cut_entries(shared, cuts, |name, item| {
        let path = item.get("path").and_then(Item::as_str);
        match path.map(|path| place(manifests, "", path)) {
            Some(Place::Private) => true,
            Some(Place::Public(_) | Place::Outside) => false,
            // What only private crates are built with is nobody's business either.
            None => !packages.inherits(name),
        }
    });
}

/// Cuts the strings of a list that `stays` says no to; whether any is left.
fn cut_elements(
    table: &Item,
    name: &str,
    cuts: &mut Cuts<'_>,
    stays: impl Fn(&str) -> bool,
) -> bool {
    let Some(list) = table.get(name).and_then(Item::as_array) else { return true };
    let is_gone = |value: &toml_edit::Value| value.as_str().is_some_and(|text| !stays(text));
    let gone: Vec<usize> =
        (0..).zip(list).filter(|(_, value)| is_gone(value)).map(|(number, _)| number).collect();
    cuts.elements(list, &gone);
    gone.is_empty() || gone.len() < list.len()
}

/// Cuts the entries of a table that `is_gone` says yes to.
fn cut_entries(table: &Item, cuts: &mut Cuts<'_>, is_gone: impl Fn(&str, &Item) -> bool) {
    if let Some(table) = table.as_table() {
        for (key, item) in entries(table).filter(|(key, item)| is_gone(key.get(), item)) {
            cuts.entry(key, item);
        }
    } else if let Some(table) = table.as_inline_table() {
        let item = |value: &toml_edit::Value| Item::Value(value.clone());
        let gone: Vec<usize> = (0..)
            .zip(table.iter())
            .filter(|(_, (name, value))| is_gone(name, &item(value)))
            .map(|(number, _)| number)
            .collect();
        cuts.inline(table, &gone);
    }
}

/// An entry of a table that has lines of its own.
fn entry<'i>(table: &'i Item, name: &str) -> Option<(&'i Key, &'i Item)> {
    table.as_table()?.get_key_value(name)
}
