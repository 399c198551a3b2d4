// SPDX-License-Identifier: Apache-2.0
//! `repo-sync check`: the gate, before anything is where a sync would publish it.

use std::ffi::OsString;
use std::io::Read as _;

use anyhow::{Context as _, anyhow};
use repo_sync_core::error::RunError;
use repo_sync_core::gate::{
    GateRequest, PushedRef, Range, Staged, judge, judge_push, mirror_at, sessions,
};
use repo_sync_core::git::{Objects, Rewrites};
use repo_sync_core::session::Session;
use repo_sync_shared::{Outcome, PrivateCommit, Report};

use super::run::worst;
use crate::context::{Context, bytes_to_path, trim_newline};
use crate::engine::{Engine, text, today};
use crate::error::CliError;
use crate::render;
use crate::render::check::{Checked, Subject};
use crate::ui::Ui;

const EXAMPLES: &str = "\
Examples:
  repo-sync check --range origin/main..HEAD    What merging this branch would publish
  repo-sync check --range main..feature --format github
  repo-sync check --staged                     What committing would publish, before you do";

/// Check what a change would make public
///
/// Shows the files and commits that are not public yet and would be, by path, name
/// and history, and runs every check on them. Asks no mirror. The policy is that of
/// the range's base: what the range changes in `sync.toml` does not excuse the rest
/// of it.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[group(required = true, multiple = false)]
pub struct CheckArgs {
    /// Check the commits that B has and A has not, for a pull request of B into A
    #[arg(long, value_name = "A..B")]
    pub range: Option<OsString>,

    /// Check what is staged, as if it were committed
    #[arg(long)]
    pub staged: bool,

    /// Check what git is about to push to URL, as its hook; reads the refs from stdin
    ///
    /// Silent if URL is no mirror of the manifest, however it is spelt. Pushes to a
    /// mirror are for `sync`; by hand only what it would send passes.
    #[arg(long, num_args = 2, value_names = ["REMOTE", "URL"])]
    pub pre_push: Option<Vec<OsString>>,
}

/// Judges the range, or what is staged, for each mirror that the flags name.
pub fn run(ctx: &Context, ui: &mut Ui, args: &CheckArgs) -> Result<Outcome, CliError> {
    let engine = Engine::open(ctx, ui, true)?;
    if let Some([_, url]) = args.pre_push.as_deref() {
        return pre_push(ctx, ui, &engine, &text(url)?);
    }
    match &args.range {
        Some(range) => {
            let (base, head) = ends(&text(range)?)?;
            let rev = |rev: &str| engine.repo.rev(rev).map_err(RunError::from);
            let range = Range { base: rev(&base)?, head: rev(&head)? };
            let subject = Subject::Range { base, head };
            let request = GateRequest { range, lighter: false, today: today() };
            check(ctx, ui, &engine, &engine.objects()?, &subject, &request)
        }
        None => {
            let (staged, base) = staged(ctx, &engine)?;
            let objects = engine.repo.objects_and(&staged.objects()).map_err(RunError::from)?;
            let range = Range { base, head: staged.commit };
            let request = GateRequest { range, lighter: true, today: today() };
            check(ctx, ui, &engine, &objects, &Subject::Staged, &request)
        }
    }
}

fn check(
    ctx: &Context,
    ui: &mut Ui,
    engine: &Engine,
    objects: &Objects<'_>,
    subject: &Subject,
    request: &GateRequest,
) -> Result<Outcome, CliError> {
    let Range { base, head } = request.range;
    let all = ctx.global.all;
    let mut mirrors = Vec::new();
    for options in sessions(&engine.repo, objects, &engine.options, all, request.range)? {
        let mut session =
            Session::open(&engine.repo, objects, &options, &[base, head], &engine.watch)?;
        let judged = judge(&mut session, request, &engine.watch)?;
        mirrors.push(Checked::read(&mut session, judged)?);
    }
    engine.watch.clear();
    let outcome = worst(mirrors.iter().map(Checked::outcome));
    render::check::write(ui, &ctx.global, subject, &mirrors)?;
    Ok(outcome)
}

/// Judges a push by hand, if it goes to a mirror.
fn pre_push(ctx: &Context, ui: &mut Ui, engine: &Engine, url: &str) -> Result<Outcome, CliError> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).context("failed to read stdin")?;
    let pushed = PushedRef::parse(&input).map_err(|err| {
        CliError::usage(err).with_hint("`--pre-push` is for git's hook; `repo-sync hook install`")
    })?;
    let rewrites = ctx.git(["config", "-z", "--get-regexp", r"^url\..*\.(push)?insteadof$"])?;
    let rewrites = Rewrites::parse(&rewrites.unwrap_or_default());
    let objects = engine.objects()?;
    let mirror = mirror_at(&engine.repo, &objects, &engine.options, url, &rewrites)?;
    let report = match mirror {
        None => Report::new("check", Outcome::UpToDate),
        Some(options) => {
            let mut session = Session::open(&engine.repo, &objects, &options, &[], &engine.watch)?;
            judge_push(&mut session, &pushed, today(), &engine.watch)?
        }
    };
    engine.watch.clear();
    render::report(ui, &ctx.global, &report)?;
    Ok(report.outcome)
}

/// The two ends of `A..B`; one that is left out is HEAD, as git has it.
fn ends(range: &str) -> Result<(String, String), CliError> {
    let wrong = |why: &str| {
        CliError::usage(anyhow!("`{range}` {why}"))
            .with_hint("name a range as `A..B`: what B has and A has not")
    };
    let (base, head) = range.split_once("..").ok_or_else(|| wrong("is no range"))?;
    if head.starts_with('.') {
        return Err(wrong("has two sides, and only one can be merged"));
    }
    let or_head = |rev: &str| if rev.is_empty() { "HEAD".to_owned() } else { rev.to_owned() };
    Ok((or_head(base), or_head(head)))
}

/// What is staged as a commit that nobody made, and the commit it stands on.
fn staged(ctx: &Context, engine: &Engine) -> Result<(Staged, PrivateCommit), CliError> {
    // A hook before a commit is told of another index by its environment.
    let path = |name| -> Result<_, CliError> {
        let path = ctx.git(["rev-parse", "--git-path", name])?.unwrap_or_default();
        Ok(ctx.resolve(bytes_to_path(trim_newline(&path))))
    };
    let head = engine.repo.head().map_err(RunError::from)?;
    let mut parents = vec![head];
    // In the middle of a merge a commit would have these parents, too.
    let merging = std::fs::read_to_string(path("MERGE_HEAD")?).unwrap_or_default();
    parents.extend(merging.lines().filter_map(|line| line.parse::<PrivateCommit>().ok()));
    let who = ctx.git(["var", "GIT_AUTHOR_IDENT"])?.ok_or_else(|| {
        CliError::usage(anyhow!("git does not know who you are, and a commit would have to say it"))
            .with_hint("`git config user.name NAME` and `git config user.email MAIL`")
    })?;
    let index = path("index")?;
    let who = trim_newline(&who);
    let staged = Staged::commit(&engine.repo, &index, &parents, who, &engine.environment)?;
    Ok((staged, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends() {
        check("main..feature", Some(("main", "feature")));
        check("main..", Some(("main", "HEAD")));
        check("..feature", Some(("HEAD", "feature")));
        check("main", None);
        check("main...feature", None);

        #[track_caller]
        fn check(range: &str, expected: Option<(&str, &str)>) {
            let found = ends(range).ok();
            let found = found.as_ref().map(|(base, head)| (base.as_str(), head.as_str()));
            assert_eq!(found, expected);
        }
    }
}
