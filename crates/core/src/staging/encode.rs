// SPDX-License-Identifier: Apache-2.0
//! Objects in the form in which a pack holds them, before it is known where.
//!
//! To compress is most of the work of writing a pack, and objects do not hang on each
//! other there: each thread has an [`Encoder`], and the pack takes what they made in its
//! own order.

use std::borrow::Cow;
use std::io;

use libdeflater::{CompressionLvl, Compressor};
use repo_sync_shared::ObjectId;

use super::delta::{spliced, tree_delta};
use crate::filter::Step;
use crate::object::Kind;

/// Commits are short: a higher level takes longer, for hardly any byte less.
const LEVEL: i32 = 1;

/// Data up to this many bytes is not compressed if it is a delta: that is mostly ids,
/// which nothing makes smaller.
const SHORT: usize = 128;

/// More bytes than these are made again when they are asked for, which is seldom, and not
/// held until then.
const MUCH: usize = 1 << 16;

/// Makes the form of one object after the other.
pub(crate) struct Encoder {
    deflate: Compressor,
    /// Room for a stream.
    room: Vec<u8>,
    /// The instructions of the delta at hand; kept for its memory.
    delta: Vec<u8>,
}

/// An object on its way into a pack.
pub(crate) struct Encoded {
    pub(super) id: ObjectId,
    pub(super) kind: Kind,
    pub(super) form: Form,
}

impl Encoded {
    /// Its id.
    pub(crate) fn id(&self) -> ObjectId {
        self.id
    }

    /// The object without which it cannot be written: that of a delta that came without its
    /// data.
    pub(crate) fn stands_on(&self) -> Option<ObjectId> {
        match self.form {
            Form::Delta { base, data: None, .. } => Some(base),
            Form::Delta { .. } | Form::Whole(_) => None,
        }
    }

    /// The same without the data that a delta comes with, if it comes with much of it; else
    /// the object itself, as an error.
    pub(crate) fn without_much_data(mut self) -> Result<Self, Self> {
        match &mut self.form {
            Form::Delta { data: data @ Some(_), .. }
                if data.as_ref().is_some_and(|data| data.len() > MUCH) =>
            {
                *data = None;
                Ok(self)
            }
            Form::Delta { .. } | Form::Whole(_) => Err(self),
        }
    }
}

/// What of an object goes into a pack.
pub(super) enum Form {
    /// All of it.
    Whole(Stream),
    /// Its difference to `base`. `data` is what it is whole, for a pack without that; it
    /// may be missing where the pack is known to have it.
    Delta { base: ObjectId, stream: Stream, data: Option<Vec<u8>> },
}

/// A zlib stream, and how many bytes went into it.
pub(super) struct Stream {
    pub(super) bytes: Vec<u8>,
    pub(super) len: usize,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        let level = CompressionLvl::new(LEVEL).expect("there is such a level");
        Self { deflate: Compressor::new(level), room: Vec::new(), delta: Vec::new() }
    }

    /// An object whole.
    ///
    /// # Errors
    /// zlib fails.
    pub(crate) fn whole(&mut self, kind: Kind, id: ObjectId, data: &[u8]) -> io::Result<Encoded> {
        let stream = deflate(&mut self.deflate, &mut self.room, data)?;
        Ok(Encoded { id, kind, form: Form::Whole(stream) })
    }

    /// A tree as the difference to `base`, an id and its bytes, if that is smaller.
    ///
    /// # Errors
    /// zlib fails.
    pub(crate) fn tree(
        &mut self,
        id: ObjectId,
        data: Cow<'_, [u8]>,
        base: Option<(ObjectId, &[u8])>,
    ) -> io::Result<Encoded> {
        let Some((base, bytes)) = base else { return self.whole(Kind::Tree, id, &data) };
        self.delta.clear();
        tree_delta(bytes, &data, &mut self.delta);
        if self.delta.len() >= data.len() {
            return self.whole(Kind::Tree, id, &data);
        }
        self.as_delta(id, base, Some(data.into_owned()))
    }

    /// A root tree as the step that leads to it, for a pack that has `base`, at which the
    /// step begins.
    ///
    /// # Errors
    /// zlib fails.
    pub(crate) fn step(
        &mut self,
        id: ObjectId,
        base: ObjectId,
        step: Step<'_>,
    ) -> io::Result<Encoded> {
        if step.sizes.0 == 0 || step.sizes.1 == 0 {
            // Git takes no delta that makes nothing, and to make all there is of nothing
            // none is needed.
            let all: Vec<_> = step.changes().map(|change| change.bytes()).collect();
            return self.whole(Kind::Tree, id, &all.concat());
        }
        self.delta.clear();
        let changes = step.changes().map(|change| (change.gone.clone(), change.bytes()));
        spliced(step.sizes, changes, &mut self.delta);
        self.as_delta(id, base, None)
    }

    /// A tree as the delta at hand.
    fn as_delta(
        &mut self,
        id: ObjectId,
        base: ObjectId,
        data: Option<Vec<u8>>,
    ) -> io::Result<Encoded> {
        let stream = match self.delta.len() {
            ..=SHORT => stored(&self.delta),
            _ => deflate(&mut self.deflate, &mut self.room, &self.delta)?,
        };
        Ok(Encoded { id, kind: Kind::Tree, form: Form::Delta { base, stream, data } })
    }
}

/// The zlib stream of some data.
fn deflate(deflate: &mut Compressor, room: &mut Vec<u8>, data: &[u8]) -> io::Result<Stream> {
    room.resize(deflate.zlib_compress_bound(data.len()).max(room.len()), 0);
    let len = deflate.zlib_compress(data, room).map_err(io::Error::other)?;
    Ok(Stream { bytes: room[..len].to_vec(), len: data.len() })
}

/// The zlib stream of up to [`SHORT`] bytes, as they are: one block, which is the last
/// (RFC 1950 and, for the block, RFC 1951, 3.2.4).
fn stored(data: &[u8]) -> Stream {
    let len = u16::try_from(data.len()).expect("short data is short");
    let mut bytes = Vec::with_capacity(data.len() + 11);
    bytes.extend_from_slice(&[0x78, 0x01, 0x01]);
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(&(!len).to_le_bytes());
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(&adler32(data).to_be_bytes());
    Stream { bytes, len: data.len() }
}

/// The checksum of up to [`SHORT`] bytes; the sums of more would have to be reduced on the
/// way.
fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1, 0);
    for &byte in data {
        a += u32::from(byte);
        b += a;
    }
    ((b % 65_521) << 16) | (a % 65_521)
}
