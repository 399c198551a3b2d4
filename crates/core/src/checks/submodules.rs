// SPDX-License-Identifier: Apache-2.0
//! Submodules: gitlinks, and the `.gitmodules` that says where they come from.
//!
//! A gitlink under a public path is `submodule`. One that names a commit of the
//! private repository itself would publish its id, which nothing waives. A public
//! `.gitmodules` that could run a command on the machine of whoever clones is
//! refused whatever the manifest says; one that names a private path, by level.

use repo_sync_shared::{Check, ObjectId, PrivateCommit, escape_bytes, escape_text};
use rustc_hash::FxHashSet;

use super::gitmodules::{Setting, settings};
use super::{Family, NewDirectory, NewEntry};
use crate::error::RunError;
use crate::object::{EntryKind, GitFile, Kind};
use crate::report::{RawFinding, Weight};
use crate::session::Session;

/// The largest `.gitmodules` that is looked into, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Collects gitlinks and `.gitmodules`, and judges them when all was seen.
#[derive(Default)]
pub(super) struct Submodules {
    links: Vec<Place>,
    files: Vec<Place>,
}

/// An object in its place.
struct Place {
    path: Vec<u8>,
    id: ObjectId,
    commit: u32,
}

impl Place {
    fn new(entry: &NewEntry<'_>) -> Self {
        Self { path: entry.private_path.to_vec(), id: entry.id, commit: entry.commit }
    }

    fn finding(&self, check: Check, weight: Weight, hint: impl Into<String>) -> RawFinding {
        let finding = RawFinding::at(check, self.commit, hint).path(self.path.clone());
        RawFinding { object: Some(self.id), weight, ..finding }
    }
}

impl Family for Submodules {
    fn directory(&mut self, directory: &NewDirectory<'_>, found: &mut Vec<RawFinding>) {
        for entry in directory.new_entries() {
            let is_file = matches!(entry.kind, EntryKind::Blob | EntryKind::Executable);
            let Some(file) = GitFile::named(entry.name).filter(|_| !is_file) else { continue };
            if !directory.is_new(entry.name, |old| old.kind == entry.kind) {
                continue;
            }
            match (file, entry.kind) {
                (GitFile::Modules, _) => {
                    let hint = "git reads this name as `.gitmodules`, which must be a plain file";
                    found.push(directory.finding(&entry, Check::MalformedTree, hint));
                }
                (GitFile::Attributes | GitFile::Ignore | GitFile::Mailmap, EntryKind::Symlink) => {
                    let hint = format!(
                        "git reads this name as `{}`, and does not follow a link there; publish a \
                         plain file",
                        file.name()
                    );
                    let finding = directory.finding(&entry, Check::SymlinkEscape, hint);
                    found.push(RawFinding { weight: Weight::Lighter, ..finding });
                }
                (GitFile::Attributes | GitFile::Ignore | GitFile::Mailmap, _) => {}
            }
        }
    }

    fn entry(&mut self, entry: &NewEntry<'_>, _found: &mut Vec<RawFinding>) {
        match entry.kind {
            EntryKind::Gitlink => self.links.push(Place::new(entry)),
            EntryKind::Blob | EntryKind::Executable => {
                let name = entry.public_path.rsplit(|&byte| byte == b'/').next();
                if name.and_then(GitFile::named) == Some(GitFile::Modules) {
                    self.files.push(Place::new(entry));
                }
            }
            EntryKind::Symlink | EntryKind::Tree => {}
        }
    }

    fn finish(
        &mut self,
        session: &mut Session<'_>,
        found: &mut Vec<RawFinding>,
    ) -> Result<(), RunError> {
        let mut told = FxHashSet::default();
        for link in self.links.iter().filter(|link| told.insert((&link.path, link.id))) {
            found.extend(judge_link(session, link));
        }
        for file in self.files.iter().filter(|file| told.insert((&file.path, file.id))) {
            judge_file(session, file, found)?;
        }
        Ok(())
    }
}

