// SPDX-License-Identifier: Apache-2.0
//! Histories that nobody wrote, made by `git fast-import`.
//!
//! The same [`Size`] has the same ids on every machine. Every tenth file is private, and
//! lies beside public ones: a directory has to be looked at to know.

use std::io::{self, BufWriter, Read as _, Seek as _, Write};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use repo_sync_shared::ObjectId;

use crate::process::{git, measure_with};

/// The branch that everything is on.
pub(crate) const BRANCH: &str = "main";

/// Where merged commits are made; gone afterwards.
const SIDE: &str = "side";

/// What a manifest says of the paths here: a rule that may match in any directory.
pub(crate) const RULES: &str = "include = [\"*\"]\nexclude = [\"**/private-*\"]\n";

/// How large a history is, and what its trees are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Commits on the branch itself, each of which changes one file.
    pub(crate) commits: u64,
    /// How many of them are merges: of one commit, which began two commits before.
    pub(crate) merges: u64,
    pub(crate) files: u64,
    /// The directories with files, a hundred in each directory of the root.
    pub(crate) directories: u64,
    /// How many directories lie around each of those.
    pub(crate) depth: usize,
}

/// The first second of a history.
const BEGIN: u64 = 1_700_000_000;

/// Without a common factor with any round number: files are changed in no order.
const STRIDE: u64 = 7_919;

impl Size {
    /// All commits that the branch reaches.
    pub(crate) fn all_commits(&self) -> u64 {
        self.commits + self.merges
    }

