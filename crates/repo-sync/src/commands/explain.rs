// SPDX-License-Identifier: Apache-2.0
//! `repo-sync explain`: the verdict on a path, and where it comes from.

use std::ffi::{OsStr, OsString};

use anyhow::anyhow;
use repo_sync_core::error::RunError;
use repo_sync_core::explain::{Explanation, explain};
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_shared::Outcome;

use crate::args::Format;
use crate::context::Context;
use crate::engine::{Engine, optional_text};
use crate::error::CliError;
use crate::render;
use crate::render::explain::Explained;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync explain src/lib.rs             Is it public, and by which rule?
  repo-sync explain docs cloud Cargo.toml  The same for many paths
  repo-sync explain --rev v1.0 docs        By the manifest of another revision";

/// Explain why a path is public or private
///
/// Names the rule and its line in the manifest, where the path lands in the mirror,
/// and the first public commit that shows it.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    /// Paths to explain, from the root of the private repository
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<OsString>,

    /// Revision whose manifest decides [default: the policy tip]
    #[arg(long, value_name = "REV")]
    pub rev: Option<OsString>,
}

/// Explains each path, for each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &ExplainArgs) -> Result<Outcome, CliError> {
    let paths = args.paths.iter().map(|path| from_root(path)).collect::<Result<Vec<_>, _>>()?;
    let rev = optional_text(args.rev.as_ref())?;
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let more: Vec<_> = engine.rev_or_policy(rev.as_deref())?.into_iter().collect();
    let mut mirrors = Vec::new();
    for options in engine.mirrors(ctx, &objects)? {
        // The first commit that shows a path is sought in all of the history.
        let options = SessionOptions { from_scratch: true, ..options };
        let mut session = Session::open(&engine.repo, &objects, &options, &more, &engine.watch)?;
        let commit = more.first().copied().unwrap_or(session.policy.tip);
        let paths: Vec<Explanation> = paths
            .iter()
            .map(|path| explain(&mut session, commit, path))
            .collect::<Result<_, RunError>>()?;
        let subjects = paths.iter().map(|path| render::explain::first_line(&session, path));
        let subjects = subjects.collect::<Result<_, RunError>>()?;
        let mirror = session.policy.mirror.name.clone();
        mirrors.push(Explained { mirror, rev: commit, paths, firsts: subjects });
    }
    engine.watch.clear();
    match ctx.global.format {
        Format::Json => render::explain::json(ui, &ctx.global, &mirrors)?,
        Format::Text | Format::Github | Format::Sarif => {
            render::explain::text(ui, &ctx.global, &mirrors)?
        }
    }
    Ok(Outcome::UpToDate)
}

/// A path as git stores it, from what was typed: `./` before it and a slash after
/// it say nothing.
fn from_root(typed: &OsStr) -> Result<Vec<u8>, CliError> {
    let refused = |why: &str| {
        let typed = repo_sync_shared::escape_bytes(typed.as_encoded_bytes());
        CliError::usage(anyhow!("`{typed}` {why}"))
            .with_hint("name paths from the root of the private repository, such as `src/lib.rs`")
    };
    let bytes = git_bytes(typed).ok_or_else(|| refused("is not Unicode"))?;
    if bytes.starts_with(b"/") {
        return Err(refused("is an absolute path"));
    }
    let names: Vec<&[u8]> =
        bytes.split(|&b| b == b'/').filter(|name| !matches!(*name, b"" | b".")).collect();
    if names.contains(&&b".."[..]) {
        return Err(refused("holds a `..`"));
    }
    if names.is_empty() {
        return Err(refused("is the whole repository, and no rule is about that"));
    }
    Ok(names.join(&b'/'))
}

#[cfg(unix)]
fn git_bytes(typed: &OsStr) -> Option<Vec<u8>> {
    Some(std::os::unix::ffi::OsStrExt::as_bytes(typed).to_vec())
}

#[cfg(not(unix))]
fn git_bytes(typed: &OsStr) -> Option<Vec<u8>> {
    // git stores slashes, whatever the system uses.
    Some(typed.to_str()?.replace('\\', "/").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_from_the_root() {
        check("src/lib.rs", Some("src/lib.rs"));
        check("./src//lib.rs", Some("src/lib.rs"));
        check("docs/", Some("docs"));
        check("...", Some("..."));
        check("/etc", None);
        check("../up", None);
        check("a/../b", None);
        check(".", None);
        check("", None);

        #[track_caller]
        fn check(typed: &str, expected: Option<&str>) {
            let found = from_root(OsStr::new(typed)).ok();
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{typed}");
        }
    }
}
