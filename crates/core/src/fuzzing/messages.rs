// SPDX-License-Identifier: Apache-2.0
//! What becomes of people and messages, for commits and tags alike.

use crate::message::{
    IdentityMode, Mailmap, MessageMode, Quoted, apply_identity, apply_identity_to_trailers,
    apply_mode, publish_empty, quoted_ids, rewrite_ids,
};
use crate::verify::readings;

const ONE_FOR_ALL: &str = "Acme <oss@acme.example>";

/// Engine and verifier make the same of an author's line and of a message, under each
/// mode. A mailmap is read from the message itself, so that there are odd ones.
pub(super) fn agree(who: &[u8], message: &[u8]) {
    let section = apply_mode(&MessageMode::PublicSection, message);
    assert_eq!(section, readings::public_section(message));
    assert_eq!(publish_empty(message), readings::asks_for_empty(message));

    let masked = rewrite_ids(message, &mut |_| Quoted::Mask);
    assert_eq!(masked, readings::masked(message));
    assert_eq!(masked.len(), message.len(), "an id is masked in place");
    let left = quoted_ids(&masked).find(|id| id.iter().any(|&digit| digit != b'0'));
    assert_eq!(left, None, "no id is left");

    let overwrite = IdentityMode::Overwrite(ONE_FOR_ALL.to_owned());
    let ours = public(&overwrite, None, who, message);
    assert_eq!(ours, readings::overwritten(ONE_FOR_ALL, who, message));
    let by_mailmap = IdentityMode::Mailmap(String::new());
    let mailmap = Mailmap::parse(message);
    let ours = public(&by_mailmap, Some(&mailmap), who, message);
    assert_eq!(ours, readings::mapped(message, who, message));
}

fn public(
    mode: &IdentityMode,
    mailmap: Option<&Mailmap>,
    who: &[u8],
    message: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let who = apply_identity(mode, mailmap, who);
    let message = apply_identity_to_trailers(mode, mailmap, message);
    let allowed = "these modes refuse nobody";
    (who.expect(allowed).into_owned(), message.expect(allowed).into_owned())
}
