// SPDX-License-Identifier: Apache-2.0
//! `sync.toml`, as far as a history depends on it.

use repo_sync_shared::ObjectId;
use toml::{Table, Value};

use super::pattern::Pattern;

/// What shapes the image of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    floor: Vec<Pattern>,
    /// Longest `from` first.
    moves: Vec<(Vec<u8>, Vec<u8>)>,
    /// Replaces every message.
    pub(crate) replace: Option<String>,
    /// Quoted ids without an image become zeros.
    pub(crate) mask: bool,
    /// The words that begin and end a private section.
    sections: Option<(String, String)>,
}

/// What only the policy tip says.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) branches: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// This mirror's name and its former ones.
    pub(crate) names: Vec<String>,
    pub(crate) seams: Vec<Seam>,
    pub(crate) withheld: Vec<String>,
    pub(crate) adopt: Option<ObjectId>,
}

/// Where histories join.
#[derive(Clone, Debug)]
pub(crate) struct Seam {
    pub(crate) private: ObjectId,
    pub(crate) public: Option<ObjectId>,
    pub(crate) public_tree: Option<ObjectId>,
    pub(crate) accept: Option<ObjectId>,
    pub(crate) message: String,
}

/// Whether a path is public, and where it lands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Private,
    Public(Vec<u8>),
}

impl Policy {
    /// The policy of a manifest for the mirror that has one of `names`; `None` if
    /// the manifest does not name it.
    pub(crate) fn read(manifest: &[u8], names: &[String]) -> Option<Self> {
        let shared = parse(manifest);
        let own = names.iter().find_map(|name| mirror(&shared, name))?;
        let key = |key: &str| own.get(key).or_else(|| shared.get(key));
        let patterns = |value: Option<&Value>| strings(value).map(Pattern::new).collect();
        let always = ["cloud", "sync.toml", "sync.lock"].into_iter();
        let mut moves: Vec<_> = tables(key("move"))
            .map(|table| (trimmed(text(table, "from")), trimmed(text(table, "to"))))
            .collect();
        moves.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let message = shared.get("message").and_then(Value::as_table);
        let word = |key: &str| message.and_then(|table| table.get(key)).and_then(Value::as_str);
        let lines = shared.get("transform").and_then(|table| table.get("lines")?.as_table());
        Some(Self {
            sections: lines.map(|it| (text(it, "begin").to_owned(), text(it, "end").to_owned())),
            include: patterns(key("include")),
            exclude: patterns(key("exclude")),
            floor: always.chain(strings(shared.get("private"))).map(Pattern::new).collect(),
            moves,
            replace: (word("mode") == Some("replace"))
                .then(|| word("text").unwrap_or_default().to_owned()),
            mask: word("ids") == Some("mask"),
        })
    }

    /// A public file without its private sections; `None` if it has none.
    pub(crate) fn cut(&self, file: &[u8]) -> Option<Vec<u8>> {
        let (begin, end) = self.sections.as_ref()?;
        let file = std::str::from_utf8(file).ok()?;
        let mut cut = String::new();
        let mut rest = file;
        // In what is generated, markers stand behind `// `, and pair up.
        while let Some((before, section)) = rest.split_once(&format!("// {begin}\n")) {
            cut += before;
            rest = section.split_once(&format!("// {end}\n")).expect("it ends").1;
        }
        cut += rest;
        (cut != file).then(|| cut.into_bytes())
    }

    /// Where a private path is in the mirror.
    pub(crate) fn place(&self, path: &[u8]) -> Place {
        let public = self.include.iter().any(|pattern| pattern.matches(path))
            && !self.exclude.iter().any(|pattern| pattern.matches_wide(path))
            && !self.floor.iter().any(|pattern| pattern.matches_wide(path));
        if public { Place::Public(self.moved(path)) } else { Place::Private }
    }

    fn moved(&self, path: &[u8]) -> Vec<u8> {
        for (from, to) in &self.moves {
            let rest = match path.strip_prefix(&from[..]) {
                Some(rest) if from.is_empty() || rest.is_empty() => rest,
                Some([b'/', rest @ ..]) => rest,
                Some(_) | None => continue,
            };
            let parts = [&to[..], rest].into_iter().filter(|part| !part.is_empty());
            return parts.collect::<Vec<_>>().join(&b'/');
        }
        path.to_vec()
    }
}

impl Settings {
    /// The mirror of this name as the manifest describes it.
    pub(crate) fn read(manifest: &[u8], name: &str) -> Self {
        let shared = parse(manifest);
        let own = mirror(&shared, name).expect("the policy tip names the mirror");
        let owned = |value| strings(value).map(str::to_owned).collect::<Vec<_>>();
        let mut branches = owned(own.get("branches"));
        if branches.is_empty() {
            branches.push("main".to_owned());
        }
        let concerned = |table: &&Table| match table.get("mirror").and_then(Value::as_str) {
            Some(other) => other == name,
            None => true,
        };
        let adopt = own.get("adopt").or_else(|| shared.get("adopt"));
        Self {
            branches,
            tags: owned(own.get("tags")),
            names: [name.to_owned()].into_iter().chain(owned(own.get("was"))).collect(),
            seams: tables(shared.get("seam")).filter(concerned).map(Seam::read).collect(),
            withheld: tables(shared.get("withhold"))
                .map(|table| text(table, "commits").to_owned())
                .collect(),
            adopt: adopt.and_then(Value::as_str).map(id),
        }
    }
}

impl Seam {
    fn read(table: &Table) -> Self {
        let optional = |key: &str| table.get(key).and_then(Value::as_str);
        Self {
            private: id(text(table, "private")),
            public: optional("public").map(id),
            public_tree: optional("public-tree").map(id),
            accept: optional("accept").map(id),
            message: optional("message").unwrap_or("Public snapshot").to_owned(),
        }
    }
}

fn parse(manifest: &[u8]) -> Table {
    let text = std::str::from_utf8(manifest).expect("a generated manifest is UTF-8");
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn mirror<'t>(manifest: &'t Table, name: &str) -> Option<&'t Table> {
    manifest.get("mirror")?.as_table()?.get(name)?.as_table()
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn tables(value: Option<&Value>) -> impl Iterator<Item = &Table> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no `{key}` in {table}"))
}

fn trimmed(path: &str) -> Vec<u8> {
    path.trim_end_matches('/').as_bytes().to_vec()
}

fn id(text: &str) -> ObjectId {
    text.parse().expect("a generated manifest names full ids")
}
