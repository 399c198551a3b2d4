// SPDX-License-Identifier: Apache-2.0
//! Reports as one JSON object on stdout.

use std::io;

use repo_sync_shared::{Fleet, Report};
use serde::Serialize;

use crate::ui::Ui;

/// Writes the report of one run.
pub fn report(ui: &mut Ui, report: &Report) -> io::Result<()> {
    object(ui, report)
}

/// Writes the reports of `--all`.
pub fn fleet(ui: &mut Ui, fleet: &Fleet) -> io::Result<()> {
    object(ui, fleet)
}

/// Writes what a command says of each mirror: one object, or with `--all` one that
/// holds them under `mirrors`.
pub(crate) fn one_or_many<M: Serialize, O: Serialize>(
    ui: &mut Ui,
    all: bool,
    command: &str,
    mirrors: impl Iterator<Item = M>,
    whole: impl Fn(M) -> O,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Many<'a, M> {
        version: u32,
        command: &'a str,
        mirrors: Vec<M>,
    }
    if all {
        return object(ui, &Many { version: 1, command, mirrors: mirrors.collect() });
    }
    mirrors.map(whole).try_for_each(|one| object(ui, &one))
}

pub(crate) fn object(ui: &mut Ui, object: &impl Serialize) -> io::Result<()> {
    let mut out = ui.stdout();
    serde_json::to_writer(&mut out, object)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use repo_sync_shared::Outcome;

    use super::*;
    use crate::render::testing::screen;

    #[test]
    fn a_report_is_one_line() {
        let empty = Report::new("plan", Outcome::Planned);
        assert_eq!(
            screen(|ui| report(ui, &empty)).out(),
            "{\"version\":1,\"command\":\"plan\",\"mirror\":null,\"outcome\":\"planned\",\"refs\":[],\
             \"counts\":{\"private_commits\":0,\"published\":0,\"dropped\":0,\"already_public\":0},\
             \"refusals\":[],\"warnings\":[],\"foreign\":[],\"error\":null}\n",
        );
    }
}
