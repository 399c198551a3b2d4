// SPDX-License-Identifier: Apache-2.0
//! Whether two addresses lead to the same repository, however they are spelt.
//!
//! For a guard, not for a connection: where it is in doubt, they do. What only ssh's
//! own configuration knows (a host by another name) nobody can tell here.

use std::path::{Component, Path, PathBuf};

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A directory of this machine.
    Here(PathBuf),
    /// A repository on a host.
    There { host: String, path: String, ssh: bool, port: Option<u16> },
}

/// Hosts that a forge also answers under, for networks that let nothing else out.
const ALIASES: [(&str, &str); 3] = [
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
];

/// Whether both lead to the same repository; relative paths are taken from `base`.
pub fn same_place(one: &str, other: &str, base: &Path) -> bool {
    match (place(one, base), place(other, base)) {
        (Place::Here(one), Place::Here(other)) => one == other,
        (
            Place::There { host, path, ssh, port },
            Place::There { host: host2, path: path2, ssh: ssh2, port: port2 },
        ) => {
            // A forge shows the same repository over ssh and http; the ports of these
            // two say nothing about each other.
            host == host2 && path == path2 && (ssh != ssh2 || port == port2)
        }
        (Place::Here(_), Place::There { .. }) | (Place::There { .. }, Place::Here(_)) => false,
    }
}

fn place(address: &str, base: &Path) -> Place {
    if let Some((scheme, rest)) = address.split_once("://") {
        let scheme = scheme.to_ascii_lowercase();
        // `helper::scheme://…` is the same place by way of another program.
        let scheme = scheme.rsplit("::").next().unwrap_or_default();
        if scheme == "file" {
            let path = rest.find('/').map_or(rest, |slash| &rest[slash..]);
            return Place::Here(settle(&base.join(decode(path))));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let ssh = scheme.contains("ssh");
        let usual = match scheme {
            "http" => 80,
            "https" => 443,
            "git" => 9418,
            _ => 22,
        };
        return there(authority, path, ssh, usual);
    }
    // `host:path` is ssh, unless a slash comes first: git's own rule. A host with a
    // port stands in brackets.
    let scp = match address.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some(parts) => Some(parts),
        None => address.split_once(':').filter(|(host, _)| !host.contains('/') && !is_drive(host)),
    };
    match scp {
        Some((authority, path)) => there(authority, path, true, 22),
        None => Place::Here(settle(&base.join(address))),
    }
}

fn there(authority: &str, path: &str, ssh: bool, usual: u16) -> Place {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        // The colons of an IPv6 address are within brackets, or there are many.
        Some((name, port))
            if !port.contains(']') && (!name.contains(':') || name.ends_with(']')) =>
        {
            (name, port.parse().ok())
        }
        Some(_) | None => (host, None),
    };
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == host);
    let port = port.filter(|&port| port != usual && alias.is_none());
    let host = alias.map_or(host, |(_, name)| (*name).to_owned());
    let mut names: Vec<String> = Vec::new();
    for name in decode(path).split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            // A forge does not tell names apart by case.
            name => names.push(name.to_ascii_lowercase()),
        }
    }
    if let Some(last) = names.last_mut()
        && let Some(bare) = last.strip_suffix(".git")
    {
        *last = bare.to_owned();
    }
    names.retain(|name| !name.is_empty());
    Place::There { host, path: names.join("/"), ssh, port }
}

/// Where git would look for the repository at a path, links resolved. One that is
/// not there is compared by its name.
fn settle(path: &Path) -> PathBuf {
    let found = ["/.git", "", ".git/.git", ".git"].iter().find_map(|ending| {
        let mut name = path.as_os_str().to_owned();
        if !ending.starts_with('/') {
            // A slash at the end would come between the name and its ending.
            name = path.components().as_path().as_os_str().to_owned();
        }
        name.push(ending);
        PathBuf::from(name).canonicalize().ok().filter(|found| found.is_dir())
    });
    found.unwrap_or_else(|| {
        let mut plain = PathBuf::new();
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(plain.pop()),
                other => plain.push(other),
            }
        }
        match plain.extension() {
            Some(ending) if ending == "git" => plain.with_extension(""),
            Some(_) | None => plain,
        }
    })
}

/// Percent-encoded bytes as they are meant.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_drive(before: &str) -> bool {
    cfg!(windows) && before.len() == 1
}

/// The user's `url.<base>.insteadOf` and `pushInsteadOf`: git hands out addresses
/// that these have changed already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrites(Vec<Rewrite>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rewrite {
    base: String,
    prefix: String,
    push: bool,
}