fn judge_link(session: &Session<'_>, link: &Place) -> Vec<RawFinding> {
    let hint = "a submodule: its commit id becomes public, and whoever clones needs the repository \
                behind it; exclude the path, or waive it if that repository is public";
    let mut found = vec![link.finding(Check::Submodule, Weight::Usual, hint)];
    let own = session.replay.history.number(PrivateCommit::new(link.id)).is_some();
    let held = own || session.replay.objects().kind(link.id).is_ok_and(|kind| kind == Kind::Commit);
    if held {
        let (weight, hint) = if own {
            (Weight::Always, "this gitlink names a commit of the private repository itself")
        } else {
            (Weight::Usual, "this gitlink names a commit that the private repository holds")
        };
        let hint = format!("{hint}; exclude the path");
        found.push(link.finding(Check::PrivateId, weight, hint));
    }
    found
}

fn judge_file(
    session: &Session<'_>,
    file: &Place,
    found: &mut Vec<RawFinding>,
) -> Result<(), RunError> {
    let files = session.replay.files();
    // One that is missing, or no file at all, was told of where files are read.
    match files.size(file.id) {
        Ok(..=MAX_SIZE) => {}
        Ok(_) => {
            let hint = "this `.gitmodules` is too large to look into";
            found.push(file.finding(Check::Submodule, Weight::Always, hint));
            return Ok(());
        }
        Err(_) => return Ok(()),
    }
    let Ok(object) = files.read(file.id) else { return Ok(()) };
    let settings = match settings(object.data()) {
        Ok(settings) => settings,
        Err(line) => {
            let hint = "this line does not read as git's configuration; mend it";
            found.push(file.finding(Check::Submodule, Weight::Always, hint).line(line));
            return Ok(());
        }
    };
    let shape = session.replay.shape_in_force(file.commit);
    for setting in &settings {
        if let Some(danger) = danger(setting) {
            let hint =
                format!("{danger}: this could run a command on the machine of whoever clones");
            let finding = file.finding(Check::Submodule, Weight::Always, hint);
            found.push(finding.line(setting.line));
        }
        // Only the file at the root says where submodules are.
        let Some(shape) = shape.as_ref().filter(|_| !file.path.contains(&b'/')) else { continue };
        if setting.key != "path" {
            continue;
        }
        let verdict = shape.rules.verdict(&setting.value);
        if !verdict.is_public() {
            let hint = format!(
                "`.gitmodules` names `{}`, which is private; take the section out of it",
                escape_bytes(&setting.value)
            );
            let finding = file.finding(Check::Submodule, Weight::Usual, hint).line(setting.line);
            let rule = verdict.rule().map(ToString::to_string);
            found.push(RawFinding { rule, ..finding });
        }
    }
    Ok(())
}

/// What git refuses in a `.gitmodules`, and what it would fetch from odd places.
fn danger(setting: &Setting) -> Option<String> {
    let climbs = |name: &[u8]| name.split(|b| matches!(b, b'/' | b'\\')).any(|part| part == b"..");
    let value = &setting.value[..];
    let shown = || escape_text(value);
    if setting.name.is_empty() || climbs(&setting.name) {
        return Some(format!("a submodule is called `{}`", escape_text(&setting.name)));
    }
    let dangerous = match setting.key.as_str() {
        "url" => {
            value.starts_with(b"-")
                || value.contains(&b'\n')
                || value.contains(&b'\r')
                || memchr::memmem::find(&value.to_ascii_lowercase(), b"%0a").is_some()
                || memchr::memmem::find(value, b"::").is_some_and(|at| is_scheme(&value[..at]))
                || value.to_ascii_lowercase().starts_with(b"file:")
        }
        "path" => {
            value.starts_with(b"-")
                || value.starts_with(b"/")
                || climbs(value)
                || value.ends_with(b"\r")
        }
        "update" => value.starts_with(b"!"),
        _ => false,
    };
    dangerous.then(|| format!("`{} = {}`", setting.key, shown()))
}

/// Whether these bytes before a `::` name a helper program of git.
fn is_scheme(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(byte))
}
