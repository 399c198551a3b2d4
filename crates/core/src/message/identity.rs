// SPDX-License-Identifier: Apache-2.0
//! Which names and mail addresses become public, in headers and in trailers.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use repo_sync_shared::escape_bytes;

use super::mailmap::Mailmap;
use super::policy::IdentityMode;
use super::trailers::{block, last_paragraph, line_end, lines, unfold};
use super::{is_space, trim};

/// Mail addresses that may not be public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no allowed domain holds {}", shown(.mails))]
pub struct IdentityRefused {
    /// Each of them, at least one; the whole text where it has no address.
    pub mails: Vec<Vec<u8>>,
}

fn shown(mails: &[Vec<u8>]) -> String {
    let quoted: Vec<_> = mails.iter().map(|mail| format!("`{}`", escape_bytes(mail))).collect();
    quoted.join(", ")
}

/// Whether a text is `Name <mail>`, fit to stand for everybody.
pub fn is_identity(text: &str) -> bool {
    let Some((name, mail)) = text.strip_suffix('>').and_then(|text| text.split_once(" <")) else {
        return false;
    };
    let sound = |part: &str| {
        !part.is_empty()
            && part.trim() == part
            && !part.contains(|c: char| c.is_control() || matches!(c, '<' | '>'))
    };
    sound(name) && sound(mail)
}

/// The public form of an author, committer or tagger: `Name <mail> 123 +0000`.
///
/// The date and zone stay, byte for byte; only where `overwrite` replaces a person
/// and what stands after the mail is no date, it becomes `0 +0000`, since it could
/// be anything. `allow-domains` refuses what has no mail address, or more than a
/// date after it, since nobody can say whose it is.
pub fn apply_identity<'w>(
    mode: &IdentityMode,
    mailmap: Option<&Mailmap>,
    who: &'w [u8],
) -> Result<Cow<'w, [u8]>, IdentityRefused> {
    if let IdentityMode::Overwrite(public) = mode {
        let date = memrchr(b'>', who).map(|close| &who[close + 1..]);
        let date = date.filter(|date| is_date(date)).unwrap_or(b" 0 +0000");
        return Ok(Cow::Owned([public.as_bytes(), date].concat()));
    }
    let person = Person::split(who);
    if matches!(mode, IdentityMode::AllowDomains(_))
        && !person.is_some_and(|person| is_date(person.rest))
    {
        return Err(IdentityRefused { mails: vec![who.to_vec()] });
    }
    let Some(person) = person else { return Ok(Cow::Borrowed(who)) };
    Ok(match public_person(mode, mailmap, person)? {
        Some(public) => Cow::Owned([&public, person.rest].concat()),
        None => Cow::Borrowed(who),
    })
}

/// The public form of a message, as far as it names people in trailers.
///
/// These are read more widely than git reads trailers, since a name in a sloppy one
/// is as public as any: every line of the form `Key: …`, with the lines that
/// continue it, in the last paragraph and in git's own trailer block, even if other
/// lines stand there; but not the first line of the message. In its value, every
/// `Name <mail>` is a person if the mail has an `@`; the name may be absent.
pub fn apply_identity_to_trailers<'m>(
    mode: &IdentityMode,
    mailmap: Option<&Mailmap>,
    message: &'m [u8],
) -> Result<Cow<'m, [u8]>, IdentityRefused> {
    if *mode == IdentityMode::Keep || memchr(b'<', message).is_none() {
        return Ok(Cow::Borrowed(message));
    }
    let mut public = Vec::new();
    let mut copied = 0;
    let mut mails = Vec::new();
    for line in lines(message, people_start(message)..message.len()) {
        let value = unfold(&message[line.value.clone()]);
        match people(mode, mailmap, &value) {
            Ok(Some(rewritten)) => {
                public.extend_from_slice(&message[copied..line.value.start]);
                public.extend_from_slice(&rewritten);
                copied = line.value.end;
            }
            Ok(None) => {}
            Err(refused) => mails.extend(refused.mails),
        }
    }
    if !mails.is_empty() {
        return Err(IdentityRefused { mails });
    }
    if copied == 0 {
        return Ok(Cow::Borrowed(message));
    }
    public.extend_from_slice(&message[copied..]);
    Ok(Cow::Owned(public))
}

