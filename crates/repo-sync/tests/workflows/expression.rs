// SPDX-License-Identifier: Apache-2.0
//! The expressions of GitHub's workflows, as far as ours use them. What is not known is an
//! error, where GitHub would take it for an empty text.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/expressions>

use std::collections::BTreeMap;

/// What an expression may name: `github`, `inputs`, `vars` and so on, each with its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contexts(BTreeMap<String, String>);

impl Contexts {
    /// The same with one more value, such as `github.sha`.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// A value. What the owner of a repository may leave out is empty.
    fn get(&self, name: &str) -> String {
        let may_be_absent = ["vars.", "secrets."].iter().any(|context| name.starts_with(context));
        match self.0.get(name) {
            Some(value) => value.clone(),
            None if may_be_absent => String::new(),
            None => panic!("`{name}` has no value"),
        }
    }

    /// The text with each `${{ … }}` in it replaced.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").expect("an expression has an end");
            filled += before;
            filled += &self.value(expression);
            rest = after;
        }
        filled + rest
    }

    /// Whether a step or a job with this condition runs.
    pub(crate) fn holds(&self, condition: &str) -> bool {
        let condition = condition.trim();
        let bare = condition.strip_prefix("${{").and_then(|it| it.strip_suffix("}}"));
        is_true(&self.value(bare.unwrap_or(condition)))
    }

    /// What an expression comes to.
    fn value(&self, expression: &str) -> String {
        let mut reader = Reader { contexts: self, words: words(expression) };
        let value = reader.either();
        assert!(reader.words.is_empty(), "`{expression}` goes on behind its end");
        value
    }
}

fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false" | "0")
}

/// The words of an expression, the last one first.
fn words(expression: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => 2 + rest[1..].find('\'').expect("a text has an end"),
            '(' | ')' => 1,
            '!' if !rest.starts_with("!=") => 1,
            '!' | '=' | '&' | '|' => 2,
            _ => rest.find([' ', '(', ')', '=', '!', '&', '|']).unwrap_or(rest.len()),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words.reverse();
    words
}

struct Reader<'a> {
    contexts: &'a Contexts,
    words: Vec<String>,
}

impl Reader<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.last().is_some_and(|next| next == word);
        if is_next {
            self.words.pop();
        }
        is_next
    }

    fn either(&mut self) -> String {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            if !is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn both(&mut self) -> String {
        let mut value = self.equal();
        while self.takes("&&") {
            let other = self.equal();
            if is_true(&value) {
                value = other;
            }
        }
        value
    }

    fn equal(&mut self) -> String {
        let value = self.one();
        if self.takes("==") {
            return (value == self.one()).to_string();
        }
        if self.takes("!=") {
            return (value != self.one()).to_string();
        }
        value
    }

    fn one(&mut self) -> String {
        if self.takes("!") {
            return (!is_true(&self.one())).to_string();
        }
        if self.takes("(") {
            let value = self.either();
            assert!(self.takes(")"), "a bracket is not closed");
            return value;
        }
        let word = self.words.pop().expect("an expression has a value");
        match word.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            Some(text) => text.to_owned(),
            None => self.contexts.get(&word),
        }
    }
}

#[test]
fn expressions_come_to_what_they_say() {
    let mut contexts = Contexts::default();
    contexts.set("github.base_ref", "main");
    contexts.set("inputs.to", "");
    for (expression, expected) in [
        ("github.base_ref", "main"),
        ("inputs.to || github.base_ref", "main"),
        ("github.base_ref == 'main' && 'yes'", "yes"),
        ("!(inputs.to == '') || vars.NONE != ''", "false"),
    ] {
        assert_eq!(contexts.value(expression), expected, "{expression}");
    }
    assert_eq!(contexts.fill("origin/${{ github.base_ref }}..HEAD"), "origin/main..HEAD");
    assert!(contexts.holds("inputs.to == ''") && !contexts.holds("${{ secrets.NONE }}"));
}
