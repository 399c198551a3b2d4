// SPDX-License-Identifier: Apache-2.0
//! What is said while somebody else has the word: it waits for its turn.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Ui, UiOptions};

/// What was said on both streams of a [`Ui`], in the order in which it was said.
#[derive(Clone, Default)]
pub struct Aside(Arc<Mutex<Vec<Said>>>);

/// What was said on one stream before something was said on the other.
struct Said {
    stream: Stream,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

impl Ui {
    /// One that looks like this one, for another thread. What is said to it nobody sees
    /// before it is [repeated](Self::repeat).
    pub fn aside(&self) -> (Self, Aside) {
        let aside = Aside::default();
        let to = |stream| Writer { aside: aside.clone(), stream };
        // A forge gets to see no more than what is repeated.
        let options = UiOptions { forge: false, ..self.options };
        let ui = Self {
            palette_out: self.palette_out,
            palette_err: self.palette_err,
            ..Self::with_streams(&options, to(Stream::Out), to(Stream::Err))
        };
        (ui, aside)
    }

    /// Says all that was said aside until now.
    ///
    /// # Errors
    /// As of writing to [`stdout`](Self::stdout).
    pub fn repeat(&mut self, aside: &Aside) -> io::Result<()> {
        for Said { stream, bytes } in aside.said().drain(..) {
            match stream {
                Stream::Out => self.stdout().write_all(&bytes)?,
                Stream::Err => self.alert().write_all(&bytes)?,
            }
        }
        Ok(())
    }
}

impl Aside {
    /// A thread that died while it spoke has said what it said.
    fn said(&self) -> MutexGuard<'_, Vec<Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Writer {
    aside: Aside,
    stream: Stream,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut said = self.aside.said();
        match said.last_mut() {
            Some(last) if last.stream == self.stream => last.bytes.extend_from_slice(bytes),
            Some(_) | None => said.push(Said { stream: self.stream, bytes: bytes.to_vec() }),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::Screen;

    #[test]
    fn nothing_is_seen_before_it_is_repeated() {
        for quiet in [false, true] {
            let screen = Screen::default();
            let mut ui = screen.ui(&UiOptions { quiet, ..UiOptions::default() });
            let (mut other, aside) = ui.aside();
            writeln!(other.stdout(), "data").unwrap();
            writeln!(other.status(), "words").unwrap();
            writeln!(other.alert(), "refused").unwrap();
            writeln!(other.stdout(), "more").unwrap();
            other.finish().unwrap();
            assert_eq!((&*screen.out(), &*screen.err()), ("", ""));
            writeln!(ui.stdout(), "first").unwrap();
            ui.repeat(&aside).unwrap();
            ui.repeat(&aside).unwrap();
            ui.finish().unwrap();
            let words = if quiet { "refused\n" } else { "words\nrefused\n" };
            assert_eq!((&*screen.out(), &*screen.err()), ("first\ndata\nmore\n", words));
        }
    }

    #[test]
    fn a_forge_takes_no_command_from_what_is_repeated() {
        let options = UiOptions { forge: true, ..UiOptions::default() };
        let (direct, repeated) = (Screen::default(), Screen::default());
        let mut ui = repeated.ui(&options);
        let (mut other, aside) = ui.aside();
        for ui in [&mut direct.ui(&options), &mut other] {
            writeln!(ui.stdout(), "::error::ours\nnot ::warning:: ours").unwrap();
            writeln!(ui.alert(), "::error::not ours").unwrap();
        }
        ui.repeat(&aside).unwrap();
        assert_eq!((repeated.out(), repeated.err()), (direct.out(), direct.err()));
    }
}
