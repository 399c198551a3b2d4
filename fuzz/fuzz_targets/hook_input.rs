// SPDX-License-Identifier: Apache-2.0
//! What git writes to its pre-push hook; the law is `repo_sync_core::fuzzing::hook_input`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::hook_input(data));
