// SPDX-License-Identifier: Apache-2.0
//! Addresses of mirrors; the law is `repo_sync_core::fuzzing::url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::url(data));
