// SPDX-License-Identifier: Apache-2.0
//! The inner loops, each alone: what a change to one of them is measured with.
//!
//! All inputs come from generators with a fixed seed. `cargo bench -p repo-sync-core`
//! runs them, and compares with the run before; `-- paths` runs some of them.

mod filter;
mod packs;
mod paths;
mod secrets;

use criterion::{criterion_group, criterion_main};

criterion_group!(micro, paths::bench, filter::bench, packs::bench, secrets::bench);
criterion_main!(micro);
