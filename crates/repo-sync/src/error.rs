// SPDX-License-Identifier: Apache-2.0
//! Why a command did not get to its end, and what to do about it.
//!
//! The library knows the cause; the commands that help are known here, so a hint
//! is added where a library error becomes a [`CliError`].

use std::io;

use anyhow::Error;
use repo_sync_core::error::{Failure, RunError, UsageError};
use repo_sync_core::git::OpenError;
use repo_sync_core::import::ImportError;
use repo_sync_shared::{Finding, Outcome};

use crate::render::redact;

/// An error with its exit status, and a hint for the person who reads it.
#[derive(Debug)]
pub struct CliError {
    outcome: Outcome,
    error: Error,
    hint: Option<String>,
    findings: Vec<Finding>,
    mirror: Option<String>,
}

impl CliError {
    /// The command line, the manifest or the place is wrong.
    pub fn usage(error: impl Into<Error>) -> Self {
        Self::with_outcome(Outcome::Usage, error)
    }

    /// Disk, git or network failed.
    pub fn failed(error: impl Into<Error>) -> Self {
        Self::with_outcome(Outcome::Failed, error)
    }

    /// The user stopped it.
    pub fn interrupted() -> Self {
        Self::with_outcome(Outcome::Interrupted, anyhow::anyhow!("interrupted"))
    }

    /// An error that ends the run with this outcome.
    pub fn with_outcome(outcome: Outcome, error: impl Into<Error>) -> Self {
        Self { outcome, error: error.into(), hint: None, findings: Vec::new(), mirror: None }
    }

    /// Says what to do next.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which mirror it is about.
    #[must_use]
    pub fn of_mirror(mut self, mirror: Option<&str>) -> Self {
        self.mirror = mirror.map(str::to_owned);
        self
    }

    /// The mirror it is about, if it is about one.
    pub fn mirror(&self) -> Option<&str> {
        self.mirror.as_deref()
    }

    /// What a check found, if that is the error.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How the run ends.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What failed, then each cause.
    pub fn chain(&self) -> impl Iterator<Item = String> {
        self.error.chain().map(ToString::to_string)
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// All of the chain in one line, as a report says it.
    pub fn text(&self) -> String {
        self.chain().collect::<Vec<_>>().join(": ")
    }

    /// The same without names and ids that could be private.
    pub fn redacted(&self) -> Self {
        let mut chain: Vec<_> = self.chain().map(|text| redact::prose(&text)).collect();
        let root = chain.pop().unwrap_or_default();
        let error = chain.into_iter().rev().fold(Error::msg(root), Error::context);
        let hint = self.hint.as_deref().map(redact::prose);
        Self { error, hint, outcome: self.outcome, findings: Vec::new(), mirror: None }
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::failed(error)
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::failed(error)
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Refused(ref findings) => {
                let findings = findings.clone();
                Self { findings, ..Self::with_outcome(Outcome::Refused, error) }
            }
            RunError::Interrupted => Self::interrupted(),
            RunError::Usage(error) => {
                let hint = usage_hint(&error);
                Self { hint: hint.map(str::to_owned), ..Self::usage(error) }
            }
            RunError::Failed(error) => {
                let hint = failure_hint(&error);
                Self { hint: hint.map(str::to_owned), ..Self::failed(error) }
            }
        }
    }
}

