// SPDX-License-Identifier: Apache-2.0
//! An error as a person sees it: what failed, why, and what to do.

use std::io;

use repo_sync_shared::escape_text;

use crate::error::CliError;
use crate::ui::{Palette, Ui};

/// Writes `Error:`, a `Caused by:` for each cause, and a `Hint:`.
pub fn write(ui: &mut Ui, err: &CliError) -> io::Result<()> {
    let Palette { error, hint, bold, .. } = ui.palette_err();
    let mut chain = err.chain();
    let first = chain.next().unwrap_or_default();
    let out = ui.alert();
    writeln!(out, "{error}Error:{error:#} {}", lines(&first))?;
    for cause in chain {
        writeln!(out, "{bold}Caused by:{bold:#} {}", lines(&cause))?;
    }
    if let Some(text) = err.hint() {
        writeln!(out, "{hint}Hint:{hint:#} {}", lines(text))?;
    }
    Ok(())
}

/// An error may point at a line of the manifest and so have lines of its own, but
/// nothing in it may move the cursor.
fn lines(text: &str) -> String {
    text.trim_end().lines().map(|line| escape_text(line.as_bytes())).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;
    use crate::render::testing::screen;

    #[test]
    fn an_error_says_what_why_and_what_to_do() {
        let moved = || anyhow!("`refs/heads/main` is at 9b03d7e").context("failed to publish");
        check(
            CliError::failed(moved()).with_hint("run `repo-sync plan` again"),
            "Error: failed to publish\nCaused by: `refs/heads/main` is at 9b03d7e\nHint: run `repo-sync plan` again\n",
        );
        check(CliError::usage(anyhow!("no such branch")), "Error: no such branch\n");
        check(
            CliError::usage(anyhow!("error at line 7\n  |\n7 | \x1b[2Jexlude = []\n")),
            "Error: error at line 7\n  |\n7 | \\u{1b}[2Jexlude = []\n",
        );
    }

    #[test]
    fn a_redacted_error_keeps_its_chain_and_no_name() {
        let err = anyhow!("cannot read `cloud/bill.rs` in 4f4f4f4f4f").context("failed to plan");
        check(
            CliError::failed(err).with_hint("look at `cloud/bill.rs`").redacted(),
            "Error: failed to plan\nCaused by: cannot read `…` in …\nHint: look at `…`\n",
        );
    }

    #[track_caller]
    fn check(err: CliError, expected: &str) {
        assert_eq!(screen(|ui| write(ui, &err)).err(), expected);
    }
}
