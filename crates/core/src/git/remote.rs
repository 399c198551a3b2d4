// SPDX-License-Identifier: Apache-2.0
//! The mirror's address, and the refs it shows.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use repo_sync_shared::ObjectId;

use super::place::decode;
use super::process::{Environment, Git, GitError};

/// Where a mirror is: a path on this machine, or a URL that git understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A bare repository on this machine, perhaps not there yet.
    Path(PathBuf),
    /// Over ssh or HTTP.
    Url(String),
}

/// Why a text is no address of a mirror.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It would be taken for an option, or it holds a control character.
    #[error("`{0}` is not a usable address")]
    Unsafe(String),
    /// A transport that can run commands, or that we do not know.
    #[error("`{0}`: only https, http, ssh and file addresses and paths are supported")]
    Transport(String),
}

impl Address {
    /// Reads an address; a relative path is taken from `base`.
    ///
    /// # Errors
    /// It could be taken for an option, or its transport is not allowed.
    pub fn parse(text: &str, base: &Path) -> Result<Self, AddressError> {
        let unsafe_text =
            text.is_empty() || text.starts_with('-') || text.chars().any(char::is_control);
        if unsafe_text {
            let shown = repo_sync_shared::escape_text(without_password(text).as_bytes());
            return Err(AddressError::Unsafe(shown));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return match scheme {
                "https" | "http" | "ssh" if !has_option(rest) => Ok(Self::Url(text.to_owned())),
                "file" => Ok(Self::Path(PathBuf::from(rest))),
                _ => Err(AddressError::Transport(without_password(text).into_owned())),
            };
        }
        // `host:path` is ssh, unless a slash comes first: git's own rule.
        match text.split_once(':') {
            Some((before, after)) if !before.contains('/') && !is_drive(before) => {
                if after.starts_with(':') {
                    return Err(AddressError::Transport(text.to_owned()));
                }
                if has_option(before) {
                    return Err(AddressError::Unsafe(text.to_owned()));
                }
                Ok(Self::Url(text.to_owned()))
            }
            _ => Ok(Self::Path(base.join(text))),
        }
    }

    /// As the `git` program takes it.
    pub fn as_git(&self) -> String {
        match self {
            Self::Path(path) => path.to_string_lossy().into_owned(),
            Self::Url(url) => url.clone(),
        }
    }
}

/// Without a password, if one was written into it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(&without_password(url)),
        }
    }
}

/// An address as it may be shown, be it usable or not. Over HTTP the name of the user
/// is often the secret itself, so only ssh keeps one.
fn without_password(address: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = address.split_once("://") else { return Cow::Borrowed(address) };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return Cow::Borrowed(address) };
    let user = user.split(':').next().filter(|_| scheme == "ssh");
    let user = user.map_or_else(String::new, |user| format!("{user}@"));
    Cow::Owned(format!("{scheme}://{user}{host}{path}"))
}

/// Whether ssh could take the user or the host at the start of `rest` for an option.
fn has_option(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or_default();
    // Git decodes a URL before it looks for the host in it.
    decode(authority).split(['@', '[']).any(|part| part.starts_with('-'))
}

fn is_drive(before: &str) -> bool {
    cfg!(windows) && before.len() == 1
}

/// The refs that a mirror shows, by full name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteRefs {
    named: BTreeMap<Vec<u8>, ObjectId>,
    /// What annotated tags are of in the end.
    peeled: BTreeMap<Vec<u8>, ObjectId>,
}

impl RemoteRefs {
    /// Asks the mirror. A path that is not there shows no ref.
    ///
    /// # Errors
    /// The mirror cannot be reached or refuses.
    pub fn read(address: &Address, environment: &Environment) -> Result<Self, GitError> {
        if matches!(address, Address::Path(path) if is_absent(path)) {
            return Ok(Self::default());
        }
        let url = address.as_git();
        let listing = Git::anywhere(environment).run(&["ls-remote", "--quiet", "--", &url], b"")?;
        let mut refs = Self::default();
        for line in listing.split(|&b| b == b'\n') {
            let Some(tab) = line.iter().position(|&b| b == b'\t') else { continue };
            let Some(id) = ObjectId::from_hex(&line[..tab]) else { continue };
            let name = &line[tab + 1..];
            match name.strip_suffix(b"^{}") {
                Some(tag) => drop(refs.peeled.insert(tag.to_vec(), id)),
                None if name == b"HEAD" => {}
                None => drop(refs.named.insert(name.to_vec(), id)),
            }
        }
        Ok(refs)
    }

