// SPDX-License-Identifier: Apache-2.0
//! Classes in a pattern, such as `[a-z]`, that two readers could take for different
//! bytes. They are refused, since a verifier or a person would be one of the readers.

use super::pattern::PatternError;

/// Refuses classes that two readers of patterns could take for different bytes.
pub(super) fn check_classes(component: &str) -> Result<(), PatternError> {
    let mut rest = component.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => drop(rest.next()),
            '[' => {
                let text = rest.as_str();
                let members = text.strip_prefix(['!', '^']).unwrap_or(text);
                // A bracket that comes first is a member; what is not closed is the glob
                // compiler's to refuse.
                let end = members.char_indices().skip(1).find(|&(_, c)| c == ']');
                let Some((end, _)) = end else { return Ok(()) };
                check_members(&members[..end])?;
                rest = members[end + 1..].chars();
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_members(members: &str) -> Result<(), PatternError> {
    if members.contains('\\') {
        return Err(PatternError::EscapeInClass);
    }
    if let Some(wide) = members.chars().find(|c| !c.is_ascii()) {
        return Err(PatternError::WideClass(wide));
    }
    let mut rest = members.as_bytes();
    while let [_, tail @ ..] = rest {
        rest = match tail {
            [b'-', _, b'-', _, ..] => return Err(PatternError::JoinedRanges),
            [b'-', _, after @ ..] => after,
            after => after,
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_one_reading_or_none() {
        check("[a-c]x[!0-9-][]-a]", None);
        check("[a-][-a][--0]", None);
        check("\\[\u{e9}", None);
        check(r"[\", None);
        check(r"\\[a]\]", None);
        check("[", None);
        check("[\u{e9}", None);
        check("\u{e9}[a]\u{e9}", None);
        check("x[a\u{e9}]", Some(PatternError::WideClass('\u{e9}')));
        check("[a][!]\u{e9}]", Some(PatternError::WideClass('\u{e9}')));
        check(r"[a\]{b", Some(PatternError::EscapeInClass));
        check(r"[\]]", Some(PatternError::EscapeInClass));
        check("[a-c-e]", Some(PatternError::JoinedRanges));
        check("[^0-9-a]", Some(PatternError::JoinedRanges));
    }

    #[track_caller]
    fn check(component: &str, expected: Option<PatternError>) {
        assert_eq!(check_classes(component).err(), expected, "{component}");
    }
}