/// Where the lines begin that may be trailers.
fn people_start(message: &[u8]) -> usize {
    let paragraph = last_paragraph(message);
    let start = block(message).map_or(paragraph, |block| block.start.min(paragraph));
    // A subject such as `fix: greet Ada <ada@example.com>` is prose.
    let blank = message.iter().take_while(|&&byte| is_space(byte)).count();
    start.max(line_end(message, blank))
}

/// The value of a trailer with its people in their public form, if that differs.
fn people(
    mode: &IdentityMode,
    mailmap: Option<&Mailmap>,
    value: &[u8],
) -> Result<Option<Vec<u8>>, IdentityRefused> {
    let mut public = Vec::new();
    let mut changed = false;
    let mut mails = Vec::new();
    let mut rest = value;
    loop {
        let is_gap = |&&byte: &&u8| is_space(byte) || matches!(byte, b',' | b';');
        let (gap, text) = rest.split_at(rest.iter().take_while(is_gap).count());
        let Some(person) = Person::split(text) else { break };
        let written = &text[..text.len() - person.rest.len()];
        public.extend_from_slice(gap);
        // `Vec<u8>` in a trailer is nobody.
        let is_mail = memchr(b'@', person.mail).is_some();
        match if is_mail { public_person(mode, mailmap, person) } else { Ok(None) } {
            Ok(Some(replacement)) => {
                public.extend_from_slice(replacement.trim_ascii_start());
                changed = true;
            }
            Ok(None) => public.extend_from_slice(written),
            Err(refused) => mails.extend(refused.mails),
        }
        rest = person.rest;
    }
    public.extend_from_slice(rest);
    if mails.is_empty() { Ok(changed.then_some(public)) } else { Err(IdentityRefused { mails }) }
}

/// Somebody, as a text names them.
#[derive(Clone, Copy)]
struct Person<'a> {
    name: &'a [u8],
    mail: &'a [u8],
    /// What follows the `>`.
    rest: &'a [u8],
}

impl<'a> Person<'a> {
    /// Up to the first `<`, and from there to the first `>`, as git reads it.
    fn split(text: &'a [u8]) -> Option<Self> {
        let open = memchr(b'<', text)?;
        let close = open + 1 + memchr(b'>', &text[open + 1..])?;
        let (name, mail) = (trim(&text[..open]), &text[open + 1..close]);
        Some(Self { name, mail, rest: &text[close + 1..] })
    }
}

/// The public `Name <mail>` of somebody, if it differs.
fn public_person(
    mode: &IdentityMode,
    mailmap: Option<&Mailmap>,
    person: Person<'_>,
) -> Result<Option<Vec<u8>>, IdentityRefused> {
    match mode {
        IdentityMode::Keep => Ok(None),
        IdentityMode::Mailmap(_) => {
            let found = mailmap.and_then(|mailmap| mailmap.lookup(person.name, person.mail));
            Ok(found.map(|(name, mail)| [name, b" <", mail, b">"].concat()))
        }
        IdentityMode::AllowDomains(domains) if is_allowed(domains, person.mail) => Ok(None),
        IdentityMode::AllowDomains(_) => Err(IdentityRefused { mails: vec![person.mail.to_vec()] }),
        IdentityMode::Overwrite(public) => Ok(Some(public.clone().into_bytes())),
    }
}

/// Whether the mail's domain is one of these, or below one.
fn is_allowed(domains: &[String], mail: &[u8]) -> bool {
    let Some(at) = memrchr(b'@', mail) else { return false };
    let host = trim(&mail[at + 1..]);
    domains.iter().map(String::as_bytes).any(|domain| {
        let Some(cut) = host.len().checked_sub(domain.len()) else { return false };
        let (below, end) = host.split_at(cut);
        !domain.is_empty()
            && end.eq_ignore_ascii_case(domain)
            && (below.is_empty() || below.ends_with(b"."))
    })
}

