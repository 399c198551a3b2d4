// SPDX-License-Identifier: Apache-2.0
//! What git writes to its hook before a push.

use crate::gate::PushedRef;

/// The lines are read whole and can be written again, or the first that is none of
/// git's is named, and those before it are sound.
pub fn hook_input(data: &[u8]) {
    match PushedRef::parse(data) {
        Ok(refs) => {
            let mut written = Vec::new();
            for one in &refs {
                let (local, remote) = (one.local.to_string(), one.remote.to_string());
                let words = [&one.local_name, local.as_bytes(), &one.remote_name];
                written.extend(words.map(|word| [word, &b" "[..]].concat()).concat());
                written.extend([remote.as_bytes(), b"\n"].concat());
                assert!(one.remote_name.starts_with(b"refs/"), "a ref is named in full");
            }
            assert_eq!(written, data, "nothing of the input is passed over");
        }
        Err(err) => {
            let lines: Vec<&[u8]> = data.split_inclusive(|&byte| byte == b'\n').collect();
            assert!((1..=lines.len()).contains(&err.0), "{err}");
            let before = lines[..err.0 - 1].concat();
            assert!(PushedRef::parse(&before).is_ok(), "an earlier line is at fault");
        }
    }
}
