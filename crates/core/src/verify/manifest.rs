// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of `sync.toml`: a table of TOML, and from it only
//! what the public history depends on.

use repo_sync_shared::ObjectId;
use toml::{Table, Value};

use super::pattern::{Path, Pattern, Reading};
use super::people::People;
use super::sections::Sections;
use super::text::Mode;

/// What is never public, whatever a manifest says.
const ALWAYS_PRIVATE: [&str; 3] = ["cloud", "sync.toml", "sync.lock"];

/// What shapes the images of commits, for one mirror.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(super) include: Vec<Pattern>,
    pub(super) exclude: Vec<Pattern>,
    pub(super) floor: Vec<Pattern>,
    /// From where to where, longest `from` first.
    pub(super) moves: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) message: Mode,
    /// Whether an id of a commit without an image becomes zeros.
    pub(super) mask: bool,
    pub(super) people: People,
    /// What private sections stand between.
    pub(super) sections: Option<Sections>,
    /// Whether workspaces are to stand alone.
    pub(super) cargo: bool,
    /// Equal for rules that say the same.
    pub(super) key: String,
}

/// What the policy tip says besides.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) first_branch: String,
    pub(super) branches: Vec<Pattern>,
    pub(super) tags: Vec<Pattern>,
    /// The mirror's name and its former ones.
    pub(super) names: Vec<String>,
    pub(super) adopt: Option<ObjectId>,
    pub(super) seams: Vec<Seam>,
    /// Commits that are withheld: one, or those behind the second and not behind
    /// the first.
    pub(super) withheld: Vec<(Option<ObjectId>, ObjectId)>,
    pub(super) waivers: u64,
    /// Whether a private id in a message stops the run, without exception.
    pub(super) refuses_private_ids: bool,
}

/// Where a history begins anew.
#[derive(Clone, Debug)]
pub(super) struct Seam {
    pub(super) private: ObjectId,
    /// The commit that the mirror has, and its tree.
    pub(super) public: Option<(ObjectId, ObjectId)>,
    pub(super) accept: Option<ObjectId>,
    pub(super) message: String,
}

/// What a path is to some rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Included, and nothing else.
    Public,
    /// Excluded.
    Excluded,
    /// On the floor.
    Floor,
    /// Nothing is said of it.
    Unlisted,
}

impl Rules {
    /// The rules of a manifest for the mirror of one of `names`; `None` if it names
    /// no such mirror.
    pub(crate) fn read(manifest: &[u8], names: &[String]) -> Result<Option<Self>, String> {
        let shared = parse(manifest)?;
        let Some(own) = names.iter().find_map(|name| mirror(&shared, name)) else {
            return Ok(None);
        };
        let key = |key: &str| own.get(key).or_else(|| shared.get(key));
        let list = |value: Option<&Value>| -> Result<Vec<Pattern>, String> {
            strings(value)?.into_iter().map(Pattern::new).collect()
        };
        let always = ALWAYS_PRIVATE.into_iter().map(Pattern::new);
        let private = list(shared.get("private"))?;
        let mut moves = Vec::new();
        for table in tables(key("move"))? {
            let path = |key: &str| {
                let path = word(table, key)?.unwrap_or_default();
                Ok::<_, String>(path.strip_suffix('/').unwrap_or(path).as_bytes().to_vec())
            };
            moves.push((path("from")?, path("to")?));
        }
        moves.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let (sections, cargo) = transform(&shared)?;
        let (message, mask) = message(&shared)?;
        let shaping = ["include", "exclude", "move"].map(key);
        let alike = ["private", "message", "identity", "transform"].map(|key| shared.get(key));
        Ok(Some(Self {
            include: list(key("include"))?,
            exclude: list(key("exclude"))?,
            floor: always.chain(private.into_iter().map(Ok)).collect::<Result<_, _>>()?,
            moves,
            message,
            mask,
            people: people(&shared)?,
            sections,
            cargo,
            key: format!("{shaping:?} {alike:?}"),
        }))
    }

    /// From where to where, longest first.
    pub(crate) fn moves(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.moves.iter().map(|(from, to)| (from.as_slice(), to.as_slice()))
    }

    /// What a path is: floor before exclude before include.
    pub(crate) fn sight(&self, path: &Path<'_>) -> Sight {
        let any = |list: &[Pattern], reading| list.iter().any(|one| one.matches(path, reading));
        if any(&self.floor, Reading::Wide) {
            Sight::Floor
        } else if any(&self.exclude, Reading::Wide) {
            Sight::Excluded
        } else if any(&self.include, Reading::Exact) {
            Sight::Public
        } else {
            Sight::Unlisted
        }
    }

    /// Whether something below a directory that is not public itself can be.
    pub(super) fn can_be_public_below(&self, path: &Path<'_>) -> bool {
        self.include.iter().any(|one| one.reaches_below(path))
    }
}

