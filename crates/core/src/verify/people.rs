// SPDX-License-Identifier: Apache-2.0
//! The verifier's own reading of `[identity]`: who may be named, and how.

use std::collections::HashMap;

use super::trailers::{is_space, on_one_line, people_begin, trailers, trim};

/// What a manifest says about people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum People {
    /// Everybody stays as written: `keep`, and `allow-domains`, which only refuses.
    Keep,
    /// As the file at this path of the commit's own tree has it.
    Mailmap(String),
    /// This one for everybody.
    Overwrite(String),
}

/// People under one manifest, and the mailmap of one commit.
pub(super) struct Public<'a> {
    pub(super) people: &'a People,
    pub(super) mailmap: Option<&'a Mailmap>,
}

impl Public<'_> {
    /// The public form of an author, committer or tagger.
    pub(super) fn header(&self, who: &[u8]) -> Vec<u8> {
        if let People::Overwrite(public) = self.people {
            let after = who.iter().rposition(|&byte| byte == b'>').map(|at| &who[at + 1..]);
            let date = after.filter(|date| {
                date.iter().all(|byte| byte.is_ascii_digit() || b"+- ".contains(byte))
            });
            return [public.as_bytes(), date.unwrap_or(b" 0 +0000")].concat();
        }
        let Some((name, mail, rest)) = person(who) else { return who.to_vec() };
        match self.replaced(name, mail) {
            Some(public) => [&public, rest].concat(),
            None => who.to_vec(),
        }
    }

    /// The message with the people in its trailers in their public form.
    pub(super) fn message(&self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len());
        let mut done = 0;
        if *self.people != People::Keep {
            for trailer in trailers(message, people_begin(message), message.len()) {
                let value = on_one_line(&message[trailer.start..trailer.end]);
                if let Some(public) = self.value(&value) {
                    out.extend_from_slice(&message[done..trailer.start]);
                    out.extend(public);
                    done = trailer.end;
                }
            }
        }
        out.extend_from_slice(&message[done..]);
        out
    }

    /// The value of a trailer, if somebody in it has another public form.
    fn value(&self, value: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut changed = false;
        let mut rest = value;
        loop {
            let gap = rest.iter().take_while(|&&byte| is_space(byte) || b",;".contains(&byte));
            let (gap, text) = rest.split_at(gap.count());
            let Some((name, mail, after)) = person(text) else { break };
            out.extend_from_slice(gap);
            let public = if mail.contains(&b'@') { self.replaced(name, mail) } else { None };
            match public {
                Some(public) => {
                    changed = true;
                    out.extend_from_slice(public.trim_ascii_start());
                }
                None => out.extend_from_slice(&text[..text.len() - after.len()]),
            }
            rest = after;
        }
        out.extend_from_slice(rest);
        changed.then_some(out)
    }

    fn replaced(&self, name: &[u8], mail: &[u8]) -> Option<Vec<u8>> {
        match self.people {
            People::Keep => None,
            People::Overwrite(public) => Some(public.as_bytes().to_vec()),
            People::Mailmap(_) => {
                let (new_name, new_mail) = self.mailmap?.find(name, mail);
                let differs = (&new_name[..], &new_mail[..]) != (name, mail);
                differs.then(|| [&new_name, &b" <"[..], &new_mail, b">"].concat())
            }
        }
    }
}

/// Name, mail and what follows: up to the first `<`, and from there to a `>`.
fn person(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let open = text.iter().position(|&byte| byte == b'<')?;
    let len = text[open + 1..].iter().position(|&byte| byte == b'>')?;
    let close = open + 1 + len;
    Some((trim(&text[..open]), &text[open + 1..close], &text[close + 1..]))
}

/// A mailmap (<https://git-scm.com/docs/gitmailmap>), by address and name in lower
/// case; `None` for any name.
#[derive(Clone, Debug, Default)]
pub(super) struct Mailmap(HashMap<(Vec<u8>, Option<Vec<u8>>), Proper>);

/// A proper name and a proper address, each perhaps.
type Proper = (Option<Vec<u8>>, Option<Vec<u8>>);

