// SPDX-License-Identifier: Apache-2.0
//! `repo-sync verify`: a mirror, audited from outside.

use std::path::PathBuf;

use repo_sync_core::git::{Address, Objects};
use repo_sync_core::publish::{Audited, SyncRequest, verify};
use repo_sync_core::session::{Session, SessionOptions};
use repo_sync_core::status::{Audit, remember};
use repo_sync_shared::{Outcome, Report, escape_text};

use super::receipt;
use super::run::each_mirror;
use crate::context::Context;
use crate::engine::{Engine, address, now, today};
use crate::error::CliError;
use crate::render::count;
use crate::ui::{Palette, Ui};

const EXAMPLES: &str = "\
Examples:
  repo-sync verify                 Audit the mirror that the manifest names
  repo-sync verify --to ../mirror  Audit another copy of it
  repo-sync verify --receipt FILE  See also that a receipt is true
  repo-sync verify --full          Look also behind refs that the manifest does not list";

/// Audit a mirror from outside
///
/// Fetches the mirror into an empty repository, makes every public commit again from
/// the private ones with code that shares nothing with the filter, and accounts for
/// every ref and every object. Changes nothing, and notes for `status` when all was well.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    /// Look also behind refs that the manifest does not list
    ///
    /// Nobody can say what belongs there, such as pull requests; but commits and
    /// trees of the private repository do not.
    #[arg(long)]
    pub full: bool,

    /// Hold also a receipt of `sync --receipt` against both sides
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,

    /// Accept the receipt only with a signature (FILE.sig) of a key in this file
    ///
    /// In the form that ssh-keygen and git's `gpg.ssh.allowedSignersFile` have.
    #[arg(long, value_name = "SIGNERS", requires = "receipt", requires = "identity")]
    pub allowed_signers: Option<PathBuf>,

    /// Whose signature it must be, as the file of allowed signers names it
    #[arg(long, value_name = "NAME", requires = "allowed_signers")]
    pub identity: Option<String>,
}

/// Audits each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &VerifyArgs) -> Result<Outcome, CliError> {
    let engine = Engine::open(ctx, ui, false)?;
    let objects = engine.objects()?;
    each_mirror(ctx, ui, &engine, &objects, "verify", |ui, options| {
        one(ctx, ui, &engine, &objects, options, args)
    })
}

fn one(
    ctx: &Context,
    ui: &mut Ui,
    engine: &Engine,
    objects: &Objects<'_>,
    options: &SessionOptions,
    args: &VerifyArgs,
) -> Result<Report, CliError> {
    // An audit remembers nothing.
    let options = SessionOptions { from_scratch: true, ..options.clone() };
    let mut session = Session::open(&engine.repo, objects, &options, &[], &engine.watch)?;
    let address = address(ctx, &engine.repo, &session.policy)?;
    let environment = &engine.let_in(ctx, None, &address)?;
    let request = SyncRequest {
        rev: None,
        any_rev: false,
        address: &address,
        environment,
        local: true,
        today: today(),
        facts: None,
    };
    let mut audited = verify(&mut session, &request, args.full, &engine.watch)?;
    if let Some(file) = &args.receipt {
        let signer = args.allowed_signers.as_deref().zip(args.identity.as_deref());
        let file = ctx.resolve(file);
        audited.disagree(receipt::faults(&mut session, &audited.refs, environment, &file, signer)?);
    }
    if audited.outcome == Outcome::UpToDate {
        remember(&session, &address, (Audit::Verify, now()), audited.refs.iter());
    }
    engine.watch.clear();
    let name = session.policy.mirror.name.clone();
    if ctx.global.format.is_text() {
        write(ui, &name, &address, &audited)?;
    }
    Ok(audited.report(&name))
}

/// What was looked at, and what came of it, in a few lines.
fn write(ui: &mut Ui, name: &str, address: &Address, audited: &Audited) -> Result<(), CliError> {
    let Palette { bold, good, error, id, .. } = ui.palette_out();
    let (style, words) = match audited.outcome {
        Outcome::Refused => (error, "disagrees with the private repository"),
        Outcome::Diverged => (error, "holds commits that are not ours"),
        Outcome::Synced
        | Outcome::UpToDate
        | Outcome::Planned
        | Outcome::Failed
        | Outcome::Usage
        | Outcome::Interrupted => (good, "is what the private repository makes it"),
    };
    let address = address.to_string();
    let address = escape_text(address.as_bytes());
    let audit = &audited.verdict.audit;
    let out = &mut ui.stdout();
    writeln!(out, "{bold}{name}{bold:#} at {address} {style}{words}{style:#}")?;
    writeln!(
        out,
        "  {} in {} read, {}; {} made again",
        count(audit.objects, "object"),
        count(audit.bytes, "byte"),
        count(audit.refs, "ref"),
        count(audit.commits, "private commit"),
    )?;
    writeln!(out, "  {}, {} skipped", count(audit.waivers, "waiver"), audit.skipped)?;
    for commit in &audited.verdict.foreign {
        writeln!(out, "  foreign {id}{commit}{id:#}")?;
    }
    Ok(())
}
