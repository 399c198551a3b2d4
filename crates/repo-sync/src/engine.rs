// SPDX-License-Identifier: Apache-2.0
//! From flags to the engine: which repository, which policy, which mirror.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow};
use repo_sync_core::error::{RunError, UsageError};
use repo_sync_core::facts::Facts;
use repo_sync_core::git::{Address, Environment, Objects, PrivateRepo};
use repo_sync_core::manifest::Date;
use repo_sync_core::policy::{Policy, PolicySource, StandIn};
use repo_sync_core::session::SessionOptions;
use repo_sync_shared::PrivateCommit;
use repo_sync_shared::edition::{Credential, Place};

use crate::context::Context;
use crate::error::CliError;
use crate::progress::{Watch, interrupt_flag};
use crate::ui::Ui;

/// What a command needs to open a session.
pub struct Engine {
    /// The private repository.
    pub repo: PrivateRepo,
    /// Where its policy is read, and for which mirror.
    pub options: SessionOptions,
    /// What `git` children may see of this process's environment.
    pub environment: Environment,
    /// Who watches, and may stop the run.
    pub watch: Watch,
}

impl Engine {
    /// Opens the private repository. `lenient` is for commands that publish
    /// nothing: there a stand-in manifest stands in for committed ones too.
    ///
    /// # Errors
    /// There is no repository, or the stand-in manifest cannot be read.
    pub fn open(ctx: &Context, ui: &Ui, lenient: bool) -> Result<Self, CliError> {
        let flag = interrupt_flag().context("failed to watch for signals")?;
        let stand_in = match &ctx.global.manifest {
            None => None,
            Some(file) => {
                let path = ctx.resolve(file);
                let name = file.display().to_string();
                let text = fs::read(&path).with_context(|| format!("failed to read `{name}`"));
                Some(StandIn { text: text.map_err(CliError::usage)?, name })
            }
        };
        let rev = ctx.global.policy_rev.as_deref().map(text).transpose()?;
        Ok(Self {
            repo: PrivateRepo::discover(ctx.dir()).map_err(RunError::from)?,
            options: SessionOptions {
                policy: PolicySource { stand_in, rev },
                mirror: ctx.global.mirror.clone(),
                lenient,
                from_scratch: false,
            },
            environment: Environment::new(env::vars_os()),
            watch: Watch::new(ui, flag),
        })
    }

    /// One for another run at the same time, on a thread of its own.
    ///
    /// # Errors
    /// The repository cannot be opened once more.
    pub fn beside(&self, ctx: &Context) -> Result<Self, CliError> {
        Ok(Self {
            repo: PrivateRepo::discover(ctx.dir()).map_err(RunError::from)?,
            options: self.options.clone(),
            environment: self.environment.clone(),
            watch: self.watch.beside(),
        })
    }

    /// The reader of the private repository's objects.
    ///
    /// # Errors
    /// The object database cannot be opened.
    pub fn objects(&self) -> Result<Objects<'_>, CliError> {
        Ok(self.repo.objects().map_err(RunError::from)?)
    }

    /// The options for each mirror that the flags name: all of the manifest, the
    /// named one, or the only one.
    ///
    /// # Errors
    /// The manifest cannot be read.
    pub fn mirrors(
        &self,
        ctx: &Context,
        objects: &Objects<'_>,
    ) -> Result<Vec<SessionOptions>, CliError> {
        if !ctx.global.all {
            return Ok(vec![self.options.clone()]);
        }
        let names = Policy::mirror_names(&self.repo, objects, &self.options.policy)?;
        let with = |name| SessionOptions { mirror: Some(name), ..self.options.clone() };
        Ok(names.into_iter().map(with).collect())
    }

    /// The environment of children that are let in at a mirror. A run that publishes does so as
    /// whoever it belongs to, or not at all; one that only looks is let in as
    /// git is set up where nobody knows better, for no extension may keep it from looking.
    ///
    /// # Errors
    /// The run publishes, and there is no credential to be had.
    pub fn let_in(
        &self,
        ctx: &Context,
        facts: Option<&Facts>,
        address: &Address,
    ) -> Result<Environment, CliError> {
        let credentials = ctx.registry.credentials();
        let environment = self.environment.clone();
        let written = address.to_string();
        let credential = match facts {
            Some(facts) => {
                let credential = credentials.credential(&facts.subject().scope, &written);
                let credential = credential.map_err(|err| CliError::failed(anyhow!(err)))?;
                if credential.is_expired(SystemTime::now()) {
                    return Err(CliError::failed(anyhow!("the credential for {written} expired")));
                }
                credential
            }
            None => {
                let git_dir = self.repo.git_dir();
                let place = Place { git_dir, root: self.repo.work_dir().unwrap_or(git_dir) };
                let scope = ctx.registry.tenants().scope(&place).ok();
                let known = scope.and_then(|scope| credentials.credential(&scope, &written).ok());
                known.unwrap_or(Credential::Ambient)
            }
        };
        Ok(environment.let_in(address, &credential))
    }

    /// The commit that a command is about, if a flag names one: its own `--rev`,
    /// else `--policy-rev`. It may lie on no listed branch.
    ///
    /// # Errors
    /// It names no commit.
    pub fn rev_or_policy(&self, rev: Option<&str>) -> Result<Option<PrivateCommit>, CliError> {
        let rev = rev.or(self.options.policy.rev.as_deref());
        Ok(rev.map(|rev| self.repo.rev(rev)).transpose().map_err(RunError::from)?)
    }
}

/// Where a mirror is: `--to`, from where the command runs, or what the manifest
/// says, from the root of the repository.
///
/// # Errors
/// Neither says it; `--to` is the address of another mirror.
pub fn address(ctx: &Context, repo: &PrivateRepo, policy: &Policy) -> Result<Address, RunError> {
    let mirror = &policy.mirror;
    let root = repo.work_dir().unwrap_or_else(|| repo.git_dir());
    let (written, base) = match &ctx.global.to {
        Some(to) => (to.to_string_lossy().into_owned(), ctx.dir()),
        None => {
            let url = mirror.url.clone().ok_or_else(|| UsageError::NoUrl(mirror.name.clone()))?;
            (url, root)
        }
    };
    let base = absolute(base);
    let address = Address::parse(&written, &base).map_err(UsageError::from)?;
    let others =
        policy.other_urls.iter().filter_map(|url| Address::parse(url, &absolute(root)).ok());
    if others.into_iter().any(|other| other == address) {
        return Err(UsageError::OtherMirrorsUrl(address.to_string()).into());
    }
    Ok(address)
}

/// git children run elsewhere, so a path must not depend on where we are.
pub(crate) fn absolute(path: &Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A revision or name, which git hands out as UTF-8 here.
///
/// # Errors
/// It is not UTF-8.
pub fn text(written: &OsStr) -> Result<String, CliError> {
    let known = written.to_str().map(str::to_owned);
    known.ok_or_else(|| CliError::usage(anyhow!("`{}` is not UTF-8", written.to_string_lossy())))
}

/// The same for one that may be left out.
///
/// # Errors
/// It is not UTF-8.
pub fn optional_text(written: Option<&OsString>) -> Result<Option<String>, CliError> {
    written.map(|written| text(written)).transpose()
}

/// The time, in seconds since 1970.
pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The day, for waivers that expire.
pub fn today() -> Date {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let part = |value: i8| u8::try_from(value).expect("months and days are positive");
    Date {
        year: u16::try_from(now.year()).expect("the clock shows a year after the first"),
        month: part(now.month()),
        day: part(now.day()),
    }
}