impl Mailmap {
    pub(super) fn read(text: &[u8]) -> Self {
        let mut this = Self::default();
        // Git reads text, which ends at a NUL.
        let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"#")) {
            let Some((name, mail, rest)) = person(line).filter(|(_, mail, _)| !mail.is_empty())
            else {
                continue;
            };
            let said = |name: &[u8]| (!name.is_empty()).then(|| name.to_vec());
            let (key, new_mail) = match person(rest) {
                Some((old_name, old_mail, _)) => {
                    let old_name = said(&old_name.to_ascii_lowercase());
                    ((old_mail.to_ascii_lowercase(), old_name), Some(mail.to_vec()))
                }
                None => ((mail.to_ascii_lowercase(), None), None),
            };
            let for_any_name = key.1.is_none();
            let proper = this.0.entry(key).or_default();
            if for_any_name {
                // What a later line does not say stays as an earlier one had it.
                proper.0 = said(name).or(proper.0.take());
                proper.1 = new_mail.or(proper.1.take());
            } else {
                *proper = (said(name), new_mail);
            }
        }
        this
    }

    fn find(&self, name: &[u8], mail: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let address = mail.to_ascii_lowercase();
        let by_name = self.0.get(&(address.clone(), Some(name.to_ascii_lowercase())));
        let found = by_name.or_else(|| self.0.get(&(address, None))).cloned().unwrap_or_default();
        (found.0.unwrap_or_else(|| name.to_vec()), found.1.unwrap_or_else(|| mail.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Mailmap {
        Mailmap::read(
            b"Ada L. <ada@new> <ada@old>\n<bob@new> Bob <bob@old>\n# <x> <y>\n<z> <z@z>\n",
        )
    }

    #[test]
    fn headers_take_their_public_form() {
        let mapped = People::Mailmap(".mailmap".to_owned());
        check(&People::Keep, "A <a@b> 1 +0000", "A <a@b> 1 +0000");
        check(&mapped, "Ada <ADA@old> 12 +0130", "Ada L. <ada@new> 12 +0130");
        check(&mapped, "bob <bob@old> 1 +0000", "bob <bob@new> 1 +0000");
        check(&mapped, "Rob <bob@old>  1 odd", "Rob <bob@old>  1 odd");
        check(&mapped, "no mail", "no mail");
        let one = People::Overwrite("Acme <o@a>".to_owned());
        check(&one, "A <a@b> 12 +0130", "Acme <o@a> 12 +0130");
        check(&one, "A <a@b> secret 1", "Acme <o@a> 0 +0000");
        check(&one, "secret", "Acme <o@a> 0 +0000");
    }

    #[track_caller]
    fn check(people: &People, who: &str, expected: &str) {
        let mailmap = map();
        let public = Public { people, mailmap: Some(&mailmap) }.header(who.as_bytes());
        assert_eq!(String::from_utf8_lossy(&public), expected, "{who}");
    }

    #[test]
    fn trailers_take_their_public_form() {
        let mapped = People::Mailmap(".mailmap".to_owned());
        row(
            &mapped,
            "s\n\nCc: Ada <ada@old>, X <x@y>; <ada@old> # both\nBy: Ada\n  <ada@old>\n",
            "s\n\nCc: Ada L. <ada@new>, X <x@y>; Ada L. <ada@new> # both\nBy: Ada L. <ada@new>\n",
        );
        row(&mapped, "fix: Ada <ada@old>\n", "fix: Ada <ada@old>\n");
        let one = People::Overwrite("Acme <o@a>".to_owned());
        row(&one, "s\n\nFor: Vec<u8>\nBy: A <a@b>", "s\n\nFor: Vec<u8>\nBy: Acme <o@a>");
    }

    #[track_caller]
    fn row(people: &People, message: &str, expected: &str) {
        let mailmap = map();
        let public = Public { people, mailmap: Some(&mailmap) }.message(message.as_bytes());
        assert_eq!(String::from_utf8_lossy(&public), expected);
    }
}
