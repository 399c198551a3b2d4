// SPDX-License-Identifier: Apache-2.0
//! Path rules and a path; the law is `repo_sync_core::fuzzing::patterns`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::patterns(data));
