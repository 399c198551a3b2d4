// SPDX-License-Identifier: Apache-2.0
//! The histories that are made, and what is timed on each.

use super::jobs::Job;
use crate::synthetic::Size;

/// A history, and what is timed on it.
pub(super) struct Ground {
    pub(super) title: &'static str,
    /// Whether there are several that differ in their length only.
    pub(super) is_curve: bool,
    pub(super) size: Size,
    pub(super) jobs: Vec<Job>,
}

/// A middling tree.
const PLAIN: Size = Size { commits: 0, merges: 0, files: 1_000, directories: 100, depth: 0 };

/// So many commits show what a large tree costs each of them.
const SOME: u64 = 300;

/// How many mirrors one run can have to serve.
const MIRRORS: u32 = 20;

/// All of them, cut so that none has more than `most` commits or files.
pub(super) fn grounds(most: u64) -> Vec<Ground> {
    let replay = || vec![Job::Rewrite, Job::Map];
    let mut grounds = Vec::new();
    for commits in [10_000, 100_000, 1_000_000] {
        let size = Size { commits, ..PLAIN };
        grounds.push(Ground { title: "linear", is_curve: true, size, jobs: replay() });
    }
    for merges in [10_000, 100_000] {
        let size = Size { commits: merges + 1, merges, ..PLAIN };
        grounds.push(Ground { title: "only merges", is_curve: true, size, jobs: replay() });
    }
    let many = Size { commits: SOME, files: 100_000, ..PLAIN };
    for (title, size) in [
        ("one wide directory", Size { directories: 1, ..many }),
        ("ten files in each directory", Size { directories: 10_000, ..many }),
        ("1,000 levels", Size { files: 10, directories: 1, depth: 998, ..many }),
    ] {
        grounds.push(Ground { title, is_curve: false, size, jobs: replay() });
    }
    let size = Size { commits: 10_000, ..PLAIN };
    let jobs = vec![Job::Sync { mirrors: 1 }, Job::Sync { mirrors: MIRRORS }];
    grounds.push(Ground { title: "mirrors", is_curve: false, size, jobs });
    for ground in &mut grounds {
        let size = &mut ground.size;
        size.commits = size.commits.min(most);
        size.merges = size.merges.min(most - 1);
        size.files = size.files.min(most);
        size.directories = size.directories.min(size.files / 10);
    }
    // What was cut may be what was there before.
    grounds.dedup_by(|one, other| one.title == other.title && one.size == other.size);
    grounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_history_is_larger_than_asked_for() {
        for most in [100, 10_000, 1_000_000] {
            let grounds = grounds(most);
            for ground in &grounds {
                let Size { commits, merges, files, .. } = ground.size;
                assert!(commits <= most && merges < commits && files <= most, "{}", ground.title);
            }
            let linear = grounds.iter().filter(|ground| ground.title == "linear").count();
            assert_eq!(linear, if most == 1_000_000 { 3 } else { 1 });
        }
    }
}
