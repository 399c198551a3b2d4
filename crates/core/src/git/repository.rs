// SPDX-License-Identifier: Apache-2.0
//! The private repository: its refs, and what kind of clone it is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Once;

use repo_sync_shared::{ObjectId, PrivateCommit};

use super::Objects;

/// A private repository, opened for reading.
pub struct PrivateRepo {
    repo: git2::Repository,
}

/// A branch of the private repository, under the name that the manifest uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The short name, such as `main`.
    pub name: String,
    /// The commit it stands at.
    pub tip: PrivateCommit,
}

/// A tag of the private repository, not peeled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateTag {
    /// The short name, such as `v1.0`, as bytes: git allows any.
    pub name: Vec<u8>,
    /// The object that the ref names: a commit, a tag object, or something else.
    pub target: ObjectId,
}

/// Why a directory cannot serve as the private repository.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No git repository here or above.
    #[error("`{}` is not in a git repository", .0.display())]
    NotARepository(PathBuf),
    /// It belongs to somebody else, and the user did not list it as safe.
    #[error("`{}` belongs to another user", .0.display())]
    Owner(PathBuf),
    /// Object ids of another length than ours.
    #[error("`{0}` object ids are not supported, only `sha1`")]
    ObjectFormat(String),
    /// A graft file that not even git would read.
    #[error("the repository has a broken `info/grafts`")]
    Grafts,
    /// libgit2 says no.
    #[error("failed to open the repository at `{}`", .0.display())]
    Git(PathBuf, #[source] git2::Error),
}

/// Why a name does not lead to a commit.
#[derive(Debug, thiserror::Error)]
pub enum RevError {
    /// Nothing of that name.
    #[error("`{0}` names no commit of the private repository")]
    Unknown(String),
    /// The repository has no commit at all.
    #[error("the repository has no commit yet")]
    Empty,
    /// libgit2 says no.
    #[error("failed to resolve `{0}`")]
    Git(String, #[source] git2::Error),
}

impl PrivateRepo {
    /// Opens the repository that `dir` lies in: a work tree, a linked work tree or
    /// a bare repository.
    ///
    /// # Errors
    /// There is none, it is not ours to read, or its object format is foreign.
    pub fn discover(dir: &Path) -> Result<Self, OpenError> {
        static SETTINGS: Once = Once::new();
        SETTINGS.call_once(|| {
            // We hash every object ourselves, with the processor's instructions.
            git2::opts::strict_hash_verification(false);
            // Each object is read once; a cache would only keep copies.
            git2::opts::enable_caching(false);
        });
        let repo = git2::Repository::discover(dir).map_err(|err| match err.code() {
            git2::ErrorCode::NotFound => OpenError::NotARepository(dir.to_owned()),
            git2::ErrorCode::Owner => OpenError::Owner(dir.to_owned()),
            _ if err.message().contains("object format") => {
                OpenError::ObjectFormat("sha256".to_owned())
            }
            _ if err.message().contains("graft") => OpenError::Grafts,
            _ => OpenError::Git(dir.to_owned(), err),
        })?;
        let this = Self { repo };
        match this.config("extensions.objectformat") {
            Some(format) if format != "sha1" => Err(OpenError::ObjectFormat(format)),
            _ => Ok(this),
        }
    }

    /// The reader of its objects.
    ///
    /// # Errors
    /// The object database cannot be opened.
    pub fn objects(&self) -> Result<Objects<'_>, OpenError> {
        let odb = self.repo.odb().map_err(|err| OpenError::Git(self.git_dir().to_owned(), err))?;
        Ok(Objects::new(odb, vec![self.git_dir().join("objects")]))
    }

