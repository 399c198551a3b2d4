// SPDX-License-Identifier: Apache-2.0
//! A page of the documentation as a test sees it: headings and fenced blocks.

/// What a page asks to be run.
pub(crate) struct Page {
    /// From the root of the workspace, for messages.
    pub(crate) path: String,
    pub(crate) blocks: Vec<Block>,
}

/// A fenced block.
#[derive(Clone)]
pub(crate) struct Block {
    /// The number of its first line in the page, for messages.
    pub(crate) line: usize,
    /// The last heading of the second level before it.
    section: String,
    pub(crate) code: Code,
}

/// What is in a block.
#[derive(Clone)]
pub(crate) enum Code {
    /// Fenced as `sh`: commands that have to succeed.
    Run(String),
    /// Fenced as `console`: commands, each with the screen that it leaves.
    Show(Vec<Shown>),
}

/// A command in a `console` block.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) command: String,
    pub(crate) screen: String,
}

impl Page {
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut section = String::new();
        let mut lines = (1..).zip(text.lines());
        while let Some((line, text)) = lines.next() {
            if let Some(heading) = text.strip_prefix("## ") {
                heading.clone_into(&mut section);
            }
            let Some(language) = text.trim_start().strip_prefix("```") else { continue };
            let inside: Vec<_> = lines
                .by_ref()
                .map(|(_, text)| text)
                .take_while(|text| text.trim_start() != "```")
                .collect();
            let code = match language {
                "sh" => Code::Run(inside.join("\n")),
                "console" => Code::Show(shown(&inside)),
                // A picture, or a file to look at.
                // What is written in Rust is held against a file that is built.
                "" | "toml" | "yaml" | "json" | "rust" => continue,
                other => panic!("{path}:{line}: what is a block of `{other}`?"),
            };
            blocks.push(Block { line, section: section.clone(), code });
        }
        Self { path: path.to_owned(), blocks }
    }

    /// Only what stands under one heading.
    pub(crate) fn section(&self, heading: &str) -> Self {
        let blocks: Vec<_> =
            self.blocks.iter().filter(|block| block.section == heading).cloned().collect();
        assert!(!blocks.is_empty(), "{} has nothing to run under `{heading}`", self.path);
        Self { path: self.path.clone(), blocks }
    }
}

/// `$ ` begins a command, `> ` goes on with it, and the rest is what it prints.
fn shown(lines: &[&str]) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Shown { command: command.to_owned(), screen: String::new() });
            continue;
        }
        let last = all.last_mut().expect("a block of a screen begins with a command");
        match line.strip_prefix("> ") {
            Some(more) if last.screen.is_empty() => {
                last.command.push('\n');
                last.command.push_str(more);
            }
            Some(_) | None => {
                last.screen.push_str(line);
                last.screen.push('\n');
            }
        }
    }
    all
}
