// SPDX-License-Identifier: Apache-2.0
//! `sync.toml` as written. Deserialized, never interpreted.
//!
//! A value carries its place ([`Spanned`]) where a rule of ours may find fault
//! with it later. There are two readings: the strict one knows every key, the
//! lenient one looks only at the keys that shape the image.

use std::collections::BTreeMap;

use repo_sync_shared::Level;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, Source};
use super::near::nearest;

/// The format of a manifest that this version reads.
const VERSION: &str = "1";

/// Keys at the top that shape the image of a commit.
const SHAPING: &[&str] =
    &["include", "exclude", "private", "move", "message", "identity", "transform"];

/// Keys at the top that say something else.
const OTHER: &[&str] = &["seam", "withhold", "adopt", "guard", "waiver", "check", "standalone"];

/// Keys of a mirror that shape the image of a commit.
const MIRROR_SHAPING: &[&str] = &["include", "exclude", "move"];

/// Keys of a mirror that say something else.
const MIRROR_OTHER: &[&str] = &["url", "branches", "tags", "was", "adopt"];

/// A text and its place.
pub(super) type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawManifest {
    /// Looked at before all else, so of no more interest here.
    #[serde(rename = "version")]
    pub(super) _version: i64,
    #[serde(default)]
    pub(super) include: Vec<Text>,
    #[serde(default)]
    pub(super) exclude: Vec<Text>,
    #[serde(default)]
    pub(super) private: Vec<Text>,
    #[serde(default, rename = "move")]
    pub(super) moves: Vec<Spanned<RawMove>>,
    #[serde(default)]
    pub(super) message: RawMessage,
    #[serde(default)]
    pub(super) identity: RawIdentity,
    #[serde(default)]
    pub(super) transform: RawTransform,
    #[serde(default)]
    pub(super) mirror: BTreeMap<Text, RawMirror>,
    #[serde(default)]
    pub(super) seam: Vec<Spanned<RawSeam>>,
    #[serde(default)]
    pub(super) withhold: Vec<Spanned<RawWithhold>>,
    pub(super) adopt: Option<Text>,
    #[serde(default)]
    pub(super) guard: BTreeMap<Text, Level>,
    #[serde(default)]
    pub(super) waiver: Vec<Spanned<RawWaiver>>,
    #[serde(default)]
    pub(super) check: RawCheck,
    pub(super) standalone: Option<Spanned<RawStandalone>>,
}

