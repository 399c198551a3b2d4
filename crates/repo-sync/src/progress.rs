// SPDX-License-Identifier: Apache-2.0
//! Progress as people see it, and how they stop a run.
//!
//! A [`Watch`] is told by the engine what is done and only counts. A thread of its
//! own looks at the counts now and then and draws them: bars on a terminal, a line
//! now and then in a log, nothing for a phase that is over within a second.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

#[cfg(debug_assertions)]
use repo_sync_core::progress::Milestone;
use repo_sync_core::progress::{Phase, Progress};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::ui::{ProgressStyle, Ui};

mod board;

use board::Board;

/// How often the board is looked at.
const TICK: Duration = Duration::from_millis(100);

/// A flag that the first Ctrl-C or SIGTERM raises; the second ends the process.
pub fn interrupt_flag() -> io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: when the signal comes first, this one finds the flag
        // down and does nothing, and the next one raises it.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// Shows the engine's progress, and passes an interrupt on to it.
///
/// Bars are gone once it is dropped.
pub struct Watch {
    board: Arc<Board>,
    interrupted: Arc<AtomicBool>,
    ticker: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Watch {
    /// Draws on stderr in the way that `ui` asks for.
    pub fn new(ui: &Ui, interrupted: Arc<AtomicBool>) -> Self {
        let board = Arc::new(Board::new(ui.progress_style(), Box::new(io::stderr())));
        let ticker = match ui.progress_style() {
            ProgressStyle::Hidden => None,
            ProgressStyle::Bars | ProgressStyle::Lines => {
                let (stop, stopped) = mpsc::channel();
                let board = Arc::clone(&board);
                let thread = thread::spawn(move || {
                    while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                        board.tick(Instant::now());
                    }
                });
                Some((stop, thread))
            }
        };
        Self { board, interrupted, ticker }
    }
}

impl Watch {
    /// One for another run at the same time: it is counted on the same board, and stopped by
    /// the same flag.
    pub fn beside(&self) -> Self {
        let (board, interrupted) = (Arc::clone(&self.board), Arc::clone(&self.interrupted));
        Self { board, interrupted, ticker: None }
    }

    /// Takes the bars away, for somebody who wants to write.
    pub fn clear(&self) {
        self.board.clear();
    }
}

impl Progress for Watch {
    fn start(&self, phase: Phase, total: Option<u64>) {
        self.board.start(phase, total, Instant::now());
    }

    fn advance(&self, phase: Phase, by: u64) {
        self.board.advance(phase, by);
    }

    fn finish(&self, phase: Phase) {
        self.board.finish(phase, Instant::now());
    }

    #[cfg(debug_assertions)]
    fn reached(&self, milestone: Milestone) {
        // For the tests of what a run leaves behind that dies here.
        let last = std::env::var("REPO_SYNC_DIE_AT");
        if last.is_ok_and(|last| last == format!("{milestone:?}")) {
            let _ = signal_hook::low_level::raise(signal_hook::consts::SIGKILL);
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.ticker.take() {
            drop(stop);
            // A ticker that panicked has said so itself.
            let _ = thread.join();
        }
        self.board.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::Screen;
    use crate::ui::UiOptions;

    #[test]
    fn the_first_signal_asks_the_run_to_stop() {
        let flag = interrupt_flag().unwrap();
        let ui = Screen::default().ui(&UiOptions { no_progress: true, ..UiOptions::default() });
        let watch = Watch::new(&ui, flag);
        assert!(!watch.interrupted());
        signal_hook::low_level::raise(SIGINT).unwrap();
        assert!(watch.interrupted());
    }

    #[test]
    fn a_watch_ends_with_its_run() {
        let ui = Screen::default().ui(&UiOptions::default());
        let watch = Watch::new(&ui, Arc::default());
        let board = Arc::clone(&watch.board);
        watch.start(Phase::Walk, None);
        watch.advance(Phase::Walk, 1);
        drop(watch);
        // The ticker had the other reference.
        assert_eq!(Arc::strong_count(&board), 1);
    }
}
