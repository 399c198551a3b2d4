// SPDX-License-Identifier: Apache-2.0
//! Why a run ends before it has a plan.

use std::path::PathBuf;

use repo_sync_shared::{Check, Finding, PrivateCommit, escape_bytes};

use crate::filter::FilterError;
use crate::git::{AddressError, GitError, ObjectError, OpenError, RevError};
use crate::history::WalkError;
use crate::import::ImportError;
use crate::manifest::ManifestError;
use crate::object::MalformedCommit;
use crate::transform::TransformError;

/// The end of a run, by what its caller has to do about it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The command line, the manifest or the repository is not what is needed.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// Something was found that must not become public, or cannot be judged.
    #[error("refused: {}", first(.0))]
    Refused(Vec<Finding>),
    /// Disk, git or network.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The user stopped the run.
    #[error("interrupted")]
    Interrupted,
}

fn first(findings: &[Finding]) -> String {
    findings.first().map(|finding| finding.hint.clone()).unwrap_or_default()
}

/// What the user can put right in the command line, the manifest or the clone.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// Not a repository that can be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A revision that leads nowhere.
    #[error(transparent)]
    Rev(RevError),
    /// Nothing was ever committed.
    #[error("the repository has no commit yet")]
    EmptyRepository,
    /// The manifest has a mistake.
    #[error("cannot use `{}`", .0.file)]
    Manifest(#[source] ManifestError),
    /// No manifest where the policy is read.
    #[error("there is no `sync.toml` in commit {0}")]
    NoManifest(PrivateCommit),
    /// The manifest is a link, a directory or a gitlink.
    #[error("`sync.toml` in commit {0} is not a plain file")]
    ManifestNotAFile(PrivateCommit),
    /// The manifest has no such mirror.
    #[error("no mirror `{name}` in the manifest; it has {}", quoted(.known))]
    NoSuchMirror {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// One has to be chosen.
    #[error("the manifest has several mirrors ({})", quoted(.0))]
    SeveralMirrors(Vec<String>),
    /// The first listed branch is not there.
    #[error("there is no branch `{0}`, neither here nor of `origin`")]
    NoSuchBranch(String),
    /// Histories with different manifests meet.
    #[error("commits {} bring the mirror in with different manifests", ids(.0))]
    SeveralAdoptions(Vec<PrivateCommit>),
    /// `adopt` names a commit that does not bring the mirror in.
    #[error("`adopt` names {commit}, which does not bring the mirror in; it is brought in by {}", ids(.known))]
    NotAnAdoption {
        /// What `adopt` says.
        commit: PrivateCommit,
        /// The adoption commits.
        known: Vec<PrivateCommit>,
    },
    /// A range that withholds from a commit which is not in the history.
    #[error("the withheld range begins at {0}, which is not in the history")]
    WithheldRange(PrivateCommit),
    /// A stand-in manifest although the history has its own.
    #[error("`{file}` cannot stand in: commit {commit} has a `sync.toml` of its own")]
    StandIn {
        /// The stand-in.
        file: String,
        /// The newest commit that was looked at and has one.
        commit: PrivateCommit,
    },
    /// REV is on none of the listed branches.
    #[error("`{rev}` lies on no listed branch of mirror `{mirror}`")]
    NotOnABranch {
        /// What was asked for.
        rev: String,
        /// The mirror.
        mirror: String,
    },
    /// Nobody said where the mirror is.
    #[error("mirror `{0}` has no `url`")]
    NoUrl(String),
    /// `--to` names another mirror of the same manifest.
    #[error("`{0}` is the url of another mirror of this manifest")]
    OtherMirrorsUrl(String),
    /// An address that git must not be given.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A directory with other things in it.
    #[error("`{}` is not a git repository, and not empty", .0.display())]
    NotAMirror(PathBuf),
    /// A manifest that joins histories already.
    #[error("`{file}` has a `[[seam]]` already, on line {line}")]
    HasSeams {
        /// The manifest.
        file: String,
        /// Where it says so.
        line: u32,
    },
    /// The mirror to be taken over is empty, as far as the manifest goes.
    #[error("{address} has no listed branch ({})", quoted(.branches))]
    NothingToAdopt {
        /// Where it is.
        address: String,
        /// The listed branches.
        branches: Vec<String>,
    },
    /// No manifest says what of a commit is public.
    #[error("no manifest governs commit {0}, so nothing of it is public")]
    NothingGoverns(PrivateCommit),
    /// Nothing says what to run in the public tree.
    #[error("the manifest has no `[standalone]`")]
    NoStandalone,
    /// Temporary files would lie in the private repository.
    #[error("`{}` lies in the private repository, where no public tree stands alone", .0.display())]
    ScratchInside(PathBuf),
    /// An export never writes over anything.
    #[error("`{}` is not an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// An import that cannot be, as it was asked for.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The mirror would be the private repository itself.
    #[error("`{}` is the private repository itself", .0.display())]
    MirrorIsPrivate(PathBuf),
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn ids(commits: &[PrivateCommit]) -> String {
    commits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What only the machine, git or the network can put right.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The `git` program failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The mirror could not be read.
    #[error("cannot read the mirror at {address}")]
    Unreachable {
        /// Where it is.
        address: String,
        /// What git says.
        source: GitError,
    },
    /// The mirror did not take the push.
    #[error("the mirror at {address} did not take the push; nothing was published: {reason}")]
    Rejected {
        /// Where it is.
        address: String,
        /// What it said.
        reason: String,
    },
    /// After the push the mirror shows something else.
    #[error("the mirror shows `{name}` at another commit than the one just published there")]
    ReadBack {
        /// The ref.
        name: String,
    },
    /// There are too many names to look for at once.
    #[error("cannot look for so many names at once")]
    Names(#[source] aho_corasick::BuildError),
    /// A file could not be read or written.
    #[error("{what} `{}`", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A receipt was not signed.
    #[error("`ssh-keygen` did not sign the receipt: {0}")]
    Unsigned(String),
    /// An extension point says that this run may not publish.
    #[error("this run may not publish: {0}")]
    Denied(String),
    /// An extension point had to be asked, and did not answer.
    #[error("nobody can say whether this run may publish: {0}")]
    Unanswered(String),
    /// What had to be on record before it happened is not.
    #[error("the audit log takes no record, so nothing was published: {0}")]
    Unrecorded(String),
    /// There is no randomness to be had.
    #[error("the system has no random numbers: {0}")]
    NoRandomness(String),
    /// An id that is in no history.
    #[error("`{0}` is the id of no commit here, private or public")]
    UnknownId(String),
}

impl RunError {
    /// A file operation that failed.
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Failed(Failure::Io { what, path: path.into(), source })
    }

    /// A commit that git would not make.
    /// What is to be looked for cannot be.
    pub(crate) fn unbuilt(source: aho_corasick::BuildError) -> Self {
        Failure::Names(source).into()
    }

    pub(crate) fn malformed_commit(commit: PrivateCommit, source: &MalformedCommit) -> Self {
        let hint = format!("{source}; `git fsck` shows more");
        Self::refusal(Check::MalformedCommit, Some(commit), None, hint)
    }

    /// A clone that shows a history of its own.
    pub(crate) fn grafted() -> Self {
        let hint = "a graft file makes this clone show another history than all others; remove \
                    `info/grafts` from the git directory";
        Self::refusal(Check::GraftedHistory, None, None, hint.to_owned())
    }

    /// The same error, about this commit and path where it names none.
    pub(crate) fn placed(mut self, commit: PrivateCommit, path: Option<&[u8]>) -> Self {
        if let Self::Refused(findings) = &mut self {
            for finding in findings {
                finding.commit.get_or_insert(commit);
                finding.path = finding.path.take().or_else(|| path.map(escape_bytes));
            }
        }
        self
    }

    /// A clone that leaves out history which is needed.
    pub(crate) fn shallow(commit: PrivateCommit) -> Self {
        let hint = "this clone is shallow and lacks the parents of this commit; run \
                    `git fetch --unshallow`, or check out with `fetch-depth: 0` in CI";
        Self::refusal(Check::ShallowHistory, Some(commit), None, hint.to_owned())
    }

    /// An object that could not be read, for the sake of a commit and a path.
    pub(crate) fn unreadable(
        source: &ObjectError,
        commit: Option<PrivateCommit>,
        path: Option<&[u8]>,
    ) -> Self {
        let (check, hint) = unreadable(source);
        Self::refusal(check, commit, path, hint)
    }

    /// A tree that could not be filtered, for the sake of a commit.
    pub(crate) fn unfiltered(source: &FilterError, commit: Option<PrivateCommit>) -> Self {
        match source {
            FilterError::Object(source) => Self::unreadable(source, commit, None),
            FilterError::Malformed { source: fault, .. } => {
                let hint = format!("{source}: {fault}; `git fsck` shows more");
                Self::refusal(Check::MalformedTree, commit, None, hint)
            }
            FilterError::TooDeep(_) => {
                Self::refusal(Check::TreeDepth, commit, None, source.to_string())
            }
            FilterError::Transform { source, .. } => {
                let (check, line) = match &**source {
                    TransformError::Lines(source) => (Check::LeftMarker, source.line()),
                    TransformError::Cargo(source) => (Check::PrivateDependency, source.line()),
                };
                let hint = format!("{source}; mend it, or withhold the commit if it is history");
                let rule = Some("sync.toml `[transform]`".to_owned());
                Self::Refused(vec![Finding { check, commit, path: None, line, rule, hint }])
            }
        }
    }

    /// One finding that ends the run.
    pub(crate) fn refusal(
        check: Check,
        commit: Option<PrivateCommit>,
        path: Option<&[u8]>,
        hint: String,
    ) -> Self {
        let path = path.map(escape_bytes);
        Self::Refused(vec![Finding { check, commit, path, line: None, rule: None, hint }])
    }
}

/// The check that an object fails which cannot be read, and what to do about it.
pub(crate) fn unreadable(source: &ObjectError) -> (Check, String) {
    let (check, advice) = match source {
        ObjectError::Missing { .. } => (
            Check::ObjectMissing,
            "fetch it: `git fetch --refetch`, or clone again without a filter",
        ),
        ObjectError::Corrupt { .. } => (Check::ObjectCorrupt, "`git fsck` shows more; clone again"),
        ObjectError::Type { .. } => (Check::ObjectType, "`git fsck` shows more; clone again"),
    };
    (check, format!("{source}; {advice}"))
}

impl From<ObjectError> for RunError {
    fn from(source: ObjectError) -> Self {
        Self::unreadable(&source, None, None)
    }
}

impl From<GitError> for RunError {
    fn from(source: GitError) -> Self {
        Self::Failed(source.into())
    }
}

impl From<OpenError> for RunError {
    fn from(source: OpenError) -> Self {
        match source {
            OpenError::Grafts => Self::grafted(),
            OpenError::NotARepository(_)
            | OpenError::Owner(_)
            | OpenError::ObjectFormat(_)
            | OpenError::Git(..) => Self::Usage(source.into()),
        }
    }
}

impl From<RevError> for UsageError {
    fn from(source: RevError) -> Self {
        match source {
            RevError::Empty => Self::EmptyRepository,
            RevError::Unknown(_) | RevError::Git(..) => Self::Rev(source),
        }
    }
}

impl From<RevError> for RunError {
    fn from(source: RevError) -> Self {
        Self::Usage(source.into())
    }
}

impl From<WalkError> for RunError {
    fn from(source: WalkError) -> Self {
        match source {
            WalkError::Object(source) => Self::unreadable(&source, None, None),
            WalkError::Malformed { commit, source } => Self::malformed_commit(commit, &source),
            WalkError::Interrupted => Self::Interrupted,
        }
    }
}
