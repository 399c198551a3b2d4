// SPDX-License-Identifier: Apache-2.0
//! Signatures as git itself takes them: made and checked by `ssh-keygen -Y`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Output, Stdio};

use repo_sync_shared::escape_text;

use crate::error::{Failure, RunError};
use crate::git::Environment;

/// What our signatures are for, so that none is taken for something else.
const NAMESPACE: &str = "repo-sync";

/// Signs bytes with a key file; the signature is what `FILE.sig` holds.
///
/// # Errors
/// `ssh-keygen` is not there, or says no.
pub fn sign(bytes: &[u8], key: &Path, environment: &Environment) -> Result<Vec<u8>, RunError> {
    let mut command = environment.command("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key);
    let output = run(command, bytes).map_err(|err| Failure::Unsigned(err.to_string()))?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    Err(Failure::Unsigned(escape_text(output.stderr.trim_ascii())).into())
}

/// Whether a signature is one of `identity`, by a key that the file of allowed
/// signers names (`ssh-keygen`'s, and git's `gpg.ssh.allowedSignersFile`).
///
/// # Errors
/// `ssh-keygen` is not there.
pub fn is_signed(
    bytes: &[u8],
    signature: &Path,
    allowed_signers: &Path,
    identity: &str,
    environment: &Environment,
) -> Result<bool, RunError> {
    let mut command = environment.command("ssh-keygen");
    command.args(["-q", "-Y", "verify", "-n", NAMESPACE]);
    command.arg("-f").arg(allowed_signers);
    command.args(["-I", identity, "-s"]).arg(signature);
    File::open(signature).map_err(|err| RunError::io("failed to read", signature, err))?;
    let output =
        run(command, bytes).map_err(|err| RunError::io("failed to run", "ssh-keygen", err))?;
    Ok(output.status.success())
}

fn run(mut command: std::process::Command, input: &[u8]) -> io::Result<Output> {
    // A receipt is longer than a pipe may hold, and the program may end early.
    let mut file = tempfile::tempfile()?;
    file.write_all(input)?;
    io::Seek::rewind(&mut file)?;
    command.stdin(file).stdout(Stdio::piped()).stderr(Stdio::piped()).output()
}