impl Settings {
    /// What the manifest at the policy tip says of the mirror.
    pub(super) fn read(manifest: &[u8], name: &str) -> Result<Self, String> {
        let shared = parse(manifest)?;
        let own = mirror(&shared, name).ok_or_else(|| format!("it names no mirror `{name}`"))?;
        let branches = strings(own.get("branches"))?;
        let (first, rest) = branches.split_first().unwrap_or((&"main", &[]));
        let concerned = |table: &&Table| match table.get("mirror").and_then(Value::as_str) {
            Some(other) => other == name,
            None => true,
        };
        let adopt = own.get("adopt").or_else(|| shared.get("adopt")).and_then(Value::as_str);
        let seams = tables(shared.get("seam"))?.into_iter().filter(concerned).map(seam);
        let names = strings(own.get("was"))?;
        let waivers = tables(shared.get("waiver"))?;
        let level = shared.get("guard").and_then(Value::as_table);
        let level = level.and_then(|guard| guard.get("private-id")).and_then(Value::as_str);
        let waived =
            |table: &&Table| table.get("check").and_then(Value::as_str) == Some("private-id");
        Ok(Self {
            first_branch: (*first).to_owned(),
            branches: rest.iter().copied().map(Pattern::new).collect::<Result<_, _>>()?,
            tags: strings(own.get("tags"))?
                .into_iter()
                .map(Pattern::new)
                .collect::<Result<_, _>>()?,
            names: [name].into_iter().chain(names).map(str::to_owned).collect(),
            adopt: adopt.map(id).transpose()?,
            seams: seams.collect::<Result<_, _>>()?,
            withheld: tables(shared.get("withhold"))?
                .into_iter()
                .map(withheld)
                .collect::<Result<_, _>>()?,
            waivers: waivers.len() as u64,
            refuses_private_ids: level.is_none_or(|level| level == "refuse")
                && !waivers.iter().any(waived),
        })
    }

    /// Whether the mirror lists a branch of this short name.
    pub(super) fn lists_branch(&self, name: &[u8]) -> bool {
        name == self.first_branch.as_bytes()
            || self.branches.iter().any(|pattern| pattern.matches_name(name))
    }

    /// Whether the mirror lists a tag of this short name.
    pub(super) fn lists_tag(&self, name: &[u8]) -> bool {
        self.tags.iter().any(|pattern| pattern.matches_name(name))
    }
}

fn parse(manifest: &[u8]) -> Result<Table, String> {
    let text = std::str::from_utf8(manifest).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: Table = text.parse().map_err(|err: toml::de::Error| err.message().to_owned())?;
    match table.get("version") {
        Some(Value::Integer(1)) => Ok(table),
        Some(_) | None => Err("it is not of `version = 1`".to_owned()),
    }
}

fn mirror<'t>(manifest: &'t Table, name: &str) -> Option<&'t Table> {
    manifest.get("mirror")?.as_table()?.get(name)?.as_table()
}

fn message(shared: &Table) -> Result<(Mode, bool), String> {
    let Some(table) = shared.get("message").and_then(Value::as_table) else {
        return Ok((Mode::Keep, false));
    };
    let mode = match word(table, "mode")? {
        None | Some("keep") => Mode::Keep,
        Some("replace") => Mode::Replace(word(table, "text")?.unwrap_or_default().to_owned()),
        Some("public-section") => Mode::PublicSection,
        Some(other) => return Err(format!("`{other}` is no mode of messages")),
    };
    Ok((mode, word(table, "ids")? == Some("mask")))
}

fn people(shared: &Table) -> Result<People, String> {
    let Some(table) = shared.get("identity").and_then(Value::as_table) else {
        return Ok(People::Keep);
    };
    match word(table, "mode")? {
        None | Some("keep" | "allow-domains") => Ok(People::Keep),
        Some("mailmap") => {
            let path = word(table, "mailmap")?.unwrap_or(".mailmap");
            Ok(People::Mailmap(path.strip_suffix('/').unwrap_or(path).to_owned()))
        }
        Some("overwrite") => {
            Ok(People::Overwrite(word(table, "overwrite")?.unwrap_or_default().to_owned()))
        }
        Some(other) => Err(format!("`{other}` is no mode of identities")),
    }
}

fn seam(table: &Table) -> Result<Seam, String> {
    let public = match (word(table, "public")?, word(table, "public-tree")?) {
        (Some(public), Some(tree)) => Some((id(public)?, id(tree)?)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err("a seam has half a public side".to_owned()),
    };
    Ok(Seam {
        private: id(word(table, "private")?.unwrap_or_default())?,
        public,
        accept: word(table, "accept")?.map(id).transpose()?,
        message: word(table, "message")?.unwrap_or("Public snapshot").to_owned(),
    })
}

fn withheld(table: &Table) -> Result<(Option<ObjectId>, ObjectId), String> {
    let commits = word(table, "commits")?.unwrap_or_default();
    match commits.split_once("..") {
        None => Ok((None, id(commits)?)),
        Some((from, to)) => Ok((Some(id(from)?), id(to)?)),
    }
}

fn id(text: &str) -> Result<ObjectId, String> {
    text.parse().map_err(|err: repo_sync_shared::InvalidId| err.to_string())
}

fn word<'t>(table: &'t Table, key: &str) -> Result<Option<&'t str>, String> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is no text")),
    }
}

