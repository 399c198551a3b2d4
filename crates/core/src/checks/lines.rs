// SPDX-License-Identifier: Apache-2.0
//! In which line of a file something stands.

/// Counts the lines of a text, going on from where it was asked last.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line, from 1, of a byte that is not before the one asked for last; `None`
    /// if the text is none that has lines.
    pub(super) fn at(&mut self, offset: usize) -> Option<u32> {
        let between = self.text.get(self.at..offset)?;
        if memchr::memchr(0, between).is_some() {
            return None;
        }
        let lines = memchr::memchr_iter(b'\n', between).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = offset;
        Some(self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one() {
        let mut lines = Lines::of(b"a\nb\n\nc\0d\n");
        let asked = [0, 1, 2, 4, 5, 8].map(|offset| lines.at(offset));
        assert_eq!(asked, [Some(1), Some(1), Some(2), Some(3), Some(4), None]);
    }
}
