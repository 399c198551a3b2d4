// SPDX-License-Identifier: Apache-2.0
//! The files of a tree that git itself reads, under every name that some file system
//! takes for theirs.

/// A file that git reads from a worktree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitFile {
    /// `.gitmodules`: where submodules come from.
    Modules,
    /// `.gitattributes`.
    Attributes,
    /// `.gitignore`.
    Ignore,
    /// `.mailmap`.
    Mailmap,
}

impl GitFile {
    const ALL: [Self; 4] = [Self::Modules, Self::Attributes, Self::Ignore, Self::Mailmap];

    /// The file that this name stands for: in any case, with what HFS+ ignores, with
    /// what NTFS cuts from its end, or as a short name of NTFS. These are the names
    /// that git looks out for
    /// (<https://github.com/git/git/blob/master/path.c>, `is_ntfs_dot_generic`).
    pub fn named(name: &[u8]) -> Option<Self> {
        // Nearly every name is seen here to be none of them.
        let near = match name.first()? {
            b'.' => name.len() > 7,
            b'g' | b'G' | b'm' | b'M' => name.contains(&b'~'),
            // The first byte of every code point that HFS+ ignores.
            0xe2 | 0xef => true,
            _ => false,
        };
        Self::ALL.into_iter().find(|file| near && file.is_named(name))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modules => ".gitmodules",
            Self::Attributes => ".gitattributes",
            Self::Ignore => ".gitignore",
            Self::Mailmap => ".mailmap",
        }
    }

    /// What NTFS puts before the number when the plain short names are taken.
    const fn hashed(self) -> &'static str {
        match self {
            Self::Modules => "gi7eba",
            Self::Attributes => "gi7d29",
            Self::Ignore => "gi250a",
            Self::Mailmap => "maba30",
        }
    }

    fn is_named(self, name: &[u8]) -> bool {
        self.is_on_ntfs(name) || self.is_on_hfs(name)
    }

    fn is_on_ntfs(self, name: &[u8]) -> bool {
        if let Some(rest) = after(name, self.name().as_bytes()) {
            return is_cut(rest);
        }
        let plain = &self.name().as_bytes()[1..7];
        if let Some([b'~', b'1'..=b'4', rest @ ..]) = after(name, plain) {
            return is_cut(rest);
        }
        // A short name has eight bytes; the longer the number, the less of the hash.
        let Some((short, rest)) = name.split_at_checked(8) else { return false };
        let Some(tilde) = short.iter().position(|&byte| byte == b'~') else { return false };
        let (stem, number) = (&short[..tilde], &short[tilde + 1..]);
        self.hashed()
            .as_bytes()
            .get(..tilde)
            .is_some_and(|hashed| stem.eq_ignore_ascii_case(hashed))
            && matches!(number, [b'1'..=b'9', digits @ ..] if digits.iter().all(u8::is_ascii_digit))
            && is_cut(rest)
    }

    fn is_on_hfs(self, name: &[u8]) -> bool {
        let Ok(name) = std::str::from_utf8(name) else { return false };
        let kept = name.chars().filter(|&c| !super::tree_check::is_ignored_by_hfs(c));
        kept.map(|c| c.to_ascii_lowercase()).eq(self.name().chars())
    }
}

/// What follows `start`, in any case.
fn after<'n>(name: &'n [u8], start: &[u8]) -> Option<&'n [u8]> {
    let (head, rest) = name.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// Whether NTFS cuts these bytes from the end of a name.
fn is_cut(rest: &[u8]) -> bool {
    matches!(rest.iter().find(|byte| !matches!(byte, b'.' | b' ')), None | Some(b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_git_is_known_by_all_its_names() {
        for name in [
            ".gitmodules",
            ".GITmodules",
            ".gitmodules . .",
            ".gitmodules::$DATA",
            "gitmod~1",
            "GITMOD~4 .",
            "gi7eba~1",
            "GI7EB~10",
            "GI~12345",
            ".git\u{200c}modules",
            "\u{feff}.gitmodules",
        ] {
            assert_eq!(GitFile::named(name.as_bytes()), Some(GitFile::Modules), "{name}");
        }
        for (name, file) in [
            (".gitattributes", GitFile::Attributes),
            ("gitatt~1", GitFile::Attributes),
            ("gi7d29~1", GitFile::Attributes),
            (".gitIgnore", GitFile::Ignore),
            ("gitign~2", GitFile::Ignore),
            ("gi250a~9", GitFile::Ignore),
            (".mailmap", GitFile::Mailmap),
            ("mailma~1", GitFile::Mailmap),
            ("maba30~1", GitFile::Mailmap),
        ] {
            assert_eq!(GitFile::named(name.as_bytes()), Some(file), "{name}");
        }
    }

    #[test]
    fn what_git_does_not_read_is_no_such_file() {
        for name in [
            "",
            ".git",
            "gitmodules",
            ".gitmodules2",
            ".gitmodules.bak",
            "gitmod~5",
            "gitmod~0",
            "gitmod~1x",
            "gi7eba~0",
            "gi7ebb~1",
            "gitmo~10",
            ".gitmodule",
            ".gitkeep",
        ] {
            assert_eq!(GitFile::named(name.as_bytes()), None, "{name}");
        }
    }
}
