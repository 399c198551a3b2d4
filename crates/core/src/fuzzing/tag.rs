// SPDX-License-Identifier: Apache-2.0
//! Raw annotated tags.

use crate::fuzzing::messages;
use crate::object::{Kind, RawTag, without_signature, write_tag};
use crate::verify::readings;

/// A tag is refused, or written as it was read, but for the headers that have no place
/// in a public tag; without its signature, the verifier writes the same bytes.
pub fn tag(data: &[u8]) {
    let Ok(read) = RawTag::parse(data) else { return };
    let RawTag { target, target_kind, name, tagger, message, .. } = read.clone();
    let written = write_tag(target, target_kind, name, tagger, message);
    if read.other_headers.is_empty() {
        assert_eq!(written, data, "a tag is written as it was read");
    }
    let expected = RawTag { other_headers: Vec::new(), ..read };
    assert_eq!(RawTag::parse(&written), Ok(expected), "only the other headers are gone");
    let unsigned = message.map(without_signature);
    if let Some(unsigned) = unsigned {
        assert!(message.is_some_and(|message| message.starts_with(unsigned)));
        assert_eq!(without_signature(unsigned), unsigned, "no signature is left");
    }
    let public = write_tag(target, Kind::Commit, name, tagger, unsigned);
    assert_eq!(readings::tag(data, target), Ok(public), "the verifier writes the same tag");
    messages::agree(tagger.unwrap_or_default(), unsigned.unwrap_or_default());
}
