// SPDX-License-Identifier: Apache-2.0
//! Addresses of mirrors.

use std::path::Path;

use crate::git::{Address, Rewrites, same_place};

/// Stands in every password that is made up here.
const MARK: &str = "qwertzuiop";

/// An address could not be taken for an option or a command by git or ssh; none shows
/// a password, be it usable or not; and a mirror is known in every spelling.
pub fn url(data: &[u8]) {
    let (address, rest) = super::halves(data);
    let rewrites = Rewrites::parse(rest);
    let Ok(address) = std::str::from_utf8(address) else { return };
    assert_eq!(rewrites.all(address).first().map(String::as_str), Some(address));
    if let Ok(Address::Url(url)) = parse(address) {
        assert_eq!(url, address, "a URL goes to git as it was written");
        is_harmless(&url);
        assert!(same_place(&url, &url, Path::new("/base")), "{url}");
    }
    shows_no_password(address);
    is_known_in_every_spelling(address);
}

fn parse(address: &str) -> Result<Address, crate::git::AddressError> {
    Address::parse(address, Path::new("/base"))
}

/// Neither the address nor anything in it that ssh is given begins with a dash.
fn is_harmless(url: &str) {
    assert!(!url.starts_with('-') && !url.chars().any(char::is_control), "{url:?}");
    let authority = match url.split_once("://") {
        Some((scheme, rest)) => {
            assert!(matches!(scheme, "https" | "http" | "ssh"), "{url}");
            rest.split('/').next()
        }
        None => {
            // `helper::address` would run the program `git-remote-helper`.
            let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
            assert!(!url.trim_start_matches(scheme).starts_with("::"), "{url}");
            url.split(':').next()
        }
    };
    // Git decodes a URL before it looks for the host in it.
    let mut authority = authority.unwrap_or_default().to_lowercase();
    for (written, meant) in [("%2d", "-"), ("%40", "@"), ("%5b", "[")] {
        authority = authority.replace(written, meant);
    }
    for part in authority.split(['@', '[']) {
        assert!(!part.starts_with('-'), "`{part}` in `{url}`");
    }
}

/// Neither an address nor the error about one shows the password in it.
fn shows_no_password(text: &str) {
    let mut words = text.split(['/', '?', '#']);
    let (password, user) = (words.next().unwrap_or_default(), words.next().unwrap_or("me"));
    let user = user.replace([':', '@'], "").replace(MARK, "");
    for scheme in ["https", "http", "ssh", "git", "HTTPS"] {
        let written = format!("{scheme}://{user}:{password}{MARK}@host/w.git");
        let shown = match parse(&written) {
            Ok(address) => address.to_string(),
            Err(err) => err.to_string(),
        };
        assert!(!shown.contains(MARK), "{written} is shown as {shown}");
    }
}

/// A forge's repository has one place, however it is written.
fn is_known_in_every_spelling(text: &str) {
    let word = |c: &char| c.is_ascii_alphanumeric();
    let mut words = text.split('/').map(|part| part.chars().filter(word).collect::<String>());
    let mut next =
        |default: &str| words.next().filter(|it| !it.is_empty()).unwrap_or(default.into());
    let (host, owner, name) = (next("host"), next("acme"), next("widget"));
    let spellings = [
        format!("git@{host}.example:{owner}/{name}.git"),
        format!("{host}.example:/{owner}/{name}"),
        format!("ssh://git@{host}.example:22/{owner}/{name}.git/"),
        format!("https://{host}.EXAMPLE/{owner}//{name}"),
        format!("HTTPS://me:{MARK}@{host}.example:443/{owner}/x/../{name}.git?x=y"),
    ];
    for one in &spellings {
        for other in &spellings {
            assert!(same_place(one, other, Path::new("/base")), "{one} {other}");
        }
        let another = format!("https://{host}.example/{owner}/{name}-private");
        assert!(!same_place(one, &another, Path::new("/base")), "{one} {another}");
    }
}
