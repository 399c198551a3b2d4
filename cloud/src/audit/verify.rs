// SPDX-License-Identifier: LicenseRef-Proprietary
//! Whether a log is as it was written, and if not, the first record that is not.

use super::record::Head;

pub use super::record::Fault;

/// What a log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many records are in it.
    pub records: u64,
    /// The hash of the last one. Who keeps it elsewhere will know whether the log ever held it.
    pub head: String,
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// This record, and perhaps more after it.
    #[error("record {number} is bad: {fault}")]
    Record {
        /// Which one, from 1.
        number: u64,
        /// What is wrong with it.
        #[source]
        fault: Fault,
    },
    /// All records are sound, but they are not those that were there.
    #[error("no record has the hash {0}: records were cut off, or all written anew")]
    Missing(String),
}

/// Reads the log of a tenant from its beginning. `holds` is the hash of a record that must be
/// in it.
///
/// # Errors
/// It was tampered with.
pub fn verify(tenant: &str, text: &[u8], holds: Option<&str>) -> Result<Verified, Tampered> {
    let first = Head::first(tenant);
    let mut found = holds.is_none_or(|hash| hash == first.hash);
    let mut head = first;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let number = head.number + 1;
        let followed = match line.strip_suffix(b"\n") {
            Some(line) => head.then(line),
            None => Err(Fault::CutOff),
        };
        head = followed.map_err(|fault| Tampered::Record { number, fault })?;
        found |= holds == Some(&*head.hash);
    }
    match (found, holds) {
        (false, Some(hash)) => Err(Tampered::Missing(hash.to_owned())),
        (true, _) | (false, None) => Ok(Verified { records: head.number, head: head.hash }),
    }
}
