// SPDX-License-Identifier: Apache-2.0
//! Where the mirrors of a manifest are, whatever else is wrong with it.
//!
//! For the guard before a push, which must know a mirror by its address even where
//! the manifest has a mistake, and must not stop pushes to anywhere else.

use toml::{Table, Value};

/// A mirror, as far as its manifest can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseMirror {
    /// Its name; `None` where the text is no TOML.
    pub name: Option<String>,
    /// Where it is, or may be.
    pub url: String,
    /// The first of its branches.
    pub first_branch: Option<String>,
}

/// The mirrors that have an address. Of a text that is no TOML: everything that is
/// quoted in it.
pub fn loose_mirrors(text: &[u8]) -> Vec<LooseMirror> {
    let text = String::from_utf8_lossy(text);
    let Ok(table) = text.trim_start_matches('\u{feff}').parse::<Table>() else {
        let quoted = text.lines().flat_map(|line| line.split(['"', '\'']).skip(1).step_by(2));
        let mirror =
            |url: &str| LooseMirror { name: None, url: url.to_owned(), first_branch: None };
        return quoted.filter(|url| !url.is_empty()).map(mirror).collect();
    };
    let mirrors = table.get("mirror").and_then(Value::as_table).into_iter().flatten();
    let mirror = |(name, mirror): (&String, &Value)| {
        let first = mirror.get("branches").and_then(|branches| branches.get(0)?.as_str());
        Some(LooseMirror {
            name: Some(name.clone()),
            url: mirror.get("url")?.as_str()?.to_owned(),
            first_branch: Some(first.unwrap_or("main").to_owned()),
        })
    };
    mirrors.filter_map(mirror).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_found_in_spite_of_mistakes() {
        let url = |text: &str| {
            let found = loose_mirrors(text.as_bytes());
            found.into_iter().map(|it| (it.name.unwrap_or_default(), it.url)).collect::<Vec<_>>()
        };
        let expected = vec![("a".to_owned(), "git@h:w".to_owned())];
        assert_eq!(url("version = 9\nnonsense = 1\n[mirror.a]\nurl = \"git@h:w\"\n"), expected);
        assert_eq!(url("[mirror.a]\nbranches = []\n"), []);
        let broken = url("[mirror.a\nurl = \"git@h:w\"\ntags = ['v*']\n");
        assert_eq!(broken[0], (String::new(), "git@h:w".to_owned()));
    }
}
