// SPDX-License-Identifier: Apache-2.0
//! What the tests of repo-sync share.
//!
//! [`History`] makes a private repository in a few lines, with the same ids on
//! every machine; [`TestEnv`] runs the program in it and keeps the whole screen;
//! [`BareMirror`] and [`server`] are what it publishes to.
//!
//! Everything here panics when the machine fails it: in a test, that is the
//! report.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod bombs;
mod census;
mod env;
mod generate;
mod git;
mod history;
mod mirror;
mod objects;
mod oracle;
mod repo;
mod seeds;
pub mod server;
mod text;
mod tokens;
mod tree;

pub use bombs::{bomb, deep};
pub use census::{Census, Row};
pub use env::{Screen, TestEnv};
pub use generate::{Generated, NEVER, generate};
pub use git::{Git, Scratch};
pub use history::History;
pub use mirror::BareMirror;
pub use objects::{Kind, object_id};
pub use oracle::{Judgement, Oracle};
pub use repo::Repo;
pub use seeds::for_each_seed;
pub use text::{CommitText, TagText};
pub use tokens::Tokens;
pub use tree::{Entry, Tree};
