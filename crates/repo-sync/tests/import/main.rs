// SPDX-License-Identifier: Apache-2.0
//! `import`: public commits come back as private ones. What comes is what was made, or
//! nothing comes; and what is public stays as it is, by id.

mod common;
mod differently;
mod hostile;
mod merges;
mod outside;
mod passes;
mod served;
mod trips;
mod ways;
