// SPDX-License-Identifier: Apache-2.0
//! `[transform]` through the real program: what the mirror shows of files that are public
//! in part. Each sync has the word of the verifier, and cargo's on the workspaces.

mod common;
mod lines;
mod random;
mod workspaces;
