// SPDX-License-Identifier: LicenseRef-Proprietary
//! A log of what happened in which nobody changes a byte unseen.
//!
//! Each tenant has a file of records, one a line. A record ends with the SHA-256 of the line
//! up to there, which holds the hash of the record before; the first one holds that of the
//! tenant's name. Whoever changes a record has to make all that come after it again, and
//! whoever kept the hash of a later one ([`verify`] takes it) sees that, and that records at
//! the end are gone.
//!
//! No record, no publish: what is about to be pushed is on record first.

mod record;
pub mod verify;

use std::io::{self, Write};

use repo_sync_shared::edition::{
    About, AuditLogger, Event, ExtensionError, Keeping, Scope, Version,
};

use crate::files::{AUDIT, Lines, read_lines};
use crate::fleet::{Shared, known};
use record::{Head, Record};

/// The logs of a fleet.
pub struct Chain {
    fleet: Shared,
}

impl Chain {
    /// The logs of a fleet.
    pub fn new(fleet: Shared) -> Self {
        Self { fleet }
    }

    fn add(&self, event: &Event, security: bool) -> Result<(), ExtensionError> {
        let tenant = event.subject.scope.tenant();
        let file = known(&self.fleet)?.directory(tenant).join(AUDIT);
        let add = || -> io::Result<()> {
            let mut lines = Lines::open(&file)?;
            let head = match lines.last() {
                [] => Head::first(tenant),
                last => Head::of(last).map_err(|fault| {
                    // To go on from there would make it look as if nothing had happened.
                    io::Error::other(format!("its last record was tampered with: {fault}"))
                })?,
            };
            let record = Record::new(&head, event, security, lines.torn());
            lines.add(record.to_line())
        };
        add().map_err(|err| {
            ExtensionError::new(format!("failed to write to `{}`", file.display())).because(err)
        })
    }
}

impl AuditLogger for Chain {
    fn about(&self) -> About {
        About::new("hash-chain", Version::new(1, 0))
    }

    fn keeping(&self) -> Keeping {
        Keeping::First
    }

    fn log(&self, event: &Event) -> Result<(), ExtensionError> {
        self.add(event, false)
    }

    fn log_security(&self, event: &Event) -> Result<(), ExtensionError> {
        self.add(event, true)
    }

    fn export(&self, scope: &Scope, out: &mut dyn Write) -> Result<(), ExtensionError> {
        let file = known(&self.fleet)?.directory(scope.tenant()).join(AUDIT);
        let mut export = || {
            let text = read_lines(&file)?;
            // One that somebody is about to write is not there yet.
            let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            out.write_all(&text[..whole])
        };
        export().map_err(|err| {
            ExtensionError::new(format!("failed to export `{}`", file.display())).because(err)
        })
    }
}
