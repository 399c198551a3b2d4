// SPDX-License-Identifier: Apache-2.0
//! Tests that run the program: what a person sees, and the laws of the contract.

mod common;
mod crashes;
mod golden;
mod imported;
mod incremental;
mod laws;
mod remembered;
mod rest;
mod rewritten;
mod transport;
mod verify;