    /// The same reader with the objects of one more directory, which is not the
    /// repository's own.
    ///
    /// # Errors
    /// The object database cannot be opened.
    pub fn objects_and(&self, directory: &Path) -> Result<Objects<'_>, OpenError> {
        let failed = |err| OpenError::Git(self.git_dir().to_owned(), err);
        let odb = self.repo.odb().map_err(failed)?;
        // Of a path that is not UTF-8 libgit2 would make another one.
        let path = directory.to_str().ok_or_else(|| {
            failed(git2::Error::from_str("the temporary directory has a name that is not UTF-8"))
        })?;
        odb.add_disk_alternate(path).map_err(failed)?;
        Ok(Objects::new(odb, vec![self.git_dir().join("objects"), directory.to_owned()]))
    }

    /// The git directory that all work trees share.
    pub fn git_dir(&self) -> &Path {
        self.repo.commondir()
    }

    /// Where this clone keeps what it knows of a mirror; it need not be there.
    pub(crate) fn kept_of(&self, mirror: &str) -> PathBuf {
        self.git_dir().join("repo-sync").join(mirror)
    }

    /// The root of the work tree, if there is one.
    pub fn work_dir(&self) -> Option<&Path> {
        self.repo.workdir()
    }

    /// Whether the repository has no commit on HEAD's branch and no other branch.
    pub fn is_empty(&self) -> bool {
        self.branches().is_empty() && self.head().is_err()
    }

    /// The commit at HEAD.
    ///
    /// # Errors
    /// HEAD is unborn or names no commit.
    pub fn head(&self) -> Result<PrivateCommit, RevError> {
        let head = self.repo.head();
        match head.map(|head| head.target()) {
            Ok(Some(id)) => Ok(PrivateCommit::new(object_id(id))),
            Ok(None) => Err(RevError::Unknown("HEAD".to_owned())),
            Err(err) if err.code() == git2::ErrorCode::UnbornBranch => Err(RevError::Empty),
            Err(err) => Err(RevError::Git("HEAD".to_owned(), err)),
        }
    }

    /// The full name of the branch that is checked out, if one is.
    pub(crate) fn head_ref(&self) -> Option<String> {
        let head = self.repo.find_reference("HEAD").ok()?;
        head.symbolic_target().ok().flatten().map(str::to_owned)
    }

    /// The git directory of this very work tree.
    pub(crate) fn worktree_git_dir(&self) -> &Path {
        self.repo.path()
    }

    /// The commit that a revision names, as `git rev-parse REV^{commit}` does.
    ///
    /// # Errors
    /// It names nothing, or no commit.
    pub fn rev(&self, rev: &str) -> Result<PrivateCommit, RevError> {
        // To libgit2 nothing is HEAD; to git, and to who forgot a variable, it is not.
        if rev.is_empty() {
            return Err(RevError::Unknown(String::new()));
        }
        // Whether a branch's commit can be read is for the reader to say, who
        // tells a missing one from a damaged one.
        if let Ok(branch) = self.repo.resolve_reference_from_short_name(rev)
            && (branch.is_branch() || branch.is_remote())
            && let Some(id) = target(&branch)
        {
            return Ok(PrivateCommit::new(id));
        }
        let object =
            self.repo.revparse_single(rev).map_err(|_| RevError::Unknown(rev.to_owned()))?;
        let commit = object.peel_to_commit().map_err(|_| RevError::Unknown(rev.to_owned()))?;
        Ok(PrivateCommit::new(object_id(commit.id())))
    }

    /// The branch of this name: `refs/heads/NAME`, else `refs/remotes/origin/NAME`.
    pub fn branch(&self, name: &str) -> Option<Branch> {
        let tip = ["refs/heads/", "refs/remotes/origin/"]
            .iter()
            .find_map(|prefix| self.repo.find_reference(&format!("{prefix}{name}")).ok())?;
        let tip = PrivateCommit::new(target(&tip)?);
        Some(Branch { name: name.to_owned(), tip })
    }

    /// Where the local branch of this name stands, if there is one.
    pub(crate) fn local_branch(&self, name: &str) -> Option<PrivateCommit> {
        let branch = self.repo.find_reference(&format!("refs/heads/{name}")).ok()?;
        Some(PrivateCommit::new(target(&branch)?))
    }

    /// The names of all branches, local or of `origin`, each once, sorted.
    pub fn branches(&self) -> Vec<String> {
        let mut names: Vec<String> = ["refs/heads/", "refs/remotes/origin/"]
            .iter()
            .flat_map(|prefix| self.refs_under(prefix))
            .filter_map(|(name, _)| String::from_utf8(name).ok())
            .filter(|name| name != "HEAD")
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The local branches by their short names, with the commits that they stand at,
    /// but for those whose names are not Unicode.
    pub(crate) fn local_branches(&self) -> Vec<(String, PrivateCommit)> {
        let mut branches: Vec<_> = self
            .refs_under("refs/heads/")
            .into_iter()
            .filter_map(|(name, tip)| {
                Some((String::from_utf8(name).ok()?, PrivateCommit::new(tip)))
            })
            .collect();
        branches.sort_unstable();
        branches
    }

    /// All tags, by name.
    pub fn tags(&self) -> Vec<PrivateTag> {
        let mut tags: Vec<_> = self
            .refs_under("refs/tags/")
            .into_iter()
            .map(|(name, target)| PrivateTag { name, target })
            .collect();
        tags.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        tags
    }

    /// What all refs name, not peeled, and HEAD.
    pub(crate) fn ref_targets(&self) -> Vec<ObjectId> {
        let all = self.repo.references().into_iter().flatten().flatten();
        let head = self.repo.find_reference("HEAD").ok();
        all.chain(head).filter_map(|reference| target(&reference)).collect()
    }

    /// The upstream-tracking ref of a local branch and the commit it stands at,
    /// if the branch is configured to follow one.
    pub fn upstream(&self, branch: &str) -> Option<(String, PrivateCommit)> {
        let local = self.repo.find_branch(branch, git2::BranchType::Local).ok()?;
        let upstream = local.upstream().ok()?;
        let name = upstream.get().shorthand().ok()?.to_owned();
        Some((name, PrivateCommit::new(target(upstream.get())?)))
    }

    /// How many commits `tip` has that `upstream` does not hold.
    pub fn ahead(&self, tip: PrivateCommit, upstream: PrivateCommit) -> usize {
        let oid = |commit: PrivateCommit| {
            git2::Oid::from_bytes(commit.id().as_bytes()).expect("an object id is 20 bytes")
        };
        // Without a common history all of it counts as ahead.
        self.repo.graph_ahead_behind(oid(tip), oid(upstream)).map_or(usize::MAX, |(ahead, _)| ahead)
    }

    /// The commits whose parents a shallow clone left out.
    pub fn shallow(&self) -> HashSet<ObjectId> {
        let file = std::fs::read(self.git_dir().join("shallow")).unwrap_or_default();
        file.split(|&b| b == b'\n').filter_map(ObjectId::from_hex).collect()
    }

    /// Whether a graft file changes which parents this clone shows.
    pub fn is_grafted(&self) -> bool {
        std::fs::read(self.git_dir().join("info/grafts")).is_ok_and(|file| {
            file.split(|&b| b == b'\n').any(|line| !line.is_empty() && !line.starts_with(b"#"))
        })
    }

    /// A value of the repository's own or the user's configuration.
    pub fn config(&self, key: &str) -> Option<String> {
        self.repo.config().ok()?.get_string(key).ok()
    }

    /// The refs under a prefix, by the rest of their name, with what they name.
    fn refs_under(&self, prefix: &str) -> Vec<(Vec<u8>, ObjectId)> {
        let Ok(refs) = self.repo.references_glob(&format!("{prefix}*")) else { return Vec::new() };
        refs.flatten()
            .filter_map(|reference| {
                let name = reference.name_bytes().strip_prefix(prefix.as_bytes())?.to_vec();
                Some((name, target(&reference)?))
            })
            .collect()
    }
}

/// The object that a ref names, by way of symbolic refs, not peeled.
fn target(reference: &git2::Reference<'_>) -> Option<ObjectId> {
    reference.resolve().ok()?.target().map(object_id)
}

fn object_id(oid: git2::Oid) -> ObjectId {
    ObjectId::from_slice(oid.as_bytes()).expect("a SHA-1 repository has ids of 20 bytes")
}
