// SPDX-License-Identifier: Apache-2.0
//! A store of public objects, read from outside: every object in it, reachable or
//! not, hashed again.

use std::fs::{self, DirEntry};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

use repo_sync_shared::ObjectId;
use sha1::{Digest as _, Sha1};

use super::stop::Stop;
use crate::error::RunError;
use crate::git::Git;
use crate::object::Kind;
use crate::progress::{Phase, Progress};

/// A bare repository, and the way to run git in it.
pub struct StoreView<'a> {
    /// Git for it.
    pub git: &'a Git,
    /// Where it lies.
    pub path: &'a Path,
}

/// How much of a file is in memory at once.
const CHUNK: usize = 64 * 1024;

/// One object of a store.
pub(super) struct Held {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// What its bytes hash to.
    pub(super) hashed: ObjectId,
    /// Its bytes, for a commit or a tag.
    pub(super) text: Option<Vec<u8>>,
}

impl StoreView<'_> {
    /// The commits that the store holds.
    pub(super) fn commits(&self) -> Result<Vec<ObjectId>, Stop> {
        let args = [
            "cat-file",
            "--batch-all-objects",
            "--unordered",
            "--batch-check=%(objecttype) %(objectname)",
        ];
        let listing = self.git.run(&args, b"")?;
        let commits = listing
            .split(|&byte| byte == b'\n')
            .filter_map(|line| line.strip_prefix(b"commit ").and_then(ObjectId::from_hex));
        Ok(commits.collect())
    }

    /// The trees and files behind a commit, also where the files themselves are not
    /// in the store.
    pub(super) fn listed(&self, commit: ObjectId) -> Result<Vec<ObjectId>, Stop> {
        let tree = format!("{commit}^{{tree}}");
        let root = self.git.run(&["rev-parse", "--verify", "--quiet", &tree], b"")?;
        let below = self.git.run(&["ls-tree", "-r", "-t", "--format=%(objectname)", &tree], b"")?;
        let ids = root.split(|&byte| byte == b'\n').chain(below.split(|&byte| byte == b'\n'));
        Ok(ids.filter_map(ObjectId::from_hex).collect())
    }

    /// All objects that these commits reach.
    pub(super) fn reached(&self, commits: &[ObjectId]) -> Result<Vec<ObjectId>, Stop> {
        let mut input: Vec<u8> = Vec::new();
        for commit in commits {
            input.extend(commit.to_hex());
            input.push(b'\n');
        }
        let args = ["rev-list", "--objects", "--no-object-names", "--stdin"];
        let listing = self.git.run(&args, &input)?;
        Ok(listing.split(|&byte| byte == b'\n').filter_map(ObjectId::from_hex).collect())
    }

    /// What is wrong with the store as such: it must borrow nothing.
    pub(super) fn faults(&self) -> Vec<String> {
        let borrowed = ["alternates", "http-alternates"].into_iter().filter(|name| {
            let path = self.path.join("objects").join("info").join(name);
            path.exists()
        });
        borrowed.map(|name| format!("the store borrows objects by `objects/info/{name}`")).collect()
    }

    /// The refs of the store.
    pub(super) fn refs(&self) -> Result<Vec<(Vec<u8>, ObjectId)>, Stop> {
        // Where no file is that could hold one, git need not be asked
        // (<https://git-scm.com/docs/gitrepository-layout>).
        let may_be = ["packed-refs", "reftable"].iter().any(|name| self.path.join(name).exists());
        if !may_be && has_no_file(&self.path.join("refs")) {
            return Ok(Vec::new());
        }
        let listing = self.git.run(&["for-each-ref", "--format=%(objectname) %(refname)"], b"")?;
        let refs = listing.split(|&byte| byte == b'\n').filter_map(|line| {
            let (id, name) = line.split_at_checked(40)?;
            Some((name.get(1..)?.to_vec(), ObjectId::from_hex(id)?))
        });
        Ok(refs.collect())
    }

    /// Reads every object and hands it over, hashed.
    pub(super) fn read_all(
        &self,
        progress: &dyn Progress,
        mut each: impl FnMut(Held),
    ) -> Result<(), Stop> {
        let args = ["cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch"];
        let mut child = self.git.spawn(&args, Stdio::null(), Stdio::piped())?;
        let stdout = child.stdout.take().expect("its output was asked for as a pipe");
        let mut reader = BufReader::with_capacity(CHUNK, stdout);
        let mut count = 0_u64;
        let read = loop {
            match next(&mut reader) {
                Ok(Some(held)) => each(held),
                Ok(None) => break Ok(()),
                Err(err) => break Err(err),
            }
            count += 1;
            if count.is_multiple_of(1_024) {
                progress.advance(Phase::Verify, 1_024);
                if progress.interrupted() {
                    // The child ends when nobody reads it any more.
                    drop(reader);
                    let _ = Git::finish(&args, child);
                    return Err(RunError::Interrupted.into());
                }
            }
        };
        drop(reader);
        Git::finish(&args, child)?;
        Ok(read.map_err(|err| RunError::io("failed to read", self.path, err))?)
    }
}

