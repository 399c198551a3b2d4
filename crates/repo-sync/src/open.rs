// SPDX-License-Identifier: Apache-2.0
//! The registry of the open edition: the defaults, and where somebody wants to hear, files and
//! a webhook.
//!
//! `REPO_SYNC_AUDIT_LOG` names a file to which each event is added as a line of JSON, and
//! `REPO_SYNC_NOTICES` one for changes of a mirror's state, or the address to post them to.
//! None of it keeps a run from publishing.

mod webhook;

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use repo_sync_shared::edition::{
    About, AuditLogger, Builder, Event, ExtensionError, Keeping, Notice, Notifier, Registry, Scope,
    Version,
};
use serde::Serialize;

pub use webhook::Webhook;

/// What fills the extension points of `repo-sync`.
///
/// # Panics
/// Never: all of it is of our own version.
pub fn registry() -> Arc<Registry> {
    builder().build().expect("what is ours is of our own version")
}

/// The same, to be filled further.
pub fn builder() -> Builder {
    let named = |name| env::var_os(name).filter(|file| !file.is_empty()).map(PathBuf::from);
    let mut builder = Registry::builder();
    if let Some(file) = named("REPO_SYNC_AUDIT_LOG") {
        builder = builder.audit(JsonLines::new(file));
    }
    if let Some(place) = named("REPO_SYNC_NOTICES") {
        builder = match Webhook::at(&place.to_string_lossy()) {
            Some(webhook) => builder.notifier(webhook),
            None => builder.notifier(JsonLines::new(place)),
        };
    }
    builder
}

/// A file that grows by a line for each thing that is told.
#[derive(Clone, Debug)]
pub struct JsonLines {
    file: PathBuf,
}

impl JsonLines {
    /// Lines in this file, which is made when the first comes.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Adds a line, in one write so that those of two runs stay apart.
    fn add(&self, said: &impl Serialize) -> Result<(), ExtensionError> {
        let line = object(said) + "\n";
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().create(true).append(true).open(&self.file)?;
            file.write_all(line.as_bytes())?;
            file.sync_data()
        };
        write().map_err(|err| self.failed("write to", err))
    }

    fn failed(&self, what: &str, err: io::Error) -> ExtensionError {
        ExtensionError::new(format!("failed to {what} `{}`", self.file.display())).because(err)
    }
}

/// Something that was told, and when.
#[derive(Serialize)]
struct Told<'a, S> {
    time: String,
    #[serde(flatten)]
    said: &'a S,
}

/// What was told as an object of JSON, in one line.
fn object(said: &impl Serialize) -> String {
    let told = Told { time: Timestamp::now().to_string(), said };
    serde_json::to_string(&told).expect("what is told is plain data")
}

impl AuditLogger for JsonLines {
    fn about(&self) -> About {
        About::new("json-lines", Version::new(1, 0))
    }

    fn keeping(&self) -> Keeping {
        Keeping::Tries
    }

    fn log(&self, event: &Event) -> Result<(), ExtensionError> {
        self.add(event)
    }

    fn export(&self, scope: &Scope, out: &mut dyn Write) -> Result<(), ExtensionError> {
        let mut copy = || -> io::Result<()> {
            let file = match File::open(&self.file) {
                Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
                opened => opened?,
            };
            for line in BufReader::new(file).lines() {
                let line = line?;
                let event: serde_json::Value = serde_json::from_str(&line)?;
                if event["tenant"] == scope.tenant() {
                    writeln!(out, "{line}")?;
                }
            }
            Ok(())
        };
        copy().map_err(|err| self.failed("export", err))
    }
}

impl Notifier for JsonLines {
    fn about(&self) -> About {
        About::new("json-lines", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError> {
        self.add(notice)
    }
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::edition::conformance::{self, fakes::subject};

    use super::*;

    #[test]
    fn lines_keep_to_what_the_extension_points_promise() {
        let place = tempfile::tempdir().unwrap();
        let events = JsonLines::new(place.path().join("events"));
        conformance::audit(&events, &subject("acme"), &subject("umbra"));
        conformance::notifier(&JsonLines::new(place.path().join("notices")), &subject("acme"));
    }
}
