// SPDX-License-Identifier: Apache-2.0
//! What is known of each phase, and how it is drawn.
//!
//! The time is an argument, so a test can let hours pass.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use repo_sync_core::progress::Phase;

use crate::ui::ProgressStyle;

/// What takes less is not worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// Between two lines of one phase.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

pub(super) struct Board {
    style: ProgressStyle,
    /// In the order of [`Phase::ALL`]; apart from the rest, because counting must
    /// not wait for drawing.
    done: [AtomicU64; Phase::ALL.len()],
    drawing: Mutex<Drawing>,
}

struct Drawing {
    phases: [Option<Running>; Phase::ALL.len()],
    out: Box<dyn Write + Send>,
}

struct Running {
    /// How many runs are in this phase at once.
    runs: u32,
    total: Option<u64>,
    since: Instant,
    last_line: Option<Instant>,
    bar: Option<ProgressBar>,
}

impl Board {
    pub(super) fn new(style: ProgressStyle, out: Box<dyn Write + Send>) -> Self {
        Self {
            style,
            done: Default::default(),
            drawing: Mutex::new(Drawing { phases: Default::default(), out }),
        }
    }

    /// A run begins a phase. Of runs that are in one at once all is counted together.
    pub(super) fn start(&self, phase: Phase, total: Option<u64>, now: Instant) {
        let running = &mut self.lock().phases[index(phase)];
        match running {
            Some(running) => {
                running.runs += 1;
                running.total = running.total.zip(total).map(|(one, other)| one + other);
                if let (Some(bar), Some(total)) = (&running.bar, running.total) {
                    bar.set_length(total);
                }
            }
            None => {
                self.done[index(phase)].store(0, Ordering::Relaxed);
                *running = Some(Running { runs: 1, total, since: now, last_line: None, bar: None });
            }
        }
    }

    pub(super) fn advance(&self, phase: Phase, by: u64) {
        self.done[index(phase)].fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn finish(&self, phase: Phase, now: Instant) {
        let drawing = &mut *self.lock();
        let slot = &mut drawing.phases[index(phase)];
        if let Some(running) = slot
            && running.runs > 1
        {
            running.runs -= 1;
            return;
        }
        let Some(running) = slot.take() else { return };
        match self.style {
            ProgressStyle::Hidden => {}
            ProgressStyle::Bars => {
                if let Some(bar) = running.bar {
                    bar.finish_and_clear();
                }
            }
            ProgressStyle::Lines => {
                if now.duration_since(running.since) >= WORTH_A_WORD {
                    let line = line(phase, self.done(phase), running.total);
                    drawing.say(&line);
                }
            }
        }
    }

    /// Draws what has become worth drawing.
    pub(super) fn tick(&self, now: Instant) {
        let drawing = &mut *self.lock();
        for phase in Phase::ALL {
            let Some(running) = &mut drawing.phases[index(phase)] else { continue };
            if now.duration_since(running.since) < WORTH_A_WORD {
                continue;
            }
            match self.style {
                ProgressStyle::Hidden => {}
                ProgressStyle::Bars => {
                    let bar = running.bar.get_or_insert_with(|| bar(phase, running.total));
                    bar.set_position(self.done(phase));
                    bar.tick();
                }
                ProgressStyle::Lines => {
                    let last = running.last_line.unwrap_or(running.since);
                    if now.duration_since(last) >= BETWEEN_LINES {
                        running.last_line = Some(now);
                        let line = line(phase, self.done(phase), running.total);
                        drawing.say(&line);
                    }
                }
            }
        }
    }

    /// Takes away the bars of phases that did not come to their end.
    pub(super) fn clear(&self) {
        for running in self.lock().phases.iter_mut().filter_map(Option::take) {
            if let Some(bar) = running.bar {
                bar.finish_and_clear();
            }
        }
    }

    fn done(&self, phase: Phase) -> u64 {
        self.done[index(phase)].load(Ordering::Relaxed)
    }

    /// A thread that died while drawing leaves nothing behind that could be wrong.
    fn lock(&self) -> MutexGuard<'_, Drawing> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    /// A log that cannot be written stops no run.
    fn say(&mut self, line: &str) {
        let _ = self.out.write_all(line.as_bytes());
    }
}

fn index(phase: Phase) -> usize {
    match phase {
        Phase::Walk => 0,
        Phase::Filter => 1,
        Phase::Replay => 2,
        Phase::Check => 3,
        Phase::Stage => 4,
        Phase::Verify => 5,
        Phase::Standalone => 6,
        Phase::Push => 7,
    }
}

/// What a phase is called, and what is counted in it.
fn words(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Walk => ("read", "commits"),
        Phase::Filter => ("filter", "trees"),
        Phase::Replay => ("replay", "commits"),
        Phase::Check => ("check", "commits"),
        Phase::Stage => ("stage", "objects"),
        Phase::Verify => ("verify", "steps"),
        Phase::Standalone => ("run", "commands"),
        Phase::Push => ("push", "refs"),
    }
}

