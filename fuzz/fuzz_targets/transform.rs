// SPDX-License-Identifier: Apache-2.0
//! Public files that are transformed; the law is `repo_sync_core::fuzzing::transform`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::transform(data));
