// SPDX-License-Identifier: Apache-2.0
//! `repo-sync export`: the public tree as plain files.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::anyhow;
use repo_sync_core::export::{Exported, export};
use repo_sync_core::session::Session;
use repo_sync_shared::{Outcome, Report};

use crate::args::Format;
use crate::context::Context;
use crate::engine::{Engine, optional_text};
use crate::error::CliError;
use crate::render::{self, count};
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync export /tmp/public               The public tree of the policy tip
  repo-sync export /tmp/old --rev v1.0       Of another revision
  repo-sync export /tmp/public && cargo build --manifest-path /tmp/public/Cargo.toml";

/// Write the public tree of a revision as plain files
///
/// The directory has to be empty or absent.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Directory to write to
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// Revision to export [default: the policy tip]
    #[arg(long, value_name = "REV")]
    pub rev: Option<OsString>,
}

/// Writes the files, and says how many there are.
pub fn run(ctx: &Context, ui: &mut Ui, args: &ExportArgs) -> Result<Outcome, CliError> {
    if ctx.global.all {
        return Err(CliError::usage(anyhow!("`export` writes the tree of one mirror"))
            .with_hint("choose one with `--mirror NAME`"));
    }
    let rev = optional_text(args.rev.as_ref())?;
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let more: Vec<_> = engine.rev_or_policy(rev.as_deref())?.into_iter().collect();
    let mut session = Session::open(&engine.repo, &objects, &engine.options, &more, &engine.watch)?;
    let commit = more.first().copied().unwrap_or(session.policy.tip);
    let dir = ctx.resolve(&args.dir);
    let Exported { files, links, submodules } = export(&mut session, commit, &dir, &engine.watch)?;
    engine.watch.clear();
    let mut what = vec![count(files, "file")];
    what.extend((links > 0).then(|| count(links, "link")));
    what.extend((submodules > 0).then(|| format!("{} left empty", count(submodules, "submodule"))));
    writeln!(ui.status(), "Wrote {} to `{}`.", what.join(", "), args.dir.display())?;
    match ctx.global.format {
        Format::Text | Format::Github | Format::Sarif => {}
        Format::Json => {
            let mut report = Report::new("export", Outcome::UpToDate);
            report.mirror = Some(session.policy.mirror.name.clone());
            render::json::report(ui, &report)?;
        }
    }
    Ok(Outcome::UpToDate)
}