fn line(phase: Phase, done: u64, total: Option<u64>) -> String {
    let (name, unit) = words(phase);
    match total {
        Some(total) => format!("{name}: {done}/{total} {unit}\n"),
        None => format!("{name}: {done} {unit}\n"),
    }
}

fn bar(phase: Phase, total: Option<u64>) -> ProgressBar {
    let (name, unit) = words(phase);
    let template = match total {
        Some(_) => "{prefix:>8} [{bar:30}] {human_pos}/{human_len} {msg} {eta}",
        None => "{prefix:>8} {spinner} {human_pos} {msg} {elapsed}",
    };
    let style =
        BarStyle::with_template(template).expect("the templates are ours").progress_chars("=> ");
    ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_prefix(name)
        .with_message(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::Shared;

    #[test]
    fn a_log_gets_a_line_for_a_phase_that_takes_its_time() {
        check("a short phase says nothing", &[(0, 10), (999, 90)], 999, "");
        check(
            "one of a few seconds says how it ended",
            &[(0, 10), (1_000, 20), (2_000, 70)],
            3_000,
            "filter: 100/100 trees\n",
        );
        check(
            "a long one also says how far it is, but not often",
            &[(4_000, 30), (5_000, 1), (5_100, 1), (7_000, 8), (9_900, 1), (10_000, 1)],
            11_000,
            "filter: 31/100 trees\nfilter: 42/100 trees\nfilter: 42/100 trees\n",
        );
    }

    #[test]
    fn what_is_hidden_stays_hidden() {
        let (out, board, start) = begin(ProgressStyle::Hidden, Some(100));
        board.tick(start + Duration::from_secs(60));
        board.finish(Phase::Filter, start + Duration::from_secs(60));
        assert_eq!(out.text(), "");
    }

    #[test]
    fn an_unknown_total_is_left_out() {
        let (out, board, start) = begin(ProgressStyle::Lines, None);
        board.advance(Phase::Filter, 7);
        board.finish(Phase::Filter, start + Duration::from_secs(2));
        assert_eq!(out.text(), "filter: 7 trees\n");
    }

    #[test]
    fn what_is_done_in_several_runs_at_once_is_counted_together() {
        let (out, board, start) = begin(ProgressStyle::Lines, Some(100));
        board.advance(Phase::Filter, 60);
        board.start(Phase::Filter, Some(50), start);
        board.advance(Phase::Filter, 70);
        board.finish(Phase::Filter, start + Duration::from_secs(2));
        assert_eq!(out.text(), "", "the other is not at its end");
        board.advance(Phase::Filter, 20);
        board.finish(Phase::Filter, start + Duration::from_secs(3));
        assert_eq!(out.text(), "filter: 150/150 trees\n");
    }

    /// Steps are milliseconds since the start, and what was done then.
    #[track_caller]
    fn check(case: &str, steps: &[(u64, u64)], end: u64, expected: &str) {
        let (out, board, start) = begin(ProgressStyle::Lines, Some(100));
        for &(at, by) in steps {
            board.advance(Phase::Filter, by);
            board.tick(start + Duration::from_millis(at));
        }
        board.finish(Phase::Filter, start + Duration::from_millis(end));
        assert_eq!(out.text(), expected, "{case}");
    }

    fn begin(style: ProgressStyle, total: Option<u64>) -> (Shared, Board, Instant) {
        let out = Shared::default();
        let board = Board::new(style, Box::new(out.clone()));
        let start = Instant::now();
        board.start(Phase::Filter, total, start);
        (out, board, start)
    }
}
