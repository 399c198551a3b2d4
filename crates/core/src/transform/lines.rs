// SPDX-License-Identifier: Apache-2.0
//! Sections between markers, cut out of a text together with their marker lines.

use std::fmt;

use memchr::memmem;

/// What may stand before a marker on its line: the comment signs of most languages.
const COMMENT_SIGNS: &[u8] = b" \t/#*;-%!<>{}()\"'";

/// What begins a comment that has code before it on its line. A marker there cuts nothing,
/// and whoever wrote it thinks that it does.
const OPENERS: [&[u8]; 5] = [b"//", b"#", b"--", b"/*", b"<!--"];

/// The texts that begin and end a section, as a manifest declares them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Markers {
    begin: String,
    end: String,
}

/// Why two texts cannot be markers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkersError {
    /// One is empty, has a line break or a space at an end, or holds what is no text.
    #[error("a marker is a text within one line, with no space at its ends")]
    NotAText,
    /// A line that has the one would have the other as well.
    #[error("no line may begin a section and end one: let neither marker begin with the other")]
    Alike,
}

/// Why sections could not be cut out of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// A section that nothing ends.
    #[error("line {line} begins a private section that nothing ends")]
    NotEnded {
        /// Its first line, from 1.
        line: u32,
    },
    /// An end without a beginning.
    #[error("line {line} ends a private section that nothing begins")]
    NotBegun {
        /// The line, from 1.
        line: u32,
    },
    /// A beginning within a section.
    #[error("line {line} begins a private section within another")]
    Nested {
        /// The line, from 1.
        line: u32,
    },
    /// A marker that has something before it.
    #[error("the marker on line {line} does not stand alone on its line")]
    NotAlone {
        /// The line, from 1.
        line: u32,
    },
    /// It has markers, but is no UTF-8 text.
    #[error("it has markers, but is not UTF-8, so nobody can say where lines end")]
    NotUtf8,
}

impl LinesError {
    /// The line at fault, from 1.
    pub fn line(self) -> Option<u32> {
        match self {
            Self::NotEnded { line }
            | Self::NotBegun { line }
            | Self::Nested { line }
            | Self::NotAlone { line } => Some(line),
            Self::NotUtf8 => None,
        }
    }
}

/// Which end of a section a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Begin,
    End,
}

