// SPDX-License-Identifier: Apache-2.0
//! Raw annotated tags; the law is `repo_sync_core::fuzzing::tag`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::tag(data));
