// SPDX-License-Identifier: Apache-2.0
//! Work on the project itself, as `cargo xtask`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod bench;
mod instructions;
mod page;
mod process;
mod rewrite;
mod scale;
mod synthetic;

use clap::Parser;

/// The same as that of the program itself, for what is measured here is a part of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Work on the project itself
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    Bench(bench::BenchArgs),
    Scale(scale::ScaleArgs),
    Instructions(instructions::InstructionsArgs),
    #[command(hide = true)]
    Rewrite(rewrite::RewriteArgs),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Bench(args) => bench::run(&args),
        Task::Scale(args) => scale::run(&args),
        Task::Instructions(args) => instructions::run(&args),
        Task::Rewrite(args) => rewrite::run(&args),
    }
}
