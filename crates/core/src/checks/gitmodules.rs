// SPDX-License-Identifier: Apache-2.0
//! The settings of a `.gitmodules`, as git's configuration syntax has them
//! (<https://git-scm.com/docs/git-config#_syntax>).

/// A setting of one submodule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The submodule.
    pub(super) name: Vec<u8>,
    /// The setting, in lower case.
    pub(super) key: String,
    /// What it is set to; empty where there is no `=`.
    pub(super) value: Vec<u8>,
    /// Where, from 1.
    pub(super) line: u32,
}

/// All settings of submodules, or the first line that does not read.
pub(super) fn settings(text: &[u8]) -> Result<Vec<Setting>, u32> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = Reader { text, at: 0, line: 1 };
    let mut settings = Vec::new();
    // The submodule of the section we are in; `None` in one that is not about any.
    let mut name: Option<Vec<u8>> = None;
    while let Some(byte) = reader.peek() {
        let line = reader.line;
        match byte {
            b'\n' | b' ' | b'\t' | b'\r' => reader.skip(),
            b'#' | b';' => reader.skip_line(),
            b'[' => name = reader.section().ok_or(line)?,
            byte if byte.is_ascii_alphabetic() => {
                let (key, value) = reader.setting().ok_or(line)?;
                if let Some(name) = name.clone() {
                    settings.push(Setting { name, key, value, line });
                }
            }
            _ => return Err(reader.line),
        }
    }
    Ok(settings)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self) {
        self.next();
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        self.line += u32::from(byte == b'\n');
        Some(byte)
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// The submodule that a section is about. The outer `None`: it does not read.
    #[expect(clippy::option_option, reason = "a section that does not read, one of no submodule")]
    fn section(&mut self) -> Option<Option<Vec<u8>>> {
        self.next();
        let start = self.at;
        while self.peek()?.is_ascii_alphanumeric() || matches!(self.peek()?, b'-' | b'.') {
            self.at += 1;
        }
        let kind = self.text[start..self.at].to_ascii_lowercase();
        self.skip_blanks();
        match self.next()? {
            // `[submodule.name]` is the old way to write a section.
            b']' => Some(kind.strip_prefix(b"submodule.").map(<[u8]>::to_vec)),
            b'"' => {
                let mut name = Vec::new();
                loop {
                    match self.next()? {
                        b'"' => break,
                        b'\n' => return None,
                        b'\\' => name.push(self.next().filter(|&byte| byte != b'\n')?),
                        byte => name.push(byte),
                    }
                }
                (self.next()? == b']').then(|| (kind == b"submodule").then_some(name))
            }
            _ => None,
        }
    }

    fn setting(&mut self) -> Option<(String, Vec<u8>)> {
        let mut key = String::new();
        while let Some(byte) =
            self.peek().filter(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            key.push(char::from(byte.to_ascii_lowercase()));
            self.at += 1;
        }
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n' | b'#' | b';') => Some((key, Vec::new())),
            Some(b'\r') if self.text.get(self.at + 1) == Some(&b'\n') => Some((key, Vec::new())),
            Some(b'=') => {
                self.at += 1;
                self.skip_blanks();
                Some((key, self.value()?))
            }
            Some(_) => None,
        }
    }

    fn value(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        let mut quoted = false;
        // Up to here the value counts: blanks at its end do not.
        let mut end = 0;
        loop {
            match self.peek() {
                None | Some(b'\n') => break,
                Some(b'\r') if self.text.get(self.at + 1) == Some(&b'\n') => break,
                Some(b'#' | b';') if !quoted => {
                    self.skip_line();
                    break;
                }
                Some(b'"') => {
                    quoted = !quoted;
                    self.at += 1;
                    end = value.len();
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.next()? {
                        // A line that goes on.
                        b'\n' => continue,
                        b'\r' if self.peek() == Some(b'\n') => {
                            self.next();
                            continue;
                        }
                        b'n' => value.push(b'\n'),
                        b't' => value.push(b'\t'),
                        b'b' => value.push(8),
                        byte @ (b'"' | b'\\') => value.push(byte),
                        _ => return None,
                    }
                    end = value.len();
                }
                Some(byte) => {
                    self.at += 1;
                    value.push(byte);
                    if quoted || !matches!(byte, b' ' | b'\t') {
                        end = value.len();
                    }
                }
            }
        }
        value.truncate(end);
        (!quoted).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_git_reads_them() {
        check("[submodule \"a\"]\n\tpath = a\n\turl = x\n", Ok("a.path=a a.url=x"));
        check("[submodule \"a\\\"b\"] # c\nPath=\"x # y\" ; z", Ok("a\"b.path=x # y"));
        check("[Submodule.a]\r\nurl = x\r\n", Ok("a.url=x"));
        check("[submodule \"a\"]\nurl = x \\\n y\nshallow\n", Ok("a.url=x  y a.shallow="));
        check("[submodule \"a\"]\r\nurl = x \\\r\n y\r\n", Ok("a.url=x  y"));
        check("[submodule \"a\"] path = b\n", Ok("a.path=b"));
        check("[core]\nx = y\n; c\n# c\n", Ok(""));
        check("\u{feff}[submodule \"a\"]\nurl = a\\tb\n", Ok("a.url=a\tb"));
        check("", Ok(""));
    }

    #[test]
    fn what_does_not_read_is_named_by_its_line() {
        check("[submodule \"a\"]\npath = \"a\n", Err(2));
        check("[submodule \"a\n", Err(1));
        check("\n\n[submodule \"a\" x]\n", Err(3));
        check("[submodule \"a\"]\n\npath ~ a\n", Err(3));
        check("=\n", Err(1));
        check("[submodule \"a\"]\nurl = a\\x\n", Err(2));
        check("[submodule \"a\"]\nurl = a\\\rx\n", Err(2));
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, u32>) {
        let shown = settings(text.as_bytes()).map(|all| {
            let each = all.iter().map(|one| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                format!("{}.{}={}", text(&one.name), one.key, text(&one.value))
            });
            each.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(shown.as_deref().map_err(|&line| line), expected, "{text}");
    }
}
