// SPDX-License-Identifier: Apache-2.0
//! The program as a person meets it: whole screens, on small histories that have
//! the same ids on every machine.

mod adopt;
mod check;
mod common;
mod direction;
mod edition;
mod explain;
mod export;
mod hook;
mod plan;
mod program;
mod receipt;
mod standalone;
mod status;
mod sync;
mod webhook;
