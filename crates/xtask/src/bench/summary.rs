// SPDX-License-Identifier: Apache-2.0
//! The runs of a contender as one line of a table.

use super::works::Outcome;
use crate::process::{Cost, median};

/// One contender's runs.
pub(super) struct Summary {
    pub name: String,
    pub is_ours: bool,
    /// Seconds: the median, the least and the most.
    pub wall: f64,
    pub least: f64,
    pub most: f64,
    /// Seconds of all processors, the median.
    pub cpu: f64,
    /// Bytes.
    pub peak: u64,
    /// Bytes of new objects, where they are told.
    pub bytes: Option<u64>,
}

impl Summary {
    pub(super) fn of(name: String, is_ours: bool, outcomes: &[Outcome]) -> Self {
        let sorted = |seconds: fn(&Cost) -> f64| {
            let mut all: Vec<f64> = outcomes.iter().map(|it| seconds(&it.cost)).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let walls = sorted(|cost| cost.wall.as_secs_f64());
        let cpus = sorted(|cost| cost.cpu.as_secs_f64());
        Self {
            name,
            is_ours,
            wall: median(&walls),
            least: walls[0],
            most: walls[walls.len() - 1],
            cpu: median(&cpus),
            peak: outcomes.iter().map(|it| it.cost.peak).max().unwrap_or_default(),
            bytes: outcomes.iter().find_map(|it| it.bytes),
        }
    }
}
