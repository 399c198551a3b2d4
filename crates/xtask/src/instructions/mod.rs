// SPDX-License-Identifier: Apache-2.0
//! How many instructions our programs take, held against what was recorded.
//!
//! A count is nearly the same each time, however busy the machine is, so it shows what no
//! clock does. It depends on the compiler, on valgrind and on the kind of processor: what
//! was recorded holds for the circumstances that stand beside it.

mod baseline;
mod counter;

use std::path::Path;

use tempfile::TempDir;

use crate::process::built;
use baseline::Baseline;
use counter::{Counter, Program};

const EXAMPLES: &str = "\
Examples:
  cargo xtask instructions            Compare with what was recorded
  cargo xtask instructions --write    Record, on the commit that later ones are held against";

/// Where it is recorded.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml");

/// Count the instructions of our programs, and compare with the recorded counts
///
/// Runs them under callgrind, a part of valgrind, on one processor and on small histories
/// that are made for it. Fails if one takes over 3 % more than recorded.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InstructionsArgs {
    /// Record the counts instead
    #[arg(long)]
    write: bool,
}

/// Counts all, prints a table, and records it or judges it.
pub(crate) fn run(args: &InstructionsArgs) -> anyhow::Result<()> {
    let scratch = TempDir::new()?;
    let repo_sync = built()?;
    let counter = Counter::new(scratch.path(), &repo_sync)?;
    let mut new = Baseline::here()?;
    for (title, size) in counter::HISTORIES {
        let history = counter.history(size)?;
        for program in Program::ALL {
            let name = format!("{title}: {program}");
            eprintln!("{name}");
            new.counts.insert(name, counter.count(&history, program)?);
        }
    }
    let path = Path::new(FILE);
    let old = Baseline::read(path)?;
    println!("{}", new.table(&old));
    if args.write { new.write(path) } else { new.judge(&old) }
}
