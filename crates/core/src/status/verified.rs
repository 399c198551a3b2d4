// SPDX-License-Identifier: Apache-2.0
//! When this clone last saw that its mirror is what it should be.
//!
//! The note is for a person to read. No check and no verifier goes by it.

use std::fs;
use std::path::PathBuf;

use repo_sync_shared::ObjectId;
use sha2::{Digest as _, Sha256};

use crate::git::Address;
use crate::hex::hex;
use crate::session::Session;

/// What saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// An audit of all that the mirror holds.
    Verify,
    /// The audit of all that was sent.
    Sync,
}

impl Audit {
    /// The command that does it.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Sync => "sync",
        }
    }
}

/// A mirror was as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// When, in seconds since 1970.
    pub at: i64,
    /// What saw it.
    pub by: Audit,
    /// The branches that were looked at, by their full names.
    pub branches: Vec<(String, ObjectId)>,
}

/// Notes that the mirror at this address was as it should be when it showed these refs.
pub fn remember<'n>(
    session: &Session<'_>,
    address: &Address,
    (by, at): (Audit, i64),
    refs: impl Iterator<Item = (&'n [u8], ObjectId)>,
) {
    let is_branch = |name: &[u8]| name.starts_with(b"refs/heads/");
    let branches = refs.filter(|(name, _)| is_branch(name)).filter_map(|(name, id)| {
        let name = str::from_utf8(name).ok()?;
        Some((name.to_owned(), id))
    });
    let verified = Verified { at, by, branches: branches.collect() };
    let file = file(session);
    // Without it `status` knows less; nothing else depends on it.
    let _ = file.parent().map(fs::create_dir_all);
    let _ = fs::write(file, verified.text(&place(address)));
}

fn file(session: &Session<'_>) -> PathBuf {
    session.repo.kept_of(&session.policy.mirror.name).join("verified")
}

/// A digest of an address, which may hold what nobody should find here.
fn place(address: &Address) -> String {
    hex(&Sha256::digest(address.to_string().as_bytes()))
}

impl Verified {
    /// What was noted last, if that was about this address.
    pub(super) fn recall(session: &Session<'_>, address: &Address) -> Option<Self> {
        let text = fs::read_to_string(file(session)).ok()?;
        Self::parse(&text, &place(address))
    }

    /// The digest of the address, when, by what, and how many branches; then a line for
    /// each of these.
    fn text(&self, place: &str) -> String {
        let count = self.branches.len();
        let branches = self.branches.iter().map(|(name, id)| format!("{id} {name}\n"));
        let branches: String = branches.collect();
        format!("{place} {} {} {count}\n{branches}", self.at, self.by.command())
    }

    fn parse(text: &str, place: &str) -> Option<Self> {
        let (first, rest) = text.split_once('\n')?;
        let words: Vec<&str> = first.split(' ').collect();
        let &[noted, at, by, count] = &words[..] else { return None };
        let by = [Audit::Verify, Audit::Sync].into_iter().find(|audit| audit.command() == by)?;
        let branch = |line: &str| {
            let (id, name) = line.split_once(' ')?;
            Some((name.to_owned(), id.parse().ok()?))
        };
        let branches: Vec<_> = rest.lines().map(branch).collect::<Option<_>>()?;
        let is_whole = branches.len() == count.parse::<usize>().ok()? && text.ends_with('\n');
        (noted == place && is_whole).then_some(Self { at: at.parse().ok()?, by, branches })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let verified = Verified {
            at: 1_700_000_000,
            by: Audit::Verify,
            branches: vec![
                ("refs/heads/main".to_owned(), ObjectId::EMPTY_TREE),
                ("refs/heads/release/1".to_owned(), ObjectId::EMPTY_TREE),
            ],
        };
        let text = verified.text("here");
        assert_eq!(Verified::parse(&text, "here").as_ref(), Some(&verified));
        assert_eq!(Verified::parse(&text, "there"), None);
        for cut in 0..text.len() {
            assert_eq!(Verified::parse(&text[..cut], "here"), None, "{cut} bytes");
        }
        for wrong in ["here 1 verify 1\nx y\n", "here 1 plan 0\n", "here x sync 0\n"] {
            assert_eq!(Verified::parse(wrong, "here"), None, "{wrong}");
        }
    }
}
