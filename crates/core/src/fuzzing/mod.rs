// SPDX-License-Identifier: Apache-2.0
//! What the fuzzer runs: for each kind of input a law that no input may break.
//!
//! Each function takes any bytes and panics if its law does not hold for them. The
//! targets in `fuzz/` call these; the tests run them on the seeds that are kept
//! there. Where engine and verifier both read an input, the law is that they
//! read it alike.

mod commit;
mod gitleaks;
mod hook_input;
mod manifest;
mod messages;
mod patterns;
mod tag;
#[cfg(test)]
mod tests;
mod transform;
mod tree;
mod url;

pub use commit::commit;
pub use gitleaks::gitleaks;
pub use hook_input::hook_input;
pub use manifest::manifest;
pub use patterns::patterns;
pub use tag::tag;
pub use transform::transform;
pub use tree::tree;
pub use url::url;

/// The part before the first NUL byte, and the part after it.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&byte| byte == 0) {
        Some(nul) => (&data[..nul], &data[nul + 1..]),
        None => (data, b""),
    }
}
