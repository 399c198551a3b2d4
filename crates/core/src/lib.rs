// SPDX-License-Identifier: Apache-2.0
//! The engine of repo-sync: reads a private repository, filters and replays its
//! history, judges what is new, stages it and publishes it.
//!
//! The data has one direction. [`session`] reads the policy and replays the
//! history; [`plan`] holds the images against the mirror; [`publish`] carries a
//! plan out. The library prints nothing, reads no environment and no home
//! directory, and tells its progress through a trait, so that a server can hold
//! many runs at once.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod adopt;
mod atlas;
mod canary;
pub mod checks;
mod cores;
pub mod dag;
pub mod error;
pub mod explain;
pub mod export;
pub mod facts;
pub mod filter;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod gate;
pub mod git;
mod hex;
pub mod history;
pub mod import;
mod ledger;
pub mod log;
pub mod manifest;
pub mod message;
mod numbers;
pub mod object;
pub mod paths;
pub mod plan;
pub mod policy;
pub mod progress;
pub mod publish;
pub mod receipt;
pub mod replay;
pub mod report;
pub mod session;
pub mod shipment;
pub mod staging;
pub mod standalone;
pub mod status;
pub mod surface;
mod survey;
pub mod transform;
mod tree;
pub mod verify;
