// SPDX-License-Identifier: Apache-2.0
//! A message as bytes and as its declared charset has it: what hides in one reading
//! is plain in the other.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_16BE, UTF_16LE, X_USER_DEFINED};

use super::NewText;

/// Charsets in which bytes do not mean what they say: after an escape, or in pairs,
/// the letters of ASCII are others.
const SHIFTING: [&Encoding; 5] = [ISO_2022_JP, REPLACEMENT, UTF_16BE, UTF_16LE, X_USER_DEFINED];

/// The charset of this name, unless nobody knows it or its bytes shift.
pub(super) fn charset(name: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label(name).filter(|found| !SHIFTING.contains(found))
}

/// The message in its declared charset; `None` if it does not decode.
pub(super) fn decode<'t>(charset: &'static Encoding, text: &'t [u8]) -> Option<Cow<'t, str>> {
    charset.decode_without_bom_handling_and_without_replacement(text)
}

/// The bytes, and what they decode to where that is another text.
pub(super) fn readings<'t>(text: &NewText<'t>) -> Vec<Cow<'t, [u8]>> {
    let decoded = text.encoding.and_then(charset).and_then(|charset| decode(charset, text.data));
    let mut readings = vec![Cow::Borrowed(text.data)];
    if let Some(Cow::Owned(decoded)) = decoded {
        readings.push(Cow::Owned(decoded.into_bytes()));
    }
    readings
}
