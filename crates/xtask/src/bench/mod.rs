// SPDX-License-Identifier: Apache-2.0
//! Times whole processes of ours and of other tools on copies of one repository.
//!
//! Every run begins with a copy of its own, the contenders take turns, and no time counts
//! before the public trees of all were found to be the same.

mod contenders;
mod filter;
mod ground;
mod hook;
mod page;
mod summary;
mod works;

use std::path::PathBuf;

use clap::ValueEnum as _;

use filter::Filter;
use ground::Ground;
use summary::Summary;
use works::{Outcome, Work};

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench --repo ~/src/git --exclude t
  cargo xtask bench --repo ~/src/git --include Documentation --include builtin --work rewrite
  cargo xtask bench --repo ~/src/git --root Documentation --runs 9 --write docs/performance.md";

/// Time the main jobs beside other tools that filter histories
///
/// Tools that are not on PATH are left out, with a word. The repository is only read; what is
/// timed works on copies.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// The repository whose history is filtered
    #[arg(long, value_name = "PATH")]
    repo: PathBuf,
    /// The branch to filter [default: the one that HEAD names]
    #[arg(long)]
    branch: Option<String>,
    #[command(flatten)]
    filter: filter::FilterArgs,
    /// What to time [default: all]
    #[arg(long = "work", value_enum)]
    works: Vec<Work>,
    /// Tools to time beside ours
    #[arg(long, value_delimiter = ',', default_value = "josh-filter,git-filter-repo,splitsh-lite")]
    against: Vec<String>,
    /// How often each is timed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Lines to put at the end of the manifest, such as waivers
    #[arg(long, value_name = "FILE")]
    append: Option<PathBuf>,
    /// Where the copies go [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Put the table into this page, in the place of the one for the same history and filter
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Times what is asked for, prints a table, and writes it into a page.
pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let filter = Filter::try_from(&args.filter)?;
    let ground = Ground::prepare(args, filter)?;
    let tools = contenders::on_path(&args.against);
    let works = if args.works.is_empty() { Work::value_variants() } else { &args.works };
    let mut sections = Vec::new();
    for &work in works {
        let contenders = work.contenders(&ground, &tools)?;
        let mut outcomes: Vec<Vec<Outcome>> = contenders.iter().map(|_| Vec::new()).collect();
        for round in 0..args.runs {
            for (contender, outcomes) in contenders.iter().zip(&mut outcomes) {
                eprintln!("{work}: {}, {} of {}", contender.name, round + 1, args.runs);
                let outcome = (contender.run)(&ground)?;
                ground.check(&contender.name, &outcome)?;
                outcomes.push(outcome);
            }
        }
        let names = contenders.into_iter().map(|it| (it.name, it.is_ours));
        let lines = names.zip(&outcomes).map(|((name, ours), it)| Summary::of(name, ours, it));
        let section = page::section(&work.to_string(), &lines.collect::<Vec<_>>());
        println!("{section}");
        sections.push(section);
    }
    if let Some(path) = &args.write {
        page::write(path, &ground, &tools, args.runs, &sections)?;
    }
    Ok(())
}
