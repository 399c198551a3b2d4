// SPDX-License-Identifier: Apache-2.0
//! The names that packages give themselves, in the manifests of a few languages.

use std::collections::BTreeSet;

use super::tips::{FilesIn, Tips};
use crate::session::Session;

/// Names of packages that are private as a whole: declared below a private
/// directory, and by nothing that is public.
pub(super) fn private_packages(tips: &Tips<'_>) -> BTreeSet<String> {
    private(tips, READERS)
}

/// The same for the packages of cargo alone.
pub(crate) fn private_crates(session: &Session<'_>) -> BTreeSet<String> {
    private(&Tips::new(session), &[CARGO])
}

fn private(tips: &Tips<'_>, readers: &[(&[u8], Reader)]) -> BTreeSet<String> {
    let mut private = names(tips, FilesIn::PrivateDirectories, readers);
    if !private.is_empty() {
        for public in names(tips, FilesIn::Public, readers) {
            private.remove(&public);
        }
    }
    private
}

fn names(tips: &Tips<'_>, place: FilesIn, readers: &[(&[u8], Reader)]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (file, id) in tips.manifests(place) {
        let Some((_, read)) = readers.iter().find(|(name, _)| *name == file) else { continue };
        let text = tips.read(id).and_then(|bytes| String::from_utf8(bytes).ok());
        names.extend(text.as_deref().and_then(read).filter(|name| is_a_name(name)));
    }
    names
}

/// Whether a file of this name is the manifest of a package.
pub(super) fn is_manifest(name: &[u8]) -> bool {
    READERS.iter().any(|(manifest, _)| *manifest == name)
}

/// What the package of a manifest is called, where the manifest says so.
pub(super) fn package_in(file: &[u8], text: &[u8]) -> Option<String> {
    let (_, read) = READERS.iter().find(|(name, _)| *name == file)?;
    read(str::from_utf8(text).ok()?).filter(|name| is_a_name(name))
}

/// How the name is read from each kind of manifest.
type Reader = fn(&str) -> Option<String>;

const CARGO: (&[u8], Reader) = (b"Cargo.toml", cargo);

const READERS: &[(&[u8], Reader)] =
    &[CARGO, (b"go.mod", go), (b"package.json", npm), (b"pyproject.toml", python)];

fn cargo(text: &str) -> Option<String> {
    let table = text.parse::<toml::Table>().ok()?;
    Some(table.get("package")?.get("name")?.as_str()?.to_owned())
}

fn go(text: &str) -> Option<String> {
    let module = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(module.split("//").next()?.trim().trim_matches('"').to_owned())
}

fn npm(text: &str) -> Option<String> {
    let json = serde_json::from_str::<serde_json::Value>(text).ok()?;
    Some(json.get("name")?.as_str()?.to_owned())
}

fn python(text: &str) -> Option<String> {
    let table = text.parse::<toml::Table>().ok()?;
    let project = table.get("project").or_else(|| table.get("tool")?.get("poetry"))?;
    Some(project.get("name")?.as_str()?.to_owned())
}

/// A template's `{{ name }}` is none.
fn is_a_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./@~".contains(&byte);
    !name.is_empty() && name.len() <= 200 && name.bytes().all(allowed)
}

/// Whether a name is so much a name that it can be looked for in any text.
pub(super) fn is_distinctive(name: &str) -> bool {
    name.len() >= 6 && name.contains(['-', '_', '/', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_what_its_package_is_called() {
        let check = |file: &str, text: &str, expected: Option<&str>| {
            let (_, read) = READERS.iter().find(|(name, _)| *name == file.as_bytes()).expect(file);
            let name = read(text).filter(|name| is_a_name(name));
            assert_eq!(name.as_deref(), expected, "{text}");
        };
        check(
            "Cargo.toml",
            "[package]\nname = \"acme-billing\"\nversion = \"1.0.0\"",
            Some("acme-billing"),
        );
        check("Cargo.toml", "[workspace]\nmembers = []", None);
        check("Cargo.toml", "[package]\nname = \"{{name}}\"", None);
        check("Cargo.toml", "[package", None);
        check("package.json", r#"{ "name": "@acme/billing" }"#, Some("@acme/billing"));
        check("package.json", r#"{ "name": 3 }"#, None);
        check("package.json", "", None);
        check("pyproject.toml", "[project]\nname = \"acme_billing\"", Some("acme_billing"));
        check("pyproject.toml", "[tool.poetry]\nname = \"acme_billing\"", Some("acme_billing"));
        check(
            "go.mod",
            "// ours\nmodule acme.example/billing // v2\n\ngo 1.22\n",
            Some("acme.example/billing"),
        );
        check("go.mod", "go 1.22\n", None);
    }

    #[test]
    fn a_plain_word_is_no_name_to_look_for_everywhere() {
        let check = |name, expected| assert_eq!(is_distinctive(name), expected, "{name}");
        check("acme-billing", true);
        check("@acme/x", true);
        check("acme.example/billing", true);
        check("billing", false);
        check("a-b", false);
    }
}
