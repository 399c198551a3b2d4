// SPDX-License-Identifier: Apache-2.0
//! The public tree of one commit as plain files.
//!
//! Everything is made anew in a directory that was empty: no file is overwritten,
//! no link is followed, and a name that would leave the directory is refused.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use repo_sync_shared::{Check, ObjectId, PrivateCommit, escape_bytes};

use crate::error::{RunError, UsageError};
use crate::filter::{Entry, PublicFile, PublicFiles};
use crate::object::{EntryKind, is_dotgit};
use crate::paths::join;
use crate::progress::{Phase, Progress};
use crate::report::RawFinding;
use crate::session::Session;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Files, executable or not.
    pub files: u64,
    /// Symbolic links.
    pub links: u64,
    /// Submodules, each an empty directory.
    pub submodules: u64,
}

/// Writes what the mirror shows, or would show, of `commit` to `target`.
///
/// # Errors
/// `target` is neither absent nor an empty directory; no manifest governs the
/// commit; an object cannot be read, or a file not be written.
pub fn export(
    session: &mut Session<'_>,
    commit: PrivateCommit,
    target: &Path,
    progress: &dyn Progress,
) -> Result<Exported, RunError> {
    let replay = &mut session.replay;
    let governed = || UsageError::NothingGoverns(commit);
    let number = replay.history.number(commit).ok_or_else(governed)?;
    let found: Vec<&RawFinding> =
        replay.findings.iter().filter(|finding| finding.commit == Some(number)).collect();
    // What cannot be shaped cannot be exported; what is only worth a word can.
    let fatal = |finding: &&RawFinding| {
        matches!(
            finding.check,
            Check::ManifestInvalid | Check::ManifestMissing | Check::PathCollision
        )
    };
    let fatal: Vec<_> = found.into_iter().filter(fatal).cloned().collect();
    if !fatal.is_empty() {
        let reported = fatal.into_iter().map(|finding| finding.reported(Some(&replay.history)));
        return Err(RunError::Refused(reported.collect()));
    }
    let shown = replay.filtered(number)?.ok_or_else(governed)?;
    make_empty(target)?;
    progress.start(Phase::Stage, None);
    let files = replay.files();
    let mut writer = Writer { files, commit, exported: Exported::default(), progress };
    let mut open = vec![(shown.directory, Vec::new(), target.to_owned())];
    while let Some((directory, path, target)) = open.pop() {
        let filter = &mut replay.filters()[shown.filter];
        let listing = filter.list(&directory);
        let listing = listing.map_err(|err| RunError::unfiltered(&err, Some(commit)))?;
        for entry in listing.iter() {
            let path = join(&path, entry.name);
            let place =
                target.join(file_name(entry.name).ok_or_else(|| unwritable(commit, &path))?);
            writer.write(&entry, &path, &place)?;
            let below = replay.filters()[shown.filter].below(&directory, &entry);
            open.extend(below.map(|below| (below, path, place)));
        }
    }
    progress.finish(Phase::Stage);
    Ok(writer.exported)
}

/// Makes the directory, or sees that it is empty.
fn make_empty(target: &Path) -> Result<(), RunError> {
    match fs::read_dir(target) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(UsageError::NotEmpty(target.to_owned()).into()),
        },
        Err(err) if err.kind() == io::ErrorKind::NotFound => fs::create_dir_all(target)
            .map_err(|err| RunError::io("failed to create the directory", target, err)),
        Err(err) if err.kind() == io::ErrorKind::NotADirectory => {
            Err(UsageError::NotEmpty(target.to_owned()).into())
        }
        Err(err) => Err(RunError::io("failed to read the directory", target, err)),
    }
}

struct Writer<'a> {
    files: PublicFiles<'a>,
    commit: PrivateCommit,
    exported: Exported,
    progress: &'a dyn Progress,
}

impl Writer<'_> {
    /// Writes one entry, of a directory without what it holds.
    fn write(&mut self, entry: &Entry<'_>, path: &[u8], place: &Path) -> Result<(), RunError> {
        // The trees were checked when they were opened; a move could still spell it.
        if is_dotgit(entry.name) {
            return Err(unwritable(self.commit, path));
        }
        if self.progress.interrupted() {
            return Err(RunError::Interrupted);
        }
        self.progress.advance(Phase::Stage, 1);
        let failed = |err| RunError::io("failed to write", place, err);
        match entry.kind {
            // Never one that is there: it could be a link to elsewhere.
            EntryKind::Tree => fs::create_dir(place).map_err(failed),
            EntryKind::Gitlink => {
                self.exported.submodules += 1;
                fs::create_dir(place).map_err(failed)
            }
            EntryKind::Blob | EntryKind::Executable => {
                self.exported.files += 1;
                let object = self.read(entry.id, path)?;
                let executable = entry.kind == EntryKind::Executable;
                write_file(place, object.data(), executable).map_err(failed)
            }
            EntryKind::Symlink => {
                self.exported.links += 1;
                let object = self.read(entry.id, path)?;
                write_link(place, object.data()).map_err(failed)
            }
        }
    }

    fn read(&self, id: ObjectId, path: &[u8]) -> Result<PublicFile<'_>, RunError> {
        let object = self.files.read(id);
        object.map_err(|err| RunError::unreadable(&err, Some(self.commit), Some(path)))
    }
}

fn unwritable(commit: PrivateCommit, path: &[u8]) -> RunError {
    let hint = format!("`{}` cannot be the name of a file here", escape_bytes(path));
    RunError::refusal(Check::MalformedTree, Some(commit), Some(path), hint)
}

fn write_file(place: &Path, data: &[u8], executable: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if executable {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
    }
    #[cfg(not(unix))]
    let _ = executable;
    options.open(place)?.write_all(data)
}

#[cfg(unix)]
fn write_link(place: &Path, target: &[u8]) -> io::Result<()> {
    let target: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(target);
    std::os::unix::fs::symlink(target, place)
}

/// Where making links takes a privilege, git writes the target as a file.
#[cfg(not(unix))]
fn write_link(place: &Path, target: &[u8]) -> io::Result<()> {
    write_file(place, target, false)
}

#[cfg(unix)]
fn file_name(name: &[u8]) -> Option<PathBuf> {
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(name);
    Some(PathBuf::from(name))
}

/// A backslash or a colon would lead elsewhere.
#[cfg(not(unix))]
fn file_name(name: &[u8]) -> Option<PathBuf> {
    let name = std::str::from_utf8(name).ok()?;
    (!name.contains(['\\', ':'])).then(|| PathBuf::from(name))
}