    /// What the ref of this full name names: of an annotated tag the tag itself.
    pub fn get(&self, name: &[u8]) -> Option<ObjectId> {
        self.named.get(name).copied()
    }

    /// The same; of an annotated tag what it is of.
    pub(crate) fn peeled(&self, name: &[u8]) -> Option<ObjectId> {
        self.peeled.get(name).copied().or_else(|| self.get(name))
    }

    /// All of them, by name, not peeled.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], ObjectId)> {
        self.named.iter().map(|(name, &id)| (name.as_slice(), id))
    }

    /// Every object that a ref names, also by way of a tag, with the name.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&[u8], ObjectId)> {
        self.iter().chain(self.peeled.iter().map(|(name, &id)| (name.as_slice(), id)))
    }

    /// Whether the mirror shows none.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

/// Whether a mirror may still be made at this path: nothing there, or an empty
/// directory.
pub(crate) fn is_absent(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(err) => err.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_a_plain_url() {
        let path = |text: &str| Ok(Address::Path(PathBuf::from(text)));
        let url = |text: &str| Ok(Address::Url(text.to_owned()));
        check("mirror.git", path("/base/mirror.git"));
        check("/srv/mirror.git", path("/srv/mirror.git"));
        check("./a:b", path("/base/./a:b"));
        check("file:///srv/m.git", path("/srv/m.git"));
        check("git@host:acme/w.git", url("git@host:acme/w.git"));
        check("https://host/w.git", url("https://host/w.git"));
        check("ssh://git@host:22/w.git", url("ssh://git@host:22/w.git"));
    }

    #[test]
    fn an_address_cannot_become_an_option_or_a_command() {
        for text in
            ["", "-x", "--upload-pack=x", "a\nb", "git@-oProxyCommand=x:y", "[-oProxyCommand=x]:y"]
        {
            assert!(matches!(parse(text), Err(AddressError::Unsafe(_))), "{text}");
        }
        for text in [
            "ext::sh -c x",
            "ssh://-oProxyCommand=x/y",
            "ssh://-oProxyCommand=x@host/y",
            "ssh://git@%2doProxyCommand=x/y",
            "ssh://git%40-oProxyCommand=x/y",
            "git://host/x",
            "fd::3",
        ] {
            assert!(matches!(parse(text), Err(AddressError::Transport(_))), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let check = |text: &str, expected: &str| {
            let shown = parse(text).map_or_else(|err| err.to_string(), |it| it.to_string());
            assert!(shown == expected || shown.starts_with(&format!("`{expected}`")), "{shown}");
        };
        check("https://me:secret@host/w.git", "https://host/w.git");
        check("https://me:sec:r@et@host/w.git", "https://host/w.git");
        check("https://token@host/w.git", "https://host/w.git");
        check("https://host:443/@scope/a:b@c", "https://host:443/@scope/a:b@c");
        check("ssh://git:secret@host:22/w.git", "ssh://git@host:22/w.git");
        check("git@host:acme/w.git", "git@host:acme/w.git");
        check("git://me:secret@host/w.git", "git://host/w.git");
        check("https://me:secret@host/w\n", r"https://host/w\n");
        check("HTTPS://me:secret@-host/w", "HTTPS://-host/w");
    }

    fn parse(text: &str) -> Result<Address, AddressError> {
        Address::parse(text, Path::new("/base"))
    }

    #[track_caller]
    fn check(text: &str, expected: Result<Address, AddressError>) {
        assert_eq!(parse(text), expected);
    }
}