    /// Writes the history into a repository that has none. The first commit has `more`
    /// beside its files: paths and what is there.
    pub(crate) fn import(&self, repo: &Path, more: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut errors = tempfile::tempfile()?;
        let mut child = git(repo)
            .args(["fast-import", "--quiet", "--done"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(errors.try_clone()?)
            .spawn()
            .context("failed to run `git`")?;
        let stdin = child.stdin.take().context("the child has no input")?;
        let written = self.write(more, BufWriter::new(stdin));
        let status = child.wait()?;
        if !status.success() {
            let mut words = Vec::new();
            errors.rewind()?;
            errors.read_to_end(&mut words)?;
            bail!("git fast-import: {}", String::from_utf8_lossy(&words).trim());
        }
        Ok(written?)
    }

    /// The stream (<https://git-scm.com/docs/git-fast-import>).
    fn write(&self, more: &[(&str, &str)], mut out: impl Write) -> io::Result<()> {
        // Zero is no mark.
        let mut mark = 1;
        commit(&mut out, BRANCH, mark, &[])?;
        for (path, text) in more {
            file(&mut out, path, text)?;
        }
        for number in 0..self.files {
            file(&mut out, &self.path(number), &format!("file {number}\n"))?;
        }
        let (mut before, mut tip) = (mark, mark);
        let turns = self.commits.saturating_sub(1);
        for turn in 1..=turns {
            let path = self.path(turn * STRIDE % self.files);
            let text = format!("change {turn}\n");
            let mut parents = vec![tip];
            // Spread over the whole history.
            if turn * self.merges / turns > (turn - 1) * self.merges / turns {
                mark += 1;
                commit(&mut out, SIDE, mark, &[before])?;
                file(&mut out, &path, &text)?;
                parents.push(mark);
            }
            mark += 1;
            commit(&mut out, BRANCH, mark, &parents)?;
            file(&mut out, &path, &text)?;
            (before, tip) = (tip, mark);
        }
        if self.merges > 0 {
            writeln!(out, "reset refs/heads/{SIDE}\nfrom {}\n", ObjectId::NULL)?;
        }
        out.write_all(b"done\n")?;
        out.flush()
    }

    /// Where a file lies.
    fn path(&self, number: u64) -> String {
        let (row, directory) = (number / self.directories, number % self.directories);
        let name = if row % 10 == 9 { "private" } else { "file" };
        let around = "d/".repeat(self.depth);
        format!("area-{}/{around}unit-{}/{name}-{number}", directory / 100, directory % 100)
    }
}

/// Begins a commit on a branch. Its mark tells its time, too.
fn commit(out: &mut impl Write, branch: &str, mark: u64, parents: &[u64]) -> io::Result<()> {
    let message = format!("commit {mark}\n");
    let time = BEGIN + mark;
    writeln!(out, "commit refs/heads/{branch}\nmark :{mark}")?;
    for role in ["author", "committer"] {
        writeln!(out, "{role} A U Thor <author@example.com> {time} +0000")?;
    }
    write!(out, "data {}\n{message}", message.len())?;
    for (number, parent) in parents.iter().enumerate() {
        writeln!(out, "{} :{parent}", if number == 0 { "from" } else { "merge" })?;
    }
    Ok(())
}

/// Puts a file into the commit that was begun.
fn file(out: &mut impl Write, path: &str, text: &str) -> io::Result<()> {
    write!(out, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())
}

/// The public tree of the branch, as git makes it of all that [`RULES`] publish.
pub(crate) fn public_tree(repo: &Path, scratch: &Path) -> anyhow::Result<String> {
    let index = scratch.join("public-index");
    let with_index = |args: &[&str], input: &[u8]| {
        let (_, out) = measure_with(git(repo).env("GIT_INDEX_FILE", &index).args(args), input)?;
        anyhow::Ok(String::from_utf8(out)?)
    };
    with_index(&["read-tree", BRANCH], b"")?;
    let paths = with_index(&["ls-files", "-z"], b"")?;
    let is_private = |path: &&str| path.split('/').any(|name| name.starts_with("private-"));
    let private = paths.split_inclusive('\0').filter(is_private);
    // A mode of zero takes the path out.
    let gone: String = private.map(|path| format!("0 {}\t{path}", ObjectId::NULL)).collect();
    with_index(&["update-index", "-z", "--index-info"], gone.as_bytes())?;
    Ok(with_index(&["write-tree"], b"")?.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{empty, git_text};

    #[test]
    fn a_history_is_as_large_as_it_should_be() {
        let flat = Size { commits: 30, merges: 0, files: 40, directories: 2, depth: 0 };
        check(flat, "30 commits, 0 merges, 40 files, 4 of them private, 4 trees");
        let merged = Size { merges: 10, ..flat };
        check(merged, "40 commits, 10 merges, 40 files, 4 of them private, 4 trees");
        let all_merges = Size { merges: 29, ..flat };
        check(all_merges, "59 commits, 29 merges, 40 files, 4 of them private, 4 trees");
        let deep = Size { depth: 9, files: 10, directories: 1, ..flat };
        check(deep, "30 commits, 0 merges, 10 files, 1 of them private, 12 trees");
        let wide = Size { directories: 120, files: 1_200, commits: 1, ..flat };
        check(wide, "1 commits, 0 merges, 1200 files, 120 of them private, 123 trees");
    }

    #[track_caller]
    fn check(size: Size, expected: &str) {
        let scratch = tempfile::tempdir().expect("the temporary directory is writable");
        let repo = empty(scratch.path(), "repo.git").expect("git makes a repository");
        size.import(&repo, &[]).expect("git takes the stream");
        let lines = |args: &[&str]| {
            let (_, out) = measure_with(git(&repo).args(args), b"").expect("git answers");
            String::from_utf8(out).expect("all names are ASCII")
        };
        let commits = lines(&["rev-list", "--all"]).lines().count();
        let merges = lines(&["rev-list", "--all", "--min-parents=2"]).lines().count();
        let files = lines(&["ls-tree", "-r", "--name-only", BRANCH]);
        let private = files.lines().filter(|path| path.contains("/private-")).count();
        let trees = lines(&["ls-tree", "-r", "-d", BRANCH]).lines().count() + 1;
        let files = files.lines().count();
        assert_eq!(
            format!(
                "{commits} commits, {merges} merges, {files} files, {private} of them private, \
                 {trees} trees"
            ),
            expected
        );
        assert_eq!(commits as u64, size.all_commits());
    }

    #[test]
    fn the_public_tree_has_all_files_but_the_private_ones() {
        let scratch = tempfile::tempdir().expect("the temporary directory is writable");
        let repo = empty(scratch.path(), "repo.git").expect("git makes a repository");
        let size = Size { commits: 3, merges: 1, files: 20, directories: 1, depth: 1 };
        size.import(&repo, &[("README", "hello\n")]).expect("git takes the stream");
        let tree = public_tree(&repo, scratch.path()).expect("git makes a tree");
        let paths = git_text(&repo, ["ls-tree", "-r", "--name-only", &tree]).expect("it is there");
        assert_eq!(paths.lines().count(), 1 + 18, "{paths}");
        assert!(!paths.contains("private"), "{paths}");
    }
}
