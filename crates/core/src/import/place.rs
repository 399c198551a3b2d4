// SPDX-License-Identifier: Apache-2.0
//! Which private path a public one comes from: moves, the other way round.

use crate::explain::lands_at;
use crate::manifest::Shape;
use crate::paths::{Verdict, join};

/// The private path of a public one, under the shape that filters the commit and by the
/// rules of the policy; `exists` tells which of several are there.
///
/// # Errors
/// Nothing that these publish lands there: the verdict on the path, in words.
pub(super) fn private_path(
    shape: &Shape,
    policy: &Shape,
    public: &[u8],
    exists: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, String> {
    let moved = shape.moves.iter().filter_map(|one| {
        let rest = below(public, one.to.as_bytes())?;
        Some(if rest.is_empty() { one.from.clone().into_bytes() } else { within(&one.from, rest) })
    });
    let candidates: Vec<Vec<u8>> = moved
        .chain([public.to_vec()])
        .filter(|path| !path.is_empty() && lands_at(shape, path) == public)
        .collect();
    let verdict = |path: &[u8]| -> Result<(), Verdict<'_>> {
        [policy, shape].into_iter().try_for_each(|shape| {
            let verdict = shape.rules.verdict(path);
            if verdict.is_public() { Ok(()) } else { Err(verdict) }
        })
    };
    // Of several it is the one that is there, or that would stand nearest to what is.
    let missing = |path: &&Vec<u8>| {
        let ends = memchr::memchr_iter(b'/', path).chain([path.len()]);
        ends.filter(|&end| !exists(&path[..end])).count()
    };
    let public_ones: Vec<&Vec<u8>> =
        candidates.iter().filter(|path| verdict(path).is_ok()).collect();
    let nearest = match public_ones[..] {
        [only] => Some(only),
        _ => public_ones.into_iter().min_by_key(missing),
    };
    match nearest {
        Some(path) => Ok(path.clone()),
        None => Err(match candidates.first().map(|path| verdict(path)) {
            Some(Err(verdict)) => verdict.to_string(),
            Some(Ok(())) | None => "private, what stands there comes from elsewhere".to_owned(),
        }),
    }
}

/// What of `path` is below `directory`; nothing if it is that very path.
fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    if directory.is_empty() || path == directory {
        return Some(&path[directory.len()..]);
    }
    path.strip_prefix(directory)?.strip_prefix(b"/")
}

fn within(directory: &str, rest: &[u8]) -> Vec<u8> {
    if directory.is_empty() { rest.to_vec() } else { join(directory.as_bytes(), rest) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::manifest::Manifest;

    const THERE: [&[u8]; 5] = [b"open", b"open/docs", b"crates", b"crates/cli", b"a"];

    const MANIFEST: &str = r#"
version = 1
include = ["crates", "open", "a"]
exclude = ["crates/secret"]
[[move]]
from = "open"
to = ""
[[move]]
from = "crates/core"
to = "core"
[[move]]
from = "a"
to = "x"
[mirror.public]
branches = ["main"]
"#;

    #[test]
    fn a_public_path_goes_where_it_would_come_from() {
        check("core/lib.rs", Some("crates/core/lib.rs"));
        check("crates/cli/main.rs", Some("crates/cli/main.rs"));
        check("crates/new/main.rs", Some("crates/new/main.rs"));
        check("docs/new.md", Some("open/docs/new.md"));
        check("x", Some("a"));
        check("x/b", Some("a/b"));
        check("LICENSE", Some("open/LICENSE"));
        check("crates/secret/x", Some("open/crates/secret/x"));
    }

    #[test]
    fn where_nothing_lands_nothing_comes_from() {
        let whole = shape(MANIFEST);
        let narrow = shape(&MANIFEST.replace("\"open\", ", ""));
        let told = |policy: &Shape| private_path(&whole, policy, b"docs/new.md", |_| false);
        assert_eq!(told(&whole), Ok(b"open/docs/new.md".to_vec()));
        assert_eq!(told(&narrow), Err("private, no rule mentions it".to_owned()));
    }

    #[track_caller]
    fn check(public: &str, expected: Option<&str>) {
        let manifest = Manifest::parse(MANIFEST.as_bytes(), "sync.toml").expect("it is sound");
        let shape = &manifest.mirrors[0].shape;
        let found =
            private_path(shape, shape, public.as_bytes(), |path| THERE.contains(&path)).ok();
        let found = found.map(|path| String::from_utf8(path).expect("the paths are text"));
        assert_eq!(found.as_deref(), expected, "{public}");
    }
    fn shape(manifest: &str) -> Arc<Shape> {
        let manifest = Manifest::parse(manifest.as_bytes(), "sync.toml").expect("it is sound");
        manifest.mirrors[0].shape.clone()
    }
}
