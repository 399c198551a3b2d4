// SPDX-License-Identifier: Apache-2.0
//! An edition of one's own: `repo-sync` that rings a bell when a mirror needs somebody.
//!
//! The example of the guide to the extension points.

use std::io::{self, Write as _};
use std::process::ExitCode;

use repo_sync::open;
use repo_sync::program::Program;
use repo_sync_shared::edition::{About, ExtensionError, Notice, Notifier, State, Version};
use repo_sync_shared::escape_text;

/// Rings when a mirror is not in order any more.
struct Bell;

impl Notifier for Bell {
    fn about(&self) -> About {
        // The version that this was written for, as a number and not as the constant.
        About::new("bell", Version::new(1, 0))
    }

    fn listens(&self) -> bool {
        true
    }

    fn notify(&self, notice: &Notice) -> Result<(), ExtensionError> {
        let bell = if notice.now == State::InOrder { "" } else { "\u{7}" };
        // Names come from others, so they are escaped.
        let subject = escape_text(notice.subject.to_string().as_bytes());
        let (before, now) = (notice.before.name(), notice.now.name());
        writeln!(io::stderr(), "{bell}{subject} was {before} and is {now}")
            .map_err(|err| ExtensionError::new("failed to ring").because(err))
    }
}

fn main() -> ExitCode {
    let registry = open::builder().notifier(Bell).build();
    let registry = registry.expect("the bell was written for this major version");
    repo_sync::main(&Program::new("acme-sync", registry))
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::edition::conformance::{self, fakes::subject};

    use super::*;

    #[test]
    fn the_bell_keeps_to_what_a_notifier_promises() {
        conformance::notifier(&Bell, &subject("acme"));
    }
}
