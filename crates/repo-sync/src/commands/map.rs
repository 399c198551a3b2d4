// SPDX-License-Identifier: Apache-2.0
//! `repo-sync map`: private ids and their images.

use anyhow::anyhow;
use repo_sync_core::error::{Failure, RunError};
use repo_sync_core::replay::Replay;
use repo_sync_core::report::RawFinding;
use repo_sync_core::session::Session;
use repo_sync_shared::{Check, Outcome, PrivateCommit, PublicCommit};
use serde::Serialize;

use crate::args::Format;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::CliError;
use crate::render::json;
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync map                     Every commit of the listed branches, parents first
  repo-sync map 4f1c2aa             One commit, by its private or public id
  repo-sync map | grep -c -e ' -$'  How many commits stay private";

/// Print which public commit each private commit became
///
/// Writes `<private id> <public id>` a line, with `-` for a commit that has no
/// image. Works without the network.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct MapArgs {
    /// Commits to look up, by the id of either side [default: all]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
}

/// One line of the map.
#[derive(Serialize)]
struct Line {
    private: PrivateCommit,
    public: Option<PublicCommit>,
}

/// The map of one mirror.
#[derive(Serialize)]
struct Map {
    mirror: String,
    map: Vec<Line>,
}

/// The map of the only mirror, as `--format json` prints it.
#[derive(Serialize)]
struct Whole {
    version: u32,
    command: &'static str,
    #[serde(flatten)]
    map: Map,
}

/// Prints the map of each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &MapArgs) -> Result<Outcome, CliError> {
    if ctx.global.redact {
        return Err(CliError::usage(anyhow!("`map` prints private ids, which `--redact` hides"))
            .with_hint("run it without `--redact`, where its output stays private"));
    }
    let engine = Engine::open(ctx, ui, true)?;
    let objects = engine.objects()?;
    let mut maps = Vec::new();
    for options in engine.mirrors(ctx, &objects)? {
        let session = Session::open(&engine.repo, &objects, &options, &[], &engine.watch)?;
        engine.watch.clear();
        let replay = &session.replay;
        // What an original may become public with is for the mirror to say, and a notice refuses
        // nothing.
        let says_otherwise = |finding: &&RawFinding| {
            finding.check != Check::OriginalUnheld && !finding.check.is_notice()
        };
        let mut findings = replay.findings.iter().filter(says_otherwise).cloned().peekable();
        if findings.peek().is_some() {
            let reported = findings.map(|finding| finding.reported(Some(&replay.history)));
            return Err(RunError::Refused(reported.collect()).into());
        }
        let commits: Vec<u32> = if args.ids.is_empty() {
            replay.history.numbers().collect()
        } else {
            args.ids.iter().map(|id| find(replay, id)).collect::<Result<_, _>>()?
        };
        let line = |commit: u32| Line {
            private: replay.history.id(commit),
            public: replay.images.own(commit).map(|image| replay.images.id(image)),
        };
        let lines = commits.into_iter().map(line);
        if ctx.global.format == Format::Json {
            let mirror = session.policy.mirror.name.clone();
            maps.push(Map { mirror, map: lines.collect() });
        } else {
            for Line { private, public } in lines {
                match public {
                    Some(public) => writeln!(ui.stdout(), "{private} {public}")?,
                    None => writeln!(ui.stdout(), "{private} -")?,
                }
            }
        }
    }
    let whole = |map| Whole { version: 1, command: "map", map };
    if ctx.global.format == Format::Json {
        json::one_or_many(ui, ctx.global.all, "map", maps.into_iter(), whole)?;
    }
    Ok(Outcome::UpToDate)
}

/// The commit that an id of either side, or the beginning of one, names alone.
fn find(replay: &Replay<'_>, id: &str) -> Result<u32, RunError> {
    let unknown = || RunError::Failed(Failure::UnknownId(id.to_owned()));
    let digits = id.to_ascii_lowercase();
    if digits.len() > 40 || digits.len() < 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    let of_public = replay.history.numbers().filter(|&commit| {
        replay.images.own(commit).is_some_and(|image| {
            replay.images.id(image).id().to_hex().starts_with(digits.as_bytes())
        })
    });
    let mut found: Vec<u32> =
        replay.history.with_prefix(digits.as_bytes()).chain(of_public).collect();
    found.dedup();
    match found[..] {
        [only] => Ok(only),
        // Two private commits may share one image; the first of them made it.
        [first, ..] if digits.len() == 40 => Ok(first),
        _ => Err(unknown()),
    }
}