impl Rewrites {
    /// Reads what `git config -z --get-regexp` prints of them.
    pub fn parse(listing: &[u8]) -> Self {
        let rewrite = |entry: &[u8]| {
            let entry = std::str::from_utf8(entry).ok()?;
            let (key, prefix) = entry.split_once('\n')?;
            let (base, name) = key.strip_prefix("url.")?.rsplit_once('.')?;
            let push = match name {
                "insteadof" => false,
                "pushinsteadof" => true,
                _ => return None,
            };
            Some(Rewrite { base: base.to_owned(), prefix: prefix.to_owned(), push })
        };
        Self(listing.split(|&b| b == 0).filter_map(rewrite).collect())
    }

    /// Every address that git may make of this one for a push, itself first.
    pub fn all(&self, address: &str) -> Vec<String> {
        let mut all = vec![address.to_owned()];
        for push in [false, true] {
            let longest = self
                .0
                .iter()
                .filter(|it| it.push == push && address.starts_with(&it.prefix))
                .max_by_key(|it| it.prefix.len());
            all.extend(longest.map(|it| format!("{}{}", it.base, &address[it.prefix.len()..])));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_known_however_it_is_spelt() {
        let mirror = "git@github.com:acme/widget.git";
        for same in [
            "git@github.com:acme/widget",
            "git@github.com:/acme/widget.git/",
            "github.com:acme/widget.git",
            "ssh://git@github.com/acme/widget.git",
            "ssh://GitHub.com:22/acme/widget",
            "ssh://git@ssh.github.com:443/acme/widget.git",
            "git+ssh://git@github.com/acme/widget",
            "https://github.com/acme/widget",
            "https://me:secret@github.com:443/acme//widget.git/",
            "https://github.com/Acme/Widget.git",
            "https://github.com./acme/./x/../widget.git",
            "https://github.com/acme/%77idget.git?x=y",
            "git://github.com/acme/widget.git",
            "[git@github.com:22]:acme/widget.git",
            "helper::https://github.com/acme/widget.git",
        ] {
            check(mirror, same, true);
        }
        for other in [
            "git@github.com:acme/widget-private.git",
            "git@gitlab.com:acme/widget.git",
            "git@github.com:other/widget.git",
            "ssh://git@github.com:2222/acme/widget.git",
            "https://github.com/acme/widget/wiki",
            "https://github.com/acme",
            "/github.com/acme/widget.git",
            "github.com/acme/widget.git",
        ] {
            check(mirror, other, false);
        }
        check("http://localhost:3000/a/w.git", "http://localhost:4000/a/w.git", false);
        check("http://localhost:3000/a/w.git", "ssh://git@localhost:2222/a/w.git", true);
        check("ssh://git@[::1]:22/w.git", "ssh://[::1]/w", true);
        check("ssh://git@[::1]:23/w.git", "ssh://[::1]/w", false);
    }

    #[test]
    fn a_path_is_known_however_it_is_spelt() {
        let dir = tempfile::tempdir().expect("there is room for a test");
        let base = dir.path().join("private");
        for name in ["private", "mirror.git", "clone/.git"] {
            std::fs::create_dir_all(dir.path().join(name)).expect("the directory is ours");
        }
        let absolute = dir.path().join("mirror.git").display().to_string();
        for same in [
            "../mirror.git/",
            "../mirror",
            "../private/../mirror.git",
            "./../mirror.git",
            &absolute,
            &format!("file://{absolute}"),
            &format!("FILE://localhost{absolute}"),
            &format!("file://{}", absolute.replace("mirror", "%6dirror")),
        ] {
            assert!(same_place("../mirror.git", same, &base), "{same}");
        }
        assert!(same_place("../clone", "../clone/.git", &base));
        assert!(same_place("../absent.git", "../x/../absent", &base));
        assert!(!same_place("../mirror.git", "../clone", &base));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("mirror.git", dir.path().join("link"))
                .expect("the directory is ours");
            assert!(same_place("../mirror.git", "../link", &base));
        }
    }

    #[test]
    fn what_git_makes_of_an_address_is_known() {
        let listing = b"url.git@github.com:.insteadof\ngh:\0url.git@github.com:acme/.insteadof\n\
                        gh:a/\0url.ssh://git@host/.pushinsteadof\nhttps://host/\0other.key\nx\0";
        let rewrites = Rewrites::parse(listing);
        assert_eq!(rewrites.all("gh:a/w"), ["gh:a/w", "git@github.com:acme/w"]);
        assert_eq!(rewrites.all("https://host/w"), ["https://host/w", "ssh://git@host/w"]);
        assert_eq!(rewrites.all("/srv/w"), ["/srv/w"]);
    }

    #[track_caller]
    fn check(one: &str, other: &str, same: bool) {
        assert_eq!(same_place(one, other, Path::new("/base")), same, "{one} {other}");
        assert_eq!(same_place(other, one, Path::new("/base")), same, "{other} {one}");
    }
}
