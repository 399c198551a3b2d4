// SPDX-License-Identifier: Apache-2.0
//! The public-only store: what is not in it cannot be sent.
//!
//! [`Staging`] is a bare repository under the private git directory, made anew by
//! each run. It borrows no objects, and the push runs from it. What the replay made
//! goes in by a pack of our own ([`PackWriter`]), the rest is copied by git, bytes as
//! they lie. Neither is hashed on the way in: the verifier reads every object of the
//! store before anything leaves it.

mod boundary;
mod delta;
mod encode;
mod index;
mod pack;
mod store;

pub(crate) use boundary::Boundary;
pub use delta::tree_delta;
pub(crate) use encode::{Encoded, Encoder};
pub(crate) use pack::MAX_DEPTH;
pub use pack::PackWriter;
pub use store::Staging;

#[cfg(test)]
mod test_trees;
