// SPDX-License-Identifier: Apache-2.0
//! What a change would make public, for somebody who reviews it at a forge: a notice at each
//! file that nobody could read before, and a page for the summary of the job.

use std::fmt::Write as _;
use std::io;

use repo_sync_shared::escape_text;

use super::{Checked, Commit, File, Files};
use crate::render::summary::text;
use crate::render::{count, github};
use crate::ui::Ui;

/// So many notices of one step are shown:
/// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>.
const NOTICES: usize = 10;

/// So many rows are readable; and the page of a step must not grow over a mebibyte.
const ROWS: usize = 500;

/// What a file is called that nobody could read before.
const NEW: &str = "newly public";

/// Writes the notices, and adds the page to the step's summary.
pub(super) fn write(ui: &mut Ui, checked: &Checked) -> io::Result<()> {
    for file in checked.files.added.iter().take(NOTICES) {
        writeln!(ui.stdout(), "{}", notice(file))?;
    }
    github::add_to_summary(ui, &page(checked))
}

/// The forge shows it at the private file, which is the one in the change.
fn notice(file: &File) -> String {
    let mut said = format!("once this is merged, everybody can read `{}`", file.path);
    if !file.at_head {
        said += " in the history: the file is gone again, its commit is not";
    }
    github::annotation_at("notice", &file.private_path, NEW, &said)
}

fn page(checked: &Checked) -> String {
    let mut page = String::new();
    write_page(&mut page, checked).expect("writing to a String cannot fail");
    page
}

fn write_page(page: &mut String, checked: &Checked) -> std::fmt::Result {
    let Checked { commits, files, .. } = checked;
    let Files { added, changed, leaving } = files;
    if commits.is_empty() {
        return writeln!(page, "Merging this would publish nothing.\n");
    }
    writeln!(
        page,
        "Merging this would publish {}: {} newly public, {} changed, {} leaving.\n",
        count(commits.len() as u64, "commit"),
        count(added.len() as u64, "file"),
        changed.len(),
        leaving.len(),
    )?;
    let files = [(NEW, added), ("changed", changed), ("leaves; its past stays public", leaving)];
    let files = files.iter().flat_map(|(what, list)| list.iter().map(move |file| (*what, file)));
    table(page, "| | Public file | Private file | First in |\n|---|---|---|---|", files, |row| {
        let (what, file) = row;
        let gone = if *what == NEW && !file.at_head { ", in the history only" } else { "" };
        let (public, private) = (text(&file.path), text(&file.private_path));
        format!("| {what}{gone} | {public} | {private} | {} |", file.commit.short())
    })?;
    let newest_first = commits.iter().rev();
    table(
        page,
        "| Private | Public | Author | Subject |\n|---|---|---|---|",
        newest_first,
        |commit| {
            let Commit { private, public, line } = commit;
            let [author, subject] = [&line.author, &line.subject].map(|it| text(&escape_text(it)));
            format!("| {} | {} | {author} | {subject} |", private.short(), public.short())
        },
    )
}

/// A table, cut off where it gets long.
fn table<T>(
    page: &mut String,
    head: &str,
    rows: impl Iterator<Item = T>,
    line: impl Fn(&T) -> String,
) -> std::fmt::Result {
    writeln!(page, "{head}")?;
    let rows: Vec<T> = rows.collect();
    for row in rows.iter().take(ROWS) {
        writeln!(page, "{}", line(row))?;
    }
    match rows.len().checked_sub(ROWS) {
        None | Some(0) => writeln!(page),
        Some(more) => writeln!(page, "\nand {more} more\n"),
    }
}

#[cfg(test)]
mod tests {
    use repo_sync_core::log::LogLine;
    use repo_sync_shared::{ObjectId, Outcome, PrivateCommit, PublicCommit, Report};

    use super::*;
    use crate::render::testing::screen;

    fn checked() -> Checked {
        let private = PrivateCommit::new(ObjectId::from_hex(&b"5a".repeat(20)).unwrap());
        let public = PublicCommit::new(ObjectId::from_hex(&b"8f".repeat(20)).unwrap());
        let file = |path: &str, private_path: &str, at_head| File {
            path: path.to_owned(),
            private_path: private_path.to_owned(),
            commit: private,
            at_head,
        };
        let line = LogLine {
            subject: b"docs: a | guide".to_vec(),
            author: b"A U Thor".to_vec(),
            ..LogLine::default()
        };
        Checked {
            report: Report::new("check", Outcome::Planned),
            commits: vec![Commit { private, public, line }],
            files: Files {
                added: vec![
                    file("docs/guide.md", "docs/public/guide.md", true),
                    file("src/try.rs", "src/try.rs", false),
                ],
                changed: vec![file("src/lib.rs", "src/lib.rs", true)],
                leaving: vec![file("src/old.rs", "src/old.rs", false)],
            },
        }
    }

    #[test]
    fn a_page_shows_files_and_commits() {
        insta::assert_snapshot!(page(&checked()), @r#"
        Merging this would publish 1 commit: 2 files newly public, 1 changed, 1 leaving.

        | | Public file | Private file | First in |
        |---|---|---|---|
        | newly public | docs/guide.md | docs/public/guide.md | 5a5a5a5a5a |
        | newly public, in the history only | src/try.rs | src/try.rs | 5a5a5a5a5a |
        | changed | src/lib.rs | src/lib.rs | 5a5a5a5a5a |
        | leaves; its past stays public | src/old.rs | src/old.rs | 5a5a5a5a5a |

        | Private | Public | Author | Subject |
        |---|---|---|---|
        | 5a5a5a5a5a | 8f8f8f8f8f | A U Thor | docs: a \| guide |
        "#);
        let nothing = Files { added: Vec::new(), changed: Vec::new(), leaving: Vec::new() };
        let nothing = Checked { commits: Vec::new(), files: nothing, ..checked() };
        assert_eq!(page(&nothing), "Merging this would publish nothing.\n\n");
    }

    #[test]
    fn each_newly_public_file_has_a_notice() {
        insta::assert_snapshot!(screen(|ui| write(ui, &checked())).out(), @r#"
        ::notice file=docs/public/guide.md,title=newly public::once this is merged, everybody can read `docs/guide.md`
        ::notice file=src/try.rs,title=newly public::once this is merged, everybody can read `src/try.rs` in the history: the file is gone again, its commit is not
        "#);
    }

    #[test]
    fn a_long_table_is_cut_off() {
        let mut page = String::new();
        table(&mut page, "head", 0..ROWS + 7, usize::to_string).unwrap();
        assert!(page.ends_with("\n499\n\nand 7 more\n\n"), "{page}");
    }
}
