// SPDX-License-Identifier: Apache-2.0
//! A mailmap, read as git reads one from a blob.
//!
//! See <https://git-scm.com/docs/gitmailmap>. Names and addresses match without
//! regard to ASCII case; what is said later of the same person holds.

use memchr::memchr;
use rustc_hash::FxHashMap;

use super::trim;

/// Names and addresses as they should be.
#[derive(Clone, Debug, Default)]
pub struct Mailmap {
    by_mail: FxHashMap<Vec<u8>, Entry>,
}

/// What to put for an address.
#[derive(Clone, Debug, Default)]
struct Entry {
    whatever_name: Proper,
    by_name: FxHashMap<Vec<u8>, Proper>,
}

/// A proper name, a proper address, or both.
#[derive(Clone, Debug, Default)]
struct Proper {
    name: Option<Vec<u8>>,
    mail: Option<Vec<u8>>,
}

impl Mailmap {
    /// Reads a mailmap. A line that says nothing is skipped, as git does.
    pub fn parse(data: &[u8]) -> Self {
        let mut mailmap = Self::default();
        // Git's text ends at a NUL, and nothing after one may say otherwise to us.
        let text = &data[..memchr(0, data).unwrap_or(data.len())];
        for line in text.split(|&byte| byte == b'\n') {
            if !line.starts_with(b"#") {
                mailmap.add_line(line);
            }
        }
        mailmap
    }

    fn add_line(&mut self, line: &[u8]) {
        let Some((name, mail, rest)) = name_and_mail(line) else { return };
        if mail.is_empty() {
            return;
        }
        let (mut proper, old_name, old_mail) = match name_and_mail(rest) {
            Some((old_name, old_mail, _)) => {
                (Proper { name: None, mail: Some(mail.to_vec()) }, old_name, old_mail)
            }
            None => (Proper::default(), None, mail),
        };
        proper.name = name.map(<[u8]>::to_vec);
        let entry = self.by_mail.entry(old_mail.to_ascii_lowercase()).or_default();
        match old_name {
            Some(old_name) => {
                entry.by_name.insert(old_name.to_ascii_lowercase(), proper);
            }
            None => {
                let Proper { name, mail } = proper;
                entry.whatever_name.name = name.or(entry.whatever_name.name.take());
                entry.whatever_name.mail = mail.or(entry.whatever_name.mail.take());
            }
        }
    }

    /// The proper name and address of somebody, if they differ from what is written.
    pub fn lookup<'a>(&'a self, name: &'a [u8], mail: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let entry = self.by_mail.get(&mail.to_ascii_lowercase())?;
        let proper = entry.by_name.get(&name.to_ascii_lowercase()).unwrap_or(&entry.whatever_name);
        let found =
            (proper.name.as_deref().unwrap_or(name), proper.mail.as_deref().unwrap_or(mail));
        (found != (name, mail)).then_some(found)
    }
}

/// The name before the first address, if any, that address, and what follows it.
#[expect(clippy::type_complexity, reason = "three parts of one line, taken apart at once")]
fn name_and_mail(text: &[u8]) -> Option<(Option<&[u8]>, &[u8], &[u8])> {
    let open = memchr(b'<', text)?;
    let close = open + 1 + memchr(b'>', &text[open + 1..])?;
    let name = Some(trim(&text[..open])).filter(|name| !name.is_empty());
    Some((name, &text[open + 1..close], &text[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    const PEOPLE: [&str; 9] = [
        "Ada <ada@new>",
        "Ada <ada@old>",
        "ada <ADA@old>",
        "Bob <ada@old>",
        "BOB <ADA@OLD>",
        "Ada B. <bob@x>",
        "Ada <>",
        "Zoë <zoe@x>",
        "<ada@old>",
    ];

    #[test]
    fn the_four_forms_of_a_line() {
        check("Ada L. <ada@old>");
        check("<ada@proper> <ada@old>");
        check("Ada L. <ada@proper> <ada@old>");
        check("Ada L. <ada@proper> Bob <ada@old>");
        check("<ada@proper> Bob <ada@old>");
    }

    #[test]
    fn what_is_said_later_holds() {
        check("One <ada@old>\nTwo <ada@old>");
        check("One <ada@old>\n<mail@x> <ADA@old>");
        check("One <one@x> Bob <ada@old>\nTwo <two@x> bob <ada@old>\nThree <ada@old>");
        check("One <one@x> Bob <ada@old>\n<two@x> bob <ada@old>");
    }

    #[test]
    fn odd_lines_are_read_as_git_reads_them() {
        for line in [
            "",
            "# Ada L. <ada@old>",
            " # Ada L. <ada@old>",
            "Ada L.",
            "Ada L. <",
            "Ada L. <>",
            "Ada L. <> <ada@old>",
            "Ada L. <a@b> <>",
            "  Ada L.\t <ada@old>  # why\r",
            "<ada@old>",
            "Ada <a@b> <ada@old> <bob@x>",
            "Zoé <zoe@x>",
            "Ada L. <ada@old> trailing",
            "Ada> L. <ada@old>",
            "Ada L. <ada@p> \t <ada@old>",
            "Ada L.<ada@p>Bob<ada@old>",
            "Ada <ada@old",
            "\rAda <ada@old>",
        ] {
            check(line);
        }
    }

    #[test]
    fn nothing_after_a_nul_counts() {
        let mailmap = Mailmap::parse(b"A <a@b>\n\0\nB <b@c>\n");
        assert_eq!(mailmap.lookup(b"x", b"a@b"), Some((&b"A"[..], &b"a@b"[..])));
        assert_eq!(mailmap.lookup(b"x", b"b@c"), None);
    }

    /// Git is the judge of what each of the people becomes.
    #[track_caller]
    fn check(text: &str) {
        let git = Git::new();
        let blob = git.line(&["hash-object", "-w", "--stdin"], text.as_bytes());
        let blob = format!("mailmap.blob={blob}");
        let people = PEOPLE.join("\n");
        let judged = git.ok(&["-c", &blob, "check-mailmap", "--stdin"], people.as_bytes());
        let mailmap = Mailmap::parse(text.as_bytes());
        let ours: Vec<_> = PEOPLE.iter().map(|person| mapped(&mailmap, person)).collect();
        let judged = String::from_utf8(judged).expect("the rows are UTF-8");
        assert_eq!(ours.join("\n"), judged.trim_end(), "{text:?}");
    }

    fn mapped(mailmap: &Mailmap, person: &str) -> String {
        let (name, mail, _) = name_and_mail(person.as_bytes()).expect("the rows hold people");
        let name = name.unwrap_or_default();
        let (name, mail) = mailmap.lookup(name, mail).unwrap_or((name, mail));
        let (name, mail) = (String::from_utf8_lossy(name), String::from_utf8_lossy(mail));
        format!("{name} <{mail}>").trim_start().to_owned()
    }
}
