// SPDX-License-Identifier: Apache-2.0
//! Files that are not what they seem: pointers, ciphertext, our own markers.

use repo_sync_shared::Check;

use super::{Look, NewBlob, NewText};
use crate::object::EntryKind;
use crate::report::RawFinding;

/// How a pointer file begins
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// How a value that SOPS encrypted begins.
const SOPS_VALUE: &[u8] = b"ENC[AES256_GCM,data:";

/// Words that begin and end a section which is cut out of public files.
const MARKERS: [&[u8]; 2] = [b"repo-sync: private", b"repo-sync: end"];

/// What may stand before a marker: the comment signs of most languages.
const COMMENT_SIGNS: &[u8] = b" \t/#*;-%!<>{}()\"'";

pub(super) struct Content;

impl Look for Content {
    fn blob(&self, blob: &NewBlob<'_>, found: &mut Vec<RawFinding>) {
        if blob.entry.kind == EntryKind::Symlink {
            return;
        }
        if blob.data.starts_with(LFS) {
            let hint = "a Git LFS pointer: the file behind it would not be published, and its hash \
                        would; publish the file itself or exclude the path";
            found.push(blob.finding(Check::LfsPointer, hint));
        }
        if let Some(tool) = encrypted_by(blob.data) {
            let hint = format!(
                "encrypted with {tool}: ciphertext that is public once can be kept until its key \
                 leaks; exclude the path"
            );
            found.push(blob.finding(Check::EncryptedFile, hint));
        }
        if let Some(line) = marker(blob.data) {
            found.push(blob.finding(Check::LeftMarker, LEFT_MARKER).line(line));
        }
    }

    fn text(&self, text: &NewText<'_>, found: &mut Vec<RawFinding>) {
        if marker(text.data).is_some() {
            found.push(RawFinding::at(Check::LeftMarker, text.commit, LEFT_MARKER));
        }
    }
}

const LEFT_MARKER: &str = "a marker of a private section is left in public text; take it out, or let \
                           `[transform]` cut the section";

/// The tool that made the ciphertext, if these bytes are such.
fn encrypted_by(data: &[u8]) -> Option<&'static str> {
    if data.starts_with(b"\0GITCRYPT\0") {
        return Some("git-crypt");
    }
    let age: [&[u8]; 2] = [b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----"];
    if age.iter().any(|start| data.starts_with(start)) {
        return Some("age");
    }
    if data.starts_with(b"-----BEGIN PGP MESSAGE-----") {
        return Some("PGP");
    }
    if data.starts_with(b"$ANSIBLE_VAULT;") {
        return Some("Ansible Vault");
    }
    // Encrypted values, and the table that says how to decrypt them.
    let value = memchr::memmem::find(data, SOPS_VALUE).map(|at| &data[at + SOPS_VALUE.len()..]);
    let is_value = value.is_some_and(|rest| {
        let len = rest.iter().take_while(|byte| is_base64(**byte)).count();
        rest[len..].starts_with(b",iv:")
    });
    (is_value && memchr::memmem::find(data, b"sops").is_some()).then_some("SOPS")
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The line of the first marker, from 1.
fn marker(text: &[u8]) -> Option<u32> {
    MARKERS.iter().find_map(|marker| {
        memchr::memmem::find_iter(text, marker).find_map(|at| {
            let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
            let alone = text[start..at].iter().all(|byte| COMMENT_SIGNS.contains(byte));
            let rest = &text[at + marker.len()..];
            let ends = rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric());
            let line = memchr::memchr_iter(b'\n', &text[..at]).count() + 1;
            (alone && ends).then(|| u32::try_from(line).unwrap_or(u32::MAX))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_stands_alone_behind_comment_signs() {
        let check =
            |text: &str, line: Option<u32>| assert_eq!(marker(text.as_bytes()), line, "{text}");
        let marked = |sign: &str, end: &str| format!("a\n{sign} repo-sync: {end}\nb\n");
        check(&marked("//", "private"), Some(2));
        check(&marked("    #", "end"), Some(2));
        check(&marked("<!--", "private -->"), Some(2));
        check(&marked("words", "private"), None);
        check(&marked("//", "privately"), None);
        check("repo-sync: public\n", None);
    }

    #[test]
    fn ciphertext_is_known_by_its_beginning() {
        let check = |data: &[u8], tool: Option<&str>| assert_eq!(encrypted_by(data), tool);
        check(b"\0GITCRYPT\0\x01\x02", Some("git-crypt"));
        check(b"age-encryption.org/v1\n-> X25519 abc\n", Some("age"));
        let value =
            |iv: &str| [b"a: ", SOPS_VALUE, b"Zm9v", iv.as_bytes(), b"\nsops: 3\n"].concat();
        check(&value(",iv:y]"), Some("SOPS"));
        check(&value(" and so on"), None);
        check(b"$ANSIBLE_VAULT;1.1;AES256\n3138", Some("Ansible Vault"));
        check(b"GITCRYPT is a tool\n", None);
        check(b"see age-encryption.org/v1\n", None);
    }
}