/// Whether a directory can be read, and nothing but directories is in it.
fn has_no_file(directory: &Path) -> bool {
    let is_free = |entry: std::io::Result<DirEntry>| {
        entry.is_ok_and(|it| it.file_type().is_ok_and(|it| it.is_dir()) && has_no_file(&it.path()))
    };
    fs::read_dir(directory).is_ok_and(|mut entries| entries.all(is_free))
}

/// The next object of `git cat-file --batch`.
fn next(reader: &mut impl BufRead) -> std::io::Result<Option<Held>> {
    let broken = || std::io::Error::other("`git cat-file` says something else than an object");
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let words: Vec<&[u8]> = line.trim_ascii_end().split(|&byte| byte == b' ').collect();
    let [id, kind, size] = words[..] else { return Err(broken()) };
    let (Some(id), Some(kind)) = (ObjectId::from_hex(id), Kind::from_name(kind)) else {
        return Err(broken());
    };
    let size: u64 =
        std::str::from_utf8(size).ok().and_then(|size| size.parse().ok()).ok_or_else(broken)?;
    let mut sha1 = Sha1::new();
    sha1.update(format!("{} {size}\0", kind.name()));
    let mut text = Vec::new();
    let keep = matches!(kind, Kind::Commit | Kind::Tag);
    let mut content = reader.by_ref().take(size);
    loop {
        let bytes = content.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        sha1.update(bytes);
        if keep {
            text.extend_from_slice(bytes);
        }
        let len = bytes.len();
        content.consume(len);
    }
    // Nothing is left to read of an object that is shorter than it was said to be.
    let mut end = [0];
    reader.read_exact(&mut end)?;
    if end != [b'\n'] {
        return Err(broken());
    }
    let hashed = ObjectId::from_bytes(sha1.finalize().into());
    Ok(Some(Held { id, kind, size, hashed, text: keep.then_some(text) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "78981922613b2afb6025042ff6bd878ac1994e85";

    /// What is made of the output of git: of each object its kind, its size, and whether
    /// its bytes are those of its id.
    #[track_caller]
    fn check(output: &str, expected: Result<&[(Kind, u64, bool)], ()>) {
        let mut reader = output.as_bytes();
        let mut read = Vec::new();
        let all = loop {
            match next(&mut reader) {
                Ok(Some(held)) => read.push((held.kind, held.size, held.hashed == held.id)),
                Ok(None) => break Ok(&read[..]),
                Err(_) => break Err(()),
            }
        };
        assert_eq!(all, expected, "{output:?}");
    }

    #[test]
    fn what_git_says_of_objects_is_read_to_the_end() {
        let blob = format!("{ID} blob 2\na\n\n");
        check("", Ok(&[]));
        check(&blob, Ok(&[(Kind::Blob, 2, true)]));
        check(&blob.repeat(2), Ok(&[(Kind::Blob, 2, true), (Kind::Blob, 2, true)]));
        check(&blob.replace("\na", "\nb"), Ok(&[(Kind::Blob, 2, false)]));
        check(&blob.replace("blob", "tag"), Ok(&[(Kind::Tag, 2, false)]));
    }

    #[test]
    fn a_file_may_be_a_ref_wherever_it_lies() {
        let refs = tempfile::tempdir().expect("a temporary directory");
        let check = |expected| assert_eq!(has_no_file(refs.path()), expected);
        check(true);
        fs::create_dir_all(refs.path().join("heads/a")).expect("a directory");
        check(true);
        fs::write(refs.path().join("heads/a/b"), "").expect("a file");
        check(false);
        assert!(!has_no_file(&refs.path().join("gone")));
    }

    #[test]
    fn what_breaks_off_is_an_error() {
        let blob = format!("{ID} blob 2\na\n\n");
        for at in 1..blob.len() {
            check(&blob[..at], Err(()));
        }
        check(&format!("{blob}x"), Err(()));
        check(&format!("{ID} missing\n"), Err(()));
        check(&format!("{ID} blob 1\na\n\n"), Err(()));
        check(&format!("{ID} blob 3\na\n\n"), Err(()));
        check(&format!("{ID} blob 2 x\na\n\n"), Err(()));
        check(&format!("{ID} note 2\na\n\n"), Err(()));
        check(&format!("{ID} blob -2\na\n\n"), Err(()));
    }
}
