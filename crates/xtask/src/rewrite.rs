// SPDX-License-Identifier: Apache-2.0
//! The rewrite alone, as a process of its own: walk, filter, replay, and the new commits
//! and trees in a staging store. The same library calls as in a `sync`, up to there.

use std::path::PathBuf;

use anyhow::Context as _;
use repo_sync_core::git::{Address, Environment, PrivateRepo};
use repo_sync_core::manifest::Date;
use repo_sync_core::policy::{PolicySource, StandIn};
use repo_sync_core::progress::Silent;
use repo_sync_core::publish::{SyncRequest, rewrite};
use repo_sync_core::session::{Session, SessionOptions};

/// Write the commits and trees of a first sync into a staging store, and stop
#[derive(clap::Args)]
pub(crate) struct RewriteArgs {
    /// The private repository
    #[arg(long)]
    repo: PathBuf,
    /// The manifest
    #[arg(long)]
    manifest: PathBuf,
}

/// Prints how long the pack is, in bytes, and of the branch the public tree and the last
/// public commit.
pub(crate) fn run(args: &RewriteArgs) -> anyhow::Result<()> {
    let repo = PrivateRepo::discover(&args.repo)?;
    let objects = repo.objects()?;
    let text = std::fs::read(&args.manifest)
        .with_context(|| format!("failed to read `{}`", args.manifest.display()))?;
    let stand_in = StandIn { text, name: args.manifest.display().to_string() };
    let options = SessionOptions {
        policy: PolicySource { stand_in: Some(stand_in), rev: None },
        ..SessionOptions::default()
    };
    let mut session = Session::open(&repo, &objects, &options, &[], &Silent)?;
    let request = SyncRequest {
        rev: None,
        any_rev: false,
        address: &Address::Path(args.repo.join("no-mirror")),
        environment: &Environment::new(std::env::vars_os()),
        local: true,
        // Whoever benchmarks waivers can let them last.
        today: Date { year: 1970, month: 1, day: 1 },
        facts: None,
    };
    let bytes = rewrite(&mut session, &request, &Silent)?;
    let tip = session.policy.branches.first().context("no branch is listed")?.tip;
    let replay = &session.replay;
    let image = replay.history.number(tip).and_then(|tip| replay.images.of(tip));
    let image = image.context("nothing of this history is public")?;
    let images = &replay.images;
    println!("{bytes} {} {}", images.tree(image).id(), images.id(image).id());
    Ok(())
}