impl fmt::Display for Markers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` to `{}`", self.begin, self.end)
    }
}

impl Markers {
    /// Two texts as markers.
    ///
    /// # Errors
    /// No line could have them, or one could have both.
    pub fn new(begin: &str, end: &str) -> Result<Self, MarkersError> {
        let is_text = |text: &str| {
            !text.is_empty() && text.trim() == text && !text.contains(char::is_control)
        };
        if !is_text(begin) || !is_text(end) {
            return Err(MarkersError::NotAText);
        }
        if begin.starts_with(end) || end.starts_with(begin) {
            return Err(MarkersError::Alike);
        }
        Ok(Self { begin: begin.to_owned(), end: end.to_owned() })
    }

    /// The text without its private sections; `None` if it has none.
    ///
    /// # Errors
    /// The markers do not pair up, or the file is no text.
    pub fn strip(&self, file: &[u8]) -> Result<Option<Vec<u8>>, LinesError> {
        let texts = [self.begin.as_bytes(), self.end.as_bytes()];
        if self.in_sixteen_bits(file) {
            return Err(LinesError::NotUtf8);
        }
        if !texts.iter().any(|text| memmem::find(file, text).is_some()) {
            return Ok(None);
        }
        let mut kept = Vec::with_capacity(file.len());
        let mut begun = None;
        for (number, line) in (1..).zip(file.split_inclusive(|&byte| byte == b'\n')) {
            match (self.on(line, number)?, begun) {
                (Some(Marker::Begin), None) => begun = Some(number),
                (Some(Marker::Begin), Some(_)) => return Err(LinesError::Nested { line: number }),
                (Some(Marker::End), Some(_)) => begun = None,
                (Some(Marker::End), None) => return Err(LinesError::NotBegun { line: number }),
                (None, Some(_)) => {}
                (None, None) => kept.extend_from_slice(line),
            }
        }
        if let Some(line) = begun {
            return Err(LinesError::NotEnded { line });
        }
        if kept.len() == file.len() {
            return Ok(None);
        }
        // A byte that is no text may be half of a line break.
        if str::from_utf8(file).is_err() || file.contains(&0) {
            return Err(LinesError::NotUtf8);
        }
        Ok(Some(kept))
    }

    /// The marker that a line is.
    fn on(&self, line: &[u8], number: u32) -> Result<Option<Marker>, LinesError> {
        for (marker, text) in [(Marker::Begin, &self.begin), (Marker::End, &self.end)] {
            for at in memmem::find_iter(line, text) {
                let (before, after) = (&line[..at], &line[at + text.len()..]);
                if after.first().is_some_and(u8::is_ascii_alphanumeric) {
                    continue;
                }
                if before.iter().all(|byte| COMMENT_SIGNS.contains(byte)) {
                    return Ok(Some(marker));
                }
                let before = before.trim_ascii_end();
                if OPENERS.iter().any(|opener| before.ends_with(opener)) {
                    return Err(LinesError::NotAlone { line: number });
                }
            }
        }
        Ok(None)
    }

    /// Whether a marker stands in the file in UTF-16, of either order.
    fn in_sixteen_bits(&self, file: &[u8]) -> bool {
        // Only text with such letters has so many of them.
        if !file.contains(&0) {
            return false;
        }
        [&self.begin, &self.end].into_iter().any(|text| {
            let orders: [fn(u16) -> [u8; 2]; 2] = [u16::to_le_bytes, u16::to_be_bytes];
            orders.into_iter().any(|order| {
                let wide: Vec<u8> = text.encode_utf16().flat_map(order).collect();
                memmem::find(file, &wide).is_some()
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::readings;

    /// Lines are written with `|` between them; `{` stands for the marker that begins a
    /// section, `}` for the one that ends it.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let markers = Markers::new("repo-sync: private", "repo-sync: end").expect("they are sound");
        let text = text.replace('{', "repo-sync: private").replace('}', "repo-sync: end");
        let text = text.replace('|', "\n");
        let stripped = markers.strip(text.as_bytes());
        let verified =
            readings::without_sections(["repo-sync: private", "repo-sync: end"], text.as_bytes());
        match &stripped {
            Ok(kept) => {
                let kept = kept.as_deref().unwrap_or(text.as_bytes());
                assert_eq!(verified.as_deref(), Ok(kept), "the verifier agrees");
            }
            // What the verifier lets pass never comes so far.
            Err(LinesError::NotAlone { .. }) => {}
            Err(_) => assert!(verified.is_err(), "the verifier agrees that it cannot be: {text}"),
        }
        let shown = match stripped {
            Ok(None) => "as it is".to_owned(),
            Ok(Some(kept)) => String::from_utf8(kept).expect("it was UTF-8").replace('\n', "|"),
            Err(err) => err.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn sections_go_with_their_markers() {
        check("a|// {|b|// }|c|", "a|c|");
        check("a|    # {|b|b|\t# } of it|c", "a|c");
        check("<!-- { -->|b|<!-- } -->|", "");
        check("# {|# }|a|# {|b|# }|", "a|");
        check("a|/* { */|b|* }", "a|");
        check("a\r|-- {\r|b\r|-- }\r|c\r|", "a\r|c\r|");
        check("a|b|", "as it is");
        check("", "as it is");
        check("# {ly|# }less|", "as it is");
        check("say `{` to begin, and `}` to end|", "as it is");
        check("let begin = \"{\";|", "as it is");
    }

    #[test]
    fn markers_that_do_not_pair_up_are_named_by_their_line() {
        check("a|// {|b|", "line 2 begins a private section that nothing ends");
        check("a|b|// }|", "line 3 ends a private section that nothing begins");
        check("// {|// {|// }|", "line 2 begins a private section within another");
        check("// {|// }|// }|", "line 3 ends a private section that nothing begins");
        check("bill(); // {|", "the marker on line 1 does not stand alone on its line");
        check("// {|x # }|// }|", "the marker on line 2 does not stand alone on its line");
    }

    #[test]
    fn what_is_no_text_is_not_cut() {
        let markers = Markers::new("begin", "end").expect("they are sound");
        let check = |file: &[u8], expected: Result<Option<Vec<u8>>, LinesError>| {
            let stripped = markers.strip(file);
            let verified = readings::without_sections(["begin", "end"], file);
            assert_eq!(stripped.is_ok(), verified.is_ok(), "the verifier agrees: {file:?}");
            assert_eq!(stripped, expected, "{file:?}");
        };
        check(b"\xff that begins\n", Ok(None));
        check(b"# begin\n\xff\n# end\n", Err(LinesError::NotUtf8));
        check(b"# begin\n\0\n# end\n", Err(LinesError::NotUtf8));
        check(b"\xff\xfe\0", Ok(None));
        let wide: Vec<u8> = "# begin\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&wide, Err(LinesError::NotUtf8));
        check(&[b"x", &wide[..]].concat(), Err(LinesError::NotUtf8));
    }

    #[test]
    fn markers_can_be_told_apart() {
        let check = |begin, end, expected| {
            assert_eq!(Markers::new(begin, end).err(), expected, "{begin} {end}");
        };
        check("ours: begin", "ours: end", None);
        check("", "end", Some(MarkersError::NotAText));
        check(" begin", "end", Some(MarkersError::NotAText));
        check("begin", "e\nnd", Some(MarkersError::NotAText));
        check("ours", "ours: end", Some(MarkersError::Alike));
        check("same", "same", Some(MarkersError::Alike));
    }
}
