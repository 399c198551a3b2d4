// SPDX-License-Identifier: Apache-2.0
//! What a run looks like: for people, for scripts, and for a forge's CI.
//!
//! A report is shown in the format that was asked for, and redacted first if that
//! was asked for, so no format can forget to.

use std::borrow::Cow;
use std::io;

use repo_sync_shared::{Fleet, Report};

use crate::args::{Format, GlobalArgs};
use crate::ui::Ui;

pub mod check;
pub mod error;
pub mod explain;
pub mod findings;
pub mod github;
pub mod import;
pub mod json;
pub mod plan;
pub mod redact;
pub mod sarif;
pub mod status;
pub mod summary;
#[cfg(test)]
pub(crate) mod testing;

/// Shows the report of one run.
///
/// As text that is its findings, on stderr; what was published is the command's
/// to tell, in its own words.
pub fn report(ui: &mut Ui, global: &GlobalArgs, report: &Report) -> io::Result<()> {
    let report = if global.redact { &redact::report(report) } else { report };
    match global.format {
        Format::Text => findings::write(ui, report),
        Format::Github => github::report(ui, report),
        Format::Json | Format::Sarif => object(ui, global.format, report),
    }
}

/// Writes a report as the one object that a format for programs asks for; nothing
/// in a format for people.
pub(crate) fn object(ui: &mut Ui, format: Format, report: &Report) -> io::Result<()> {
    match format {
        Format::Text | Format::Github => Ok(()),
        Format::Json => json::report(ui, report),
        Format::Sarif => sarif::log(ui, std::slice::from_ref(report)),
    }
}

/// Shows the reports of `--all`.
pub fn fleet(ui: &mut Ui, global: &GlobalArgs, fleet: &Fleet) -> io::Result<()> {
    if global.format.is_text() {
        return fleet.mirrors.iter().try_for_each(|mirror| report(ui, global, mirror));
    }
    let fleet = if global.redact { &redact::fleet(fleet) } else { fleet };
    match global.format {
        Format::Sarif => sarif::log(ui, &fleet.mirrors),
        Format::Text | Format::Github | Format::Json => json::fleet(ui, fleet),
    }
}

/// A number of things, in words: `1 file`, `2 files`.
pub(crate) fn count(number: u64, thing: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{s}")
}

/// The day of a commit, by the clock of Greenwich so that it is the same for all.
pub(crate) fn when(time: Option<i64>) -> String {
    let day = time.and_then(|time| jiff::Timestamp::from_second(time).ok());
    let day = day.map(|day| day.to_zoned(jiff::tz::TimeZone::UTC).date().to_string());
    day.unwrap_or_else(|| "no date".to_owned())
}

/// A word as a shell reads it.
pub(crate) fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,%=".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{refused, screen};

    #[test]
    fn what_is_asked_to_be_redacted_is_so_in_every_format() {
        for format in [Format::Text, Format::Json, Format::Github, Format::Sarif] {
            let shows = |redact: bool| {
                let global = GlobalArgs { format, redact, ..GlobalArgs::default() };
                let one = screen(|ui| report(ui, &global, &refused()));
                let all =
                    Fleet { version: 1, command: "sync".to_owned(), mirrors: vec![refused()] };
                let all = screen(|ui| fleet(ui, &global, &all));
                [one, all].map(|screen| (screen.out() + &screen.err()).contains("bill"))
            };
            assert_eq!((shows(false), shows(true)), ([true; 2], [false; 2]), "{format:?}");
        }
    }

    #[test]
    fn a_word_is_one_to_a_shell() {
        check("import/pull-7", "import/pull-7");
        check("../mirror.git", "../mirror.git");
        check("git@host.example:acme/widget.git", "git@host.example:acme/widget.git");
        check("a b", "'a b'");
        check("$(x)", "'$(x)'");
        check("it's", "'it'\\''s'");
        check("", "''");
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(shell_word(text), expected);
    }
}
