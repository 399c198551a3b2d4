// SPDX-License-Identifier: Apache-2.0
//! Raw commits; the law is `repo_sync_core::fuzzing::commit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::commit(data));
