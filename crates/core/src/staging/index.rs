// SPDX-License-Identifier: Apache-2.0
//! The index of a pack: where each object begins, by id.
//!
//! Version 2, as in <https://git-scm.com/docs/gitformat-pack>.

use std::io::{self, Write};

use repo_sync_shared::ObjectId;
use sha1::{Digest as _, Sha1};

/// An object of a pack.
#[derive(Clone, Copy)]
pub(super) struct Packed {
    pub(super) id: ObjectId,
    /// The CRC-32 of its bytes as they stand in the pack, head and all.
    pub(super) crc: u32,
    /// Where they begin, in bytes from the beginning of the pack.
    pub(super) offset: u64,
}

const MAGIC: [u8; 8] = *b"\xfftOc\0\0\0\x02";

/// Offsets from here on stand in a table of their own; in that of the others this bit
/// says so.
const FAR: u32 = 1 << 31;

/// Writes the index of the pack that ends with `checksum`.
///
/// # Errors
/// `out` cannot be written.
pub(super) fn write_index(
    mut objects: Vec<Packed>,
    checksum: &[u8],
    out: &mut dyn Write,
) -> io::Result<()> {
    objects.sort_unstable_by_key(|object| object.id);
    let mut index = Vec::with_capacity(MAGIC.len() + 256 * 4 + objects.len() * 28 + 40);
    index.extend(MAGIC);
    for first in 0..=u8::MAX {
        let up_to = objects.partition_point(|object| object.id.as_bytes()[0] <= first);
        let up_to = u32::try_from(up_to).expect("a pack counts its objects in 32 bits");
        index.extend(up_to.to_be_bytes());
    }
    for object in &objects {
        index.extend(object.id.as_bytes());
    }
    for object in &objects {
        index.extend(object.crc.to_be_bytes());
    }
    let mut far: Vec<u64> = Vec::new();
    for object in &objects {
        let near = u32::try_from(object.offset).ok().filter(|&offset| offset < FAR);
        let offset = near.unwrap_or_else(|| {
            far.push(object.offset);
            FAR | (far.len() - 1) as u32
        });
        index.extend(offset.to_be_bytes());
    }
    for offset in far {
        index.extend(offset.to_be_bytes());
    }
    index.extend(checksum);
    index.extend(Sha1::digest(&index));
    out.write_all(&index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::git_judge::Git;

    /// Git reads out of the index what went in, in the order of the ids.
    #[track_caller]
    fn check(objects: &[(u8, u64)]) {
        let packed = |&(first, offset): &(u8, u64)| {
            let mut id = [7; 20];
            id[0] = first;
            Packed { id: ObjectId::from_bytes(id), crc: u32::from(first) << 20, offset }
        };
        let mut index = Vec::new();
        write_index(objects.iter().map(packed).collect(), &[1; 20], &mut index)
            .expect("a vector takes all bytes");
        let mut sorted: Vec<Packed> = objects.iter().map(packed).collect();
        sorted.sort_unstable_by_key(|object| object.id);
        let lines = sorted.iter().map(|it| format!("{} {} ({:08x})\n", it.offset, it.id, it.crc));
        let found = Git::new().ok(&["show-index"], &index);
        assert_eq!(String::from_utf8_lossy(&found), lines.collect::<String>());
    }

    #[test]
    fn git_reads_an_index() {
        check(&[]);
        check(&[(0, 12)]);
        check(&[(255, 12), (0, 99), (128, 4_000_000), (127, 50)]);
        let all: Vec<(u8, u64)> = (0..=255).map(|id| (id, 12 + u64::from(255 - id))).collect();
        check(&all);
    }

    #[test]
    fn git_reads_an_index_of_a_large_pack() {
        let near = u64::from(FAR);
        check(&[(3, near - 1), (2, near), (1, near + 1), (0, u64::from(u32::MAX))]);
        check(&[(9, 12), (8, 1 << 32), (7, 1 << 40), (6, 13)]);
    }
}
