// SPDX-License-Identifier: Apache-2.0
//! What the checks find in a history, and what they pass over, through the program
//! as a person runs it.

mod common;
mod ids;
mod leaving;
mod licences;
mod links;
mod names;
mod page;
mod paths;
mod provenance;
mod secrets;
mod submodules;
mod terms;
