// SPDX-License-Identifier: Apache-2.0
//! Raw commits.

use crate::fuzzing::messages;
use crate::object::{RawCommit, commit_links, committer_time, write_commit};
use crate::verify::readings;

/// A commit is refused, or written as it was read, but for the headers that have no
/// place in a public commit; and then the verifier writes the same bytes, and reads the
/// same where it is the original of an imported one. What becomes of its people and its
/// message is judged as well.
pub fn commit(data: &[u8]) {
    let links = commit_links(data);
    let Ok(read) = RawCommit::parse(data) else {
        assert_eq!(readings::original(data), None, "the verifier takes no such original");
        return;
    };
    assert_eq!(links, Ok((read.tree, read.parents.clone())), "a walk sees the same links");
    committer_time(read.committer);
    let RawCommit { tree, parents, author, committer, encoding, message, .. } = &read;
    let written = write_commit(*tree, parents, author, committer, *encoding, *message);
    if read.other_headers.is_empty() {
        assert_eq!(written, data, "a commit is written as it was read");
    }
    let again = RawCommit::parse(&written);
    let expected = RawCommit { other_headers: Vec::new(), ..read.clone() };
    assert_eq!(again, Ok(expected), "only the other headers are gone");
    assert_eq!(readings::commit(data), Ok(written), "the verifier writes the same commit");
    let others = read.other_headers.iter().map(|header| header.name).collect();
    let original = (*tree, parents.clone(), [*author, *committer], *encoding, *message, others);
    assert_eq!(readings::original(data), Some(original), "the verifier reads the same original");
    messages::agree(author, message.unwrap_or_default());
    messages::agree(committer, b"");
}
