// SPDX-License-Identifier: Apache-2.0
//! Whatever is wrong: an error that says what and where, the right exit status,
//! and a mirror that is as it was.
//!
//! With `REPO_SYNC_SCREENS=FILE` in the environment each run's words are appended to
//! that file, one line a run.

mod addresses;
mod clones;
mod common;
mod divergence;
mod environment;
mod hostile;
mod machine;
mod manifests;
mod mirrors;
mod moving;
mod mutations;
mod objects;
mod places;
mod policy;
mod refs;
mod runs;
mod shortage;
mod storage;
mod streams;
mod surface;
