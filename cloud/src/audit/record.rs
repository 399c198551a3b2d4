// SPDX-License-Identifier: LicenseRef-Proprietary
//! One record of the log, as the bytes that are hashed.

use jiff::Timestamp;
use repo_sync_shared::edition::Event;
use repo_sync_shared::escape_bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::usage::hex;

/// Stands between what is hashed and the hash.
const SEAL: &str = ",\"hash\":\"";
const END: &str = "\"}";
const DIGITS: usize = 64;

/// Where a chain stands: what the next record has to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The number of the last record; 0 before the first.
    pub(super) number: u64,
    /// Its hash.
    pub(super) hash: String,
}

/// What is wrong with a record by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no record at all.
    #[error("it is not a record")]
    Malformed,
    /// Its hash is that of other bytes.
    #[error("its hash is not that of its bytes")]
    Changed,
    /// It does not follow the one before.
    #[error("it does not follow the record before it")]
    Unlinked,
    /// Its end is missing.
    #[error("it is cut off")]
    CutOff,
}

/// The fields that tie a record into the chain.
#[derive(Deserialize)]
struct Links {
    seq: u64,
    prev: String,
}

/// A record to be written.
#[derive(Serialize)]
pub(super) struct Record<'a> {
    seq: u64,
    time: String,
    security: bool,
    #[serde(flatten)]
    event: &'a Event,
    /// What was found in place of this record: the beginning of one whose writer died.
    #[serde(skip_serializing_if = "Option::is_none")]
    torn: Option<String>,
    prev: &'a str,
}

impl Head {
    /// Before the first record of a tenant's log.
    pub(super) fn first(tenant: &str) -> Self {
        let hash = hex(&Sha256::digest(format!("repo-sync audit log of {tenant}")));
        Self { number: 0, hash }
    }

    /// After a record that is sound by itself.
    pub(super) fn of(line: &[u8]) -> Result<Self, Fault> {
        Ok(read(line)?.0)
    }

    /// After a record, which has to follow this head.
    pub(super) fn then(&self, line: &[u8]) -> Result<Self, Fault> {
        let (head, prev) = read(line)?;
        match head.number == self.number + 1 && prev == self.hash {
            true => Ok(head),
            false => Err(Fault::Unlinked),
        }
    }
}

/// A record's own head, and the hash that it holds of the one before.
fn read(line: &[u8]) -> Result<(Head, String), Fault> {
    let seal = line.len().checked_sub(SEAL.len() + DIGITS + END.len()).ok_or(Fault::Malformed)?;
    let (body, rest) = line.split_at(seal);
    let hash = rest.strip_prefix(SEAL.as_bytes()).and_then(|it| it.strip_suffix(END.as_bytes()));
    let hash = hash.and_then(|it| std::str::from_utf8(it).ok()).ok_or(Fault::Malformed)?;
    if hex(&Sha256::digest(body)) != hash {
        return Err(Fault::Changed);
    }
    let Links { seq, prev } = serde_json::from_slice(line).map_err(|_| Fault::Malformed)?;
    Ok((Head { number: seq, hash: hash.to_owned() }, prev))
}

impl<'a> Record<'a> {
    /// The record of an event that follows `head`.
    pub(super) fn new(head: &'a Head, event: &'a Event, security: bool, torn: &[u8]) -> Self {
        Self {
            seq: head.number + 1,
            time: Timestamp::now().to_string(),
            security,
            event,
            torn: (!torn.is_empty()).then(|| escape_bytes(torn)),
            prev: &head.hash,
        }
    }

    /// The line, without its newline.
    pub(super) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("a record is plain data");
        line.pop();
        let hash = hex(&Sha256::digest(&line));
        line.extend(format!("{SEAL}{hash}{END}").into_bytes());
        line
    }
}
