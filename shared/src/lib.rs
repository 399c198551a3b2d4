// SPDX-License-Identifier: Apache-2.0
//! The words that every side of repo-sync speaks.
//!
//! Ids that cannot be mixed ([`PrivateCommit`], [`PublicCommit`]), the stable
//! names of the checks ([`Check`]), what a run reports ([`Report`], the JSON
//! that scripts read), and the points at which an edition extends the program
//! ([`edition`]). Nothing here does I/O, and nothing here knows git beyond the shape of an
//! object id.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod check;
pub mod edition;
mod id;
mod report;
mod text;

pub use check::{Check, Level, UnknownCheck, UnknownLevel};
pub use id::{BlobId, InvalidId, ObjectId, PrivateCommit, PrivateTree, PublicCommit, PublicTree};
pub use report::{Audit, Counts, Finding, Fleet, Outcome, RefReport, Report};
pub use text::{escape_bytes, escape_text, unescape_bytes};
