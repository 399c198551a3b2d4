// SPDX-License-Identifier: LicenseRef-Proprietary
//! The runs of a fleet in numbers, for whoever watches it.

use repo_sync_shared::{Outcome, Report};

/// A fleet's runs in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FleetSummary {
    /// Mirrors that are as their private repositories want them.
    pub in_order: usize,
    /// Mirrors that wait for a person.
    pub waiting: usize,
    /// Commits that these runs made public.
    pub published: u64,
}

impl FleetSummary {
    /// Sums up the reports of one round.
    pub fn of<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Self {
        reports.into_iter().fold(Self::default(), |mut sum, report| {
            match report.outcome {
                Outcome::Synced => {
                    sum.in_order += 1;
                    sum.published += report.counts.published;
                }
                Outcome::UpToDate => sum.in_order += 1,
                Outcome::Planned
                | Outcome::Refused
                | Outcome::Diverged
                | Outcome::Failed
                | Outcome::Usage
                | Outcome::Interrupted => sum.waiting += 1,
            }
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_pushed_counts_as_published() {
        let report = |outcome, published| {
            let mut report = Report::new("sync", outcome);
            report.counts.published = published;
            report
        };
        let reports =
            [report(Outcome::Synced, 3), report(Outcome::UpToDate, 0), report(Outcome::Refused, 7)];
        let expected = FleetSummary { in_order: 2, waiting: 1, published: 3 };
        assert_eq!(FleetSummary::of(&reports), expected);
    }
}
