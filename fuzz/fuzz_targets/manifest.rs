// SPDX-License-Identifier: Apache-2.0
//! `sync.toml`; the law is `repo_sync_core::fuzzing::manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::manifest(data));
