// SPDX-License-Identifier: Apache-2.0
//! One atomic push of full object ids to full ref names, each with a lease.

use std::ffi::OsString;
use std::process::Output;

use repo_sync_shared::escape_text;

use crate::error::{Failure, RunError};
use crate::git::{Address, Git, argument};
use crate::plan::RefUpdate;

/// How a push ended, unless it failed.
pub(super) enum Pushed {
    /// The mirror took all of it.
    Done,
    /// A ref is not where it was seen; nothing was taken.
    Moved,
}

/// Pushes from the staging store, in which nothing private exists.
pub(super) fn push(
    staging: &Git,
    address: &Address,
    updates: &[&RefUpdate],
) -> Result<Pushed, RunError> {
    let options =
        ["push", "--porcelain", "--atomic", "--no-verify", "--no-thin", "--no-follow-tags"];
    let mut args: Vec<OsString> = options.map(OsString::from).to_vec();
    for update in updates {
        // Nothing after the colon: the ref must not exist yet.
        let seen = update.expected.map(|id| id.to_string()).unwrap_or_default();
        let lease = [b"--force-with-lease=", &update.name[..], b":", seen.as_bytes()];
        args.push(argument(&lease.concat()));
    }
    args.push(OsString::from("--"));
    args.push(OsString::from(address.as_git()));
    for update in updates {
        if let Some(new) = update.new {
            args.push(argument(&[&new.to_hex()[..], b":", &update.name].concat()));
        }
    }
    let output = staging.output(&args, b"")?;
    if output.status.success() {
        return Ok(if was_there(&output.stdout) { Pushed::Moved } else { Pushed::Done });
    }
    if has_moved(&output.stdout) {
        return Ok(Pushed::Moved);
    }
    Err(Failure::Rejected { address: address.to_string(), reason: reason(&output) }.into())
}

/// Whether a line of the porcelain output says that the lease did not hold:
/// <https://git-scm.com/docs/git-push#_output>.
fn has_moved(porcelain: &[u8]) -> bool {
    const SIGNS: [&[u8]; 5] = [
        b"(stale info)",
        b"(fetch first)",
        b"(non-fast-forward)",
        b"(incorrect old value provided)",
        b"(failed to update ref)",
    ];
    porcelain
        .split(|&b| b == b'\n')
        .filter(|line| line.starts_with(b"!"))
        .any(|line| SIGNS.iter().any(|sign| memchr::memmem::find(line, sign).is_some()))
}

/// Whether every ref stood where we wanted it: somebody else published the same, and
/// git does not ask for a lease then.
fn was_there(porcelain: &[u8]) -> bool {
    let mut lines = porcelain.split(|&b| b == b'\n').filter(|line| line.get(1) == Some(&b'\t'));
    lines.all(|line| line[0] == b'=')
}

/// What the mirror, or git, said about it.
fn reason(output: &Output) -> String {
    let rejected = output.stdout.split(|&b| b == b'\n').filter(|line| line.starts_with(b"!"));
    let said = output.stderr.split(|&b| b == b'\n' || b == b'\r');
    let lines: Vec<String> = said
        .chain(rejected)
        .map(|line| escape_text(line.trim_ascii()))
        .filter(|line| !line.is_empty() && !line.starts_with("error: failed to push some refs"))
        .collect();
    if lines.is_empty() { "it gave no reason".to_owned() } else { lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_lease_is_told_from_a_refusal() {
        let line = |status: &str| format!("To x\n!\tabc:refs/heads/main\t{status}\nDone\n");
        assert!(has_moved(line("[rejected] (stale info)").as_bytes()));
        assert!(has_moved(line("[remote rejected] (incorrect old value provided)").as_bytes()));
        assert!(!has_moved(line("[remote rejected] (pre-receive hook declined)").as_bytes()));
        assert!(!has_moved(b"fatal: unable to access (stale info)"));
    }

    #[test]
    fn what_somebody_else_published_is_not_ours() {
        let lines = |flags: &[&str]| {
            let line = |flag: &&str| format!("{flag}\tabc:refs/heads/x\tabc..def\n");
            ["To x\n", &*flags.iter().map(line).collect::<String>(), "Done\n"].concat()
        };
        for (flags, there) in
            [(&["="][..], true), (&["=", "="], true), (&["=", " "], false), (&["*"], false)]
        {
            assert_eq!(was_there(lines(flags).as_bytes()), there, "{flags:?}");
        }
    }
}
