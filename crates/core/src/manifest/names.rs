// SPDX-License-Identifier: Apache-2.0
//! Names in a manifest: of mirrors, branches and tags, and the url of a mirror.
//!
//! A name of a mirror becomes the name of a directory, a branch or an url becomes
//! an argument of the `git` program: what could be more than a name is refused here.

use toml::Spanned;

use super::error::{ManifestError, Source};
use super::raw::Text;
use crate::paths::Pattern;

/// Which branches of the private repository a mirror shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    /// The one whose tip gives the policy, such as `main`.
    pub first: String,
    /// Others that are published with it.
    pub rest: Vec<Pattern>,
}

impl Default for Branches {
    fn default() -> Self {
        Self { first: "main".to_owned(), rest: Vec::new() }
    }
}

impl Branches {
    /// Whether a branch, such as `main` or `release/1`, is listed.
    pub fn lists(&self, name: &[u8]) -> bool {
        name == self.first.as_bytes() || self.rest.iter().any(|rest| rest.matches_whole(name))
    }
}

/// `branches`: a plain name, then patterns.
pub(super) fn branches(
    source: Source<'_>,
    raw: &Spanned<Vec<Text>>,
) -> Result<Branches, ManifestError> {
    let Some((first, rest)) = raw.get_ref().split_first() else {
        return Err(source.error(raw.span(), "`branches` must list at least one branch"));
    };
    let name = first.get_ref().as_str();
    let pattern = ref_pattern(source, first)?;
    if plain(&pattern).is_none() {
        let message = format!("the first of `branches` must be a plain name, but `{name}` is none");
        return Err(source.error(first.span(), message));
    }
    if let Some(fault) = plain_ref_fault(name) {
        return Err(source.error(first.span(), format!("`{name}` is no branch name: {fault}")));
    }
    let rest = ref_patterns(source, rest)?;
    Ok(Branches { first: name.to_owned(), rest })
}

/// Patterns for names of branches or tags.
pub(super) fn ref_patterns(
    source: Source<'_>,
    raw: &[Text],
) -> Result<Vec<Pattern>, ManifestError> {
    raw.iter().map(|text| ref_pattern(source, text)).collect()
}

fn ref_pattern(source: Source<'_>, text: &Text) -> Result<Pattern, ManifestError> {
    let name = text.get_ref().as_str();
    let fault = if name.starts_with("refs/") {
        Some("a name stands without `refs/heads/` or `refs/tags/`")
    } else {
        ref_fault(name)
    };
    if let Some(fault) = fault {
        return Err(source.error(text.span(), format!("`{name}` names no branch or tag: {fault}")));
    }
    Pattern::parse(name).map_err(|err| source.error(text.span(), err.to_string()))
}

/// The path or name that a pattern is as it stands, if it has no metacharacters.
pub(super) fn plain(pattern: &Pattern) -> Option<Vec<u8>> {
    let text = pattern.as_str();
    let text = text.strip_suffix('/').unwrap_or(text);
    // `docs/**` names no more than `docs` does, but is no plain name.
    pattern.as_path().filter(|path| path == text.as_bytes())
}

/// What neither a name nor a pattern of refs may hold.
fn ref_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.starts_with('-') {
        Some("it starts with `-`")
    } else if name.contains("..") {
        Some("it holds `..`")
    } else if name.chars().any(char::is_control) {
        Some("it holds a control character")
    } else if name.contains(' ') {
        Some("it holds a space")
    } else {
        None
    }
}

/// What else git refuses in the name of a branch
/// (<https://git-scm.com/docs/git-check-ref-format>).
fn plain_ref_fault(name: &str) -> Option<&'static str> {
    if name.contains(['~', '^', ':']) || name.contains("@{") {
        Some("it holds `~`, `^`, `:` or `@{`")
    } else if name.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
        Some("a component starts with `.` or ends with `.lock`")
    } else if name.ends_with(['.', '/']) {
        Some("it ends with `.` or `/`")
    } else if matches!(name, "@" | "HEAD") {
        Some("git keeps this name for itself")
    } else {
        None
    }
}

/// Refuses a name of a mirror that would not do as the name of a directory.
pub(super) fn mirror_name(source: Source<'_>, text: &Text) -> Result<String, ManifestError> {
    let name = text.get_ref().as_str();
    let fault = if name.is_empty() {
        "it is empty"
    } else if name.starts_with(['.', '-']) {
        "it starts with `.` or `-`"
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        "only letters a to z, digits, `-`, `_` and `.` can stand in it"
    } else {
        return Ok(name.to_owned());
    };
    Err(source.error(text.span(), format!("`{name}` is no name for a mirror: {fault}")))
}

/// Refuses an url that git would read as something else.
pub(super) fn url(source: Source<'_>, text: &Text) -> Result<String, ManifestError> {
    let url = text.get_ref().as_str();
    let fault = if url.trim().is_empty() {
        "it is empty"
    } else if url.starts_with('-') {
        "it starts with `-`"
    } else if url.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        return Ok(url.to_owned());
    };
    Err(source.error(text.span(), format!("`{url}` cannot be the url of a mirror: {fault}")))
}