/// The command, key or flag that puts it right.
fn usage_hint(error: &UsageError) -> Option<&'static str> {
    match error {
        UsageError::Open(OpenError::NotARepository(_)) => {
            Some("run it in a clone of the private repository, or name one with `-C DIR`")
        }
        UsageError::Open(OpenError::Owner(_)) => {
            Some("if you trust it: `git config --global --add safe.directory DIR`")
        }
        UsageError::Open(OpenError::ObjectFormat(_) | OpenError::Grafts | OpenError::Git(..)) => {
            None
        }
        UsageError::Rev(_) => Some("`git log --all` shows what there is; in CI, fetch it first"),
        UsageError::EmptyRepository => Some("commit something first"),
        UsageError::Manifest(_) => None,
        UsageError::NoManifest(_) => Some(
            "`repo-sync init` writes one; try it before committing with `--manifest sync.toml`",
        ),
        UsageError::ManifestNotAFile(_) => Some("commit it as a plain file"),
        UsageError::NoSuchMirror { .. } => Some("name one of these with `--mirror`"),
        UsageError::SeveralMirrors(_) => Some("choose one with `--mirror NAME`, or take `--all`"),
        UsageError::NoSuchBranch(_) => {
            Some("the first of `branches` must exist; create it, fetch it, or change the manifest")
        }
        UsageError::SeveralAdoptions(_) => Some("say which one holds with `adopt = \"<full id>\"`"),
        UsageError::NotAnAdoption { .. } => Some("name one of these in `adopt`"),
        UsageError::WithheldRange(_) => {
            Some("`A..B` withholds what B has and A has not; both must exist")
        }
        UsageError::StandIn { .. } => {
            Some("edit and commit `sync.toml`; `repo-sync plan --manifest FILE` tries an edit out")
        }
        UsageError::NotOnABranch { .. } => Some("merge it into a listed branch first"),
        UsageError::NoUrl(_) => {
            Some("add `url` to the manifest, or say where with `--to URL_OR_PATH`")
        }
        UsageError::OtherMirrorsUrl(_) => Some("publish that one with `--mirror NAME`"),
        UsageError::Address(_) => None,
        UsageError::NotAMirror(_) => {
            Some("name a bare repository, or a path where nothing is yet: then one is made there")
        }
        UsageError::HasSeams { .. } => {
            Some("remove it first if the histories should be joined anew")
        }
        UsageError::NothingToAdopt { .. } => {
            Some("list a branch that it has, or run `repo-sync init` without `--adopt`")
        }
        UsageError::NothingGoverns(_) => Some(
            "it lies behind a seam, is withheld, or is not part of the history that has a manifest",
        ),
        UsageError::NoStandalone => Some("say there what to run: `commands`, or `cargo = true`"),
        UsageError::ScratchInside(_) => Some("set `TMPDIR` to a directory outside of it"),
        UsageError::NotEmpty(_) => Some("name a directory that is empty or not there yet"),
        UsageError::Import(error) => import_hint(error),
        UsageError::MirrorIsPrivate(_) => Some("a mirror is a repository of its own"),
    }
}

fn import_hint(error: &ImportError) -> Option<&'static str> {
    match error {
        ImportError::Unknown(_) => Some(
            "name a ref, such as `main` or `refs/pull/7/head`, or a full id; `git ls-remote` lists refs",
        ),
        ImportError::BranchExists(_) => Some("name another one with `--branch NAME`"),
        ImportError::BranchName(_) => Some("name one with `--branch NAME`"),
        ImportError::Merge(_) => Some("import it without `--onto`, and merge the branch"),
        ImportError::Waits(_) => {
            Some("`repo-sync import --continue` goes on, `repo-sync import --abort` gives it up")
        }
        ImportError::NoneWaits => Some("begin one with `repo-sync import REV`"),
        ImportError::Unresolved(_) => {
            Some("commit the resolution there, or give up with `repo-sync import --abort`")
        }
        ImportError::Elsewhere(_) => {
            Some("one commit resolves one conflict; `repo-sync import --abort` begins anew")
        }
        ImportError::CheckedOut(_) => Some("`git switch` to another branch first"),
        ImportError::Unreadable(_) => Some("remove the file; the branch stays as it is"),
    }
}

fn failure_hint(error: &Failure) -> Option<&'static str> {
    match error {
        Failure::Unreachable { .. } => {
            Some("check the address and the credentials: `git ls-remote ADDRESS` must work")
        }
        Failure::Rejected { .. } => Some("the mirror's own rules said no; nothing was published"),
        Failure::ReadBack { .. } => {
            Some("somebody moved it at the same time: run `repo-sync sync` again")
        }
        Failure::UnknownId(_) => Some("`repo-sync map` lists all ids of both sides"),
        Failure::Names(_) => Some("list fewer terms under `[check]`"),
        Failure::Unsigned(_) => Some("the key must be one that `ssh-keygen -Y sign` takes"),
        Failure::Denied(_) => Some("checks, plans and `repo-sync verify` are open to everyone"),
        Failure::Unanswered(_) | Failure::Unrecorded(_) => {
            Some("`repo-sync edition` says what fills the extension points")
        }
        Failure::Git(_) | Failure::Io { .. } | Failure::NoRandomness(_) => None,
    }
}
