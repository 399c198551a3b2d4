// SPDX-License-Identifier: Apache-2.0
//! The file that `sync --receipt` leaves.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use repo_sync_core::git::{Address, Environment, RemoteRefs};
use repo_sync_core::publish::Ended;
use repo_sync_core::receipt::{Salt, Statement, check, is_signed, sign};
use repo_sync_core::session::Session;
use repo_sync_shared::Outcome;

use crate::error::CliError;

/// Where to write a receipt, and who signs it.
pub(super) struct Receipt {
    /// The file.
    pub(super) file: PathBuf,
    /// The ssh key, if it is signed.
    pub(super) key: Option<PathBuf>,
}

impl Receipt {
    /// Writes down what a run did, if it came to a good end; the signature first, so
    /// that no receipt stands there without.
    pub(super) fn write(
        &self,
        session: &mut Session<'_>,
        ended: &Ended,
        address: &Address,
        salt: &Salt,
        environment: &Environment,
    ) -> Result<(), CliError> {
        match ended.outcome {
            Outcome::Synced | Outcome::UpToDate => {}
            Outcome::Planned
            | Outcome::Refused
            | Outcome::Diverged
            | Outcome::Failed
            | Outcome::Usage
            | Outcome::Interrupted => return Ok(()),
        }
        let mut write = || -> anyhow::Result<()> {
            let bytes = Statement::of(session, &ended.plan, address, salt)?.to_bytes();
            if let Some(key) = &self.key {
                let signature = sign(&bytes, key, environment)?;
                let mut name = OsString::from(&self.file);
                name.push(".sig");
                save(Path::new(&name), &signature)?;
            }
            save(&self.file, &bytes)
        };
        Ok(write().context("the mirror is up to date, but there is no receipt of it")?)
    }
}

/// What in a receipt is not so, by the private repository and the refs that the
/// mirror shows. `signer` is a file of allowed signers and one of them.
pub(super) fn faults(
    session: &mut Session<'_>,
    remote: &RemoteRefs,
    environment: &Environment,
    file: &Path,
    signer: Option<(&Path, &str)>,
) -> Result<Vec<String>, CliError> {
    let bytes = fs::read(file)
        .with_context(|| format!("failed to read `{}`", file.display()))
        .map_err(CliError::usage)?;
    let mut faults = check(session, &bytes, Some(remote))?.faults;
    if let Some((signers, name)) = signer {
        let mut signature = OsString::from(file);
        signature.push(".sig");
        if !is_signed(&bytes, Path::new(&signature), signers, name, environment)? {
            faults.push(format!("it has no good signature of `{name}`"));
        }
    }
    Ok(faults.into_iter().map(|fault| format!("the receipt is not true: {fault}")).collect())
}

/// Writes a file as a whole, or not at all. What is there and no file, such as a pipe,
/// is written to and stays.
fn save(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        if fs::symlink_metadata(file).is_ok_and(|there| !there.is_file()) {
            return fs::write(file, bytes);
        }
        let directory = file.parent().filter(|it| !it.as_os_str().is_empty());
        let mut beside = new_file().tempfile_in(directory.unwrap_or(Path::new(".")))?;
        beside.write_all(bytes)?;
        beside.persist(file)?;
        Ok(())
    };
    write().with_context(|| format!("failed to write `{}`", file.display()))
}

/// A file that others may read, as far as the user's mask lets them.
fn new_file() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only Unix has a mode to set")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}
