// SPDX-License-Identifier: Apache-2.0
//! Turns a pattern as Go reads it into one that means the same here.
//!
//! Go takes some bytes literally that are special in Rust's syntax. Whatever Rust's
//! parser still refuses after this (look-around, back references) is refused.

/// The same pattern in Rust's syntax.
pub(super) fn from_go(pattern: &str) -> String {
    let mut rust = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '\\' => escape(rest, &mut rust),
            '[' => class(rest, &mut rust),
            '{' => brace(rest, &mut rust),
            _ => {
                rust.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    rust
}

/// Copies the escape that `rest` begins with, and says how long it is.
fn escape(rest: &str, rust: &mut String) -> usize {
    if let Some(quoted) = rest.strip_prefix(r"\Q") {
        let (text, whole) = match quoted.split_once(r"\E") {
            Some((text, _)) => (text, text.len() + r"\Q\E".len()),
            None => (quoted, rest.len()),
        };
        rust.push_str(&regex_syntax::escape(text));
        return whole;
    }
    let Some(escaped) = rest[1..].chars().next() else {
        // A lone backslash at the end: an error in both languages.
        rust.push('\\');
        return 1;
    };
    let mut whole = 1 + escaped.len_utf8();
    match escaped {
        // Word boundaries in Rust, plain bytes in Go.
        '<' | '>' => rust.push(escaped),
        // `\x{41}`, `\p{Greek}`: the braces are part of the escape.
        'x' | 'p' | 'P' if rest[whole..].starts_with('{') => {
            whole = rest.find('}').map_or(rest.len(), |end| end + 1);
            rust.push_str(&rest[..whole]);
        }
        _ => rust.push_str(&rest[..whole]),
    }
    whole
}

/// Copies the class that `rest` begins with, and says how long it is. In Go, a class
/// neither nests nor has operators.
fn class(rest: &str, rust: &mut String) -> usize {
    let mut at = if rest.starts_with("[^") { 2 } else { 1 };
    rust.push_str(&rest[..at]);
    let first = at;
    while let Some(next) = rest[at..].chars().next() {
        match next {
            // As the first member, a closing bracket is one of the class.
            ']' if at > first => {
                rust.push(']');
                return at + 1;
            }
            ']' => rust.push_str(r"\]"),
            '\\' => {
                at += escape(&rest[at..], rust);
                continue;
            }
            '[' => match rest[at..].starts_with("[:").then(|| rest[at..].find(":]")).flatten() {
                Some(end) => {
                    rust.push_str(&rest[at..at + end + 2]);
                    at += end + 2;
                    continue;
                }
                None => rust.push_str(r"\["),
            },
            '&' | '~' => {
                rust.push('\\');
                rust.push(next);
            }
            // Two in a row would be an operator: the second ends a range, or is itself.
            '-' if rest[..at].ends_with('-') && at > first => rust.push_str(r"\-"),
            _ => rust.push(next),
        }
        at += next.len_utf8();
    }
    at
}

/// Copies the brace that `rest` begins with: as it is if it starts a repetition, else
/// as the literal that it is in Go.
fn brace(rest: &str, rust: &mut String) -> usize {
    if !is_repetition(rest) {
        rust.push('\\');
    }
    rust.push('{');
    1
}

/// Whether this begins with `{n}`, `{n,}` or `{n,m}`.
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest[1..].split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Pattern;
    use super::*;

    #[test]
    fn what_go_takes_literally_is_escaped() {
        check(r"a{2}b{1,}c{1,3}", r"a{2}b{1,}c{1,3}", "aabc");
        check(r"^\$\{[a-z]+}$", r"^\$\{[a-z]+}$", "${ab}");
        check(r"^${x}$", r"^$\{x}$", "");
        check(r"{{\w+}}", r"\{\{\w+}}", "{{a}}");
        check(r"x{,3}", r"x\{,3}", "x{,3}");
        check(r"x{1,2", r"x\{1,2", "x{1,2");
        check(r"\<a\>", r"<a>", "<a>");
        check(r"\b{x", r"\b\{x", "");
        check(r"\x{41}\p{Greek}", r"\x{41}\p{Greek}", "Aα");
        check(r"\Qa.b\E+", r"a\.b+", "a.bb");
        check(r"\Qa{", r"a\{", "a{");
    }

    #[test]
    fn a_class_neither_nests_nor_has_operators() {
        check(r"^[[a]$", r"^[\[a]$", "[");
        check(r"[]a]x", r"[\]a]x", "]x");
        check(r"[^]a]x", r"[^\]a]x", "bx");
        check(r"[[:digit:]_]", r"[[:digit:]_]", "7");
        check(r"[a&&b]+$", r"[a\&\&b]+$", "&&");
        check(r"[+--]", r"[+-\-]", ",");
        check(r"[{}]{2}", r"[{}]{2}", "{}");
        check(r"[\]{]", r"[\]{]", "{");
        check(r"[\x{41}-\x{43}]", r"[\x{41}-\x{43}]", "B");
    }

    /// The pattern as it comes out, which then matches the text (if there is one).
    #[track_caller]
    fn check(go: &str, rust: &str, text: &str) {
        assert_eq!(from_go(go), rust);
        let pattern = Pattern::new(rust, &[]).expect("the row holds a valid pattern");
        assert!(text.is_empty() || pattern.is_match(text.as_bytes()), "{rust} on {text}");
    }
}
