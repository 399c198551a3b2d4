// SPDX-License-Identifier: Apache-2.0
//! The only door to libgit2 and to the `git` program.
//!
//! Objects are read in process, by id, and hashed again ([`Objects`]). Refs are
//! resolved once, to ids ([`PrivateRepo`]). What needs a network or writes packs
//! is done by the `git` program in an environment of our own making
//! ([`Git`]).

mod credential;
mod kept;
mod loose;
mod objects;
mod packs;
mod place;
mod process;
mod remote;
mod repository;
mod scratch;
mod writer;

pub use objects::{Object, ObjectError, Objects};
pub(crate) use packs::{PackReader, Packs};
pub use place::{Rewrites, same_place};
pub(crate) use process::argument;
pub use process::{Environment, Git, GitError};
pub(crate) use remote::is_absent;
pub use remote::{Address, AddressError, RemoteRefs};
pub use repository::{Branch, OpenError, PrivateRepo, PrivateTag, RevError};
pub(crate) use scratch::{Scratch, init_bare};
pub(crate) use writer::Writer;
