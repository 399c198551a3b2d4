// SPDX-License-Identifier: Apache-2.0
//! What the new public commits say, each read once.

use std::collections::HashMap;

use repo_sync_core::log::{LogLine, public_line};

use super::Shown;
use crate::error::CliError;

/// The lines of the new images.
pub(super) struct Log {
    lines: Vec<LogLine>,
    /// Where the line of an image is.
    places: HashMap<u32, usize>,
}

impl Log {
    /// Reads them, as the mirror will show them.
    pub(super) fn read(shown: &mut Shown<'_, '_>) -> Result<Self, CliError> {
        let new = &shown.ended.plan.new;
        let mut lines = Vec::with_capacity(new.len());
        for &image in new {
            let line = public_line(&mut shown.session.replay, image)?;
            lines.push(line.unwrap_or_default());
        }
        let places = new.iter().copied().zip(0..).collect();
        Ok(Self { lines, places })
    }

    /// All of them, parents first.
    pub(super) fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// The line of an image, if that is new.
    pub(super) fn of(&self, image: u32) -> Option<&LogLine> {
        self.places.get(&image).map(|&place| &self.lines[place])
    }
}
