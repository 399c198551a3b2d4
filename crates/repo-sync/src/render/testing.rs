// SPDX-License-Identifier: Apache-2.0
//! What the tests of the renderers share: a screen to look at, and a report.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use repo_sync_shared::{Check, Finding, ObjectId, Outcome, PrivateCommit, Report};

use crate::ui::{Ui, UiOptions};

/// Bytes that are written in one place and read in another.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both streams of a `Ui`.
#[derive(Default)]
pub(crate) struct Screen {
    out: Shared,
    err: Shared,
}

impl Screen {
    pub(crate) fn ui(&self, options: &UiOptions) -> Ui {
        Ui::with_streams(options, self.out.clone(), self.err.clone())
    }

    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    pub(crate) fn err(&self) -> String {
        self.err.text()
    }
}

/// What `show` writes to both streams.
pub(crate) fn screen(show: impl FnOnce(&mut Ui) -> io::Result<()>) -> Screen {
    let screen = Screen::default();
    let mut ui = screen.ui(&UiOptions::default());
    show(&mut ui).unwrap();
    ui.finish().unwrap();
    screen
}

/// A refused sync with a finding of each shape.
pub(crate) fn refused() -> Report {
    let commit = |byte| Some(PrivateCommit::new(ObjectId::from_bytes([byte; 20])));
    let mut report = Report::new("sync", Outcome::Refused);
    report.mirror = Some("public".to_owned());
    report.counts.private_commits = 5;
    report.counts.dropped = 5;
    report.refusals = vec![
        Finding {
            check: Check::PathDenied,
            commit: commit(0x4f),
            path: Some("cloud/bill.rs".to_owned()),
            line: None,
            rule: Some("sync.toml:9 `cloud`".to_owned()),
            hint: "move it off the floor, or withhold `4f4f4f4f4f`".to_owned(),
        },
        Finding {
            check: Check::MovedFromPrivate,
            commit: commit(0x5a),
            path: Some("src/a,b: c%.rs".to_owned()),
            line: Some(7),
            rule: None,
            hint: "it was `cloud/ab.rs`; add a `[[waiver]]` if it may be public".to_owned(),
        },
    ];
    report.warnings = vec![Finding {
        check: Check::UnknownPublicRef,
        commit: None,
        path: None,
        line: None,
        rule: None,
        hint: "delete `refs/heads/tmp` on the mirror\nor list it".to_owned(),
    }];
    report
}