/// Whether it can say no more than a date and a zone.
fn is_date(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overwrite() -> IdentityMode {
        IdentityMode::Overwrite("Acme <oss@acme.example>".to_owned())
    }

    fn mailmap() -> IdentityMode {
        IdentityMode::Mailmap(".mailmap".to_owned())
    }

    fn domains() -> IdentityMode {
        IdentityMode::AllowDomains(vec!["acme.example".to_owned(), "x.org".to_owned()])
    }

    fn map() -> Mailmap {
        Mailmap::parse(b"Ada L. <ada@new> <ada@old>\n<bob@new> Bob <bob@old>\n")
    }

    #[test]
    fn keep_changes_nobody() {
        for who in ["A <a@b> 1 +0000", "", "<>", "A"] {
            check(&IdentityMode::Keep, who, Ok(who));
        }
    }

    #[test]
    fn a_mailmap_gives_proper_names() {
        check(&mailmap(), "Ada <ADA@old> 12 +0130", Ok("Ada L. <ada@new> 12 +0130"));
        check(&mailmap(), "bob <bob@old> 1 +0000", Ok("bob <bob@new> 1 +0000"));
        check(&mailmap(), "Rob <bob@old> 1 +0000", Ok("Rob <bob@old> 1 +0000"));
        check(&mailmap(), "  Rob   <r@x>  odd", Ok("  Rob   <r@x>  odd"));
        check(&mailmap(), " <ada@old>  12 odd", Ok("Ada L. <ada@new>  12 odd"));
        check(&mailmap(), "no mail", Ok("no mail"));
        let unmapped = apply_identity(&mailmap(), None, b"Ada <ada@old> 1 +0000");
        assert_eq!(unmapped.as_deref(), Ok(&b"Ada <ada@old> 1 +0000"[..]));
    }

    #[test]
    fn only_mails_of_allowed_domains_pass() {
        for mail in ["a@acme.example", "a@ACME.Example", "a@b.acme.example", "a@b@x.org", "@x.org"]
        {
            let who = format!("A <{mail}> 1 +0000");
            check(&domains(), &who, Ok(&who));
        }
        for mail in
            ["a@evilacme.example", "a@acme.example.com", "a@example", "a@x.org.", "x.org", ""]
        {
            check(&domains(), &format!("A <{mail}> 1 +0000"), Err(mail));
        }
        check(&IdentityMode::AllowDomains(vec![String::new()]), "A <a@b> 1 +0000", Err("a@b"));
    }

    #[test]
    fn what_names_nobody_or_two_is_in_no_allowed_domain() {
        for who in
            ["A", "", "A <a@x.org", "A <a@x.org> <b@secret> 1 +0000", "A <a@x.org> b 1 +0000"]
        {
            check(&domains(), who, Err(who));
        }
        check(&domains(), "A <a@x.org>", Ok("A <a@x.org>"));
        check(
            &domains(),
            "A <a@x.org>  -99999999999 +99999",
            Ok("A <a@x.org>  -99999999999 +99999"),
        );
    }

    #[test]
    fn one_stands_for_everybody() {
        check(&overwrite(), "A <a@b> 12 +0130", Ok("Acme <oss@acme.example> 12 +0130"));
        check(&overwrite(), "A <a@b>  1 ", Ok("Acme <oss@acme.example>  1 "));
        check(&overwrite(), "A <a@b> <c@d> 1 +0000", Ok("Acme <oss@acme.example> 1 +0000"));
        check(&overwrite(), "A <a@b>", Ok("Acme <oss@acme.example>"));
        check(&overwrite(), "A <a@b> secret 1 +0000", Ok("Acme <oss@acme.example> 0 +0000"));
        check(&overwrite(), "secret", Ok("Acme <oss@acme.example> 0 +0000"));
    }

    #[track_caller]
    fn check(mode: &IdentityMode, who: &str, expected: Result<&str, &str>) {
        let public = apply_identity(mode, Some(&map()), who.as_bytes());
        let shown = public.map(|who| String::from_utf8_lossy(&who).into_owned());
        let expected = expected.map(str::to_owned);
        let expected = expected.map_err(|mail| IdentityRefused { mails: vec![mail.into()] });
        assert_eq!(shown, expected, "{who}");
    }

    #[test]
    fn people_in_trailers_are_treated_like_authors() {
        let trailers = "s\n\nCo-authored-by: Ada <ada@old>\nBy: X <x@y>\nCc: Bob <bob@old>\n";
        let mapped = "s\n\nCo-authored-by: Ada L. <ada@new>\nBy: X <x@y>\nCc: Bob <bob@new>\n";
        check_message(&mailmap(), trailers, Ok(mapped));
        let signed = "s\n\nBy: A <a@b>";
        check_message(&overwrite(), signed, Ok("s\n\nBy: Acme <oss@acme.example>"));
        check_message(&domains(), signed, Err(&["a@b"]));
        check_message(&domains(), "s\n\nBy: A <a@x.org>", Ok("s\n\nBy: A <a@x.org>"));
        check_message(&domains(), trailers, Err(&["ada@old", "x@y", "bob@old"]));
        check_message(&IdentityMode::Keep, signed, Ok(signed));
    }

    #[test]
    fn a_line_may_name_several_people_or_none() {
        let mode = mailmap();
        check_message(
            &mode,
            "s\n\nCc: Ada <ada@old>, X <x@y>; <ada@old> # both\n",
            Ok("s\n\nCc: Ada L. <ada@new>, X <x@y>; Ada L. <ada@new> # both\n"),
        );
        check_message(
            &mode,
            "s\n\nBy: Ada\n  <ada@old>\nB: 1\n",
            Ok("s\n\nBy: Ada L. <ada@new>\nB: 1\n"),
        );
        for message in ["s\n\nFor: Vec<u8>\n", "s\n\nBy: a@b\n", "s\n\nBy: A <a@b\n"] {
            check_message(&overwrite(), message, Ok(message));
            check_message(&domains(), message, Ok(message));
        }
    }

    #[test]
    fn trailers_are_looked_for_widely_but_prose_is_not_touched() {
        let mode = domains();
        for found in [
            "s\n\nprose\nBy: A <a@b>\n",
            "s\nBy: A <a@b>\n",
            "\n\ns\nBy: A <a@b>\n",
            "s\n\nBy: A <a@b>\n\n \n",
            "s\n\nBy: A <a@b>\n\nConflicts:\n\tfile\n",
            "s\n\nBy: A <a@b>\n# comment\n",
            "s\r\n\r\nBy: A <a@b>\r\n",
        ] {
            check_message(&mode, found, Err(&["a@b"]));
        }
        for prose in [
            "fix: greet A <a@b>\n",
            "\nfix: greet A <a@b>\nprose",
            "s\n\nBy: A <a@b>\n\nprose\n",
            "s\n\nsee A <a@b>: why\n",
            "s\n\nno key <a@b>\n",
            "",
        ] {
            check_message(&mode, prose, Ok(prose));
        }
    }

    #[track_caller]
    fn check_message(mode: &IdentityMode, message: &str, expected: Result<&str, &[&str]>) {
        let public = apply_identity_to_trailers(mode, Some(&map()), message.as_bytes());
        let shown = public.map(|message| String::from_utf8_lossy(&message).into_owned());
        let shown = shown.map_err(|refused| refused.mails);
        let mails = |mails: &[&str]| mails.iter().map(|mail| mail.as_bytes().to_vec()).collect();
        assert_eq!(shown, expected.map(str::to_owned).map_err(mails), "{message:?}");
    }

    #[test]
    fn an_identity_is_a_name_and_a_mail() {
        assert!(is_identity("Acme Bot <bot@acme.example>"));
        for text in [
            "",
            "Acme",
            "<a@b>",
            " <a@b>",
            "A<a@b>",
            "A <a@b> ",
            "A <>",
            "A <a@b>>",
            "A <a@b> <c@d>",
            "A\n <a@b>",
            "A <a\0@b>",
            "A  <a@b>",
        ] {
            assert!(!is_identity(text), "{text:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_mails_and_nothing_that_moves_a_cursor() {
        let refused = apply_identity(&domains(), None, b"A <\x1b@b> 1 +0000");
        let text = refused.expect_err("the domain is not allowed").to_string();
        assert_eq!(text, "no allowed domain holds `\\u{1b}@b`");
    }
}