impl RawManifest {
    /// The mirrors in the order of the file, which a map does not keep.
    pub(super) fn mirrors_in_order(&self) -> impl Iterator<Item = (&Text, &RawMirror)> {
        let mut mirrors = self.mirror.iter().collect::<Vec<_>>();
        mirrors.sort_by_key(|(name, _)| name.span().start);
        mirrors.into_iter()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawMirror {
    pub(super) url: Option<Text>,
    pub(super) branches: Option<Spanned<Vec<Text>>>,
    #[serde(default)]
    pub(super) tags: Vec<Text>,
    #[serde(default)]
    pub(super) was: Vec<Text>,
    pub(super) adopt: Option<Text>,
    pub(super) include: Option<Vec<Text>>,
    pub(super) exclude: Option<Vec<Text>>,
    #[serde(rename = "move")]
    pub(super) moves: Option<Vec<Spanned<RawMove>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMove {
    pub(super) from: Text,
    pub(super) to: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessage {
    pub(super) mode: Option<Spanned<RawMessageMode>>,
    pub(super) text: Option<Text>,
    pub(super) ids: Option<RawIds>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawMessageMode {
    Keep,
    Replace,
    PublicSection,
}

/// The default needs no word; `find` is one for it all the same.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawIds {
    Find,
    Mask,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    pub(super) mode: Option<Spanned<RawIdentityMode>>,
    pub(super) mailmap: Option<Text>,
    pub(super) domains: Option<Spanned<Vec<Text>>>,
    pub(super) overwrite: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawIdentityMode {
    Keep,
    Mailmap,
    AllowDomains,
    Overwrite,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTransform {
    #[serde(default)]
    pub(super) cargo: bool,
    pub(super) lines: Option<Spanned<RawLines>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLines {
    pub(super) begin: String,
    pub(super) end: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawSeam {
    pub(super) private: Text,
    pub(super) public: Option<Text>,
    pub(super) public_tree: Option<Text>,
    pub(super) mirror: Option<Text>,
    pub(super) message: Option<Text>,
    pub(super) accept: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWithhold {
    pub(super) commits: Text,
    pub(super) reason: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWaiver {
    pub(super) check: Text,
    pub(super) path: Option<Text>,
    pub(super) object: Option<Text>,
    pub(super) until: Option<Text>,
    pub(super) reason: Text,
    pub(super) expires: Option<Spanned<toml::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCheck {
    #[serde(default)]
    pub(super) terms: Vec<Text>,
    #[serde(default)]
    pub(super) phrases: Vec<Text>,
    pub(super) gitleaks: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a map")]
pub(super) struct RawStandalone {
    #[serde(default)]
    pub(super) commands: Vec<Text>,
    #[serde(default)]
    pub(super) cargo: bool,
    #[serde(default)]
    pub(super) sync: bool,
    #[serde(default)]
    pub(super) env: Vec<Text>,
    pub(super) time_limit: Option<Spanned<i64>>,
    pub(super) output_limit: Option<Spanned<i64>>,
}

/// The manifest of the policy tip as written: every key is known, or an error.
pub(super) fn strict(source: Source<'_>) -> Result<RawManifest, ManifestError> {
    let mut table = parse(source)?;
    for (_, mirror) in mirrors(table.get_mut()) {
        refuse_shared(source, mirror)?;
    }
    deserialize(source, table)
}

/// The first entry of `branches` of each mirror that states one, whatever else is
/// wrong with that list.
pub(super) type FirstBranches = BTreeMap<String, Option<String>>;

/// An older commit's manifest as written, cut down to what shapes the image.
pub(super) fn lenient(source: Source<'_>) -> Result<(RawManifest, FirstBranches), ManifestError> {
    let mut table = parse(source)?;
    let shaping = [&["version", "mirror"], SHAPING].concat();
    cut(source, table.get_mut(), &shaping, OTHER, &shaping)?;
    let mut first = FirstBranches::new();
    for (name, mirror) in mirrors(table.get_mut()) {
        if let Some(branches) = mirror.get("branches") {
            let entry = branches.get_ref().get(0).and_then(|entry| entry.get_ref().as_str());
            first.insert(name.to_owned(), entry.map(str::to_owned));
        }
        refuse_shared(source, mirror)?;
        cut(source, mirror, MIRROR_SHAPING, MIRROR_OTHER, SHAPING)?;
    }
    Ok((deserialize(source, table)?, first))
}

/// TOML with a `version` that we know.
fn parse(source: Source<'_>) -> Result<Spanned<DeTable<'_>>, ManifestError> {
    let table = DeTable::parse(source.text()).map_err(|err| source.toml_error(&err))?;
    // Before any other key, for another version may know other keys.
    match table.get_ref().get("version") {
        None => Err(source.error(0..0, "missing key `version`, expected `version = 1`")),
        Some(version) => match version.get_ref() {
            DeValue::Integer(number) if number.as_str() == VERSION => Ok(table),
            DeValue::Integer(number) => {
                let message = format!("version {number} is unknown, expected `version = 1`");
                Err(source.error(version.span(), message))
            }
            _ => Err(source.error(version.span(), "not a version, expected `version = 1`")),
        },
    }
}

fn deserialize(
    source: Source<'_>,
    table: Spanned<DeTable<'_>>,
) -> Result<RawManifest, ManifestError> {
    RawManifest::deserialize(toml::Deserializer::from(table)).map_err(|err| source.toml_error(&err))
}

/// The tables under `mirror`, as far as they are tables.
fn mirrors<'a, 'i>(root: &'a mut DeTable<'i>) -> Vec<(&'a str, &'a mut DeTable<'i>)> {
    let Some(DeValue::Table(mirrors)) = root.get_mut("mirror").map(Spanned::get_mut) else {
        return Vec::new();
    };
    let tables = mirrors.iter_mut().filter_map(|(name, mirror)| match mirror.get_mut() {
        DeValue::Table(table) => Some((name.get_ref().as_ref(), table)),
        _ => None,
    });
    tables.collect()
}

/// Says why a mirror has no floor or messages of its own, rather than that the key
/// is unknown. It was meant to do something, so an older commit's is no better.
fn refuse_shared(source: Source<'_>, mirror: &DeTable<'_>) -> Result<(), ManifestError> {
    let own = |name: &str| MIRROR_SHAPING.contains(&name);
    for name in SHAPING.iter().filter(|name| !own(name)) {
        if let Some((key, _)) = mirror.get_key_value(*name) {
            let message = format!("`{name}` cannot stand in a mirror: it is shared by all of them");
            return Err(source.error(key.span(), message));
        }
    }
    Ok(())
}

/// Cuts a table down to the keys in `keep`.
///
/// Keys in `drop` are ours but of no interest. An unknown key goes too, unless it
/// looks like one of `meant`: ignoring `exlude` would publish what it was to hide.
fn cut(
    source: Source<'_>,
    table: &mut DeTable<'_>,
    keep: &[&str],
    drop: &[&str],
    meant: &[&'static str],
) -> Result<(), ManifestError> {
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if keep.contains(&name) || drop.contains(&name) {
            continue;
        }
        if let Some(near) = nearest(name, meant.iter().copied()) {
            let message = format!("unknown field `{name}`");
            return Err(source.error(key.span(), message).with_near(Some(near)));
        }
    }
    let kept = std::mem::take(table).into_iter();
    *table = kept.filter(|(key, _)| keep.contains(&key.get_ref().as_ref())).collect();
    Ok(())
}
