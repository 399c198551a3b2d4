// SPDX-License-Identifier: Apache-2.0
//! Which commands have passed on which public tree.
//!
//! A note can spare a sync commands that passed under the same circumstances: the same
//! tree, commands, limits and variables, and the same version of this program. It is under
//! a checksum, and a damaged one is none. What is asked by a check of ours never goes by
//! it: the question to cargo is asked each time.

use std::fs;
use std::path::PathBuf;

use repo_sync_shared::ObjectId;
use sha2::{Digest as _, Sha256};

use super::place::variables;
use crate::git::Environment;
use crate::hex::hex;
use crate::manifest::Standalone;
use crate::session::Session;

/// How many are kept, the newest first.
const KEPT: usize = 32;

/// The circumstances of one run, and where those that passed are noted.
pub(super) struct Note {
    file: PathBuf,
    /// A digest of the circumstances.
    key: String,
}

impl Note {
    pub(super) fn of(
        session: &Session<'_>,
        settings: &Standalone,
        tree: ObjectId,
        environment: &Environment,
    ) -> Self {
        let name = &session.policy.mirror.name;
        let file = session.repo.kept_of(name).join("standalone");
        Self { file, key: key(settings, tree, environment) }
    }

    /// Whether all commands are known to have passed.
    pub(super) fn is_known(&self) -> bool {
        self.noted().contains(&self.key)
    }

    /// Notes that all commands have passed.
    pub(super) fn remember(self) {
        let older = self.noted().into_iter().filter(|key| *key != self.key);
        let keys: Vec<_> = std::iter::once(self.key.clone()).chain(older).take(KEPT).collect();
        // Without it the next run takes longer; nothing else depends on it.
        let _ = self.file.parent().map(fs::create_dir_all);
        let _ = fs::write(&self.file, written(&keys));
    }

    fn noted(&self) -> Vec<String> {
        fs::read_to_string(&self.file).map_or_else(|_| Vec::new(), |text| read(&text))
    }
}

/// A digest of all that the commands are run with.
fn key(settings: &Standalone, tree: ObjectId, environment: &Environment) -> String {
    let Standalone { commands, cargo: _, sync: _, env: _, time_limit, output_limit, line: _ } =
        settings;
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(tree.as_bytes());
    add(&(commands.len() as u64).to_le_bytes());
    for command in commands {
        add(command.text.as_bytes());
    }
    add(&time_limit.as_secs().to_le_bytes());
    add(&output_limit.to_le_bytes());
    for (name, value) in variables(settings, environment) {
        add(name.as_encoded_bytes());
        add(value.as_encoded_bytes());
    }
    hex(&digest.finalize())
}

/// The checksum of the rest, and a line for each.
fn written(keys: &[String]) -> String {
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    format!("{}\n{lines}", hex(&Sha256::digest(lines.as_bytes())))
}

/// What was written; nothing of a text that is damaged.
fn read(text: &str) -> Vec<String> {
    let is_whole = |(sum, lines): &(&str, &str)| *sum == hex(&Sha256::digest(lines.as_bytes()));
    let lines = text.split_once('\n').filter(is_whole).map_or("", |(_, lines)| lines);
    lines.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::manifest::ShellLine;

    #[test]
    fn a_note_is_read_whole_or_not_at_all() {
        let keys = ["a".repeat(64), "b".repeat(64)];
        let text = written(&keys);
        assert_eq!(read(&text), keys);
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] ^= 1;
            let damaged = String::from_utf8(damaged).expect("it was ASCII and is");
            assert_eq!(read(&damaged), [""; 0], "byte {at} is another");
            assert_eq!(read(&text[..at]), [""; 0], "{at} bytes");
        }
    }

    #[test]
    fn whatever_a_command_is_run_with_makes_another_key() {
        let base = || Standalone {
            commands: vec![ShellLine { text: "make".to_owned(), line: 7 }],
            cargo: false,
            sync: true,
            env: vec!["CC".to_owned()],
            time_limit: Duration::from_secs(60),
            output_limit: 1000,
            line: 6,
        };
        let environment = |cc: &str| Environment::new([("CC".into(), cc.into())]);
        let usual = key(&base(), ObjectId::EMPTY_TREE, &environment("gcc"));
        let check = |what: &str, is_same: bool, edit: fn(&mut Standalone)| {
            let mut other = base();
            edit(&mut other);
            let other = key(&other, ObjectId::EMPTY_TREE, &environment("gcc"));
            assert_eq!(other == usual, is_same, "{what}");
        };
        check("nothing", true, |_| {});
        check("where the manifest says so", true, |it| it.line = 9);
        check("a command", false, |it| it.commands[0].text = "make all".to_owned());
        check("another command", false, |it| it.commands.push(it.commands[0].clone()));
        check("the time", false, |it| it.time_limit = Duration::from_secs(61));
        check("the output", false, |it| it.output_limit = 1001);
        check("a variable less", false, |it| it.env.clear());
        check("the places of Rust", true, |it| it.cargo = true);
        assert_ne!(key(&base(), ObjectId::NULL, &environment("gcc")), usual, "the tree");
        assert_ne!(key(&base(), ObjectId::EMPTY_TREE, &environment("cc")), usual, "a value");
    }
}
