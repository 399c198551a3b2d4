// SPDX-License-Identifier: Apache-2.0
//! `.gitleaks.toml` and a blob; the law is `repo_sync_core::fuzzing::gitleaks`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| repo_sync_core::fuzzing::gitleaks(data));