/// What is to be done to files. What is unknown here would not be seen to.
fn transform(shared: &Table) -> Result<(Option<Sections>, bool), String> {
    let Some(transform) = shared.get("transform") else { return Ok((None, false)) };
    let transform = transform.as_table().ok_or("`transform` is no table")?;
    if let Some(key) = transform.keys().find(|key| !["cargo", "lines"].contains(&key.as_str())) {
        return Err(format!("it asks for a transform that is unknown here: `{key}`"));
    }
    let cargo = match transform.get("cargo") {
        None => false,
        Some(cargo) => cargo.as_bool().ok_or("`cargo` is neither true nor false")?,
    };
    let Some(lines) = transform.get("lines") else { return Ok((None, cargo)) };
    let marker = |key: &str| lines.get(key).and_then(Value::as_str).map(str::to_owned);
    match (marker("begin"), marker("end"), lines.as_table().map(Table::len)) {
        (Some(begin), Some(end), Some(2)) => Ok((Some(Sections { begin, end }), cargo)),
        _ => Err("`lines` is no pair of markers".to_owned()),
    }
}

fn strings(value: Option<&Value>) -> Result<Vec<&str>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or("a list is expected")?;
    list.iter().map(|one| one.as_str().ok_or_else(|| "a text is expected".to_owned())).collect()
}

fn tables(value: Option<&Value>) -> Result<Vec<&Table>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or("a list of tables is expected")?;
    list.iter().map(|one| one.as_table().ok_or_else(|| "a table is expected".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
version = 1
include = ["src", "docs"]
exclude = ["docs/internal"]
private = ["secrets"]
[mirror.public]
url = "u"
tags = ["v*"]
branches = ["main", "release/*"]
was = ["former"]
[mirror.other]
include = ["lib"]
[[move]]
from = "docs/public/"
to = "docs"
[guard]
private-id = "warn"
"#;

    #[test]
    fn the_floor_comes_before_exclude_before_include() {
        let rules = read(MANIFEST, "public").expect("it names the mirror");
        let check = |path: &str, expected| {
            assert_eq!(sight(&rules, path), expected, "{path}");
        };
        check("docs/a", Sight::Public);
        check("docs/INTERNAL/a", Sight::Excluded);
        check("Secrets./a", Sight::Floor);
        check("cloud", Sight::Floor);
        check("sync.toml", Sight::Floor);
        check("lib", Sight::Unlisted);
        assert_eq!(rules.moves, [(b"docs/public".to_vec(), b"docs".to_vec())]);
    }

    #[test]
    fn a_mirror_replaces_the_shared_lists_key_by_key() {
        let rules = read(MANIFEST, "other").expect("it names the mirror");
        assert_eq!(sight(&rules, "lib"), Sight::Public);
        assert_eq!(sight(&rules, "src"), Sight::Unlisted);
        assert_eq!(sight(&rules, "docs/internal"), Sight::Excluded);
        assert!(read(MANIFEST, "third").is_none());
    }

    fn sight(rules: &Rules, path: &str) -> Sight {
        rules.sight(&Path::new(path.as_bytes()).expect("the row holds a path"))
    }

    #[track_caller]
    fn read(manifest: &str, name: &str) -> Option<Rules> {
        Rules::read(manifest.as_bytes(), &[name.to_owned()]).expect("the manifest is sound")
    }

    /// What changes files in a way that is unknown here would not be seen to.
    #[test]
    fn a_transform_that_is_unknown_is_refused() {
        let check = |transform: &str, refused| {
            let manifest = format!("{MANIFEST}[transform]\n{transform}\n");
            let rules = Rules::read(manifest.as_bytes(), &["public".to_owned()]);
            assert_eq!(rules.is_err(), refused, "{transform}");
        };
        check("lines = [\"strip\"]", true);
        check("lines = { begin = \"a\" }", true);
        check("lines = { begin = \"a\", end = \"b\", at = \"c\" }", true);
        check("lines = { begin = \"a\", end = \"b\" }", false);
        check("npm = true", true);
        check("cargo = 1", true);
        check("cargo = true", false);
        check("", false);
    }

    #[test]
    fn the_tip_says_which_refs_there_are() {
        let settings = Settings::read(MANIFEST.as_bytes(), "public").expect("it names the mirror");
        assert!(settings.lists_branch(b"main") && settings.lists_branch(b"release/1"));
        assert!(!settings.lists_branch(b"wip") && settings.lists_tag(b"v1"));
        assert_eq!(settings.names, ["public", "former"]);
        assert!(!settings.refuses_private_ids);
        assert!(Settings::read(MANIFEST.as_bytes(), "third").is_err());
    }
}
