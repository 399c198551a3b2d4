// SPDX-License-Identifier: Apache-2.0
//! `private-id`.

use crate::common::{MANIFEST, refused, warned};

#[test]
fn a_clean_history_is_no_finding() {
    assert_eq!(refused(MANIFEST, |history| history), [""; 0]);
    assert_eq!(warned(MANIFEST, |history| history), [""; 0]);
}
