// SPDX-License-Identifier: Apache-2.0
//! Object ids, and one type for each meaning of the same twenty bytes.
//!
//! A commit id of the private repository must never stand where one of the
//! mirror is expected, so each has its own type and there is no conversion
//! between them: only the replay, which does the work, makes a public id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The SHA-1 name of a git object, 20 bytes.
///
/// See <https://git-scm.com/docs/gitglossary#def_object_name>.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 20]);

impl ObjectId {
    /// The id of the tree without entries.
    pub const EMPTY_TREE: Self = Self([
        0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92,
        0x88, 0xfb, 0xee, 0x49, 0x04,
    ]);

    /// The null id, which names no object.
    pub const NULL: Self = Self([0; 20]);

    /// An id from its raw bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// An id from a slice of exactly 20 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// An id from its 40 hexadecimal digits, in either case.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        if hex.len() != 40 {
            return None;
        }
        let mut bytes = [0; 20];
        let mut all = 0;
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
            all |= high | low;
            *byte = (high << 4) | low;
        }
        (all <= 15).then_some(Self(bytes))
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The 40 lower-case hexadecimal digits.
    pub fn to_hex(self) -> [u8; 40] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 40];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }

    /// The first digits, for a person's eyes.
    pub fn short(self) -> String {
        self.to_string()[..10].to_owned()
    }
}

/// What each byte says as a hexadecimal digit; more than 15 if it is none.
const NIBBLES: [u8; 256] = {
    let mut nibbles = [u8::MAX; 256];
    let mut digit = 0;
    while digit < 16 {
        nibbles[b"0123456789abcdef"[digit] as usize] = digit as u8;
        nibbles[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    nibbles
};

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_hex().into_iter().try_for_each(|digit| fmt::Write::write_char(f, char::from(digit)))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a full object id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a full object id of 40 hexadecimal digits")]
pub struct InvalidId(pub String);

impl FromStr for ObjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_hex(text.as_bytes()).ok_or_else(|| InvalidId(text.to_owned()))
    }
}

impl Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! meaning {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(ObjectId);

        impl $name {
            /// Says that `id` has this meaning; the caller is the one who knows.
            pub const fn new(id: ObjectId) -> Self {
                Self(id)
            }

            /// The bare id, for reading the object or naming it to a person.
            pub const fn id(self) -> ObjectId {
                self.0
            }

            /// The first digits, for a person's eyes.
            pub fn short(self) -> String {
                self.0.short()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().map(Self)
            }
        }
    };
}

meaning! {
    /// A commit in the private repository. Never written to the mirror.
    PrivateCommit
}
meaning! {
    /// A commit in the mirror, made from a [`PrivateCommit`] by the replay.
    ///
    /// ```compile_fail,E0308
    /// # use repo_sync_shared::{PrivateCommit, PublicCommit};
    /// fn publish(_: PublicCommit) {}
    /// fn leak(private: PrivateCommit) { publish(private) }
    /// ```
    PublicCommit
}
meaning! {
    /// A tree of the private repository, before filtering.
    PrivateTree
}
meaning! {
    /// A tree as the mirror shows it, after filtering.
    PublicTree
}
meaning! {
    /// A file's content. It is the same object on both sides.
    BlobId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_forty_hexadecimal_digits_and_nothing_else() {
        let hex = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(hex.parse(), Ok(ObjectId::EMPTY_TREE));
        assert_eq!(hex.to_uppercase().parse(), Ok(ObjectId::EMPTY_TREE));
        assert_eq!(ObjectId::EMPTY_TREE.to_string(), hex);
        for wrong in ["", "4b825d", &hex[1..], &format!("{hex}0"), &hex.replace('b', "g")] {
            assert!(wrong.parse::<ObjectId>().is_err(), "{wrong}");
        }
    }
}
