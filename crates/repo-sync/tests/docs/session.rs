// SPDX-License-Identifier: Apache-2.0
//! Runs a page as its reader would: from top to bottom, in one shell, in a place
//! with nothing of this machine in it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use repo_sync_testing::{History, TestEnv};

use crate::page::{Code, Page};

/// Runs all blocks of a page, and compares what it shows with what there is.
pub(crate) fn run(page: &Page) {
    let env = TestEnv::new("sh", History::new().build());
    let [work, bin, screens] = ["work", "bin", "screens"].map(|name| env.join(name));
    for dir in [&work, &bin, &screens] {
        fs::create_dir(dir).expect("the scratch place is writable");
    }
    symlink(env!("CARGO_BIN_EXE_repo-sync"), bin.join("repo-sync"))
        .expect("the scratch place is writable");
    let path = std::env::var("PATH").expect("git is found by it");
    let env =
        env.in_dir(&work).var("PATH", format!("{}:{path}", bin.display())).var("SCREENS", &screens);
    let ended = env.run(["-eu", "-c", &script(page)]);
    assert_eq!(ended.status, 0, "{}\n{}{}", page.path, ended.stdout, ended.stderr);
    assert!(screens.join("end").exists(), "{} does not run to its end", page.path);
    compare(page, &screens, &work);
}

/// The page as one shell script. It says where it stopped, and keeps each screen
/// that the page shows in a file of its own.
fn script(page: &Page) -> String {
    let mut script = "at=0\ntrap 'test $? = 0 || echo \"stopped at line $at\" >&2' 0\n".to_owned();
    for block in &page.blocks {
        let _ = writeln!(script, "at={}", block.line);
        match &block.code {
            Code::Run(text) => script += &format!("{text}\n"),
            Code::Show(all) => {
                for (number, shown) in all.iter().enumerate() {
                    let file = format!("\"$SCREENS\"/{}-{number}", block.line);
                    let _ = writeln!(
                        script,
                        "{{ {}\n}} >{file} 2>&1 || echo \"[exit status: $?]\" >>{file}",
                        shown.command
                    );
                }
            }
        }
    }
    script + "\n: >\"$SCREENS\"/end\n"
}

fn compare(page: &Page, screens: &Path, work: &Path) {
    let mut wrong = String::new();
    for block in &page.blocks {
        let Code::Show(all) = &block.code else { continue };
        for (number, shown) in all.iter().enumerate() {
            let screen = fs::read(screens.join(format!("{}-{number}", block.line)))
                .expect("the script wrote it");
            let screen =
                String::from_utf8_lossy(&screen).replace(&*work.to_string_lossy(), "/home/you");
            if !agrees(&normal(&shown.screen), &normal(&screen)) {
                let _ = writeln!(
                    wrong,
                    "{}:{}\n$ {}\n--- it says\n{}--- it is\n{screen}",
                    page.path, block.line, shown.command, shown.screen
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whether a screen is the one that a page shows, where a line `…` of the page
/// stands for any number of lines.
fn agrees(said: &str, is: &str) -> bool {
    fn rest(said: &[&str], is: &[&str]) -> bool {
        match (said.split_first(), is.split_first()) {
            (None, found) => found.is_none(),
            (Some((&"…", after)), found) => {
                rest(after, is) || found.is_some_and(|(_, less)| rest(said, less))
            }
            (Some((line, after)), Some((found, less))) => line == found && rest(after, less),
            (Some(_), None) => false,
        }
    }
    let [said, is] = [said, is].map(|text| text.lines().collect::<Vec<_>>());
    rest(&said, &is)
}

/// The text with `<id>` for every object id and `<day>` for every date: a reader's
/// are others.
fn normal(text: &str) -> String {
    let mut normal = String::new();
    for line in text.lines() {
        let mut word = String::new();
        for c in line.trim_end().chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() || c == '-' {
                word.push(c);
                continue;
            }
            normal.push_str(match &*word {
                id if is_id(id) => "<id>",
                day if is_day(day) => "<day>",
                other => other,
            });
            word.clear();
            normal.push(c);
        }
    }
    normal
}

fn is_id(word: &str) -> bool {
    (7..=40).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_day(word: &str) -> bool {
    let digits = word.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b });
    digits.eq(*b"0000-00-00")
}

#[test]
fn a_screen_is_compared_without_ids_and_days() {
    check("main 9ed4c5aa56..cc5ea2adbf", "main 1234567890..abcdefabcd", true);
    check("2026-11-22  A", "2023-01-02  A", true);
    check("2 new", "3 new", false);
    check("a\n…\nz", "a\nb\nc\nz", true);
    check("a\n…\nz", "a\nz", true);
    check("a\n…", "b\nz", false);
    check("a", "a\nb", false);
    check("a\nb", "a", false);
    check("faded", "caded", false);

    #[track_caller]
    fn check(said: &str, is: &str, expected: bool) {
        assert_eq!(agrees(&normal(said), &normal(is)), expected, "{said:?} {is:?}");
    }
}
